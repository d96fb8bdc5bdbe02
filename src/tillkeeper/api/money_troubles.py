"""/money/troubles: batches that cannot settle, led step by step to their money or to a case."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.timezone import now
from django.utils.translation import override
from ninja import Field, Query, Router, Schema, Status

from tillkeeper.api.authentication import actor
from tillkeeper.api.money import seen
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import LISTING, READING, WRITING
from tillkeeper.api.schemas import Asked
from tillkeeper.api.throttles import HEAVY
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import TroubleState
from tillkeeper.settlement.queries import troubles as queries
from tillkeeper.settlement.services import troubles as verbs
from tillkeeper.settlement.services.troubles_handed import hand_over
from tillkeeper.settlement.troubles.wording import advice

router = Router(tags=["money"])
Symptom = Literal["refuses_settlement", "totals_differ", "no_money", "part_of_money", "other"]


class TroubleOut(Schema):
    """A batch that cannot settle, as a row of a list."""

    number: str
    organisation: str = Field(alias="organisation.code")
    mid: str
    tid: str
    batch: str = Field(description="Blank: all of the day.")
    day: date
    symptom: str
    state: TroubleState
    case: int | None = Field(None, alias="case_id", description="To which it was handed over.")
    rounds: int = Field(description="How often was looked.")
    by: str
    at: datetime
    ended_at: datetime | None
    version: int

    @staticmethod
    def resolve_rounds(row: Any) -> int:
        """None before the first look."""
        return row.rounds or 0


class TroubleCheckOut(Schema):
    """One check as it came out in one round, or a person's word."""

    round: int
    position: int
    check: str = Field(alias="check_code", description="Blank: a person's word.")
    verdict: str = Field(description="passed, failed, waiting or unknown; blank: a person's word.")
    answer: str = Field(description="What it came to; see docs/reference/troubles.md.")
    text: str
    do: str = Field(description="What to do next; blank: nothing.")
    facts: dict[str, Any]
    by: str
    at: datetime

    @staticmethod
    def resolve_answer(row: Any) -> str:
        """The name of the answer."""
        return str(row.facts.get("answer", ""))

    @staticmethod
    def resolve_do(row: Any) -> str:
        """In English."""
        with override("en"):
            return advice(row.check_code, row.facts)


class TroubleDetail(TroubleOut):
    """With its path as it stands, and all that came before."""

    checks: list[TroubleCheckOut] = Field(description="Of the last look, in order.")
    story: list[TroubleCheckOut] = Field(description="All looks and words, oldest first.")

    @staticmethod
    def resolve_checks(row: Any) -> list[Any]:
        """The path as it stands."""
        return queries.last_round(queries.story(row))

    @staticmethod
    def resolve_story(row: Any) -> list[Any]:
        """Oldest first."""
        return queries.story(row)


class TroubleFiltersIn(Asked):
    """What the list is narrowed to."""

    state: TroubleState | None = None
    mid: str = Field("", max_length=40)
    tid: str = Field("", max_length=20)
    day: date | None = None
    q: str = Field("", max_length=40, description="A number, merchant, terminal or batch: whole.")


class TroubleIn(Asked):
    """Which batch, and what was seen."""

    mid: str = Field(max_length=40)
    tid: str = Field(max_length=20)
    batch: str = Field("", max_length=12, description="Blank: all of the day.")
    day: date
    symptom: Symptom = "other"
    organisation: str = Field(
        "", max_length=40, description="Code; blank: the one that answers for the merchant."
    )


class LookIn(Asked):
    """What was done since the last look."""

    word: str = Field("", max_length=1000)


class HandOverIn(Asked):
    """What the next person should know."""

    why: str = Field("", max_length=400)


@router.get("", response={200: Page[TroubleOut], **LISTING})
def list_troubles(
    request: HttpRequest,
    paging: Query[Paging],
    filters: Query[TroubleFiltersIn],
    sort: Literal["-id", "id"] = "-id",
) -> dict[str, Any]:
    """List batches that cannot settle, the newest first."""
    asked = queries.TroubleFilters(**{**filters.model_dump(), "state": filters.state or ""})
    return page_of(request, queries.troubles(seen(request), asked), sort=sort, paging=paging)


@router.get("/{number}", response={200: TroubleDetail, **READING})
def get_trouble(request: HttpRequest, number: str) -> Any:
    """Show the path of a batch: every check, what it came to, what to do next."""
    return queries.trouble(seen(request), number)


@router.post("", response={201: TroubleDetail, **WRITING}, throttle=[HEAVY])
def open_trouble(request: HttpRequest, body: TroubleIn) -> Status[Any]:
    """Note that a batch cannot settle, and look at it for the first time."""
    who = _allowed(request)
    made = verbs.open_trouble(**body.model_dump(), by=who, at=now())
    return Status(201, _now(who, made.number))


@router.post("/{number}/look", response={200: TroubleDetail, **WRITING}, throttle=[HEAVY])
def look_again(request: HttpRequest, number: str, body: LookIn) -> Any:
    """Go through all checks again; if all is in order, the batch is settled."""
    who = _allowed(request)
    verbs.look(number=number, word=body.word, by=who, at=now())
    return _now(who, number)


@router.post("/{number}/hand-over", response={200: TroubleDetail, **WRITING})
def hand_trouble_over(request: HttpRequest, number: str, body: HandOverIn) -> Any:
    """End it in a case: the one that stands for it, else one opened by hand with all that was found."""
    who = _allowed(request)
    hand_over(number=number, why=body.why, by=who, at=now())
    return _now(who, number)


def _allowed(request: HttpRequest) -> Actor:
    """Return the actor. Without the right anywhere the answer is 403, not that there is no such trouble."""
    who = actor(request)
    who.require(Right.MONEY_WORK)
    return who


def _now(who: Actor, number: str) -> Any:
    return queries.trouble(who.scope(Right.MONEY_WORK), number)
