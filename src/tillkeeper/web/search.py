"""The search: one box for terminals, merchants, sites, models, organisations and the console's own pages."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tillkeeper.kernel.actor import Scope
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.discretion import found_by
from tillkeeper.terminals.queries import Found, find, viewable
from tillkeeper.web.nav import areas_of
from tillkeeper.web.parts import Request, answer
from tillkeeper.web.wording import kind_label

ICONS: Final = MappingProxyType(
    {
        "terminal": "tablet-smartphone",
        "merchant": "store",
        "site": "map-pin",
        "model": "cpu",
        "organisation": "network",
    }
)
PER_KIND: Final = 6
LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the palette."""

    url: str
    icon: str
    title: str | Promise
    detail: str
    kind_label: str | Promise


@login_required
def search(request: Request) -> HttpResponse:
    """Answer the palette while somebody types, and show the same as a page."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    found = _things(request, text) + _pages(request, text)
    return answer(request, "search/page.html", "search/_found.html", {"found": found, "q": text})


def _things(request: Request, text: str) -> list[Hit]:
    if not text:
        return []
    scope = request.actor.scope(Right.PARTIES_VIEW)
    hits = found_by(find(text, by=request.actor, limit=PER_KIND), viewable(request.actor))
    found = [*hits, *_by_number(text, scope)]
    first = {(one.kind, one.key): one for one in reversed(found)}
    shown = [hit for one in found if first.pop((one.kind, one.key), None) and (hit := _hit(one))]
    if sum(one.kind == "terminal" for one in hits) >= PER_KIND:
        shown.append(_rest(text))
    return shown


def _rest(text: str) -> Hit:
    """Return the way to all terminals that match, where only the first are shown."""
    url = f"{reverse('web:terminals')}?{urlencode({'q': text})}"
    return Hit(url, "list", _("All terminals that match"), "", _("page"))


def _by_number(text: str, scope: Scope) -> list[Found]:
    """Return merchants and sites whose number begins so: what people read off a slip while they type."""
    merchants = queries.find_merchants(scope, text, PER_KIND)
    sites = queries.find_sites(scope, text, PER_KIND)
    return [
        *(Found("merchant", row.number, row.name, row.number) for row in merchants),
        *(Found("site", row.code, row.name, row.address) for row in sites),
    ]


def _hit(found: Found) -> Hit | None:
    try:
        url = reverse(f"web:{found.kind}", args=[found.key])
    except NoReverseMatch:
        return None
    return Hit(
        url, ICONS.get(found.kind, "search"), found.title, found.detail, kind_label(found.kind)
    )


def _pages(request: Request, text: str) -> list[Hit]:
    areas = areas_of(request.actor)
    named = [area for area in areas if text.lower() in str(area.label).lower()]
    return [Hit(area.url, area.icon, area.label, "", _("page")) for area in named]


urlpatterns = [path("", search, name="find")]
