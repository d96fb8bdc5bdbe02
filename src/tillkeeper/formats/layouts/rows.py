"""Text cells into canonical rows, a frame at a time, and what is wrong with those that do not fit."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import polars as pl

from tillkeeper.formats.canonical.movement import GOING
from tillkeeper.formats.canonical.reading import Options
from tillkeeper.formats.canonical.tables import MOMENT, TABLES, Kind, Role, canonical
from tillkeeper.formats.layouts import values
from tillkeeper.formats.layouts.declaration import Layout, Outgoing, Source, Type
from tillkeeper.formats.layouts.parsing import NEEDED
from tillkeeper.formats.layouts.parsing_sources import WORDS
from tillkeeper.formats.layouts.reasons import reason
from tillkeeper.formats.layouts.refused_lines import MOST_SET_ASIDE, Misfit
from tillkeeper.formats.layouts.years import is_short, with_year
from tillkeeper.kernel.money import minor_digits
from tillkeeper.kernel.phrases import Phrase

_FALLBACKS: Final = {"currency", "state", "status", "channel"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a row is read with, besides its cells."""

    options: Options
    zone: str
    header: str = ""
    named: dict[str, str] = field(default_factory=dict)  # groups of the file's name
    above: str = ""  # the title lines

    @property
    def day(self) -> date | None:
        """The day in the file's name: six or eight digits."""
        text = self.named.get("date", "").replace("-", "")
        whole = f"20{text}" if len(text) == 6 else text
        try:
            return date(int(whole[:4]), int(whole[4:6]), int(whole[6:8]))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Rows:
    """Canonical rows, and the lines that became none."""

    frame: pl.DataFrame
    misfits: tuple[Misfit, ...]


def rows_of(cells: pl.DataFrame, layout: Layout, around: Surroundings) -> Rows:
    """Return the canonical rows of text cells, and a misfit for each line that does not fit."""
    told = _Told(cells, layout, around)
    frame = canonical(pl.DataFrame(told.columns()), layout.role)
    if layout.role is Role.BILL:
        frame = _turned(frame, layout, told.wrong)
    if layout.role is Role.JOURNAL:
        negative = (frame["amount_minor"] < 0).fill_null(value=False)
        told.wrong.note(
            negative, "amount_minor", frame["amount_minor"].cast(pl.String), reason("negative")
        )
    wrong = told.wrong.mask()
    return Rows(frame if wrong is None else frame.filter(~wrong), tuple(told.wrong.misfits()))


class _Wrong:
    """The cells that do not fit, by row."""

    def __init__(self, lines: pl.Series) -> None:
        self._lines = lines
        self._found: list[tuple[pl.Series, str, pl.Series, Phrase]] = []

    def note(self, mask: pl.Series, column: str, raw: pl.Series, why: Phrase) -> None:
        if mask.any():
            self._found.append((mask.fill_null(value=False), column, raw, why))

    def mask(self) -> pl.Series | None:
        whole: pl.Series | None = None
        for mask, *_ in self._found:
            whole = mask if whole is None else whole | mask
        return whole

    def misfits(self) -> Iterator[Misfit]:
        """Give one for each line, in order, no more than can be shown."""
        firsts: dict[int, Misfit] = {}
        for mask, column, raw, why in self._found:
            at = mask.arg_true().head(MOST_SET_ASIDE + 1)
            for line, value in zip(self._lines.gather(at), raw.gather(at), strict=True):
                firsts.setdefault(line, Misfit(line, column, str(value or ""), why))
        yield from sorted(firsts.values(), key=lambda one: one.line)


