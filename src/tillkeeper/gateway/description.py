"""The OpenAPI description of /device/v1, made from the messages themselves."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from tillkeeper.formats.voice import messages
from tillkeeper.gateway.refusals import REFUSALS

TYPES: Final = ("application/json", "application/msgpack")
REF: Final = "#/components/schemas/{name}"
# address, what it does, body, answer, whether it wants a token
WAYS: Final = (
    (
        "enrol",
        "Make oneself known, with an activation code",
        messages.Enrol,
        messages.Enrolled,
        False,
    ),
    ("token", "Ask for the next token", messages.AskToken, messages.Token, False),
    (
        "check-in",
        "Send readings; be told when to come again and what to do",
        messages.CheckIn,
        messages.Heard,
        True,
    ),
    ("actions/{id}/result", "Tell what became of an action", messages.Result, messages.Kept, True),
)
ALL: Final = tuple(struct for way in WAYS for struct in way[2:4])


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """Return the document."""
    everything = (*ALL, messages.LogPiece, messages.PieceKept, messages.Refused)
    _schemas, components = msgspec.json.schema_components(everything, ref_template=REF)
    components["Refused"]["properties"]["code"]["enum"] = sorted(REFUSALS)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tillkeeper for terminals",
            "version": str(messages.VERSION),
            "description": (
                "Moments are milliseconds since 1970 UTC. Unknown fields are ignored. "
                "A body may be JSON or MessagePack; the answer comes in the same."
            ),
        },
        "paths": {**{f"/device/v1/{way[0]}": _way(*way) for way in WAYS}, **_others()},
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _way(name: str, summary: str, body: type, answer: type, token: bool) -> dict[str, Any]:
    parameters = (
        [_parameter("id", "path", {"type": "string"}, required=True)] if "{id}" in name else []
    )
    return {
        "post": {
            "operationId": name.partition("/")[0].replace("-", "_"),
            "summary": summary,
            "parameters": parameters,
            "requestBody": {"required": True, "content": _content(body, TYPES)},
            "responses": _responses(answer),
            "security": [{"token": []}] if token else [],
        }
    }


def _others() -> dict[str, Any]:
    head = msgspec.json.schema_components([messages.LogPiece])[1]["LogPiece"]
    parameters = [
        _parameter(name, "query", schema, required=name in head["required"])
        for name, schema in head["properties"].items()
    ]
    binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    logs = {
        "operationId": "logs",
        "summary": "Send a piece of a log, in any order",
        "parameters": parameters,
        "requestBody": {"required": True, "content": binary},
        "responses": _responses(messages.PieceKept),
        "security": [{"token": []}],
    }
    free = {"type": "object"}
    told = {"200": {"description": "As it is now", "content": {TYPES[0]: {"schema": free}}}}
    down = {
        "503": {"description": "Check-ins cannot be kept", "content": {TYPES[0]: {"schema": free}}}
    }
    health = {"operationId": "health", "summary": "Whether it takes check-ins"}
    document = {"operationId": "description", "summary": "This document"}
    return {
        "/device/v1/logs": {"post": logs},
        "/device/v1/health": {"get": {**health, "responses": told | down}},
        "/device/v1/openapi.json": {"get": {**document, "responses": told}},
    }


def _parameter(name: str, where: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "schema": schema}


def _content(message: type, types: Sequence[str]) -> dict[str, Any]:
    return {kind: {"schema": {"$ref": REF.format(name=message.__name__)}} for kind in types}


def _responses(answer: type) -> dict[str, Any]:
    refused = {
        "description": "Refused: the code says why, and `after_s` when to come again if that helps",
        "content": _content(messages.Refused, TYPES),
    }
    return {
        "200": {"description": "Kept", "content": _content(answer, TYPES)},
        "4XX": refused,
        "503": refused,
    }
