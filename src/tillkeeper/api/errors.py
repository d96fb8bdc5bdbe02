"""Errors become HTTP here, in one table; the reader's language is put on here, too."""

import logging
import math
from collections.abc import Callable, Mapping
from http import HTTPStatus
from secrets import token_hex
from typing import Any, Final

import orjson
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils import translation
from django.utils.translation import get_language_from_request, gettext
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from tillkeeper.api import refusals
from tillkeeper.api.problems import MEDIA_TYPE
from tillkeeper.formats.ledgers.errors import FileTooLarge
from tillkeeper.kernel.errors import (
    Busy,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Stale,
    TillkeeperError,
)
from tillkeeper.kernel.idempotency import StillRunning
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.kernel.room import NoRoom, no_room
from tillkeeper.parties.wording import RIGHT_LABELS
from tillkeeper.settlement.errors import CaseChanged

logger = logging.getLogger(__name__)

STATUS: Final[Mapping[type[TillkeeperError], HTTPStatus]] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Conflict: HTTPStatus.CONFLICT,
    Forbidden: HTTPStatus.FORBIDDEN,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    StillRunning: HTTPStatus.CONFLICT,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    CaseChanged: HTTPStatus.PRECONDITION_FAILED,
    refusals.NotSignedIn: HTTPStatus.UNAUTHORIZED,
    refusals.MethodRefused: HTTPStatus.METHOD_NOT_ALLOWED,
    refusals.Malformed: HTTPStatus.BAD_REQUEST,
    refusals.VersionNeeded: HTTPStatus.PRECONDITION_REQUIRED,
    refusals.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    FileTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    refusals.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    NoRoom: HTTPStatus.INSUFFICIENT_STORAGE,
    refusals.Broken: HTTPStatus.INTERNAL_SERVER_ERROR,
}
BUSY_WAIT_S: Final = 1
TRANSLATED_FACTS: Final = ("kind", "field", "expected")  # words of ours, not of the caller
PROBLEM_TYPE: Final = "/api/v1/problems/"


def status_of(kind: type[TillkeeperError]) -> HTTPStatus:
    """Return the status of a kind of error: its own row of the table, or that of its nearest parent."""
    return next(STATUS[parent] for parent in kind.__mro__ if parent in STATUS)


def sentence_for_reader(request: HttpRequest, error: TillkeeperError) -> str:
    """Return the error's sentence in the language of Accept-Language, else in the person's own."""
    asked = "Accept-Language" in request.headers
    language = get_language_from_request(request) if asked else translation.get_language()
    with translation.override(language):
        facts = {name: _spoken(name, value) for name, value in error.worded().items()}
        return gettext(error.sentence) % facts


def _spoken(name: str, value: Any) -> Any:
    if isinstance(value, Phrase):
        return value.said(gettext)
    if name == "right":
        return RIGHT_LABELS.get(value, value)
    return (
        gettext(value) if name in TRANSLATED_FACTS and value and isinstance(value, str) else value
    )


def answer(request: HttpRequest, error: TillkeeperError) -> HttpResponse:
    """Answer with the problem document of an error."""
    status = status_of(type(error))
    problem: dict[str, Any] = {
        "type": PROBLEM_TYPE + error.code,
        "title": str(error),
        "status": int(status),
        "detail": sentence_for_reader(request, error),
        "code": error.code,
        "facts": error.facts(),
        "instance": request.path,
    }
    if isinstance(error, refusals.Broken):
        problem["reference"] = error.reference
    body = orjson.dumps(problem, default=str)
    response = HttpResponse(body, status=status, content_type=MEDIA_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    if isinstance(error, Busy):
        response["Retry-After"] = str(getattr(error, "wait_s", BUSY_WAIT_S))
    return response


def answer_anything(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer an exception that is not a TillkeeperError: the framework's own, or a mistake of ours."""
    known = _known(request, error)
    if known is None:
        # An IntegrityError is among these on purpose: a constraint that no service foresaw is a mistake of ours.
        reference = token_hex(5).upper()
        logger.error(
            "API %s %r failed, reference %s",
            request.method,
            request.path,
            reference,
            exc_info=error,
        )
        known = refusals.Broken(reference=reference)
    return answer(request, known)


def _known(request: HttpRequest, error: Exception) -> TillkeeperError | None:
    """Return our refusal for one of the framework's or of a full disk, None for what should not have happened."""
    if why := no_room(error):
        return NoRoom(reason=why)
    translate = next((TRANSLATED[kind] for kind in type(error).__mro__ if kind in TRANSLATED), None)
    return translate(request, error) if translate else None


def _field(line: Mapping[str, Any]) -> dict[str, Any]:
    """Say where a field is and what is wrong with it; never what was in it, which may be a secret."""
    where = [str(part) for part in line["loc"]]
    return {
        "in": where[0],
        "field": ".".join(where[2:] or where[1:]),
        "problem": line["type"],
        "message": line["msg"],
    }


TRANSLATED: Final[Mapping[type, Callable[[HttpRequest, Any], TillkeeperError]]] = {
    ValidationError: lambda _, error: refusals.BodyInvalid(
        count=len(error.errors), fields=[_field(line) for line in error.errors]
    ),
    Throttled: lambda _, error: refusals.TooMany(wait_s=math.ceil(error.wait or BUSY_WAIT_S)),
    AuthenticationError: lambda *_: refusals.NotSignedIn(),
    RequestDataTooBig: lambda *_: refusals.TooLarge(
        limit_mib=(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) // 2**20
    ),
    MultiPartParserError: lambda _, error: refusals.Malformed(reason=str(error).rstrip(".")),
    UnreadablePostError: lambda *_: refusals.Malformed(reason="The request broke off"),
    Http404: lambda request, _: refusals.NoSuchAddress(key=request.path),
    PermissionDenied: lambda *_: refusals.Refused(),
    HttpError: lambda _, error: refusals.Malformed(reason=str(error).rstrip(".")),
    SuspiciousOperation: lambda _, error: refusals.Malformed(reason=str(error).rstrip(".")),
}


def install(api: NinjaAPI) -> None:
    """Answer every refusal and every mistake of ours with a problem document."""
    # mypy: ninja's signature says a handler may be given a class; it never is.
    api.add_exception_handler(TillkeeperError, answer)  # type: ignore[arg-type]
    for framework in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(framework, answer_anything)  # type: ignore[arg-type]
