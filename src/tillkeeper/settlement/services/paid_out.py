"""Money that left the bank account for a merchant: what reduces the merchant's balance, by the bank's own word.

Only where the facts are there. A debit that names one merchant may also be a channel that takes its money back; so the
rules must name the channels as payers, and a debit that names none of them and exactly one merchant was paid out.
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from tillkeeper.engines.matching.payouts.credits import TEXTS
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.parties.queries import merchants
from tillkeeper.settlement.lifecycle import Account
from tillkeeper.settlement.models import MatchingRun
from tillkeeper.settlement.services.ledger import Line

NUMBER: Final = r"[0-9A-Za-z_\-]{6,40}"  # what a merchant's number may look like within a text


def paid_out(rows: pl.LazyFrame | None, rules: Rules, run: MatchingRun) -> Iterator[Line]:
    """Yield what the bank's lines of a day paid to merchants of the run's organisation.

    Args:
        rows: canonical statement lines of the day, with `file`; None if there is no statement.
        rules: whose payers tell the channels' lines; without payers nothing is certain, and nothing is yielded.
        run: whose merchants may be named.
    """
    if rows is None or not rules.payouts.payers:
        return
    text = pl.concat_str(TEXTS, separator=" ", ignore_nulls=True)
    theirs = text.str.contains_any(list(rules.payouts.payers))
    booked = (pl.col("status") != "pending") & (pl.col("amount_minor") < 0)
    debits = rows.filter(booked & ~theirs).select("currency", "amount_minor", text=text)
    told = _named(debits.collect(engine="streaming").with_row_index("debit"), run)
    sums = (
        told.group_by("mid", "currency")
        .agg(minor=-pl.col("amount_minor").sum(), number=pl.len())
        .sort("mid", "currency")
    )
    for mid, currency, minor, number in sums.iter_rows():
        yield Line(Account.MERCHANT_PAYABLE, minor, currency, mid, payments=number)
        yield Line(Account.BANK, -minor, currency, mid, payments=number)


def _named(debits: pl.DataFrame, run: MatchingRun) -> pl.DataFrame:
    """Return the debits that name exactly one merchant of the run's organisation, with its number as `mid`."""
    words = debits.select("debit", mid=pl.col("text").str.extract_all(NUMBER)).explode(
        "mid", empty_as_null=False
    )
    filed = merchants().filter(organisation__path__startswith=run.path)
    known = filed.filter(number__in=words["mid"].unique().to_list())
    numbers = list(known.values_list("number", flat=True))
    named = words.filter(pl.col("mid").is_in(numbers)).unique()
    single = named.filter(pl.len().over("debit") == 1)
    return debits.join(single, on="debit")
