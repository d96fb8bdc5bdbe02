"""The real gateway on a real socket: as much of HTTP/1.1 as its clients here speak, in a thread of the test."""

import asyncio
import threading
from typing import Any

from tillkeeper.gateway.application import Application


class Listening:
    """Serves an application at a port of the system's choice until it is closed."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._loop = asyncio.new_event_loop()
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._lines: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._server: asyncio.Server
        self.address = ""
        self.requests = 0
        self.refuse: tuple[int, bytes] | None = None  # answered instead, while set
        self.drop_answers = 0  # so many answers are lost on their way

    def open(self) -> None:
        self._thread.start()
        self._call(self._start())

    def close(self) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    def _run(self) -> None:
        self._loop.run_forever()

    def _call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _start(self) -> None:
        self._life = asyncio.ensure_future(
            self._application({"type": "lifespan"}, self._inbox.get, self._outbox.put)
        )
        await self._inbox.put({"type": "lifespan.startup"})
        await self._outbox.get()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _stop(self) -> None:
        self._server.close()
        for line in list(self._lines):
            line.close()
        await asyncio.sleep(0.05)
        await self._inbox.put({"type": "lifespan.shutdown"})
        await self._outbox.get()
        await self._life
        await self._loop.shutdown_default_executor()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._lines.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        pairs = [line.split(": ", 1) for line in lines if line]
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests += 1
        status, said = self.refuse or await self._asked(method, target, headers, body)
        if self.drop_answers and target.endswith("check-in"):
            self.drop_answers -= 1
            return False
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%b" % (status, len(said), said))
        await writer.drain()
        return headers.get("connection") != "close"

    async def _asked(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes]:
        path, _, query = target.partition("?")
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(event: dict[str, Any]) -> None:
            sent.append(event)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 4),
        }
        await self._application(scope, receive, send)
        return sent[0]["status"], b"".join(one["body"] for one in sent[1:])


def listening(application: Application) -> Listening:
    """Return an open one."""
    made = Listening(application)
    made.open()
    return made
