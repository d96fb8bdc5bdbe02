"""Pages for what went wrong outside of a view's own refusals."""

import logging
import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext as _

from tillkeeper.web.middleware import refusal
from tillkeeper.web.refusals import NEXT_STEPS, TITLES, explain, new_reference

logger = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django passes it
    """400: a request that no page of ours makes."""
    return refusal(request, explain(request, HTTPStatus.BAD_REQUEST))


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django passes it
    """403 that is not a refusal of ours."""
    return refusal(request, explain(request, HTTPStatus.FORBIDDEN))


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token: old, from elsewhere, or of a browser that keeps no cookies."""
    sentence = _("The form is out of date, or the browser keeps no cookies of this console.")
    ctx = explain(request, HTTPStatus.FORBIDDEN, sentence, reason)
    again = {
        "title": _("This form cannot be taken"),
        "next_step": NEXT_STEPS[HTTPStatus.BAD_REQUEST],
        "code": "",
    }
    return refusal(request, {**ctx, **again})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django passes it
    """404: no such address."""
    sentence = _("There is no page at this address.")
    return refusal(request, explain(request, HTTPStatus.NOT_FOUND, sentence))


def broken(request: HttpRequest) -> HttpResponse:
    """500: log the trace under a reference number and show that number. Needs neither database nor session."""
    reference, status = new_reference(), HTTPStatus.INTERNAL_SERVER_ERROR
    logger.error(
        "%s broken at %s %r", reference, request.method, request.path, exc_info=sys.exc_info()
    )
    ctx = {
        "title": TITLES[status],
        "next_step": NEXT_STEPS[status],
        "reference": reference,
        "status": int(status),
    }
    part = bool(getattr(request, "htmx", False))
    try:
        page = render_to_string("failures/_refusal.html" if part else "failures/broken.html", ctx)
    except Exception:  # noqa: BLE001  the page for broken things must come whatever is broken
        page = format_html(
            "<!doctype html><title>500</title><h1>{}</h1><p>{}</p>", ctx["title"], reference
        )
    response = HttpResponse(page, status=status)
    if part:
        response["HX-Retarget"], response["HX-Reswap"] = "#refusal", "innerHTML"
    return response
