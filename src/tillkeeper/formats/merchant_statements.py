"""A merchant's statement as a workbook and on paper. Pure: what it says comes in, words are put into it by `say`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import xlsxwriter

from tillkeeper.kernel.money import Money, minor_digits

Say = Callable[[str], str]
Statement = Mapping[str, Any]  # see settlement.queries.statements.told
FONT: Final = "NotoSansSC"
COLUMNS: Final = ("sales", "refunds", "fees", "doubtful", "decided", "paid_out")
SENTENCES: Final = {  # English; `say` puts them into the reader's language
    "sales": "Sales",
    "refunds": "Refunds",
    "fees": "Fees",
    "doubtful": "In doubt",
    "decided": "Decided",
    "paid_out": "Paid out",
    "title": "Statement",
    "opening": "Opening balance",
    "closing": "Closing balance",
    "proof": "Opening balance and movements come to the closing balance, which is what the ledger holds.",
    "merchant": "Merchant",
    "name": "Name",
    "period": "Period",
    "currency": "Currency",
    "number": "Number",
    "day": "Day",
    "channel": "Channel",
    "payments": "Payments",
}
HEAD: Final = ("merchant", "name", "period", "currency", "number")
ROW_HEAD: Final = ("day", "channel", "payments")
WIDTHS_MM: Final = (22, 24, 20, *(34,) * len(COLUMNS))
LINE_MM: Final = 6.0
BOTTOM_MM: Final = 15


def statement_xlsx(statement: Statement, *, number: str, sha256: str, say: Say = str) -> bytes:
    """Return a workbook of two sheets: the totals, and a row for each day and channel."""
    target = BytesIO()
    digits = minor_digits(statement["currency"])
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": pattern})
        sheet = book.add_worksheet(say(SENTENCES["title"])[:31])
        sheet.set_column(0, 1, 28)
        at = 0
        for name, text in zip(HEAD, _head(statement, number), strict=True):
            sheet.write_string(at, 0, say(SENTENCES[name]), bold)
            sheet.write_string(at, 1, text)
            at += 1
        for name, minor in _totals(statement):
            sheet.write_string(at, 0, say(SENTENCES[name]), bold)
            sheet.write_number(at, 1, Money(minor, statement["currency"]).major, money)
            at += 1
        sheet.write_string(at, 0, "SHA-256", bold)
        sheet.write_string(at, 1, sha256)
        sheet.write_string(at + 1, 0, say(SENTENCES["proof"]))
        days = book.add_worksheet(say(SENTENCES["day"])[:31])
        days.freeze_panes(1, 0)
        days.write_row(0, 0, [say(SENTENCES[name]) for name in (*ROW_HEAD, *COLUMNS)], bold)
        for line, row in enumerate(statement["rows"], start=1):
            days.write_row(line, 0, [row["day"], row["channel"], row["payments"]])
            for column, name in enumerate(COLUMNS, start=len(ROW_HEAD)):
                days.write_number(
                    line, column, Money(row[name], statement["currency"]).major, money
                )
    return target.getvalue()


def statement_pdf(
    statement: Statement, *, number: str, sha256: str, made: datetime, say: Say = str
) -> bytes:
    """Return a statement on A4, landscape; as many pages as it takes. The same statement gives the same bytes."""
    pdf = _document(made)
    pdf.set_font(FONT, size=16)
    pdf.cell(0, 10, say(SENTENCES["title"]), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(FONT, size=9)
    for name, text in zip(HEAD, _head(statement, number), strict=True):
        _pair(pdf, say(SENTENCES[name]), text, align="L")
    pdf.ln(2)
    for name, minor in _totals(statement):
        _pair(pdf, say(SENTENCES[name]), str(Money(minor, statement["currency"])), align="R")
    pdf.ln(4)
    _row(pdf, [say(SENTENCES[name]) for name in (*ROW_HEAD, *COLUMNS)])
    for row in statement["rows"]:
        amounts = [str(Money(row[name], statement["currency"])) for name in COLUMNS]
        _row(pdf, [row["day"], row["channel"], f"{row['payments']:,}", *amounts])
    pdf.ln(3)
    pdf.multi_cell(0, LINE_MM, say(SENTENCES["proof"]), new_x="LMARGIN", new_y="NEXT")
    pdf.multi_cell(0, LINE_MM, f"SHA-256 {sha256}", new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _document(made: datetime) -> Any:
    # Costs a second to import, and only those who print need it.
    from fpdf import FPDF  # noqa: PLC0415
    from pylopdf_fonts_zh_cn import sans_path  # noqa: PLC0415

    pdf = FPDF(orientation="landscape", unit="mm", format="A4")
    pdf.set_creation_date(made)
    pdf.set_auto_page_break(auto=True, margin=BOTTOM_MM)
    pdf.add_font(FONT, fname=str(sans_path()))
    pdf.add_page()
    return pdf


def _head(statement: Statement, number: str) -> Sequence[str]:
    first, last = statement["first_day"], statement["last_day"]
    period = first if first == last else f"{first} – {last}"
    return statement["merchant"], statement["name"], period, statement["currency"], number


def _totals(statement: Statement) -> list[tuple[str, int]]:
    moved = [(name, statement["movements"][name]) for name in COLUMNS]
    return [
        ("opening", statement["opening_minor"]),
        *moved,
        ("closing", statement["closing_minor"]),
    ]


def _pair(pdf: Any, name: str, text: str, *, align: str) -> None:
    pdf.cell(45, LINE_MM, name)
    pdf.cell(60, LINE_MM, text, align=align, new_x="LMARGIN", new_y="NEXT")


def _row(pdf: Any, cells: Sequence[str]) -> None:
    for place, (width, text) in enumerate(zip(WIDTHS_MM, cells, strict=True)):
        pdf.cell(width, LINE_MM, text, border="B", align="L" if place < 2 else "R")
    pdf.ln(LINE_MM)
