"""The journal, and the bills of acquirers and aggregators."""

# ruff: noqa: E501  (rows as they stand in the files; a Chinese letter counts as two)

from collections.abc import Mapping
from typing import Final

from tests.hand.files import MID, TID, Cells, Hand, delimited, lines

JOURNAL_HEAD = (
    "mid,tid,batch,trace,rrn,order_no,kind,amount_minor,currency,card,at,state,slip,operator,original_trace,"
    "original_rrn,channel"
)
JOURNAL = [
    f"{MID},{TID},000001,{trace},{rrn},,sale,{minor},CNY,622280*1234,{at},approved,printed,01,,,card".split(",")
    for trace, rrn, minor, at in (
        ("000101", "060110000101", "1234567", "2026-03-02T10:00:00+08:00"),
        ("000102", "060110000102", "12345", "2026-03-02T10:05:00+08:00"),
    )
]  # fmt: skip

ACQUIRER_HEAD = (
    "清算日期,交易时间,受理商户ID,受理商户多应用,结算商户编号,结算商户多应用类型,交易终端号,交易金额,商户手续费,收单收益,"
    "品牌费,交易类型,卡号,发卡机构,卡种,收单机构bit32,终端流水号bit11,银联系统跟踪号,参考号bit37,授权号,原终端流水号bit11,"
    "原银联系统跟踪号bit11,原bit37,mcc号,是否两条线垫支,是否分润,受理点商户号,商户多应用类型,受理点分润金额,机构分润金额,"
    "是否清算,受理点终端编号,交易发起渠道,发送机构标识码,原清算日期,服务点输入方式,T0标记,T0手续费,新增字段3,借贷记标记,"
    "交换费,转接清算费,新增字段7,新增字段8,新增字段9,订单号"
)


def _acquirer(at: str, amount: str, fee: str, trace: str, rrn: str) -> Cells:
    told = {
        "清算日期": "20260302", "交易时间": at, "受理商户ID": MID, "结算商户编号": MID, "交易终端号": TID, "交易金额": amount,
        "商户手续费": fee, "交易类型": "000000", "卡号": "622280******1234", "终端流水号bit11": trace, "参考号bit37": rrn,
        "mcc号": "5411", "是否清算": "0",
    }  # fmt: skip
    return [told.get(title, "") for title in ACQUIRER_HEAD.split(",")]


ACQUIRER = [
    _acquirer("0302100000", "12345.67", "46.91", "000101", "060110000101"),
    _acquirer("0302100500", "123.45", "0.47", "000102", "060110000102"),
]
ZM_WIDTHS = (
    3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13,
    8, 32, 13, 13, 12, 2, 1, 32, 98,
)  # fmt: skip
ZME_WIDTHS = (
    3, 11, 11, 6, 10, 19, 12, 4, 2, 2, 6, 10, 4, 12, 13, 13, 15, 15, 1, 12, 2, 135,
)  # fmt: skip


def _fixed(widths: tuple[int, ...], told: Mapping[int, str]) -> str:
    """Return a record; its cells are plain ASCII, so that a character is a byte."""
    cells = (told.get(number, "").ljust(width) for number, width in enumerate(widths, 1))
    return " ".join(cells)


def _zm(trace: str, at: str, minor: int, fee: int) -> str:
    return _fixed(ZM_WIDTHS, {
        1: "S22", 2: "48021000", 3: "00010000", 4: trace, 5: at, 6: "622280*********1234", 7: f"{minor:012}", 8: "5411",
        9: "07", 10: f"2026{at}{trace}1", 12: f"ORD{trace}", 13: "01", 16: f"D{fee:012}", 17: f"C{minor - fee:012}",
        18: "0201", 20: "01", 21: "01", 22: "000201", 28: MID, 31: "COFFEE", 33: f"C{minor - fee:012}", 34: TID,
    })  # fmt: skip


