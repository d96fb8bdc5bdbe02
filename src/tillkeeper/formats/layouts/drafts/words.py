"""What columns and cells of bills are called in the field, Chinese and English, and what each means to us. Data only.

Titles are compared as `plain_title` makes them, without what stands in brackets behind them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tillkeeper.formats.canonical.tables import Role

# Meanings that are no canonical column of their own.
DAY: Final = "day"  # of a payment, its clock beside it
CLOCK: Final = "clock"
CREDIT: Final = "credit"  # amounts of a statement in two columns
DEBIT: Final = "debit"
DIRECTION: Final = "direction"

_COMMON: Final = {
    "amount_minor": "交易金额 金额 发生额 订单金额 支付金额 消费金额 付款金额 交易本金 本金 应结订单金额 amount "
    "transactionamount transamount txnamount gross grossamount amount_minor",
    "currency": "币种 货币 货币种类 交易币种 币别 currency currencycode",
    "text": "备注 摘要 附言 说明 用途 商品名称 交易摘要 remark remarks note description memo text",
}  # fmt: skip
_PAYMENT: Final = {
    **_COMMON,
    "mid": "商户号 商户编号 商户代码 商编 受理商户号 特约商户号 商户id 门店商户号 mid mchid merchantid merchantno "
    "merchantnumber merchantcode",
    "tid": "终端号 终端编号 终端代码 终端id pos终端号 受理终端号 tid terminalid terminalno terminalnumber",
    "batch": "批次号 批次 终端批次号 batch batchno batchnumber",
    "trace": "流水号 终端流水号 凭证号 pos流水号 系统跟踪号 跟踪号 交易流水号 终端流水 trace traceno tracenumber stan "
    "voucherno",
    "rrn": "检索参考号 参考号 系统参考号 交易参考号 检索号 rrn referenceno referencenumber retrievalreferencenumber",
    "order_no": "商户订单号 订单号 商家订单号 外部订单号 商户订单编号 订单编号 orderno ordernumber orderid order_no "
    "merchantorderno merchantorderid outtradeno out_trade_no",
    "channel_no": "渠道订单号 平台订单号 支付订单号 微信订单号 支付宝交易号 交易订单号 渠道流水号 平台流水号 交易单号 "
    "channel_no channelno transactionid transactionno channelorderno transaction_id",
    "kind": "交易类型 类型 业务类型 交易类别 交易名称 交易种类 kind type transactiontype transtype txntype tradetype",
    "state": "交易状态 状态 支付状态 订单状态 交易结果 state status transactionstatus result",
    "card": "卡号 银行卡号 交易卡号 支付卡号 主账号 付款卡号 card cardno cardnumber pan",
    "channel": "支付渠道 渠道 支付方式 支付类型 付款方式 channel paymentmethod paychannel",
    "at": "交易时间 时间 交易日期时间 交易完成时间 支付时间 完成时间 付款时间 创建时间 支付完成时间 at time datetime "
    "transactiontime transtime txntime tradetime timestamp createdat",
    DAY: "交易日期 日期 支付日期 请求日期 交易日 date transactiondate transdate txndate tradedate",
    CLOCK: "时间 交易时间 支付时间 时分秒 time transactiontime transtime",
    "original_trace": "原流水号 原交易流水号 原凭证号 原终端流水号 original_trace originaltrace originaltraceno",
    "original_rrn": "原参考号 原检索参考号 原交易参考号 原系统参考号 original_rrn originalrrn",
}  # fmt: skip
_BILL: Final = {
    **_PAYMENT,
    "fee_minor": "手续费 商户手续费 服务费 交易手续费 手续费金额 fee fees merchantfee commission servicefee fee_minor",
    "net_minor": "结算金额 清算金额 清算净额 入账金额 到账金额 净额 结算净额 应结金额 实结金额 net netamount "
    "settlementamount settledamount net_minor",
    "card_type": "卡类型 卡种 卡类别 支付卡类型 cardtype card_type",
    "settled_on": "清算日期 结算日期 清分日期 清算日 结算日 settlementdate settledon settledate settled_on",
    "mcc": "mcc 商户类别码 行业代码",
    "payout_no": "结算单号 出款单号 打款单号 payoutid payoutno payout_no",
    "original_order_no": "原订单号 原商户订单号 原商户订单编号 original_order_no originalorderno",
    "original_channel_no": "原渠道订单号 原交易订单号 原平台订单号 original_channel_no",
}  # fmt: skip
_JOURNAL: Final = {
    **_PAYMENT,
    "slip": "签购单 签购单状态 打印状态 slip slipstate printed",
    "operator": "操作员 操作员号 收银员 柜员 operator operatorid cashier",
}
_STATEMENT: Final = {
    **_COMMON,
    "account": "账号 本方账号 账户 本方账户 account accountno accountnumber",
    "booked_on": "记账日期 入账日期 交易日期 日期 记账日 账务日期 交易日 booked_on bookingdate postingdate date "
    "transactiondate",
    "valued_on": "起息日 起息日期 valuedate valued_on",
    "at": "交易时间 记账时间 入账时间 时间 at time datetime transactiontime",
    CREDIT: "收入 收入金额 贷方金额 贷方发生额 贷方 存入 存入金额 转入金额 credit creditamount deposit paidin",
    DEBIT: "支出 支出金额 借方金额 借方发生额 借方 支取 支取金额 转出金额 debit debitamount withdrawal paidout",
    DIRECTION: "借贷标志 借贷 借贷方向 收支方向 收支 收付标志 收付 借贷标识 drcr dr/cr debitcredit direction",
    "balance_minor": "余额 账户余额 当前余额 交易后余额 本次余额 balance balance_minor",
    "reference": "参考号 凭证号 客户流水号 业务编号 reference customerreference",
    "bank_reference": "流水号 银行流水号 交易流水号 核心流水号 bank_reference bankreference transactionid",
    "counterparty": "对方户名 对方名称 对方账户名称 对方账户名 对方单位 交易对方 counterparty payer counterpartyname",
    "counterparty_account": "对方账号 对方账户 对方卡号 counterparty_account counterpartyaccount",
}  # fmt: skip


def _by_title(table: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """Turn the table round: a title may mean several things, in the order of the table."""
    told: dict[str, list[str]] = {}
    for meaning, titles in table.items():
        for title in titles.split():
            told.setdefault(title, []).append(meaning)
    return MappingProxyType({title: tuple(meanings) for title, meanings in told.items()})


MEANINGS: Final[Mapping[Role, Mapping[str, tuple[str, ...]]]] = MappingProxyType({
    Role.JOURNAL: _by_title(_JOURNAL), Role.BILL: _by_title(_BILL), Role.STATEMENT: _by_title(_STATEMENT),
})  # fmt: skip

_KINDS: Final = {
    "sale": "消费 支付 交易 收款 付款 支付成功 刷卡消费 扫码支付 sale purchase payment pay",
    "refund": "退款 退货 退费 联机退货 扫码退款 refund return",
    "void": "撤销 消费撤销 当日撤销 撤单 void cancel cancellation",
    "preauth": "预授权 preauth preauthorization preauthorisation authorization",
    "completion": "预授权完成 预授权请款 completion capture",
    "reversal": "冲正 消费冲正 reversal",
    "chargeback": "拒付 调单扣款 chargeback",
    "fee": "手续费 服务费 fee",
    "adjustment": "调账 差错调整 adjustment",
    "payout": "提现 结算 出款 打款 payout settlement",
}
_BILL_STATES: Final = {
    "success": "成功 交易成功 支付成功 已支付 退款成功 success succeeded paid ok trade_success",
    "pending": "处理中 待支付 待处理 退款中 pending processing",
    "failed": "失败 交易失败 支付失败 failed failure",
    "revoked": "已撤销 撤销 已关闭 revoked closed cancelled canceled",
}
_JOURNAL_STATES: Final = {
    "approved": "成功 交易成功 批准 approved success",
    "declined": "失败 拒绝 交易失败 declined failed",
    "unknown": "未知 unknown timeout",
    "reversed": "已冲正 冲正成功 reversed",
    "reversal_pending": "待冲正 reversal_pending",
    "reversal_exhausted": "冲正失败 reversal_exhausted",
}
_SLIPS: Final = {
    "printed": "已打印 成功 是 printed yes",
    "reprinted": "重打印 补打 reprinted",
    "failed": "失败 打印失败 failed",
    "unknown": "未知 unknown",
    "none": "无 否 未打印 none no",
}
_CHANNELS: Final = {
    "card": "银行卡 刷卡 卡 card bankcard",
    "wechat": "微信 微信支付 wechat wechatpay weixin",
    "alipay": "支付宝 alipay",
    "unionpay_qr": "银联二维码 云闪付 银联扫码 unionpay_qr unionpay quickpass",
}
_CARD_TYPES: Final = {
    "debit": "借记卡 储蓄卡 借记 debit debitcard",
    "credit": "贷记卡 信用卡 贷记 credit creditcard",
    "semi_credit": "准贷记卡 semi_credit",
    "prepaid": "预付卡 prepaid",
}
_CURRENCIES: Final = {
    "CNY": "人民币 人民币元 rmb cny 156",
    "HKD": "港币 hkd 344",
    "USD": "美元 usd 840",
}


def _by_cell(table: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({cell: word for word, cells in table.items() for cell in cells.split()})


# (role, column) -> cell in small letters without blanks -> our word.
CELLS: Final[Mapping[tuple[Role, str], Mapping[str, str]]] = MappingProxyType({
    (Role.BILL, "kind"): _by_cell(_KINDS),
    (Role.JOURNAL, "kind"): _by_cell(
        {word: _KINDS[word] for word in ("sale", "refund", "void", "preauth", "completion")}
    ),
    (Role.BILL, "state"): _by_cell(_BILL_STATES),
    (Role.JOURNAL, "state"): _by_cell(_JOURNAL_STATES),
    (Role.JOURNAL, "slip"): _by_cell(_SLIPS),
    **{(role, "channel"): _by_cell(_CHANNELS) for role in (Role.BILL, Role.JOURNAL)},
    (Role.BILL, "card_type"): _by_cell(_CARD_TYPES),
    **{(role, "currency"): _by_cell(_CURRENCIES) for role in Role},
})  # fmt: skip
OUTGOING: Final = frozenset(
    {"借", "借方", "支出", "支", "付", "出", "d", "dr", "debit", "out", "-"}
)
TOTALS: Final = (
    "合计",
    "总计",
    "小计",
    "汇总",
    "总笔数",
    "交易笔数",
    "共计",
    "total",
    "sum",
    "summary",
)
