"""A lean HTTP/1.1 client on asyncio streams: so many connections kept open, one request at a time on each.

A general client spends more on one request than the gateway does on answering it; ten thousand terminals in one
process leave no room for that.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

CONNECT_S, ANSWER_S = 10.0, 60.0
ANSWER_MAX: Final = 16 * 1024 * 1024
PORTS: Final = {"http": 80, "https": 443}


class Unreachable(Exception):
    """No answer came: nobody listens, the line broke, or it took too long. It may have been heard all the same."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    status: int
    body: bytes


@dataclass(slots=True)
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


@dataclass(slots=True)
class Wire:
    """Connections to one server. At most `most` requests are under way; others wait."""

    address: str
    most: int = 128
    _free: list[_Line] = field(default_factory=list)
    _room: asyncio.Semaphore = field(init=False)
    _host: str = field(init=False)
    _port: int = field(init=False)
    _tls: ssl.SSLContext | None = field(init=False)
    _head: str = field(init=False)

    def __post_init__(self) -> None:
        """Read the address.

        Raises:
            ValueError: it is not http://host:port or https://host:port.
        """
        parts = urlsplit(self.address)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(self.address)
        self._room = asyncio.Semaphore(self.most)
        self._host, self._port = parts.hostname, parts.port or PORTS[parts.scheme]
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._head = f"Host: {parts.netloc}\r\nConnection: keep-alive\r\n"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for line in self._free:
            await _close(line)
        self._free.clear()

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Said:
        """Ask, and return the answer whatever its status is.

        Raises:
            Unreachable: there was none.
        """
        told = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        head = f"{method} {path} HTTP/1.1\r\n{self._head}{told}Content-Length: {len(body)}\r\n\r\n"
        async with self._room:
            return await self._asked(head.encode() + body)

    async def _asked(self, request: bytes) -> Said:
        used = bool(self._free)
        try:
            return await self._once(request)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            if not used or isinstance(error, TimeoutError):
                raise Unreachable(str(error) or type(error).__name__) from None
        # A kept connection may have been closed meanwhile by the server: that is no answer, so ask on a fresh one.
        try:
            return await self._once(request, fresh=True)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            raise Unreachable(str(error) or type(error).__name__) from None

    async def _once(self, request: bytes, *, fresh: bool = False) -> Said:
        line = self._free.pop() if self._free and not fresh else await self._connect()
        try:
            async with asyncio.timeout(ANSWER_S):
                line.writer.write(request)
                await line.writer.drain()
                said, kept = await _answer(line.reader)
        except BaseException:
            line.writer.close()
            raise
        if kept:
            self._free.append(line)
        else:
            await _close(line)
        return said

    async def _connect(self) -> _Line:
        async with asyncio.timeout(CONNECT_S):
            return _Line(*await asyncio.open_connection(self._host, self._port, ssl=self._tls))


async def _close(line: _Line) -> None:
    line.writer.close()
    try:
        await line.writer.wait_closed()
    except OSError:
        return  # the other side was first


async def _answer(reader: asyncio.StreamReader) -> tuple[Said, bool]:
    """Read one answer; say whether the connection stays open."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head[:-4].split("\r\n")
    version, status = first.split(" ", 2)[:2]
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _chunks(reader)
    else:
        body = await reader.readexactly(_size(headers.get("content-length", "0"), 10))
    kept = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return Said(int(status), body), kept


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while size := _size((await reader.readuntil(b"\r\n")).partition(b";")[0].decode().strip(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return b"".join(parts)


def _size(text: str, base: int) -> int:
    size = int(text, base)
    if not 0 <= size <= ANSWER_MAX:
        raise ValueError(text)
    return size
