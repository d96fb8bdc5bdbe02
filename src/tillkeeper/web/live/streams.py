"""The streams: /live/board tells the board's numbers to a signed-in person as server-sent events. Plain ASGI."""

import asyncio
import io
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from http import HTTPStatus
from importlib import import_module
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest

from tillkeeper.kernel.actor import Scope
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Right
from tillkeeper.web.live.beat import Asking, Beat

ASGIScope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[ASGIScope, Receive, Send], Awaitable[None]]

PREFIX: Final = "/live/"
BOARD: Final = "/live/board"
RECHECK_S: Final = 60.0
MOST: Final = 1_000  # streams a process keeps open
HEADERS: Final = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"content-encoding", b"identity"),  # else a proxy gathers events to compress them
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
)
HELLO: Final = b"retry: 3000\n\n"
SIGNED_OUT: Final = b"event: signed_out\ndata: 0\n\n"


class Streams:
    """Answers what begins with /live/. Who asks is found out by the session's cookie, and again every minute."""

    def __init__(self) -> None:
        """Begin without anybody."""
        self._asking = Asking()
        self.beat = Beat(self._asking)
        self._open: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "GET" or scope["path"] != BOARD:
            return await _refuse(send, HTTPStatus.NOT_FOUND)
        if self.beat.readers >= MOST:
            return await _refuse(send, HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            seen = await self._asking.ask(seen_by, scope)
        except DisallowedHost:
            return await _refuse(send, HTTPStatus.BAD_REQUEST)
        if not seen.paths:
            return await _refuse(send, HTTPStatus.UNAUTHORIZED)
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            on_stop(self._loop, self.end)
        await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
        telling = asyncio.create_task(self._tell(scope, seen, send))
        leaving = asyncio.create_task(_left(receive))
        self._open.add(telling)
        try:
            await asyncio.wait((telling, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open.discard(telling)
            for task in (telling, leaving):
                task.cancel()
            await asyncio.gather(telling, leaving, return_exceptions=True)
        with suppress(Exception):  # the reader may have gone
            await send({"type": "http.response.body", "body": b""})
        return None

    def end(self) -> None:
        """End all streams: the server stops, and would wait for them."""
        for task in self._open:
            task.cancel()

    async def _tell(self, scope: ASGIScope, seen: Scope, send: Send) -> None:
        reader = self.beat.join(seen)
        clock = asyncio.get_running_loop()
        check_at = clock.time() + RECHECK_S
        try:
            await _write(send, HELLO)
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(check_at):
                        await _write(send, await reader.waiting.get())
                if clock.time() >= check_at:
                    if await self._asking.ask(seen_by, scope) != seen:
                        return await _write(send, SIGNED_OUT)
                    check_at = clock.time() + RECHECK_S
        finally:
            self.beat.leave(seen, reader)


def seen_by(scope: ASGIScope) -> Scope:
    """Return what the person whose session the cookie names may see; nothing for nobody.

    Raises:
        DisallowedHost: the request calls us by a name that is not ours.
    """
    request = ASGIRequest(dict(scope), io.BytesIO())
    request.get_host()
    sessions = import_module(settings.SESSION_ENGINE)
    request.session = sessions.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    person = get_user(request)
    if not person.is_authenticated:
        return Scope(())
    return queries.actor_of(person, source="live").scope(Right.VIEW)


def on_stop(loop: asyncio.AbstractEventLoop, deed: Callable[[], None]) -> None:
    """Do something when the process is told to stop, before what the server does then.

    ASGI has no word for it while requests are open, and a loop does not say who listens to a signal; where that cannot
    be found out, the server waits as long as it is told to and then ends the streams itself.
    """
    handlers: dict[int, Any] = getattr(loop, "_signal_handlers", {})
    if (theirs := handlers.get(signal.SIGTERM)) is None:
        return

    def stop() -> None:
        deed()
        theirs._run()  # noqa: SLF001

    loop.add_signal_handler(signal.SIGTERM, stop)


async def _left(receive: Receive) -> None:
    """Return when the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _refuse(send: Send, status: HTTPStatus) -> None:
    headers = [(b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class Origin:
    """Streams and pages on one origin: what begins with /live/ goes to the streams, all else to the pages."""

    def __init__(self, *, streams: App, pages: App) -> None:
        """Take both."""
        self._streams = streams
        self._pages = pages

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            return await self._streams(scope, receive, send)
        if scope["type"] == "http":
            # Underscores would let a client write headers that only proxies write: WSGI sees both alike.
            scope = {**scope, "headers": [h for h in scope["headers"] if b"_" not in h[0]]}
        return await self._pages(scope, _to_the_end(receive), send)


def _to_the_end(receive: Receive) -> Receive:
    """Return a body's reader that does not take a lost connection for the body's end: half a ledger is no ledger."""

    async def whole() -> MutableMapping[str, Any]:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
        return message

    return whole
