"""`tillkeeper find`."""

from dataclasses import asdict
from typing import Annotated

import typer
from django.utils.translation import gettext as _

from tillkeeper.cli.acting import operator
from tillkeeper.cli.screen import as_json, complain, table
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.queries import root_organisation
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import SHORTEST_NEEDLE, Found
from tillkeeper.terminals.queries import find as find_anything
from tillkeeper.terminals.wording import STATE_LABELS

app = typer.Typer()


@app.command()
def find(
    text: Annotated[
        str,
        typer.Argument(
            help="Any part of a serial number or a name; a merchant number, a terminal id."
        ),
    ],
    limit: Annotated[int, typer.Option(help="At most so many of each kind.", min=1, max=1000)] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find terminals, merchants, sites, models and organisations.

    Exit codes: 0 found; 1 nothing found; 2 the text is too short, or the database does not answer.
    """
    if len(text.strip()) < SHORTEST_NEEDLE:
        root_organisation()  # a database that cannot be asked is told first
        raise FieldInvalid(field="TEXT", value=text, expected="two characters or more")
    found = find_anything(text, by=operator(), limit=limit)
    if json:
        as_json([asdict(hit) for hit in found])
    elif found:
        table("", (_("Kind"), _("Number"), _("Name"), _("State"), _("Detail")), map(_row, found))
    else:
        complain(_("Nothing found."))
    raise typer.Exit(0 if found else 1)


def _row(hit: Found) -> tuple[object, ...]:
    return (
        _(hit.kind),
        hit.key,
        hit.title,
        STATE_LABELS[State(hit.state)] if hit.state else "",
        hit.detail,
    )
