"""The life of a terminal: states, steps, papers and guards as data. Pure; docs/reference/states.md is drawn from it.

After ../domain practice: PCI DSS 9.5.1, PCI PIN 20-1 to 31, PBoC 259. Gaps closed here: a transfer and a loan are
steps, not states (the holder changes, the state follows the table); a swap takes the old terminal straight to
RETURNING; every state in which somebody holds the terminal can end in LOST; a refused scrap request goes back to
QUARANTINE; an order line may be cancelled and a delivery rejected (both final). Tampered is a flag.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from tillkeeper.parties.roles import Right


class State(StrEnum):
    """Where a terminal is in its life."""

    ORDERED = "ordered"
    RECEIVED = "received"
    IN_STOCK = "in_stock"
    STAGING = "staging"
    READY = "ready"
    ISSUED = "issued"
    INSTALLED = "installed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    FAULTY = "faulty"
    RELOCATING = "relocating"
    WITHDRAWING = "withdrawing"
    RETURNING = "returning"
    QUARANTINE = "quarantine"
    REPAIR = "repair"
    EVIDENCE = "evidence"
    LOST = "lost"
    SCRAP_PENDING = "scrap_pending"
    SCRAPPED = "scrapped"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class Step(StrEnum):
    """What may be done with a terminal. OPEN is how a row of an imported ledger enters."""

    OPEN = "open"
    RECEIVE = "receive"
    CANCEL = "cancel"
    ACCEPT = "accept"
    REJECT = "reject"
    TRANSFER = "transfer"
    STAGE = "stage"
    PREPARE = "prepare"
    UNPACK = "unpack"
    ISSUE = "issue"
    LEND = "lend"
    END_LOAN = "end_loan"
    PUT_BACK = "put_back"
    INSTALL = "install"
    TAKE_DOWN = "take_down"
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESUME = "resume"
    REPORT_FAULT = "report_fault"
    RESTORE = "restore"
    RELOCATE = "relocate"
    ARRIVE = "arrive"
    SWAP_OUT = "swap_out"
    WITHDRAW = "withdraw"
    COLLECT = "collect"
    TAKE_IN = "take_in"
    ISOLATE = "isolate"
    CLEAR = "clear"
    SEND_TO_REPAIR = "send_to_repair"
    FINISH_REPAIR = "finish_repair"
    SEAL = "seal"
    RELEASE = "release"
    REPORT_LOST = "report_lost"
    FIND = "find"
    WRITE_OFF = "write_off"
    PROPOSE_SCRAP = "propose_scrap"
    REFUSE_SCRAP = "refuse_scrap"
    SCRAP = "scrap"


class Holder(StrEnum):
    """Who has a terminal in custody."""

    SUPPLIER = "supplier"
    WAREHOUSE = "warehouse"
    BENCH = "bench"
    PERSON = "person"
    SITE = "site"
    TRANSIT = "transit"
    VENDOR = "vendor"
    SEALED = "sealed"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards look at. All of it lives on the terminal's row and its model's approvals."""

    tampered: bool = False
    keyed: bool = False
    wiped: bool = False
    tamper_cleared: bool = False
    accepted: bool = False
    refiled: bool = False
    case_closed: bool = False
    on_loan: bool = False
    approval_buyable: bool = True
    approval_usable: bool = True
    five_elements: bool = True
    last_actor: str = ""
    actor: str = ""


class Guard(StrEnum):
    """Conditions beyond the state."""

    UNTAMPERED = "untampered"
    KEYED = "keyed"
    WIPED = "wiped"
    TAMPER_CLEARED = "tamper_cleared"
    ACCEPTED = "accepted"
    REFILED = "refiled"
    CASE_CLOSED = "case_closed"
    ON_LOAN = "on_loan"
    NOT_ON_LOAN = "not_on_loan"
    APPROVAL_BUYABLE = "approval_buyable"
    APPROVAL_USABLE = "approval_usable"
    FIVE_ELEMENTS = "five_elements"
    SECOND_PERSON = "second_person"


