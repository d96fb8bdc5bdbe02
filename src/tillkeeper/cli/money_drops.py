"""`tillkeeper money drop`: places from which files are fetched by themselves."""

from typing import Annotated, Any, Final

import typer
from django.conf import settings
from django.utils.timezone import now
from django.utils.translation import gettext, gettext_noop

from tillkeeper.cli.acting import operator
from tillkeeper.cli.answers import kept, sentence
from tillkeeper.cli.narrowing import node
from tillkeeper.cli.refusals import NoOrganisationYet
from tillkeeper.cli.screen import as_json, complain, say, table
from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.parties.queries import root_organisation
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import DropKind
from tillkeeper.settlement.queries.drops import drops_with_arrivals
from tillkeeper.settlement.services.drops.identity import public_key, variable_of
from tillkeeper.settlement.services.drops.keeping import Wanted, add_drop, ask_server, remove_drop
from tillkeeper.settlement.services.drops.rounds import fetch
from tillkeeper.settlement.services.drops.sftp import fingerprint
from tillkeeper.settlement.wording import DROP_LABELS

FOUND: Final = 1
drop = typer.Typer(no_args_is_help=True, help="Folders and SFTP servers to fetch files from.")
Organisation = Annotated[str, typer.Option(help="Code of the node; the head office if not given.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Name = Annotated[str, typer.Argument(help="Small letters, digits and -.")]


@drop.command()
def add(
    name: Name,
    address: Annotated[
        str,
        typer.Argument(help="FOLDER below the folder of drops, or sftp://USER@HOST:PORT/FOLDER."),
    ],
    *,
    organisation: Organisation = "",
    host_key: Annotated[
        str, typer.Option(help="The server's key, as `ssh-keyscan` prints it without the host.")
    ] = "",
    expect: Annotated[
        str,
        typer.Option(
            "--fingerprint", help="SHA256:… that the server's owner gave you: its key is asked for."
        ),
    ] = "",
    json: AsJson = False,
) -> None:
    """Make a drop; the worker fetches from it from then on. Exit codes: 0 made; 1 refused; 2 wrong usage."""
    kind = DropKind.SFTP if "://" in address else DropKind.FOLDER
    if kind == DropKind.SFTP and not host_key:
        host_key = _compared(address, expect)
    wanted = Wanted(kind=kind, address=address, host_key=host_key)
    made = add_drop(
        organisation=_node(organisation), name=name, wanted=wanted, by=operator(), at=now()
    )
    if json:
        as_json(_told(_row(made.pk)))
        return
    say(
        gettext("Drop %(name)s is made; the worker looks there every minute.") % {"name": made.name}
    )
    if kind == DropKind.SFTP:
        say(gettext("Hand this public key to the server's owner:"))
        say(public_key())


@drop.command("list")
def list_drops(*, organisation: Organisation = "", json: AsJson = False) -> None:
    """List drops with their last round. Exit codes: 0; 2 wrong usage."""
    rows = [_told(row) for row in _rows(organisation)]
    if json:
        as_json(rows)
        return
    titles = (
        "Name",
        "Organisation",
        "Kind",
        "Address",
        gettext_noop("In use"),
        "Last round",
        "Taken",
        "Refused",
        "Problem",
    )
    keys = (
        "name",
        "organisation",
        "kind",
        "address",
        "enabled",
        "looked_at",
        "taken",
        "refused",
        "problem",
    )
    table(
        "",
        [gettext(title) for title in titles],
        [[_word(one[key]) for key in keys] for one in rows],
    )


@drop.command("fetch")
def fetch_now(
    name: Annotated[str, typer.Argument(help="All that are in use if not given.")] = "",
    *,
    organisation: Organisation = "",
    json: AsJson = False,
) -> None:
    """Fetch now. Exit codes: 0 all well; 1 something was refused or went wrong; 2 wrong usage."""
    rows = [row for row in _rows(organisation) if (row.name == name if name else row.enabled)]
    if name and not rows:
        raise NotFound(kind="drop", key=name)
    told = [_fetched(row) for row in rows]
    if json:
        as_json(told)
    else:
        _say(told)
    if any(one["problem"] or any(file["reason"] for file in one["files"]) for one in told):
        raise typer.Exit(FOUND)


@drop.command()
def key(*, json: AsJson = False) -> None:
    """Print the public key of this installation, to be handed to owners of SFTP servers."""
    if json:
        as_json({"public_key": public_key()})
    else:
        say(public_key())


@drop.command()
def ask(address: str, *, json: AsJson = False) -> None:
    """Ask an SFTP server for its key, to be compared; nothing is saved. Exit codes: 0; 1 no answer; 2 wrong usage."""
    line, print_ = ask_server(address=address, by=operator())
    if json:
        as_json({"host_key": line, "fingerprint": print_})
    else:
        say(line)
        say(print_)


@drop.command()
def remove(name: Name, *, organisation: Organisation = "") -> None:
    """Remove a drop; the files that came from it stay. Exit codes: 0; 1 there is none; 2 wrong usage."""
    remove_drop(drop=_named(name, organisation).pk, by=operator(), at=now())
    say(gettext("Drop %(name)s is removed.") % {"name": name})


def _compared(address: str, expect: str) -> str:
    line, shown = ask_server(address=address, by=operator())
    if shown == expect:
        return line
    complain(gettext("The server shows the key %(fingerprint)s.") % {"fingerprint": shown})
    raise FieldInvalid(
        field="--fingerprint",
        value=expect,
        expected="the fingerprint that the server's owner gave you",
    )


def _fetched(row: Any) -> dict[str, Any]:
    done = fetch(drop=row.pk, by=operator(), at=now(), patient=False)
    return {
        "drop": row.name,
        "organisation": row.organisation.code,
        "files": [
            {"name": one.name, "number": one.number, "reason": one.reason} for one in done.arrivals
        ],
        "waiting": done.waiting,
        "problem": sentence(done.problem) if done.problem else "",
    }


def _say(told: list[dict[str, Any]]) -> None:
    for one in told:
        for file in one["files"]:
            say(f"{one['drop']}: {file['name']}: {file['number'] or '—'}")
            if file["reason"]:
                complain(file["reason"])
        if one["waiting"]:
            growing = gettext("%(drop)s: %(n)s files may still be growing.")
            say(growing % {"drop": one["drop"], "n": one["waiting"]})
        if one["problem"]:
            complain(f"{one['drop']}: {one['problem']}")


def _rows(organisation: str) -> list[Any]:
    rows = drops_with_arrivals(operator().scope(Right.MONEY_VIEW))
    return list(
        rows.filter(organisation__code=node("--organisation", organisation))
        if organisation
        else rows
    )


def _row(pk: int) -> Any:
    return drops_with_arrivals(operator().scope(Right.MONEY_VIEW)).get(pk=pk)


def _named(name: str, organisation: str) -> Any:
    code = _node(organisation)
    found = next((row for row in _rows(code) if row.name == name), None)
    if found is None:
        raise NotFound(kind="drop", key=f"{code}/{name}")
    return found


def _node(code: str) -> str:
    if code:
        return node("--organisation", code)
    root = root_organisation()
    if root is None:
        raise NoOrganisationYet
    return root.code


def _told(row: Any) -> dict[str, Any]:
    folder = f"{settings.TILLKEEPER_DROPS}/{row.organisation.code}/{row.address}"
    return {
        "name": row.name,
        "organisation": row.organisation.code,
        "kind": str(row.kind),
        "address": row.address if row.kind == DropKind.SFTP else folder,
        "fingerprint": fingerprint(row.host_key),
        "password_variable": variable_of(row.organisation.code, row.name)
        if row.kind == DropKind.SFTP
        else "",
        "enabled": row.enabled,
        "looked_at": row.looked_at and row.looked_at.isoformat(timespec="seconds"),
        "taken": row.taken,
        "refused": row.refused,
        "problem": kept(row.problem),
    }


def _word(value: object) -> object:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return str(DROP_LABELS.get(value, value)) if isinstance(value, str) else value
