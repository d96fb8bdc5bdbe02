"""One terminal's voice: its key and token, what it keeps until it can be heard, and the messages that it makes."""

import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tillkeeper.cli.simulation.keyring import Key, base64
from tillkeeper.formats.voice import messages
from tillkeeper.formats.voice.messages import Asked, AskToken, CheckIn, Enrol, Reading, Result

AGENT: Final = "tillkeeper-simulator/1"
KEPT_MOST: Final = 5_000  # readings of a terminal that cannot be heard; then the oldest go
RENEW_S: Final = 120  # before a token ends
DONE_MOST: Final = 64
JSON, MESSAGEPACK = "application/json", "application/msgpack"
Encode = Callable[[object], bytes]
ENCODERS: Final[dict[str, Encode]] = {
    JSON: msgspec.json.encode,
    MESSAGEPACK: msgspec.msgpack.encode,
}


def milliseconds() -> int:
    """Return the true time as messages tell it."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Voice:
    """What a terminal remembers."""

    row: int
    key: Key
    token: str = ""
    token_until: float = 0.0
    counter: int = 0
    seq: int = 0
    interval_s: int = 0
    kept: deque[Reading] = field(default_factory=deque)
    dropped: int = 0
    in_hand: CheckIn | None = (
        None  # sent, and not known to be heard: it is said again, word by word
    )
    results: list[tuple[Asked, Result]] = field(default_factory=list)
    done: deque[str] = field(default_factory=lambda: deque(maxlen=DONE_MOST))
    silenced: str = ""  # why the server does not listen to it any more
    _private: Ed25519PrivateKey | None = None

    def __post_init__(self) -> None:
        """Count on from the clock, so that a later run never counts lower than an earlier one."""
        self.counter = self.seq = milliseconds()

    def keep(self, at: int, values: messages.Values) -> None:
        """Keep a reading until it is heard."""
        self.seq += 1
        self.kept.append(Reading(self.seq, at, values))
        if len(self.kept) > KEPT_MOST:
            self.kept.popleft()
            self.dropped += 1

    def check_in(self, clock: int) -> CheckIn:
        """Return what is to be said now: the check-in in hand again, or the oldest readings kept."""
        if self.in_hand is None:
            self.counter += 1
            some = [self.kept.popleft() for _ in range(min(len(self.kept), messages.READINGS_MAX))]
            self.in_hand = CheckIn(self.counter, clock, some)
        return self.in_hand

    def heard(self) -> int:
        """Let go of what was in hand; return how many readings that were."""
        told, self.in_hand = self.in_hand, None
        return len(told.readings) if told else 0

    def recount(self) -> None:
        """Take back what was in hand, to say it under a higher number: this one was used already."""
        if self.in_hand is not None:
            self.kept.extendleft(reversed(self.in_hand.readings))
            self.in_hand = None
        self.counter = max(self.counter, milliseconds())

    def give_up(self) -> None:
        """Drop what was in hand: it will never be taken."""
        self.dropped += self.heard()

    def needs_token(self, now: float) -> bool:
        """Say whether it must ask for a token first."""
        return not self.token or now > self.token_until - RENEW_S

    def ask_token(self, clock: int) -> AskToken:
        """Return a request for a token, with its proof."""
        unsigned = AskToken(self.key.serial, self.key.enrolment, nonce(), clock, "")
        if self._private is None:
            self._private = self.key.private
        proof = base64(self._private.sign(messages.token_words(unsigned)))
        return msgspec.structs.replace(unsigned, proof=proof)

    def took_token(self, token: str, expires_s: int) -> None:
        """Remember a token."""
        self.token, self.token_until = token, time.time() + expires_s

    def waiting(self) -> int:
        """Return how many readings were not heard yet."""
        return len(self.kept) + (len(self.in_hand.readings) if self.in_hand else 0)


def nonce() -> str:
    """Return a nonce."""
    return secrets.token_urlsafe(18)


def enrol_message(serial: str, code: str, private: Ed25519PrivateKey, clock: int) -> Enrol:
    """Return what a terminal says to make itself known."""
    public = base64(private.public_key().public_bytes_raw())
    unsigned = Enrol(serial, code, public, nonce(), clock, "", AGENT)
    proof = base64(private.sign(messages.enrol_words(unsigned)))
    return msgspec.structs.replace(unsigned, proof=proof)


def pieces_of(lines: Sequence[str], size: int) -> list[bytes]:
    """Return a log in pieces."""
    body = ("\n".join(lines) + "\n").encode()
    return [body[at : at + size] for at in range(0, len(body), size)]
