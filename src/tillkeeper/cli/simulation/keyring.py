"""The keys of a simulated fleet, kept between runs, so that a second run need not enrol again.

A file of lines for each server, readable by its owner only. These are keys of terminals that do not exist.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Key:
    """What a terminal holds of its enrolment."""

    serial: str
    enrolment: str
    secret: str  # base64url of the Ed25519 key's 32 bytes

    @property
    def private(self) -> Ed25519PrivateKey:
        """The key itself."""
        return Ed25519PrivateKey.from_private_bytes(unpadded(self.secret))


@dataclass(frozen=True, slots=True)
class Keyring:
    """The file of keys for one server."""

    path: Path

    @classmethod
    def of(cls, folder: Path, address: str) -> "Keyring":
        """Return the ring for a server, in a folder that is made if missing."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(address.rstrip("/").encode()).hexdigest()[:16]
        return cls(folder / f"keys-{name}.jsonl")

    def read(self) -> dict[str, Key]:
        """Return the newest key of each serial; a line that was broken off is passed over."""
        if not self.path.exists():
            return {}
        found: dict[str, Key] = {}
        for line in self.path.read_bytes().splitlines():
            try:
                key = msgspec.json.decode(line, type=Key)
            except msgspec.DecodeError:
                continue
            found[key.serial] = key
        return found

    def add(self, keys: Iterable[Key]) -> None:
        """Append keys."""
        self.path.touch(mode=0o600)
        with self.path.open("ab") as file:
            file.writelines(msgspec.json.encode(key) + b"\n" for key in keys)


def base64(data: bytes) -> str:
    """Return url-safe base64 without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unpadded(text: str) -> bytes:
    """Read it."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
