"""The door over HTTP: a plain ASGI application. Each request: address, token, rate, body, message, kept, answer."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qsl

from tillkeeper.formats.voice.messages import BODY_MAX
from tillkeeper.gateway.description import description
from tillkeeper.gateway.door import Door
from tillkeeper.gateway.mqtt import SecondDoor
from tillkeeper.gateway.refusals import Refusal
from tillkeeper.gateway.wording import (
    ASKS,
    CHECK_INS,
    ENROLS,
    JSON,
    PIECE_MAX,
    RESULTS,
    content_type,
    piece_head,
    refused,
    written,
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Answer = tuple[int, bytes, bytes]  # status, content type, body

logger = logging.getLogger("tillkeeper.gateway")

ROOT: Final = "/device/v1/"
BODY_S: Final = 15.0  # for a whole body to come
LATE: Final = -1.0


class Gone(Exception):
    """The terminal left before its body was here."""


class Bodies:
    """Bodies on their way here, each for so long and no longer.

    A timer for each would cost more than reading it: one watch looks at all of them once a second.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._coming: dict[asyncio.Task[Any], float] = {}

    async def read(self, receive: Receive, length: int, most: int) -> bytes:
        """Return a whole body; `length` is what its head says, -1 if nothing.

        Raises:
            Refusal: too_large, by its own word or as it comes; too_slow.
            Gone: it will never be whole.
        """
        if length > most:
            raise Refusal("too_large")
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  a coroutine runs in one
        self._coming[task] = time.monotonic()
        try:
            event = await receive()
            if event["type"] == "http.request":
                body: bytes = event.get("body", b"")
                # The end comes as an event of its own: not waited for where the head told the length.
                if len(body) == length or not event.get("more_body"):
                    if len(body) > most:
                        raise Refusal("too_large")
                    return body
            return await _whole(event, receive, most)
        except asyncio.CancelledError:
            if self._coming.get(task) != LATE:
                raise
            task.uncancel()
            raise Refusal("too_slow") from None
        finally:
            del self._coming[task]

    async def watch(self) -> None:
        """Give up on those that take too long, for ever."""
        while True:
            await asyncio.sleep(1.0)
            oldest = time.monotonic() - BODY_S
            for task in [task for task, began in self._coming.items() if 0 <= began < oldest]:
                self._coming[task] = LATE
                task.cancel()


