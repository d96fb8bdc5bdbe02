"""Pieces of a log before the whole is here: encrypted, since a card number may stand in them, whole or cut in two."""

import hmac
import os
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from django.conf import settings

PURPOSE: Final = b"tillkeeper.telemetry.pieces"
NONCE: Final = 12


def keep_piece(upload: int, index: int, body: bytes) -> None:
    """Write a piece; it is on the disk when this returns."""
    folder = _folder(upload)
    folder.mkdir(parents=True, exist_ok=True)
    nonce = os.urandom(NONCE)
    target, part = folder / f"{index}", folder / f"{index}.part"
    with part.open("wb") as file:
        file.write(nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, body, _about(upload, index)))
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)


def pieces(upload: int, count: int) -> Iterator[bytes]:
    """Yield the pieces of a log in order.

    Raises:
        OSError: one is missing, or not what was written.
    """
    for index in range(count):
        sealed = (_folder(upload) / f"{index}").read_bytes()
        try:
            yield _cipher(settings.SECRET_KEY).decrypt(
                sealed[:NONCE], sealed[NONCE:], _about(upload, index)
            )
        except InvalidTag as error:
            raise OSError(f"piece {index} is not what was written") from error


def forget_pieces(upload: int) -> None:
    """Remove the pieces of a log."""
    shutil.rmtree(_folder(upload), ignore_errors=True)


def _folder(upload: int) -> Path:
    return Path(settings.TILLKEEPER_VAR) / "pieces" / f"{upload}"


def _about(upload: int, index: int) -> bytes:
    return f"{upload}/{index}".encode()


@lru_cache(maxsize=2)
def _cipher(secret_key: str) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(hmac.digest(secret_key.encode(), PURPOSE, "sha256"))
