"""The figures of the first board (INS-01)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Count, QuerySet

from tillkeeper.kernel.actor import STEP_WIDTH, Actor
from tillkeeper.kernel.policy import policy
from tillkeeper.parties.queries import organisations, within
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.lifecycle import FINAL, State
from tillkeeper.terminals.models import Import, Terminal
from tillkeeper.terminals.queries.lists import matching, terminal_models, visible, without_approval
from tillkeeper.terminals.selection import Filters

BRANCHES_SHOWN: Final = 12
IMPORTS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart or line of a table: what it leads to, its title, how many."""

    key: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Expiry:
    """A model whose last approval ends soon or has ended, and how many terminals hang on it."""

    code: str
    name: str
    until: date
    days: int
    terminals: int


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that wants a person: `kind` names the sentence, `count` how many, `query` where it leads."""

    kind: str
    count: int
    query: str


@dataclass(frozen=True, slots=True)
class Board:
    """All the board shows."""

    total: int
    by_state: list[Bar]
    by_model: list[Bar]
    by_branch: list[Bar]
    expiries: list[Expiry]
    imports: list[Import]
    attention: list[Attention]


def board(*, by: Actor, on: date) -> Board:
    """Return the figures within the actor's view. A fixed number of statements; one pass over the estate's index."""
    counts = _counts(by)
    by_state: dict[str, int] = {}
    by_model: dict[int, int] = {}
    for (state, model_id), n in counts.items():
        by_state[state] = by_state.get(state, 0) + n
        if state not in FINAL:
            by_model[model_id] = by_model.get(model_id, 0) + n
    models = {model.pk: model for model in terminal_models()}
    ranked = sorted(by_model.items(), key=lambda item: -item[1])
    return Board(
        total=sum(n for state, n in by_state.items() if state not in FINAL),
        by_state=[Bar(s, s, by_state[s]) for s in State if by_state.get(s)],
        by_model=[Bar(models[pk].code, models[pk].name, n) for pk, n in ranked],
        by_branch=_by_branch(by),
        expiries=_expiries(models, by_model, on),
        imports=list(imports(by)[:IMPORTS_SHOWN]),
        attention=_attention(by, on),
    )


def _counts(by: Actor) -> dict[tuple[str, int], int]:
    rows = Terminal.objects.filter(visible(by.scope(Right.VIEW))).order_by()
    return {
        (state, model): n
        for state, model, n in rows.values_list("state", "model_id").annotate(n=Count("pk"))
    }


def _by_branch(by: Actor) -> list[Bar]:
    """Count by the branch that answers for the terminal; the tree's upper nodes are few."""
    rows = (
        Terminal.objects.filter(visible(by.scope(Right.VIEW)))
        .exclude(state__in=sorted(FINAL))
        .order_by()
    )
    homes = dict(rows.values_list("home_id").annotate(n=Count("pk")))
    nodes = {
        node.pk: node
        for node in organisations().filter(kind__in=["head_office", "branch", "agent"])
    }
    at_second = {
        node.path[: 2 * STEP_WIDTH]: node
        for node in nodes.values()
        if len(node.path) <= 2 * STEP_WIDTH
    }
    summed: dict[str, int] = {}
    for home, n in homes.items():
        top = nodes[home].path[: 2 * STEP_WIDTH] if home in nodes else ""
        summed[top] = summed.get(top, 0) + n
    ranked = sorted(summed.items(), key=lambda item: -item[1])
    return [Bar(at_second[p].code, at_second[p].name, n) for p, n in ranked if p in at_second][
        :BRANCHES_SHOWN
    ]


def _expiries(models: Mapping[int, Any], counts: dict[int, int], on: date) -> list[Expiry]:
    furthest = max(policy("approval.warning_days", on=on))
    found = [
        Expiry(
            model.code,
            model.name,
            model.approved_until,
            (model.approved_until - on).days,
            counts.get(pk, 0),
        )
        for pk, model in models.items()
        if model.approved_until and (model.approved_until - on).days <= furthest and counts.get(pk)
    ]
    return sorted(found, key=lambda expiry: expiry.until)


def _attention(by: Actor, on: date) -> list[Attention]:
    """Each item is a filter of the list: the figure and what it leads to cannot differ."""
    scope = by.scope(Right.VIEW)
    living = tuple(state for state in State if state not in FINAL)
    asked = {
        "tampered": Filters(tampered=True, state=living),
        "overdue": Filters(overdue_on=on),
        "slow": Filters(slow_on=on),
    }
    found = [
        Attention(kind, matching(scope, filters).count(), filters.query())
        for kind, filters in asked.items()
    ]
    found.append(Attention("without_approval", without_approval(scope).count(), ""))
    return [item for item in found if item.count]


def imports(by: Actor) -> QuerySet[Import]:
    """Return the imports within the actor's view, newest first."""
    seen = within(by.scope(Right.IMPORT)) | within(by.scope(Right.AUDIT))
    return Import.objects.filter(seen).select_related("organisation").order_by("-pk")