class _Told:
    """The canonical columns of one frame."""

    def __init__(self, cells: pl.DataFrame, layout: Layout, around: Surroundings) -> None:
        self.cells, self.layout, self.around = cells, layout, around
        self.wrong = _Wrong(cells["line"])
        self._blank = pl.Series("", [""]).new_from_index(0, cells.height)
        self._currency = self._kind = self._blank
        self._yearless = False

    def columns(self) -> dict[str, pl.Series]:
        made = {"line": self.cells["line"], **self._silent()}
        currencies = self.layout.canonical.get("currency", ())
        made["currency"] = self._currency = self._with_default("currency", currencies)
        if "kind" in self.layout.canonical:
            made["kind"] = self._kind = self._with_default("kind", self.layout.canonical["kind"])
        for column, sources in self.layout.canonical.items():
            if column not in {"currency", "kind"}:
                made[column] = self._with_default(column, sources)
        return made

    def _silent(self) -> dict[str, pl.Series]:
        """Return what stands where a layout says nothing: a bill's row is a success, a statement's booked."""
        role = self.layout.role
        told = {Role.BILL: {"state": "success"}, Role.STATEMENT: {"status": "booked"}}.get(role, {})
        return {column: self._constant(value) for column, value in told.items()}

    def _with_default(self, column: str, sources: tuple[Source, ...]) -> pl.Series:
        read, raw, source = self._by_sources(column, sources)
        if column == "currency":
            read = _each_empty(read, self.around.options.currency)
        self._judge(column, _title(column, source), read, raw, source)
        return read

    def _judge(
        self, column: str, title: str, read: pl.Series, raw: pl.Series, source: Source | None
    ) -> None:
        """Note the cells that give nothing though they say something, and those that may not be empty."""
        needed = column in NEEDED[self.layout.role]
        if read.null_count():
            said = raw != ""
            self.wrong.note(read.is_null() & said, title, raw, self._why(column, source))
            if needed:
                self.wrong.note(read.is_null() & ~said, title, raw, reason("empty"))
        if needed and read.dtype == pl.String:
            self.wrong.note(read == "", title, raw, reason("empty"))

    def _by_sources(
        self, column: str, sources: tuple[Source, ...]
    ) -> tuple[pl.Series, pl.Series, Source | None]:
        """Return values, the cells they came from, and the source that is named where none fits."""
        if not sources:
            return self._blank, self._blank, None
        raw = self._cell(sources[0])
        made = self._read(column, sources[0], raw)
        for source in sources[1:]:
            if not made.null_count() and (made.dtype != pl.String or not (made == "").any()):
                break
            cell = self._cell(source)
            raw = _first_said(raw, cell)
            made = _first_said(made, self._read(column, source, cell))
        return made, raw, sources[0]

    def _cell(self, source: Source) -> pl.Series:
        """Return the text a source speaks from; "" where it says nothing."""
        if source.fields:
            cell = self._joined(source.fields)
        elif source.value is not None:
            cell = self._constant(source.value)
        elif source.group:
            cell = self._constant(self.around.named.get(source.group, ""))
        else:
            found = source.titled.search(self.around.above) if source.titled else None
            cell = self._constant(found.groups[0] if found else "")
        if source.part:
            cell = cell.str.extract(source.part, 1).fill_null("")
        if source.only:
            frame = pl.DataFrame({"cell": cell, "kind": self._kind})
            wanted = pl.when(pl.col("kind").is_in(source.only)).then("cell").otherwise(pl.lit(""))
            cell = frame.select(wanted).to_series()
        if source.blank:
            cell = cell.replace(list(source.blank), [""] * len(source.blank))
        return cell

    def _joined(self, titles: tuple[str, ...]) -> pl.Series:
        parts = [self.cells[title] for title in titles if title in self.cells.columns]
        if not parts:
            return self._blank
        if len(parts) == 1:
            return parts[0]
        return self.cells.select(pl.concat_str([part.name for part in parts])).to_series()

    def _constant(self, value: str) -> pl.Series:
        return pl.Series("", [value]).new_from_index(0, self.cells.height)

    def _read(self, column: str, source: Source, cell: pl.Series) -> pl.Series:
        kind = TABLES[self.layout.role][column]
        if kind == pl.String:
            return self._text(column, source, cell)
        if values.silent(cell):
            return pl.Series([None], dtype=kind).new_from_index(0, len(cell))
        if source.type is Type.DATE:
            return values.date(cell, source.patterns)
        if source.type is Type.MOMENT:
            return self._moment(source, cell)
        return self._signed(source, self._amount(source, cell))

    def _text(self, column: str, source: Source, cell: pl.Series) -> pl.Series:
        if values.silent(cell):
            return cell
        if source.map or source.contains or source.otherwise is not None:
            return values.words(cell, source.map, source.contains, source.otherwise)
        allowed = WORDS.get((self.layout.role, column))
        if allowed and source.value is None:
            return values.words(cell, {w: w for w in allowed}, {}, None)
        if source.type is Type.CARD:
            return values.card(cell)
        return values.free(cell) if source.type is Type.FREE else cell

    def _amount(self, source: Source, cell: pl.Series) -> pl.Series:
        if source.type is Type.LETTERED:
            return values.lettered(cell, source.signs)
        if source.type is Type.FEN:
            return values.fen(cell)
        digits = {minor_digits(one): one for one in self._currency.unique()}
        if len(digits) == 1:
            return values.yuan(cell, next(iter(digits)))
        made = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(cell))
        for one in self._currency.unique():
            at = (self._currency == one).arg_true()
            made = made.scatter(at, values.yuan(cell.gather(at), minor_digits(one)))
        return made

    def _signed(self, source: Source, amount: pl.Series) -> pl.Series:
        if source.negate:
            amount = -amount
        if source.minus_where is None or source.minus_where[0] not in self.cells.columns:
            return amount
        title, cells = source.minus_where
        frame = pl.DataFrame({"a": amount, "d": self.cells[title].is_in(sorted(cells))})
        return frame.select(pl.when("d").then(-pl.col("a").abs()).otherwise("a")).to_series()

    def _moment(self, source: Source, cell: pl.Series) -> pl.Series:
        short = [one for one in source.patterns if is_short(one)]
        if not short:
            return values.moment(cell, source.patterns, self.around.zone)
        near = self._joined((source.year_from,)) if source.year_from else self._blank
        if near.str.contains("-", literal=True).any():
            near = near.str.replace_all("-", "", literal=True)
        dated = with_year(cell, short[0], near, self.around.day, self.around.options.year)
        self._yearless = bool((dated.is_null() & (cell != "")).any())
        read = values.moment(dated.fill_null(""), (f"%Y{short[0]}",), self.around.zone)
        full = tuple(one for one in source.patterns if not is_short(one))
        return _first_said(values.moment(cell, full, self.around.zone), read) if full else read

    def _why(self, column: str, source: Source | None) -> Phrase:
        kind = TABLES[self.layout.role][column]
        if kind == MOMENT and source and all(map(is_short, source.patterns)):
            return reason("year" if self._yearless else "moment")
        if kind == pl.Int64:
            return reason("amount")
        if kind == pl.String:
            return reason("word")
        return reason("date" if kind == pl.Date else "moment")


