"""One box for everything: a serial number or a part of it, a terminal id, a merchant, a site, a model, a branch."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.search import contains, first_hits
from tillkeeper.parties.queries import merchants, organisations, sites
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.models import Binding, Terminal, TerminalModel
from tillkeeper.terminals.queries.lists import visible

SHORTEST_NEEDLE: Final = 2
ENOUGH_HITS: Final = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A hit: `key` is what its page's address ends in, `detail` tells it from others of the same title."""

    kind: str  # terminal | merchant | site | model | organisation
    key: str
    title: str
    detail: str
    state: str = ""


def find(text: str, *, by: Actor, limit: int = 8) -> list[Found]:
    """Return what fits `text` within the actor's view, at most `limit` of each kind, terminals first."""
    needle = text.strip()
    if len(needle) < SHORTEST_NEEDLE:
        return []
    return [*_terminals(needle, by, limit), *_parties(needle, by, limit), *_models(needle, limit)]


def _terminals(needle: str, by: Actor, limit: int) -> list[Found]:
    seen = Terminal.objects.filter(visible(by.scope(Right.VIEW))).select_related(
        "model", "binding__merchant", "organisation"
    )
    # The keys first, by each index alone: an OR over two tables makes SQLite read the whole estate.
    keys = [
        *Binding.objects.filter(tid=needle, valid_to=None).values_list("terminal", flat=True),
        *Terminal.objects.filter(tusn=needle).values_list("pk", flat=True),
    ]
    exact = seen.filter(pk__in=keys)[:limit] if keys else ()
    rows = {row.pk: row for row in [*exact, *_by_serial(seen, needle.upper(), limit)]}
    return [
        Found(
            "terminal",
            row.serial,
            row.serial,
            " · ".join(
                [
                    row.model.name,
                    row.binding.merchant.name if row.binding else row.organisation.name,
                ]
            ),
            row.state,
        )
        for row in list(rows.values())[:limit]
    ]


def _by_serial(seen: QuerySet[Terminal], needle: str, limit: int) -> list[Terminal]:
    """Return terminals with `needle` inside the serial number; of very many a few that the asker may see."""
    hits = first_hits("terminals_terminal", "serial", needle, ENOUGH_HITS)
    if hits is not None:
        rows = list(seen.filter(pk__in=hits)[:limit])
        if len(rows) == limit or len(hits) < ENOUGH_HITS:
            return rows
    return list(seen.filter(contains("terminals_terminal", "serial", needle))[:limit])


def _parties(needle: str, by: Actor, limit: int) -> list[Found]:
    scope = by.scope(Right.PARTIES_VIEW)
    named = merchants(scope).filter(
        contains("parties_merchant", "name", needle) | Q(number=needle)
    )[:limit]
    located = (
        sites(scope)
        .filter(contains("parties_site", "name", needle) | Q(code=needle))
        .select_related("merchant")
    )
    nodes = organisations(scope).filter(Q(name__startswith=needle) | Q(code=needle.upper()))
    nodes = nodes.filter(kind__in=["head_office", "branch", "agent"])[:limit]
    return [
        *(Found("merchant", row.number, row.name, row.number) for row in named),
        *(Found("site", row.code, row.name, row.address) for row in located[:limit]),
        *(Found("organisation", row.code, row.name, row.code) for row in nodes),
    ]


def _models(needle: str, limit: int) -> list[Found]:
    rows = TerminalModel.objects.filter(
        Q(name__icontains=needle) | Q(code__iexact=needle)
    ).select_related("vendor")
    return [Found("model", row.code, row.name, row.vendor.name) for row in rows[:limit]]
