"""The three canonical tables. Text is "" where a file is silent; numbers and times are null.

Amounts are whole minor units of the row's currency. `at` is UTC. `line` is the line of the source file, from 1.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import polars as pl


class Role(StrEnum):
    """Whose word a file is."""

    JOURNAL = "journal"  # the terminal's
    BILL = "bill"  # the channel's or the acquirer's
    STATEMENT = "statement"  # the bank's


class Kind(StrEnum):
    """What a payment row is. A journal knows the first five; the rest only channels write."""

    SALE = "sale"
    VOID = "void"
    REFUND = "refund"
    PREAUTH = "preauth"
    COMPLETION = "completion"
    REVERSAL = "reversal"
    CHARGEBACK = "chargeback"
    FEE = "fee"
    ADJUSTMENT = "adjustment"
    PAYOUT = "payout"
    TRANSFER = "transfer"  # balance carried from one file to the next


class JournalState(StrEnum):
    """How a payment ended for the terminal."""

    APPROVED = "approved"
    DECLINED = "declined"
    UNKNOWN = "unknown"
    REVERSED = "reversed"
    REVERSAL_PENDING = "reversal_pending"
    REVERSAL_EXHAUSTED = "reversal_exhausted"


class SlipState(StrEnum):
    """What became of the slip (签购单)."""

    PRINTED = "printed"
    REPRINTED = "reprinted"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NONE = "none"


class BillState(StrEnum):
    """How the channel holds a row."""

    SUCCESS = "success"
    PENDING = "pending"  # accepted, not final: a refund being processed, a row not yet cleared
    FAILED = "failed"
    REVOKED = "revoked"  # taken back by the channel itself
    HOST_ONLY = "host_only"  # the acquirer says so itself: 多流水


class Channel(StrEnum):
    """The way the money took."""

    CARD = "card"
    WECHAT = "wechat"
    ALIPAY = "alipay"
    UNIONPAY_QR = "unionpay_qr"


Column = pl.DataType | type[pl.DataType]
MOMENT: Final = pl.Datetime("us", "UTC")

# The terminal's own words, in the order of the canonical journal CSV.
JOURNAL_CSV: Final = (
    "mid", "tid", "batch", "trace", "rrn", "order_no", "kind", "amount_minor", "currency", "card", "at", "state",
    "slip", "operator", "original_trace", "original_rrn", "channel",
)  # fmt: skip
# Evidence that a journal may add in further columns; "" or null where it does not.
JOURNAL_EVIDENCE: Final = (
    "reversal_reason",  # field 39 of the 0400: 98, 06, A0, 96
    "reversal_answer",  # field 39 of the 0410: 00, 12, 25, 95; "" while there is none
    "reversed_at",
    "batch_closed_at",  # when the batch was settled (0500)
    "cryptogram",  # tag 9F26 and 9F36 of field 55: the same for one card transaction however often it is sent
    "entry",  # field 22
)

JOURNAL: Final[Mapping[str, Column]] = MappingProxyType({
    "line": pl.Int64,
    **dict.fromkeys(JOURNAL_CSV, pl.String),
    **dict.fromkeys(JOURNAL_EVIDENCE, pl.String),
    "amount_minor": pl.Int64,
    "at": MOMENT,
    "reversed_at": MOMENT,
    "batch_closed_at": MOMENT,
})  # fmt: skip

BILL: Final[Mapping[str, Column]] = MappingProxyType({
    "line": pl.Int64,
    "mid": pl.String,
    "tid": pl.String,
    "batch": pl.String,
    "trace": pl.String,
    "rrn": pl.String,
    "order_no": pl.String,  # the merchant's
    "channel_no": pl.String,  # the channel's own: WeChat's order number, ZM's queryId, Adyen's Psp Reference
    "kind": pl.String,
    "state": pl.String,
    "amount_minor": pl.Int64,  # never negative: `kind` says which way
    "fee_minor": pl.Int64,  # what the merchant is charged; negative: given back; null: the file does not say
    "surcharge_minor": pl.Int64,  # instant payout (D0); null: the file does not say
    "net_minor": pl.Int64,  # what the merchant gets; negative: what is taken; null: the file does not say
    "currency": pl.String,
    "card": pl.String,  # first 6, stars, last 4
    "card_type": pl.String,  # debit | credit | semi_credit | prepaid | ""
    "mcc": pl.String,
    "at": MOMENT,
    "settled_on": pl.Date,
    "channel": pl.String,
    "payout_no": pl.String,  # the payout or batch that carries the row, where the file names it
    "cryptogram": pl.String,
    "original_trace": pl.String,
    "original_rrn": pl.String,
    "original_order_no": pl.String,
    "original_channel_no": pl.String,
    "text": pl.String,
})  # fmt: skip

STATEMENT: Final[Mapping[str, Column]] = MappingProxyType({
    "line": pl.Int64,
    "account": pl.String,
    "booked_on": pl.Date,
    "valued_on": pl.Date,
    "at": MOMENT,  # null: the bank gives the day only
    "amount_minor": pl.Int64,  # a credit is positive, a debit negative
    "currency": pl.String,
    "balance_minor": pl.Int64,  # after this line; null: the file does not say
    "status": pl.String,  # booked | pending
    "kind": pl.String,  # the bank's own code or word
    "reference": pl.String,
    "bank_reference": pl.String,
    "counterparty": pl.String,
    "counterparty_account": pl.String,
    "text": pl.String,
})  # fmt: skip

TABLES: Final[Mapping[Role, Mapping[str, Column]]] = MappingProxyType({
    Role.JOURNAL: JOURNAL, Role.BILL: BILL, Role.STATEMENT: STATEMENT,
})  # fmt: skip


def canonical(frame: pl.DataFrame, role: Role) -> pl.DataFrame:
    """Return a frame with exactly the columns of its table, in order: missing ones blank, others left out."""
    table = TABLES[role]
    if not frame.columns:  # blanks alone would make a row of their own
        return pl.DataFrame(schema=dict(table))
    told = {
        name: pl.col(name).cast(kind) if name in frame.columns else _silent(kind)
        for name, kind in table.items()
    }
    filled = frame.select([value.alias(name) for name, value in told.items()])
    texts = [name for name, kind in table.items() if kind == pl.String]
    return filled.with_columns(pl.col(texts).fill_null(""))


def _silent(kind: Column) -> pl.Expr:
    return pl.lit("") if kind == pl.String else pl.lit(None, dtype=kind)
