"""Why a drop is refused, or why a round of it ended early."""

from dataclasses import dataclass
from typing import ClassVar

from tillkeeper.kernel.errors import Conflict, Forbidden, Invalid


@dataclass(eq=False, kw_only=True)
class HostNotAllowed(Forbidden):
    """Nobody makes the installation call machines that whoever runs it did not name."""

    code: ClassVar[str] = "settlement.drop_host_not_allowed"
    sentence: ClassVar[str] = (
        "%(login)s is not among the servers that Tillkeeper may connect to. Whoever runs the installation adds "
        "it to TILLKEEPER_SFTP_HOSTS."
    )
    login: str


@dataclass(eq=False, kw_only=True)
class LoginTaken(Conflict):
    """One installation has one key: a login belongs to one organisation, or files would cross over."""

    code: ClassVar[str] = "settlement.drop_login_taken"
    sentence: ClassVar[str] = (
        "%(login)s is used by a drop of another organisation. Ask the server's owner for a login of your own."
    )
    login: str


@dataclass(eq=False, kw_only=True)
class DropExists(Conflict):
    """The name, or what its password would be called, is taken."""

    code: ClassVar[str] = "settlement.drop_exists"
    sentence: ClassVar[str] = "The name “%(name)s” is taken by another drop. Choose another one."
    name: str


@dataclass(eq=False, kw_only=True)
class FolderUnusable(Conflict):
    """A link on the way, or no folder: it would lead to somewhere else on the server's disk."""

    code: ClassVar[str] = "settlement.drop_folder_unusable"
    sentence: ClassVar[str] = (
        "The folder %(folder)s is not there, or a link leads to it. It must be a plain folder below the folder of "
        "drops (TILLKEEPER_DROPS) that Tillkeeper may read and write."
    )
    folder: str


@dataclass(eq=False, kw_only=True)
class DropBusy(Conflict):
    """One round at a time."""

    code: ClassVar[str] = "settlement.drop_busy"
    sentence: ClassVar[str] = "Drop %(drop)s is being fetched just now. Wait until that is over."
    drop: str


@dataclass(eq=False, kw_only=True)
class RoundEnded(Conflict):
    """Whatever ends a round before its last file; what was not fetched is fetched at the next one."""

    code: ClassVar[str] = "settlement.drop_round_ended"
    sentence: ClassVar[str] = "The round ended early; the next one goes on where it stopped."


@dataclass(eq=False, kw_only=True)
class RoundStopped(RoundEnded):
    """Somebody asked for it, or the worker ends."""

    code: ClassVar[str] = "settlement.drop_stopped"
    sentence: ClassVar[str] = "Fetching was stopped. The next round goes on where it stopped."


@dataclass(eq=False, kw_only=True)
class DropChanged(RoundEnded):
    """It was changed or removed during the round."""

    code: ClassVar[str] = "settlement.drop_changed"
    sentence: ClassVar[str] = (
        "Drop %(drop)s was changed while it was fetched. The next round looks there anew."
    )
    drop: str


@dataclass(eq=False, kw_only=True)
class HostKeyUnknown(RoundEnded):
    """A server is never trusted at sight."""

    code: ClassVar[str] = "settlement.drop_host_key_unknown"
    sentence: ClassVar[str] = (
        "The key of %(host)s was never saved, so nothing is fetched. Ask the server for it, compare its "
        "fingerprint with the one its owner gave you, and save it."
    )
    host: str


@dataclass(eq=False, kw_only=True)
class HostKeyChanged(RoundEnded):
    """The server is another one, or somebody stands between."""

    code: ClassVar[str] = "settlement.drop_host_key_changed"
    sentence: ClassVar[str] = (
        "%(host)s shows another key (%(shown)s) than the one that was saved (%(saved)s). Nothing was fetched and "
        "no password was sent. Ask its owner whether the server was renewed; only then ask it again, compare and save."
    )
    host: str
    shown: str
    saved: str


