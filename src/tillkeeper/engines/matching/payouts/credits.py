"""Lines of bank statements as payouts see them: which merchant and which payout a line names."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import polars as pl

WORD: Final = r"[0-9A-Za-z_\-]*\d[0-9A-Za-z_\-]*"  # only words with a digit are numbers of somebody
MIXED: Final = r"\D"
DIGITS: Final = r"\d{6,}"  # a number glued to letters, as in MID898310...
SURE_LENGTH: Final = 6  # a shorter payout number is a reference only beside its merchant's number
TEXTS: Final = ("reference", "bank_reference", "text", "counterparty", "counterparty_account")
ORDER: Final = (
    "booked", "currency", "amount", "account", "named_mid", "named_payout", *TEXTS, "file", "line",
)  # fmt: skip


def credits_of(
    statements: pl.DataFrame, payouts: pl.DataFrame, as_of: date, merchants: Mapping[str, str]
) -> pl.DataFrame:
    """Return the booked lines up to `as_of` in a fixed order, numbered `c`, with what they name.

    named_mid and named_payout are those of exactly one expected merchant or payout, else "". Debits stay in: a payout
    may be negative. `merchants` tells our number by a channel's own, which a line may name as well.
    """
    booked = pl.coalesce("booked_on", "valued_on", pl.col("at").dt.date())
    lines = statements.filter((pl.col("status") != "pending") & (booked <= as_of)).select(
        "file", "line", "account", "currency", "at", *TEXTS, booked=booked, amount="amount_minor"
    )
    numbered = lines.with_row_index("_line")
    words = _words(numbered)
    ours = words.with_columns(pl.col("word").replace(dict(merchants)))
    mids = _named(ours, payouts["mid"], "named_mid")
    told = numbered.join(mids, on="_line", how="left").with_columns(
        pl.col("named_mid").fill_null("")
    )
    sure = words.join(told.select("_line", "named_mid"), on="_line").filter(
        (pl.col("word").str.len_chars() >= SURE_LENGTH) | (pl.col("named_mid") != "")
    )
    payout = _named(sure, payouts["payout_no"], "named_payout")
    full = told.join(payout, on="_line", how="left").with_columns(
        pl.col("named_payout").fill_null("")
    )
    return full.sort(ORDER, nulls_last=True).drop("_line").with_row_index("c")


def _words(lines: pl.DataFrame) -> pl.DataFrame:
    """Return (_line, word) for every word with a digit, and for the longer runs of digits within mixed words."""
    text = pl.concat_str(TEXTS, separator=" ", ignore_nulls=True)
    words = lines.select("_line", word=text.str.extract_all(WORD)).explode(
        "word", empty_as_null=False
    )
    mixed = words.filter(pl.col("word").str.contains(MIXED))
    runs = mixed.select("_line", word=pl.col("word").str.extract_all(DIGITS))
    return pl.concat([words, runs.explode("word", empty_as_null=False)])


def _named(words: pl.DataFrame, known: pl.Series, name: str) -> pl.DataFrame:
    """Return the lines that name exactly one of `known`."""
    among = (
        pl.DataFrame({name: known.unique().sort()})
        .filter(pl.col(name) != "")
        .with_row_index("_known")
    )
    hits = words.join(among, left_on="word", right_on=name).group_by("_line")
    single = hits.agg(_known=pl.col("_known").min(), _last=pl.col("_known").max())
    return (
        single.filter(pl.col("_known") == pl.col("_last"))
        .join(among, on="_known")
        .select("_line", name)
    )
