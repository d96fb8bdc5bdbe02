"""How many terminals a merchant, a site or an office has, by state: figures that lead to the list."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from tillkeeper.kernel.actor import Actor
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import counts_by_state, viewable
from tillkeeper.terminals.selection import Filters
from tillkeeper.terminals.wording import STATE_LABELS


@dataclass(frozen=True, slots=True)
class Figure:
    """How many terminals are in one state, and where they are listed."""

    state: str
    label: str | Promise
    count: int
    url: str


def figures_of(by: Actor, **narrow: Any) -> list[Figure]:
    """Return the counts of terminals by state that a filter leaves; states without any are left out."""
    scope = viewable(by)
    if not scope.paths:
        return []
    counts = counts_by_state(scope, Filters(**narrow))
    return [
        Figure(state, STATE_LABELS[state], counts[state], _listed(state=state, **narrow))
        for state in State
        if counts.get(state)
    ]


def _listed(**filters: Any) -> str:
    try:
        return f"{reverse('web:terminals')}?{urlencode(filters)}"
    except NoReverseMatch:
        return ""
