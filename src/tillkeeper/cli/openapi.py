"""`tillkeeper openapi`."""

from pathlib import Path
from typing import Annotated

import typer
from django.core.management import call_command
from django.utils.translation import gettext as _

from tillkeeper.cli.screen import say

app = typer.Typer()


@app.command()
def openapi(
    to: Annotated[Path | None, typer.Option(help="A file, instead of stdout.")] = None,
) -> None:
    """Print the OpenAPI description of the REST API as JSON."""
    # By name: the doors do not import each other.
    options = {
        "api": "tillkeeper.api.router.api",
        "indent": 2,
        "ensure_ascii": False,
        "sorted": True,
    }
    call_command("export_openapi_schema", output=str(to) if to else None, **options)
    if to:
        say(_("Written: %(file)s") % {"file": to})
