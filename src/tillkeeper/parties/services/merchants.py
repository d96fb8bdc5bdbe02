"""Merchants, filed with their node in the tree.

Id number and settlement account are kept as a mask and a keyed hash only.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.db.models import F

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.parties.errors import HolderTwice
from tillkeeper.parties.models import Merchant, Organisation
from tillkeeper.parties.queries import merchants
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services import readings
from tillkeeper.parties.services.nodes import NAME, add_node, parent_for
from tillkeeper.parties.services.rows import change, insert, locked, merged

NODE_PREFIX: Final = "M"
NUMBER: Final = readings.shaped(
    "number", r"[0-9A-Za-z._-]{1,20}", "1 to 20 letters, digits, . - _", required=True
)
READERS: Final[Mapping[str, readings.Reader]] = MappingProxyType(
    {
        "name": NAME,
        "uscc": readings.uscc,
        "id_number": readings.id_number,
        "settlement_account": readings.settlement_account,
        "mcc": readings.shaped("mcc", "[0-9]{4}", "4 digits"),
        "contact": readings.text("contact", 60),
        "phone": readings.phone,
    }
)


@verb
def create_merchant(  # noqa: PLR0913  the facts a merchant is filed with
    *,
    number: str,
    name: str,
    parent_code: str,
    uscc: str = "",
    id_number: str = "",
    settlement_account: str = "",
    mcc: str = "",
    contact: str = "",
    phone: str = "",
    by: Actor,
    at: datetime,
) -> Merchant:
    """File a merchant below a head office, a branch or an agent, and make its node.

    Raises:
        FieldInvalid: a value is not usable; check characters count.
        HolderTwice: both a credit code and an id number were given.
        NotFound: the actor sees no such parent.
        NotAllowed: parties may not be changed there.
        PlacementRefused: merchants do not stand below such a node.
        AlreadyExists: the number is taken.
    """
    number = NUMBER(number)["number"]
    given = {
        "name": name,
        "uscc": uscc,
        "id_number": id_number,
        "settlement_account": settlement_account,
        "mcc": mcc,
        "contact": contact,
        "phone": phone,
    }
    columns = merged(readings.read(READERS, given))
    _check_holder(number, columns["uscc"], columns["id_number_hash"])
    parent = parent_for(Organisation.Kind.MERCHANT, parent_code, by)
    row = Merchant(number=number, **columns)
    row.organisation = add_node(
        kind=Organisation.Kind.MERCHANT,
        code=NODE_PREFIX + number,
        name=columns["name"],
        parent=parent,
        known_as=("merchant", number),
    )
    insert(row, kind="merchant", key=number, number=number)
    facts = {"parent": parent.code, **readings.filled(columns)}
    _record("create", row, by, at, None, facts)
    return row


@verb
def update_merchant(
    *, number: str, changes: Mapping[str, Any], version: int, by: Actor, at: datetime
) -> Merchant:
    """Change facts of a merchant: any of `READERS`. An empty value clears the fact.

    Bindings keep the elements they were filed with; a change here counts from the next binding on.

    Raises:
        NotFound, NotAllowed, FieldInvalid, Stale: as everywhere.
        HolderTwice: it would have both a credit code and an id number.
    """
    rows = merchants(by.scope(Right.PARTIES_VIEW)).filter(number=number)
    row = locked(rows.select_related("organisation"), kind="merchant", key=number, given=version)
    by.require(Right.PARTIES_EDIT, row.organisation.path)
    read = readings.read(READERS, changes)
    columns = merged(read)
    if "uscc" in columns or "id_number_hash" in columns:
        _check_holder(
            number,
            columns.get("uscc", row.uscc),
            columns.get("id_number_hash", row.id_number_hash),
        )
    before, after = change(row, read)
    if "name" in after:
        _rename_node(row.organisation_id, after["name"])
    if after:
        _record("update", row, by, at, readings.shown(before), readings.shown(after))
    return row


def _rename_node(node_id: int, name: str) -> None:
    Organisation.objects.filter(pk=node_id).update(name=name, version=F("version") + 1)


def _check_holder(number: str, uscc: str, id_number_hash: str) -> None:
    if uscc and id_number_hash:
        raise HolderTwice(merchant=number)


def _record(
    action: str,
    row: Merchant,
    by: Actor,
    at: datetime,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    record_change(
        action=f"merchant.{action}",
        subject=f"merchant:{row.number}",
        place=row.organisation.path,
        by=by,
        at=at,
        before=before,
        after=after,
    )
