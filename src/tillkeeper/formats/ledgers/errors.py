"""Why a whole file is refused. Each sentence says what is wrong, where, and how to mend it.

A bad row is no error: it comes back as a `RefusedRow` beside the good ones (see `refusals`).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from tillkeeper.kernel.errors import Invalid
from tillkeeper.kernel.phrases import Phrase


@dataclass(eq=False, kw_only=True)
class FileEmpty(Invalid):
    """There is nothing in the file."""

    code: ClassVar[str] = "ledger.file_empty"
    sentence: ClassVar[str] = (
        "The file %(name)s is empty. Choose a file with one row of column titles and rows below it."
    )
    name: str


@dataclass(eq=False, kw_only=True)
class FileTooLarge(Invalid):
    """The file is larger than may be brought in at once."""

    code: ClassVar[str] = "ledger.file_too_large"
    sentence: ClassVar[str] = (
        "The file %(name)s has more than %(limit_mib)s MiB, and no more is taken at once "
        "(TILLKEEPER_IMPORT_MAX_MIB). Split it into several files with the same titles, and bring them in one after "
        "the other."
    )
    name: str
    limit_mib: int


@dataclass(eq=False, kw_only=True)
class UnpacksTooLarge(Invalid):
    """A workbook that is small on disk would fill the memory."""

    code: ClassVar[str] = "ledger.unpacks_too_large"
    sentence: ClassVar[str] = (
        "The workbook %(name)s is too large once unpacked: %(found)s %(unit)s, at most %(limit)s. "
        "Delete empty rows and columns beyond the data, or save the sheet as CSV."
    )
    name: str
    found: int
    limit: int
    unit: str


@dataclass(eq=False, kw_only=True)
class WrongType(Invalid):
    """The file is something else than a ledger, whatever its name says."""

    code: ClassVar[str] = "ledger.wrong_type"
    sentence: ClassVar[str] = (
        "The file %(name)s is %(found)s, not a ledger. Bring in an XLSX, XLS or CSV file: "
        "open it in Excel or WPS and save it as one of these."
    )
    name: str
    found: str

    def worded(self) -> dict[str, Any]:
        """What it is as a phrase, such as “a PDF document”, to be said in the reader's language."""
        return {"name": self.name, "found": Phrase(self.found)}


@dataclass(eq=False, kw_only=True)
class PasswordProtected(Invalid):
    """The workbook is encrypted."""

    code: ClassVar[str] = "ledger.password_protected"
    sentence: ClassVar[str] = (
        "The workbook %(name)s is protected by a password. Open it, remove the password "
        "(File, Info, Protect Workbook), save it and bring it in again."
    )
    name: str


@dataclass(eq=False, kw_only=True)
class Damaged(Invalid):
    """The workbook cannot be read to its end."""

    code: ClassVar[str] = "ledger.damaged"
    sentence: ClassVar[str] = (
        "The workbook %(name)s is damaged or was cut off on its way. Open it in Excel or WPS, "
        "save it anew, or fetch it again from where it came."
    )
    name: str


@dataclass(eq=False, kw_only=True)
class TooManyColumns(Invalid):
    """More columns than any ledger has."""

    code: ClassVar[str] = "ledger.too_many_columns"
    sentence: ClassVar[str] = (
        "The file %(name)s has %(columns)s columns; at most %(limit)s are read. "
        "Delete the columns that do not belong to the ledger."
    )
    name: str
    columns: int
    limit: int


@dataclass(eq=False, kw_only=True)
class WrongEncoding(Invalid):
    """The text is neither UTF-8 nor GB18030."""

    code: ClassVar[str] = "ledger.wrong_encoding"
    sentence: ClassVar[str] = (
        "The text of %(name)s is neither UTF-8 nor GB18030: byte %(offset)s, in line %(line)s, "
        "cannot be read. Save the file again as “CSV UTF-8”."
    )
    name: str
    offset: int
    line: int


@dataclass(eq=False, kw_only=True)
class ImplausibleText(Invalid):
    """The text can be read as GB18030, but gives characters that no ledger has."""

    code: ClassVar[str] = "ledger.implausible_text"
    sentence: ClassVar[str] = (
        "The text of %(name)s is not UTF-8, and read as GB18030 it gives characters that no ledger has, "
        "such as “%(sample)s” in line %(line)s. It may be Big5. Open it in Excel or WPS with its right "
        "encoding, and save it as “CSV UTF-8”."
    )
    name: str
    sample: str
    line: int


@dataclass(eq=False, kw_only=True)
class NoHeader(Invalid):
    """No row could be the row of titles."""

    code: ClassVar[str] = "ledger.no_header"
    sentence: ClassVar[str] = (
        "No row of column titles was found in %(name)s. Put the titles, such as 序列号 or SN, "
        "into the first row."
    )
    name: str


@dataclass(eq=False, kw_only=True)
class NoSuchSheet(Invalid):
    """The workbook has no sheet of that name."""

    code: ClassVar[str] = "ledger.no_such_sheet"
    sentence: ClassVar[str] = (
        "The workbook %(name)s has no sheet “%(sheet)s”. Choose one of: %(sheets)s."
    )
    name: str
    sheet: str
    sheets: str


@dataclass(eq=False, kw_only=True)
class UnknownKind(Invalid):
    """There is no such kind of ledger."""

    code: ClassVar[str] = "ledger.unknown_kind"
    sentence: ClassVar[str] = "There is no ledger of the kind “%(kind)s”. Choose one of: %(kinds)s."
    kind: str
    kinds: str


@dataclass(eq=False, kw_only=True)
class ColumnsMissing(Invalid):
    """No column is mapped to a field that every row must have."""

    code: ClassVar[str] = "ledger.columns_missing"
    sentence: ClassVar[str] = (
        "No column stands for: %(fields)s. Say in the column mapping which column holds it, "
        "or add the column to the file."
    )
    fields: str


@dataclass(eq=False, kw_only=True)
class MappingWrong(Invalid):
    """The column mapping does not fit the file or the kind of ledger."""

    code: ClassVar[str] = "ledger.mapping_wrong"
    sentence: ClassVar[str] = (
        "The column mapping is wrong at column %(column)s (“%(field)s”). Give each field of this "
        "kind of ledger to one column of the file at most."
    )
    column: int
    field: str


@dataclass(eq=False, kw_only=True)
class ColumnsRival(Invalid):
    """Several columns have titles of one field, and nobody has said which of them holds it."""

    code: ClassVar[str] = "ledger.columns_rival"
    sentence: ClassVar[str] = (
        "The columns %(titles)s all stand for one thing: %(fields)s. Say in the column mapping which of "
        "them holds it; the others are not read."
    )
    fields: str
    titles: str


@dataclass(eq=False, kw_only=True)
class LayoutDiffers(Invalid):
    """The whole workbook has other columns than its first rows let expect."""

    code: ClassVar[str] = "ledger.layout_differs"
    sentence: ClassVar[str] = (
        "The columns of %(name)s cannot be told from its first rows. Save the sheet as “CSV UTF-8” "
        "and bring that in."
    )
    name: str
