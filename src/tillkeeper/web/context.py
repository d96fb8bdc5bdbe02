"""What the frame around every page needs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings
from django.http import HttpRequest

import tillkeeper
from tillkeeper.web.nav import Area, areas_of
from tillkeeper.web.parts import Request

if TYPE_CHECKING:
    from tillkeeper.kernel.actor import Actor

THEMES: Final = ("auto", "light", "dark")
DENSITIES: Final = ("compact", "normal", "roomy")


@dataclass(frozen=True, slots=True)
class Frame:
    """Navigation, looks, and where we are."""

    areas: list[Area]
    area: str
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
            area=_area(match.url_name if match else None),
            rights=frozenset(right for grant in grants for right in grant.rights),
            theme=choice(request, "theme", THEMES),
            density=choice(request, "density", DENSITIES),
            demo=settings.TILLKEEPER_DEMO,
            version=tillkeeper.__version__,
        )
    }


def choice(request: HttpRequest, name: str, choices: tuple[str, ...]) -> str:
    """Return a person's choice of looks; this browser's goes first, then the account's, then the usual."""
    usual = "normal" if "normal" in choices else choices[0]
    user = getattr(cast("Request", request), "user", None)
    kept = user.preferences.get(name) if user and user.is_authenticated else None
    return next((c for c in (request.COOKIES.get(name), kept) if c in choices), usual)


def _area(url_name: str | None) -> str:
    """Return the area a page belongs to: the beginning of its name, e.g. `merchants` for `merchants-new`."""
    return (url_name or "").partition("-")[0]
