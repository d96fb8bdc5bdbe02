"""Why the terminals' door refuses: a stable code each, its HTTP status, a sentence in English. The specification."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tillkeeper.kernel.errors import TillkeeperError

_BAD, _WHO, _NOT, _TWICE, _WRONG, _SOON, _AWAY = 400, 401, 403, 409, 422, 429, 503
# code -> HTTP status and sentence
REFUSALS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {
        "not_found": (404, "There is nothing at this address."),
        "method_not_allowed": (405, "This address takes another method."),
        "too_slow": (408, "The body did not come in time."),
        "too_large": (413, "The body is longer than may be sent here."),
        "unsupported_type": (415, "Send application/json or application/msgpack."),
        "truncated": (_BAD, "The body ends in the middle of the message."),
        "malformed": (_BAD, "The body is not what its content type says."),
        "too_deep": (_BAD, "The body is nested more deeply than any message."),
        "invalid": (_WRONG, "A field is not as the protocol says."),
        "token_missing": (_WHO, "Send the header: Authorization: Bearer, and a token."),
        "token_invalid": (
            _WHO,
            "This is no token of this server: ask for one at /device/v1/token.",
        ),
        "token_expired": (_WHO, "The token's time is over: ask for the next one."),
        "enrolment_revoked": (
            _NOT,
            "This enrolment has been revoked: ask for a new activation code and enrol with a new key.",
        ),
        "too_often": (_SOON, "Too many messages from one terminal: wait."),
        "counter_backwards": (
            _TWICE,
            "The counter of this check-in is below one that was heard: it goes up, or there are two of you.",
        ),
        "counter_reused": (
            _TWICE,
            "This counter came with other readings before: each new check-in has a higher one.",
        ),
        "not_kept": (_AWAY, "What you sent could not be kept: keep it and send it again."),
        "busy": (_AWAY, "The server has too much to do just now: come again."),
        # from telemetry's errors; their sentences say more
        "terminal_unknown": (_NOT, ""),
        "code_refused": (_NOT, ""),
        "key_unusable": (_WRONG, ""),
        "key_taken": (_TWICE, ""),
        "two_keys": (_TWICE, ""),
        "proof_refused": (_NOT, ""),
        "clock_stale": (_NOT, ""),
        "nonce_used": (_TWICE, ""),
        "enrolment_unknown": (_NOT, ""),
        "piece_too_long": (413, ""),
        "log_too_long": (413, ""),
        "piece_contradicts": (_TWICE, ""),
    }
)


class Refusal(Exception):
    """An answer that says no."""

    def __init__(self, code: str, sentence: str = "", after_s: float = 0) -> None:
        """Take a code of REFUSALS, and what is to be said beyond its sentence."""
        self.code = code
        self.status, usual = REFUSALS[code]
        self.sentence = sentence or usual
        self.after_s = int(after_s) + (after_s > int(after_s))  # rounded up
        super().__init__(code)


def refusal_of(error: TillkeeperError) -> Refusal:
    """Return a refusal of telemetry as terminals are told it."""
    code = error.code.rpartition(".")[2]
    if code not in REFUSALS:
        return Refusal("busy", after_s=30)
    return Refusal(code, str(error))


DEEPEST: Final = 32
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


def is_deep(body: bytes) -> bool:
    """Say whether a text that was not understood opens more brackets than any message. Strings do not count."""
    depth = 0
    for found in _BRACKETS.finditer(body):
        if found[0] in b"[{":
            depth += 1
            if depth > DEEPEST:
                return True
        elif found[0] in b"]}":
            depth -= 1
    return False
