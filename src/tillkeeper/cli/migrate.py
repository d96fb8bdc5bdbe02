"""`tillkeeper migrate`."""

import typer
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tillkeeper.cli.screen import say
from tillkeeper.cli.upkeep import collect_static, migrate

app = typer.Typer()


@app.command("migrate")
def bring_up_to_date() -> None:
    """Bring database and static files up to this version. Safe to repeat; run it after every upgrade."""
    taken = migrate()
    say(ngettext("%(n)s migration applied.", "%(n)s migrations applied.", taken) % {"n": taken})
    say(_("Static files collected.") if collect_static() else _("Static files are up to date."))
