"""Who is asking: a person in a session of the console, or a program with a token."""

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from tillkeeper.api.refusals import ForeignForm, NotSignedIn
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.queries import actor_of
from tillkeeper.parties.services.tokens import actor_for_token


def _source(request: HttpRequest) -> str:
    """Return the address the request came from; the console's middleware has looked behind the proxies."""
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


class Token(HttpBearer):
    """`Authorization: Bearer tk_...`. A token that does not hold is refused, whatever cookies come with it."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """Return the actor of a token."""
        actor = actor_for_token(token, at=timezone.now(), source=_source(request))
        if actor is None:
            raise NotSignedIn
        return actor


class Session(APIKeyCookie):
    """The console's session cookie; a change must carry the console's CSRF token as well."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor | None:
        """Return the actor of a session, or None when nobody is signed in."""
        if not request.user.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise ForeignForm
        return actor_of(request.user, source=_source(request))

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Not reached: `__call__` looks at the signed-in person instead of the cookie."""
        raise NotImplementedError


AUTHENTICATION: Final[Sequence[Callable[[HttpRequest], Any]]] = (Token(), Session())


def whoever_asks(request: HttpRequest) -> Actor:
    """Return the actor, before an endpoint has been chosen.

    Raises:
        NotSignedIn: nobody, or a token that does not hold.
        ForeignForm: a session without its CSRF token.
    """
    for authenticate in AUTHENTICATION:
        if actor := authenticate(request):
            return cast("Actor", actor)
    raise NotSignedIn


def actor(request: HttpRequest) -> Actor:
    """Return the actor that the endpoint's authentication found."""
    return cast("Actor", request.auth)  # type: ignore[attr-defined]  # put there by ninja
