"""Why a money file is refused as a whole. Each says file, line, column, and how to mend it."""

from dataclasses import dataclass
from typing import Any, ClassVar

from tillkeeper.kernel.errors import Invalid


@dataclass(eq=False, kw_only=True)
class UnreadableFile(Invalid):
    """Root of them: the file cannot be used."""

    code: ClassVar[str] = "formats.unreadable"
    sentence: ClassVar[str] = "The file %(name)s cannot be used."
    name: str


@dataclass(eq=False, kw_only=True)
class Unrecognised(UnreadableFile):
    """No format fits."""

    code: ClassVar[str] = "formats.unrecognised"
    sentence: ClassVar[str] = (
        "No format fits the file %(name)s, which begins with %(begins)s. "
        "Name its format, or teach it with a layout file."
    )
    begins: str


@dataclass(eq=False, kw_only=True)
class NearlyRecognised(UnreadableFile):
    """No format fits, and one would if its titles were all there."""

    code: ClassVar[str] = "formats.nearly_recognised"
    sentence: ClassVar[str] = (
        "No format fits the file %(name)s. It comes nearest to %(nearest)s, of which it lacks %(columns)s. "
        "Export it again with all its columns, or teach it with a layout file."
    )
    nearest: str
    columns: str


@dataclass(eq=False, kw_only=True)
class EmptyFile(UnreadableFile):
    """There is not one byte in it."""

    code: ClassVar[str] = "formats.empty"
    sentence: ClassVar[str] = "The file %(name)s is empty. Fetch it again."


@dataclass(eq=False, kw_only=True)
class Ambiguous(UnreadableFile):
    """Several formats fit equally well: which one it is must be said."""

    code: ClassVar[str] = "formats.ambiguous"
    sentence: ClassVar[str] = (
        "The formats %(formats)s fit the file %(name)s equally well. Name the one it is in; "
        "where layouts of your own are too alike, give them a [recognise] table that tells them apart."
    )
    formats: str  # their names, in order


@dataclass(eq=False, kw_only=True)
class BadLine(UnreadableFile):
    """One line is wrong, and the format allows none to be left out."""

    code: ClassVar[str] = "formats.bad_line"
    sentence: ClassVar[str] = (
        "%(name)s, line %(line)s, column %(column)s: “%(value)s” %(reason)s. "
        "The file is refused whole; fetch it again or ask its sender."
    )
    line: int
    column: str
    value: str  # at most 80 characters, card numbers masked
    reason: str  # completes the sentence: "is no date"

    def worded(self) -> dict[str, Any]:
        """Return the facts; what is wrong with a line as a whole stands in no column."""
        return self.facts() | {"column": self.column or "—"}


@dataclass(eq=False, kw_only=True)
class MissingColumns(UnreadableFile):
    """The header lacks columns that the format needs."""

    code: ClassVar[str] = "formats.missing_columns"
    sentence: ClassVar[str] = (
        "%(name)s, line %(line)s: the columns %(columns)s are missing. Export the file again with all its columns."
    )
    line: int
    columns: str


@dataclass(eq=False, kw_only=True)
class Truncated(UnreadableFile):
    """The file ends before its end."""

    code: ClassVar[str] = "formats.truncated"
    sentence: ClassVar[str] = (
        "%(name)s ends at line %(line)s before its end: %(missing)s is missing. Fetch the file again."
    )
    line: int
    missing: str


@dataclass(eq=False, kw_only=True)
class TooLarge(UnreadableFile):
    """A line, an archive or a document that would fill the memory."""

    code: ClassVar[str] = "formats.too_large"
    sentence: ClassVar[str] = (
        "%(name)s: %(what)s has %(found)s bytes; at most %(limit)s are taken. It is refused unread."
    )
    what: str
    found: int
    limit: int


@dataclass(eq=False, kw_only=True)
class Hostile(UnreadableFile):
    """A document that is built to harm its reader: entities, external references, nested archives."""

    code: ClassVar[str] = "formats.hostile"
    sentence: ClassVar[str] = (
        "%(name)s is refused: it contains %(what)s, which no honest file of its kind does."
    )
    what: str


@dataclass(eq=False, kw_only=True)
class WrongMerchant(UnreadableFile):
    """A bill for somebody else."""

    code: ClassVar[str] = "formats.wrong_merchant"
    sentence: ClassVar[str] = (
        "%(name)s, line %(line)s is for the merchant %(found)s, not %(expected)s."
    )
    line: int
    found: str
    expected: str


@dataclass(eq=False, kw_only=True)
class BrokenArchive(UnreadableFile):
    """A gzip or zip file that cannot be opened."""

    code: ClassVar[str] = "formats.broken_archive"
    sentence: ClassVar[str] = "The archive %(name)s cannot be opened: %(reason)s. Fetch it again."
    reason: str  # completes the sentence: "its compressed data are damaged"


@dataclass(eq=False, kw_only=True)
class BrokenParquet(UnreadableFile):
    """A Parquet file that was cut or damaged."""

    code: ClassVar[str] = "formats.broken_parquet"
    sentence: ClassVar[str] = (
        "The Parquet file %(name)s cannot be read: it is cut or damaged. Write it anew or fetch it again."
    )
