"""`tillkeeper user`: people, their roles and their tokens. The first administrator is made here."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

from tillkeeper.cli.acting import operator
from tillkeeper.cli.screen import as_json, say, table
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Right, Role
from tillkeeper.parties.services import people as services
from tillkeeper.parties.services import tokens
from tillkeeper.parties.wording import ROLE_LABELS

app = typer.Typer(
    no_args_is_help=True, help="Add people, grant and revoke roles, issue API tokens."
)

Username = Annotated[str, typer.Argument(help="The name they sign in with.")]
RoleName = Annotated[str, typer.Argument(metavar="ROLE", help=f"One of: {', '.join(Role)}.")]
Place = Annotated[
    str,
    typer.Argument(
        metavar="ORGANISATION", help="Code of the node: the role counts there and below."
    ),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(help="A file whose first line is the password, - for stdin; asked for otherwise."),
]


@app.command()
def add(
    username: Username,
    name: Annotated[str, typer.Option(help="The name others see.")] = "",
    role: Annotated[list[str] | None, typer.Option(help="ROLE@ORGANISATION, repeatable.")] = None,
    password_file: PasswordFile = None,
) -> None:
    """Open an account, with roles if any are given."""
    roles = [_role_and_place(text) for text in role or ()]
    by, at = operator(), now()
    password = _password(password_file)
    services.create_person(
        username=username, display_name=name or username, password=password, by=by, at=at
    )
    for wanted, place in roles:
        services.grant_role(username=username, role=wanted, organisation_code=place, by=by, at=at)
    say(_("%(name)s may sign in.") % {"name": username})


@app.command()
def grant(
    username: Username,
    role: RoleName,
    organisation: Place,
    vendor: Annotated[str, typer.Option(help="Code of the vendor, for vendor_contact only.")] = "",
) -> None:
    """Grant a role at a node of the tree."""
    services.grant_role(
        username=username,
        role=role,
        organisation_code=organisation,
        vendor_code=vendor or None,
        by=operator(),
        at=now(),
    )
    say(_("%(name)s: role granted.") % {"name": username})


@app.command()
def revoke(username: Username, role: RoleName, organisation: Place) -> None:
    """Take a role away again."""
    services.revoke_role(
        username=username, role=role, organisation_code=organisation, by=operator(), at=now()
    )
    say(_("%(name)s: role revoked.") % {"name": username})


@app.command("list")
def list_people(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List people and their roles."""
    rows = [_person(username) for username in _usernames()]
    if json:
        as_json(rows)
        return
    columns = (_("Name"), _("Shown as"), _("Active"), _("Roles"))
    table(
        "",
        columns,
        ((r["username"], r["name"], _("yes") if r["active"] else _("no"), _roles(r)) for r in rows),
    )


@app.command()
def password(username: Username, password_file: PasswordFile = None) -> None:
    """Set a new password."""
    services.set_password(
        username=username, password=_password(password_file), by=operator(), at=now()
    )
    say(_("%(name)s: password set.") % {"name": username})


@app.command()
def token(
    username: Username,
    name: Annotated[str, typer.Option(help="What the token is for.")],
    scope: Annotated[
        list[str] | None, typer.Option(help=f"Repeatable, of: {', '.join(Right)}; all if none.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long it opens.", min=1)] = 90,
) -> None:
    """Issue an API token. It goes to stdout, alone, and is never shown again."""
    person = queries.person(username)
    held = {
        right for grant in queries.actor_of(person, source="cli").grants for right in grant.rights
    }
    row, secret = tokens.issue_token(
        person=person,
        name=name,
        scopes=list(scope or sorted(held)),
        days=days,
        by=operator(),
        at=now(),
    )
    say(secret)
    typer.echo(_("Expires %(day)s.") % {"day": localtime(row.expires_at).date()}, err=True)


@app.command()
def deactivate(username: Username) -> None:
    """Close an account; what they did stays in the history."""
    services.deactivate_person(username=username, by=operator(), at=now())
    say(_("%(name)s may no longer sign in.") % {"name": username})


@app.command()
def reactivate(username: Username) -> None:
    """Open a closed account again."""
    services.reactivate_person(username=username, by=operator(), at=now())
    say(_("%(name)s may sign in.") % {"name": username})


def _role_and_place(text: str) -> tuple[str, str]:
    role, at, place = text.partition("@")
    if not at or role not in set(Role) or not place:
        raise FieldInvalid(
            field="role", value=text, expected="ROLE@ORGANISATION, such as administrator@HQ"
        )
    return role, place


def _password(source: Path | None) -> str:
    if source is None:
        return str(typer.prompt(_("Password"), hide_input=True, confirmation_prompt=True, err=True))
    try:
        text = sys.stdin.readline() if str(source) == "-" else source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise FieldInvalid(
            field="--password-file", value=str(source), expected="a file that can be read"
        ) from None
    return text.splitlines()[0] if text else ""


def _usernames() -> list[str]:
    rows = queries.people(operator().scope(Right.PEOPLE)).order_by("username")
    return list(rows.values_list("username", flat=True))


def _person(username: str) -> dict[str, object]:
    row = queries.person(username)
    grants = [
        {"role": grant.role, "organisation": grant.organisation.code}
        for grant in queries.grants_of(row)
    ]
    return {
        "username": row.username,
        "name": row.display_name,
        "active": row.is_active,
        "roles": grants,
    }


def _roles(row: dict[str, object]) -> str:
    grants: list[dict[str, str]] = row["roles"]  # type: ignore[assignment]
    return ", ".join(
        f"{ROLE_LABELS[Role(grant['role'])]} @ {grant['organisation']}" for grant in grants
    )
