"""Parties that come in by the thousand with a ledger: rows of plain values, written set-wise.

The ledger judges its rows first (scope, doubles, contradictions) and records each in the audit chain; here they are
only written. For one party at a time there are the verbs of `merchants`, `sites`, `vendors` and `organisations`.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

from django.db import models

from tillkeeper.kernel.bulk import Row, insert_rows, reserve_ids, update_rows
from tillkeeper.parties.models import Merchant, Organisation, Site, Vendor

Table = Literal["organisation", "vendor", "merchant", "site"]
TABLES: Final[MappingProxyType[str, type[models.Model]]] = MappingProxyType(
    {"organisation": Organisation, "vendor": Vendor, "merchant": Merchant, "site": Site}
)
COLUMNS: Final[MappingProxyType[str, tuple[str, ...]]] = MappingProxyType(
    {
        "organisation": ("id", "kind", "code", "name", "parent_id", "path", "origin", "version"),
        "vendor": ("id", "code", "name", "contact", "origin", "version"),
        "merchant": (
            "id", "organisation_id", "number", "name", "uscc", "id_number_masked", "id_number_hash",
            "settlement_account_masked", "settlement_account_hash", "mcc", "contact", "phone", "origin", "version",
        ),
        "site": (
            "id", "organisation_id", "merchant_id", "code", "name", "address", "province", "city", "latitude",
            "longitude", "contact", "phone", "origin", "version",
        ),
    }
)  # fmt: skip


def fresh_ids(table: Table, count: int) -> list[int]:
    """Return `count` keys that nothing has yet."""
    return reserve_ids(TABLES[table], count) if count else []


def bring_in(table: Table, rows: Iterable[Row]) -> int:
    """Insert rows in the order of `COLUMNS[table]`; return how many."""
    return insert_rows(TABLES[table], COLUMNS[table], rows)


def held(table: Table, keys: Iterable[int]) -> dict[int, int]:
    """Lock rows until the transaction ends; return their versions by key."""
    rows = TABLES[table]._default_manager.filter(pk__in=list(keys)).order_by("pk")  # noqa: SLF001
    return dict(rows.select_for_update().values_list("pk", "version"))


def change_rows(table: Table, changes: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """Change columns of rows by key; a new name of a merchant or a site is its node's too."""
    kept = list(changes)
    update_rows(TABLES[table], kept)
    if table in ("merchant", "site"):
        names = {pk: columns["name"] for pk, columns in kept if "name" in columns}
        rows = TABLES[table]._default_manager.filter(pk__in=names)  # noqa: SLF001  Django's own face
        nodes = rows.values_list("organisation_id", "pk")
        update_rows(Organisation, [(node, {"name": names[pk]}) for node, pk in nodes])


def take_back(table: Table, origin: str) -> int:
    """Delete what a ledger brought in; the caller has made sure that nothing uses it."""
    rows = TABLES[table]._default_manager.filter(origin=origin)  # noqa: SLF001
    return rows._raw_delete(rows.db)  # noqa: SLF001  the collector would load every row
