"""One visit to an SFTP server: its key is compared before anything is sent, then a folder is listed and files are read.

The protocol runs in a thread of its own, so that a connection stays alive while a file that came is being taken in.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import asyncssh

from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.settlement.services.drops.addresses import Server, require_allowed
from tillkeeper.settlement.services.drops.errors import (
    HostKeyChanged,
    HostKeyUnknown,
    LoginRefused,
    ServerFolderRefused,
    ServerUnreachable,
    TooManyFiles,
)
from tillkeeper.settlement.services.drops.identity import own_key

T = TypeVar("T")
CONNECT_S: Final = 15
LOGIN_S: Final = 30
STALL_S: Final = 60  # a server that says nothing for so long is gone
CLOSE_S: Final = 5
KEEPALIVE_S: Final = 20
LISTED_MAX: Final = 5_000
HOST_KEY_MAX: Final = 800  # characters
PIECE: Final = (
    4 * 1024 * 1024
)  # bytes; asked for in parallel, or a long way would make every block wait
# Nothing is taken from files or agents of the user that runs us.
PLAIN: Final[dict[str, Any]] = {
    "config": None,
    "agent_path": None,
    "gss_host": None,
    "gss_auth": False,
    "gss_kex": False,
    "connect_timeout": CONNECT_S,
    "login_timeout": LOGIN_S,
    "keepalive_interval": KEEPALIVE_S,
    "keepalive_count_max": 3,
}

asyncssh.set_log_level("ERROR")  # who logs in where is no matter for a log


def asked_key(server: Server) -> tuple[str, str]:
    """Ask a server for its host key; return it as OpenSSH writes it, and its fingerprint. It is not trusted by that.

    Raises:
        HostNotAllowed: it may not be called.
        ServerUnreachable: it does not answer.
    """
    require_allowed(server)
    try:
        # In a thread of its own: whoever asks may have a running loop.
        with ThreadPoolExecutor(1) as thread:
            key = thread.submit(lambda: asyncio.run(_shown(server))).result()
    except (OSError, TimeoutError, asyncssh.Error) as error:
        raise ServerUnreachable(host=server.place, reason=_reason(error)) from None
    if key is None:
        raise ServerUnreachable(host=server.place, reason="no key was shown")
    return _line(key), key.get_fingerprint()


def checked_host_key(text: str) -> str:
    """Return a host key as it is kept: its kind and its letters, without a comment; blank stays blank.

    Raises:
        FieldInvalid: it is none.
    """
    if not text.strip():
        return ""
    try:
        line = _line(asyncssh.import_public_key(text.strip()))
    except (asyncssh.KeyImportError, ValueError):
        line = ""
    if not line or len(line) > HOST_KEY_MAX:
        raise FieldInvalid(
            field="host_key",
            value=text.strip()[:40],
            expected="a key as `ssh-keyscan` prints it, without the host",
        )
    return line


def fingerprint(host_key: str) -> str:
    """Return the fingerprint of a kept host key; blank of none."""
    return asyncssh.import_public_key(host_key).get_fingerprint() if host_key else ""


class Visit:
    """A connection to a server whose key is the saved one. `with` opens and closes it."""

    def __init__(
        self, server: Server, *, host_key: str, password: str | None, variable: str
    ) -> None:
        """Say where to, by which key the server is known, and how to log in.

        Args:
            server: where.
            host_key: the only key that is trusted.
            password: in case our own key is not taken.
            variable: what the password is called, to be named in a refusal.
        """
        self._server, self._host_key = server, host_key
        self._password, self._variable = password, variable
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            HostNotAllowed, HostKeyUnknown, HostKeyChanged, LoginRefused, ServerUnreachable.
        """
        require_allowed(self._server)
        if not self._host_key:
            raise HostKeyUnknown(host=self._server.place)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sftp", daemon=True)
        self._thread.start()
        try:
            self.ask(self._connect(), CONNECT_S + LOGIN_S)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        self._close()

    def listing(self) -> list[asyncssh.SFTPName]:
        """Return what lies in the folder, unsorted.

        Raises:
            TooManyFiles: more than are worth remembering.
            ServerFolderRefused, ServerUnreachable.
        """
        return self.ask(self._list(), STALL_S)

    def attributes(self, name: str) -> asyncssh.SFTPAttrs:
        """Return how a file looks now, of a link the link itself.

        Raises:
            ServerFolderRefused, ServerUnreachable.
        """
        return self.ask(self._client.lstat(self._path(name)), STALL_S)

    def opened(self, name: str) -> "asyncssh.SFTPClientFile":
        """Open a file for reading its bytes with `piece`.

        Raises:
            ServerFolderRefused, ServerUnreachable.
        """
        return self.ask(self._open(name), STALL_S)

    def piece(self, file: "asyncssh.SFTPClientFile") -> bytes:
        """Return the next bytes of a file; none at its end.

        Raises:
            ServerUnreachable: the connection was lost, or nothing came for a minute.
        """
        read = self.ask(file.read(PIECE), STALL_S)
        return read if isinstance(read, bytes) else read.encode()

    def close(self, file: "asyncssh.SFTPClientFile") -> None:
        """Let go of a file; a server allows only so many at a time. One that is gone has let go of it already."""
        with suppress(ServerUnreachable, ServerFolderRefused):
            self.ask(file.close(), CLOSE_S)

    def ask(self, work: Coroutine[Any, Any, T], limit_s: float) -> T:
        """Have the other thread do something; what it raises is told as a refusal of ours."""
        if self._loop is None:
            raise RuntimeError("open the visit first")
        waiting = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return waiting.result(limit_s)
        except (TooLong, TimeoutError):
            waiting.cancel()
            raise ServerUnreachable(host=self._server.place, reason="it took too long") from None
        except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
            raise self._changed(error) from None
        except asyncssh.PermissionDenied:
            raise LoginRefused(login=self._server.login, variable=self._variable) from None
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPPermissionDenied):
            raise ServerFolderRefused(host=self._server.place, folder=self._server.folder) from None
        except (asyncssh.ConnectionLost, ConnectionResetError) as error:
            # Where no kind of key is common, a server may hang up before we have read why.
            raise (self._lost(error) if self._sftp else self._changed(error)) from None
        except (OSError, asyncssh.Error) as error:
            raise self._lost(error) from None

    @property
    def _client(self) -> asyncssh.SFTPClient:
        if self._sftp is None:
            raise RuntimeError("open the visit first")
        return self._sftp

    def _path(self, name: str) -> str:
        return f"{self._server.folder.rstrip('/')}/{name}"

    async def _connect(self) -> None:
        server = self._server
        key = asyncssh.import_public_key(self._host_key)
        known: tuple[list[Any], list[Any], list[Any]] = ([key], [], [])
        self._connection = await asyncssh.connect(
            server.host,
            server.port,
            username=server.user,
            known_hosts=known,
            client_keys=[own_key()],
            password=self._password,
            **PLAIN,
        )
        # A name that is no UTF-8 must not end the whole list.
        self._sftp = await self._connection.start_sftp_client(path_errors="surrogateescape")

    async def _list(self) -> list[asyncssh.SFTPName]:
        found: list[asyncssh.SFTPName] = []
        async for entry in self._client.scandir(self._server.folder):
            found.append(entry)
            if len(found) > LISTED_MAX:
                raise TooManyFiles(most=LISTED_MAX)
        return found

    async def _open(self, name: str) -> "asyncssh.SFTPClientFile":
        return await self._client.open(self._path(name), "rb")

    def _changed(self, error: BaseException) -> HostKeyChanged | ServerUnreachable:
        """Return what it means that the keys could not be agreed on: a server may have none of the saved kind left."""
        line, shown = asked_key(self._server)
        if line == self._host_key:
            return self._lost(error)
        saved = fingerprint(self._host_key)
        return HostKeyChanged(host=self._server.place, shown=shown, saved=saved)

    def _lost(self, error: BaseException) -> ServerUnreachable:
        return ServerUnreachable(host=self._server.place, reason=_reason(error))

    def _close(self) -> None:
        if self._loop is None or self._thread is None:
            return
        if self._connection is not None:
            self._loop.call_soon_threadsafe(self._connection.abort)
        closing = asyncio.run_coroutine_threadsafe(_let_end(), self._loop)
        with suppress(TooLong, TimeoutError):
            closing.result(CLOSE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_S)
        if not self._thread.is_alive():
            self._loop.close()


async def _let_end() -> None:
    """Let the tasks of a connection that was hung up end, or they would be told as lost when the loop closes."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _shown(server: Server) -> asyncssh.SSHKey | None:
    known: dict[str, Any] = {"config": None}
    async with asyncio.timeout(CONNECT_S):
        return await asyncssh.get_server_host_key(server.host, server.port, **known)


def _line(key: asyncssh.SSHKey) -> str:
    kind, letters, *_comment = key.export_public_key("openssh").decode().split()
    return f"{kind} {letters}"


def _reason(error: BaseException) -> str:
    """Return in two words what went wrong: what a server itself says is not repeated."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, OSError):
        return "no connection"
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return "no common cipher or key"
    return "the connection was lost"
