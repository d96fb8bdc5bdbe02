"""Proposals for the fields of step forms: merchants, sites and issued terminals by what one has typed."""

from collections.abc import Iterable
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.html import format_html_join

from tillkeeper.parties.queries import find_merchants, find_sites
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import terminals, viewable
from tillkeeper.terminals.selection import Filters
from tillkeeper.web.parts import Request

PROPOSED: Final = 12


def _options(found: Iterable[tuple[str, str]]) -> HttpResponse:
    return HttpResponse(format_html_join("", '<option value="{}">{}</option>', found))


@login_required
def merchants(request: Request) -> HttpResponse:
    """Propose merchants by number or name."""
    scope = request.actor.scope(Right.PARTIES_VIEW)
    found = find_merchants(scope, request.GET.get("merchant", ""), PROPOSED)
    return _options((row.number, row.name) for row in found)


@login_required
def sites(request: Request) -> HttpResponse:
    """Propose sites by code, name or address."""
    scope = request.actor.scope(Right.PARTIES_VIEW)
    found = find_sites(scope, request.GET.get("site", ""), PROPOSED)
    return _options((row.code, f"{row.name} · {row.address}") for row in found)


@login_required
def issued(request: Request) -> HttpResponse:
    """Propose issued terminals, which may take another's place."""
    text = request.GET.get("new", "").strip()
    filters = Filters(q=text, state=(State.ISSUED.value,))
    found = terminals(viewable(request.actor), filters)[:PROPOSED] if text else ()
    return _options((row.serial, f"{row.model.name} · {row.holder_name}") for row in found)
