"""WeChat Pay fund bill (微信资金账单): every movement of an account with the balance after it.

It names no merchant and no terminal. A payment and its fee are two rows, so `fee_minor` stays empty.
"""

from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills.blocks import Lines
from tillkeeper.formats.bills.chains import Chain
from tillkeeper.formats.bills.checked import (
    UNKNOWN_KIND,
    Cell,
    amount,
    at,
    free_text,
    read_cells,
    translated,
)
from tillkeeper.formats.bills.gathering import Figure, Gathered
from tillkeeper.formats.bills.wechat_text import (
    PATTERN,
    ROWS_CHECK,
    Words,
    empty_day,
    first_titles,
    open_table,
    read_summary,
)
from tillkeeper.formats.bills.writing import NOTHING, local, major, rows_text, save
from tillkeeper.formats.canonical.cells import text
from tillkeeper.formats.canonical.reading import Check, Format, Head, Options, Taker, Verdict
from tillkeeper.formats.canonical.tables import BillState, Channel, Kind, Role

NAME: Final = "wechat.fund"
COLUMNS: Final = (
    "记账时间", "微信支付业务单号", "资金流水单号", "业务名称", "业务类型", "收支类型", "收支金额(元)", "账户结余(元)",
    "资金变更提交申请人", "备注", "业务凭证号",
)  # fmt: skip
SUMMARY: Final = ("资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额")
WORDS: Final = Words(
    aliases={},
    needed=("记账时间", "微信支付业务单号", "业务类型", "收支类型", "收支金额(元)", "账户结余(元)"),
    known=COLUMNS,
    summary_needed=SUMMARY,
)
KINDS: Final = {
    "交易": Kind.SALE,
    "退款": Kind.REFUND,
    "扣除交易手续费": Kind.FEE,
    "提现": Kind.PAYOUT,
    "转账": Kind.TRANSFER,
    "充值": Kind.TRANSFER,
}
WAYS: Final = {"收入": "in", "支出": "out"}
# A word that goes the other way than its kind always does, such as a refund that comes back, moves the balance only.
_FIXED: Final[dict[str, str]] = {Kind.SALE: "in", Kind.REFUND: "out"}


def recognise(head: Head) -> float:
    """Tell by the titles."""
    return 1.0 if set(WORDS.needed) <= set(first_titles(head, WORDS)) else 0.0


def read(path: Path, take: Taker, options: Options) -> Verdict:
    """Read a fund bill. See `Reader`."""
    gathered = Gathered(NAME, take)
    if (verdict := empty_day(path, gathered)) is not None:
        return verdict
    chain = Chain(options.currency)
    coming = pl.col("way") == "in"
    with path.open("rb") as stream:
        lines = Lines(stream, path.name)
        for rows in open_table(lines, WORDS).frames():
            frame = _canonical(rows, options, path.name)
            chain.follow(frame)
            gathered.add(
                frame,
                rows_in=coming.sum(),
                rows_out=(~coming).sum(),
                sum_in=pl.col("moved").filter(coming).sum(),
                sum_out=-pl.col("moved").filter(~coming).sum(),
            )
            gathered.give(frame)
        figures = read_summary(lines, WORDS)
    checks = _checks(figures, gathered, options.currency, path.name)
    return gathered.verdict((*checks, chain.check()), currency=options.currency, **chain.ends())


def _canonical(rows: pl.DataFrame, options: Options, name: str) -> pl.DataFrame:
    cells = {
        "at": at("记账时间", PATTERN, options.zone),
        "way": Cell("收支类型", translated(text("收支类型"), WAYS), UNKNOWN_KIND),
        "amount": amount("收支金额(元)", options.currency),
        "balance": amount("账户结余(元)", options.currency),
    }
    out = pl.col("way") == "out"
    named = translated(text("业务类型"), KINDS)
    wrong_way = translated(named, _FIXED) != pl.col("way")
    kind = pl.when(wrong_way.fill_null(value=False)).then(pl.lit(Kind.ADJUSTMENT)).otherwise(named)
    return (
        read_cells(rows, cells, name)
        .with_columns(
            kind=kind.fill_null(pl.lit(Kind.ADJUSTMENT)),
            moved=pl.when(out).then(-pl.col("amount").abs()).otherwise(pl.col("amount").abs()),
        )
        .with_columns(
            amount_minor=pl.col("moved").abs(),
            net_minor="moved",
            state=pl.lit(BillState.SUCCESS),
            currency=pl.lit(options.currency),
            channel=pl.lit(Channel.WECHAT),
            channel_no=text("微信支付业务单号"),
            order_no=text("业务凭证号"),
            payout_no=pl.when(pl.col("kind") == Kind.PAYOUT)
            .then(text("微信支付业务单号"))
            .otherwise(NOTHING),
            text=free_text("业务名称", "备注"),
        )
    )


def _checks(
    figures: dict[str, Figure], gathered: Gathered, currency: str, file: str
) -> tuple[Check, ...]:
    return (
        figures["资金流水总笔数"].of_rows(ROWS_CHECK, gathered.rows, file),
        figures["收入笔数"].of_rows("rows in against the summary", gathered.total("rows_in"), file),
        figures["支出笔数"].of_rows("rows out against the summary", gathered.total("rows_out"), file),
        figures["收入金额"].of_money("money in against the summary", gathered.total("sum_in"), currency, file),
        figures["支出金额"].of_money("money out against the summary", gathered.total("sum_out"), currency, file),
    )  # fmt: skip


def write(frame: pl.DataFrame, path: Path) -> None:
    """Write canonical rows, whose `net_minor` moves the account, as a fund bill that starts from a balance of 0."""
    net, coming = pl.col("net_minor"), pl.col("net_minor") >= 0
    words = {kind: word for word, kind in reversed(KINDS.items())}
    cells = frame.select(
        at=local(pl.col("at"), PATTERN),
        business=pl.col("channel_no"),
        flow=pl.col("line").cast(pl.String).str.zfill(28),
        name=pl.col("text"),
        type=pl.col("kind").replace_strict(words, default="其他"),
        way=pl.when(coming).then(pl.lit("收入")).otherwise(pl.lit("支出")),
        amount=major(net.abs()),
        balance=major(net.cum_sum()),
        by=pl.lit("system"),
        remark=NOTHING,
        voucher=pl.col("order_no"),
    )
    totals = frame.select(
        pl.len().cast(pl.String),
        rows_in=coming.sum().cast(pl.String),
        sum_in=major(net.filter(coming).sum()),
        rows_out=(~coming).sum().cast(pl.String),
        sum_out=major(-net.filter(~coming).sum()),
    )
    save(
        path,
        ",".join(COLUMNS) + "\n",
        rows_text(cells.select(pl.all().str.replace("^", "`")), ","),
        ",".join(SUMMARY) + "\n",
        rows_text(totals.select(pl.all().str.replace("^", "`")), ","),
    )


FORMAT: Final = Format(
    name=NAME,
    role=Role.BILL,
    title="WeChat Pay fund bill",
    source="pay.weixin.qq.com: 资金账单 (fundflowbill)",
    recognise=recognise,
    read=read,
    write=write,
    columns=(
        ("记账时间", "at"),
        ("微信支付业务单号", "channel_no"),
        ("微信支付业务单号 of a 提现", "payout_no"),
        ("业务凭证号", "order_no"),
        ("业务类型, 收支类型", "kind"),
        ("收支金额(元)", "amount_minor"),
        ("收支类型, 收支金额(元)", "net_minor"),
        ("业务名称, 备注", "text"),
    ),
)
