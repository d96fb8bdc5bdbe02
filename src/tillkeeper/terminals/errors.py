"""What can go wrong with the estate."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils import translation

from tillkeeper.kernel.errors import Conflict, Invalid, TillkeeperError
from tillkeeper.terminals.lifecycle import EvidenceKind, Guard, State, Step
from tillkeeper.terminals.wording import EVIDENCE_LABELS, GUARD_SENTENCES, STATE_LABELS, STEP_LABELS


class _Worded(TillkeeperError):
    """Errors whose facts have labels: `str` is English whatever language is active."""

    def __str__(self) -> str:
        with translation.override("en"):
            return self.sentence % self.worded()


@dataclass(eq=False, kw_only=True)
class StepRefused(_Worded, Conflict):
    """A step was asked of a terminal whose state does not allow it."""

    code: ClassVar[str] = "terminals.step_refused"
    sentence: ClassVar[str] = (
        "Terminal %(serial)s is %(state)s: “%(step)s” is not possible from there."
    )
    serial: str
    step: Step
    state: State

    def worded(self) -> dict[str, Any]:
        """State and step by their labels."""
        return {
            "serial": self.serial,
            "step": STEP_LABELS[self.step],
            "state": STATE_LABELS[self.state],
        }


@dataclass(eq=False, kw_only=True)
class GuardFailed(_Worded, Conflict):
    """The state allows the step, but something it needs is missing."""

    code: ClassVar[str] = "terminals.guard_failed"
    sentence: ClassVar[str] = "Terminal %(serial)s, “%(step)s”: %(reason)s."
    serial: str
    step: Step
    guard: Guard

    def worded(self) -> dict[str, Any]:
        """Step and guard in words."""
        return {
            "serial": self.serial,
            "step": STEP_LABELS[self.step],
            "reason": GUARD_SENTENCES[self.guard],
        }


@dataclass(eq=False, kw_only=True)
class OutOfOrder(Conflict):
    """A step was dated before the last one; history only grows at its end."""

    code: ClassVar[str] = "terminals.out_of_order"
    sentence: ClassVar[str] = (
        "Terminal %(serial)s: its last step was at %(last)s, this one may not be dated before that."
    )
    serial: str
    last: str


@dataclass(eq=False, kw_only=True)
class BatchTooLong(Invalid):
    """More terminals at once than one batch takes."""

    code: ClassVar[str] = "terminals.batch_too_long"
    sentence: ClassVar[str] = (
        "%(asked)s terminals are selected; at most %(limit)s can be done at once. Narrow the filter."
    )
    asked: int
    limit: int


@dataclass(eq=False, kw_only=True)
class OneByOne(_Worded, Invalid):
    """A step whose facts differ from terminal to terminal was asked for several."""

    code: ClassVar[str] = "terminals.one_by_one"
    sentence: ClassVar[str] = (
        "“%(step)s” needs facts of its own for each terminal: do it one by one, or by import."
    )
    step: Step

    def worded(self) -> dict[str, Any]:
        """The step by its label."""
        return {"step": STEP_LABELS[self.step]}


@dataclass(eq=False, kw_only=True)
class NeededForStep(_Worded, Invalid):
    """A step was asked without a fact that it needs."""

    code: ClassVar[str] = "terminals.needed_for_step"
    sentence: ClassVar[str] = "“%(step)s” needs: %(field)s."
    step: Step
    field: str

    def worded(self) -> dict[str, Any]:
        """The step by its label, the field as the form names it."""
        return {"step": STEP_LABELS[self.step], "field": translation.gettext(self.field)}


@dataclass(eq=False, kw_only=True)
class SwappedForItself(Invalid):
    """A terminal was to take its own place."""

    code: ClassVar[str] = "terminals.swapped_for_itself"
    sentence: ClassVar[str] = (
        "Terminal %(serial)s cannot be swapped for itself: give the serial number of the terminal that takes its place."
    )
    serial: str


@dataclass(eq=False, kw_only=True)
class TerminalIdTaken(Conflict):
    """The terminal id is bound to another terminal now."""

    code: ClassVar[str] = "terminals.terminal_id_taken"
    sentence: ClassVar[str] = (
        "Terminal id %(tid)s of acquirer %(acquirer)s is bound to another terminal: end that binding first."
    )
    tid: str
    acquirer: str


@dataclass(eq=False, kw_only=True)
class NotATerminal(Invalid):
    """A serial number that cannot be one."""

    code: ClassVar[str] = "terminals.bad_serial"
    sentence: ClassVar[str] = (
        "“%(serial)s” is not a serial number: 4 to 32 letters, digits, hyphens, dots, slashes or underscores."
    )
    serial: str


@dataclass(eq=False, kw_only=True)
class EvidenceRefused(_Worded, Conflict):
    """Proof was recorded for a terminal in a state where it proves nothing."""

    code: ClassVar[str] = "terminals.evidence_refused"
    sentence: ClassVar[str] = (
        "Terminal %(serial)s is %(state)s: “%(kind)s” cannot be recorded there."
    )
    serial: str
    kind: EvidenceKind
    state: State

    def worded(self) -> dict[str, Any]:
        """State and kind by their labels."""
        return {
            "serial": self.serial,
            "kind": EVIDENCE_LABELS[self.kind],
            "state": STATE_LABELS[self.state],
        }


@dataclass(eq=False, kw_only=True)
class CardNumberGiven(Invalid):
    """A card number was given where a serial number belongs; it is shown masked and kept nowhere."""

    code: ClassVar[str] = "terminals.card_number"
    sentence: ClassVar[str] = (
        "%(shown)s looks like a bank card's number, which must not be kept here."
    )
    shown: str
