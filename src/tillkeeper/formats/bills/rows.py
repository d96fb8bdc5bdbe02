"""The table in a text file: its titles, its rows as frames of text, and where it ends."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from tillkeeper.formats.bills.blocks import WHOLE_LINE, Block, Lines, refuse
from tillkeeper.formats.canonical.cells import FULL_WIDTH, PADDING
from tillkeeper.formats.canonical.errors import MissingColumns
from tillkeeper.formats.canonical.reading import FRAME_ROWS

SEPARATOR: Final = "\x1f"  # what cells are parted by for Polars; no honest file has it
END: Final = "\x1e"  # stands behind the last cell, so that a row too short or too long shows
COUNT: Final = "has another number of cells than the title line"
CONTROL: Final = "contains a control character"
UNCLOSED: Final = "has a quotation mark that is not closed"
FIRST: Final = "\x1dfirst"  # the first cell of a line, whatever its title
BLANK: Final = pl.col(FIRST).is_in(["", "\r"]) & (pl.col(END) != END)
_WIDE: Final = str.maketrans(FULL_WIDTH)
_ENDS: Final = "\x1dends"


@dataclass(frozen=True, slots=True)
class Cut:
    """How the lines of a table are cut into cells."""

    separator: bytes
    becomes: bytes = SEPARATOR.encode()  # what of the separator belongs to the next cell is kept
    quotes: bool = False


COMMA: Final = Cut(b",")
TAB: Final = Cut(b"\t")
QUOTED: Final = Cut(b",", quotes=True)
BACKTICK: Final = Cut(b",`", SEPARATOR.encode() + b"`")  # a comma alone belongs to the cell


@dataclass(frozen=True, slots=True)
class Titles:
    """The title line of a table, by the names of this package."""

    line: int
    names: tuple[str, ...]


def title_names(text: str, separator: str, aliases: Mapping[str, str]) -> tuple[str, ...]:
    """Return the titles of a line with brackets and signs half-width, by the names of this package.

    A title that comes twice, by whatever name, counts where it comes first; the second is "".
    """
    names: list[str] = []
    for cell in text.split(separator):
        title = cell.translate(_WIDE).strip(PADDING + '"')
        name = aliases.get(title, title)
        names.append("" if name in names else name)
    return tuple(names)


def require(titles: Titles, needed: Iterable[str], name: str) -> None:
    """Refuse a table without the columns that its format needs.

    Raises:
        MissingColumns: with all of them.
    """
    missing = [title for title in needed if title not in titles.names]
    if missing:
        raise MissingColumns(name=name, line=titles.line, columns=", ".join(missing))


@dataclass(slots=True)
class Table:
    """The rows below a title line. `frames` ends at the first line for which `ends` is true; the rest is the caller's.

    The frames have `line` and the columns of `known`, "" for each that the file has not.
    """

    lines: Lines
    cut: Cut
    titles: Titles
    ends: pl.Expr  # over FIRST; see BLANK
    known: Sequence[str]  # the columns of use
    mend: Callable[[list[str]], list[str] | None] | None = None  # for cells that a comma cut in two

    def frames(self) -> Iterator[pl.DataFrame]:
        """Return the rows in order, at most FRAME_ROWS in a frame.

        Raises:
            BadLine: a line with too few or too many cells.
        """
        for block in self.lines.blocks(quotes=self.cut.quotes):
            frame = self._cells(block).with_columns(self.ends.alias(_ENDS))
            ending = frame[_ENDS].arg_max() if frame[_ENDS].any() else None
            rows = self._whole(frame.drop(_ENDS)[:ending], block)
            yield from self._known(rows).iter_slices(FRAME_ROWS)
            if ending is not None:
                self.lines.give_back(block, frame["line"][ending])
                return

    def _cells(self, block: Block) -> pl.DataFrame:
        if self.cut.quotes and b'"' in block.data:
            return self._quoted_cells(block)
        self._refuse_controls(block)
        end = f"{SEPARATOR}{END}\n"
        names = [FIRST, *map(str, range(1, len(self.titles.names))), END]
        data = block.data.replace(self.cut.separator, self.cut.becomes)
        try:
            frame = pl.read_csv(
                SEPARATOR.join(names).encode() + b"\n" + data.replace(b"\n", end.encode()),
                separator=SEPARATOR,
                quote_char=None,
                columns=self._wanted(names),
                infer_schema=False,
                truncate_ragged_lines=True,
                empty_string_is_null=False,
            )
        except pl.exceptions.ComputeError:  # it does not say where
            self.lines.decoded(block)
            raise
        return frame.with_row_index("line", block.first).with_columns(pl.col("line").cast(pl.Int64))

    def _wanted(self, names: Sequence[str]) -> list[str]:
        """Return the cells that are of use: what is not cut out costs no time."""
        used = [
            n for n, title in zip(names, self.titles.names, strict=False) if title in self.known
        ]
        return list(dict.fromkeys([FIRST, *used, END]))

    def _quoted_cells(self, block: Block) -> pl.DataFrame:
        width = len(self.titles.names)
        # Not splitlines: that also cuts at characters which are none of a line's ends here.
        text = [line + "\n" for line in self.lines.decoded(block).split("\n")[:-1]]
        reader = csv.reader(text, strict=True)
        line = block.first
        rows: list[list[object]] = []
        try:
            for row in reader:
                padded = [*row[:width], *[""] * (width - len(row))]
                rows.append([line, *padded, END if len(row) == width else ""])
                line = block.first + reader.line_num
        except csv.Error:
            refuse(self.lines.name, line, WHOLE_LINE, text[line - block.first], UNCLOSED)
        names = [FIRST, *map(str, range(1, width)), END]
        schema = {"line": pl.Int64, **dict.fromkeys(names, pl.String)}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _refuse_controls(self, block: Block) -> None:
        for control in (SEPARATOR.encode(), END.encode(), b"\x00"):
            at = block.data.find(control)
            if at >= 0:
                line = block.first + block.data.count(b"\n", 0, at)
                shown = block.data.split(b"\n")[line - block.first].decode(errors="replace")
                refuse(self.lines.name, line, WHOLE_LINE, shown, CONTROL)

    def _whole(self, rows: pl.DataFrame, block: Block) -> pl.DataFrame:
        """Return the rows, those with another number of cells mended; refuse the first that cannot be."""
        ragged = rows.filter(pl.col(END) != END)
        if not ragged.height:
            return rows
        texts = self.lines.decoded(block).split("\n")
        mended: list[list[object]] = []
        for line in ragged["line"]:
            text = texts[line - block.first].rstrip("\r")
            cells = self.mend(text.split(",")) if self.mend else None
            if cells is None:
                refuse(self.lines.name, line, WHOLE_LINE, text, COUNT)
            mended.append([line, *cells, END])
        names = ["line", FIRST, *map(str, range(1, len(self.titles.names))), END]
        repaired = pl.DataFrame(mended, schema=names, orient="row").select(rows.columns)
        return pl.concat([rows.filter(pl.col(END) == END), repaired]).sort("line")

    def _known(self, rows: pl.DataFrame) -> pl.DataFrame:
        cells = [FIRST, *map(str, range(1, len(self.titles.names)))]
        pairs = zip(cells, self.titles.names, strict=True)
        named = [pl.col(cell).alias(name) for cell, name in pairs if name in self.known]
        silent = [pl.lit("").alias(name) for name in self.known if name not in self.titles.names]
        return rows.select("line", *named, *silent)
