"""A merchant's statement as a workbook and on paper. Pure: what it says comes in, words are put into it by `say`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

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
    "together": "Together",
    "page": "Page",
    "sign": "What goes to the merchant is positive; what is taken from the merchant is negative.",
    # what a column means, told where it has something
    "note_fees": "What the channel's bill charges for the payments.",
    "note_doubtful": "Payments that do not agree yet. Each comes back, or is settled, with its case.",
    "note_decided": "What was decided about payments that did not agree.",
    "note_paid_out": "What left the bank account for the merchant, by the bank's own statement.",
}
HEAD: Final = ("merchant", "name", "period", "currency", "number")
ROW_HEAD: Final = ("day", "channel", "payments")
WIDTHS_MM: Final = (22, 26, 20, *(29.5,) * (len(COLUMNS) + 1))
LINE_MM: Final = 6.0
BOTTOM_MM: Final = 15
HEAD_GREY, LINE_GREY = 240, 190


def noted(statement: Statement) -> list[tuple[str, str]]:
    """Return the columns that have something, each with what it means; both as names in SENTENCES."""
    filled = [name for name in COLUMNS if statement["movements"][name]]
    return [(name, f"note_{name}") for name in filled if f"note_{name}" in SENTENCES]


def statement_xlsx(statement: Statement, *, number: str, sha256: str, say: Say = str) -> bytes:
    """Return a workbook of two sheets: the totals, and a row for each day and channel. Sums are formulas."""
    target = BytesIO()
    digits = minor_digits(statement["currency"])
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        styles = {
            "bold": book.add_format({"bold": True}),
            "money": book.add_format({"num_format": pattern}),
            "sum": book.add_format({"num_format": pattern, "bold": True, "top": 1}),
        }
        _totals_sheet(book, statement, number, sha256, say, styles)
        _days_sheet(book, statement, say, styles)
    return target.getvalue()


def _totals_sheet(
    book: Any, statement: Statement, number: str, sha256: str, say: Say, styles: Mapping[str, Any]
) -> None:
    sheet = book.add_worksheet(say(SENTENCES["title"])[:31])
    sheet.set_column(0, 1, 28)
    at = 0
    for name, text in zip(HEAD, _head(statement, number), strict=True):
        sheet.write_string(at, 0, say(SENTENCES[name]), styles["bold"])
        sheet.write_string(at, 1, text)
        at += 1
    first = at
    for name, minor in _totals(statement):
        sheet.write_string(at, 0, say(SENTENCES[name]), styles["bold"])
        amount = Money(minor, statement["currency"]).major
        if name == "closing":
            added = f"=SUM({xl_rowcol_to_cell(first, 1)}:{xl_rowcol_to_cell(at - 1, 1)})"
            sheet.write_formula(at, 1, added, styles["sum"], float(amount))
        else:
            sheet.write_number(at, 1, amount, styles["money"])
        at += 1
    sheet.write_string(at, 0, "SHA-256", styles["bold"])
    sheet.write_string(at, 1, sha256)
    told = [SENTENCES["proof"], SENTENCES["sign"]]
    for line, text in enumerate(told, start=at + 1):
        sheet.write_string(line, 0, say(text))
    for line, (name, note) in enumerate(noted(statement), start=at + 2 + len(told)):
        sheet.write_string(line, 0, say(SENTENCES[name]), styles["bold"])
        sheet.write_string(line, 1, say(SENTENCES[note]))


def _days_sheet(book: Any, statement: Statement, say: Say, styles: Mapping[str, Any]) -> None:
    days = book.add_worksheet(say(SENTENCES["day"])[:31])
    days.freeze_panes(1, 0)
    days.set_landscape()
    days.fit_to_pages(1, 0)
    days.repeat_rows(0)
    heads = (*ROW_HEAD, *COLUMNS, "together")
    days.set_column(0, len(heads) - 1, 16)
    days.write_row(0, 0, [say(SENTENCES[name]) for name in heads], styles["bold"])
    rows, last = statement["rows"], len(statement["rows"])
    for line, row in enumerate(rows, start=1):
        days.write_row(line, 0, [row["day"], row["channel"], row["payments"]])
        for column, minor in enumerate(_amounts(row), start=len(ROW_HEAD)):
            amount = Money(minor, statement["currency"]).major
            days.write_number(line, column, amount, styles["money"])
    if not rows:
        return
    days.write_string(last + 1, 0, say(SENTENCES["together"]), styles["bold"])
    sums = [sum(row["payments"] for row in rows), *map(sum, zip(*map(_amounts, rows), strict=True))]
    for column, minor in enumerate(sums, start=len(ROW_HEAD) - 1):
        name = xl_col_to_name(column)
        shown = minor if column < len(ROW_HEAD) else Money(minor, statement["currency"]).major
        style = styles["bold"] if column < len(ROW_HEAD) else styles["sum"]
        days.write_formula(last + 1, column, f"=SUM({name}2:{name}{last + 1})", style, float(shown))


def statement_pdf(
    statement: Statement, *, number: str, sha256: str, made: datetime, say: Say = str
) -> bytes:
    """Return a statement on A4, landscape; as many pages as it takes. The same statement gives the same bytes."""
    pdf = _document(made, f"{number} · {say(SENTENCES['page'])}")
    pdf.set_font(FONT, size=16)
    pdf.cell(0, 10, say(SENTENCES["title"]), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(FONT, size=9)
    for name, text in zip(HEAD, _head(statement, number), strict=True):
        _pair(pdf, say(SENTENCES[name]), text, align="L")
    pdf.ln(2)
    for name, minor in _totals(statement):
        edge = "T" if name == "closing" else 0
        _pair(pdf, say(SENTENCES[name]), _amount(minor, statement), align="R", border=edge)
    pdf.ln(4)
    heads = [say(SENTENCES[name]) for name in (*ROW_HEAD, *COLUMNS, "together")]
    _row(pdf, heads, fill=True)
    for row in statement["rows"]:
        if pdf.will_page_break(LINE_MM):
            pdf.add_page()
            _row(pdf, heads, fill=True)
        amounts = [_amount(minor, statement) for minor in _amounts(row)]
        _row(pdf, [row["day"], row["channel"], f"{row['payments']:,}", *amounts])
    moved = [statement["movements"][name] for name in COLUMNS]
    sums = [_amount(minor, statement) for minor in (*moved, sum(moved))]
    _row(pdf, [say(SENTENCES["together"]), "", f"{statement['payments']:,}", *sums], fill=True)
    pdf.ln(3)
    for text in (SENTENCES["proof"], SENTENCES["sign"]):
        pdf.multi_cell(0, LINE_MM, say(text), new_x="LMARGIN", new_y="NEXT")
    for name, note in noted(statement):
        _pair(pdf, say(SENTENCES[name]), say(SENTENCES[note]), align="L")
    pdf.multi_cell(0, LINE_MM, f"SHA-256 {sha256}", new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _document(made: datetime, foot: str) -> Any:
    # Costs a second to import, and only those who print need it.
    from fpdf import FPDF  # noqa: PLC0415
    from pylopdf_fonts_zh_cn import sans_path  # noqa: PLC0415

    class Paper(FPDF):
        """A4 with a number on each page."""

        def footer(self) -> None:
            self.set_y(-BOTTOM_MM + 3)
            self.set_font(FONT, size=8)
            self.cell(0, LINE_MM, f"{foot} {self.page_no()} / {{nb}}", align="R")
            self.set_font(FONT, size=9)

    pdf = Paper(orientation="landscape", unit="mm", format="A4")
    pdf.set_creation_date(made)
    pdf.set_auto_page_break(auto=True, margin=BOTTOM_MM)
    pdf.add_font(FONT, fname=str(sans_path()))
    pdf.set_font(FONT, size=9)
    pdf.set_fill_color(HEAD_GREY)
    pdf.set_draw_color(LINE_GREY)
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


def _amounts(row: Mapping[str, Any]) -> list[int]:
    """Return the amounts of a row, and what they come to."""
    amounts = [row[name] for name in COLUMNS]
    return [*amounts, sum(amounts)]


def _amount(minor: int, statement: Statement) -> str:
    """Return an amount without its currency, which stands in the head."""
    currency = statement["currency"]
    return f"{Money(minor, currency).major:,.{minor_digits(currency)}f}"


def _pair(pdf: Any, name: str, text: str, *, align: str, border: str | int = 0) -> None:
    pdf.cell(45, LINE_MM, name, border=border)
    pdf.cell(60, LINE_MM, text, align=align, border=border, new_x="LMARGIN", new_y="NEXT")


def _row(pdf: Any, cells: Sequence[str], *, fill: bool = False) -> None:
    for place, (width, text) in enumerate(zip(WIDTHS_MM, cells, strict=True)):
        align = "L" if place < 2 else "R"
        pdf.cell(width, LINE_MM, text, border="B", align=align, fill=fill)
    pdf.ln(LINE_MM)
