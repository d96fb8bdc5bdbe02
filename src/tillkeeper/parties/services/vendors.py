"""Vendors: makers and suppliers of terminals, one list for everybody."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from tillkeeper.kernel.actor import STEP_WIDTH, Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.errors import AlreadyExists
from tillkeeper.parties.models import Vendor
from tillkeeper.parties.queries import root_organisation
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services import readings
from tillkeeper.parties.services.nodes import CODE, NAME
from tillkeeper.parties.services.rows import change, insert, locked, merged

READERS: Final[Mapping[str, readings.Reader]] = MappingProxyType(
    {"name": NAME, "contact": readings.text("contact", 120)}
)


@verb
def create_vendor(*, code: str, name: str, contact: str = "", by: Actor, at: datetime) -> Vendor:
    """Add a vendor; the right to change terminals and models anywhere is enough.

    Raises:
        NotAllowed, FieldInvalid: as everywhere.
        AlreadyExists: the code or the name is taken.
    """
    by.require(Right.EDIT)
    code = CODE(code)["code"]
    columns = merged(readings.read(READERS, {"name": name, "contact": contact}))
    _check_name(columns["name"])
    row = insert(Vendor(code=code, **columns), kind="vendor", key=code, code=code)
    _record("create", row, by, at, None, readings.filled(columns))
    return row


@verb
def update_vendor(
    *, code: str, changes: Mapping[str, Any], version: int, by: Actor, at: datetime
) -> Vendor:
    """Change facts of a vendor: any of `READERS`.

    Raises:
        NotFound, NotAllowed, FieldInvalid, Stale: as everywhere.
        AlreadyExists: another vendor has that name.
    """
    by.require(Right.EDIT)
    row = locked(Vendor.objects.filter(code=code), kind="vendor", key=code, given=version)
    read = readings.read(READERS, changes)
    _check_name(merged(read).get("name", ""), but=row.pk)
    before, after = change(row, read)
    if after:
        _record("update", row, by, at, before, after)
    return row


def _check_name(name: str, but: int | None = None) -> None:
    others = Vendor.objects.filter(name=name)
    if (others if but is None else others.exclude(pk=but)).exists():
        raise AlreadyExists(kind="vendor", key=name)


def _record(
    action: str,
    row: Vendor,
    by: Actor,
    at: datetime,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    # Vendors have no place: the change is kept at the top of the tree of whoever made it.
    place = by.scope(Right.EDIT).paths[0][:STEP_WIDTH]
    if not place and (root := root_organisation()):
        place = root.path
    record_change(
        action=f"vendor.{action}",
        subject=f"vendor:{row.code}",
        place=place,
        by=by,
        at=at,
        before=before,
        after=after,
    )
