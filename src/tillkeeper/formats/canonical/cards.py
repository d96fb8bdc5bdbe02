"""Card numbers are cut before anything leaves a reader: the first six digits and the last four stay.

No Luhn check: a mistyped card number is one too, and a whole column must be cut at the price of one pass. What is
longer than a card (order numbers of WeChat and Alipay) or begins as no card does (a time) stays.
"""

import re
from typing import Final

import polars as pl

_SHORTER_THAN_A_CARD: Final = 10
LONGEST_SHOWN: Final = 80  # characters of a cell that a refusal quotes
_SIX: Final = "2[2-7][0-9]{4}|[34569][0-9]{5}"  # no card begins as a time does
_RUN: Final = rf"(^|[^0-9])({_SIX})[0-9]{{3,9}}([0-9]{{4}})($|[^0-9])"
_GROUPED: Final = (
    r"((?:2[2-7]|[34569][0-9])[0-9]{2})[ -]([0-9]{2})[0-9]{2}[ -][0-9]{4}"
    r"[ -][0-9]{0,3}[ -]?([0-9]{4})($|[^0-9])"
)
_CARD: Final = r"^([0-9]{6})[0-9*xX＊]*([0-9]{4})$"
_PARTLY: Final = r"^([0-9]{0,6})[0-9]*[*xX＊]+[0-9]*?([0-9]{0,4})$"


def masked(cell: pl.Expr) -> pl.Expr:
    """Return free text with each card number in it cut to six digits, stars, four digits."""
    # Twice: neighbours share the character between them, and a match takes it.
    once = cell.str.replace_all(_RUN, "${1}${2}******${3}${4}")
    twice = once.str.replace_all(_RUN, "${1}${2}******${3}${4}")
    return (
        pl.when(cell.str.contains(r"[0-9][0-9 -]{11}"))
        .then(twice.str.replace_all(_GROUPED, "${1}${2}******${3}${4}"))
        .otherwise(cell)
    )


def card(cell: pl.Expr) -> pl.Expr:
    """Return the canonical card of a card column: `622280*0000`; "" where the cell holds no card.

    A cell that is masked already is brought to the same form.
    """
    full = is_whole(cell)
    left = pl.when(~full & cell.str.contains(r"[*xX＊]")).then(
        cell
    )  # few, so that few are replaced
    partly = pl.when(left.str.contains(_PARTLY)).then(left.str.replace(_PARTLY, "${1}*${2}"))
    return pl.when(full).then(ends(cell)).otherwise(partly.fill_null(""))


def is_whole(cell: pl.Expr) -> pl.Expr:
    """Say whether a cell of a card column shows the first six and the last four of a card, whatever is between."""
    return cell.str.contains(_CARD) & (cell.str.len_bytes() > _SHORTER_THAN_A_CARD)


def ends(cell: pl.Expr) -> pl.Expr:
    """Return the canonical card of a cell that `is_whole`."""
    return pl.concat_str(cell.str.head(6), pl.lit("*"), cell.str.tail(4))


def quoted(value: str) -> str:
    """Return a cell as a refusal may quote it: no card number, no control characters, not long."""
    plain = " ".join(value[: LONGEST_SHOWN * 4].split())
    for _ in range(2):
        plain = re.sub(_RUN, r"\1\2******\3\4", plain)
    plain = re.sub(_GROUPED, r"\1\2******\3\4", plain)
    shown = "".join(c if c.isprintable() else "�" for c in plain)
    return shown if len(shown) <= LONGEST_SHOWN else shown[: LONGEST_SHOWN - 1] + "…"
