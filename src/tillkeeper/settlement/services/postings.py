"""What a matched day means for the ledger: one posting, by merchant and channel, over sums of the lake's rows.

Money that nobody may claim yet stands on suspense until somebody decides; so the merchant's account holds only what is
agreed. Matching the day again reverses the posting and writes a new one.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl

from tillkeeper.engines.matching.store import part_name
from tillkeeper.formats.canonical.tables import BillState, Kind, Role
from tillkeeper.kernel.actor import Actor
from tillkeeper.settlement.lifecycle import Account
from tillkeeper.settlement.models import MatchingRun, MoneyFile, Posting
from tillkeeper.settlement.services.files import store_of
from tillkeeper.settlement.services.ledger import Line, Occasion, mirror, post
from tillkeeper.settlement.stakes import at_stake_minor, stood_on

BACK: Final = (Kind.REFUND, Kind.VOID, Kind.REVERSAL, Kind.CHARGEBACK)
TAKEN: Final = (Kind.SALE, Kind.COMPLETION)
COUNTED: Final = (BillState.SUCCESS, BillState.HOST_ONLY)


def post_day(
    run: MatchingRun,
    differences: pl.DataFrame,
    files: Sequence[MoneyFile],
    *,
    by: Actor,
    at: datetime,
) -> Posting | None:
    """Post a matched day in the caller's transaction; what was posted for it before is reversed first."""
    before = Posting.objects.select_for_update().filter(
        kind="settled_day",
        organisation_id=run.organisation_id,
        run__day=run.day,
        reversed_by=None,
    )
    for posting in list(before):
        mirror(posting, why=f"matched again: {run.number}", by=by, at=at)
    lines = [*_billed(files), *_credited(files), *_doubtful(differences)]
    if not lines:
        return None
    why = f"{run.number}: {run.day:%Y-%m-%d}"
    occasion = Occasion("settled_day", why, run.day, run.organisation_id, run.path, run_id=run.pk)
    return post(lines=lines, occasion=occasion, by=by, at=at)


def _billed(files: Sequence[MoneyFile]) -> Iterator[Line]:
    """What the channels owe, what of it is the merchants', and what is the fee."""
    if not (stores := _parts(files, Role.BILL)):
        return
    sign = pl.when(pl.col("kind").is_in(BACK)).then(-1).otherwise(1)
    rows = (
        pl.scan_parquet(stores)
        .filter(pl.col("state").is_in(COUNTED) & pl.col("kind").is_in((*TAKEN, *BACK)))
        .group_by("mid", "channel", "currency")
        .agg(
            gross=(pl.col("amount_minor") * sign).sum(),
            fee=pl.col("fee_minor").fill_null(0).sum()
            + pl.col("surcharge_minor").fill_null(0).sum(),
            payments=pl.len(),
        )
        .sort("mid", "channel", "currency")
        .collect(engine="streaming")
    )
    for row in rows.iter_rows(named=True):
        of = {"currency": row["currency"], "mid": row["mid"], "channel": row["channel"]}
        payments = row["payments"]
        yield Line(Account.CHANNEL_RECEIVABLE, row["gross"], payments=payments, **of)
        yield Line(Account.FEE_INCOME, -row["fee"], payments=payments, **of)
        yield Line(Account.MERCHANT_PAYABLE, row["fee"] - row["gross"], payments=payments, **of)


def _credited(files: Sequence[MoneyFile]) -> Iterator[Line]:
    """What came to the bank from the channels."""
    if not (stores := _parts(files, Role.STATEMENT)):
        return
    rows = (
        pl.scan_parquet(stores)
        .filter(pl.col("status") != "pending", pl.col("amount_minor") > 0)
        .group_by("account", "currency")
        .agg(minor=pl.col("amount_minor").sum(), credits=pl.len())
        .sort("account", "currency")
        .collect(engine="streaming")
    )
    for row in rows.iter_rows(named=True):
        yield Line(Account.BANK, row["minor"], row["currency"], payments=row["credits"])
        yield Line(
            Account.CHANNEL_RECEIVABLE, -row["minor"], row["currency"], payments=row["credits"]
        )


def _doubtful(differences: pl.DataFrame) -> Iterator[Line]:
    """What nobody may claim yet: off the account where it stood, on to suspense."""
    for row in differences.iter_rows(named=True):
        if stake := at_stake_minor(row):
            of = _whose(row)
            yield Line(stood_on(row["class"]), stake, payments=0, **of)
            yield Line(Account.SUSPENSE, -stake, payments=1, **of)


def _whose(row: dict[str, Any]) -> dict[str, str]:
    return {"currency": row["currency"], "mid": row["mid"] or "", "channel": row["channel"] or ""}


def _parts(files: Sequence[MoneyFile], role: Role) -> list[Any]:
    return [
        part
        for file in files
        if file.role == role
        for part in sorted(store_of(file).glob(part_name(0).replace("00000", "*")))
    ]
