"""What people from outside are shown of a terminal.

Somebody from a vendor: its facts, its state and its repairs. Not what it cost, where it stands, with whom it is bound,
who holds it, nor the papers about that: these are between the acquirer and its merchants. Somebody from a merchant:
all but what it cost, which is between the acquirer and its suppliers. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.parties.roles import Right, Role
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
# What a terminal cost, by the names in lists, exports, pages, rows and the audit trail.
COST: Final = frozenset({"price", "price_minor", "currency"})
# Roles of people from outside; every other one is a job with us.
CONTACTS: Final = frozenset({Role.MERCHANT_CONTACT, Role.VENDOR_CONTACT})
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
COST_BLANK: Final = MappingProxyType({name: value for name, value in BLANK.items() if name in COST})
SAID_OF_A_STEP: Final = ("from", "to")
NOTHING: Final = {"holder": "", "holder_name": "", "place": "", "approver": "", "file": ""}


class Discreet:
    """A terminal as somebody from outside sees it: to be read like the row itself, with what is withheld blank."""

    def __init__(self, row: "Terminal", blank: Mapping[str, Any]) -> None:
        self._row, self._blank = row, blank

    def __getattr__(self, name: str) -> Any:
        return self._blank[name] if name in self._blank else getattr(self._row, name)


class DiscreetToVendor(Discreet):
    """A terminal as a vendor's contact sees it."""

    def __init__(self, row: "Terminal") -> None:
        super().__init__(row, BLANK)

    @property
    def organisation(self) -> Any:
        """The branch that answers for it; where it stands is a merchant's or a store's node."""
        return self._row.home

    @property
    def files(self) -> Any:
        """No papers."""
        return self._row.files.none()


def seen_by(row: "Terminal", by: Actor) -> "Terminal | Discreet":
    """Return a terminal as it may be shown to somebody."""
    return next(shown_to([row], by))


def shown_to(rows: Iterable["Terminal"], by: Actor) -> Iterator["Terminal | Discreet"]:
    """Return terminals as they may be shown to somebody, one by one."""
    if is_outsider(by.scope(Right.VIEW)):
        yield from map(DiscreetToVendor, rows)
        return
    costs = cost_scope(by)
    for row in rows:
        yield row if costs.covers(row.path) else Discreet(row, COST_BLANK)


def cost_scope(by: Actor) -> Scope:
    """Return where somebody may learn what terminals cost: where a job with us has put them, whatever the job."""
    if by.kind == "system":
        return by.scope(Right.VIEW)
    return Scope(tuple(grant.path for grant in by.grants if grant.role not in CONTACTS))


def withheld_from(by: Actor) -> frozenset[str]:
    """Return the facts that somebody sees of no terminal at all."""
    if is_outsider(by.scope(Right.VIEW)):
        return WITHHELD
    return frozenset() if cost_scope(by).paths else COST


def is_outsider(scope: Scope) -> bool:
    """Say whether a view is that of one vendor's contact."""
    return scope.vendor_id is not None


def hears_all(row: "Terminal", by: Actor) -> bool:
    """Say whether somebody may be told everything that happened to a terminal."""
    return not is_outsider(by.scope(Right.VIEW)) and cost_scope(by).covers(row.path)


def told(happenings: Iterable["Happening"], row: "Terminal", by: Actor) -> list["Happening"]:
    """Return what happened to a terminal as far as somebody may know, in the same order.

    A vendor's contact learns no names; a merchant's contact learns no price.
    """
    if hears_all(row, by):
        return list(happenings)
    if not is_outsider(by.scope(Right.VIEW)):
        return list(_without_cost(happenings))
    return [
        replace(one, by="", facts=_facts(one))
        for one in happenings
        if one.kind in KINDS and one.name in OF_THE_VENDOR
    ]


def _without_cost(happenings: Iterable["Happening"]) -> Iterator["Happening"]:
    """Return what happened without changes of the cost; who changed nothing else is not mentioned."""
    for one in happenings:
        changes = one.facts.get("changes", ())
        kept = [change for change in changes if change[0] not in COST]
        if len(kept) == len(changes):
            yield one
        elif kept:
            yield replace(one, facts={**one.facts, "changes": kept})


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
