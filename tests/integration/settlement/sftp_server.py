"""A real SFTP server on loopback for tests: its own thread, its own folder, keys and faults that a test may change."""

import asyncio
import threading
import time
from pathlib import Path

import asyncssh


class _Files(asyncssh.SFTPServer):
    """Serves one folder; may be slow, may tell names that no honest server tells."""

    def __init__(self, chan):
        self.ours = chan.get_connection().get_extra_info("server_of_tests")
        super().__init__(chan, chroot=str(self.ours.folder).encode())

    async def scandir(self, path):
        async for entry in super().scandir(path):
            yield entry
        for name in self.ours.told_names:
            attributes = asyncssh.SFTPAttrs(permissions=0o100644, size=5, atime=1, mtime=1)
            yield asyncssh.SFTPName(name, attrs=attributes)

    def read(self, file_obj, offset, size):
        self.ours.reads += 1
        if self.ours.while_reading is not None:
            self.ours.while_reading()
        return super().read(file_obj, offset, size)


class _Door(asyncssh.SSHServer):
    """Lets in whom the test names."""

    def __init__(self, ours):
        self.ours = ours

    def connection_made(self, conn):
        conn.set_extra_info(server_of_tests=self.ours)
        self.ours.connections += 1

    def begin_auth(self, username):
        return True

    def public_key_auth_supported(self):
        return True

    def validate_public_key(self, username, key):
        line = " ".join(key.export_public_key("openssh").decode().split()[:2])
        return any(known.startswith(line) for known in self.ours.public_keys)

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        self.ours.passwords_heard.append(password)
        return password == self.ours.password


class Server:
    """The server. `start` and `stop` may be called again, e.g. with another host key on the same port."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.public_keys: list[str] = []
        self.password: str | None = None
        self.passwords_heard: list[str] = []
        self.told_names: list[bytes] = []
        self.while_reading = None
        self.reads = self.connections = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listening = None

    @property
    def address(self) -> str:
        return f"sftp://till@127.0.0.1:{self.port}/"

    @property
    def host_line(self) -> str:
        return " ".join(self.host_key.export_public_key("openssh").decode().split()[:2])

    def start(self):
        self._listening = self._ask(self._listen())
        self.port = self._listening.get_port()
        return self

    def stop(self):
        if self._listening is not None:
            self._ask(self._hang_up())
            self._listening = None

    def close(self):
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def lay(self, name: str, content: bytes, *, age_s: float = 100) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        moment = time.time() - age_s
        __import__("os").utime(path, (moment, moment))
        return path

    async def _listen(self):
        return await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=lambda: _Door(self),
            server_host_keys=[self.host_key],
            sftp_factory=_Files,
        )

    async def _hang_up(self):
        self._listening.close()
        await self._listening.wait_closed()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _ask(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
