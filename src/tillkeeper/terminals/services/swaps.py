"""Swap (换机): one transaction over two terminals and their binding, on a paper we raised."""

from datetime import datetime

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import verb
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.errors import StepRefused, SwappedForItself
from tillkeeper.terminals.lifecycle import EvidenceKind, State, Step
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.queries import terminal
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.evidence import record_evidence
from tillkeeper.terminals.services.lines import line
from tillkeeper.terminals.services.orders import Elements, Order
from tillkeeper.terminals.services.sets import locked
from tillkeeper.terminals.services.steps import take_step


@verb
def swap_terminals(  # noqa: PLR0913  two terminals, why, what was tested, who and when
    *,
    old: str,
    new: str,
    why: str,
    acceptance: str,
    by: Actor,
    at: datetime,
    network_reference: str = "",
) -> tuple[Terminal, Terminal]:
    """Take `old` out and put `new` into service in its place, with the same merchant, terminal id and site.

    Args:
        old: serial of the terminal at the counter, active or faulty; it comes back by transit.
        new: serial of an issued terminal that takes over.
        why: reason, e.g. `Chip read error`.
        acceptance: reference of the merchant's signature and the test transaction on the new one.
        by: who.
        at: when.
        network_reference: of the new terminal's network entry (入网回执).

    Raises:
        StepRefused, GuardFailed: one of the two may not take its step; nothing is changed then.
        FieldInvalid: no acceptance reference.
        SwappedForItself: both are the same terminal.
        NotFound: a terminal is not within the actor's view.
    """
    acceptance = line("acceptance", acceptance, 80)
    if not acceptance:
        raise FieldInvalid(
            field="acceptance", value="", expected="the reference of signature and test transaction"
        )
    if old.strip().upper() == new.strip().upper():
        raise SwappedForItself(serial=old.strip().upper())
    locked(
        [old.strip().upper(), new.strip().upper()], by
    )  # both at once, in order: two swaps cannot wait for each other
    leaving = terminal(by.scope(Right.BIND), old)
    stay, where = leaving.binding, leaving.site
    if stay is None or where is None:
        raise StepRefused(serial=leaving.serial, step=Step.SWAP_OUT, state=State(leaving.state))
    elements = Elements(
        merchant=stay.merchant.number,
        site=where.code,
        tid=stay.tid,
        acquirer_code=stay.acquirer_code,
        network_reference=network_reference or stay.network_reference,
        refiling_reference=stay.refiling_reference,
    )
    gone = take_step(serial=leaving.serial, step=Step.SWAP_OUT, order=Order(why=why), by=by, at=at)
    document = gone.history.order_by("-pk").values_list("document", flat=True)[0]
    paper = Order(why=why, document=document, site=where.code, elements=elements)
    take_step(serial=new, step=Step.INSTALL, order=paper, by=by, at=at)
    record_evidence(
        selection=Selection(serials=(new,)),
        kind=EvidenceKind.ACCEPTANCE,
        reference=acceptance,
        by=by,
        at=at,
    )
    come = take_step(serial=new, step=Step.ACTIVATE, order=paper, by=by, at=at)
    return gone, come
