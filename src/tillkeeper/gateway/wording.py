"""Bodies into messages and messages into bodies, in JSON or MessagePack by content type."""

import time
from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar

import msgspec

from tillkeeper.formats.voice.messages import AskToken, CheckIn, Enrol, LogPiece, Refused, Result
from tillkeeper.gateway.refusals import Refusal, is_deep

T = TypeVar("T")

JSON: Final = b"application/json"
MSGPACK: Final = b"application/msgpack"
_ENCODE: Final = {
    JSON: msgspec.json.Encoder().encode,
    MSGPACK: msgspec.msgpack.Encoder().encode,
}


def content_type(given: bytes) -> bytes:
    """Return which of the two a header names; none given means JSON.

    Raises:
        Refusal: it is another.
    """
    kind = given.partition(b";")[0].strip().lower()
    if kind in {b"", JSON}:
        return JSON
    if kind in {MSGPACK, b"application/x-msgpack", b"application/vnd.msgpack"}:
        return MSGPACK
    raise Refusal("unsupported_type")


def written(kind: bytes, message: Any) -> bytes:
    """Return a message's bytes."""
    return _ENCODE[kind](message)


class Reader(Generic[T]):
    """Reads one kind of message."""

    def __init__(self, message: type[T]) -> None:
        """Make the decoders once."""
        self._decode = {
            JSON: msgspec.json.Decoder(message).decode,
            MSGPACK: msgspec.msgpack.Decoder(message).decode,
        }

    def read(self, kind: bytes, body: bytes) -> T:
        """Return the message.

        Raises:
            Refusal: truncated, malformed, too_deep, or invalid with the place and what is expected there.
        """
        try:
            return self._decode[kind](body)
        except msgspec.ValidationError as error:
            raise Refusal("too_deep" if _deep(kind, body) else "invalid", _told(error)) from None
        except msgspec.DecodeError as error:
            raise _unread(kind, body, error) from None
        except (RecursionError, ValueError):
            raise Refusal("too_deep") from None


def _told(error: Exception) -> str:
    return str(error)[:300]


def _deep(kind: bytes, body: bytes) -> bool:
    return kind == JSON and is_deep(body)


def _unread(kind: bytes, body: bytes, error: Exception) -> Refusal:
    if _deep(kind, body):
        return Refusal("too_deep")
    if not body or "truncated" in str(error):
        return Refusal("truncated")
    return Refusal("malformed", _told(error))


CHECK_INS: Final = Reader(CheckIn)
RESULTS: Final = Reader(Result)
ENROLS: Final = Reader(Enrol)
ASKS: Final = Reader(AskToken)
PIECE_MAX: Final = 256 * 1024  # bytes of a piece of a log


def refused(kind: bytes, refusal: Refusal) -> bytes:
    """Return the bytes of an answer that says no."""
    said = Refused(refusal.code, refusal.sentence, refusal.after_s, int(time.time() * 1000))
    return written(kind, said)


def piece_head(told: Mapping[str, str]) -> LogPiece:
    """Return which piece of which log a body is.

    Raises:
        Refusal: invalid.
    """
    try:
        head = msgspec.convert(dict(told), LogPiece, strict=False)
    except msgspec.ValidationError as error:
        raise Refusal("invalid", _told(error)) from None
    if head.index >= head.pieces:
        raise Refusal("invalid", "`index` counts from 0 and is below `pieces`")
    return head
