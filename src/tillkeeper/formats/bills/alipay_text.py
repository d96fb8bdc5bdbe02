"""What Alipay's two bills share: a zip of detail and summary, text in GB18030, `#` lines around the rows."""

import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

import polars as pl

from tillkeeper.formats import archives
from tillkeeper.formats.bills.blocks import WHOLE_LINE, Lines, encoding_of, refuse
from tillkeeper.formats.bills.gathering import Figure
from tillkeeper.formats.bills.rows import BLANK, COMMA, FIRST, Table, Titles, require, title_names
from tillkeeper.formats.canonical.cells import PADDING
from tillkeeper.formats.canonical.errors import Hostile, Truncated, UnreadableFile
from tillkeeper.formats.canonical.reading import Head

PATTERN: Final = "%Y-%m-%d %H:%M:%S"
ENDS_WITH: Final = "列表结束"
LIST_END: Final = "the line that ends the list"
BEHIND: Final = "stands behind the end of the list"
ALIASES: Final = {
    "支付宝流水号": "支付宝交易号",
    "收入金额(元)": "收入金额(+元)",
    "收入(+元)": "收入金额(+元)",
    "支出金额(元)": "支出金额(-元)",
    "支出(-元)": "支出金额(-元)",
    "余额(元)": "账户余额(元)",
    "入账时间": "发生时间",
}
MOST_SUMMARY_LINES: Final = 100_000  # one a shop
TITLES_WITHIN: Final = 40
_ACCOUNT: Final = re.compile(r"账号\s*[:：]\s*\[?\s*([^\]\s,]+)")
GOODS: Final = "商品名称"
TIMES: Final = ("创建时间", "发生时间")  # what may stand behind it
_TIME: Final = re.compile(r"\s*\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\s*$")
_TOTAL_ROWS: Final = ("合计", "总计")


@dataclass(frozen=True, slots=True)
class Words:
    """How detail and summary of a bill are told: by titles that both need."""

    needed: tuple[str, ...]
    known: tuple[str, ...]
    summary: tuple[str, ...]
    member: str  # what the name of the detail in a zip has in it


@dataclass(slots=True)
class Bill:
    """An opened bill: its detail, and its summary where the zip holds one."""

    detail: Lines
    summary: Lines | None = None
    account: str = ""
    comments: list[tuple[int, str]] = field(default_factory=list)  # behind the rows

    def table(self, words: Words) -> Table:
        """Return the rows, which end at the next `#` line."""
        for line, text in self.detail.rest():
            if text.startswith("#"):
                self.account = self.account or _account(text)
            elif text.strip(PADDING):
                titles = Titles(line, title_names(text, ",", ALIASES))
                require(titles, words.needed, self.detail.name)
                ends = pl.col(FIRST).str.starts_with("#") | BLANK
                mend = _goods_mender(titles.names)
                return Table(self.detail, COMMA, titles, ends, words.known, mend)
        raise Truncated(name=self.detail.name, line=self.detail.number, missing="the title line")

    def finish(self) -> None:
        """Take the `#` lines behind the rows.

        Raises:
            BadLine: other lines stand there.
            Truncated: the one that ends the list is not among them.
        """
        for line, text in self.detail.rest():
            if text.startswith("#"):
                self.comments.append((line, text))
            elif text.strip(PADDING + ","):
                refuse(self.detail.name, line, WHOLE_LINE, text, BEHIND)
        if not any(ENDS_WITH in text for _line, text in self.comments):
            raise Truncated(
                name=self.detail.name, line=max(1, self.detail.number - 1), missing=LIST_END
            )


def score(head: Head, words: Words) -> float:
    """Tell by the titles, or by the names of the members of a zip."""
    if len(head.members) > 1:
        return 0.9 if any(words.member in name for name in head.members) else 0.0
    return 1.0 if _has_titles(head.data, words.needed) else 0.0


