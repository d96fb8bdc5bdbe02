"""What stands between Django and the console's views: who acts, where to sign in again, how a refusal looks."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render, resolve_url
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django_htmx.http import HttpResponseClientRedirect

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.kernel.room import NoRoom, no_room
from tillkeeper.parties import queries
from tillkeeper.web.parts import Request, wants_part
from tillkeeper.web.refusals import explain, sentence_of, status_of

type_of_view = Callable[[HttpRequest], HttpResponse]
YEAR_S: Final = 365 * 24 * 3600


def signed_out(get_response: type_of_view) -> type_of_view:
    """Send the whole page to the sign-in when the session has ended; htmx would put the form into the drawer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response, sign_in = get_response(request), resolve_url(settings.LOGIN_URL)
        htmx = cast("Request", request).htmx
        if htmx and response.status_code == 302 and response["Location"].startswith(sign_in):
            back = urlencode({"next": htmx.current_url_abs_path or "/"})
            return HttpResponseClientRedirect(f"{sign_in}?{back}")
        return response

    return middleware


def acting(get_response: type_of_view) -> type_of_view:
    """Add `request.actor`, and speak the person's language on a browser that has not chosen one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: actor_of(request))  # type: ignore[attr-defined]
        language = _own_language(request)
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = language
        response = get_response(request)
        if language and settings.LANGUAGE_COOKIE_NAME not in response.cookies:
            remember(response, settings.LANGUAGE_COOKIE_NAME, language)
        return response

    return middleware


class Refusals:
    """Answer every TillkeeperError that a view lets through: a page, or for htmx a notice over the page.

    So, too, for an address that was asked by a method it does not take; the API answers that in its own form.
    """

    def __init__(self, get_response: type_of_view) -> None:
        """Take the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        sentence = gettext("This address takes no request of this kind (%(method)s).") % {
            "method": request.method
        }
        page = refusal(request, explain(request, HTTPStatus.METHOD_NOT_ALLOWED, sentence))
        page["Allow"] = response["Allow"]
        return page

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a refusal or a full disk into an answer; all else goes its way to the page for broken things."""
        if why := no_room(exception):
            exception = NoRoom(reason=why)
        if not isinstance(exception, TillkeeperError):
            return None
        status = status_of(exception)
        ctx = explain(request, status, sentence_of(exception), exception.code)
        return refusal(request, ctx)


refusals = Refusals


def refusal(request: HttpRequest, ctx: dict[str, Any]) -> HttpResponse:
    """Render a failure: htmx puts it into the notice that lies over everything, whatever it asked for.

    Whoever is not signed in sees it without the console around it.
    """
    part = wants_part(request)
    user = getattr(request, "user", None)
    page = "failures/page.html" if user and user.is_authenticated else "failures/outside.html"
    response = render(
        request, "failures/_refusal.html" if part else page, ctx, status=ctx["status"]
    )
    if part:
        response["HX-Retarget"], response["HX-Reswap"] = "#refusal", "innerHTML"
    return response


def remember(response: HttpResponse, name: str, value: str) -> None:
    """Keep a choice of looks or language on this browser for a year. Scripts need not read it."""
    response.set_cookie(
        name, value, max_age=YEAR_S, samesite="Lax", secure=settings.HTTPS, httponly=True
    )


def actor_of(request: HttpRequest) -> Actor:
    """Return who acts, with rights and address; nobody in particular before the sign-in."""
    source = str(request.META.get("REMOTE_ADDR", ""))[:64]
    if not request.user.is_authenticated:
        return Actor.person("anonymous", source=source)
    return queries.actor_of(request.user, source=source)


def _own_language(request: HttpRequest) -> str | None:
    """Return the language a signed-in person once chose, unless this browser has its own choice."""
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES or not request.user.is_authenticated:
        return None
    chosen = request.user.preferences.get("language")
    return chosen if chosen in dict(settings.LANGUAGES) else None
