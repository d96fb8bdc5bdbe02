"""Addresses of drops: which folders and which servers may be meant at all.

A folder lies below TILLKEEPER_DROPS in a folder named like the organisation's code: so nobody reads the server's
disk, nor another organisation's files. A server must be named in TILLKEEPER_SFTP_HOSTS: nobody scans the inner net
from a form.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from django.conf import settings

from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.settlement.lifecycle import DropKind
from tillkeeper.settlement.services.drops.errors import FolderUnusable, HostNotAllowed

PORT: Final = 22
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:]*:[0-9a-f:.]+")
USER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}")
PARTS_MAX: Final = 4
NAME_BYTES: Final = 255
ADDRESS_MAX: Final = 400
A_FOLDER: Final = (
    "a folder such as unionpay or unionpay/bills: no dots at the front, no .., no link"
)
A_SERVER: Final = "sftp://user@host:port/folder, with a user and without a password"


@dataclass(frozen=True, slots=True)
class Server:
    """A folder on somebody's SFTP server."""

    user: str
    host: str
    port: int
    folder: str

    @property
    def login(self) -> str:
        """Who logs in where, as people read it."""
        return f"{self.user}@{self.place}"

    @property
    def place(self) -> str:
        """The host, with its port where that is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORT else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"sftp://{self.login}{self.folder}"


def checked_name(name: str) -> str:
    """Return the name of a drop.

    Raises:
        FieldInvalid: it is not plain; its password's variable is named by it.
    """
    if not NAME.fullmatch(name):
        raise FieldInvalid(
            field="name", value=name[:80], expected="small letters, digits and -, at most 40"
        )
    return name


def checked_address(kind: str, address: str) -> str:
    """Return an address as it is kept.

    Raises:
        FieldInvalid: it is none of its kind.
        HostNotAllowed: the server is not one that may be called.
    """
    if kind == DropKind.FOLDER:
        return "/".join(_parts(address))
    server = server_of(address)
    require_allowed(server)
    return str(server)


def server_of(address: str) -> Server:
    """Return what an SFTP address means.

    Raises:
        FieldInvalid: it is none. What is repeated of it holds no password.
    """
    wrong = FieldInvalid(field="address", value=_without_password(address), expected=A_SERVER)
    if len(address) > ADDRESS_MAX or not address.isprintable():
        raise wrong
    try:
        url = urlsplit(address)
        port = url.port or PORT
    except ValueError:
        raise wrong from None
    host, user = (url.hostname or "").lower(), unquote(url.username or "")
    plain = url.scheme == "sftp" and url.password is None and not url.query and not url.fragment
    if not plain or not HOST.fullmatch(host) or not USER.fullmatch(user):
        raise wrong
    folder = url.path or "/"
    if any(part in ("..", ".") for part in folder.split("/")):
        raise wrong
    return Server(user, host, port, folder)


def require_allowed(server: Server) -> None:
    """See that a server may be called.

    Raises:
        HostNotAllowed: whoever runs the installation did not name it.
    """
    named = {entry.lower() for entry in settings.TILLKEEPER_SFTP_HOSTS}
    ways = {server.place, f"{server.host}:{server.port}", f"[{server.host}]:{server.port}"}
    if server.port == PORT:
        ways.add(server.host)
    ways |= {f"{server.user}@{way}" for way in ways}
    if not {way.lower() for way in ways} & named:
        raise HostNotAllowed(login=server.login)


def folder_of(code: str, address: str) -> Path:
    """Return the folder of a drop of an organisation, whether or not it is there."""
    root = Path(settings.TILLKEEPER_DROPS)
    return root.joinpath(_part(code), *_parts(address))


def require_plain(folder: Path, shown: str, *, make: bool = False) -> None:
    """See that no link leads to a folder of drops; looked at before every round, for others write there.

    Args:
        folder: below the folder of drops.
        shown: as people name it.
        make: make what is missing of it.

    Raises:
        FolderUnusable: it is not there, or a link leads to it.
    """
    root = step = Path(settings.TILLKEEPER_DROPS)
    try:
        if make:
            root.mkdir(parents=True, exist_ok=True)
        for part in folder.relative_to(root).parts:
            step /= part
            if make and not step.is_symlink():
                step.mkdir(exist_ok=True)
            if step.is_symlink() or not step.is_dir():
                raise FolderUnusable(folder=shown)
    except OSError:
        raise FolderUnusable(folder=shown) from None


def is_plain(name: str) -> bool:
    """Say whether a file's name is one name, readable, and leads nowhere else."""
    fits = name.isprintable() and 0 < len(name.encode(errors="replace")) <= NAME_BYTES
    return fits and name not in (".", "..") and "/" not in name and "\\" not in name


def _parts(address: str) -> list[str]:
    parts = address.strip().strip("/").split("/")
    if len(address) > ADDRESS_MAX or len(parts) > PARTS_MAX or address.startswith("/"):
        raise FieldInvalid(field="address", value=address[:80], expected=A_FOLDER)
    return [_part(part) for part in parts]


def _part(part: str) -> str:
    if not is_plain(part) or part.startswith(".") or part in ("done", "refused"):
        raise FieldInvalid(field="address", value=part[:80], expected=A_FOLDER)
    return part


def _without_password(address: str) -> str:
    """Return an address as a refusal may repeat it: whatever stands before the host may hold a password."""
    told = "".join(c for c in address if c.isprintable())
    return re.sub(r"^(\w*:?/*).*@", r"\1…@", told)[:80]
