"""Terminals that were ordered: they enter the estate before they arrive (PCI: serials known before receipt)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tillkeeper.formats.identifiers import has_pan_shape, looks_like_pan, mask_pan
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.bulk import among, as_stored, insert_rows, reserve_ids
from tillkeeper.kernel.documents import issue_document
from tillkeeper.kernel.errors import AlreadyExists
from tillkeeper.parties.queries import organisation, vendor
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.errors import BatchTooLong, CardNumberGiven, NotATerminal
from tillkeeper.terminals.lifecycle import Holder, State, Step
from tillkeeper.terminals.models import StepTaken, Terminal
from tillkeeper.terminals.queries import terminal_model
from tillkeeper.terminals.selection import BATCH_MAX
from tillkeeper.terminals.services.columns import NEW_TERMINAL, new_terminal
from tillkeeper.terminals.services.lines import currency, line
from tillkeeper.terminals.services.moving import HISTORY
from tillkeeper.terminals.services.sets import Outcome, Refused

SERIAL: Final = re.compile(r"[A-Z0-9][A-Z0-9._/-]{3,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What is common to the terminals of one order."""

    model: str  # code
    organisation: str  # code of the branch they are for
    supplier: str  # vendor's code
    price_minor: int | None = None
    currency: str = "CNY"
    owner: str = ""
    document: str = ""  # purchase order number; blank: one is issued


@verb
def order_terminals(
    *, serials: Sequence[str], purchase: Purchase, by: Actor, at: datetime
) -> Outcome:
    """Enter ordered terminals by the serials of the maker's notice; serials that exist already are refused.

    Raises:
        NotAllowed: no right to order at that branch.
        NotFound: no such branch, model or vendor.
        BatchTooLong: more than BATCH_MAX.
    """
    home = organisation(by.scope(Right.ORDER), purchase.organisation)
    model, supplier = terminal_model(purchase.model), vendor(purchase.supplier)
    new, refused = _sorted_out(serials)
    if not new:
        return Outcome(0, refused)
    document = purchase.document or issue_document(
        prefix="PO",
        kind="purchase_order",
        place=home.path,
        facts={"terminals": len(new), "model": model.code},
        by=by,
        at=at,
    )
    when = as_stored(Terminal._meta.get_field("state_since"), at)
    common = {
        "model_id": model.pk,
        "state": State.ORDERED.value,
        "state_since": when,
        "organisation_id": home.pk,
        "home_id": home.pk,
        "path": home.path,
        "holder": Holder.SUPPLIER.value,
        "holder_name": supplier.name,
        "held_since": when,
        "supplier_id": supplier.pk,
        "price_minor": purchase.price_minor,
        "currency": currency(purchase.currency),
        "owner": line("owner", purchase.owner, 120),
        "last_actor": by.name,
        "origin": document,
    }
    _write(new, common, told=(document, "", str(by), "", when), place=home.name)
    for serial in new:
        record_change(
            action="terminal.order",
            subject=f"terminal:{serial}",
            place=home.path,
            after={"state": State.ORDERED, "model": model.code, "document": document},
            by=by,
            at=at,
        )
    return Outcome(len(new), refused, document, done=tuple(new))


def _sorted_out(serials: Sequence[str]) -> tuple[list[str], tuple[Refused, ...]]:
    """Part the serials into those that may enter and those that may not, with why."""
    named = list(dict.fromkeys(serial.strip().upper() for serial in serials))
    if len(named) > BATCH_MAX:
        raise BatchTooLong(asked=len(named), limit=BATCH_MAX)
    known = Terminal.objects.filter(serial__in=among(named)) if named else Terminal.objects.none()
    taken = set(known.values_list("serial", flat=True))
    cards = _card_numbers(named)
    new, refused = [], []
    for serial in named:
        if serial in cards:
            shown = mask_pan(serial)  # the refusal is kept and shown: it must not tell the number
            refused.append(Refused(shown, CardNumberGiven(shown=shown)))
        elif not SERIAL.fullmatch(serial):
            refused.append(Refused(serial, NotATerminal(serial=serial[:40])))
        elif serial in taken:
            refused.append(Refused(serial, AlreadyExists(kind="terminal", key=serial)))
        else:
            new.append(serial)
    return new, tuple(refused)


def _card_numbers(serials: list[str]) -> set[str]:
    """Return those that are card numbers; one in ten passes by chance, so all are judged together."""
    passing = {serial for serial in serials if looks_like_pan(serial)}
    shaped = sum(has_pan_shape(serial) for serial in serials)
    return passing if 2 * len(passing) >= shaped else set()


def _write(
    serials: list[str], common: dict[str, Any], *, told: tuple[Any, ...], place: str
) -> None:
    """Write the terminals and the first row of each one's history."""
    ids = reserve_ids(Terminal, len(serials))
    rows = (
        new_terminal({**common, "id": pk, "serial": serial})
        for pk, serial in zip(ids, serials, strict=True)
    )
    insert_rows(Terminal, NEW_TERMINAL, rows)
    opening = (Step.OPEN.value, "", common["state"], *told, common["holder"], common["holder_name"])
    insert_rows(StepTaken, HISTORY, ((pk, *opening, place, "", None) for pk in ids))
