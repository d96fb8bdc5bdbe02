"""The messages of the device protocol, version 1: JSON or MessagePack, the same names in both.

Unknown fields are ignored, so that a newer terminal can talk to an older server. Every text, list and map has a limit.
Moments are whole milliseconds since 1970 UTC, by the clock of whoever speaks: a terminal's clock may be wrong, so a
reading counts as old as `clock - at` says, from the moment the server received it.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

VERSION: Final = 1
BODY_MAX: Final = 256 * 1024  # bytes of any message but a piece of a log
READINGS_MAX: Final = 200  # in one check-in
SIGNALS_MAX: Final = 64  # in one reading
ACTIONS_MAX: Final = 16  # in one answer

Serial = Annotated[str, Meta(min_length=1, max_length=32)]
Short = Annotated[str, Meta(max_length=64)]
Text = Annotated[str, Meta(max_length=500)]
Number = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Moment = Annotated[int, Meta(ge=0, le=4_102_444_800_000)]  # to the year 2100
Base64 = Annotated[str, Meta(max_length=512, pattern=r"^[A-Za-z0-9_-]*$")]  # url-safe, no padding
Name = Annotated[str, Meta(min_length=1, max_length=40)]
Value = float | int | bool | Short | None
Values = Annotated[dict[Name, Value], Meta(max_length=SIGNALS_MAX)]


class Enrol(Struct, frozen=True):
    """A terminal makes itself known: its code from the ledger, its public key, a proof that it holds the other half.

    `proof` is the Ed25519 signature of `enrol_words`.
    """

    serial: Serial
    code: Short
    public_key: Base64
    nonce: Annotated[str, Meta(min_length=16, max_length=64)]
    clock: Moment
    proof: Base64
    agent: Short = ""  # name and version of the software that speaks


class Enrolled(Struct, frozen=True):
    """The answer: the number of this enrolment, and a first token."""

    enrolment: str
    token: str
    expires_s: int
    time: int


class AskToken(Struct, frozen=True):
    """A terminal asks for its next token. `proof` is the Ed25519 signature of `token_words`; a nonce is good once."""

    serial: Serial
    enrolment: Short
    nonce: Annotated[str, Meta(min_length=16, max_length=64)]
    clock: Moment
    proof: Base64


class Token(Struct, frozen=True):
    """The answer."""

    token: str
    expires_s: int
    time: int


class Reading(Struct, frozen=True):
    """What a terminal measured at one moment. `seq` never comes twice for two readings of one enrolment."""

    seq: Number
    at: Moment
    values: Values


class CheckIn(Struct, frozen=True):
    """A batch of readings. `counter` goes up by at least one with each new check-in; a repeat keeps it."""

    counter: Number
    clock: Moment
    readings: Annotated[list[Reading], Meta(max_length=READINGS_MAX)]
    v: Annotated[int, Meta(ge=1, le=99)] = VERSION


class Asked(Struct, frozen=True):
    """An action that waits for this terminal."""

    id: str
    kind: str
    arguments: dict[str, Any]
    expires: int


class Heard(Struct, frozen=True):
    """The answer to a check-in: all of it is kept. Come again after `after_ms`; then every `interval_s`."""

    time: int
    after_ms: int
    interval_s: int
    actions: list[Asked]


class Result(Struct, frozen=True):
    """What became of an action, by the terminal's word."""

    outcome: Annotated[str, Meta(pattern=r"^(confirmed|failed)$")]
    clock: Moment
    code: Short = ""
    said: Text = ""
    facts: Values = msgspec.field(default_factory=dict)


class Kept(Struct, frozen=True):
    """The answer to a result: it is kept."""

    time: int


class PieceKept(Struct, frozen=True):
    """The answer to a piece of a log: how many of how many are here."""

    here: int
    pieces: int
    time: int


class LogPiece(Struct, frozen=True):
    """Head of a piece of a log; the bytes follow as the body, these as query parameters."""

    upload: Annotated[str, Meta(min_length=8, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
    index: Annotated[int, Meta(ge=0, le=999)]
    pieces: Annotated[int, Meta(ge=1, le=1000)]
    name: Short = ""
    action: Short = ""


class Refused(Struct, frozen=True):
    """Any refusal: a stable code, a sentence in English, and when to come again if that helps."""

    code: str
    sentence: str
    after_s: int = 0
    time: int = 0


def enrol_words(message: Enrol) -> bytes:
    """Return what the proof of an enrolment signs."""
    parts = (
        "tillkeeper-enrol-v1",
        message.serial,
        message.code,
        message.public_key,
        message.nonce,
        str(message.clock),
    )
    return "\n".join(parts).encode()


def token_words(message: AskToken) -> bytes:
    """Return what the proof of a request for a token signs."""
    parts = (
        "tillkeeper-token-v1",
        message.serial,
        message.enrolment,
        message.nonce,
        str(message.clock),
    )
    return "\n".join(parts).encode()
