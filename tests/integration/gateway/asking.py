"""A client in the process: speaks ASGI to the application, as the server would."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from tillkeeper.gateway.application import Application


@dataclass(frozen=True)
class Answered:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        """Its message."""
        kind = self.headers["content-type"]
        return (msgspec.json if kind == "application/json" else msgspec.msgpack).decode(self.body)

    @property
    def code(self) -> str:
        """Why it was refused; blank if it was not."""
        return self.said.get("code", "") if isinstance(self.said, dict) else ""


class Client:
    """Sends requests to an open application; one event loop for all of them."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._loop = asyncio.new_event_loop()
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._living: Any = None
        self.door = application._door

    def open(self) -> None:
        self._living = self._loop.create_task(
            self._application({"type": "lifespan"}, self._inbox.get, self._outbox.put)
        )
        assert self._phase("startup") == "lifespan.startup.complete"

    def close(self) -> None:
        assert self._phase("shutdown") == "lifespan.shutdown.complete"
        self._loop.run_until_complete(self._living)
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _phase(self, name: str) -> str:
        async def go() -> str:
            await self._inbox.put({"type": f"lifespan.{name}"})
            said = await self._outbox.get()
            return said["type"]

        return self._loop.run_until_complete(go())

    def __call__(self, path: str, message: Any = b"", **more: Any) -> Answered:
        (answer,) = self.many([(path, message, more)])
        return answer

    def many(self, requests: Iterable[tuple[str, Any, dict[str, Any]]]) -> list[Answered]:
        """Send all at once."""

        async def go() -> list[Answered]:
            return await asyncio.gather(*(self._one(p, m, **more) for p, m, more in requests))

        return self._loop.run_until_complete(go())

    async def _one(
        self,
        path: str,
        message: Any,
        *,
        token: str = "",
        kind: str = "application/json",
        method: str = "POST",
        chunks: list[bytes] | None = None,
        headers: dict[str, str] | None = None,
        query: bytes = b"",
        ends: bool = True,
    ) -> Answered:
        if not isinstance(message, bytes):
            encode = msgspec.json.encode if "json" in kind else msgspec.msgpack.encode
            message = encode(message)
        told = {"content-type": kind, "content-length": str(len(message)), **(headers or {})}
        if token:
            told["authorization"] = f"Bearer {token}"
        parts = [message] if chunks is None else chunks
        if chunks is not None:
            del told["content-length"]
        events = [
            {"type": "http.request", "body": part, "more_body": number < len(parts) - 1 or not ends}
            for number, part in enumerate(parts)
        ]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return events.pop(0) if events else await asyncio.Event().wait()

        async def send(event: dict[str, Any]) -> None:
            sent.append(event)

        scope = {
            "type": "http",
            "method": method,
            "path": path if path.startswith("/") else f"/device/v1/{path}",
            "query_string": query,
            "headers": [(name.encode(), value.encode()) for name, value in told.items()],
            "client": ("10.9.8.7", 4),
        }
        await self._application(scope, receive, send)
        head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answered(sent[0]["status"], head, b"".join(one["body"] for one in sent[1:]))
