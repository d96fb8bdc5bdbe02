"""What the gateway hands on: items in a segment, encoded as MessagePack. Pure.

A segment is what one group commit took in: the answers to its items go out when it is durable.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from tillkeeper.formats.voice.messages import CheckIn, Result


class SpooledCheckIn(Struct, frozen=True, tag="c", array_like=True):
    """A check-in of terminal `terminal` (the ledger's key), received at `at` (ms since 1970 UTC)."""

    terminal: int
    enrolment: int
    at: int
    interval_s: int  # what it was told
    said: CheckIn


class SpooledSent(Struct, frozen=True, tag="s", array_like=True):
    """Actions that went out in an answer."""

    terminal: int
    at: int
    actions: list[int]


class SpooledResult(Struct, frozen=True, tag="r", array_like=True):
    """A terminal's word of what became of an action."""

    terminal: int
    at: int
    action: int
    said: Result


class SpooledDoubt(Struct, frozen=True, tag="d", array_like=True):
    """Something that no honest terminal does: a sign that there are two of it. `code` says what was seen."""

    terminal: int
    enrolment: int
    at: int
    code: str
    seen: int
    expected: int


Spooled = SpooledCheckIn | SpooledSent | SpooledResult | SpooledDoubt
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[Spooled])


def pack(items: Sequence[Spooled]) -> bytes:
    """Return a segment's bytes."""
    return _ENCODER.encode(items)


def unpack(segment: bytes) -> list[Spooled]:
    """Return a segment's items.

    Raises:
        msgspec.DecodeError: the bytes are not a segment.
    """
    return _DECODER.decode(segment)
