"""What is kept of personal and account data: a mask to be shown, a keyed hash to be compared.

The key is derived from SECRET_KEY, so a stolen database alone does not let anybody try all id
numbers. A changed SECRET_KEY makes old hashes incomparable: keep it with the backups.
"""

import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.conf import settings

from tillkeeper.formats.identifiers import mask_id_number
from tillkeeper.formats.ledgers.secret import Secret

PURPOSE: Final = b"tillkeeper.parties.sealing"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is kept of a number: nothing at all if there was none."""

    masked: str = ""
    digest: str = ""


def sealed(value: str) -> str:
    """Return the keyed hash of a value: HMAC-SHA256 in hex; the same value gives the same hash."""
    return hmac.digest(_key(settings.SECRET_KEY), value.encode(), "sha256").hex()


def sealed_account(number: str) -> Sealed:
    """Return what is kept of a settlement account; with small merchants it may be a card's."""
    return Sealed(Secret(number).masked, sealed(number)) if number else Sealed()


def sealed_id_number(number: str) -> Sealed:
    """Return what is kept of a resident id number."""
    return Sealed(mask_id_number(number), sealed(number)) if number else Sealed()


@lru_cache(maxsize=2)
def _key(secret_key: str) -> bytes:
    return hmac.digest(secret_key.encode(), PURPOSE, "sha256")
