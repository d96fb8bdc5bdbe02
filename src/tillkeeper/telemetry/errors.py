"""Why telemetry refuses. Refusals at the terminals' door carry a short code of their own: `door`."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils import translation

from tillkeeper.kernel.errors import Busy, Conflict, Forbidden, Invalid, TillkeeperError
from tillkeeper.telemetry.action_words import KIND_LABELS, ORDER_LABELS
from tillkeeper.telemetry.lifecycle import ActionKind, OrderState
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.wording import STATE_LABELS


class _Worded(TillkeeperError):
    """Errors whose facts have labels: `str` is English whatever language is active."""

    def __str__(self) -> str:
        with translation.override("en"):
            return self.sentence % self.worded()


@dataclass(eq=False, kw_only=True)
class SpoolUnreachable(Busy):
    """Check-ins cannot be kept now; terminals keep theirs and come again."""

    code: ClassVar[str] = "telemetry.spool_unreachable"
    sentence: ClassVar[str] = "What terminals send cannot be kept now (%(why)s). They come again."
    why: str


@dataclass(eq=False, kw_only=True)
class BrokerNotInstalled(Invalid):
    """The settings name a broker, and what speaks to it is an extra that is not there."""

    code: ClassVar[str] = "telemetry.broker_not_installed"
    sentence: ClassVar[str] = (
        "A broker is named in the settings; install what speaks to it first: pip install 'tillkeeper[%(extra)s]'."
    )
    extra: str


@dataclass(eq=False, kw_only=True)
class NothingChosen(Invalid):
    """An order for no terminal."""

    code: ClassVar[str] = "telemetry.nothing_chosen"
    sentence: ClassVar[str] = "No terminal within your view is chosen."


@dataclass(eq=False, kw_only=True)
class CannotHear(Conflict):
    """A terminal that does not speak cannot be asked."""

    code: ClassVar[str] = "telemetry.cannot_hear"
    sentence: ClassVar[str] = "Terminal %(serial)s is not enrolled: it would never hear of it."
    serial: str


@dataclass(eq=False, kw_only=True)
class ActionBarred(_Worded, Conflict):
    """Where the terminal is in its life, this is not asked of it."""

    code: ClassVar[str] = "telemetry.action_barred"
    sentence: ClassVar[str] = (
        "Terminal %(serial)s is %(state)s: “%(kind)s” is not asked of it there."
    )
    serial: str
    kind: ActionKind
    state: State

    def worded(self) -> dict[str, Any]:
        """Kind and state by their labels."""
        return {
            "serial": self.serial,
            "kind": KIND_LABELS[self.kind],
            "state": STATE_LABELS[self.state],
        }


@dataclass(eq=False, kw_only=True)
class TamperedStaysLocked(Conflict):
    """Nobody unlocks a terminal that was tampered with from afar."""

    code: ClassVar[str] = "telemetry.tampered_stays_locked"
    sentence: ClassVar[str] = (
        "Terminal %(serial)s is marked as tampered with: it stays locked until that is cleared."
    )
    serial: str


@dataclass(eq=False, kw_only=True)
class OrderStepRefused(_Worded, Conflict):
    """The order stands where this cannot be done."""

    code: ClassVar[str] = "telemetry.order_step_refused"
    sentence: ClassVar[str] = (
        "Order %(order)s is “%(order_state)s”: this is not possible now. Look at it again."
    )
    order: str
    order_state: OrderState

    def worded(self) -> dict[str, Any]:
        """State by its label."""
        return {"order": self.order, "order_state": ORDER_LABELS[self.order_state]}


@dataclass(eq=False, kw_only=True)
class OwnOrder(Forbidden):
    """Nobody confirms their own."""

    code: ClassVar[str] = "telemetry.own_order"
    sentence: ClassVar[str] = (
        "You asked for order %(order)s yourself; a second person has to confirm it."
    )
    order: str


@dataclass(eq=False, kw_only=True)
class WrongCount(Invalid):
    """Whoever confirms types how many terminals there are, so that nobody confirms what they did not look at."""

    code: ClassVar[str] = "telemetry.wrong_count"
    sentence: ClassVar[str] = (
        "Order %(order)s is for %(expected)s terminals, not for %(given)s. Look at it again."
    )
    order: str
    expected: int
    given: int


@dataclass(eq=False, kw_only=True)
class PieceTooLong(Invalid):
    """One piece of a log is longer than a piece may be."""

    code: ClassVar[str] = "telemetry.piece_too_long"
    sentence: ClassVar[str] = "A piece of a log has at most %(limit)s bytes, this one %(size)s."
    size: int
    limit: int


@dataclass(eq=False, kw_only=True)
class LogTooLong(Invalid):
    """A log that would grow past what is kept of one."""

    code: ClassVar[str] = "telemetry.log_too_long"
    sentence: ClassVar[str] = "A log has at most %(limit)s bytes; this one would have %(size)s."
    size: int
    limit: int


@dataclass(eq=False, kw_only=True)
class PieceContradicts(Conflict):
    """A piece that cannot be of the log it names."""

    code: ClassVar[str] = "telemetry.piece_contradicts"
    sentence: ClassVar[str] = (
        "This piece contradicts what is here of log “%(upload)s” already (%(what)s)."
    )
    upload: str
    what: str


@dataclass(eq=False, kw_only=True)
class TooManyLogs(Busy):
    """A terminal that begins log after log and ends none."""

    code: ClassVar[str] = "telemetry.too_many_logs"
    sentence: ClassVar[str] = (
        "%(limit)s logs of this terminal are on their way. End one of them first."
    )
    limit: int


@dataclass(eq=False, kw_only=True)
class FaultUnknown(Invalid):
    """A kind of line can stand only for a fault of the table."""

    code: ClassVar[str] = "telemetry.fault_unknown"
    sentence: ClassVar[str] = "There is no fault “%(fault)s”: choose one of the table."
    fault: str


@dataclass(eq=False, kw_only=True)
class LogNotKept(Conflict):
    """There is nothing of this log to be read."""

    code: ClassVar[str] = "telemetry.log_not_kept"
    sentence: ClassVar[str] = "Log %(log)s is not here as a whole: there is nothing to read."
    log: int


@dataclass(eq=False, kw_only=True)
class CursorMoved(Conflict):
    """Another writer took in segments of this shard: what was read must be read anew."""

    code: ClassVar[str] = "telemetry.cursor_moved"
    sentence: ClassVar[str] = "Another writer is at work on shard %(shard)s."
    shard: int


@dataclass(eq=False, kw_only=True)
class TerminalUnknown(Invalid):
    """The ledger has no such terminal, or has done with it."""

    code: ClassVar[str] = "telemetry.terminal_unknown"
    sentence: ClassVar[str] = "The ledger has no terminal “%(serial)s” that may speak."
    serial: str


@dataclass(eq=False, kw_only=True)
class OutOfHand(_Worded, Conflict):
    """A code for a terminal that is lost, with the vendor, or at the end of its life."""

    code: ClassVar[str] = "telemetry.out_of_hand"
    sentence: ClassVar[str] = "Terminal %(serial)s is “%(state)s”: no code is made for it there."
    serial: str
    state: State

    def worded(self) -> dict[str, Any]:
        """State by its label."""
        return {"serial": self.serial, "state": STATE_LABELS[self.state]}


@dataclass(eq=False, kw_only=True)
class CodeRefused(Forbidden):
    """An activation code that opens nothing."""

    code: ClassVar[str] = "telemetry.code_refused"
    sentence: ClassVar[str] = (
        "This activation code is not good for terminal %(serial)s (%(why)s): ask for a new one."
    )
    serial: str
    why: str  # unknown | used | withdrawn | expired


@dataclass(eq=False, kw_only=True)
class KeyUnusable(Invalid):
    """What came is no public key."""

    code: ClassVar[str] = "telemetry.key_unusable"
    sentence: ClassVar[str] = (
        "The public key is not usable: send the 32 bytes of an Ed25519 key in base64url without padding."
    )


@dataclass(eq=False, kw_only=True)
class KeyTaken(Conflict):
    """A key that enrolled before, for another terminal or for one whose enrolment was revoked."""

    code: ClassVar[str] = "telemetry.key_taken"
    sentence: ClassVar[str] = "This key has been enrolled before: make a new key pair."


@dataclass(eq=False, kw_only=True)
class TwoKeys(Conflict):
    """A second key for a terminal whose first is in force: one of the two is not the terminal."""

    code: ClassVar[str] = "telemetry.two_keys"
    sentence: ClassVar[str] = (
        "Terminal %(serial)s has a key in force: revoke it first, or use a code made to replace it."
    )
    serial: str


@dataclass(eq=False, kw_only=True)
class ProofRefused(Forbidden):
    """A signature that does not fit what it should sign, or the key it should be made with."""

    code: ClassVar[str] = "telemetry.proof_refused"
    sentence: ClassVar[str] = (
        "The proof is not the Ed25519 signature of this message by the terminal's key."
    )


@dataclass(eq=False, kw_only=True)
class ClockStale(Forbidden):
    """A proof of another time: replayed, or the terminal's clock is wrong."""

    code: ClassVar[str] = "telemetry.clock_stale"
    sentence: ClassVar[str] = (
        "The clock of this message is %(off_s)s s off ours and may be %(limit_s)s: set it by `time`, sign anew."
    )
    off_s: int
    limit_s: int


