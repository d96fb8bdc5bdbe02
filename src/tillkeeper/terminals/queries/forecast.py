"""What would come of a step for many terminals, without taking it: one statement, however many they are.

The rows are grouped by all that the guards look at, and each group is judged by the same table of moves as the verb
itself.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.bulk import chunks
from tillkeeper.parties.queries import within
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.lifecycle import MOVES, STEPS, Facts, Guard, State, Step, failed_guards
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.queries.lists import approvals_on, matching, viewable, visible
from tillkeeper.terminals.selection import Selection

FLAGS: Final = (
    "tampered",
    "keyed",
    "wiped",
    "tamper_cleared",
    "accepted",
    "refiled",
    "case_closed",
    "on_loan",
)
Key = tuple[Any, ...]


@dataclass(slots=True)
class Forecast:
    """How many may take a step, and how many not, by state or by the guard that stops them."""

    step: Step
    may: int = 0
    wrong_state: Counter[State] = field(default_factory=Counter)
    stopped: Counter[Guard] = field(default_factory=Counter)
    not_yours: int = 0

    @property
    def refused(self) -> int:
        """How many stay where they are."""
        return self.wrong_state.total() + self.stopped.total() + self.not_yours


def selected(selection: Selection, by: Actor) -> Iterator[QuerySet[Terminal]]:
    """Return the visible terminals that are meant, in sets of a size that a statement can name."""
    if selection.filters is not None and not selection.serials:
        yield matching(viewable(by), selection.filters)
        return
    for part in chunks(sorted({serial.strip().upper() for serial in selection.serials})):
        yield Terminal.objects.filter(visible(viewable(by)), serial__in=part)


def selected_count(selection: Selection, by: Actor) -> int:
    """Return how many visible terminals are meant."""
    return sum(rows.count() for rows in selected(selection, by))


def selected_by_state(selection: Selection, by: Actor) -> Counter[State]:
    """Return how many of those that are meant are in which state."""
    counts: Counter[State] = Counter()
    for rows in selected(selection, by):
        for state, n in rows.order_by().values_list("state").annotate(n=Count("pk")):
            counts[State(state)] += n
    return counts


def forecasts(
    selection: Selection, steps: tuple[Step, ...], *, by: Actor, on: date
) -> dict[Step, Forecast]:
    """Return for each step what would come of it. Statements: one a right that the steps need, and the approvals."""
    told = {step: Forecast(step) for step in steps}
    total = selected_count(selection, by)
    for right in sorted({STEPS[step].right for step in steps}):
        groups = _groups(selection, by, right)
        approvals = approvals_on({key[1] for key in groups}, on)
        inside = groups.total()
        for step in steps:
            if STEPS[step].right is right:
                told[step].not_yours = total - inside
                _judge(told[step], groups, approvals, by)
    return told


def _groups(selection: Selection, by: Actor, right: Right) -> Counter[Key]:
    groups: Counter[Key] = Counter()
    reach = within(by.scope(right))
    for rows in selected(selection, by):
        mine = Q(last_actor=by.name)
        grouped = (
            rows.filter(reach)
            .order_by()
            .values_list("state", "model_id", *FLAGS)
            .annotate(n=Count("pk"), own=Count("pk", filter=mine))
        )
        for *key, n, own in grouped:
            if own:
                groups[(*key, True)] += own
            if n > own:
                groups[(*key, False)] += n - own
    return groups


def _judge(
    told: Forecast, groups: Counter[Key], approvals: dict[int, tuple[bool, bool]], by: Actor
) -> None:
    for (state_value, model_id, *flags, own), n in groups.items():
        state = State(state_value)
        if (state, told.step) not in MOVES:
            told.wrong_state[state] += n
            continue
        buyable, usable = approvals.get(model_id, (True, True))
        facts = Facts(
            **dict(zip(FLAGS, flags, strict=True)),
            approval_buyable=buyable,
            approval_usable=usable,
            last_actor=by.name if own else "",
            actor=by.name,
        )
        failed = failed_guards(state, told.step, facts)
        if failed:
            told.stopped[failed[0]] += n
        else:
            told.may += n
