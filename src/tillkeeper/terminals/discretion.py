"""What somebody from a vendor is shown of a terminal: its facts, its state and its repairs.

Not what it cost, where it stands, with whom it is bound, who holds it, nor the papers about that: these are between
the acquirer and its merchants. Pure.
"""

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from tillkeeper.kernel.actor import Scope
from tillkeeper.terminals.lifecycle import EvidenceKind, Step

if TYPE_CHECKING:
    from tillkeeper.terminals.models import Terminal
    from tillkeeper.terminals.queries import Found, Happening

# Facts by their names in lists, exports and pages.
WITHHELD: Final = frozenset(
    {
        "merchant_no",
        "merchant_name",
        "terminal_id",
        "acquirer_code",
        "site_code",
        "site_name",
        "address",
        "holder",
        "owner",
        "price",
        "supplier",
        "currency",
        "sim_iccid",
        "remark",
    }
)
# What happens between the vendor and us: delivery, faults, repairs, and the end.
OF_THE_VENDOR: Final = frozenset(
    {
        Step.RECEIVE.value,
        Step.CANCEL.value,
        Step.ACCEPT.value,
        Step.REJECT.value,
        Step.REPORT_FAULT.value,
        Step.RESTORE.value,
        Step.SEND_TO_REPAIR.value,
        Step.FINISH_REPAIR.value,
        Step.SCRAP.value,
        EvidenceKind.VENDOR_CLEARED.value,
    }
)
KINDS: Final = frozenset({"step", "evidence"})
# Facts by their names on a terminal's row, and what stands there instead.
BLANK: Final = MappingProxyType(
    {
        "site": None,
        "binding": None,
        "holder_name": "",
        "due_back_on": None,
        "owner": "",
        "supplier": None,
        "price_minor": None,
        "currency": "",
        "sim_iccid": "",
        "remark": "",
    }
)
SAID_OF_A_STEP: Final = ("from", "to")
NOTHING: Final = {"holder": "", "holder_name": "", "place": "", "approver": "", "file": ""}


class Discreet:
    """A terminal as a vendor's contact sees it: to be read like the row itself, with what is withheld blank."""

    def __init__(self, row: "Terminal") -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return BLANK[name] if name in BLANK else getattr(self._row, name)

    @property
    def organisation(self) -> Any:
        """The branch that answers for it; where it stands is a merchant's or a store's node."""
        return self._row.home

    @property
    def files(self) -> Any:
        """No papers."""
        return self._row.files.none()


def seen_by(row: "Terminal", scope: Scope) -> "Terminal | Discreet":
    """Return a terminal as the view allows it to be shown."""
    return Discreet(row) if is_outsider(scope) else row


def is_outsider(scope: Scope) -> bool:
    """Say whether a view is that of one vendor's contact."""
    return scope.vendor_id is not None


def told(happenings: Iterable["Happening"], scope: Scope) -> list["Happening"]:
    """Return what happened as far as the view allows, in the same order; a vendor's contact learns no names."""
    if not is_outsider(scope):
        return list(happenings)
    return [
        replace(one, by="", facts=_facts(one))
        for one in happenings
        if one.kind in KINDS and one.name in OF_THE_VENDOR
    ]


def _facts(happening: "Happening") -> dict[str, str]:
    if happening.kind != "step":
        return {}
    return {**NOTHING, **{name: happening.facts[name] for name in SAID_OF_A_STEP}}


def found_by(hits: Iterable["Found"], scope: Scope) -> list["Found"]:
    """Return what a search found; to a vendor's contact a terminal is told by its model alone, not by its merchant."""
    if not is_outsider(scope):
        return list(hits)
    return [
        replace(hit, detail=hit.detail.partition(" · ")[0]) if hit.kind == "terminal" else hit
        for hit in hits
    ]
