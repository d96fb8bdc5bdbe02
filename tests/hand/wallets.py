"""Bills of wallets, Stripe and Adyen."""

# ruff: noqa: E501  (rows as they stand in the files; a Chinese letter counts as two)

from collections.abc import Mapping
from typing import Final

from tests.hand.files import TID, Hand, lines

WECHAT_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_SUMS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)


def _ticked(*cells: str) -> str:
    return ",".join("`" + cell for cell in cells)


def _wechat(at: str, number: str, amount: str, fee: str) -> str:
    return _ticked(
        at, "wx8888888888888888", "1900000109", "0", TID, f"42000011{number}", f"TK{number}", "o1", "MICROPAY", "SUCCESS",
        "CMB_DEBIT", "CNY", amount, "0.00", "0", "0", "0.00", "0.00", "", "", "拿铁, 大杯", "", fee, "0.38%", amount, "0.00",
        "",
    )  # fmt: skip


def _wechat_total(number: int, amount: str, fee: str) -> str:
    return _ticked(str(number), amount, "0.00", "0.00", fee, amount, "0.00")


FUND_HEAD = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号"
FUND_SUMS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"


def _fund(at: str, number: str, amount: str, balance: str) -> str:
    return _ticked(
        at, f"5000{number}", f"1900{number}", "交易", "交易", "收入", amount, balance, "1900000109API", "", f"TK{number}"
    )  # fmt: skip


ALIPAY_HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
    "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
ACCOUNT_HEAD = "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注"


def _alipay(at: str, number: str, amount: str, fee: str) -> str:
    return ",".join([
        f"20260001{number}\t", f"TK{number}\t", "交易", "咖啡", at, at, "SH01", "上海一店", "01", f"{TID}\t", "abc***@126.com",
        amount, amount, "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00", "0.00", "", f"-{fee}", "0.00", "",
    ])  # fmt: skip


def _account(at: str, number: str, amount: str, balance: str) -> str:
    return f"3000{number}\t,20260001{number}\t,TK{number}\t,咖啡,{at},abc***@126.com,{amount},0.00,{balance},支付宝,交易付款,"


def _of_alipay(kind: str, head: str, rows: list[str], *totals: str) -> str:
    rule = "-" * 40
    return lines(
        f"#支付宝{kind}查询", "#账号：[2088000000000156]",
        "#起始日期：[2026年03月02日 00:00:00]   终止日期：[2026年03月03日 00:00:00]", f"#{rule}{kind}列表{rule}", head, *rows,
        f"#{rule}{kind}列表结束{rule}", *totals, "#导出时间：[2026年03月03日 09:00:00]", end="\r\n",
    )  # fmt: skip


STRIPE_HEAD = (
    "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,description,"
    "automatic_payout_id,automatic_payout_effective_at"
)
ADYEN_HEAD = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,"
    "Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),"
    "Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,"
    "Modification Merchant Reference,Batch Number,Reserved4,Reserved5,Reserved6,Reserved7,Reserved8,Reserved9,Reserved10"
)


def _stripe(at: str, number: str, gross: str, fee: str, net: str) -> str:
    return f"txn_{number},{at},2026-03-04 00:00:00,usd,{gross},{fee},{net},charge,ch_{number},Coffee,po_1,2026-03-05 00:00:00"


def _adyen(at: str, number: str, gross: str, fee: str, net: str) -> str:
    return (
        f"Acme,AcmeShop,8835551234{number},TK{number},visa,{at},CET,Settled,,EUR,,{gross},1,EUR,,{net},,{fee},,,"
        "visacredit,,12,,,,,,,"
    )


WALLETS: Final[Mapping[str, Hand]] = {
    "wechat.trade": Hand(
        "1900000109All2026-03-02.csv",
        lines(WECHAT_HEAD, _wechat("2026-03-02 10:00:00", "000101", "12345.67", "46.91000"),
              _wechat("2026-03-02 10:05:00", "000102", "123.45", "0.47000"),
              WECHAT_SUMS, _wechat_total(2, "12469.12", "47.38000")),
        empty=lines(WECHAT_HEAD, WECHAT_SUMS, _wechat_total(0, "0.00", "0.00000")),
    ),
    "wechat.fund": Hand(
        "1900000109Fund2026-03-02.csv",
        lines(FUND_HEAD, _fund("2026-03-02 10:00:00", "000101", "12345.67", "13345.67"),
              _fund("2026-03-02 10:05:00", "000102", "123.45", "13469.12"),
              FUND_SUMS, _ticked("2", "2", "12469.12", "0", "0.00")),
        empty=lines(FUND_HEAD, FUND_SUMS, _ticked("0", "0", "0.00", "0", "0.00")),
    ),
    "alipay.trade": Hand(
        "2088_20260302_业务明细.csv",
        _of_alipay("业务明细", ALIPAY_HEAD, [
            _alipay("2026-03-02 10:00:00", "000101", "12345.67", "46.91"),
            _alipay("2026-03-02 10:05:00", "000102", "123.45", "0.47"),
        ], "#交易合计：2笔，商家实收共12469.12元，商家优惠共0.00元", "#退款合计：0笔，商家实收退款共0.00元，商家优惠退款共0.00元"),
        "gb18030",
        empty=_of_alipay("业务明细", ALIPAY_HEAD, [], "#交易合计：0笔，商家实收共0.00元，商家优惠共0.00元",
                         "#退款合计：0笔，商家实收退款共0.00元，商家优惠退款共0.00元"),
    ),
    "alipay.account": Hand(
        "2088_20260302_账务明细.csv",
        _of_alipay("账务明细", ACCOUNT_HEAD, [
            _account("2026-03-02 10:00:00", "000101", "12345.67", "13345.67"),
            _account("2026-03-02 10:05:00", "000102", "123.45", "13469.12"),
        ], "#支出合计：0笔，共0.00元", "#收入合计：2笔，共12469.12元"),
        "gb18030",
        empty=_of_alipay("账务明细", ACCOUNT_HEAD, [], "#支出合计：0笔，共0.00元", "#收入合计：0笔，共0.00元"),
    ),
    "stripe.payout": Hand(
        "payout.csv",
        lines(STRIPE_HEAD, _stripe("2026-03-02 10:00:00", "000101", "12345.67", "46.91", "12298.76"),
              _stripe("2026-03-02 10:05:00", "000102", "123.45", "0.47", "122.98")),
        currency="USD",
        empty=STRIPE_HEAD + "\n",
    ),
    "adyen.settlement": Hand(
        "settlement_detail_report_batch_12.csv",
        lines(ADYEN_HEAD, _adyen("2026-03-02 10:00:00", "000101", "12345.67", "46.91", "12298.76"),
              _adyen("2026-03-02 10:05:00", "000102", "123.45", "0.47", "122.98")),
        currency="EUR",
        empty=ADYEN_HEAD + "\n",
    ),
}  # fmt: skip