def _title(column: str, source: Source | None) -> str:
    return " + ".join(source.fields) if source and source.fields else column


def _first_said(one: pl.Series, other: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"one": one, "other": other})
    said = pl.col("one") if one.dtype != pl.String else pl.when(pl.col("one") != "").then("one")
    return frame.select(pl.coalesce(said, "other")).to_series()


def _each_empty(read: pl.Series, value: str) -> pl.Series:
    empty = read.is_null() | (read == "")
    if not empty.any():
        return read
    frame = pl.DataFrame({"read": read.cast(pl.String), "empty": empty})
    return frame.select(pl.when("empty").then(pl.lit(value)).otherwise("read")).to_series()


def _turned(frame: pl.DataFrame, layout: Layout, wrong: _Wrong) -> pl.DataFrame:
    """Return bill rows with amounts that are never negative, and fee and net signed as canonical rows are."""
    amount, kind = pl.col("amount_minor"), pl.col("kind")
    negative = frame.select(amount < 0).to_series().fill_null(value=False)
    if negative.any():
        frame, negative = _renamed(frame, layout, negative)
        wrong.note(
            negative, "amount_minor", frame["amount_minor"].cast(pl.String), reason("negative")
        )
        written = frame["amount_minor"] < 0
        frame = frame.with_columns(amount.abs())
    else:
        written = negative
    if layout.outgoing is Outgoing.AS_WRITTEN or not frame["kind"].is_in(GOING).any():
        return frame
    plain = kind.is_in(GOING) & ~pl.lit(written) & (amount > 0)
    turn = plain & (pl.col("net_minor").is_null() | (pl.col("net_minor") > 0))
    sides = [
        pl.when(turn).then(-pl.col(column)).otherwise(column).alias(column)
        for column in ("fee_minor", "net_minor")
    ]
    return frame.with_columns(sides)


def _renamed(
    frame: pl.DataFrame, layout: Layout, negative: pl.Series
) -> tuple[pl.DataFrame, pl.Series]:
    """Return the frame with negative sales named for what they are, and which rows may not be negative."""
    outgoing = frame["kind"].is_in([*GOING, Kind.FEE, Kind.ADJUSTMENT, Kind.TRANSFER, Kind.PAYOUT])
    if not layout.negative_is:
        return frame, negative & ~outgoing
    named = pl.when(pl.lit(negative & ~outgoing)).then(pl.lit(layout.negative_is)).otherwise("kind")
    return frame.with_columns(kind=named), negative & False