def _zme(trace: str, at: str, minor: int) -> str:
    return _fixed(ZME_WIDTHS, {
        1: "E30", 2: "48021000", 3: "00010000", 4: trace, 5: at, 6: "622280*********1234", 7: f"{minor:012}", 8: "5411",
        9: "07", 17: MID,
    })  # fmt: skip


def _ums(at: str, amount: str, net: str, fee: str, trace: str) -> Cells:
    """Return the 17 cells of the headed export."""
    card = "622200*********1234"
    return [
        "20260302", "2026-03-02", at, TID, amount, net, fee, trace, "消费", f"060110{trace}", card, MID, "03080000", "借记卡",
        "", "", "有卡支付",
    ]  # fmt: skip


UMS = [
    _ums("10:00:00", "12345.67", "12298.76", "46.91", "000101"),
    _ums("10:05:00", "123.45", "122.98", "0.47", "000102"),
]
UMS_HEAD = "清算日期 交易日期 交易时间 终端号 交易金额 清算金额 手续费 流水号 交易类型 参考号 卡号 商户号 发卡行 卡类型 商户订单号 银商订单号 支付类型"
UMS_ABOVE = (
    "对账明细查询结果（仅显示1000条记录）", "集团名称：上海咖啡", "清算日期从：\t20260302\t到：\t20260302\t\t业务类型：\t互联网消费",
    UMS_HEAD.replace(" ", "\t"),
)  # fmt: skip
UMS_END = "对账明细查询结果"


def _ums_total(number: int, amount: str, net: str, fee: str) -> str:
    return f"总笔数：\t{number}\t交易金额：\t{amount}\t\t结算金额：\t{net}\t\t手续费：\t{fee}"


def _headless(r: Cells) -> str:
    cells = [*r[:3], r[4], r[3], *r[5:12], "中国农业银行", r[13], "", "", "", r[4], "", "", ""]
    return "\t".join(cells)


UMS_25_HEAD = (
    "清算日期\t交易日期\t交易时间\t交易金额\t终端号\t分店简称\t清算金额\t手续费\t流水号\t交易类型\t参考号\t卡号\t商户号\t商户名称\t发卡行\t"
    "卡类型\t商户订单号\t退货订单号\t支付类型\t实际支付金额\t备注\t付款附言\t钱包优惠金额\t商户优惠金额\t支付产品"
)


def _of_25(r: Cells) -> Cells:
    return [
        *r[:3], r[4], r[3], "一店", *r[5:12], "上海咖啡", "中国农业银行", r[13], "", "", "有卡支付", r[4], "", "", "0.00", "0.00",
        "POS",
    ]  # fmt: skip


def _of_pos(r: Cells) -> Cells:
    time = r[2].replace(":", "")
    return [
        "20260302",
        time,
        r[10],
        r[4],
        r[7],
        TID,
        MID,
        "000001",
        "20260302",
        r[9],
        "1",
        r[6],
        "",
    ]


def _leshua(number: int, at: str, minor: int, fee: int, trace: str) -> Cells:
    return [
        "BV", str(number), at, f"LS{trace}", MID, "38", str(minor), str(fee), str(minor - fee), "进账", "消费", "银行卡",
        "借记卡", "标准类", f"060110{trace}", trace, TID, f"TK{trace}", "", at, "", "", "CMB", "", "",
    ]  # fmt: skip


def _saobei(at: str, minor: int, fee: int, trace: str) -> Cells:
    return [
        MID, TID, at, "", str(minor), str(fee), "0", str(minor - fee), "1", "MICROPAY", "支付成功", f"SB{trace}", "",
        f"TK{trace}", f"42{trace}", "20260302", "o1", "", "", "0", str(minor), str(minor), "0", "", "", "CMB", "一店", "1",
    ]  # fmt: skip


BILL_HEAD = (
    "line,mid,tid,batch,trace,rrn,order_no,channel_no,kind,state,amount_minor,fee_minor,surcharge_minor,net_minor,"
    "currency,card,card_type,mcc,at,settled_on,channel,payout_no,cryptogram,original_trace,original_rrn,"
    "original_order_no,original_channel_no,text"
)


