"""Cells of one column into canonical values, a frame at a time. A cell that does not fit becomes null.

Cells come without padding, "" where the file is silent, and give null there too. Each function takes the quick way that
nearly all files allow, and looks closer only at the cells that it left.
"""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from tillkeeper.formats.canonical import cards, cells
from tillkeeper.formats.canonical.tables import MOMENT
from tillkeeper.formats.layouts.clocks import quick_moment
from tillkeeper.formats.layouts.declaration import ISO

_DIGITS: Final = 15  # of an amount
_ISO: Final = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)$"


def yuan(raw: pl.Series, digits: int) -> pl.Series:
    """Return major units as whole minor units, exactly. Finer than the minor unit does not fit."""
    shape = rf"^-?[0-9]{{0,{_DIGITS}}}(\.[0-9]{{1,{digits}}}0*)?$" if digits else r"^-?[0-9]{1,15}$"
    quick = (
        pl.when(pl.col("a").str.contains(shape))
        .then(pl.col("a"))
        .cast(pl.Decimal(18, digits), strict=False)
    )
    read = _each(raw, (quick * 10**digits).cast(pl.Int64, strict=False))
    return _look_closer(raw, read, lambda left: _written_otherwise(left, digits))


def fen(raw: pl.Series) -> pl.Series:
    """Return minor units as they are written."""
    quick = pl.when(pl.col("a").str.len_bytes() <= _DIGITS + 1).then(pl.col("a"))
    read = _each(raw, quick.cast(pl.Int64, strict=False))
    return _look_closer(raw, read, lambda left: left.to_frame("a").select(cells.count("a"))["a"])


def lettered(raw: pl.Series, signs: Mapping[str, int]) -> pl.Series:
    """Return minor units behind a letter that is their sign. Without a letter they are positive."""
    letter = pl.col("a").str.head(1)
    minus = letter.is_in([one for one, sign in signs.items() if sign < 0])
    bare = pl.col("a").str.strip_chars_start("".join(signs))
    digits = pl.when(bare.str.contains(rf"^[0-9]{{1,{_DIGITS}}}$")).then(bare)
    number = digits.cast(pl.Int64, strict=False)
    fits = pl.col("a").str.len_bytes() - bare.str.len_bytes() <= 1
    return _each(raw, pl.when(fits).then(pl.when(minus).then(-number).otherwise(number)))


def card(raw: pl.Series) -> pl.Series:
    """Return canonical cards; "" where a cell holds something else, such as the name of a wallet."""
    full = _each(raw, cards.is_whole(pl.col("a")))
    return _each(raw, cards.ends(pl.col("a")) if full.all() else cards.card(pl.col("a")))


def free(raw: pl.Series) -> pl.Series:
    """Return people's text with card numbers cut."""
    return _each(raw, cards.masked(pl.col("a")))


def date(raw: pl.Series, patterns: tuple[str, ...]) -> pl.Series:
    """Return dates by the first pattern that fits each."""
    return _by_patterns(raw, patterns, lambda left, one: _each(left, _day(one)))


def moment(raw: pl.Series, patterns: tuple[str, ...], zone: str) -> pl.Series:
    """Return moments by the first pattern that fits each; local ones are of `zone`."""

    def read(left: pl.Series, pattern: str) -> pl.Series:
        if pattern == ISO:
            return _iso(left)
        quick = quick_moment(left, pattern, zone)
        if quick is not None:
            return quick
        return _each(left, cells.moment(pl.col("a"), pattern, zone))

    return _by_patterns(raw, patterns, read)


def words(
    raw: pl.Series, known: Mapping[str, str], contains: Mapping[str, str], otherwise: str | None
) -> pl.Series:
    """Return the word for each cell: by the whole cell, else by a part of it, else `otherwise`; "" for none."""
    distinct = raw.unique().to_list()
    told = {cell: _word(cell, known, contains, otherwise) for cell in distinct if cell}
    told[""] = ""
    return raw.replace_strict(told, default=None, return_dtype=pl.String)


def _word(
    cell: str, known: Mapping[str, str], contains: Mapping[str, str], otherwise: str | None
) -> str | None:
    if cell in known:
        return known[cell]
    part = next((word for key, word in contains.items() if key in cell), None)
    return part if part is not None else otherwise


def silent(series: pl.Series) -> bool:
    """Say whether no cell says anything: then there is nothing to read."""
    return series.null_count() == len(series) or bool((series == "").all())


def _each(raw: pl.Series, expression: pl.Expr) -> pl.Series:
    return raw.alias("a").to_frame().select(expression.alias("a")).to_series()


def _look_closer(
    raw: pl.Series, read: pl.Series, slow: Callable[[pl.Series], pl.Series]
) -> pl.Series:
    """Return `read` with what is null and says something read again by `slow`."""
    if not read.null_count():
        return read
    left = read.is_null() & (raw != "")
    if not left.any():
        return read
    at = left.arg_true()
    return read.scatter(at, slow(raw.gather(at)))


def _written_otherwise(left: pl.Series, digits: int) -> pl.Series:
    """Read amounts with thousands separators, signs of currency, full-width digits, a plus."""
    plain = _each(left, cells.half_width(pl.col("a")).str.replace_all(r"[,¥￥\s]", ""))
    shaped = pl.when(plain.str.contains(r"^[+-]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)$")).then(plain)
    text = pl.select(shaped.alias("a")).to_series()
    whole = text.str.extract(r"^[+-]?([0-9]*)", 1)
    behind = text.str.extract(r"\.([0-9]*)$", 1).fill_null("").str.strip_chars_end("0")
    joined = (whole + behind.str.pad_end(digits, "0")).cast(pl.Int64, strict=False)
    frame = pl.DataFrame({"a": joined, "long": behind.str.len_bytes(), "text": text})
    signed = pl.when(pl.col("text").str.starts_with("-")).then(-pl.col("a")).otherwise(pl.col("a"))
    return frame.select(a=pl.when(pl.col("long") <= digits).then(signed)).to_series()


def _by_patterns(
    raw: pl.Series,
    patterns: tuple[str, ...],
    read: Callable[[pl.Series, str], pl.Series],
) -> pl.Series:
    made = read(raw, patterns[0])
    for pattern in patterns[1:]:
        if not made.null_count():
            break
        left = made.is_null() & (raw != "")
        at = left.arg_true()
        made = made.scatter(at, read(raw.gather(at), pattern))
    return made


def _day(pattern: str) -> pl.Expr:
    return cells.day(pl.col("a"), pattern)


def _iso(raw: pl.Series) -> pl.Series:
    """Return moments of ISO 8601 with an offset."""
    shaped = pl.when(pl.col("a").str.contains(_ISO)).then(
        pl.col("a").str.replace("Z", "+00:00", literal=True).str.replace(" ", "T", literal=True)
    )
    return _each(
        raw,
        shaped.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", strict=False)
        .dt.convert_time_zone("UTC")
        .cast(MOMENT),
    )
