"""A terminal for tests: a key pair, and the messages it signs."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tillkeeper.formats.voice.messages import AskToken, Enrol, enrol_words, token_words


def text(raw: bytes) -> str:
    """Return bytes as they are sent."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def ms(at: datetime) -> int:
    """Return a moment as it is sent."""
    return int(at.timestamp() * 1000)


@dataclass
class Voice:
    """What a terminal holds."""

    serial: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    enrolment: str = ""

    @property
    def public(self) -> str:
        return text(self.key.public_key().public_bytes_raw())

    def enrol(self, code: str, at: datetime, **changes: Any) -> Enrol:
        """Return a signed message; `changes` are made before it is signed, `proof` after."""
        proof = changes.pop("proof", None)
        made = Enrol(
            serial=self.serial,
            code=code,
            public_key=self.public,
            nonce=secrets.token_hex(12),
            clock=ms(at),
            proof="",
            agent="test 1",
        )
        made = msgspec.structs.replace(made, **changes)
        signed = text(self.key.sign(enrol_words(made)))
        return msgspec.structs.replace(made, proof=signed if proof is None else proof)

    def ask(self, at: datetime, **changes: Any) -> AskToken:
        """Return a signed request for a token."""
        proof = changes.pop("proof", None)
        made = AskToken(
            serial=self.serial,
            enrolment=self.enrolment,
            nonce=secrets.token_hex(12),
            clock=ms(at),
            proof="",
        )
        made = msgspec.structs.replace(made, **changes)
        signed = text(self.key.sign(token_words(made)))
        return msgspec.structs.replace(made, proof=signed if proof is None else proof)
