"""Where a step leads, and the five elements (五要素) that bind a terminal there."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.queries import merchant, site
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.errors import NeededForStep, TerminalIdTaken
from tillkeeper.terminals.lifecycle import STEPS, Step
from tillkeeper.terminals.models import Binding
from tillkeeper.terminals.services.orders import Elements, Order

if TYPE_CHECKING:
    from tillkeeper.parties.models import Merchant, Site


@dataclass(slots=True)
class Place:
    """Where a step leads: columns for the terminal, and the elements if a binding begins."""

    site: "Site"
    columns: dict[str, Any]
    name: str
    elements: Elements | None = None
    merchant: "Merchant | None" = field(default=None)

    @property
    def complete(self) -> bool:
        """True when all five elements are there, or none are asked for."""
        if self.elements is None or self.merchant is None:
            return True
        owner = self.merchant
        known = owner.uscc or owner.id_number_hash
        return bool(
            self.elements.acquirer_code
            and owner.number
            and known
            and owner.settlement_account_masked
            and self.site.address
        )


def place_for(step: Step, order: Order, by: Actor) -> Place | None:
    """Return where an installing, activating or arriving step leads; None for every other step.

    Raises:
        NotFound: the site or the merchant is not within the actor's view.
    """
    if step is Step.INSTALL:
        return _place(site(by.scope(STEPS[step].right), order.site))
    if step not in (Step.ACTIVATE, Step.ARRIVE) or order.elements is None:
        return None
    seen = by.scope(Right.PARTIES_VIEW)
    place = _place(site(seen, order.elements.site))
    place.elements, place.merchant = order.elements, merchant(seen, order.elements.merchant)
    if place.site.merchant_id != place.merchant.pk:
        raise NeededForStep(step=step, field="a site of that merchant")
    return place


def _place(where: "Site") -> Place:
    node = where.organisation
    return Place(where, {"site": where, "organisation": node, "path": node.path}, where.name)


def bind(terminal_pk: int, place: Place, *, document: str, at: datetime) -> Binding:
    """Begin a binding of one terminal; the caller makes it the terminal's present one.

    Raises:
        TerminalIdTaken: another terminal has that terminal id of that acquirer now.
    """
    elements, owner = place.elements, place.merchant
    if elements is None or owner is None:
        raise ValueError("a place without elements cannot be bound")
    try:
        with transaction.atomic():
            return Binding.objects.create(
                terminal_id=terminal_pk,
                merchant=owner,
                site=place.site,
                acquirer_code=elements.acquirer_code,
                tid=elements.tid,
                holder_code=owner.uscc or owner.id_number_masked,
                settlement_account_masked=owner.settlement_account_masked,
                settlement_account_hash=owner.settlement_account_hash,
                address=place.site.address,
                network_reference=elements.network_reference,
                refiling_reference=elements.refiling_reference,
                document=document,
                valid_from=at,
            )
    except IntegrityError:
        raise TerminalIdTaken(tid=elements.tid, acquirer=elements.acquirer_code) from None
