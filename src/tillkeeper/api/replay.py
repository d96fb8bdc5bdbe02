"""`Idempotency-Key` on any POST: the same post again gets the same answer and is not done twice.

The answer is kept with its status and the headers that belong to it. Not kept are: failures of ours, refusals that may
pass by themselves (busy, too many, not signed in), and files, which are simply made again. A secret that is shown once
is blanked in what is kept.
"""

import re
from collections.abc import Callable, Iterator
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from tillkeeper.api.authentication import whoever_asks
from tillkeeper.api.errors import answer, answer_anything
from tillkeeper.api.refusals import BadKey
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.kernel.idempotency import first_answer, keep_answer, request_digest

Run = Callable[..., HttpResponseBase]
KEY: Final = re.compile(r"[\x21-\x7e]{1,80}")
KEPT_HEADERS: Final = ("Content-Type", "ETag", "Location")
SHOWN_ONCE: Final = "secret"
FORGOTTEN: Final = 500  # to the kernel: a failure, free to be tried again


def once(run: Run) -> Run:
    """Wrap an operation so that it heeds the Idempotency-Key."""

    @wraps(run)
    def run_once(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = request.headers.get("Idempotency-Key")
        if request.method != "POST" or key is None:
            return run(request, *args, **kwargs)
        try:
            return _first_or_again(request, key, lambda: run(request, *args, **kwargs))
        except TillkeeperError as error:
            return answer(request, error)
        except Exception as error:  # noqa: BLE001  a body too large, for one: told as a problem like all others
            return answer_anything(request, error)

    return run_once


def _first_or_again(
    request: HttpRequest, key: str, run: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    if not KEY.fullmatch(key):
        raise BadKey
    whose = str(whoever_asks(request))
    before = first_answer(
        key=key, actor=whose, request=request_digest(*_parts(request)), at=timezone.now()
    )
    if before is not None:
        return _again(*before)
    status, body = FORGOTTEN, ""
    try:
        response = run()
        status, body = _kept(response)
    finally:
        keep_answer(key=key, actor=whose, status=status, body=body)
    return response


def _parts(request: HttpRequest) -> Iterator[bytes]:
    """Yield what tells this request from another. An upload is read in pieces, never as a whole."""
    yield f"{request.method} {request.get_full_path()}".encode()
    if request.content_type != "multipart/form-data":
        yield request.body
        return
    for name, values in sorted(request.POST.lists()):
        yield orjson.dumps([name, values])
    for name, file in sorted(request.FILES.items()):
        digest = sha256()
        for piece in file.chunks():  # type: ignore[union-attr]  # one file a name
            digest.update(piece)
        file.seek(0)  # type: ignore[union-attr]
        yield orjson.dumps([name, file.name, digest.hexdigest()])  # type: ignore[union-attr]


def _kept(response: HttpResponseBase) -> tuple[int, str]:
    passing = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PRECONDITION_FAILED)
    is_json = "json" in response.get("Content-Type", "")
    if not isinstance(response, HttpResponse) or not is_json or "Retry-After" in response:
        return FORGOTTEN, ""
    if response.status_code in passing or response.status_code >= FORGOTTEN:
        return FORGOTTEN, ""
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    return response.status_code, orjson.dumps([headers, _without_secret(response.content)]).decode()


def _without_secret(content: bytes) -> str:
    if b'"' + SHOWN_ONCE.encode() + b'"' not in content:
        return content.decode()
    body = orjson.loads(content)
    if isinstance(body, dict) and SHOWN_ONCE in body:
        body[SHOWN_ONCE] = ""
    return orjson.dumps(body).decode()


def _again(status: int, kept: str) -> HttpResponse:
    headers, body = orjson.loads(kept)
    response = HttpResponse(body, status=status, headers=headers)
    response["Idempotency-Replayed"] = "true"
    return response
