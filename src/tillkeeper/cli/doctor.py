"""`tillkeeper doctor`. Works, as far as it can, even when the settings cannot be read."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from tillkeeper.cli.findings import Finding, Grade, problem
from tillkeeper.cli.screen import as_json, say, table
from tillkeeper.cli.start import prepare

app = typer.Typer()


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print JSON: a list of findings.")] = False,
) -> None:
    """Say what is wrong with this installation and how to mend it. Changes nothing.

    Exit codes: 0 nothing is wrong (there may be notes); 1 there are problems.
    """
    findings = list(_examine())
    sick = [finding for finding in findings if finding.grade is Grade.PROBLEM]
    if json:
        as_json([asdict(finding) for finding in findings])
    else:
        _tell(findings, len(sick))
    raise typer.Exit(int(bool(sick)))


def _examine() -> Iterator[Finding]:
    if (wrong := prepare()) is not None:
        settings.configure(USE_I18N=False)  # so that this much can be said
        mend = "Correct the variable; docs/reference/settings.md lists them all."
        yield problem("settings", wrong, mend)
        return
    # Not before now: these need the tables' classes, and so the settings.
    from tillkeeper.cli import checkup_data, checkup_here  # noqa: PLC0415

    for check in checkup_here.CHECKS:
        yield from check()
    yield from checkup_data.checkup()


def _tell(findings: list[Finding], problems: int) -> None:
    signs = {Grade.OK: "✓", Grade.NOTE: "!", Grade.PROBLEM: "✗"}
    rows = ((signs[f.grade], f.check, f.says, f.mend) for f in findings)
    table("", ("", _("Check"), pgettext("checkup", "Found"), _("How to mend it")), rows)
    said = ngettext("%(n)s problem.", "%(n)s problems.", problems) % {"n": problems}
    say(said if problems else _("Nothing is wrong."))