PASSES: Final[MappingProxyType[Guard, Callable[[Facts], bool]]] = MappingProxyType(
    {
        Guard.UNTAMPERED: lambda f: not f.tampered,
        Guard.KEYED: lambda f: f.keyed,
        Guard.WIPED: lambda f: f.wiped,
        Guard.TAMPER_CLEARED: lambda f: f.tamper_cleared,
        Guard.ACCEPTED: lambda f: f.accepted,
        Guard.REFILED: lambda f: f.refiled,
        Guard.CASE_CLOSED: lambda f: f.case_closed,
        Guard.ON_LOAN: lambda f: f.on_loan,
        Guard.NOT_ON_LOAN: lambda f: not f.on_loan,
        Guard.APPROVAL_BUYABLE: lambda f: f.approval_buyable,
        Guard.APPROVAL_USABLE: lambda f: f.approval_usable,
        Guard.FIVE_ELEMENTS: lambda f: f.five_elements,
        Guard.SECOND_PERSON: lambda f: f.actor != f.last_actor,
    }
)
# Who asked for the scrap may not approve it: the only guard that looks at the person, not at the terminal.
_S, _T, _G = State, Step, Guard
_LIVE: Final = (_G.UNTAMPERED, _G.KEYED, _G.APPROVAL_USABLE)
MOVES: Final[MappingProxyType[tuple[State, Step], tuple[State, tuple[Guard, ...]]]] = (
    MappingProxyType(
        {
            (_S.ORDERED, _T.RECEIVE): (_S.RECEIVED, ()),
            (_S.ORDERED, _T.CANCEL): (_S.CANCELLED, ()),
            (_S.RECEIVED, _T.ACCEPT): (_S.IN_STOCK, (_G.APPROVAL_BUYABLE,)),
            (_S.RECEIVED, _T.REJECT): (_S.REJECTED, ()),
            (_S.IN_STOCK, _T.TRANSFER): (_S.IN_STOCK, ()),
            (_S.IN_STOCK, _T.STAGE): (_S.STAGING, (_G.UNTAMPERED,)),
            (_S.IN_STOCK, _T.LEND): (_S.ISSUED, (_G.UNTAMPERED,)),
            (_S.IN_STOCK, _T.PROPOSE_SCRAP): (_S.SCRAP_PENDING, ()),
            (_S.STAGING, _T.PREPARE): (_S.READY, (_G.UNTAMPERED, _G.KEYED)),
            (_S.STAGING, _T.ISOLATE): (_S.QUARANTINE, ()),
            (_S.READY, _T.TRANSFER): (_S.READY, ()),
            (_S.READY, _T.ISSUE): (_S.ISSUED, (_G.UNTAMPERED, _G.KEYED)),
            (_S.READY, _T.UNPACK): (_S.IN_STOCK, (_G.WIPED,)),
            (_S.ISSUED, _T.INSTALL): (_S.INSTALLED, (_G.UNTAMPERED, _G.KEYED)),
            (_S.ISSUED, _T.PUT_BACK): (_S.READY, (_G.UNTAMPERED, _G.KEYED, _G.NOT_ON_LOAN)),
            (_S.ISSUED, _T.END_LOAN): (_S.IN_STOCK, (_G.UNTAMPERED, _G.ON_LOAN)),
            (_S.ISSUED, _T.ISOLATE): (_S.QUARANTINE, ()),
            (_S.INSTALLED, _T.ACTIVATE): (_S.ACTIVE, (*_LIVE, _G.ACCEPTED, _G.FIVE_ELEMENTS)),
            (_S.INSTALLED, _T.TAKE_DOWN): (_S.ISSUED, ()),
            (_S.ACTIVE, _T.SUSPEND): (_S.SUSPENDED, ()),
            (_S.SUSPENDED, _T.RESUME): (_S.ACTIVE, _LIVE),
            (_S.ACTIVE, _T.REPORT_FAULT): (_S.FAULTY, ()),
            (_S.FAULTY, _T.RESTORE): (_S.ACTIVE, _LIVE),
            (_S.ACTIVE, _T.RELOCATE): (_S.RELOCATING, ()),
            (_S.RELOCATING, _T.ARRIVE): (_S.ACTIVE, (*_LIVE, _G.REFILED, _G.FIVE_ELEMENTS)),
            (_S.ACTIVE, _T.SWAP_OUT): (_S.RETURNING, ()),
            (_S.FAULTY, _T.SWAP_OUT): (_S.RETURNING, ()),
            (_S.ACTIVE, _T.WITHDRAW): (_S.WITHDRAWING, ()),
            (_S.SUSPENDED, _T.WITHDRAW): (_S.WITHDRAWING, ()),
            (_S.FAULTY, _T.WITHDRAW): (_S.WITHDRAWING, ()),
            (_S.RELOCATING, _T.WITHDRAW): (_S.WITHDRAWING, ()),
            (_S.WITHDRAWING, _T.COLLECT): (_S.RETURNING, ()),
            (_S.RETURNING, _T.TAKE_IN): (_S.QUARANTINE, ()),
            (_S.QUARANTINE, _T.CLEAR): (_S.IN_STOCK, (_G.UNTAMPERED, _G.WIPED, _G.TAMPER_CLEARED)),
            (_S.QUARANTINE, _T.SEND_TO_REPAIR): (_S.REPAIR, (_G.WIPED,)),
            (_S.QUARANTINE, _T.SEAL): (_S.EVIDENCE, ()),
            (_S.QUARANTINE, _T.PROPOSE_SCRAP): (_S.SCRAP_PENDING, ()),
            (_S.REPAIR, _T.FINISH_REPAIR): (_S.QUARANTINE, ()),
            (_S.REPAIR, _T.PROPOSE_SCRAP): (_S.SCRAP_PENDING, ()),
            (_S.EVIDENCE, _T.RELEASE): (_S.SCRAP_PENDING, (_G.CASE_CLOSED,)),
            (_S.LOST, _T.FIND): (_S.QUARANTINE, ()),
            (_S.LOST, _T.WRITE_OFF): (_S.SCRAPPED, (_G.SECOND_PERSON,)),
            (_S.SCRAP_PENDING, _T.REFUSE_SCRAP): (_S.QUARANTINE, ()),
            (_S.SCRAP_PENDING, _T.SCRAP): (_S.SCRAPPED, (_G.WIPED, _G.SECOND_PERSON)),
            **{
                (state, _T.REPORT_LOST): (_S.LOST, ())
                for state in (
                    _S.RECEIVED,
                    _S.IN_STOCK,
                    _S.STAGING,
                    _S.READY,
                    _S.ISSUED,
                    _S.INSTALLED,
                    _S.ACTIVE,
                    _S.SUSPENDED,
                    _S.FAULTY,
                    _S.RELOCATING,
                    _S.WITHDRAWING,
                    _S.RETURNING,
                    _S.QUARANTINE,
                    _S.REPAIR,
                    _S.SCRAP_PENDING,
                )
            },
        }
    )
)

