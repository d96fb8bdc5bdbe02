"""The ledger out: exactly what is filtered, as XLSX or CSV, streamed."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.formats.ledgers.writing import write_csv, write_xlsx
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.bulk import chunks
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.money import Money
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.discretion import Discreet, shown_to
from tillkeeper.terminals.lifecycle import Holder, State
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.queries import terminals
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.wording import HOLDER_LABELS, STATE_LABELS

Reader = Callable[[Any], Any]  # of a terminal, or of what somebody from outside sees of it
KINDS: Final = ("xlsx", "csv")
# XLSX holds 1,048,576 rows; CSV has no end.
XLSX_ROWS: Final = 1_000_000


def _price(row: Terminal) -> Any:
    return None if row.price_minor is None else Money(row.price_minor, row.currency).major


# Titles are those that an import reads back.
EXPORT_COLUMNS: Final[dict[str, tuple[str | Promise, Reader]]] = {
    "serial": (_("Serial number"), lambda t: t.serial),
    "state": (_("State"), lambda t: str(STATE_LABELS[State(t.state)])),
    "model": (_("Model"), lambda t: t.model.name),
    "vendor": (_("Vendor"), lambda t: t.model.vendor.name),
    "supplier": (_("Supplier"), lambda t: t.supplier.name if t.supplier else ""),
    "merchant_no": (_("Merchant number"), lambda t: t.binding.merchant.number if t.binding else ""),
    "merchant_name": (_("Merchant name"), lambda t: t.binding.merchant.name if t.binding else ""),
    "terminal_id": (_("Terminal id"), lambda t: t.binding.tid if t.binding else ""),
    "acquirer_code": (_("Acquirer code"), lambda t: t.binding.acquirer_code if t.binding else ""),
    "site_code": (_("Site code"), lambda t: t.site.code if t.site else ""),
    "site_name": (_("Site name"), lambda t: t.site.name if t.site else ""),
    "address": (_("Installation address"), lambda t: t.site.address if t.site else ""),
    "organisation": (_("Organisation"), lambda t: t.home.code),
    "holder": (
        _("Holder"),
        lambda t: " ".join([str(HOLDER_LABELS[Holder(t.holder)]), t.holder_name]).strip(),
    ),
    "owner": (_("Owner"), lambda t: t.owner),
    "tusn": (_("TUSN"), lambda t: t.tusn or ""),
    "purchased_on": (_("Purchase date"), lambda t: t.purchased_on),
    "received_on": (_("Stock-in date"), lambda t: t.received_on),
    "installed_on": (_("Installation date"), lambda t: t.installed_on),
    "warranty_until": (_("Warranty until"), lambda t: t.warranty_until),
    "price": (_("Price"), _price),
    "currency": (_("Currency"), lambda t: t.currency),
    "asset_tag": (_("Asset tag"), lambda t: t.asset_tag),
    "seal_number": (_("Seal number"), lambda t: t.seal_number),
    "hardware_version": (_("Hardware version"), lambda t: t.hardware_version),
    "firmware_version": (_("Firmware version"), lambda t: t.firmware_version),
    "app_version": (_("Application version"), lambda t: t.app_version),
    "sim_iccid": (_("SIM ICCID"), lambda t: t.sim_iccid),
    "state_since": (_("State since"), lambda t: _local(t.state_since)),
    "remark": (_("Remark"), lambda t: t.remark),
}


def export_terminals(  # noqa: PLR0913  which, what of them, as what, where to, in which language
    *,
    selection: Selection,
    path: Path,
    kind: str,
    by: Actor,
    at: datetime,
    columns: Sequence[str] = (),
    sort: str = "serial",
    language: str = "",
) -> int:
    """Write the selected terminals to `path`; return how many. The look is written into the audit trail.

    Written outside any transaction: a large file takes minutes, and on SQLite one writer at a time is all there is.

    Raises:
        NotAllowed: no right to export.
        FieldInvalid: an unknown kind or column.
    """
    by.require(Right.EXPORT)
    chosen = list(columns) or list(EXPORT_COLUMNS)
    unknown = [name for name in chosen if name not in EXPORT_COLUMNS]
    if unknown or kind not in KINDS:
        raise FieldInvalid(
            field="columns", value=", ".join(unknown) or kind, expected=", ".join(EXPORT_COLUMNS)
        )
    with translation.override(language or translation.get_language()):
        titles = [str(EXPORT_COLUMNS[name][0]) for name in chosen]
        shown = shown_to(_rows(selection, by, sort), by)
        written = _Counted(shown, [EXPORT_COLUMNS[name][1] for name in chosen])
        if kind == "csv":
            write_csv(path, titles, written)
        else:
            write_xlsx(path, titles, written, sheet=str(_("Terminals")))
    looked_at = {"serials": len(selection.serials), "filters": _facts(selection)}
    _record(looked_at | {"rows": written.count, "columns": chosen, "kind": kind}, by=by, at=at)
    return written.count


@verb
def _record(after: dict[str, Any], *, by: Actor, at: datetime) -> None:
    record_change(
        action="terminals.export",
        subject="terminals",
        place=(by.scope(Right.EXPORT).paths or ("",))[0],
        after=after,
        by=by,
        at=at,
    )


def _facts(selection: Selection) -> dict[str, Any]:
    return selection.filters.facts() if selection.filters else {}


class _Counted:
    """Rows of cells, counted as they go by."""

    def __init__(self, rows: Iterator[Terminal | Discreet], readers: list[Reader]) -> None:
        self._rows, self._readers, self.count = rows, readers, 0

    def __iter__(self) -> Iterator[list[Any]]:
        for row in self._rows:
            self.count += 1
            yield [read(row) for read in self._readers]


def _rows(selection: Selection, by: Actor, sort: str) -> Iterator[Terminal]:
    scope = by.scope(Right.EXPORT)
    if selection.filters is not None and not selection.serials:
        yield from _streamed(terminals(scope, selection.filters, sort))
        return
    for part in chunks(sorted({serial.upper() for serial in selection.serials})):
        yield from _streamed(terminals(scope).filter(serial__in=part))


def _streamed(rows: QuerySet[Terminal]) -> Iterator[Terminal]:
    return rows.iterator(chunk_size=2_000)


def _local(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).strftime("%Y-%m-%d %H:%M:%S")
