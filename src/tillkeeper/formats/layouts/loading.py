"""A declared layout as a `Format`, from a path given from outside or from this package."""

from functools import partial
from pathlib import Path

from tillkeeper.formats.canonical.reading import Format
from tillkeeper.formats.layouts.declaration import Layout
from tillkeeper.formats.layouts.parsing import layout_from
from tillkeeper.formats.layouts.reading import read_with
from tillkeeper.formats.layouts.recognition import score
from tillkeeper.formats.layouts.writing import write_with


def load_layout(path: Path) -> Format:
    """Return the format that a TOML file declares.

    Raises:
        BadLayout: it declares something that cannot be; says at which key, and what is expected.
        OSError: the file cannot be read.
    """
    return format_of(layout_from(path))


def format_of(layout: Layout) -> Format:
    """Return a layout as a format."""
    return Format(
        name=layout.name,
        role=layout.role,
        title=layout.title,
        source=layout.source,
        recognise=partial(score, layout),
        read=partial(read_with, layout),
        write=partial(write_with, layout) if _is_writable(layout) else None,
        columns=tuple(_columns(layout)),
    )


def _is_writable(layout: Layout) -> bool:
    """Say whether rows alone make a whole file: lines of totals are not written."""
    return not layout.checks and not layout.lines.end_required


def _columns(layout: Layout) -> list[tuple[str, str]]:
    """Return each field of the file with the canonical columns that are made from it."""
    into: dict[str, list[str]] = {one.title: [] for one in layout.fields}
    for column, sources in layout.canonical.items():
        for source in sources:
            for title in source.fields:
                if column not in into[title]:
                    into[title].append(column)
    return [(one.title, ", ".join(into[one.title])) for one in layout.fields]
