"""Making, changing and removing drops; asking a server for its key. What is fetched is in `rounds`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.queries import organisation as organisation_named
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import DropKind
from tillkeeper.settlement.models import Drop
from tillkeeper.settlement.queries.drops import drop_locked
from tillkeeper.settlement.services.drops.addresses import (
    checked_address,
    checked_name,
    folder_of,
    require_plain,
    server_of,
)
from tillkeeper.settlement.services.drops.errors import DropExists, LoginTaken
from tillkeeper.settlement.services.drops.identity import variable_of
from tillkeeper.settlement.services.drops.sftp import asked_key, checked_host_key, fingerprint
from tillkeeper.settlement.services.ledger import keep_others_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a drop is to be."""

    kind: str
    address: str
    host_key: str = ""  # of an SFTP server, compared by a person; blank: not yet
    enabled: bool = True


@verb
def add_drop(*, organisation: str, name: str, wanted: Wanted, by: Actor, at: datetime) -> Drop:
    """Make a drop; the worker fetches from it from then on.

    Args:
        organisation: code of the node that the files belong to.
        name: small letters, digits and -; its password's variable is named by it.
        wanted: where.
        by: who.
        at: when.

    Raises:
        NotFound, NotAllowed: the organisation is none of the actor's.
        FieldInvalid, HostNotAllowed, FolderUnusable: the address is not one to fetch from.
        DropExists, LoginTaken: the name, or the login at the server, is another drop's.
    """
    by.require(
        Right.MONEY_RULES
    )  # without it anywhere the answer is not that there is no such organisation
    node = organisation_named(by.scope(Right.MONEY_RULES), organisation)
    by.require(Right.MONEY_RULES, node.path)
    keep_others_out(node.pk)
    columns = _columns(wanted, node.pk, node.code)
    _require_free(checked_name(name), node.code)
    try:
        with transaction.atomic():
            row = Drop.objects.create(
                organisation_id=node.pk, path=node.path, name=name, by=by.name, at=at, **columns
            )
    except IntegrityError:
        raise DropExists(name=name) from None
    _record("add", row, by, at, after=_shown(row))
    return row


@verb
def change_drop(*, drop: int, wanted: Wanted, by: Actor, at: datetime) -> Drop:
    """Change where a drop fetches from, or whether. At another address nothing is remembered of this one.

    Raises:
        NotFound, NotAllowed: the drop is none of the actor's.
        FieldInvalid, HostNotAllowed, FolderUnusable, LoginTaken: as `add_drop`.
    """
    row = _own(drop, by)
    before = _shown(row)
    columns = _columns(wanted, row.organisation_id, row.organisation.code)
    if (columns["kind"], columns["address"]) != (row.kind, row.address):
        columns |= {"seen": {}, "looked_at": None}
    if columns["host_key"] != row.host_key or "seen" in columns:
        columns |= {"problem": {}}
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=list(columns))
    _record("change", row, by, at, before=before, after=_shown(row))
    return row


@verb
def remove_drop(*, drop: int, by: Actor, at: datetime) -> None:
    """Remove a drop. The files that came from it stay.

    Raises:
        NotFound, NotAllowed: the drop is none of the actor's.
    """
    row = _own(drop, by)
    _record("remove", row, by, at, before=_shown(row))
    row.delete()


def ask_server(*, address: str, by: Actor) -> tuple[str, str]:
    """Return the key that a server shows, and its fingerprint, for a person to compare. Nothing is saved.

    Raises:
        NotAllowed: the actor may make no drops at all.
        FieldInvalid, HostNotAllowed: it is no address, or of a server that may not be called.
        ServerUnreachable: it does not answer.
    """
    by.require(Right.MONEY_RULES)
    return asked_key(server_of(address))


def _own(drop: int, by: Actor) -> Drop:
    by.require(Right.MONEY_RULES)
    return drop_locked(by.scope(Right.MONEY_RULES), drop)


def _columns(wanted: Wanted, organisation_id: int, code: str) -> dict[str, Any]:
    if wanted.kind not in set(DropKind):
        raise FieldInvalid(field="kind", value=wanted.kind[:40], expected=", ".join(DropKind))
    address = checked_address(wanted.kind, wanted.address)
    if wanted.kind == DropKind.FOLDER:
        require_plain(folder_of(code, address), f"{code}/{address}", make=True)
        host_key = ""
    else:
        _require_own_login(address, organisation_id)
        host_key = checked_host_key(wanted.host_key)
    return {
        "kind": wanted.kind,
        "address": address,
        "host_key": host_key,
        "enabled": wanted.enabled,
    }


def _require_own_login(address: str, organisation_id: int) -> None:
    login = server_of(address).login
    others = Drop.objects.filter(kind=DropKind.SFTP).exclude(organisation=organisation_id)
    for other in others.values_list("address", flat=True):
        if server_of(other).login.lower() == login.lower():
            raise LoginTaken(login=login)


def _require_free(name: str, code: str) -> None:
    """See that no other drop's password is called the same: else one drop would be sent another's."""
    variable = variable_of(code, name)
    for other in Drop.objects.select_related("organisation").only("name", "organisation__code"):
        if variable_of(other.organisation.code, other.name) == variable:
            raise DropExists(name=name)


def _shown(row: Drop) -> dict[str, Any]:
    return {
        "kind": str(row.kind),
        "address": row.address,
        "host_key": fingerprint(row.host_key),
        "enabled": row.enabled,
    }


def _record(
    step: str,
    row: Drop,
    by: Actor,
    at: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record_change(
        action=f"drop.{step}",
        subject=f"drop:{row.organisation.code}/{row.name}",
        place=row.path,
        by=by,
        at=at,
        before=before,
        after=after,
    )
