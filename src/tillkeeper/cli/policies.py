"""`tillkeeper policies`."""

from dataclasses import asdict
from typing import Annotated

import typer
from django.utils.translation import gettext as _

from tillkeeper.cli.screen import as_json, table
from tillkeeper.kernel.policy import policies as every_rule

app = typer.Typer()


@app.command()
def policies(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the numbers that people decided (intervals, limits, retention), each with its source and effective date."""
    rules = every_rule()
    if json:
        as_json([asdict(rule) for rule in rules])
        return
    columns = (
        _("Rule"),
        _("Jurisdiction"),
        _("Value"),
        _("In force from"),
        _("Verified"),
        _("Source"),
    )
    table(
        "",
        columns,
        (
            (
                r.rule,
                r.jurisdiction,
                str(r.value),
                r.effective_from,
                _("yes") if r.verified else _("no"),
                r.source,
            )
            for r in rules
        ),
    )
