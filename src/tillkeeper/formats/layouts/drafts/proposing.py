"""From a sample file to a draft of its layout, proved on the sample as far as it goes."""

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import polars as pl

from tillkeeper.formats.canonical.errors import UnreadableFile
from tillkeeper.formats.canonical.movement import signed
from tillkeeper.formats.canonical.reading import Options, Verdict
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.layouts.drafts.columns import Columns, columns_of, role_of
from tillkeeper.formats.layouts.drafts.samples import Sample, sample_of
from tillkeeper.formats.layouts.drafts.text import Say, beginning_of, draft_text, name_for
from tillkeeper.formats.layouts.errors import BadLayout, NothingToPropose
from tillkeeper.formats.layouts.loading import format_of
from tillkeeper.formats.layouts.parsing import layout_of

MOST_BYTES: Final = 8 << 20
_FIGURE: Final = re.compile(
    r"([^\d\s,|;:：=\"'`+-][^\d,|;:：=\"'`+-]{0,19}?)\s*[:：=]?\s*([+-]?[\d,]*\d(?:\.\d+)?)"
)
_NUMBER: Final = r"\s*[:：=]?\s*([+-]?[\d,]*\d(?:\.\d+)?)"


def propose(
    data: bytes, name: str, *, role: Role | None = None, taken: Sequence[str] = (), say: Say = str
) -> str:
    """Return a draft as TOML. What is not found in it stands as a gap, which loading it points at.

    Args:
        data: the sample, unpacked, at most `MOST_BYTES`.
        name: of its file.
        role: whose word it is, where that is known.
        taken: names that the draft may not have.
        say: puts remarks into the reader's language.

    Raises:
        NothingToPropose: there are no rows to be told.
    """
    sample = sample_of(data[:MOST_BYTES])
    if sample is None or sample.width == 0:
        raise NothingToPropose(name=name)
    made = columns_of(sample, role or role_of(sample), titles_of(sample))
    called = name_for(name, taken)
    plain = draft_text(made, name=called, file=name, checks=(), say=say)
    checks = _checks(made, plain, data)
    if not checks:
        return plain
    proved = draft_text(made, name=called, file=name, checks=checks, say=say)
    verdict = _read(proved, data)
    return proved if verdict and verdict.sound else plain


def titles_of(sample: Sample) -> list[str]:
    """Return a title for each column that can be told apart: its own, else its number."""
    if not sample.titles:
        return [f"column {n}" for n in range(1, sample.width + 1)]
    seen, told = set[str](), list[str]()
    for n, title in enumerate(sample.titles, start=1):
        one = title if title and title not in seen else ""
        seen.add(title)
        told.append(one or f"column {n}")
    return told


def _checks(made: Columns, plain: str, data: bytes) -> list[dict[str, Any]]:
    """Return the checks that hold: figures below the rows that are their number, or the sum of their amounts."""
    amounts: list[
        int
    ] = []  # as a check adds them up; the verdict's sums leave out what moved no money
    verdict = _read(plain, data, amounts) if made.sample.below else None
    if verdict is None or not verdict.rows:
        return []
    total = sum(amounts)
    told: dict[str, dict[str, Any]] = {}
    for line in made.sample.below:
        for label, figure, pattern in _figures(line, made.sample):
            number = figure.replace(",", "").lstrip("+")
            if number == str(verdict.rows) and "rows" not in told:
                told["rows"] = {"name": f"rows: {label}", "stated": pattern, "of": "rows"}
            elif number in {f"{total / 100:.2f}", str(total)} and "sum" not in told:
                kind = {"type": "yuan"} if "." in number else {}
                called = f"amounts: {label}"
                told["sum"] = {"name": called, "stated": pattern, "of": "amount_minor", **kind}
    return list(told.values())


def _figures(line: str, sample: Sample) -> list[tuple[str, str, str]]:
    """Return label, figure and pattern of each figure of a line of totals."""
    found = [
        (m[1].strip(), m[2], re.escape(m[1].strip()) + _NUMBER) for m in _FIGURE.finditer(line)
    ]
    begins = beginning_of(line)
    if sample.delimiter and sample.delimiter in line and begins:
        sign = "\\t" if sample.delimiter == "\t" else re.escape(sample.delimiter)
        for place, cell in enumerate(line.split(sample.delimiter)):
            if place and re.fullmatch(r"\s*\"?[+-]?\d+(\.\d+)?\"?\s*", cell):
                before = (
                    rf"^\s*{re.escape(begins)}[^{sign}]*(?:{sign}[^{sign}]*){{{place - 1}}}{sign}"
                )
                pattern = before + r"\s*\"?([+-]?\d+(?:\.\d+)?)"
                found.append((f"{begins} {place + 1}", cell.strip(' "'), pattern))
    return found


def _read(text: str, data: bytes, amounts: list[int] | None = None) -> Verdict | None:
    """Return what reading the sample by a draft comes to; None: it cannot be read yet.

    The sum of the amounts of each frame is put into `amounts`.
    """
    try:
        layout = layout_of(text.encode(), "draft")
        form = format_of(layout)
    except BadLayout:
        return None
    gathered = [] if amounts is None else amounts

    def take(frame: pl.DataFrame) -> None:
        gathered.append(int(frame.select(signed(layout.role).sum()).item() or 0))

    with TemporaryDirectory(prefix="tillkeeper-") as folder:
        path = Path(folder) / "sample"
        path.write_bytes(data)
        try:
            return form.read(path, take, Options(year=2000))
        except UnreadableFile:
            return None
