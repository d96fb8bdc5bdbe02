"""`tillkeeper version`."""

from importlib.metadata import version as version_of

import typer

from tillkeeper.cli.screen import say

app = typer.Typer()


@app.command()
def version() -> None:
    """Print the version."""
    say(f"tillkeeper {version_of('tillkeeper')}")