@contextmanager
def opened(path: Path, words: Words) -> Iterator[Bill]:
    """Open a plain file, or the detail and the summary in a zip, whatever their order and their names.

    Raises:
        Hostile, TooLarge, BrokenArchive: a zip that is none, or should not be opened.
        UnreadableFile: a zip without just one detail.
    """
    with ExitStack() as stack:
        plain = stack.enter_context(path.open("rb"))
        if plain.read(4) != archives.ZIP:
            plain.seek(0)
            yield Bill(Lines(plain, path.name))
            return
        archives.head(path)
        stack.enter_context(archives.damage_refused(path))
        yield _members(stack.enter_context(zipfile.ZipFile(path)), path, words, stack)


def _members(archive: zipfile.ZipFile, path: Path, words: Words, stack: ExitStack) -> Bill:
    found: dict[bool, list[Lines]] = {True: [], False: []}
    for member in archive.infolist():
        _refuse_way_out(path, archives.member_name(member))
        if member.is_dir():
            continue
        with archive.open(member) as file:
            begins = file.read(1 << 16)
        for is_detail, titles in ((True, words.needed), (False, words.summary)):
            if _has_titles(begins, titles):
                stream: IO[bytes] = stack.enter_context(archive.open(member))
                name = archives.member_name(member)
                found[is_detail].append(Lines(cast("BinaryIO", stream), name))
    if len(found[True]) != 1:
        raise UnreadableFile(name=path.name)
    return Bill(found[True][0], next(iter(found[False]), None))


def _refuse_way_out(path: Path, name: str) -> None:
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or ":" in parts[0]:
        raise Hostile(name=path.name, what="a member whose name leads out of the archive")


def _has_titles(begins: bytes, needed: Sequence[str]) -> bool:
    text = begins.decode(encoding_of(begins), errors="replace").removeprefix("\ufeff")
    lines = [line for line in text.split("\n", TITLES_WITHIN)[:TITLES_WITHIN] if line[:1] != "#"]
    return any(set(needed) <= set(title_names(line, ",", ALIASES)) for line in lines)


def _goods_mender(names: Sequence[str]) -> Callable[[list[str]], list[str] | None] | None:
    """Return what puts a name of goods with commas together again: a time comes next, and shows where it ends."""
    at = names.index(GOODS) if GOODS in names else len(names)
    if at + 1 >= len(names) or names[at + 1] not in TIMES:
        return None

    def mend(cells: list[str]) -> list[str] | None:
        more = len(cells) - len(names)
        times = [bool(_TIME.match(cell)) for cell in cells[at + 1 :]]
        if more <= 0 or True not in times or times.index(True) != more:
            return None
        return [*cells[:at], ",".join(cells[at : at + more + 1]), *cells[at + more + 1 :]]

    return mend


def _account(text: str) -> str:
    found = _ACCOUNT.search(text)
    return found.group(1) if found else ""


def summary_figures(lines: Lines, words: Words) -> dict[str, list[Figure]]:
    """Return the figures of a summary by their titles: its total row where it has one, else each shop's.

    Raises:
        BadLine: a row with more or fewer cells than titles; or more rows than shops can be.
    """
    names: tuple[str, ...] = ()
    rows: list[dict[str, Figure]] = []
    for line, text in lines.rest():
        if text.startswith("#") or not text.strip(PADDING + ","):
            continue
        if not names:
            names = title_names(text, ",", ALIASES)
            require(Titles(line, names), words.summary, lines.name)
            continue
        rows.append(_summary_row(lines, line, text, names))
    totals = [row for row in rows if next(iter(row.values())).cell in _TOTAL_ROWS]
    counted = totals or rows
    return {name: [row[name] for row in counted] for name in names if name}


def _summary_row(lines: Lines, line: int, text: str, names: tuple[str, ...]) -> dict[str, Figure]:
    cells = [cell.strip(PADDING) for cell in text.split(",")]
    if len(cells) != len(names) or line > MOST_SUMMARY_LINES:
        refuse(lines.name, line, WHOLE_LINE, text, "is no row of the summary")
    return {name: Figure(name, cell, line) for name, cell in zip(names, cells, strict=True) if name}
