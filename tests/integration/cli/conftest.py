"""Running the command line inside the test's process."""

from collections.abc import Callable, Iterator

import pytest
from django.utils import translation
from typer.testing import CliRunner, Result

from tillkeeper.cli.main import app

Tillkeeper = Callable[..., Result]


@pytest.fixture
def tillkeeper(monkeypatch, settings, tmp_path) -> Iterator[Tillkeeper]:
    """Return a function that runs a command and returns its result; in English, with a data folder of its own."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    settings.TILLKEEPER_VAR = tmp_path
    runner = CliRunner()
    with translation.override("en"):
        yield lambda *arguments, **more: runner.invoke(
            app, [str(part) for part in arguments], **more
        )
