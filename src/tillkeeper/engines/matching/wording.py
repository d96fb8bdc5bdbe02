"""Sentences for whole columns: a template with %(names)s filled in from expressions, amounts as people write them."""

import re
from collections.abc import Mapping
from typing import Final

import polars as pl

from tillkeeper.kernel.money import MINOR_DIGITS

PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")
USUAL_DIGITS: Final = 2


def filled(template: str, values: Mapping[str, pl.Expr]) -> pl.Expr:
    """Return the template filled in for every row; a null value shows as nothing.

    Raises:
        KeyError: the template names a value that is not given.
    """
    parts = PLACEHOLDER.split(template)
    said = [
        values[part].cast(pl.String).fill_null("") if number % 2 else pl.lit(part)
        for number, part in enumerate(parts)
    ]
    return pl.concat_str(said)


def money(amount: pl.Expr, currency: pl.Expr) -> pl.Expr:
    """Return minor units as "CNY 12.34", with the sign before the digits; null where there is no amount."""
    said = _major(amount, USUAL_DIGITS)
    for digits in sorted(set(MINOR_DIGITS.values())):
        names = [name for name, told in MINOR_DIGITS.items() if told == digits]
        said = pl.when(currency.is_in(names)).then(_major(amount, digits)).otherwise(said)
    return currency + pl.lit(" ") + said


def percent(rate: pl.Expr) -> pl.Expr:
    """Return millionths as per cent: 3,800 is "0.38"."""
    behind = (rate % 10_000).cast(pl.String).str.pad_start(4, "0")
    whole = (rate // 10_000).cast(pl.String)
    return (whole + pl.lit(".") + behind).str.strip_chars_end("0").str.strip_chars_end(".")


def _major(amount: pl.Expr, digits: int) -> pl.Expr:
    sign = pl.when(amount < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    size = amount.abs().cast(pl.String).str.pad_start(digits + 1, "0")
    if digits == 0:
        return sign + size
    return sign + size.str.head(-digits) + pl.lit(".") + size.str.tail(digits)