FINAL: Final = frozenset({State.SCRAPPED, State.CANCELLED, State.REJECTED})
# Out of our custody, for good or for a while: at the end of its life, nobody knows where, or opened on the vendor's
# bench. What such a terminal keeps inside is not trusted any more; it is set up anew when it comes back.
OUT_OF_HAND: Final = FINAL | {State.LOST, State.REPAIR}
# On site with the five elements bound; INSTALLED is on site, but not bound yet.
BOUND: Final = frozenset(
    {State.ACTIVE, State.SUSPENDED, State.FAULTY, State.RELOCATING, State.WITHDRAWING}
)
AT_A_SITE: Final = BOUND | {State.INSTALLED}


@dataclass(frozen=True, slots=True)
class StepRule:
    """What a step needs and leaves: its paper, its right, who holds the terminal after it."""

    prefix: str  # of the document's number
    paper: str  # kind of document
    right: Right
    holder: Holder | None  # None: stays where it is


_R, _H = Right, Holder
STEPS: Final = MappingProxyType(
    {
        Step.OPEN: StepRule("IM", "import", _R.IMPORT, None),
        Step.RECEIVE: StepRule("DN", "delivery_note", _R.STOCK, _H.WAREHOUSE),
        Step.CANCEL: StepRule("PO", "purchase_order", _R.ORDER, _H.NOBODY),
        Step.ACCEPT: StepRule("AC", "acceptance_form", _R.STOCK, _H.WAREHOUSE),
        Step.REJECT: StepRule("RJ", "rejection_note", _R.STOCK, _H.SUPPLIER),
        Step.TRANSFER: StepRule("TR", "transfer_note", _R.STOCK, _H.WAREHOUSE),
        Step.STAGE: StepRule("KI", "injection_manifest", _R.KEYS, _H.BENCH),
        Step.PREPARE: StepRule("QC", "quality_check_form", _R.KEYS, _H.WAREHOUSE),
        Step.UNPACK: StepRule("QC", "quality_check_form", _R.KEYS, _H.WAREHOUSE),
        Step.ISSUE: StepRule("IS", "issue_form", _R.STOCK, _H.PERSON),
        Step.LEND: StepRule("LN", "loan_form", _R.STOCK, _H.PERSON),
        Step.END_LOAN: StepRule("RT", "return_form", _R.STOCK, _H.WAREHOUSE),
        Step.PUT_BACK: StepRule("RT", "return_form", _R.STOCK, _H.WAREHOUSE),
        Step.INSTALL: StepRule("IN", "installation_form", _R.FIELD, _H.SITE),
        Step.TAKE_DOWN: StepRule("WD", "withdrawal_form", _R.FIELD, _H.PERSON),
        Step.ACTIVATE: StepRule("AV", "activation_form", _R.BIND, _H.SITE),
        Step.SUSPEND: StepRule("SU", "suspension_form", _R.SERVICE, None),
        Step.RESUME: StepRule("SU", "suspension_form", _R.SERVICE, None),
        Step.REPORT_FAULT: StepRule("RP", "repair_form", _R.FAULT, None),
        Step.RESTORE: StepRule("RP", "repair_form", _R.FAULT, None),
        Step.RELOCATE: StepRule("RL", "relocation_form", _R.BIND, None),
        Step.ARRIVE: StepRule("RL", "relocation_form", _R.BIND, _H.SITE),
        Step.SWAP_OUT: StepRule("SW", "swap_form", _R.BIND, _H.TRANSIT),
        Step.WITHDRAW: StepRule("WD", "withdrawal_form", _R.BIND, None),
        Step.COLLECT: StepRule("RT", "return_form", _R.FIELD, _H.TRANSIT),
        Step.TAKE_IN: StepRule("RT", "return_form", _R.STOCK, _H.WAREHOUSE),
        Step.ISOLATE: StepRule("TS", "test_form", _R.STOCK, _H.WAREHOUSE),
        Step.CLEAR: StepRule("TS", "test_form", _R.STOCK, _H.WAREHOUSE),
        Step.SEND_TO_REPAIR: StepRule("RM", "rma_form", _R.REPAIR, _H.VENDOR),
        Step.FINISH_REPAIR: StepRule("RM", "rma_form", _R.REPAIR, _H.WAREHOUSE),
        Step.SEAL: StepRule("SE", "sealing_form", _R.RISK, _H.SEALED),
        Step.RELEASE: StepRule("SE", "sealing_form", _R.RISK, _H.WAREHOUSE),
        Step.REPORT_LOST: StepRule("LS", "loss_report", _R.RISK, _H.NOBODY),
        Step.FIND: StepRule("LS", "loss_report", _R.RISK, _H.WAREHOUSE),
        Step.WRITE_OFF: StepRule("LS", "loss_report", _R.APPROVE_SCRAP, _H.NOBODY),
        Step.PROPOSE_SCRAP: StepRule("SC", "scrap_request", _R.SCRAP, _H.WAREHOUSE),
        Step.REFUSE_SCRAP: StepRule("SC", "scrap_request", _R.APPROVE_SCRAP, _H.WAREHOUSE),
        Step.SCRAP: StepRule("DP", "disposal_proof", _R.APPROVE_SCRAP, _H.NOBODY),
    }
)
# What a step makes untrue: proof belongs to one stay, not to the terminal for ever.
RESETS: Final = MappingProxyType(
    {
        Step.STAGE: ("tamper_cleared",),
        Step.LEND: (),
        Step.INSTALL: ("accepted",),
        Step.RELOCATE: ("refiled",),
        Step.TAKE_IN: ("accepted", "refiled", "tamper_cleared"),
        Step.FIND: ("accepted", "refiled", "tamper_cleared"),
        Step.FINISH_REPAIR: ("tamper_cleared",),
        Step.SEAL: ("case_closed",),
        Step.END_LOAN: ("on_loan",),
        Step.ISOLATE: ("on_loan", "tamper_cleared"),
    }
)
# Steps whose facts differ from terminal to terminal, so that a selection cannot share them.
ONE_BY_ONE: Final = frozenset({Step.INSTALL, Step.ACTIVATE, Step.ARRIVE, Step.SWAP_OUT})


