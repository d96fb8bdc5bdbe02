"""What a reader takes and gives. Frames go to the taker while the file is read; the verdict comes at its end.

A file counts only when its verdict is sound: who takes the frames keeps them aside until then.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import polars as pl

from tillkeeper.formats.canonical.tables import Role

FRAME_ROWS: Final = 500_000  # rows of one frame at most: what bounds the memory of reading
HEAD_BYTES: Final = 64 * 1024  # what is looked at to tell a format
ZONE: Final = "Asia/Shanghai"  # of local times in files that name no zone

Taker = Callable[[pl.DataFrame], None]  # a canonical frame, in file order


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file, to tell its format by."""

    name: str  # without folders
    data: bytes  # at most HEAD_BYTES; of a gzip file or the one member of a zip: of what is inside
    size: int
    members: tuple[str, ...] = ()  # of a zip
    path: Path | None = None  # where it lies, unless it is packed: a workbook is told by its cells

    def text(self, encoding: str = "utf-8") -> str:
        """Return it decoded, broken characters replaced, without a byte-order mark."""
        return self.data.decode(encoding, errors="replace").removeprefix("\ufeff")


@dataclass(frozen=True, slots=True)
class Check:
    """One of the file's own figures held against its rows."""

    name: str  # an English phrase: "rows against the summary line"
    stated: str
    found: str
    line: int | None = None  # where it is stated

    @property
    def holds(self) -> bool:
        """True when they agree."""
        return self.stated == self.found


@dataclass(frozen=True, slots=True)
class SetAside:
    """A line that could not be used, in a format that allows to go on without it. Counted in every total."""

    line: int
    column: str
    value: str  # card numbers masked
    reason: str  # a whole English sentence: what is wrong and how to mend it


@dataclass(frozen=True, slots=True)
class Verdict:
    """What reading a file to its end came to."""

    format: str
    role: Role
    rows: int  # given to the taker
    sums: dict[str, int] = field(
        default_factory=dict
    )  # by currency: amounts of the rows, refunds negative
    checks: tuple[Check, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    facts: dict[str, str] = field(
        default_factory=dict
    )  # account, period, merchant, opening and closing balance ...

    @property
    def sound(self) -> bool:
        """True when every figure that the file states of itself holds."""
        return all(check.holds for check in self.checks)


@dataclass(frozen=True, slots=True)
class Options:
    """What may be said about a file from outside."""

    zone: str = ZONE
    currency: str = "CNY"  # where the file names none
    mid: str = ""  # the merchant a bill must be for; another is refused
    year: int | None = None  # where lines carry no year and the name does not tell


class Reader(Protocol):
    """Reads one file of one format."""

    def __call__(self, path: Path, take: Taker, options: Options) -> Verdict:
        """Give every row to `take`, in file order, and return the verdict.

        Raises:
            UnreadableFile or a subclass (see errors): the file cannot be used as a whole.
        """
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that can be read."""

    name: str  # stable: "zm", "wechat.trade"
    role: Role
    title: str  # an English phrase, translatable
    source: str  # where the layout is described
    recognise: Callable[[Head], float]  # 0: surely not; 1: surely
    read: Reader
    write: Callable[[pl.DataFrame, Path], None] | None = (
        None  # a canonical frame into a file of this format
    )
    columns: tuple[
        tuple[str, str], ...
    ] = ()  # (as the file has it, canonical name) for the documentation
    version: str = ""  # of a layout that is kept in versions: "HQ/mine/3"
