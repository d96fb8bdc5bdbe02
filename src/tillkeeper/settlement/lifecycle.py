"""The life of a case and what may be decided about it: the specification. Pure."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    HELD = "held"  # one-sided and not yet due, or put aside until a day
    PROPOSED = "proposed"  # decided, and a second person has yet to confirm
    DISPUTED = "disputed"  # with the channel or the bank, against a deadline
    CLOSED = "closed"
    VANISHED = "vanished"  # a later run no longer finds it: the other side came


class CaseStep(StrEnum):
    """What moves a case."""

    HOLD = "hold"
    RESUME = "resume"
    PROPOSE = "propose"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    DISPUTE = "dispute"
    CLOSE = "close"
    REOPEN = "reopen"
    VANISH = "vanish"


_S, _T = CaseState, CaseStep
MOVES: Final = MappingProxyType(
    {
        (_S.OPEN, _T.HOLD): _S.HELD,
        (_S.OPEN, _T.PROPOSE): _S.PROPOSED,
        (_S.OPEN, _T.DISPUTE): _S.DISPUTED,
        (_S.OPEN, _T.CLOSE): _S.CLOSED,
        (_S.OPEN, _T.VANISH): _S.VANISHED,
        (_S.HELD, _T.RESUME): _S.OPEN,
        (_S.HELD, _T.PROPOSE): _S.PROPOSED,
        (_S.HELD, _T.DISPUTE): _S.DISPUTED,
        (_S.HELD, _T.CLOSE): _S.CLOSED,
        (_S.HELD, _T.VANISH): _S.VANISHED,
        (_S.PROPOSED, _T.CONFIRM): _S.CLOSED,
        (_S.PROPOSED, _T.REFUSE): _S.OPEN,
        (_S.DISPUTED, _T.PROPOSE): _S.PROPOSED,
        (_S.DISPUTED, _T.CLOSE): _S.CLOSED,
        (_S.DISPUTED, _T.RESUME): _S.OPEN,
        (_S.CLOSED, _T.REOPEN): _S.OPEN,
        (_S.VANISHED, _T.REOPEN): _S.OPEN,
    }
)
UNSETTLED: Final = frozenset({_S.OPEN, _S.HELD, _S.PROPOSED, _S.DISPUTED})


def origins(step: CaseStep) -> tuple[CaseState, ...]:
    """Return the states from which `step` may be taken."""
    return tuple(state for state, taken in MOVES if taken == step)


class Account(StrEnum):
    """Accounts of the money ledger. A debit is positive, a credit negative."""

    MERCHANT_PAYABLE = "merchant_payable"  # what we owe merchants: a credit
    CHANNEL_RECEIVABLE = "channel_receivable"  # what channels owe us: a debit
    BANK = "bank"
    FEE_INCOME = "fee_income"
    SUSPENSE = "suspense"  # money that came, or is missing, and nobody yet knows why
    LOSS = "loss"


class PostingKind(StrEnum):
    """What a posting is for."""

    SETTLED_DAY = "settled_day"  # what the channels owe and the bank received
    DOUBT = "doubt"  # on to suspense with a case, and off again when it vanishes
    DECISION = "decision"  # what people decided
    PAYOUT = "payout"  # money paid to merchants
    REVERSAL = "reversal"


class What(StrEnum):
    """What an entry tells a merchant. Blank: nothing of his."""

    SALES = "sales"
    REFUNDS = "refunds"
    FEES = "fees"
    DOUBT = "doubt"
    DECIDED = "decided"


class Remedy(StrEnum):
    """What people decide about a difference."""

    ACCEPT = "accept"  # the channel is right: the merchant gets it, or it is taken from him
    REFUND = "refund"  # the cardholder gets it back through the channel
    ADJUST = "adjust"  # the difference alone goes to or from the merchant
    RE_PRESENT = "re_present"  # sent to the channel again
    WRITE_OFF = "write_off"
    MATCH = "match"  # these rows belong together after all
    NONE = "none"  # nothing is owed: a gap, a reprint


# Where the money of a decision goes from suspense. None: back where it stood before (see `stakes`); so does what is
# left of it when only a part was decided about, and all of it where the remedy has no row here.
POSTED: Final = MappingProxyType(
    {
        Remedy.ACCEPT: None,
        Remedy.ADJUST: None,
        Remedy.REFUND: Account.CHANNEL_RECEIVABLE,
        Remedy.RE_PRESENT: Account.CHANNEL_RECEIVABLE,
        Remedy.WRITE_OFF: Account.LOSS,
    }
)


class RunState(StrEnum):
    """How far a matching run is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class FileState(StrEnum):
    """What became of a file that was brought in."""

    TAKEN = "taken"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class DropKind(StrEnum):
    """Where a drop lies."""

    FOLDER = "folder"
    SFTP = "sftp"


class TroubleState(StrEnum):
    """Where a batch that cannot settle stands."""

    OPEN = "open"
    SETTLED = "settled"  # every check passed: the batch is settled
    HANDED_OVER = "handed_over"  # to a case, with all that was found


class Verdict(StrEnum):
    """How a check came out."""

    PASSED = "passed"
    FAILED = "failed"
    WAITING = "waiting"  # not yet due
    UNKNOWN = "unknown"  # the facts are not there: a file is missing