class EvidenceKind(StrEnum):
    """Proof that may be recorded; each opens a guard."""

    KEY_INJECTION = "key_injection"
    WIPE = "wipe"
    TAMPER_CHECK = "tamper_check"
    VENDOR_CLEARED = "vendor_cleared"
    ACCEPTANCE = "acceptance"
    REFILING = "refiling"
    CASE_CLOSED = "case_closed"


@dataclass(frozen=True, slots=True)
class EvidenceRule:
    """Where a proof may be recorded, with which right, and what it makes true or untrue."""

    states: frozenset[State]
    right: Right
    sets: MappingProxyType[str, bool]


_M: Final = MappingProxyType
EVIDENCE: Final = MappingProxyType(
    {
        EvidenceKind.KEY_INJECTION: EvidenceRule(
            frozenset({_S.STAGING}), _R.KEYS, _M({"keyed": True, "wiped": False})
        ),
        EvidenceKind.WIPE: EvidenceRule(
            frozenset(
                {
                    _S.IN_STOCK,
                    _S.STAGING,
                    _S.READY,
                    _S.QUARANTINE,
                    _S.REPAIR,
                    _S.EVIDENCE,
                    _S.SCRAP_PENDING,
                }
            ),
            _R.KEYS,
            _M({"wiped": True, "keyed": False}),
        ),
        EvidenceKind.TAMPER_CHECK: EvidenceRule(
            frozenset({_S.QUARANTINE}), _R.INSPECT, _M({"tamper_cleared": True})
        ),
        # The vendor opened and cleared it: the keys inside are not trusted any more.
        EvidenceKind.VENDOR_CLEARED: EvidenceRule(
            frozenset({_S.REPAIR}), _R.REPAIR, _M({"tampered": False, "keyed": False})
        ),
        EvidenceKind.ACCEPTANCE: EvidenceRule(
            frozenset({_S.INSTALLED, _S.RELOCATING}), _R.FIELD, _M({"accepted": True})
        ),
        EvidenceKind.REFILING: EvidenceRule(
            frozenset({_S.RELOCATING}), _R.BIND, _M({"refiled": True})
        ),
        EvidenceKind.CASE_CLOSED: EvidenceRule(
            frozenset({_S.EVIDENCE}), _R.RISK, _M({"case_closed": True})
        ),
    }
)


