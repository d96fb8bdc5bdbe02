"""What a matched day means for the ledger: one posting, by merchant and channel, over sums of the lake's rows.

What the bank says left for merchants is a second one (`paid_out`).

Only rows of that business day count, whatever else its files hold, so that no day is posted twice. Matching the day
again reverses the posting and writes a new one. Money in doubt is posted apart, with its cases (`doubt`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import polars as pl

from tillkeeper.engines.matching.movements import without_told_twice
from tillkeeper.engines.matching.payouts.credits import TEXTS
from tillkeeper.engines.matching.renaming import our_mid
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.calendars import business_dates
from tillkeeper.engines.matching.store import about, part_name
from tillkeeper.formats.canonical.tables import BillState, Kind, Role
from tillkeeper.kernel.actor import Actor
from tillkeeper.settlement.lifecycle import Account, PostingKind, What
from tillkeeper.settlement.models import MatchingRun, MoneyFile, Posting
from tillkeeper.settlement.services.files import store_of
from tillkeeper.settlement.services.ledger import Line, Occasion, mirror, post
from tillkeeper.settlement.services.paid_out import paid_out

TAKEN: Final = (Kind.SALE, Kind.COMPLETION, Kind.ADJUSTMENT)
BACK: Final = (Kind.REFUND, Kind.VOID, Kind.REVERSAL, Kind.CHARGEBACK)
SAME_ROW: Final = {  # what tells one row from another
    Role.BILL: (
        "mid", "tid", "batch", "trace", "rrn", "order_no", "channel_no", "kind", "state", "amount_minor", "fee_minor",
        "currency", "at",
    ),
    Role.STATEMENT: (
        "account", "booked_on", "amount_minor", "currency", "balance_minor", "reference", "bank_reference", "text",
    ),
}  # fmt: skip
COUNTED: Final = (BillState.SUCCESS, BillState.HOST_ONLY)


def post_day(
    run: MatchingRun, files: Sequence[MoneyFile], rules: Rules, *, by: Actor, at: datetime
) -> Posting | None:
    """Post a matched day in the caller's transaction; what was posted for it before is reversed first.

    Args:
        run: of the day.
        files: whose rows of that day count.
        rules: whose cut-offs tell a row's day where its file does not.
        by: who.
        at: when.

    Returns:
        What is posted of sales, fees and credits; None where the day has none.
    """
    before = Posting.objects.select_for_update(of=("self",)).filter(
        kind__in=(PostingKind.SETTLED_DAY, PostingKind.PAYOUT),
        organisation_id=run.organisation_id,
        day=run.day,
        reversed_by=None,
    )
    for posting in before.order_by("pk"):
        mirror(posting, why=f"matched again: {run.number}", by=by, at=at)
    settled = pl.coalesce("settled_on", business_dates(rules))
    booked = pl.coalesce("booked_on", "valued_on", pl.col("at").dt.date())
    at_bank = _rows(files, Role.STATEMENT, booked == run.day)
    lines = [
        *_billed(_rows(files, Role.BILL, settled == run.day, our_mid(rules))),
        *_credited(at_bank, rules),
    ]
    on = Occasion(
        PostingKind.SETTLED_DAY, run.number, run.day, run.organisation_id, run.path, run_id=run.pk
    )
    if paid := list(paid_out(at_bank, rules, run)):
        post(lines=paid, occasion=replace(on, kind=PostingKind.PAYOUT), by=by, at=at)
    return post(lines=lines, occasion=on, by=by, at=at) if lines else None


def _billed(rows: pl.LazyFrame | None) -> Iterator[Line]:
    """What the channels owe, what of it is the merchants', and what is the fee."""
    if rows is None:
        return
    fee = pl.col("fee_minor").fill_null(0) + pl.col("surcharge_minor").fill_null(0)
    amount, kind = pl.col("amount_minor"), pl.col("kind")
    undone = (kind == Kind.REVERSAL) & (pl.col("state") != BillState.FAILED)
    sums = (
        rows.filter(pl.col("state").is_in(COUNTED) | undone)
        .group_by("mid", "channel", "currency")
        .agg(
            sales=amount.filter(kind.is_in(TAKEN)).sum(),
            refunds=amount.filter(kind.is_in(BACK)).sum(),
            fees=fee.filter(kind.is_in((*TAKEN, *BACK))).sum()
            + amount.filter(kind == Kind.FEE).sum(),
            sold=kind.is_in(TAKEN).sum(),
            returned=kind.is_in(BACK).sum(),
        )
        .sort("mid", "channel", "currency")
        .collect(engine="streaming")
    )
    for row in sums.iter_rows(named=True):
        of = (row["currency"], row["mid"], row["channel"])
        yield from _pair(Account.CHANNEL_RECEIVABLE, row["sales"], of, row["sold"], What.SALES)
        yield from _pair(
            Account.CHANNEL_RECEIVABLE, -row["refunds"], of, row["returned"], What.REFUNDS
        )
        yield from _pair(Account.FEE_INCOME, -row["fees"], of, 0, What.FEES)


def _pair(
    account: Account, minor: int, of: tuple[str, str, str], payments: int, what: What
) -> Iterator[Line]:
    yield Line(account, minor, *of, payments, what)
    yield Line(Account.MERCHANT_PAYABLE, -minor, *of, payments, what)


def _credited(rows: pl.LazyFrame | None, rules: Rules) -> Iterator[Line]:
    """What came to the bank from the channels, or went back to them."""
    if rows is None:
        return
    found = rows.filter(pl.col("status") != "pending")
    if rules.payouts.payers:  # other credits are none of the channels'
        text = pl.concat_str(TEXTS, separator=" ", ignore_nulls=True)
        found = found.filter(text.str.contains_any(list(rules.payouts.payers)))
    else:
        found = found.filter(pl.col("amount_minor") > 0)
    sums = (
        found.group_by("currency")
        .agg(minor=pl.col("amount_minor").sum(), number=pl.len())
        .sort("currency")
        .collect(engine="streaming")
    )
    for currency, minor, number in sums.iter_rows():
        yield Line(Account.BANK, minor, currency, payments=number)
        yield Line(Account.CHANNEL_RECEIVABLE, -minor, currency, payments=number)


def _rows(
    files: Sequence[MoneyFile], role: Role, of_day: pl.Expr, *named: pl.Expr
) -> pl.LazyFrame | None:
    """Return the rows of a day; what stands in two files of a role counts once.

    `named` puts a column in our words first: merchants' accounts are kept by our numbers.
    """
    stores = [store_of(file) for file in files if file.role == role]
    frames = [
        pl.scan_parquet([str(store / part_name(n)) for n in range(len(about(store).parts))])
        .with_columns(*named)
        .filter(of_day)
        .with_columns(file=pl.lit(number))
        for number, store in enumerate(stores)
    ]
    if len(frames) < 2:
        return frames[0] if frames else None
    same = SAME_ROW[role]
    # Equal rows of one file are as many payments; the third of a file is the third of the other.
    nth = pl.int_range(pl.len()).over("file", *same)
    rows = pl.concat(frames)
    counted = without_told_twice(rows) if role == Role.BILL else rows
    return counted.with_columns(nth=nth).unique([*same, "nth"])
