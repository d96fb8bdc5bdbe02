"""The API as an application: its renderer, parser, description and the last answers before Django's own."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote_plus

import orjson
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from tillkeeper.api.errors import answer
from tillkeeper.api.problems import MEDIA_TYPE, Problem
from tillkeeper.api.refusals import Malformed, MethodRefused, NoSuchAddress

View = Callable[..., HttpResponseBase]
PROBLEM_REF: Final = {"$ref": f"#/components/schemas/{Problem.__name__}"}
KEY_PARAMETER: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "The same post again with the same key gets the same answer and is not done twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[!-~]+$"},
}
VERSION_PARAMETER: Final = {
    "in": "header",
    "name": "If-Match",
    "description": "The ETag of the answer the change was made from.",
    "schema": {"type": "string", "pattern": '^(W/)?"[0-9]{1,9}"$'},
}


class Json(BaseRenderer):
    """JSON, several times faster than the standard library's."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> Any:  # noqa: ARG002  ninja's signature
        """Return the bytes."""
        return orjson.dumps(data, default=str)


class StrictParser(Parser):
    """Refuses what no text of ours may hold."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Read a JSON body."""
        if b"\\u0000" in request.body:
            raise Malformed(reason="a text holds a NUL character")
        return orjson.loads(request.body)


class Application(NinjaAPI):
    """NinjaAPI whose every answer, even that of a wrong method, is one of ours."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name an operation by its function alone: stable when files move."""
        return operation.view_func.__name__

    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        """Describe the API: problems under their own media type, and the headers every operation heeds."""
        schema = super().get_openapi_schema(**where)
        for operations in schema["paths"].values():
            for method, operation in operations.items():
                _describe_headers(method, operation)
                _describe_problems(operation)
        return schema

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        patterns = super()._get_urls()
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _ours(pattern.callback)
        return patterns


def _describe_headers(method: str, operation: dict[str, Any]) -> None:
    if method == "post":
        operation["parameters"].append(KEY_PARAMETER)
    if method == "patch":
        operation["parameters"].append({**VERSION_PARAMETER, "required": True})


def _describe_problems(operation: dict[str, Any]) -> None:
    for answered in operation["responses"].values():
        content = answered.get("content", {})
        if content.get("application/json", {}).get("schema") == PROBLEM_REF:
            content[MEDIA_TYPE] = content.pop("application/json")


def _ours(view: View) -> View:
    """Wrap a view: a NUL in the address is refused, and a wrong method is told as a problem."""

    @wraps(view, updated=())
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "\x00" in unquote_plus(request.get_full_path()):
            return answer(request, Malformed(reason="the address holds a NUL character"))
        try:
            response = view(request, *args, **kwargs)
        except Http404:  # the address of the API itself, which has no endpoint
            return answer(request, NoSuchAddress(key=request.path))
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        allowed = response.get("Allow", "")
        refused = answer(request, MethodRefused(method=request.method or "", allowed=allowed))
        refused["Allow"] = allowed
        return refused

    checked.csrf_exempt = True  # type: ignore[attr-defined]  # a session's token is checked by authentication.Session
    return checked
