"""WeChat Pay trade bill (微信交易账单): ALL, SUCCESS, REFUND, and the legacy ALL. Columns are found by their titles.

Which amounts: a terminal asks for the whole price, so `amount_minor` is 订单金额 (or 申请退款金额); the channel pays
out 应结订单金额 (or takes 退款金额) less 手续费. What lies between, a coupon that nobody pays for, is
`surcharge_minor`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.bills import wechat_trade_writing as writing
from tillkeeper.formats.bills.blocks import Lines
from tillkeeper.formats.bills.checked import (
    UNKNOWN_KIND,
    Cell,
    amount,
    at,
    free_text,
    one_currency,
    read_cells,
    translated,
    word,
)
from tillkeeper.formats.bills.gathering import Figure, Gathered
from tillkeeper.formats.bills.wechat_text import (
    PATTERN,
    ROWS_CHECK,
    Words,
    empty_day,
    first_titles,
    is_empty_day,
    open_table,
    read_summary,
)
from tillkeeper.formats.canonical.cells import text
from tillkeeper.formats.canonical.movement import direction
from tillkeeper.formats.canonical.reading import Check, Format, Head, Options, Taker, Verdict
from tillkeeper.formats.canonical.tables import BillState, Channel, Kind, Role

NAME: Final = "wechat.trade"
ALIASES: Final = {
    "子商户号": "特约商户号",
    "总金额": "应结订单金额",
    "代金券或立减优惠金额": "代金券金额",
    "企业红包金额": "代金券金额",
    "代金券或立减优惠退款金额": "充值券退款金额",
    "企业红包退款金额": "充值券退款金额",
    "总交易额": "应结订单总金额",
    "总退款金额": "退款总金额",
    "总代金券或立减优惠退款金额": "充值券退款总金额",
    "总企业红包退款金额": "充值券退款总金额",
}
WORDS: Final = Words(
    aliases=ALIASES,
    needed=("交易时间", "商户号", "微信订单号", "商户订单号", "交易状态", "货币种类", "应结订单金额", "手续费"),
    known=(
        "交易时间", "商户号", "特约商户号", "设备号", "微信订单号", "商户订单号", "交易状态", "付款银行", "货币种类",
        "应结订单金额", "微信退款单号", "商户退款单号", "退款金额", "充值券退款金额", "退款状态", "商品名称",
        "手续费", "订单金额", "申请退款金额", "退款申请时间",
    ),
    summary_needed=("总交易单数", "应结订单总金额", "手续费总金额"),
)  # fmt: skip
KINDS: Final = {"SUCCESS": Kind.SALE, "REFUND": Kind.REFUND, "REVOKED": Kind.REVERSAL}
REFUND_STATES: Final = {
    "SUCCESS": BillState.SUCCESS,
    "PROCESSING": BillState.PENDING,
    "CHANGE": BillState.PENDING,  # the money is on its way to another account than it came from
    "FAIL": BillState.FAILED,
    "": BillState.SUCCESS,
}
# Summary title -> the sum of which column, and what the check is called.
SUMS: Final = {
    "应结订单总金额": ("settled", "amounts to settle against the summary"),
    "退款总金额": ("refunded", "refunds against the summary"),
    "充值券退款总金额": ("coupon_refunded", "coupon refunds against the summary"),
    "手续费总金额": ("fee", "fees against the summary"),
    "订单总金额": ("ordered", "order amounts against the summary"),
    "申请退款总金额": ("asked", "refunds asked for against the summary"),
}


def recognise(head: Head) -> float:
    """Tell by the titles; the answer for a day without a bill is taken for a trade bill too."""
    if is_empty_day(head.data):
        return 0.8
    return 1.0 if set(WORDS.needed) <= set(first_titles(head, WORDS)) else 0.0


def read(path: Path, take: Taker, options: Options) -> Verdict:
    """Read a trade bill. See `Reader`."""
    gathered = Gathered(NAME, take)
    if (verdict := empty_day(path, gathered)) is not None:
        return verdict
    with path.open("rb") as stream:
        lines = Lines(stream, path.name)
        for frame in _frames(lines, options.zone):
            gathered.add(frame, **{name: pl.col(name).sum() for name, _check in SUMS.values()})
            gathered.give(frame)
        figures = read_summary(lines, WORDS)
    currency = next(iter(gathered.sums), options.currency)
    return gathered.verdict(_checks(figures, gathered, currency, path.name), currency=currency)


def _frames(lines: Lines, zone: str) -> Iterator[pl.DataFrame]:
    currency: str | None = None
    for rows in open_table(lines, WORDS).frames():
        if not rows.height:
            continue
        currency = one_currency(rows, "货币种类", currency, lines.name)
        yield _canonical(rows, currency, zone, lines.name)


def _canonical(rows: pl.DataFrame, currency: str, zone: str, name: str) -> pl.DataFrame:
    cells = {
        "at": at("交易时间", PATTERN, zone),
        "kind": word("交易状态", KINDS),
        "refund_state": Cell("退款状态", translated(text("退款状态"), REFUND_STATES), UNKNOWN_KIND),
        "asked_at": at("退款申请时间", PATTERN, zone, needed=False),
        "settled": amount("应结订单金额", currency),
        "ordered": amount("订单金额", currency, needed=False),
        "refunded": amount("退款金额", currency, needed=False),
        "coupon_refunded": amount("充值券退款金额", currency, needed=False),
        "asked": amount("申请退款金额", currency, needed=False),
        "fee": amount("手续费", currency),
    }
    return _facts(_money(read_cells(rows, cells, name)), currency)


def _money(read_rows: pl.DataFrame) -> pl.DataFrame:
    back = pl.col("kind") != Kind.SALE
    # A revoked payment is given back whole; where the bill shows no refund with it, its price is what went back.
    returned = pl.col("refunded").fill_null(0).abs()
    asked = (
        pl.when(pl.col("asked").fill_null(0) != 0).then(pl.col("asked").abs()).otherwise(returned)
    )
    price = pl.col("ordered").fill_null(pl.col("settled"))
    shown = back & ((asked != 0) | (pl.col("kind") == Kind.REFUND))
    return (
        read_rows.with_columns(
            amount_minor=pl.when(shown).then(asked).otherwise(price),
            moved=pl.when(shown).then(returned).otherwise(pl.col("settled")),
            sign=direction(pl.col("kind")),
            fee_minor=pl.col("fee"),
        )
        .with_columns(difference=pl.col("sign") * (pl.col("amount_minor") - pl.col("moved")))
        .with_columns(
            surcharge_minor=pl.when(pl.col("difference") != 0).then("difference"),
            net_minor=pl.col("sign") * pl.col("moved") - pl.col("fee"),
        )
    )


def _facts(frame: pl.DataFrame, currency: str) -> pl.DataFrame:
    refund = pl.col("kind") == Kind.REFUND
    back = pl.col("kind") != Kind.SALE
    order, transaction = text("商户订单号"), text("微信订单号")
    bank = text("付款银行")
    return frame.with_columns(
        at=pl.when(refund).then(pl.col("asked_at").fill_null(pl.col("at"))).otherwise("at"),
        mid=pl.when(text("特约商户号").is_in(["", "0"])).then(text("商户号")).otherwise(text("特约商户号")),
        tid=text("设备号"),
        order_no=pl.when(refund).then(text("商户退款单号")).otherwise(order),
        channel_no=pl.when(refund).then(text("微信退款单号")).otherwise(transaction),
        original_order_no=pl.when(back).then(order).otherwise(pl.lit("")),
        original_channel_no=pl.when(back).then(transaction).otherwise(pl.lit("")),
        state=pl.when(pl.col("kind") == Kind.REVERSAL).then(pl.lit(BillState.REVOKED))
        .when(refund).then("refund_state").otherwise(pl.lit(BillState.SUCCESS)),
        currency=pl.lit(currency),
        card_type=pl.when(bank.str.ends_with("_DEBIT")).then(pl.lit("debit"))
        .when(bank.str.ends_with("_CREDIT")).then(pl.lit("credit")).otherwise(pl.lit("")),
        channel=pl.lit(Channel.WECHAT),
        text=free_text("商品名称"),
    )  # fmt: skip


def _checks(
    figures: dict[str, Figure], gathered: Gathered, currency: str, file: str
) -> tuple[Check, ...]:
    rows = figures["总交易单数"].of_rows(ROWS_CHECK, gathered.rows, file)
    sums = [
        figures[title].of_money(check, gathered.total(column), currency, file)
        for title, (column, check) in SUMS.items()
        if title in figures
    ]
    return (rows, *sums)


FORMAT: Final = Format(
    name=NAME,
    role=Role.BILL,
    title="WeChat Pay trade bill",
    source="pay.weixin.qq.com: 交易账单 (tradebill), ALL, SUCCESS, REFUND",
    recognise=recognise,
    read=read,
    write=writing.write,
    columns=(
        ("交易时间, 退款申请时间", "at"),
        ("特约商户号 (子商户号), else 商户号", "mid"),
        ("设备号", "tid"),
        ("商户订单号; of a refund 商户退款单号", "order_no"),
        ("微信订单号; of a refund 微信退款单号", "channel_no"),
        ("商户订单号 of a refund or a revoked payment", "original_order_no"),
        ("微信订单号 of a refund or a revoked payment", "original_channel_no"),
        ("交易状态", "kind"),
        ("交易状态, 退款状态", "state"),
        ("订单金额, else 应结订单金额 (总金额); of a refund 申请退款金额, else 退款金额", "amount_minor"),
        ("手续费", "fee_minor"),
        ("订单金额 − 应结订单金额; of a refund 退款金额 − 申请退款金额; empty where both are equal", "surcharge_minor"),
        ("应结订单金额 − 手续费; of a refund −退款金额 − 手续费", "net_minor"),
        ("货币种类", "currency"),
        ("付款银行 (ends in _DEBIT or _CREDIT)", "card_type"),
        ("商品名称", "text"),
    ),
)  # fmt: skip
