"""The files of a run, written beside each other; a folder holds all of them or, after a crash, the ones from before."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl
import xlsxwriter

from tillkeeper.engines.matching.intake import Intake
from tillkeeper.engines.matching.reports.page import page
from tillkeeper.engines.matching.run import Outcome

CSV, XLSX, JSON, HTML = "differences.csv", "differences.xlsx", "summary.json", "report.html"
SHEET_ROWS: Final = 1_000_000  # an XLSX sheet holds 1,048,576
FORMULA: Final = r"^([=+\-@\t\r])"  # what a spreadsheet would run
Gettext = Callable[[str], str]


def write_reports(
    outcome: Outcome, intakes: Sequence[Intake], folder: Path, *, gettext: Gettext = str
) -> dict[str, Any]:
    """Write all four files into `folder`, which is made if it is not there; return the summary as JSON has it.

    Args:
        outcome: of the run.
        intakes: the files that went into it.
        folder: where to; files of the same name are replaced.
        gettext: puts an English sentence into the reader's language, for the page and the sheet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = summary_of(outcome, intakes)
    rows = spoken(outcome.differences, gettext)
    writers: dict[str, Callable[[Path], object]] = {
        CSV: outcome_csv(outcome),
        XLSX: lambda path: _workbook(rows, path),
        JSON: lambda path: path.write_text(
            json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8"
        ),
        HTML: lambda path: path.write_text(page(told, rows, gettext), "utf-8"),
    }
    _all_or_none(writers, folder)
    return told


def _all_or_none(writers: Mapping[str, Callable[[Path], object]], folder: Path) -> None:
    """Write every file aside, then put all in their places: a full disk leaves the ones from before as they were."""
    parts = {name: folder / f".{name}.part" for name in writers}
    try:
        for name, write in writers.items():
            write(parts[name])
        for name, part in parts.items():
            part.replace(folder / name)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def outcome_csv(outcome: Outcome) -> Callable[[Path], None]:
    """Return the writer of differences.csv: UTF-8 with a header, times with offset, no cell that a spreadsheet runs."""

    def write(path: Path) -> None:
        guarded(outcome.differences).write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%:z")

    return write


def guarded(rows: pl.DataFrame) -> pl.DataFrame:
    """Return texts that a spreadsheet would take for a formula with an apostrophe before them."""
    texts = [name for name, kind in rows.schema.items() if kind == pl.String]
    return rows.with_columns(pl.col(texts).str.replace(FORMULA, "'$1"))


def spoken(rows: pl.DataFrame, gettext: Gettext) -> pl.DataFrame:
    """Return the rows with class and cause in the reader's language."""
    words = {code: gettext(code) for name in ("class", "cause") for code in rows[name].unique()}
    return rows.with_columns(pl.col("class", "cause").replace(words))


def summary_of(outcome: Outcome, intakes: Sequence[Intake]) -> dict[str, Any]:
    """Return the summary: classes, channels, balance, per file rows, sums and verdict, versions and hashes."""
    return {
        "agrees": outcome.agrees,
        **outcome.summary,
        "files": [_file(intake) for intake in intakes],
        "versions": outcome.versions,
    }


def _file(intake: Intake) -> dict[str, Any]:
    verdict = intake.verdict
    told: dict[str, Any] = {
        "name": intake.name,
        "sha256": intake.sha256,
        "bytes": intake.size,
        "sound": intake.sound,
    }
    if verdict is None:
        return told | {
            "refused": str(intake.refused),
            "code": intake.refused.code if intake.refused else "",
        }
    return told | {
        "format": verdict.format,
        "role": verdict.role.value,
        "rows": verdict.rows,
        "sums": verdict.sums,
        "set_aside": len(verdict.set_aside),
        "checks": [
            {"name": one.name, "stated": one.stated, "found": one.found, "holds": one.holds}
            for one in verdict.checks
        ],
    }


def _workbook(rows: pl.DataFrame, path: Path) -> None:
    shown = guarded(rows.head(SHEET_ROWS)).with_columns(
        pl.col("at").dt.strftime("%Y-%m-%d %H:%M:%S")
    )
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("differences")
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, shown.height, shown.width - 1)
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, shown.columns, bold)
        for number, row in enumerate(shown.iter_rows(named=True), start=1):
            for column, (name, value) in enumerate(row.items()):
                if value is not None:
                    sheet.write(number, column, value, day if name == "due_on" else None)
