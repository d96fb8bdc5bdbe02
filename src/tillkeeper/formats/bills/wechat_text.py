"""What WeChat Pay's two bills share: cells behind backticks, a table, and below it a summary of one row."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills.blocks import WHOLE_LINE, Lines, refuse
from tillkeeper.formats.bills.gathering import Figure, Gathered
from tillkeeper.formats.bills.rows import BACKTICK, FIRST, Table, Titles, require, title_names
from tillkeeper.formats.canonical.cells import PADDING
from tillkeeper.formats.canonical.errors import Truncated
from tillkeeper.formats.canonical.reading import Head, Verdict

PATTERN: Final = "%Y-%m-%d %H:%M:%S"
NO_BILL: Final = re.compile(r"No Bill Exist|NO_STATEMENT_EXIST|>\s*20002\s*<", re.IGNORECASE)
ANSWER_BYTES: Final = 4096  # an error answer is a few hundred
SUMMARY: Final = "its summary"
ROWS_CHECK: Final = "rows against the summary"
BEHIND: Final = "is neither a row, nor the summary, nor blank"


@dataclass(frozen=True, slots=True)
class Words:
    """The titles of a bill: older names and what they are called here, and those it must have."""

    aliases: Mapping[str, str]
    needed: tuple[str, ...]
    known: tuple[str, ...]
    summary_needed: tuple[str, ...]


def is_empty_day(data: bytes) -> bool:
    """Say whether a file is the answer that the download gives for a day without payments."""
    text = data[:ANSWER_BYTES].decode("utf-8", errors="replace").lstrip("\ufeff \r\n\t")
    return len(data) < ANSWER_BYTES and text[:1] in {"<", "{"} and bool(NO_BILL.search(text))


def empty_day(path: Path, gathered: Gathered) -> Verdict | None:
    """Return the verdict on such an answer, None for any other file."""
    with path.open("rb") as file:
        data = file.read(ANSWER_BYTES)
    return gathered.verdict((), empty_day="No Bill Exist") if is_empty_day(data) else None


def first_titles(head: Head, words: Words) -> tuple[str, ...]:
    """Return the titles in the first line of a file, by the names of this package."""
    return title_names(head.text().lstrip().split("\n", 1)[0], ",", words.aliases)


def open_table(lines: Lines, words: Words) -> Table:
    """Return the rows below the title line, which ends where a line begins without a backtick.

    Raises:
        Truncated: there is no line at all.
        MissingColumns: titles are missing.
    """
    first = lines.next()
    if first is None or not first[1].strip(PADDING):
        raise Truncated(name=lines.name, line=1, missing="the title line")
    titles = Titles(first[0], title_names(first[1], ",", words.aliases))
    require(titles, words.needed, lines.name)
    return Table(lines, BACKTICK, titles, ~pl.col(FIRST).str.starts_with("`"), words.known)


def read_summary(lines: Lines, words: Words) -> dict[str, Figure]:
    """Return the figures of the summary by their titles. It is the last thing in the file.

    Raises:
        Truncated: it is not there.
        BadLine: something else is.
    """
    titles = _next_full(lines)
    if not titles[1]:
        raise Truncated(name=lines.name, line=titles[0], missing=SUMMARY)
    names = title_names(titles[1], ",", words.aliases)
    if not set(words.summary_needed) & set(names):
        refuse(lines.name, titles[0], WHOLE_LINE, titles[1], BEHIND)
    line, text = _next_full(lines)
    if not text:
        raise Truncated(name=lines.name, line=line, missing=SUMMARY)
    require(Titles(titles[0], names), words.summary_needed, lines.name)
    behind = _next_full(lines)
    if behind[1]:
        refuse(lines.name, behind[0], WHOLE_LINE, behind[1], BEHIND)
    cells = [cell.strip(PADDING) for cell in text.split(",`")]
    if len(cells) != len([name for name in names if name]):
        raise Truncated(name=lines.name, line=line, missing=SUMMARY)
    return {name: Figure(name, cell, line) for name, cell in zip(names, cells, strict=False)}


def _next_full(lines: Lines) -> tuple[int, str]:
    """Return the next line that is not blank; at the end the number of the last and ""."""
    for number, text in lines.rest():
        if text.strip(PADDING):
            return number, text
    return max(1, lines.number - 1), ""
