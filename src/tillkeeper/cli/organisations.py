"""`tillkeeper organisation`: the tree. The head office is made here, before anybody can sign in."""

from typing import Annotated

import typer
from django.utils.timezone import now
from django.utils.translation import gettext as _

from tillkeeper.cli.acting import operator
from tillkeeper.cli.narrowing import node
from tillkeeper.cli.screen import as_json, say, table
from tillkeeper.parties.queries import organisation_tree
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services.organisations import create_organisation
from tillkeeper.parties.wording import KIND_LABELS

app = typer.Typer(no_args_is_help=True, help="Add and list the offices of the organisation tree.")


@app.command()
def add(
    code: Annotated[str, typer.Argument(help="Short and lasting, such as HQ or GD-SZ.")],
    name: Annotated[str, typer.Argument(help="As people call it.")],
    kind: Annotated[str, typer.Option(help="head_office, branch or agent.")] = "branch",
    below: Annotated[
        str, typer.Option(help="Code of the node above; none for a head office.")
    ] = "",
) -> None:
    """Add an office."""
    create_organisation(
        kind=kind,
        code=code,
        name=name,
        parent_code=node("--below", below) or None,
        by=operator(),
        at=now(),
    )
    say(_("%(name)s added.") % {"name": name})


@app.command("list")
def list_organisations(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List head office, branches and agents."""
    rows = organisation_tree(operator().scope(Right.PARTIES_VIEW))
    if json:
        as_json(
            [
                {"code": r.organisation.code, "name": r.organisation.name, "depth": r.depth}
                for r in rows
            ]
        )
        return
    lines = (
        (
            r.organisation.code,
            "  " * r.depth + r.organisation.name,
            KIND_LABELS[r.organisation.kind],
        )
        for r in rows
    )
    table("", (_("Code"), _("Name"), _("Kind")), lines)
