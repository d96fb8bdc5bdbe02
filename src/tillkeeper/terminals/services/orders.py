"""What a person says with a step, and what each step needs said."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from tillkeeper.terminals.errors import NeededForStep
from tillkeeper.terminals.lifecycle import Step
from tillkeeper.terminals.services.lines import line


@dataclass(frozen=True, slots=True, kw_only=True)
class Elements:
    """What a binding is asked with; credit code, account and address are the merchant's and the site's own."""

    merchant: str  # number
    site: str  # code
    tid: str
    acquirer_code: str
    network_reference: str = ""
    refiling_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person says with a step. Which fields a step needs stands in `needed`."""

    why: str = ""
    document: str = ""  # number of a paper made elsewhere; blank: one is issued here
    approver: str = ""
    custodian: str = ""  # who takes it: issue, lend, send to repair
    organisation: str = ""  # code of the node it is transferred to
    due_back_on: date | None = None
    site: str = ""  # code: install
    elements: Elements | None = None  # activate, arrive
    evidence_sha256: str = ""


LINES: Final = {"why": 200, "document": 40, "approver": 120, "custodian": 120}
NEEDS: Final = {
    Step.TRANSFER: ("organisation",),
    Step.ISSUE: ("custodian",),
    Step.LEND: ("custodian",),
    Step.SEND_TO_REPAIR: ("custodian",),
    Step.INSTALL: ("site",),
    Step.ACTIVATE: ("elements",),
    Step.ARRIVE: ("elements",),
    **dict.fromkeys(
        (
            Step.SUSPEND,
            Step.REPORT_FAULT,
            Step.WITHDRAW,
            Step.REPORT_LOST,
            Step.WRITE_OFF,
            Step.PROPOSE_SCRAP,
            Step.REFUSE_SCRAP,
            Step.REJECT,
            Step.CANCEL,
            Step.SEAL,
            Step.SWAP_OUT,
        ),
        ("why",),
    ),
}


def needed(step: Step, order: Order) -> None:
    """Raise NeededForStep for the first field that `step` needs and `order` leaves blank."""
    for name, longest in LINES.items():
        line(name, getattr(order, name), longest)
    for name in NEEDS.get(step, ()):
        if not getattr(order, name):
            raise NeededForStep(step=step, field=name)
