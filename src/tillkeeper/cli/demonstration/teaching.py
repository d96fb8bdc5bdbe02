"""A layout of the demonstration: the bill of a wallet that no format of the product fits, taught from a sample."""

from datetime import datetime
from typing import Final

from tillkeeper.cli.demonstration.people import HEAD_OFFICE
from tillkeeper.kernel.actor import Actor
from tillkeeper.settlement.services.layouts import Sample, write_layout

SAMPLE: Final = """门店号|终端编号|交易日期|交易时间|交易类型|交易金额（元）|手续费|商户订单号
898310154110001|10000001|2026-03-02|101112|支付|128.00|0.49|W20260302000001
898310154110001|10000001|2026-03-02|113005|支付|36.50|0.14|W20260302000002
898310154110001|10000002|2026-03-02|171540|退款|-36.50|-0.14|W20260302000003
合计|笔数：3|金额：128.00
"""
TEXT: Final = """# 城市商圈钱包对账单：竖线分隔，末行为合计。
name = "city.wallet"
role = "bill"
title = "城市商圈钱包对账单"
source = "商圈钱包商户接入说明，第 3 页"

field = [
    { title = "门店号" },
    { title = "终端编号" },
    { title = "交易日期" },
    { title = "交易时间" },
    { title = "交易类型" },
    { title = "交易金额（元）" },
    { title = "手续费" },
    { title = "商户订单号" },
]

[file]
shape = "delimited"
delimiter = "|"

[lines]
end = ["合计"]
end_required = true

[canonical]
mid = { from = "门店号" }
tid = { from = "终端编号" }
at = { from = ["交易日期", "交易时间"], patterns = "%Y-%m-%d%H%M%S" }
kind = { from = "交易类型", map = { "支付" = "sale", "退款" = "refund" } }
amount_minor = { from = "交易金额（元）", type = "yuan" }
fee_minor = { from = "手续费", type = "yuan" }
order_no = { from = "商户订单号" }

[[check]]
name = "rows: 笔数"
stated = '笔数：(\\d+)'
of = "rows"

[[check]]
name = "amounts: 金额"
stated = '金额：([-\\d.]+)'
of = "amount_minor"
type = "yuan"
"""


def teach_layout(*, approver: Actor, at: datetime) -> None:
    """Write a layout that a sample proves."""
    write_layout(
        organisation=HEAD_OFFICE,
        text=TEXT,
        why="商圈钱包 3 月起按此格式发送对账单",
        sample=Sample("wallet_20260302.txt", SAMPLE.encode("gb18030")),
        by=approver,
        at=at,
    )
