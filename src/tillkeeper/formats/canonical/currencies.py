"""A currency must be one that is known: else its amounts could not even be written."""

from typing import Final

import polars as pl

from tillkeeper.formats.canonical.cards import quoted
from tillkeeper.formats.canonical.errors import BadLine
from tillkeeper.kernel.money import CURRENCIES

UNKNOWN: Final = "is no code of a currency (ISO 4217)"


def refuse_unknown_currencies(frame: pl.DataFrame, name: str) -> None:
    """Refuse a canonical frame that has amounts in a currency nobody knows. Rows without one pass.

    Raises:
        BadLine: the first such row.
    """
    found = set(frame["currency"].unique()) - CURRENCIES - {"", None}
    if found:
        line, code = frame.filter(pl.col("currency").is_in(found)).select("line", "currency").row(0)
        raise BadLine(name=name, line=line, column="currency", value=quoted(code), reason=UNKNOWN)
