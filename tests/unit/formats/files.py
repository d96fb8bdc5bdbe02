"""Makes ledger files for the tests of this folder."""

import csv
import io
from pathlib import Path

import openpyxl

from tillkeeper.formats.ledgers.columns import propose
from tillkeeper.formats.ledgers.reading import read_entries
from tillkeeper.formats.ledgers.refusals import Entry, RefusedRow
from tillkeeper.formats.ledgers.tables import open_table

MAX = 1 << 26
CARD = "4111111111111111"
CARD_19 = "6222021234567890128"


def csv_file(folder, rows, *, encoding="utf-8", delimiter=",", name="ledger.csv"):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path = Path(folder) / name
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def xlsx_file(folder, rows, change=None, name="ledger.xlsx"):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet)
    path = Path(folder) / name
    book.save(path)
    book.close()
    return path


def read(path, kind="terminals", mapping=None):
    """Return (entries, refused rows) of a file with the proposed mapping."""
    with open_table(path, max_bytes=MAX) as table:
        chosen = propose(table.layout.titles, kind) if mapping is None else mapping
        results = list(read_entries(table, chosen, kind))
    entries = [result for result in results if isinstance(result, Entry)]
    return entries, [result for result in results if isinstance(result, RefusedRow)]


def codes(refused):
    return [cell.code for row in refused for cell in row.cells]