def allowed(state: State) -> tuple[Step, ...]:
    """Return the steps that the state lets one take, in table order; guards come on top."""
    return tuple(step for origin, step in MOVES if origin == state)


def origins(step: Step) -> tuple[State, ...]:
    """Return the states from which `step` may be taken: the same table, for whole sets."""
    return tuple(origin for origin, taken in MOVES if taken == step)


def failed_guards(state: State, step: Step, facts: Facts) -> tuple[Guard, ...]:
    """Return the guards of a move that do not pass; the move must be in the table."""
    _, guards = MOVES[state, step]
    return tuple(guard for guard in guards if not PASSES[guard](facts))


@dataclass(frozen=True, slots=True)
class Prospect:
    """One step as a person sees it from here: may be taken, or why not."""

    step: Step
    target: State | None
    wrong_state: bool
    failed: tuple[Guard, ...]

    @property
    def open(self) -> bool:
        """True when nothing stands in the way."""
        return not self.wrong_state and not self.failed


def prospects(state: State, facts: Facts) -> tuple[Prospect, ...]:
    """Return every step, those of this state first, with what stands in its way."""
    here = allowed(state)
    possible = [
        Prospect(s, MOVES[state, s][0], False, failed_guards(state, s, facts)) for s in here
    ]
    rest = [Prospect(s, None, True, ()) for s in Step if s not in here and s is not Step.OPEN]
    return (*possible, *rest)
