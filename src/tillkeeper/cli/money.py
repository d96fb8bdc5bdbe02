"""`tillkeeper money`: files brought in, days matched, cases decided, the ledger verified, statements written."""

import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from django.utils.timezone import now
from django.utils.translation import gettext

from tillkeeper.cli.acting import operator
from tillkeeper.cli.answers import kept, sentence
from tillkeeper.cli.exports import writable
from tillkeeper.cli.formats import As, chosen, readable
from tillkeeper.cli.money_cases import cases, decide, verify
from tillkeeper.cli.money_drops import drop
from tillkeeper.cli.money_layouts import app as layouts
from tillkeeper.cli.money_pairs import confirm, pair, pairs, refuse, unpair
from tillkeeper.cli.money_troubles import app as troubles
from tillkeeper.cli.money_work import work
from tillkeeper.cli.narrowing import node
from tillkeeper.cli.refusals import NoOrganisationYet
from tillkeeper.cli.screen import as_json, complain, say, table
from tillkeeper.formats.canonical.reading import Format, Options
from tillkeeper.formats.merchant_statements import SENTENCES
from tillkeeper.kernel.errors import Conflict, FieldInvalid
from tillkeeper.kernel.money import Money
from tillkeeper.parties.queries import organisation as organisation_named
from tillkeeper.parties.queries import root_organisation
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import FileState, RunState
from tillkeeper.settlement.queries.layouts import formats_known
from tillkeeper.settlement.services import statements
from tillkeeper.settlement.services.files import bring_in
from tillkeeper.settlement.services.folders import WatchedFolder
from tillkeeper.settlement.services.runs import run_matching, start_run
from tillkeeper.settlement.wording import CLASS_LABELS, FILE_LABELS

