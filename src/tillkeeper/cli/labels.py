"""`tillkeeper label`."""

from pathlib import Path
from typing import Annotated

import typer
from django.utils.timezone import now
from django.utils.translation import gettext as _

from tillkeeper.cli import narrowing
from tillkeeper.cli.acting import operator
from tillkeeper.cli.exports import writable
from tillkeeper.cli.screen import complain, say
from tillkeeper.formats.labels import SHEETS
from tillkeeper.terminals.selection import Filters
from tillkeeper.terminals.services.label_sheets import label_sheet

app = typer.Typer()


@app.command()
def label(  # noqa: PLR0913  which terminals, which sheet, where to
    *,
    to: Annotated[Path, typer.Option(help="The PDF file.")],
    serials: narrowing.Serials = None,
    sheet: Annotated[str, typer.Option(help=f"One of: {', '.join(SHEETS)}.")] = "a4-3x8",
    skip: Annotated[int, typer.Option(help="Labels already used on the first sheet.", min=0)] = 0,
    text: narrowing.Text = "",
    state: narrowing.States = None,
    model: narrowing.Model = "",
    organisation: narrowing.Organisation = "",
    merchant: narrowing.Merchant = "",
) -> None:
    """Make a sheet of labels with QR code, Code 128 and text, as PDF. Exit codes: 0 made; 2 wrong usage."""
    filters = Filters(
        q=text,
        state=narrowing.states(state),
        model=model,
        organisation=narrowing.node("--organisation", organisation),
        merchant=merchant,
    )
    if not serials and not filters.any:
        complain(
            _("Name serial numbers or a filter: labels for the whole estate are hardly meant.")
        )
        raise typer.Exit(2)
    chosen = narrowing.selection(serials, filters)
    pdf = label_sheet(selection=chosen, sheet=sheet, skip=skip, by=operator(), at=now())
    writable(to).write_bytes(pdf)
    say(_("Written: %(file)s") % {"file": to})
