"""The classes of difference, and which one a case is. A case without a class is no difference.

What both sides hold, decided once for whole columns; why it came to that is asked afterwards (hypotheses).
"""

from enum import StrEnum
from typing import Final

import polars as pl

from tillkeeper.engines.matching.fingerprints import UNDONE
from tillkeeper.formats.canonical.tables import JournalState


class DifferenceClass(StrEnum):
    """What kind of difference. Stable: cases, reports and files name them."""

    CHARGED_WITHOUT_SLIP = "charged_without_slip"
    SLIP_WITHOUT_CHARGE = "slip_without_charge"
    DUPLICATE_CHARGE = "duplicate_charge"
    AMOUNT_DIFFERS = "amount_differs"
    FEE_DIFFERS = "fee_differs"
    PAYOUT_MISSING = "payout_missing"
    PAYOUT_LATE = "payout_late"
    PAYOUT_DIFFERS = "payout_differs"
    UNKNOWN_CREDIT = "unknown_credit"
    REFUND_NOT_RETURNED = "refund_not_returned"
    REFUND_WITHOUT_SLIP = "refund_without_slip"
    WRONG_MERCHANT = "wrong_merchant"
    WRONG_TERMINAL = "wrong_terminal"
    REVERSAL_LOST = "reversal_lost"
    REVERSAL_LATE = "reversal_late"
    TRACE_GAP = "trace_gap"
    HELD = "held"
    AMBIGUOUS = "ambiguous"


C = DifferenceClass
MEANINGS: Final = {
    C.CHARGED_WITHOUT_SLIP: "The channel holds a charge, and the terminal has no good slip for it.",
    C.SLIP_WITHOUT_CHARGE: "The terminal approved the payment, and the channel holds no money for it.",
    C.DUPLICATE_CHARGE: "One purchase was charged twice.",
    C.AMOUNT_DIFFERS: "Terminal and channel hold different amounts for one payment.",
    C.FEE_DIFFERS: "The fee is not what was agreed, or the bill's own columns do not add up.",
    C.PAYOUT_MISSING: "A payout is due, and no credit of the bank stands for it.",
    C.PAYOUT_LATE: "A payout came after its due day.",
    C.PAYOUT_DIFFERS: "A payout came with another amount than the bill adds up to.",
    C.UNKNOWN_CREDIT: "The bank shows a credit for which no payout is known.",
    C.REFUND_NOT_RETURNED: "The terminal gave a refund, and the channel has not passed it on.",
    C.REFUND_WITHOUT_SLIP: "The channel holds a refund of which the terminal's journal knows nothing.",
    C.WRONG_MERCHANT: "The money was credited to another merchant number.",
    C.WRONG_TERMINAL: "The money was credited under another terminal of the merchant.",
    C.REVERSAL_LOST: "The terminal took the payment back, and the channel still holds the charge.",
    C.REVERSAL_LATE: "The reversal came after the batch was closed or after settlement.",
    C.TRACE_GAP: "The channel knows a payment that the journal has lost; its money nets to zero.",
    C.HELD: "One side alone has the payment, and the other is not yet due.",
    C.AMBIGUOUS: "Several rows fit equally well; nobody was chosen.",
}


def classified(cases: pl.DataFrame) -> pl.DataFrame:
    """Return the cases with `class`, null where there is no difference. Needs `twin` and `gap` where they decide."""
    return cases.with_columns(_class().alias("class"))


def _class() -> pl.Expr:
    has_j, has_g = pl.col("j").is_not_null(), pl.col("g").is_not_null()
    return (
        pl.when(pl.col("rivals").is_not_null()).then(_rivalled(has_g))
        .when(~has_j).then(_channel_only())
        .when(pl.col("by") == "suggested").then(pl.lit(C.AMBIGUOUS))
        .when(pl.col("approved") & (pl.col("direction") == 1)).then(_approved(has_g))
        .when(pl.col("approved")).then(_refund(has_g))
        .when(has_g).then(_unapproved())
    )  # fmt: skip


def _rivalled(has_g: pl.Expr) -> pl.Expr:
    """Rows that expect nothing accuse nobody by being one of several."""
    money = has_g & ((pl.col("direction") == 2) | (pl.col("total_g") > 0))
    return pl.when(money | pl.col("done")).then(pl.lit(C.AMBIGUOUS))


