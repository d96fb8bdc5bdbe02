"""The shape of an answer: a part for htmx, a page for everyone else; and how a refusal becomes a form's error."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event
from django_htmx.middleware import HtmxDetails

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import AlreadyExists, FieldInvalid, TillkeeperError
from tillkeeper.web.refusals import sentence_of

if TYPE_CHECKING:
    from tillkeeper.parties.models import Person


class Request(HttpRequest):
    """A request as it reaches a view: the middleware has added who acts and what htmx said."""

    actor: Actor
    htmx: HtmxDetails
    user: "Person"


def wants_part(request: HttpRequest) -> bool:
    """Say whether htmx asks for a part of the page; a reload, Back and a browser without scripts get the whole."""
    htmx: HtmxDetails | None = getattr(
        request, "htmx", None
    )  # absent if Django refused the request outright
    return htmx is not None and bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def answer(
    request: HttpRequest, full: str, part: str, ctx: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """Render the part for an htmx request and the whole page otherwise."""
    response = render(request, part if wants_part(request) else full, dict(ctx), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def toast(response: HttpResponse, text: str | Promise, kind: str = "done") -> HttpResponse:
    """Let the console say something for a few seconds. `kind`: done, or failed (which stays until closed)."""
    return trigger_client_event(response, "toast", {"text": str(text), "kind": kind})


def changed(request: HttpRequest, text: str | Promise, *, page: str) -> HttpResponse:
    """Answer a verb that went well: htmx is told to close the form, say so and refresh; others go to `page`.

    Lists and objects on screen listen for the event `changed` and ask for themselves again.
    """
    if not wants_part(request):
        messages.success(request, str(text))
        return redirect(page)
    response = HttpResponse(status=204)
    toast(response, text)
    return trigger_client_event(response, "changed", {"page": page})


def sent_by_list(page: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let a view take only what the list at `page` posts: its chosen rows.

    Whoever comes by the bare address (typed, bookmarked, or back from the sign-in) is led to the list.
    """

    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            messages.info(request, _("Choose rows in the list first."))
            return redirect(page)

        return asked

    return guard


def blame(form: forms.BaseForm, error: TillkeeperError) -> None:
    """Write a refusal into a form, at the field it speaks of if the form has that field."""
    field = None
    if isinstance(error, FieldInvalid):
        field = error.field
    elif isinstance(error, AlreadyExists):
        field = next(
            (name for name in ("number", "code", "username", "name") if name in form.fields), None
        )
    form.add_error(field if field in form.fields else None, sentence_of(error))