def _canonical(line: str, at: str, minor: int, fee: int, trace: str) -> Cells:
    return [
        line, MID, TID, "000001", trace, f"060110{trace}", f"TK{trace}", f"CH{trace}", "sale", "success", str(minor),
        str(fee), "", str(minor - fee), "CNY", "622280*0000", "debit", "5411", at, "2026-03-03", "card", "", "", "",
        "", "", "", "",
    ]  # fmt: skip


CANONICAL = [
    _canonical("7", "2026-03-02T02:00:00+00:00", 1_234_567, 4_691, "000101"),
    _canonical("9", "2026-03-02T02:05:00+00:00", 12_345, 47, "000102"),
]

ACQUIRERS: Final[Mapping[str, Hand]] = {
    "journal": Hand("journal.csv", delimited(JOURNAL_HEAD, JOURNAL), empty=JOURNAL_HEAD + "\n"),
    "canonical.bill": Hand(
        "converted.csv", delimited(BILL_HEAD, CANONICAL), empty=BILL_HEAD + "\n"
    ),
    "acquirer46": Hand(
        "settle_20260302.csv", delimited(ACQUIRER_HEAD, ACQUIRER), empty=ACQUIRER_HEAD + "\n"
    ),
    "zm": Hand(
        f"INN26030288ZM_{MID}",
        lines(_zm("000101", "0302100000", 1_234_567, 4_691), _zm("000102", "0302100500", 12_345, 47)),
        empty="",
    ),
    "zme": Hand(
        f"INN26030288ZME_{MID}",
        lines(_zme("000101", "0302100000", 1_234_567), _zme("000102", "0302100500", 12_345)),
        empty="",
    ),
    "ums.headed": Hand(
        "netbank.txt",
        lines(*UMS_ABOVE, *("\t".join(r) for r in UMS), "", _ums_total(2, "12469.12", "12421.74", "47.38"), end="\r\n"),
        empty=lines(*UMS_ABOVE, "", _ums_total(0, "0.00", "0.00", "0.00"), end="\r\n"),
    ),
    "ums.headless": Hand(
        "wap.txt",
        lines(*map(_headless, UMS), UMS_END, UMS_END, end="\r\n"),
        empty=lines(UMS_END, UMS_END, end="\r\n"),
    ),
    "ums.25": Hand(
        "ums25.txt",
        delimited("", [_of_25(r) for r in UMS], "\t", "\r\n"),
        empty=UMS_25_HEAD + "\r\n",
    ),
    "ums.pos": Hand("pos.txt", delimited("", [_of_pos(r) for r in UMS], "|")),
    "leshua": Hand(
        "1001_trade_new_20260302.txt",
        lines("BT|1001|20260302", "|".join(_leshua(1, "2026-03-02 10:00:00", 1_234_567, 4_691, "000101")),
               "|".join(_leshua(2, "2026-03-02 10:05:00", 12_345, 47, "000102"))),
    ),
    "saobei": Hand(
        "saobei_20260302.txt",
        delimited("", [_saobei("20260302100000", 1_234_567, 4_691, "000101"), _saobei("20260302100500", 12_345, 47, "000102")]),
    ),
    "allinpay": Hand(
        "2026-03-02_1001_checkFile.txt",
        lines("交易时间|商户号|终端号|交易类型|交易金额|渠道手续费|结算金额|渠道流水号|门店名称",
               f"2026-03-02 10:00:00|{MID}|{TID}|消费|1234567|4691|1229876|AL000101|一店",
               f"2026-03-02 10:05:00|{MID}|{TID}|消费|12345|47|12298|AL000102|一店"),
        empty="交易时间|商户号|终端号|交易类型|交易金额|渠道手续费|结算金额|渠道流水号|门店名称\n",
    ),
}  # fmt: skip
