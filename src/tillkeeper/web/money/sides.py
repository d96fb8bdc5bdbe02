"""All that is known of one payment: the rows of terminal, channel and bank next to each other, and their lines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.formats.canonical.tables import TABLES, Role
from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.kernel.lake import answering
from tillkeeper.settlement.queries.files import files
from tillkeeper.settlement.queries.lines import SourceLine, source_line
from tillkeeper.settlement.services.files import store_of
from tillkeeper.settlement.wording import CHANNEL_LABELS
from tillkeeper.web.money.format_words import VALUE_LABELS
from tillkeeper.web.refusals import sentence_of
from tillkeeper.web.templatetags.ui import money

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Case, MoneyFile

ROWS_MAX: Final = (
    12  # rows of one payment that are shown; more is a batch, and the file has them all
)
SPOKEN: Final = ("kind", "state", "slip", "status")  # columns whose values are words of ours
HEADS: Final[Mapping[str, str | Promise]] = {
    Role.JOURNAL: gettext_lazy("Terminal"),
    Role.BILL: gettext_lazy("Channel"),
    Role.STATEMENT: gettext_lazy("Bank"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A line of the comparison: one fact, under whatever name either side has it."""

    label: str | Promise
    journal: str = ""
    bill: str = ""
    statement: str = ""
    compared: bool = True  # False: the sides say it in words of their own

    def column(self, role: str) -> str:
        """Return the canonical column that holds it on a side; "" where the side has none."""
        return {Role.JOURNAL: self.journal, Role.BILL: self.bill}.get(Role(role), self.statement)


FIELDS: Final = (
    Field(gettext_lazy("Amount"), "amount_minor", "amount_minor", "amount_minor"),
    Field(gettext_lazy("Currency"), "currency", "currency", "currency"),
    Field(gettext_lazy("Kind"), "kind", "kind", "kind", compared=False),
    Field(gettext_lazy("State"), "state", "state", "status", compared=False),
    Field(gettext_lazy("Slip"), "slip"),
    Field(gettext_lazy("Time"), "at", "at", "at"),
    Field(gettext_lazy("Settled or booked"), "", "settled_on", "booked_on"),
    Field(gettext_lazy("Merchant number"), "mid", "mid"),
    Field(gettext_lazy("Terminal id"), "tid", "tid"),
    Field(gettext_lazy("Batch"), "batch", "batch"),
    Field(gettext_lazy("Trace number"), "trace", "trace"),
    Field(gettext_lazy("Reference (RRN)"), "rrn", "rrn"),
    Field(gettext_lazy("Order number"), "order_no", "order_no"),
    Field(gettext_lazy("Card"), "card", "card"),
    Field(gettext_lazy("Channel"), "channel", "channel"),
    Field(gettext_lazy("Fee"), "", "fee_minor"),
    Field(gettext_lazy("Net"), "", "net_minor"),
    Field(gettext_lazy("Channel's own number"), "", "channel_no"),
    Field(gettext_lazy("Payout"), "", "payout_no", "reference", compared=False),
    Field(gettext_lazy("Operator"), "operator"),
    Field(gettext_lazy("Reason of the reversal"), "reversal_reason"),
    Field(gettext_lazy("Answer to the reversal"), "reversal_answer"),
    Field(gettext_lazy("Reversed at"), "reversed_at"),
    Field(gettext_lazy("Batch closed at"), "batch_closed_at"),
    Field(gettext_lazy("Counterparty"), "", "", "counterparty"),
    Field(gettext_lazy("Text"), "", "text", "text", compared=False),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one side, with the line of the file it stands in."""

    role: str
    head: str | Promise
    file: "MoneyFile"
    line: int
    values: Mapping[str, Any] = field(default_factory=dict)
    source: SourceLine | None = None
    lost: str = ""  # why the line cannot be shown


@dataclass(frozen=True, slots=True)
class Cell:
    """What a row says of a field, in words."""

    text: str
    differs: bool


def rows_of(case: "Case", scope: Scope) -> list[Row]:
    """Return the rows of a payment: those the case names, and the channel's others; sorted by side."""
    wanted = _wanted(case)
    known = {file.number: file for file in files(scope).filter(number__in=[n for n, _l in wanted])}
    told = [(known[number], line) for number, line in wanted if number in known]
    values = _values(told)
    order = list(Role)
    rows = [_row(file, line, values.get((file.number, line), {})) for file, line in told]
    return sorted(rows, key=lambda row: order.index(Role(row.role)))


def compared(rows: Iterable[Row]) -> list[tuple[str | Promise, list[Cell], bool]]:
    """Return each field with what every row says, and whether the rows disagree; fields nobody fills are left out."""
    shown, lines = list(rows), []
    for one in FIELDS:
        said = [_said(row.values, one.column(row.role)) for row in shown]
        if any(said):
            differs = one.compared and len({text for text in said if text}) > 1
            cells = [Cell(text, differs and bool(text)) for text in said]
            lines.append((one.label, cells, differs))
    return lines


def _wanted(case: "Case") -> list[tuple[str, int]]:
    named = [(case.source_file, case.source_line), (case.other_file, case.other_line)]
    wanted = [(file.number, line) for file, line in named if file is not None and line]
    for told in case.evidence.get("channel_rows", ()):
        number, _colon, line = str(told).rpartition(":")
        if line.isdigit():
            wanted.append((number, int(line)))
    twin = case.evidence.get("twin_source"), case.evidence.get("twin_line")
    if all(twin):
        wanted.append((str(twin[0]), int(twin[1] or 0)))
    return list(dict.fromkeys(wanted))[:ROWS_MAX]


def _values(told: Iterable[tuple["MoneyFile", int]]) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the canonical rows, one look into each file's store; none where the store is gone."""
    lines: dict[str, tuple[MoneyFile, list[int]]] = {}
    for file, line in told:
        lines.setdefault(file.number, (file, []))[1].append(line)
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for number, (file, several) in lines.items():
        store = store_of(file)
        parts = sorted(map(str, store.glob("*.parquet")))
        if not parts or file.role not in TABLES:
            continue
        names = list(TABLES[Role(file.role)])
        with answering(store):
            rows = (
                pl.scan_parquet(parts).filter(pl.col("line").is_in(several)).select(names).collect()
            )
        for row in rows.iter_rows(named=True):
            found.setdefault((number, row["line"]), row)
    return found


def _row(file: "MoneyFile", line: int, values: Mapping[str, Any]) -> Row:
    head = HEADS.get(file.role, file.role)
    try:
        return Row(file.role, head, file, line, values, source_line(file, line))
    except TillkeeperError as gone:
        return Row(file.role, head, file, line, values, lost=sentence_of(gone))
    except OSError:
        unread = _("The file cannot be read on this machine just now.")
        return Row(file.role, head, file, line, values, lost=unread)


def _said(values: Mapping[str, Any], column: str) -> str:
    value = values.get(column) if column else None
    if value is None or value == "":
        return ""
    if column.endswith("_minor"):
        return money(value, values.get("currency") or "CNY")
    if column == "at" or column.endswith("_at"):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if column == "channel":
        return str(CHANNEL_LABELS.get(value, value))
    if column in SPOKEN:
        return str(VALUE_LABELS.get(value, value))
    return str(value)
