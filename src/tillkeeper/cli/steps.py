"""`tillkeeper step`: the same guarded steps as in the console, for one terminal or many."""

from datetime import datetime
from typing import Annotated

import typer
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tillkeeper.cli.acting import operator
from tillkeeper.cli.answers import sentence
from tillkeeper.cli.narrowing import node
from tillkeeper.cli.screen import as_json, complain, say
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.terminals.lifecycle import ONE_BY_ONE, Step
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.orders import Elements, Order
from tillkeeper.terminals.services.sets import Outcome
from tillkeeper.terminals.services.steps import take_step, take_steps

app = typer.Typer()

STEPS = [step for step in Step if step is not Step.OPEN]


@app.command()
def step(  # noqa: PLR0913  what the paper of a step says
    *,
    serials: Annotated[list[str], typer.Argument(help="Serial numbers.")],
    step: Annotated[str, typer.Argument(help=f"One of: {', '.join(STEPS)}.")],
    why: Annotated[str, typer.Option(help="The reason; many steps ask for one.")] = "",
    document: Annotated[
        str, typer.Option(help="Number of a paper made elsewhere; without, one is issued.")
    ] = "",
    approver: Annotated[str, typer.Option(help="Who approved it.")] = "",
    custodian: Annotated[str, typer.Option(help="Who takes it: issue, lend, send_to_repair.")] = "",
    to: Annotated[
        str, typer.Option("--to", help="Code of the organisation it goes to: transfer.")
    ] = "",
    due_back: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When it is to be back.")
    ] = None,
    site: Annotated[str, typer.Option(help="Code of the site: install, activate, arrive.")] = "",
    merchant: Annotated[str, typer.Option(help="Merchant number: activate, arrive.")] = "",
    tid: Annotated[str, typer.Option(help="Terminal id: activate, arrive.")] = "",
    acquirer: Annotated[str, typer.Option(help="Acquirer code: activate, arrive.")] = "",
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON: moved, document, refused.")
    ] = False,
) -> None:
    """Take a step with terminals: SERIAL... STEP.

    Exit codes: 0 all moved; 1 some or all were refused, each with its reason on stderr; 2 wrong usage.
    """
    order = Order(
        why=why,
        document=document,
        approver=approver,
        custodian=custodian,
        organisation=node("--to", to),
        due_back_on=due_back.date() if due_back else None,
        site=site,
        elements=Elements(merchant=merchant, site=site, tid=tid, acquirer_code=acquirer)
        if merchant
        else None,
    )
    outcome = _take(_known(step), [serial.strip().upper() for serial in serials], order)
    if json:
        as_json(_facts(outcome))
    else:
        _tell(outcome)
    raise typer.Exit(int(bool(outcome.refused)))


def _known(name: str) -> Step:
    if name not in STEPS:
        raise FieldInvalid(field="step", value=name, expected=", ".join(STEPS))
    return Step(name)


def _take(wanted: Step, serials: list[str], order: Order) -> Outcome:
    by, at = operator(), now()
    if wanted in ONE_BY_ONE and len(serials) == 1:
        take_step(serial=serials[0], step=wanted, order=order, by=by, at=at)
        return Outcome(moved=1, refused=())
    return take_steps(
        selection=Selection(serials=tuple(serials)), step=wanted, order=order, by=by, at=at
    )


def _facts(outcome: Outcome) -> dict[str, object]:
    refused = [
        {"serial": line.serial, "code": line.error.code, "reason": sentence(line.error)}
        for line in outcome.refused
    ]
    return {"moved": outcome.moved, "document": outcome.document, "refused": refused}


def _tell(outcome: Outcome) -> None:
    for line in outcome.refused:
        complain(f"{line.serial}: {sentence(line.error)}")
    facts = {"moved": f"{outcome.moved:,}", "refused": f"{len(outcome.refused):,}"}
    say(ngettext("%(moved)s terminal moved", "%(moved)s terminals moved", outcome.moved) % facts)
    if outcome.refused:
        say(_("%(refused)s refused") % facts)
    if outcome.document:
        say(_("Document: %(number)s") % {"number": outcome.document})
