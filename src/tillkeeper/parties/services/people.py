"""People: their accounts and their roles."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.errors import AlreadyExists, FieldInvalid, NotFound
from tillkeeper.parties.errors import PasswordRefused
from tillkeeper.parties.models import Person, RoleGrant, Vendor
from tillkeeper.parties.queries import organisation, vendor
from tillkeeper.parties.roles import Right, Role
from tillkeeper.parties.services import readings
from tillkeeper.parties.services.authority import (
    keep_an_administrator,
    person_managed,
    person_seen,
    place_of,
    refuse_oneself,
    require_may_give,
)
from tillkeeper.parties.services.rows import change, insert, merged, write

USERNAME: Final = readings.shaped(
    "username", r"[\w.@+-]{1,60}", "1 to 60 letters, digits, . @ + - _", required=True
)
READERS: Final[Mapping[str, readings.Reader]] = MappingProxyType(
    {
        "display_name": readings.text("display_name", 60),
        "email": readings.shaped("email", r"[^@\s]{1,64}@[^@\s]{1,180}", "a mail address"),
    }
)


@verb
def create_person(
    *, username: str, display_name: str, password: str, by: Actor, at: datetime
) -> Person:
    """Open an account; it may do nothing until a role is granted.

    Raises:
        NotAllowed: the actor manages nobody.
        FieldInvalid: user name or name are not usable.
        PasswordRefused: the password is too easy to guess.
        AlreadyExists: the user name is taken, in whatever case of letters.
    """
    by.require(Right.PEOPLE)
    username = USERNAME(username)["username"]
    columns = merged(readings.read(READERS, {"display_name": display_name}))
    if Person.objects.filter(username__iexact=username).exists():
        raise AlreadyExists(kind="person", key=username)
    row = Person(username=username, date_joined=at, **columns)
    _check_password(password, row)
    row.set_password(password)
    insert(row, kind="person", key=username, username=username)
    _record("create", row, by, at, after={"display_name": row.display_name})
    return row


@verb
def update_person(
    *, username: str, changes: Mapping[str, Any], version: int, by: Actor, at: datetime
) -> Person:
    """Change facts of an account: any of `READERS`.

    Raises:
        NotFound, NotAllowed, FieldInvalid, Stale: as everywhere.
    """
    row = person_managed(username, by, version=version)
    before, after = change(row, readings.read(READERS, changes))
    if after:
        _record("update", row, by, at, before=before, after=after)
    return row


@verb
def set_password(*, username: str, password: str, by: Actor, at: datetime) -> Person:
    """Give a person a new password; wherever they are signed in, they are signed out.

    Raises:
        NotFound, NotAllowed: as everywhere; also if the person may do more than the actor.
        PasswordRefused: the password is too easy to guess.
    """
    row = person_managed(username, by)
    _check_password(password, row)
    row.set_password(password)
    write(row, {"password": row.password})
    _record("set_password", row, by, at)
    return row


@verb
def change_own_password(*, person: Person, password: str, by: Actor, at: datetime) -> None:
    """Give oneself a new password, e.g. after signing in with one that was handed over.

    Raises:
        PasswordRefused: the password is too easy to guess.
    """
    _check_password(password, person)
    person.set_password(password)
    write(person, {"password": person.password})
    _record("change_own_password", person, by, at)


@verb
def deactivate_person(*, username: str, by: Actor, at: datetime) -> Person:
    """Close an account: no more signing in, no more tokens; its roles are kept for a return.

    Raises:
        NotFound, NotAllowed: as everywhere; also if the person may do more than the actor.
        OwnAccount: it is the actor's own.
        LastAdministrator: nobody would be left to manage people at the top.
    """
    row = person_managed(username, by)
    refuse_oneself(row, by)
    keep_an_administrator(row)
    return _set_active(row, active=False, action="deactivate", by=by, at=at)


@verb
def reactivate_person(*, username: str, by: Actor, at: datetime) -> Person:
    """Open a closed account again, with the roles it had.

    Raises:
        NotFound, NotAllowed: as everywhere; also if the person may do more than the actor.
    """
    row = person_managed(username, by)
    return _set_active(row, active=True, action="reactivate", by=by, at=at)


@verb
def grant_role(
    *,
    username: str,
    role: str,
    organisation_code: str,
    vendor_code: str | None = None,
    by: Actor,
    at: datetime,
) -> RoleGrant:
    """Let a person do a job at a node and below.

    Raises:
        FieldInvalid: no such role; a vendor's contact without a vendor, or any other with one.
        NotFound: the actor manages nobody of that name, or nobody at that node.
        NotAllowed: the role carries a right that the actor does not hold there.
        OwnAccount: it is the actor's own account.
        AlreadyExists: the person has that role there.
    """
    job = _role(role)
    maker = _vendor_for(job, vendor_code)
    row = person_seen(username, by)
    refuse_oneself(row, by)
    node = organisation(by.scope(Right.PEOPLE), organisation_code)
    require_may_give(job, node.path, by)
    grant = RoleGrant(
        person=row, role=job, organisation=node, vendor=maker, granted_by=str(by), granted_at=at
    )
    insert(grant, kind="role", key=job, person=row, role=job, organisation=node)
    _record("grant_role", row, by, at, after=_facts(grant), place=node.path)
    return grant


@verb
def revoke_role(
    *, username: str, role: str, organisation_code: str, by: Actor, at: datetime
) -> None:
    """Take a role at a node from a person.

    Raises:
        FieldInvalid: no such role.
        NotFound: the person or the node are not seen, or the person has no such role there.
        NotAllowed: the role carries a right that the actor does not hold there.
        OwnAccount: it is the actor's own account.
        LastAdministrator: nobody would be left to manage people at the top.
    """
    job = _role(role)
    row = person_seen(username, by)
    refuse_oneself(row, by)
    node = organisation(by.scope(Right.PEOPLE), organisation_code)
    require_may_give(job, node.path, by)
    grants = RoleGrant.objects.filter(person=row, role=job, organisation=node)
    grant = grants.select_related("organisation", "vendor").first()
    if grant is None:
        raise NotFound(kind="role", key=job)
    if job is Role.ADMINISTRATOR:
        keep_an_administrator(row, node)
    _record("revoke_role", row, by, at, before=_facts(grant), place=node.path)
    grant.delete()


def _set_active(row: Person, *, active: bool, action: str, by: Actor, at: datetime) -> Person:
    before, after = change(row, [{"is_active": active}])
    if after:
        _record(action, row, by, at, before=before, after=after)
    return row


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise FieldInvalid(field="role", value=role, expected=", ".join(Role)) from None


def _vendor_for(role: Role, code: str | None) -> Vendor | None:
    if (role is Role.VENDOR_CONTACT) != bool(code):
        expected = "a vendor for a vendor's contact, none for any other role"
        raise FieldInvalid(field="vendor", value=code or "", expected=expected)
    return vendor(code) if code else None


def _check_password(password: str, person: Person) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise PasswordRefused(reasons=" ".join(error.messages)) from None


def _facts(grant: RoleGrant) -> dict[str, str]:
    facts = {"role": grant.role, "organisation": grant.organisation.code}
    return facts | ({"vendor": grant.vendor.code} if grant.vendor else {})


def _record(  # noqa: PLR0913  as `record_change`
    action: str,
    row: Person,
    by: Actor,
    at: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    place: str | None = None,
) -> None:
    record_change(
        action=f"person.{action}",
        subject=f"person:{row.username}",
        place=place_of(row, by) if place is None else place,
        by=by,
        at=at,
        before=before,
        after=after,
    )
