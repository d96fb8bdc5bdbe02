"""Why an import as a whole is refused. A refused row is no error: see `reasons`."""

from dataclasses import dataclass
from typing import ClassVar

from tillkeeper.kernel.errors import Busy, Conflict


@dataclass(eq=False, kw_only=True)
class ImportNotReady(Conflict):
    """An import was asked for something that its present status does not allow."""

    code: ClassVar[str] = "terminals.import_not_ready"
    sentence: ClassVar[str] = "Import %(number)s is %(status)s: this cannot be done with it now."
    number: str
    status: str


@dataclass(eq=False, kw_only=True)
class ImportBuiltOn(Conflict):
    """What an import brought in has been used or changed since, so it cannot be taken back."""

    code: ClassVar[str] = "terminals.import_built_on"
    sentence: ClassVar[str] = (
        "Import %(number)s cannot be undone: %(count)s of the things it brought in have been used or changed since, "
        "among them %(first)s. Correct these one by one instead."
    )
    number: str
    count: int
    first: str


@dataclass(eq=False, kw_only=True)
class ImportStopped(Conflict):
    """Somebody asked the import to stop; nothing of it was kept."""

    code: ClassVar[str] = "terminals.import_stopped"
    sentence: ClassVar[str] = "Import %(number)s was stopped; nothing was written."
    number: str


@dataclass(eq=False, kw_only=True)
class RowsRefused(Conflict):
    """All or nothing was chosen, and some rows were refused."""

    code: ClassVar[str] = "terminals.import_rows_refused"
    sentence: ClassVar[str] = (
        "%(refused)s rows of import %(number)s were refused and “all or nothing” is chosen, so nothing was written. "
        "Mend these rows, or choose to bring in the good ones."
    )
    number: str
    refused: int


@dataclass(eq=False, kw_only=True)
class ImportDisturbed(Busy):
    """Something else wrote the same serial numbers or codes at the same moment."""

    code: ClassVar[str] = "terminals.import_disturbed"
    sentence: ClassVar[str] = (
        "Something else wrote rows of import %(number)s at the same moment, so nothing was written. Start it again."
    )
    number: str


@dataclass(eq=False, kw_only=True)
class ImportInterrupted(Conflict):
    """The process that worked on an import is gone."""

    code: ClassVar[str] = "terminals.import_interrupted"
    sentence: ClassVar[str] = (
        "The work on import %(number)s was interrupted; nothing was written. Start it again."
    )
    number: str


@dataclass(eq=False, kw_only=True)
class ImportBroken(Conflict):
    """A fault of the software; the log has the details."""

    code: ClassVar[str] = "terminals.import_broken"
    sentence: ClassVar[str] = (
        "Import %(number)s ended with an unexpected fault (%(kind)s); nothing was written. "
        "Start it again; if it happens again, report the import's number."
    )
    number: str
    kind: str


@dataclass(eq=False, kw_only=True)
class FileForgotten(Conflict):
    """Card numbers were found in the file, so it was deleted."""

    code: ClassVar[str] = "terminals.import_file_forgotten"
    sentence: ClassVar[str] = (
        "Card numbers were found in the file of import %(number)s, so the file was deleted at once. "
        "Delete the card numbers from your own copy, and bring that in."
    )
    number: str


@dataclass(eq=False, kw_only=True)
class DraftExpired(Conflict):
    """A file that nobody went on with is not kept: nobody has looked whether card numbers are in it."""

    code: ClassVar[str] = "terminals.import_draft_expired"
    sentence: ClassVar[str] = (
        "Import %(number)s was never checked, so its file was deleted after a day. Bring the file in again."
    )
    number: str


@dataclass(eq=False, kw_only=True)
class LedgerForgotten(Conflict):
    """A file with settlement accounts or id numbers is kept only as long as somebody works on it."""

    code: ClassVar[str] = "terminals.import_ledger_forgotten"
    sentence: ClassVar[str] = (
        "The file of import %(number)s holds settlement accounts or id numbers, so it was deleted after its use, "
        "or after a day without any. Bring the file in again."
    )
    number: str


PROBLEMS = (
    ImportStopped,
    RowsRefused,
    ImportDisturbed,
    ImportInterrupted,
    ImportBroken,
    FileForgotten,
    DraftExpired,
    LedgerForgotten,
)
