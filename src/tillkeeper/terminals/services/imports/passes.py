"""One pass over a file: read, judged and written in chunks; progress told and a wish to stop heeded between them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

from django.conf import settings

from tillkeeper.formats.ledgers.errors import LayoutDiffers
from tillkeeper.formats.ledgers.reading import read_entries
from tillkeeper.formats.ledgers.refusals import Entry, RefusedRow
from tillkeeper.formats.ledgers.tables import Table, open_layout, open_table
from tillkeeper.kernel.files import kept_file
from tillkeeper.terminals.models import Import
from tillkeeper.terminals.services.imports.binding_rows import BindingRows
from tillkeeper.terminals.services.imports.merchant_rows import MerchantRows
from tillkeeper.terminals.services.imports.model_rows import ModelRows
from tillkeeper.terminals.services.imports.reading_ahead import read_ahead
from tillkeeper.terminals.services.imports.run import Run
from tillkeeper.terminals.services.imports.site_rows import SiteRows
from tillkeeper.terminals.services.imports.terminal_rows import TerminalRows

CHUNK: Final = 5_000
MEBIBYTE: Final = 1024 * 1024
Tell = Callable[[float, int], None]  # share done, rows seen; raises to stop


class Rows(Protocol):
    """One kind of ledger: takes its rows a chunk at a time."""

    def take(self, entries: list[Entry]) -> None:
        """Judge a chunk, and write what stands unless the run is a dry one."""


KINDS: Final[MappingProxyType[str, Callable[[Run], Rows]]] = MappingProxyType(
    {
        "terminals": TerminalRows,
        "models": ModelRows,
        "merchants": MerchantRows,
        "sites": SiteRows,
        "bindings": BindingRows,
    }
)


@contextmanager
def opened(record: Import) -> Iterator[Table]:
    """Open the stored file of an import as it is to be read."""
    path, sheet = kept_file(record.sha256).path, record.layout.get("sheet") or None
    with open_table(path, name=record.file_name, sheet=sheet, max_bytes=max_bytes()) as table:
        yield table


def max_bytes() -> int:
    """Return the size from which a file is refused unread."""
    return int(settings.TILLKEEPER_IMPORT_MAX_MIB) * MEBIBYTE


def open_path(path: Path, name: str, sheet: str | None = None) -> Table:
    """Open a file for its titles: of a large workbook the first rows alone; the rest comes later."""
    return open_layout(path, name=name, sheet=sheet, max_bytes=max_bytes())


def columns_of(record: Import, titles: Sequence[str]) -> dict[int, str]:
    """Return the chosen mapping for the columns that the whole file turned out to have.

    The titles were found in its first rows; further down there may be cells to the left of them, or to the right.

    Raises:
        LayoutDiffers: these are not the titles that were mapped.
    """
    known = _to_the_last(record.layout["titles"])
    shift = next((n for n in range(len(titles)) if _is_at(known, n, titles)), None)
    if shift is None:
        raise LayoutDiffers(name=record.file_name)
    return {int(index) + shift: field for index, field in record.mapping.items() if field}


def _to_the_last(titles: Sequence[str]) -> list[str]:
    """Return the titles without the blank ones at the end."""
    kept = list(titles)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _is_at(known: list[str], shift: int, titles: Sequence[str]) -> bool:
    return [""] * shift + known == _to_the_last(titles)


def go_through(record: Import, table: Table, run: Run, tell: Tell) -> None:
    """Read the whole file and judge every row."""
    rows = KINDS[record.kind](run)
    chunk: list[Entry] = []
    with closing(read_ahead(read_entries(table, run.columns, record.kind))) as items:
        for item in items:
            if isinstance(item, RefusedRow):
                run.refuse_row(item)
            else:
                chunk.append(item)
            if len(chunk) + len(run.waiting) >= CHUNK:
                _take(rows, run, chunk)
                chunk = []
                tell(table.fraction, run.counts.rows)
    _take(rows, run, chunk)
    if not run.counts.rows:
        run.note("ledger.no_rows")
    tell(1.0, run.counts.rows)


def _take(rows: Rows, run: Run, chunk: list[Entry]) -> None:
    rows.take(chunk)
    run.hand_over()
