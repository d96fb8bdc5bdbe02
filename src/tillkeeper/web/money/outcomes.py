"""What came of a verb for many cases: how many moved, why the others did not, and each of the first of them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import CaseState
from tillkeeper.settlement.queries.cases import CaseFilters, cases
from tillkeeper.settlement.services.case_sets import Outcome
from tillkeeper.web.money.cases import Line, line_of
from tillkeeper.web.parts import Request, answer
from tillkeeper.web.refusals import sentence_of

SHOWN: Final = 100  # cases told of one by one
ANY_STATE: Final = CaseFilters(state=tuple(CaseState))
OF_ONE_CASE: Final = frozenset(
    {"case", "key", "decision", "match"}
)  # facts that say which, not why


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a verb for one case."""

    number: int
    line: Line | None  # None: not within the actor's view
    sentence: str | Promise
    moved: bool


def result_page(request: Request, outcome: Outcome, *, text: str, back: str) -> HttpResponse:
    """Return the page, or the part for the dialog."""
    ctx = told(request, outcome) | {"text": text, "back": back}
    return answer(request, "money/bulk_result.html", "money/_bulk_result.html", ctx)


def told(request: Request, outcome: Outcome) -> dict[str, Any]:
    """Return an outcome in words: of few cases each; of many those that did not move, the first of them."""
    moved, refused = outcome.counts
    errors = dict(outcome.refused)
    few = moved + refused <= SHOWN
    shown = sorted([*outcome.moved, *errors]) if few else list(errors)[:SHOWN]
    scope, now = request.actor.scope(Right.MONEY_VIEW), timezone.now()
    rows = {row.pk: row for row in cases(scope, ANY_STATE).filter(pk__in=shown)}
    return {
        "results": [
            Result(
                number,
                line_of(rows[number], now) if number in rows else None,
                sentence_of(errors[number]) if number in errors else _("done"),
                number not in errors,
            )
            for number in shown
        ],
        "nothing": not (moved or refused),
        "moved": moved,
        "refused": refused,
        "reasons": [] if few else reasons(outcome),
        "left_out": 0 if few else max(0, refused - SHOWN),
        "stopped": outcome.stopped,
    }


def reasons(outcome: Outcome) -> list[tuple[str, int]]:
    """Return the kinds of refusals, the most frequent first, each with the sentence of its first case."""
    counted = Counter(_kind(error) for _number, error in outcome.refused)
    first: dict[Any, TillkeeperError] = {}
    for _number, error in outcome.refused:
        first.setdefault(_kind(error), error)
    return [(sentence_of(first[kind]), n) for kind, n in counted.most_common()]


def _kind(error: TillkeeperError) -> tuple[Any, ...]:
    facts = {name: str(value) for name, value in error.facts().items() if name not in OF_ONE_CASE}
    return (error.code, *sorted(facts.items()))