@dataclass(eq=False, kw_only=True)
class NonceUsed(Conflict):
    """The same proof a second time."""

    code: ClassVar[str] = "telemetry.nonce_used"
    sentence: ClassVar[str] = "This nonce has been used: a proof is good once."


@dataclass(eq=False, kw_only=True)
class EnrolmentUnknown(Forbidden):
    """No such enrolment of that terminal."""

    code: ClassVar[str] = "telemetry.enrolment_unknown"
    sentence: ClassVar[str] = "There is no such enrolment of this terminal: enrol."


@dataclass(eq=False, kw_only=True)
class EnrolmentRevoked(Forbidden):
    """The terminal may not speak with this key any more."""

    code: ClassVar[str] = "telemetry.enrolment_revoked"
    sentence: ClassVar[str] = (
        "This enrolment has been revoked: ask for a new activation code and enrol with a new key."
    )


@dataclass(eq=False, kw_only=True)
class NotEnrolled(Conflict):
    """There is nothing to revoke."""

    code: ClassVar[str] = "telemetry.not_enrolled"
    sentence: ClassVar[str] = "Terminal %(serial)s has no enrolment in force."
    serial: str


@dataclass(eq=False, kw_only=True)
class KeyInForce(Conflict):
    """A code would let a second key speak for a terminal."""

    code: ClassVar[str] = "telemetry.key_in_force"
    sentence: ClassVar[str] = (
        "Terminal %(serial)s is enrolled already. Say that the new key replaces the present one, or revoke that first."
    )
    serial: str


@dataclass(eq=False, kw_only=True)
class AlertOver(Conflict):
    """What was seen is over: there is nothing to acknowledge."""

    code: ClassVar[str] = "telemetry.alert_over"
    sentence: ClassVar[str] = "Alert %(alert)s is cleared already: there is nothing to acknowledge."
    alert: int


@dataclass(eq=False, kw_only=True)
class TooManyAlerts(Invalid):
    """More alerts at once than one call takes."""

    code: ClassVar[str] = "telemetry.too_many_alerts"
    sentence: ClassVar[str] = (
        "%(asked)s alerts are chosen; at most %(limit)s can be acknowledged at once. Narrow the filter."
    )
    asked: int
    limit: int
