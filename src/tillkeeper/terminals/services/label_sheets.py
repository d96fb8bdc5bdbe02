"""Label sheets as PDF: QR and Code 128 of the serial number, with model and owner."""

from datetime import datetime
from typing import Final

from tillkeeper.formats.labels import SHEETS, LabelFacts, label_sheet_pdf
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.bulk import chunks
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.errors import BatchTooLong
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.queries import terminals
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.sets import selected_serials

LABELS_MAX: Final = 2_000  # about 84 sheets; more belongs into several print runs


@verb
def label_sheet(
    *, selection: Selection, sheet: str, by: Actor, at: datetime, skip: int = 0
) -> bytes:
    """Return a PDF with one label for each selected terminal the actor may see, in serial order.

    Args:
        selection: which terminals.
        sheet: a key of SHEETS.
        by: who prints.
        at: when.
        skip: labels already used on the first sheet.

    Raises:
        FieldInvalid: no such sheet, or `skip` does not fit on it.
        BatchTooLong: more than LABELS_MAX labels.
    """
    if sheet not in SHEETS:
        raise FieldInvalid(field="sheet", value=sheet, expected=", ".join(SHEETS))
    serials = selected_serials(selection, by)
    if len(serials) > LABELS_MAX:
        raise BatchTooLong(asked=len(serials), limit=LABELS_MAX)
    scope = by.scope(Right.VIEW)
    rows = [row for part in chunks(serials) for row in terminals(scope).filter(serial__in=part)]
    pdf = label_sheet_pdf([label_of(row) for row in rows], SHEETS[sheet], skip=skip)
    record_change(
        action="terminals.labels",
        subject="terminals",
        place=rows[0].path if rows else "",
        after={"labels": len(rows), "sheet": sheet, "first": rows[0].serial if rows else ""},
        by=by,
        at=at,
    )
    return pdf


def label_of(row: Terminal) -> LabelFacts:
    """Return what stands on a terminal's label."""
    return LabelFacts(
        serial=row.serial,
        model=row.model.name,
        owner=row.owner or row.home.name,
        note=row.asset_tag,
        payload=row.serial,
    )