class Application:
    """What granian runs."""

    def __init__(self, door: Door, broker: str = "") -> None:
        """Take the door, opened and closed with the server, and the MQTT broker that terminals may come by, if any.

        Raises:
            BrokerNotInstalled: a broker is named and the extra `scale` is missing.
        """
        self._door = door
        self._second = SecondDoor(door, broker) if broker else None
        self._bodies = Bodies()
        self._ways: Mapping[str, Callable[[Scope, Receive], Awaitable[Answer]]] = {
            "check-in": self._check_in,
            "token": self._token,
            "enrol": self._enrol,
            "logs": self._logs,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or open and close the door."""
        if scope["type"] == "http":
            status, kind, body = await self._answer(scope, receive)
            if not status:
                return
            headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        try:
            return await self._way(scope)(scope, receive)
        except Refusal as refusal:
            return self._refused(scope, refusal)
        except Gone:
            return 0, b"", b""
        except Exception:
            logger.exception("a request could not be answered")
            return self._refused(scope, Refusal("busy", after_s=60))

    def _refused(self, scope: Scope, refusal: Refusal) -> Answer:
        self._door.tallies.add(refusal.code)
        try:
            kind = content_type(_headers(scope)[1])
        except Refusal:
            kind = JSON
        return refusal.status, kind, refused(kind, refusal)

    def _way(self, scope: Scope) -> Callable[[Scope, Receive], Awaitable[Answer]]:
        path: str = scope["path"]
        name = path[len(ROOT) :] if path.startswith(ROOT) else ""
        way = self._ways.get(name)
        if way is None:
            if name.startswith("actions/") and name.endswith("/result"):
                way = self._result
            elif name in {"health", "openapi.json"}:
                if scope["method"] not in {"GET", "HEAD"}:
                    raise Refusal("method_not_allowed")
                return self._health if name == "health" else self._description
            else:
                raise Refusal("not_found")
        if scope["method"] != "POST":
            raise Refusal("method_not_allowed")
        return way

    async def _check_in(self, scope: Scope, receive: Receive) -> Answer:
        authorization, given, length = _headers(scope)
        bearer = self._door.bearer(authorization)
        kind = content_type(given)
        body = await self._bodies.read(receive, length, BODY_MAX)
        heard = await self._door.check_in(bearer, CHECK_INS.read(kind, body), len(body))
        return 200, kind, written(kind, heard)

    async def _result(self, scope: Scope, receive: Receive) -> Answer:
        authorization, given, length = _headers(scope)
        bearer = self._door.bearer(authorization)
        kind = content_type(given)
        body = await self._bodies.read(receive, length, BODY_MAX)
        action = scope["path"][len(ROOT) + len("actions/") : -len("/result")]
        kept = await self._door.result(bearer, action, RESULTS.read(kind, body), len(body))
        return 200, kind, written(kind, kept)

    async def _enrol(self, scope: Scope, receive: Receive) -> Answer:
        _authorization, given, length = _headers(scope)
        kind = content_type(given)
        message = ENROLS.read(kind, await self._bodies.read(receive, length, BODY_MAX))
        client = scope.get("client") or ("",)
        return 200, kind, written(kind, await self._door.enrol(message, str(client[0])))

    async def _token(self, scope: Scope, receive: Receive) -> Answer:
        _authorization, given, length = _headers(scope)
        kind = content_type(given)
        message = ASKS.read(kind, await self._bodies.read(receive, length, BODY_MAX))
        return 200, kind, written(kind, await self._door.token(message))

    async def _logs(self, scope: Scope, receive: Receive) -> Answer:
        authorization, _given, length = _headers(scope)
        bearer = self._door.bearer(authorization)
        head = piece_head(_query(scope.get("query_string", b"")))
        body = await self._bodies.read(receive, length, PIECE_MAX)
        return 200, JSON, written(JSON, await self._door.log_piece(bearer, head, body))

    async def _health(self, scope: Scope, receive: Receive) -> Answer:  # noqa: ARG002  as the others
        keeps = not self._door.keeper.failed_at
        said = {"status": "ok" if keeps else "not_kept", "time": int(time.time() * 1000)}
        return 200 if keeps else 503, JSON, written(JSON, said)

    async def _description(self, scope: Scope, receive: Receive) -> Answer:  # noqa: ARG002  as the others
        return 200, JSON, written(JSON, description())

    async def _live(self, receive: Receive, send: Send) -> None:
        beside: list[asyncio.Task[None]] = []
        while True:
            said = (await receive())["type"]
            if said == "lifespan.startup":
                await self._door.open()
                beside.append(asyncio.create_task(self._bodies.watch()))
                if self._second is not None:
                    beside.append(asyncio.create_task(self._second.run()))
                await send({"type": "lifespan.startup.complete"})
            elif said == "lifespan.shutdown":
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
                await self._door.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _headers(scope: Scope) -> tuple[bytes, bytes, int]:
    """Return authorization, content type and length; -1 where none is told."""
    authorization, kind, length = b"", b"", -1
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorization = value
        elif name == b"content-type":
            kind = value
        elif name == b"content-length" and value.isdigit() and len(value) < 16:
            length = int(value)
    return authorization, kind, length


async def _whole(event: MutableMapping[str, Any], receive: Receive, most: int) -> bytes:
    """Return a body that comes in parts, the first of which is here."""
    parts: list[bytes] = []
    size = 0
    while True:
        if event["type"] != "http.request":
            raise Gone
        part = event.get("body", b"")
        size += len(part)
        if size > most:
            raise Refusal("too_large")
        parts.append(part)
        if not event.get("more_body"):
            return b"".join(parts)
        event = await receive()


def _query(query: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(query.decode("ascii"), max_num_fields=10, keep_blank_values=True))
    except ValueError:
        raise Refusal("invalid") from None
