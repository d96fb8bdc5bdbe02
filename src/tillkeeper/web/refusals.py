"""What the console makes of a refusal: its HTTP status, its sentence, and what to do next. The one table."""

import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tillkeeper.kernel.errors import Busy, Conflict, Forbidden, Invalid, NotFound, TillkeeperError
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.kernel.room import NoRoom
from tillkeeper.parties.wording import RIGHT_LABELS
from tillkeeper.settlement.wording import CASE_LABELS, DECISION_LABELS, STEP_LABELS
from tillkeeper.web.imports.wording import STATUS_LABELS, field_name, field_names, kind_names
from tillkeeper.web.wording import FIELD_LABELS, kind_label

logger = logging.getLogger(__name__)

STATUS: Final = MappingProxyType(
    {
        NotFound: HTTPStatus.NOT_FOUND,
        Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
        Conflict: HTTPStatus.CONFLICT,
        Forbidden: HTTPStatus.FORBIDDEN,
        Busy: HTTPStatus.SERVICE_UNAVAILABLE,
        NoRoom: HTTPStatus.INSUFFICIENT_STORAGE,
    }
)
TITLES: Final[MappingProxyType[int, str | Promise]] = MappingProxyType(
    {
        HTTPStatus.BAD_REQUEST: _("This request cannot be understood"),
        HTTPStatus.FORBIDDEN: _("This is not yours to do"),
        HTTPStatus.NOT_FOUND: _("Not found"),
        HTTPStatus.METHOD_NOT_ALLOWED: _("This cannot be asked in this way"),
        HTTPStatus.CONFLICT: _("This cannot be done now"),
        HTTPStatus.UNPROCESSABLE_ENTITY: _("Something here is not usable"),
        HTTPStatus.INTERNAL_SERVER_ERROR: _("Something broke on our side"),
        HTTPStatus.SERVICE_UNAVAILABLE: _("Busy just now"),
        HTTPStatus.INSUFFICIENT_STORAGE: _("There is no room left"),
    }
)
NEXT_STEPS: Final[MappingProxyType[int, str | Promise]] = MappingProxyType(
    {
        HTTPStatus.BAD_REQUEST: _("Go back, load the page again and repeat what you did."),
        HTTPStatus.FORBIDDEN: _(
            "Ask an administrator of your organisation for a role that carries this right."
        ),
        HTTPStatus.NOT_FOUND: _(
            "Check the number, or search for it. What lies outside your organisation is not shown."
        ),
        HTTPStatus.METHOD_NOT_ALLOWED: _(
            "Go to the page that you came from and use its buttons; nothing was changed."
        ),
        HTTPStatus.CONFLICT: _("Load the page again, look at its present state, and decide anew."),
        HTTPStatus.UNPROCESSABLE_ENTITY: _("Correct it and send it again; nothing was changed."),
        HTTPStatus.INTERNAL_SERVER_ERROR: _(
            "Nothing was changed. Try again; if it stays, give the reference number."
        ),
        HTTPStatus.SERVICE_UNAVAILABLE: _(
            "Somebody else is changing the same thing. Try again in a moment."
        ),
        HTTPStatus.INSUFFICIENT_STORAGE: _(
            "Ask whoever runs Tillkeeper to make room; then do it again."
        ),
    }
)


# By the name of the fact: how its value is read.
WORDS: Final[MappingProxyType[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "right": RIGHT_LABELS.get,
        "field": lambda name: FIELD_LABELS.get(name) or field_name(name),
        "fields": field_names,
        "kind": kind_label,
        "kinds": kind_names,
        "parent": kind_label,
        "status": STATUS_LABELS.get,
        "expected": gettext,
        "unit": gettext,
        "state": CASE_LABELS.get,
        "match_state": DECISION_LABELS.get,
        "step": STEP_LABELS.get,
        "what": gettext,
        "missing": gettext,
        "reason": gettext,
    }
)


def status_of(error: TillkeeperError) -> HTTPStatus:
    """Return the HTTP status of a refusal, by the nearest of its ancestors in the table."""
    return next(
        (STATUS[kind] for kind in type(error).__mro__ if kind in STATUS),
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )


def sentence_of(error: TillkeeperError) -> str:
    """Return a refusal in the reader's language. Errors that word their facts themselves are asked to."""
    return gettext(error.sentence) % {
        name: spoken(name, value) for name, value in error.worded().items()
    }


def explain(
    request: HttpRequest, status: int, sentence: str = "", code: str = ""
) -> dict[str, Any]:
    """Return what the failure page says, and log it under the reference number that it shows."""
    reference = new_reference()
    actor = getattr(request, "actor", "")
    logger.warning(
        "%s %s %s %r by %s: %s", reference, status, request.method, request.path, actor, code or "-"
    )
    return {
        "status": int(status),
        "title": TITLES[status],
        "sentence": sentence,
        "next_step": NEXT_STEPS[status],
        "reference": reference,
        "code": code,
    }


def new_reference() -> str:
    """Return a number short enough to be read out over the telephone."""
    return secrets.token_hex(4).upper()


def spoken(name: str, value: Any) -> Any:
    """Put a fact that is a word of ours into the reader's language; leave numbers and what people typed alone."""
    if isinstance(value, Phrase):
        return value.said(gettext)
    if not isinstance(value, str) or not value:
        return value
    read = WORDS.get(name)
    return read(value) or value if read else value
