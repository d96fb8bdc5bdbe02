"""Alipay account detail (支付宝账务明细): every movement of an account with the balance after it.

A payment and its fee are two rows, so `fee_minor` stays empty. The order of the columns varies, and whether the newest
row comes first.
"""

import re
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills import alipay_writing as writing
from tillkeeper.formats.bills.alipay_text import (
    PATTERN,
    Bill,
    Words,
    opened,
    score,
    summary_figures,
)
from tillkeeper.formats.bills.blocks import Lines
from tillkeeper.formats.bills.chains import Chain
from tillkeeper.formats.bills.checked import amount, at, free_text, read_cells, translated
from tillkeeper.formats.bills.gathering import Figure, Gathered, shown
from tillkeeper.formats.bills.writing import NOTHING
from tillkeeper.formats.canonical.cells import text
from tillkeeper.formats.canonical.reading import Check, Format, Head, Options, Taker, Verdict
from tillkeeper.formats.canonical.tables import BillState, Channel, Kind, Role

NAME: Final = "alipay.account"
WORDS: Final = Words(
    needed=("账务流水号", "业务流水号", "发生时间", "收入金额(+元)", "支出金额(-元)", "账户余额(元)", "业务类型"),
    known=writing.ACCOUNT,
    summary=("收入笔数", "收入金额(+元)", "支出笔数", "支出金额(-元)"),
    member="账务明细",
)  # fmt: skip
KINDS: Final = {
    "交易": Kind.SALE,
    "交易付款": Kind.SALE,
    "在线支付": Kind.SALE,
    "退款": Kind.REFUND,
    "交易退款": Kind.REFUND,
    "收费": Kind.FEE,
    "服务费": Kind.FEE,
    "手续费": Kind.FEE,
    "退费": Kind.FEE,
    "提现": Kind.PAYOUT,
    "转账": Kind.TRANSFER,
    "充值": Kind.TRANSFER,
}
_COMES: Final[dict[str, bool]] = {Kind.SALE: True, Kind.REFUND: False}
_TOTAL: Final = re.compile(
    r"#\s*(收入|支出)合计\s*[:：]\s*(\S+?)\s*笔\s*[，,]\s*共\s*([-+]?[\d.,]*\d)\s*元"
)
_FIGURES: Final = {"收入": ("rows_in", "sum_in"), "支出": ("rows_out", "sum_out")}
_TOTAL_CHECKS: Final = {
    "收入": ("rows in against the total line", "money in against the total line"),
    "支出": ("rows out against the total line", "money out against the total line"),
}
_SUMMARY_CHECKS: Final = {
    "收入": ("rows in against the summary", "money in against the summary"),
    "支出": ("rows out against the summary", "money out against the summary"),
}


def recognise(head: Head) -> float:
    """Tell by the titles."""
    return score(head, WORDS)


def read(path: Path, take: Taker, options: Options) -> Verdict:
    """Read an account detail, plain or in its zip. See `Reader`."""
    gathered, chain = Gathered(NAME, take), Chain(options.currency)
    coming = pl.col("moved") >= 0
    with opened(path, WORDS) as bill:
        for rows in bill.table(WORDS).frames():
            frame = _canonical(rows, options, bill)
            chain.follow(frame)
            gathered.add(
                frame,
                rows_in=coming.sum(),
                rows_out=(~coming).sum(),
                sum_in=pl.col("moved").filter(coming).sum(),
                sum_out=-pl.col("moved").filter(~coming).sum(),
            )
            gathered.give(frame)
        bill.finish()
        checks = _total_checks(bill, gathered, options.currency)
        if bill.summary:
            checks += _summary_checks(bill.summary, gathered, options.currency)
    return gathered.verdict(
        (*checks, chain.check()), account=bill.account, currency=options.currency, **chain.ends()
    )


def _canonical(rows: pl.DataFrame, options: Options, bill: Bill) -> pl.DataFrame:
    cells = {
        "at": at("发生时间", PATTERN, options.zone),
        "income": amount("收入金额(+元)", options.currency, needed=False),
        "spent": amount("支出金额(-元)", options.currency, needed=False),
        "balance": amount("账户余额(元)", options.currency),
    }
    moved = pl.col("income").fill_null(0).abs() - pl.col("spent").fill_null(0).abs()
    named = translated(text("业务类型"), KINDS)
    comes = named.replace_strict(_COMES, default=None, return_dtype=pl.Boolean)
    wrong_way = (comes != (pl.col("moved") >= 0)).fill_null(value=False)
    kind = pl.when(wrong_way).then(pl.lit(Kind.ADJUSTMENT)).otherwise(named)
    return (
        read_cells(rows, cells, bill.detail.name)
        .with_columns(moved=moved)
        .with_columns(kind=kind.fill_null(pl.lit(Kind.ADJUSTMENT)))
        .with_columns(
            amount_minor=pl.col("moved").abs(),
            net_minor="moved",
            mid=pl.lit(bill.account),
            state=pl.lit(BillState.SUCCESS),
            currency=pl.lit(options.currency),
            channel=pl.lit(Channel.ALIPAY),
            channel_no=text("业务流水号"),
            order_no=text("商户订单号"),
            payout_no=pl.when(pl.col("kind") == Kind.PAYOUT)
            .then(text("业务流水号"))
            .otherwise(NOTHING),
            text=free_text("商品名称", "备注"),
        )
    )


def _total_checks(bill: Bill, gathered: Gathered, currency: str) -> list[Check]:
    checks: list[Check] = []
    for line, comment in bill.comments:
        if total := _TOTAL.match(comment):
            way, rows, cell = total.groups()
            (count, sums), (rows_check, money_check) = _FIGURES[way], _TOTAL_CHECKS[way]
            stated, money = Figure(way, rows, line), Figure(way, cell.lstrip("+-"), line)
            file = bill.detail.name
            checks += [
                stated.of_rows(rows_check, gathered.total(count), file),
                money.of_money(money_check, gathered.total(sums), currency, file),
            ]
    return checks


def _summary_checks(summary: Lines, gathered: Gathered, currency: str) -> list[Check]:
    figures, file = summary_figures(summary, WORDS), summary.name
    checks = []
    for way, unit in (("收入", "(+元)"), ("支出", "(-元)")):
        (count, sums), (rows_check, money_check) = _FIGURES[way], _SUMMARY_CHECKS[way]
        rows = sum(figure.rows(file) for figure in figures[f"{way}笔数"])
        money = abs(sum(figure.minor(currency, file) for figure in figures[f"{way}金额{unit}"]))
        checks += [
            Check(rows_check, str(rows), str(gathered.total(count))),
            Check(
                money_check,
                shown(money, currency),
                shown(gathered.total(sums), currency),
            ),
        ]
    return checks


FORMAT: Final = Format(
    name=NAME,
    role=Role.BILL,
    title="Alipay account detail",
    source="支付宝商家平台: 账务明细 (signcustomer), zip or CSV",
    recognise=recognise,
    read=read,
    write=writing.write_account,
    columns=(
        ("#账号 (above the titles)", "mid"),
        ("发生时间", "at"),
        ("业务流水号", "channel_no"),
        ("业务流水号 of a 提现", "payout_no"),
        ("商户订单号", "order_no"),
        ("业务类型", "kind"),
        ("收入金额(+元) or 支出金额(-元)", "amount_minor"),
        ("收入金额(+元) − 支出金额(-元)", "net_minor"),
        ("商品名称, 备注", "text"),
    ),
)
