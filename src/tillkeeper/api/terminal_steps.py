"""/terminals/.../steps: a terminal's life, one at a time and many at once; swaps and orders."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema

from tillkeeper.api.authentication import actor
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import READING, WRITING
from tillkeeper.api.schemas import Asked, Code, Day, DocumentNumber, Serials, Why
from tillkeeper.api.selections import OutcomeOut, SelectionIn, outcome_of
from tillkeeper.api.terminal_schemas import TerminalDetail
from tillkeeper.api.throttles import HEAVY
from tillkeeper.api.versions import tagged, version_if_asked
from tillkeeper.terminals.discretion import seen_by
from tillkeeper.terminals.lifecycle import Step
from tillkeeper.terminals.services.ordering import Purchase, order_terminals
from tillkeeper.terminals.services.orders import Elements, Order
from tillkeeper.terminals.services.steps import batch_refusals, take_step, take_steps
from tillkeeper.terminals.services.swaps import swap_terminals

router = Router(tags=["terminals"])


class ElementsIn(Asked):
    """The five elements of a binding; credit code, account and address are the merchant's and the site's."""

    merchant: str = Field(max_length=20, description="Number.")
    site: Code
    tid: str = Field(min_length=1, max_length=15, description="Terminal id.")
    acquirer_code: str = Field(min_length=1, max_length=11)
    network_reference: str = Field("", max_length=40)
    refiling_reference: str = Field("", max_length=40)


class StepIn(Asked):
    """What is said with a step; what a step needs and lacks is refused by name."""

    step: Step
    why: Why = ""
    document: DocumentNumber = ""
    approver: str = Field("", max_length=120)
    custodian: str = Field(
        "", max_length=120, description="Who takes it: issue, lend, send to repair."
    )
    organisation: str = Field("", max_length=40, description="Code: where it is transferred to.")
    due_back_on: Day = None
    site: str = Field("", max_length=40, description="Code: install.")
    elements: ElementsIn | None = Field(None, description="Activate, arrive.")
    evidence_sha256: str = Field("", max_length=64)

    def order(self) -> Order:
        """Return it as the estate's services take it."""
        said = self.model_dump(exclude={"step", "serials", "filters", "all", "elements"})
        return Order(
            **said, elements=Elements(**self.elements.model_dump()) if self.elements else None
        )


class StepsIn(StepIn, SelectionIn):
    """A step for many."""


class SwapIn(Asked):
    """Which terminal takes over, why, and what proves that it works."""

    new: str = Field(
        min_length=1, max_length=64, description="Serial number of an issued terminal."
    )
    why: Why
    acceptance: str = Field(
        max_length=80, description="Reference of signature and test transaction."
    )
    network_reference: str = Field("", max_length=40)


class SwapOut(Schema):
    """Both terminals as they are now."""

    old: TerminalDetail
    new: TerminalDetail


class OrderIn(Asked):
    """Ordered terminals, by the serial numbers of the maker's notice."""

    serials: Serials = Field(min_length=1)
    model: Code
    organisation: Code
    supplier: Code
    price_minor: int | None = Field(None, ge=0, le=2**53)
    currency: str = Field("CNY", pattern="^[A-Z]{3}$")
    owner: str = Field("", max_length=120)
    document: DocumentNumber = ""


class BatchRefusalOut(Schema):
    """A terminal that stayed as it was."""

    serial: str
    code: str
    facts: dict[str, Any]


@router.post("/steps", response={200: OutcomeOut, **WRITING}, throttle=[HEAVY])
def take_steps_with_many(request: HttpRequest, body: StepsIn) -> dict[str, Any]:
    """Take one step with every selected terminal that may; say of each other one why not."""
    outcome = take_steps(
        selection=body.selection(), step=body.step, order=body.order(), by=actor(request), at=now()
    )
    return outcome_of(outcome)


@router.get("/batches/{batch}/refusals", response={200: Page[BatchRefusalOut], **READING})
def list_batch_refusals(request: HttpRequest, batch: int, paging: Query[Paging]) -> dict[str, Any]:
    """List all refusals of a batch of one's own."""
    return page_of(request, batch_refusals(batch, actor(request)), sort="id", paging=paging)


@router.post("/orders", response={200: OutcomeOut, **WRITING}, throttle=[HEAVY])
def order(request: HttpRequest, body: OrderIn) -> dict[str, Any]:
    """Enter ordered terminals; serial numbers that exist already are refused one by one."""
    purchase = Purchase(**body.model_dump(exclude={"serials"}))
    return outcome_of(
        order_terminals(serials=body.serials, purchase=purchase, by=actor(request), at=now())
    )


@router.post("/{path:serial}/steps", response={200: TerminalDetail, **WRITING})
def take_one_step(request: HttpRequest, response: HttpResponse, serial: str, body: StepIn) -> Any:
    """Take one step with one terminal. If-Match is heeded when sent."""
    moved = take_step(
        serial=serial,
        step=body.step,
        order=body.order(),
        version=version_if_asked(request),
        by=actor(request),
        at=now(),
    )
    return tagged(response, seen_by(moved, actor(request)))


@router.post("/{path:serial}/swap", response={200: SwapOut, **WRITING})
def swap(request: HttpRequest, serial: str, body: SwapIn) -> dict[str, Any]:
    """Put another terminal into the place of this one: same merchant, terminal id and site."""
    by = actor(request)
    old, new = swap_terminals(old=serial, **body.model_dump(), by=by, at=now())
    return {"old": seen_by(old, by), "new": seen_by(new, by)}
