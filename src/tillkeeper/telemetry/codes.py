"""Activation codes: ten letters that a person reads from a screen and types into a terminal. Pure.

The alphabet is Crockford's base 32: nothing in it is mistaken for something else. Fifty bits of chance, good once and
for days only, are out of reach of anybody who has to ask the gateway for each guess.
"""

import hmac
import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 10
HALF: Final = LENGTH // 2
PURPOSE: Final = b"tillkeeper.telemetry.codes"
_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def new_code() -> str:
    """Return a fresh code as it is shown: 7K2M9-QXD4T."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:HALF]}-{letters[HALF:]}"


def digest(code: str, secret_key: str) -> str:
    """Return what is kept of a code, however it was typed: HMAC-SHA256 in hex, so that a stolen table tells nothing."""
    key = hmac.digest(secret_key.encode(), PURPOSE, "sha256")
    return hmac.digest(key, code.upper().translate(_MEANT).encode(), "sha256").hex()


def qr_text(serial: str, code: str, address: str = "") -> str:
    """Return what a QR symbol says to a terminal that can read one: serial number, code, and where to call if known."""
    return "\n".join(filter(None, ("TILLKEEPER-ENROL-1", serial, code, address)))
