"""Sites: the stores of a merchant, each with its address and its node in the tree."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from django.db.models import F

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.parties.models import Organisation, Site
from tillkeeper.parties.queries import merchant, sites
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services import readings
from tillkeeper.parties.services.nodes import CODE, NAME, add_node, parent_for
from tillkeeper.parties.services.rows import change, insert, locked, merged

NODE_PREFIX: Final = "S"
READERS: Final[Mapping[str, readings.Reader]] = MappingProxyType(
    {
        "name": NAME,
        "address": readings.text("address", 200, required=True),
        "province": readings.text("province", 40),
        "city": readings.text("city", 40),
        "latitude": readings.degrees("latitude", 90),
        "longitude": readings.degrees("longitude", 180),
        "contact": readings.text("contact", 60),
        "phone": readings.phone,
    }
)


@verb
def create_site(  # noqa: PLR0913  the facts a site is filed with
    *,
    merchant_number: str,
    code: str,
    name: str,
    address: str,
    province: str = "",
    city: str = "",
    latitude: Decimal | float | str | None = None,
    longitude: Decimal | float | str | None = None,
    contact: str = "",
    phone: str = "",
    by: Actor,
    at: datetime,
) -> Site:
    """File a store of a merchant, and make its node below the merchant's.

    Raises:
        FieldInvalid: a value is not usable.
        NotFound: the actor sees no such merchant.
        NotAllowed: parties may not be changed there.
        AlreadyExists: the code is taken.
    """
    code = CODE(code)["code"]
    given = {
        "name": name,
        "address": address,
        "province": province,
        "city": city,
        "latitude": latitude,
        "longitude": longitude,
        "contact": contact,
        "phone": phone,
    }
    columns = merged(readings.read(READERS, given))
    owner = merchant(by.scope(Right.PARTIES_VIEW), merchant_number)
    row = Site(merchant=owner, code=code, **columns)
    row.organisation = add_node(
        kind=Organisation.Kind.STORE,
        code=NODE_PREFIX + code,
        name=columns["name"],
        parent=parent_for(Organisation.Kind.STORE, owner.organisation.code, by),
        known_as=("site", code),
    )
    insert(row, kind="site", key=code, code=code)
    facts = {"merchant": owner.number, **readings.filled(columns)}
    _record("create", row, by, at, None, facts)
    return row


@verb
def update_site(
    *, code: str, changes: Mapping[str, Any], version: int, by: Actor, at: datetime
) -> Site:
    """Change facts of a site: any of `READERS`. An empty value clears the fact.

    Bindings keep the address they were filed with: a new address on file is not a moved terminal.

    Raises:
        NotFound, NotAllowed, FieldInvalid, Stale: as everywhere.
    """
    rows = sites(by.scope(Right.PARTIES_VIEW)).filter(code=code)
    row = locked(rows.select_related("organisation"), kind="site", key=code, given=version)
    by.require(Right.PARTIES_EDIT, row.organisation.path)
    before, after = change(row, readings.read(READERS, changes))
    if "name" in after:
        node = Organisation.objects.filter(pk=row.organisation_id)
        node.update(name=after["name"], version=F("version") + 1)
    if after:
        _record("update", row, by, at, readings.shown(before), readings.shown(after))
    return row


def _record(
    action: str,
    row: Site,
    by: Actor,
    at: datetime,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    record_change(
        action=f"site.{action}",
        subject=f"site:{row.code}",
        place=row.organisation.path,
        by=by,
        at=at,
        before=before,
        after=after,
    )
