"""UnionPay Merchant Services export without titles ("wap"): 21 columns by their place, and footer lines at its end.

It states no totals; that the footer stands there is all that shows it to be whole.
"""

import re
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills import ums_writing as writing
from tillkeeper.formats.bills.blocks import WHOLE_LINE, Lines, encoding_of, refuse
from tillkeeper.formats.bills.gathering import Gathered
from tillkeeper.formats.bills.rows import BLANK, FIRST, TAB, Table, Titles
from tillkeeper.formats.bills.ums_headed import COLUMNS
from tillkeeper.formats.bills.ums_rows import take_rows
from tillkeeper.formats.canonical.cells import PADDING
from tillkeeper.formats.canonical.errors import Truncated
from tillkeeper.formats.canonical.reading import Format, Head, Options, Taker, Verdict
from tillkeeper.formats.canonical.tables import Role

NAME: Final = "ums.headless"
KNOWN: Final = (*writing.HEADLESS, "银商订单号")
FOOTER: Final = "对账明细查询结果"
BEHIND: Final = "stands among the footer lines"
_ROW: Final = re.compile(r"^\s*\d{8}\s*\t\s*\d{4}-\d{2}-\d{2}\s*\t\s*\d{2}:\d{2}:\d{2}\s*\t")


def recognise(head: Head) -> float:
    """Tell by the first line: 21 cells that begin with two dates and a time."""
    first = head.text(encoding_of(head.data)).split("\n", 1)[0]
    if first.startswith(FOOTER) and len(head.data) == head.size and head.size < 1_000:
        return 0.6  # a day without rows
    return 1.0 if first.count("\t") == len(writing.HEADLESS) - 1 and _ROW.match(first) else 0.0


def read(path: Path, take: Taker, options: Options) -> Verdict:
    """Read a headless export. See `Reader`."""
    gathered = Gathered(NAME, take)
    with path.open("rb") as stream:
        lines = Lines(stream, path.name)
        ends = BLANK | (pl.col(FIRST) == "") | pl.col(FIRST).str.starts_with(FOOTER)
        for rows in Table(lines, TAB, Titles(0, writing.HEADLESS), ends, KNOWN).frames():
            take_rows(rows, gathered, options, path.name)
        _footer(lines)
    return gathered.verdict((), currency=options.currency)


def _footer(lines: Lines) -> None:
    found = False
    for line, content in lines.rest():
        if content.startswith(FOOTER):
            found = True
        elif content.strip(PADDING):
            refuse(lines.name, line, WHOLE_LINE, content, BEHIND)
    if not found:
        raise Truncated(
            name=lines.name, line=max(1, lines.number - 1), missing="its footer 对账明细查询结果"
        )


FORMAT: Final = Format(
    name=NAME,
    role=Role.BILL,
    title="UMS export without titles",
    source="银联商务: 对账明细查询结果 (wap)",
    recognise=recognise,
    read=read,
    write=writing.write_headless,
    columns=(
        *COLUMNS,
        ("退货订单号 of a refund", "order_no"),
        ("商户订单号 of a refund with 退货订单号", "original_order_no"),
    ),
)