@dataclass(eq=False, kw_only=True)
class LoginRefused(RoundEnded):
    """Neither our key nor the password is taken there."""

    code: ClassVar[str] = "settlement.drop_login_refused"
    sentence: ClassVar[str] = (
        "%(login)s did not let Tillkeeper in. Give the server's owner the public key of this installation, or have "
        "the password set in %(variable)s."
    )
    login: str
    variable: str


@dataclass(eq=False, kw_only=True)
class ServerUnreachable(RoundEnded):
    """No connection, or it was lost."""

    code: ClassVar[str] = "settlement.drop_unreachable"
    sentence: ClassVar[str] = (
        "%(host)s did not answer as an SFTP server should (%(reason)s). It is tried again at the next round."
    )
    host: str
    reason: str


@dataclass(eq=False, kw_only=True)
class ServerFolderRefused(RoundEnded):
    """The other server does not show the folder or the file."""

    code: ClassVar[str] = "settlement.drop_server_folder"
    sentence: ClassVar[str] = (
        "%(host)s does not let %(folder)s be read: it is not there, or this login may not. "
        "Ask the server's owner, or correct the address."
    )
    host: str
    folder: str


@dataclass(eq=False, kw_only=True)
class TooManyFiles(RoundEnded):
    """What is known of a drop has a bound."""

    code: ClassVar[str] = "settlement.drop_too_many_files"
    sentence: ClassVar[str] = (
        "More than %(most)s files lie in the drop, so nothing is fetched. Move the old ones away."
    )
    most: int


@dataclass(eq=False, kw_only=True)
class NoRoom(RoundEnded):
    """The store's disk would fill up."""

    code: ClassVar[str] = "settlement.drop_no_room"
    sentence: ClassVar[str] = (
        "There is no room on the disk of Tillkeeper for %(name)s (%(size)s bytes). It is fetched once there is."
    )
    name: str
    size: int


@dataclass(eq=False, kw_only=True)
class FileTooLarge(Invalid):
    """Larger than any file may be."""

    code: ClassVar[str] = "settlement.drop_file_too_large"
    sentence: ClassVar[str] = (
        "%(name)s has %(size)s bytes or more; at most %(most)s are fetched (TILLKEEPER_IMPORT_MAX_MIB). "
        "Ask its sender for smaller files."
    )
    name: str
    size: int
    most: int


@dataclass(eq=False, kw_only=True)
class FileMoving(Conflict):
    """It grew or shrank between the look and the last byte."""

    code: ClassVar[str] = "settlement.drop_file_moving"
    sentence: ClassVar[str] = "%(name)s changed while it was fetched. It is taken once it rests."
    name: str


@dataclass(eq=False, kw_only=True)
class FileUnreadable(Conflict):
    """It lies there and cannot be opened."""

    code: ClassVar[str] = "settlement.drop_file_unreadable"
    sentence: ClassVar[str] = "%(name)s cannot be read. Let the user that runs Tillkeeper read it."
    name: str


@dataclass(eq=False, kw_only=True)
class FileStays(Conflict):
    """It was taken, and could not be moved out of the way."""

    code: ClassVar[str] = "settlement.drop_file_stays"
    sentence: ClassVar[str] = (
        "%(name)s was looked at and cannot be moved away. Let the user that runs Tillkeeper write to the folder."
    )
    name: str


@dataclass(eq=False, kw_only=True)
class NamesUnusable(Conflict):
    """Names that lead elsewhere, or that nobody can read."""

    code: ClassVar[str] = "settlement.drop_names_unusable"
    sentence: ClassVar[str] = (
        "%(count)s files are left where they are because of their names, the first is %(name)s. "
        "Have them named without slashes and control characters."
    )
    count: int
    name: str


@dataclass(eq=False, kw_only=True)
class ReadingBroke(Conflict):
    """A fault of ours: told, and the file is not tried again until it changes."""

    code: ClassVar[str] = "settlement.drop_reading_broke"
    sentence: ClassVar[str] = (
        "%(name)s could not be read because of a fault of Tillkeeper (%(kind)s). Please report it; "
        "the other files are fetched."
    )
    name: str
    kind: str
