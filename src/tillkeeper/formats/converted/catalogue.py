"""The canonical forms as formats. The CSV of a journal is the layout `journal`."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from tillkeeper.formats.canonical.reading import Format
from tillkeeper.formats.converted.counting import counted
from tillkeeper.formats.converted.parquet import reader_of, score
from tillkeeper.formats.layouts.catalogue import FOLDER as LAYOUTS
from tillkeeper.formats.layouts.declaration import Layout
from tillkeeper.formats.layouts.loading import format_of
from tillkeeper.formats.layouts.parsing import layout_from

FOLDER: Final = Path(__file__).parent


def _csv(layout: Layout) -> Format:
    made = format_of(layout)
    return replace(made, read=counted(made.read, layout.role))


def _parquet(layout: Layout, title: str) -> Format:
    made = format_of(layout)
    name = f"parquet.{layout.role.value}"
    return Format(
        name=name,
        role=layout.role,
        title=title,
        source="docs/reference/formats/canonical.md",
        recognise=partial(score, layout),
        read=reader_of(layout, name),
        columns=made.columns,
    )


_BILL: Final = layout_from(FOLDER / "bill.toml")
_STATEMENT: Final = layout_from(FOLDER / "statement.toml")
_JOURNAL: Final = layout_from(LAYOUTS / "journal.toml")
FORMATS: Final[tuple[Format, ...]] = (
    _csv(_BILL),
    _csv(_STATEMENT),
    _parquet(_JOURNAL, "Tillkeeper's journal of terminals as Parquet"),
    _parquet(_BILL, "Tillkeeper's canonical bill as Parquet"),
    _parquet(_STATEMENT, "Tillkeeper's canonical statement as Parquet"),
)
