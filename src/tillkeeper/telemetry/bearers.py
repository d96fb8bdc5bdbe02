"""Tokens: who speaks, signed by us and good for an hour, so that no check-in needs a database to know its terminal.

They are JSON Web Tokens (HS256) made by joserfc. Reading one is written out here, for it is done with every check-in:
4 microseconds instead of 31. Only the very header that we write is taken, so there is no algorithm to be chosen.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import Final

import msgspec
from joserfc import jwt
from joserfc.jwk import OctKey

PURPOSE: Final = b"tillkeeper.telemetry.bearers"
ALGORITHM: Final = "HS256"
LONGEST: Final = 1024  # characters of a token; ours have about 200


class Claims(msgspec.Struct, frozen=True):
    """What a token says."""

    t: int  # the ledger's key of the terminal
    s: str  # its serial number
    e: int  # the enrolment
    exp: int  # epoch seconds


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a token speaks for."""

    terminal: int
    serial: str
    enrolment: int
    until: int  # epoch seconds


class NoToken(Exception):
    """What was given is no token of ours: malformed, signed otherwise, or for another use."""


class Mint:
    """Makes tokens and reads them, with a key derived from SECRET_KEY for this use alone."""

    def __init__(self, secret_key: str) -> None:
        """Derive the key."""
        self._secret = hmac.digest(secret_key.encode(), PURPOSE, "sha256")
        self._key = OctKey.import_key(self._secret)
        # Copied for each token: half the price, and hmac.digest would let go of the interpreter each time.
        self._hmac = hmac.new(self._secret, digestmod="sha256")
        self._head = self.token(Bearer(0, "", 0, 0)).partition(".")[0].encode() + b"."
        self._decode = msgspec.json.Decoder(Claims).decode

    def token(self, bearer: Bearer) -> str:
        """Return a signed token."""
        claims = {
            "t": bearer.terminal,
            "s": bearer.serial,
            "e": bearer.enrolment,
            "exp": bearer.until,
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self._key)

    def bearer(self, token: bytes) -> Bearer:
        """Return who a token speaks for; whether its time is over is for the caller to see.

        Raises:
            NoToken: it is none of ours.
        """
        signed, _, signature = token.rpartition(b".")
        if len(token) > LONGEST or not signed.startswith(self._head):
            raise NoToken
        signing = self._hmac.copy()
        signing.update(signed)
        made = base64.urlsafe_b64encode(signing.digest())[:-1]  # 32 bytes end in one "="
        if not hmac.compare_digest(made, signature):
            raise NoToken
        try:
            said = self._decode(base64.urlsafe_b64decode(signed[len(self._head) :] + b"=="))
        except (binascii.Error, msgspec.DecodeError) as error:
            raise NoToken from error
        return Bearer(said.t, said.s, said.e, said.exp)
