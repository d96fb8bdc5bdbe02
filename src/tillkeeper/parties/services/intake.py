"""Parties that come in by the thousand with a ledger: rows of plain values, written set-wise.

The ledger judges its rows first (scope, doubles, contradictions) and records each in the audit chain; here they are
only written. For one party at a time there are the verbs of `merchants`, `sites`, `vendors` and `organisations`.
"""

from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal

from django.db import connection, models

from tillkeeper.kernel.bulk import Row, as_stored, insert_rows, reserve_ids
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


def change_rows(table: Table, changes: Sequence[tuple[int, dict[str, Any]]]) -> None:
    """Change the given fields of each (id, {field: value}), and count its version up."""
    model = TABLES[table]
    quote = connection.ops.quote_name
    by_fields: dict[tuple[str, ...], list[list[Any]]] = {}
    for pk, facts in changes:
        values = [as_stored(model._meta.get_field(name), value) for name, value in facts.items()]  # noqa: SLF001  # type: ignore[arg-type]
        by_fields.setdefault(tuple(facts), []).append([*values, pk])
    with connection.cursor() as cursor:
        for names, rows in by_fields.items():
            setting = ", ".join(f"{quote(name)} = %s" for name in names)
            cursor.executemany(
                f"UPDATE {quote(model._meta.db_table)} SET {setting}, version = version + 1 WHERE id = %s",  # noqa: S608, SLF001  names are ours
                rows,
            )


def take_back(table: Table, origin: str) -> int:
    """Delete what a ledger brought in; the caller has made sure that nothing uses it."""
    rows = TABLES[table]._default_manager.filter(origin=origin)  # noqa: SLF001
    return rows._raw_delete(rows.db)  # noqa: SLF001  the collector would load every row
