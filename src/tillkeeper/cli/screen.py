"""What commands print with: results to stdout, everything else to stderr, JSON in one piece."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

NARROWEST: Final = 80


def out() -> Console:
    """Return the console for results. Made anew each time, so that it writes to the stdout of the moment."""
    return Console(file=sys.stdout, width=_width(sys.stdout.isatty()), highlight=False)


def aside() -> Console:
    """Return the console for progress and complaints."""
    return Console(file=sys.stderr, width=_width(sys.stderr.isatty()), highlight=False)


def say(text: object = "") -> None:
    """Print a line of a result; what people typed is never read as markup."""
    out().print(str(text), markup=False, soft_wrap=True)


def complain(text: object) -> None:
    """Print a line to stderr."""
    aside().print(str(text), markup=False, style="red", soft_wrap=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; a column of numbers alone stands to the right."""
    lines = [[_cell(value) for value in row] for row in rows]
    drawn = Table(title=title or None, title_justify="left", header_style="bold", expand=False)
    for at, column in enumerate(columns):
        numbers = bool(lines) and all(line[at].replace(",", "").isdigit() for line in lines)
        drawn.add_column(str(column), justify="right" if numbers else "left", overflow="fold")
    for line in lines:
        drawn.add_row(*(cell.replace("[", r"\[") for cell in line))
    out().print(drawn)


def as_json(value: Any) -> None:
    """Print one JSON value; nothing else goes to stdout beside it."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _width(to_a_terminal: bool) -> int | None:
    # A pipe has no width: tables are not to be folded at 80 for grep's sake.
    return (
        None
        if to_a_terminal
        else max(
            NARROWEST, int(os.environ.get("COLUMNS", "160")), shutil.get_terminal_size().columns
        )
    )
