"""Refused rows: a file in the original layout, every cell as a JSON line, the first thousands as rows."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson
from django.utils.translation import gettext as _

from tillkeeper.formats.ledgers.layout import Layout
from tillkeeper.formats.ledgers.refusals import RefusedRow
from tillkeeper.formats.ledgers.writing import RefusedWriter, suffix_for
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.files import Kept, keep_file, kept_file
from tillkeeper.kernel.retention import RetentionClass
from tillkeeper.terminals.models import Import, ImportRefusal
from tillkeeper.terminals.queries import imports
from tillkeeper.terminals.services.imports.reasons import reason

REFUSALS_KEPT: Final = 10_000
MEDIA_TYPES: Final = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LINES: Final = "application/x-ndjson"


class RefusalSink:
    """Takes refused rows one by one, in memory that does not grow with them."""

    def __init__(self, layout: Layout) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tillkeeper-refused-")
        self._path = Path(self._folder.name) / f"refused{suffix_for(layout)}"
        self._layout = layout
        self._writer: RefusedWriter | None = (
            None  # opened with the first refused row: most files have none
        )
        self._lines = tempfile.TemporaryFile(dir=self._folder.name)  # noqa: SIM115  closed in __exit__
        self.codes: Counter[str] = Counter()
        self.first: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close_writer()
        self._lines.close()
        self._folder.cleanup()

    def add(self, row: RefusedRow) -> None:
        """Take one row with all that is wrong in it."""
        if self._writer is None:
            added = (_("Line in the original file"), _("Why it was refused"))
            self._writer = RefusedWriter(self._path, self._layout, added=added, render=_reasons)
        self._writer.write(row)
        for cell in row.cells:
            self.codes[cell.code] += 1
            facts = {
                "line": cell.line,
                "column": cell.column,
                "value": cell.value,
                "code": cell.code,
                "facts": dict(cell.facts),
            }
            self._lines.write(orjson.dumps(facts, default=str) + b"\n")
            if len(self.first) < REFUSALS_KEPT:
                self.first.append(facts)

    def keep(self, run: Import, by: Actor, at: datetime) -> tuple[str, str]:
        """Put both files into the file store; return their digests, blank if nothing was refused."""
        ImportRefusal.objects.filter(run=run).delete()
        if not self.codes:
            return "", ""
        self._close_writer()
        ImportRefusal.objects.bulk_create(
            [_stored(run, facts) for facts in self.first], batch_size=2_000
        )
        stem = Path(run.file_name).stem[:200]
        shared: dict[str, Any] = {"retention": RetentionClass.LEDGER_FILE, "by": by, "at": at}
        name = f"{stem}-refused{self._path.suffix}"
        with self._path.open("rb") as file:
            rows = keep_file(file, name=name, media_type=MEDIA_TYPES[self._path.suffix], **shared)
        self._lines.seek(0)
        cells = keep_file(self._lines, name=f"{stem}-refused.jsonl", media_type=LINES, **shared)
        return rows.sha256, cells.sha256

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def refused_file(*, number: str, by: Actor, at: datetime) -> Kept:  # noqa: ARG001  a verb like the others; a look is no change
    """Return the refused rows of an import's last pass as a file in the original layout.

    Raises:
        NotFound: no such import within view, or nothing was refused.
    """
    run = imports(by).filter(number=number).first()
    if run is None or not run.refused_sha256:
        raise NotFound(kind="file", key=number)
    return kept_file(run.refused_sha256)


def refusal_rows(number: str) -> Iterator[dict[str, Any]]:
    """Return every refused cell of an import's last pass: row, column, value, code, reason; in the file's order."""
    run = Import.objects.get(number=number)
    latest = run.result if run.result.get("refused_lines") else run.dry_run
    digest = latest.get("refused_lines", "")
    if not digest:
        return
    with kept_file(digest).path.open("rb") as lines:
        for line in lines:
            cell = orjson.loads(line)
            yield {
                "row": cell["line"],
                "column": cell["column"],
                "value": cell["value"],
                "code": cell["code"],
                "reason": reason(cell["code"], {**cell, **cell["facts"]}),
            }


def _stored(run: Import, facts: dict[str, Any]) -> ImportRefusal:
    kept = orjson.loads(orjson.dumps(facts["facts"], default=str))
    return ImportRefusal(
        run=run,
        line=facts["line"],
        column=facts["column"][:120],
        value=facts["value"][:120],
        code=facts["code"],
        facts=kept,
    )


def _reasons(row: RefusedRow) -> str:
    return " ".join(
        reason(
            cell.code, {"line": cell.line, "column": cell.column, "value": cell.value, **cell.facts}
        )
        for cell in row.cells
    )