def _not_due(otherwise: pl.Expr) -> pl.Expr:
    return pl.when(~pl.col("due")).then(pl.lit(C.HELD)).otherwise(otherwise)


def _doubled(otherwise: pl.Expr) -> pl.Expr:
    twice = pl.col("twin_at").is_not_null() | (pl.col("sales_g") > 1)
    return pl.when(twice).then(pl.lit(C.DUPLICATE_CHARGE)).otherwise(otherwise)


def _channel_only() -> pl.Expr:
    charge = pl.lit(C.CHARGED_WITHOUT_SLIP)
    return (
        pl.when((pl.col("direction") == 2) & ~pl.col("pending_g")).then(_not_due(pl.lit(C.REFUND_WITHOUT_SLIP)))
        .when((pl.col("direction") == 1) & (pl.col("total_g") > 0)).then(_not_due(_doubled(charge)))
        .when((pl.col("total_g") == 0) & (pl.col("sales_g") > 0) & pl.col("gap")).then(pl.lit(C.TRACE_GAP))
    )  # fmt: skip


def _approved(has_g: pl.Expr) -> pl.Expr:
    nothing = pl.lit(C.SLIP_WITHOUT_CHARGE)
    charge = pl.lit(C.CHARGED_WITHOUT_SLIP)
    return (
        pl.when(~has_g | pl.col("pending_g")).then(_not_due(nothing))
        .when(pl.col("total_g") <= 0).then(nothing)
        .when(_elsewhere("mid")).then(pl.lit(C.WRONG_MERCHANT))
        .when(_elsewhere("tid")).then(pl.lit(C.WRONG_TERMINAL))
        .when(pl.col("host_only_g")).then(pl.when(pl.col("slip_good")).then(nothing).otherwise(charge))
        .otherwise(_in_place())
    )  # fmt: skip


def _elsewhere(name: str) -> pl.Expr:
    """Return whether the channel names another place. A wallet has numbers of its own: an order tells nothing."""
    other = (pl.col(f"{name}_g") != "") & (pl.col(name) != pl.col(f"{name}_g"))
    by = pl.col("by")
    return other & (by.str.ends_with("_elsewhere") | by.str.starts_with("rrn"))


def _in_place() -> pl.Expr:
    return (
        pl.when(pl.col("sales_g") > 1).then(pl.lit(C.DUPLICATE_CHARGE))
        .when(~pl.col("amount_agrees")).then(pl.lit(C.AMOUNT_DIFFERS))
        .when(~pl.col("slip_good")).then(_doubled(pl.lit(C.CHARGED_WITHOUT_SLIP)))
        .when(_fee_wrong()).then(pl.lit(C.FEE_DIFFERS))
    )  # fmt: skip


def _fee_wrong() -> pl.Expr:
    return ~pl.col("sound_g") | pl.col("fee_cause_g").is_not_null()


def _refund(has_g: pl.Expr) -> pl.Expr:
    return (
        pl.when(~has_g | pl.col("pending_g") | (pl.col("state_g") == "failed")).then(
            _not_due(pl.lit(C.REFUND_NOT_RETURNED))
        )
        .when(pl.col("amount_minor") != pl.col("amount_minor_g")).then(pl.lit(C.AMOUNT_DIFFERS))
        .when(_fee_wrong()).then(pl.lit(C.FEE_DIFFERS))
    )  # fmt: skip


def _unapproved() -> pl.Expr:
    stands = (pl.col("direction") == 1) & (pl.col("total_g") > 0)
    undone = pl.col("state").is_in(UNDONE)
    waiting = (pl.col("state") == JournalState.REVERSAL_PENDING) & ~pl.col("due")
    lost = (
        pl.when(waiting).then(pl.lit(C.HELD))
        .when(pl.col("reversed_late")).then(pl.lit(C.REVERSAL_LATE))
        .otherwise(pl.lit(C.REVERSAL_LOST))
    )  # fmt: skip
    return (
        pl.when((pl.col("direction") == 2) & ~pl.col("pending_g")).then(pl.lit(C.REFUND_WITHOUT_SLIP))
        .when(stands & undone).then(_doubled(lost))
        .when(stands).then(_doubled(pl.lit(C.CHARGED_WITHOUT_SLIP)))
        .when(undone & pl.col("reversed_late") & (pl.col("sales_g") > 0)).then(pl.lit(C.REVERSAL_LATE))
    )  # fmt: skip
