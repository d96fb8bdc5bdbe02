"""How the installation shows itself to other servers: its own key, made once; or a password from the environment.

Neither is ever in the database, the log, the audit trail or an answer. The key's public half is for handing out.
"""

import os
import re
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncssh
from django.conf import settings

ALGORITHM: Final = "ssh-ed25519"
FILE: Final = "sftp_ed25519"
COMMENT: Final = "tillkeeper"
PREFIX: Final = "TILLKEEPER_SFTP_PASSWORD_"


def own_key() -> asyncssh.SSHKey:
    """Return the key of this installation; it is made when it is first needed."""
    path = Path(settings.TILLKEEPER_VAR) / FILE
    if not path.exists():
        _make(path)
    return asyncssh.read_private_key(path)


def public_key() -> str:
    """Return the public half as OpenSSH writes it: one line for the channel's `authorized_keys`."""
    return own_key().export_public_key("openssh").decode().strip()


def variable_of(code: str, name: str) -> str:
    """Return what the password of a drop is called: by its organisation's code and its own name."""
    return PREFIX + re.sub(r"[^A-Z0-9]", "_", f"{code}_{name}".upper())


def password_of(code: str, name: str) -> str | None:
    """Return the password of a drop; None if none is set."""
    passwords: dict[str, str] = settings.TILLKEEPER_SFTP_PASSWORDS
    return passwords.get(variable_of(code, name).removeprefix(PREFIX)) or None


def _make(path: Path) -> None:
    """Write a new key, so that it is there whole or not at all, and never readable by others."""
    made = asyncssh.generate_private_key(ALGORITHM, comment=COMMENT)
    part = path.with_name(f"{FILE}-{uuid4().hex}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(made.export_private_key("openssh"))
        os.link(part, path)  # another process may have been quicker: then that one's key counts
    except FileExistsError:
        pass
    finally:
        part.unlink()
