"""`tillkeeper export`."""

from pathlib import Path
from typing import Annotated

import typer
from django.utils.timezone import now
from django.utils.translation import get_language, ngettext

from tillkeeper.cli import narrowing
from tillkeeper.cli.acting import operator
from tillkeeper.cli.screen import say
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.terminals.selection import Filters
from tillkeeper.terminals.services.exports import EXPORT_COLUMNS, KINDS, export_terminals

app = typer.Typer(no_args_is_help=True, help="Write what a filter finds to XLSX or CSV.")


@app.callback()
def export() -> None:
    """Write what a filter finds to XLSX or CSV."""


@app.command()
def terminals(  # noqa: PLR0913  the filters are the command
    *,
    to: Annotated[Path, typer.Option(help="The file; .xlsx or .csv decides what it becomes.")],
    serials: narrowing.Serials = None,
    text: narrowing.Text = "",
    state: narrowing.States = None,
    model: narrowing.Model = "",
    vendor: narrowing.Vendor = "",
    organisation: narrowing.Organisation = "",
    merchant: narrowing.Merchant = "",
    province: narrowing.Province = "",
    columns: Annotated[
        str, typer.Option(help=f"Separated by commas, of: {', '.join(EXPORT_COLUMNS)}.")
    ] = "",
) -> None:
    """Export terminals; the file can be brought in again. Exit codes: 0 written; 2 no such column, kind or folder."""
    filters = Filters(
        q=text,
        state=narrowing.states(state),
        model=model,
        vendor=vendor,
        organisation=narrowing.node("--organisation", organisation),
        merchant=merchant,
        province=province,
    )
    written = export_terminals(
        selection=narrowing.selection(serials, filters),
        path=writable(to),
        kind=_kind(to),
        columns=[name.strip() for name in columns.split(",") if name.strip()],
        language=get_language() or "en",
        by=operator(),
        at=now(),
    )
    facts = {"n": f"{written:,}", "file": to.resolve()}
    say(
        ngettext(
            "%(n)s terminal written to %(file)s.", "%(n)s terminals written to %(file)s.", written
        )
        % facts
    )


def writable(path: Path) -> Path:
    """Return the path if its folder is there.

    Raises:
        FieldInvalid: there is no such folder.
    """
    if not path.parent.is_dir():
        raise FieldInvalid(
            field="--to", value=str(path), expected="a file in a folder that is there"
        )
    return path


def _kind(path: Path) -> str:
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise FieldInvalid(
            field="--to", value=path.name, expected="a name that ends in .xlsx or .csv"
        )
    return kind
