"""UnionPay Merchant Services export with a title line ("netbank", 17 columns) and a total line.

The page it comes from shows at most 1,000 rows and exports what it shows: a file whose total counts more is refused.
"""

import re
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills import ums_writing as writing
from tillkeeper.formats.bills.blocks import WHOLE_LINE, Lines, encoding_of, refuse
from tillkeeper.formats.bills.gathering import Figure, Gathered
from tillkeeper.formats.bills.rows import BLANK, FIRST, TAB, Table, Titles, require, title_names
from tillkeeper.formats.bills.ums_rows import take_rows
from tillkeeper.formats.canonical.cells import PADDING
from tillkeeper.formats.canonical.errors import Truncated
from tillkeeper.formats.canonical.reading import Check, Format, Head, Options, Taker, Verdict
from tillkeeper.formats.canonical.tables import Role

NAME: Final = "ums.headed"
NEEDED: Final = (
    "清算日期", "交易日期", "交易时间", "终端号", "交易金额", "清算金额", "手续费", "流水号", "交易类型", "参考号",
    "卡号", "商户号",
)  # fmt: skip
OF_25: Final = {"分店简称", "支付产品"}  # titles that only the export of 25 columns has
TOTAL_LINE: Final = "总笔数"
WITHOUT_TOTAL: Final = 0.9
KNOWN: Final = (*writing.HEADED, "退货订单号")
TITLES_WITHIN: Final = 20
LIMIT: Final = 1_000
TOTAL: Final = "its total line"
CUT_OFF: Final = "what lies beyond the rows that the page shows, which its total line counts,"
BEHIND: Final = "is neither a row, nor the total line, nor blank"
TOTALS: Final = {
    "交易金额": ("amount", "amounts against the total line"),
    "结算金额": ("net", "net amounts against the total line"),
    "手续费": ("fee", "fees against the total line"),
}
_LIMIT: Final = re.compile(r"仅显示\s*(\d{1,9})\s*条")
_PAIR: Final = re.compile(r"([^\t：:]+)[：:]\s*([-+\d.,]*)")


def recognise(head: Head) -> float:
    """Tell by the titles, which stand below a few lines of their own.

    The export of 25 columns has all of them too. Without title lines and total line it is another format.
    """
    lines = head.text(encoding_of(head.data)).split("\n", TITLES_WITHIN)[:TITLES_WITHIN]
    titles = [set(title_names(line, "\t", {})) for line in lines]
    if not any(set(NEEDED) <= names for names in titles):
        return 0.0
    plain = titles[0] >= OF_25 and TOTAL_LINE not in head.text(encoding_of(head.data))
    return WITHOUT_TOTAL if plain else 1.0


def read(path: Path, take: Taker, options: Options) -> Verdict:
    """Read a headed export. See `Reader`."""
    gathered = Gathered(NAME, take)
    with path.open("rb") as stream:
        lines = Lines(stream, path.name)
        titles, limit = _titles(lines)
        ends = BLANK | (pl.col(FIRST) == "") | pl.col(FIRST).str.starts_with("总笔数")
        for rows in Table(lines, TAB, titles, ends, KNOWN).frames():
            take_rows(rows, gathered, options, path.name)
        figures = _totals(lines)
    checks = _checks(figures, gathered, options.currency, path.name)
    if int(checks[0].stated) > gathered.total("rows") >= limit:
        raise Truncated(name=path.name, line=figures["总笔数"].line, missing=CUT_OFF)
    return gathered.verdict(checks, currency=options.currency)


def _titles(lines: Lines) -> tuple[Titles, int]:
    limit = LIMIT
    for line, content in lines.rest():
        names = title_names(content, "\t", {})
        if {"清算日期", "交易金额"} <= set(names):
            require(titles := Titles(line, names), NEEDED, lines.name)
            return titles, limit
        if said := _LIMIT.search(content):
            limit = int(said.group(1))
        if line >= TITLES_WITHIN:
            break
    raise Truncated(name=lines.name, line=max(1, lines.number - 1), missing="the title line")


def _totals(lines: Lines) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for line, content in lines.rest():
        if not content.strip(PADDING):
            continue
        pairs = [(name.strip(PADDING), cell) for name, cell in _PAIR.findall(content)]
        if figures or "总笔数" not in dict(pairs):
            refuse(lines.name, line, WHOLE_LINE, content, BEHIND)
        figures = {name: Figure(name, cell, line) for name, cell in pairs}
    if not {"总笔数", *TOTALS} <= set(figures):
        raise Truncated(name=lines.name, line=max(1, lines.number - 1), missing=TOTAL)
    return figures


def _checks(
    figures: dict[str, Figure], gathered: Gathered, currency: str, file: str
) -> tuple[Check, ...]:
    rows = figures["总笔数"].of_rows("rows against the total line", gathered.total("rows"), file)
    sums = [
        figures[title].of_money(check, gathered.total(total), currency, file)
        for title, (total, check) in TOTALS.items()
    ]
    return (rows, *sums)


COLUMNS: Final = (
    ("清算日期", "settled_on"),
    ("交易日期, 交易时间", "at"),
    ("终端号", "tid"),
    ("商户号", "mid"),
    ("流水号", "trace"),
    ("参考号", "rrn"),
    ("交易类型", "kind"),
    ("交易金额", "amount_minor"),
    ("清算金额", "net_minor"),
    ("手续费", "fee_minor"),
    ("卡号", "card"),
    ("卡类型", "card_type"),
    ("商户订单号", "order_no"),
    ("支付类型, 发卡行, 卡类型", "channel"),
    ("支付类型", "text"),
)
FORMAT: Final = Format(
    name=NAME,
    role=Role.BILL,
    title="UMS export with titles",
    source="银联商务 商户服务网: 对账明细查询结果 (netbank)",
    recognise=recognise,
    read=read,
    write=writing.write_headed,
    columns=(*COLUMNS, ("银商订单号", "channel_no")),
)
