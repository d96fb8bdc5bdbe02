"""What the frame around every page needs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import Promise

import tillkeeper
from tillkeeper.kernel.actor import Scope
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Role
from tillkeeper.parties.wording import ROLE_LABELS
from tillkeeper.web.nav import Area, area_of, areas_of
from tillkeeper.web.parts import Request

if TYPE_CHECKING:
    from tillkeeper.kernel.actor import Actor

THEMES: Final = ("auto", "light", "dark")
DENSITIES: Final = ("compact", "normal", "roomy")
DEMO_PEOPLE: Final = 60


@dataclass(frozen=True, slots=True)
class Frame:
    """Navigation, looks, and where we are."""

    areas: list[Area]
    area: Area | None
    page: str
    rights: frozenset[str]
    theme: str
    density: str
    demo: bool
    version: str


def frame(request: HttpRequest) -> dict[str, Any]:
    """Add `frame` to every template. Rights held anywhere are in `frame.rights`, for buttons; services judge places."""
    actor: Actor | None = getattr(request, "actor", None)
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated and actor)
    grants = cast("Actor", actor).grants if signed_in else ()
    match = request.resolver_match
    return {
        "frame": Frame(
            areas=areas_of(cast("Actor", actor)) if signed_in else [],
            area=area_of(match.url_name if match else None),
            page=(match.url_name or "") if match else "",
            rights=frozenset(right for grant in grants for right in grant.rights),
            theme=choice(request, "theme", THEMES),
            density=choice(request, "density", DENSITIES),
            demo=settings.TILLKEEPER_DEMO,
            version=tillkeeper.__version__,
        ),
        "demo_accounts": _demo_accounts() if settings.TILLKEEPER_DEMO and not signed_in else [],
    }


def _demo_accounts() -> list[tuple[str, str | Promise]]:
    """Return one account for each role, for the sign-in page of a demonstration."""
    people = queries.people(Scope(("",))).filter(is_active=True).prefetch_related("grants")
    by_role = {
        grant.role: person.username
        for person in people[:DEMO_PEOPLE]
        for grant in person.grants.all()
    }
    return [(by_role[role], ROLE_LABELS[role]) for role in Role if role in by_role]


def choice(request: HttpRequest, name: str, choices: tuple[str, ...]) -> str:
    """Return a person's choice of looks; this browser's goes first, then the account's, then the usual."""
    usual = "normal" if "normal" in choices else choices[0]
    user = getattr(cast("Request", request), "user", None)
    kept = user.preferences.get(name) if user and user.is_authenticated else None
    return next((c for c in (request.COOKIES.get(name), kept) if c in choices), usual)