app = typer.Typer(
    no_args_is_help=True,
    help="Bring files in, match a day, decide cases, verify the ledger, write statements.",
)
ledger = typer.Typer(no_args_is_help=True, help="The money ledger.")
ledger.command("verify")(verify)
app.add_typer(ledger, name="ledger")
app.add_typer(troubles, name="trouble")
app.add_typer(drop, name="drop")
app.add_typer(layouts, name="layout")
app.command("cases")(cases)
app.command("decide")(decide)
app.command("work")(work)
app.command("pair")(pair)
app.command("pairs")(pairs)
app.command("pair-confirm")(confirm)
app.command("pair-refuse")(refuse)
app.command("unpair")(unpair)
FOUND: Final = 1
UNSOUND: Final = 2
LEAST_PAUSE_S: Final = 0.1
Organisation = Annotated[str, typer.Option(help="Code of the node; the head office if not given.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


@app.command("bring-in")
def take(
    files: list[Path],
    *,
    organisation: Organisation = "",
    form: As = "",
    year: Annotated[int | None, typer.Option(help="Where lines carry no year.")] = None,
    mid: Annotated[
        str, typer.Option(help="The merchant number bills must be for; another's is refused.")
    ] = "",
    json: AsJson = False,
) -> None:
    """Bring journals, bills and statements in.

    Exit codes: 0 all taken; 1 one was counted already; 2 one is refused, or wrong usage.
    """
    code = _node(organisation)
    one = _form(form, code)
    options = Options(year=year, mid=mid)
    told = [_taken(readable(path), code, one, options) for path in files]
    if json:
        as_json(told)
    else:
        titles = (
            gettext(t) for t in ("File", "Number", "State", "Format", "Number of rows", "Problem")
        )
        keys = ("name", "number", "state", "format", "rows", "problem")
        table("", list(titles), [[_word(one[key]) for key in keys] for one in told])
    states = {one["state"] for one in told}
    if FileState.REFUSED in states:
        raise typer.Exit(UNSOUND)
    if states != {FileState.TAKEN}:
        raise typer.Exit(FOUND)


@app.command()
def match(
    *,
    day: Annotated[str, typer.Option(help="The business day, YYYY-MM-DD.")],
    organisation: Organisation = "",
    file: Annotated[
        list[str] | None,
        typer.Option(help="Number of a file; repeatable. All of the day's if none is given."),
    ] = None,
    as_of: Annotated[
        str, typer.Option(help="What is due later is held. Today, if not given.")
    ] = "",
    json: AsJson = False,
) -> None:
    """Match a day of files that were brought in; what does not agree becomes cases.

    Exit codes: 0 all agrees; 1 there are differences, or the run was refused; 2 wrong usage, or a file is unsound.
    """
    by, at = operator(), now()
    begun = start_run(
        organisation=_node(organisation),
        day=_day("--day", day),
        as_of=_day("--as-of", as_of) if as_of else None,
        files=file or (),
        by=by,
        at=at,
    )
    run = run_matching(number=begun.number, by=by, at=at)
    classes = run.summary.get("classes", {})
    told = {
        "number": run.number,
        "day": str(run.day),
        "state": run.state,
        "problem": run.problem,
        "cases_opened": run.cases_opened,
        "cases_vanished": run.cases_vanished,
        "classes": classes,
        "versions": run.versions,
    }
    if json:
        as_json(told)
    elif run.state == RunState.DONE:
        rows = [
            (str(CLASS_LABELS.get(name, name)), of["count"], _sums(of["sums"]))
            for name, of in classes.items()
        ]
        table(run.number, [gettext(t) for t in ("Class", "Count", "Sum")], rows)
    if run.state != RunState.DONE:
        complain(kept(run.problem) or run.state)
        raise typer.Exit(UNSOUND)
    if classes:
        raise typer.Exit(FOUND)


@app.command()
def statement(
    merchant: Annotated[str, typer.Argument(help="Number of the merchant.")],
    *,
    period: Annotated[str, typer.Option(help="A day (YYYY-MM-DD) or a month (YYYY-MM).")],
    currency: Annotated[str, typer.Option(help="ISO 4217.")] = "CNY",
    to: Annotated[Path | None, typer.Option(help="Write it here: .xlsx or .pdf.")] = None,
    json: AsJson = False,
) -> None:
    """Issue the statement of a merchant. Exit codes: 0 issued; 1 refused; 2 wrong usage."""
    if to is not None and to.suffix not in (".xlsx", ".pdf"):
        raise FieldInvalid(
            field="--to", value=str(to), expected="a name that ends in .xlsx or .pdf"
        )
    made = statements.issue_statement(
        merchant=merchant, period=period, currency=currency, by=operator(), at=now()
    )
    if to is not None:
        write = statements.as_pdf if to.suffix == ".pdf" else statements.as_xlsx
        writable(to).write_bytes(write(made, gettext))
    if json:
        as_json({"number": made.number, "sha256": made.sha256, **made.totals})
        return
    said = made.totals
    moved = [
        ("opening", said["opening_minor"]),
        *said["movements"].items(),
        ("closing", said["closing_minor"]),
    ]
    rows = [(gettext(SENTENCES[name]), str(Money(minor, currency))) for name, minor in moved]
    table(f"{made.number} · {merchant} · {period}", ["", currency], rows)
    say(gettext(SENTENCES["proof"]))


@app.command()
def watch(
    folder: Path,
    *,
    organisation: Organisation = "",
    every: Annotated[
        float, typer.Option(help="Seconds between two looks.", min=LEAST_PAUSE_S)
    ] = 10.0,
    once: Annotated[bool, typer.Option("--once", help="Take what is finished, then end.")] = False,
) -> None:
    """Bring in every file that is laid into a folder; then it lies in done/ or, with a reason, in refused/.

    Exit codes: 0 ended; 2 wrong usage.
    """
    if not folder.is_dir():
        raise FieldInvalid(field="FOLDER", value=str(folder), expected="a folder that is there")
    watched = WatchedFolder(folder, _node(organisation))
    rounds = 0
    while not once or rounds < 2:  # one that is finished looks the same twice
        if rounds:
            time.sleep(every)
        for one in watched.go_round(by=operator(), at=now()):
            say(f"{one.name}: {one.number or '—'}")
            if one.reason:
                complain(one.reason)
        rounds += 1


def _taken(path: Path, organisation: str, form: Any, options: Options) -> dict[str, Any]:
    blank = {"name": path.name, "number": "", "format": "", "rows": 0, "sums": {}}
    try:
        with path.open("rb") as stream:
            file = bring_in(
                stream=stream, name=path.name, organisation=organisation, by=operator(), at=now(), form=form,
                options=options,
            )  # fmt: skip
    except Conflict as known:
        return blank | {"state": "known", "problem": sentence(known)}
    return {
        "name": file.name,
        "number": file.number,
        "state": str(file.state),
        "role": str(file.role),
        "format": file.format,
        "rows": file.rows,
        "sums": file.sums,
        "set_aside": file.set_aside_count,
        "problem": kept(file.problem),
    }


def _form(name: str, organisation: str) -> Format | None:
    """Return the format that was named: one that the organisation's files may be in, or a layout file."""
    by = operator()
    declared = formats_known(organisation_named(by.scope(Right.MONEY_WORK), organisation))
    return declared[name] if name in declared else chosen(name)


def _word(value: object) -> object:
    return str(FILE_LABELS.get(value, value)) if isinstance(value, str) else value


def _node(code: str) -> str:
    if code:
        return node("--organisation", code)
    root = root_organisation()
    if root is None:
        raise NoOrganisationYet
    return root.code


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FieldInvalid(field=option, value=text, expected="YYYY-MM-DD") from None


def _sums(sums: dict[str, int]) -> str:
    return " · ".join(str(Money(minor, currency)) for currency, minor in sums.items())
