"""The key and its proofs, and one call to the gateway."""

import json
import os
import time
from base64 import urlsafe_b64encode
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

ANSWER_S = 30


class Refused(Exception):
    """The server said no: a stable code, and when to come again, if that helps."""

    def __init__(self, told: dict) -> None:
        super().__init__(f"{told.get('code', '?')}: {told.get('sentence', '')}")
        self.code, self.after_s, self.time = (
            told.get("code"),
            told.get("after_s", 0),
            told.get("time", 0),
        )


class NoAnswer(Exception):
    """Nobody answered. The call may have been heard all the same, so it is made again, word by word."""


class Key:
    """The Ed25519 key. It never leaves the terminal; a real one keeps it in its secure element."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        self.path.unlink(missing_ok=True)
        made = Ed25519PrivateKey.generate()
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(
            os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
        ) as file:
            file.write(pem)

    def private(self) -> Ed25519PrivateKey:
        return load_pem_private_key(self.path.read_bytes(), password=None)

    def public(self) -> str:
        return base64(self.private().public_key().public_bytes_raw())

    def proof(self, *words: str) -> str:
        """Sign words, one a line."""
        return base64(self.private().sign("\n".join(words).encode()))


class Server:
    """The gateway: one call, one answer. Its time is remembered, for a terminal's own clock may be wrong."""

    def __init__(self, address: str) -> None:
        self.address, self.ahead_ms = address.rstrip("/"), 0

    def call(self, path: str, body: bytes, token: str = "", kind: str = "application/json") -> dict:
        headers = {"Content-Type": kind, **({"Authorization": f"Bearer {token}"} if token else {})}
        request = Request(self.address + path, data=body, headers=headers, method="POST")
        try:
            with urlopen(request, timeout=ANSWER_S) as answer:
                told = json.loads(answer.read() or b"{}")
        except HTTPError as error:
            told = self._refusal(error)
            self._note_time(told)
            raise Refused(told) from None
        except (URLError, OSError, ValueError) as error:
            raise NoAnswer(str(error)) from None
        self._note_time(told)
        return told

    def say(self, path: str, message: dict, token: str = "") -> dict:
        return self.call(path, json.dumps(message).encode(), token)

    def time(self) -> int:
        """The server's time, as far as it is known: proofs are good near it only."""
        return clock() + self.ahead_ms

    def _note_time(self, told: dict) -> None:
        if told.get("time"):
            self.ahead_ms = told["time"] - clock()

    @staticmethod
    def _refusal(error: HTTPError) -> dict:
        try:
            told = json.loads(error.read())
        except ValueError:
            told = {}
        wait = error.headers.get("Retry-After", "")
        return {"code": f"http_{error.code}", "after_s": int(wait) if wait.isdigit() else 0, **told}


def clock() -> int:
    """This machine's clock, as messages tell it."""
    return time.time_ns() // 1_000_000


def base64(data: bytes) -> str:
    """Url-safe, without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()
