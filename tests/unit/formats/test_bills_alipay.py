"""Alipay's bills, written by hand: GB18030, CRLF, in a zip whose names are GBK."""

import io
import zipfile

import pytest
from tests.unit.formats.bill_frames import BILLS, read_bytes

from tillkeeper.formats.canonical.errors import (
    BadLine,
    BrokenArchive,
    Hostile,
    MissingColumns,
    TooLarge,
    Truncated,
    UnreadableFile,
    WrongMerchant,
)
from tillkeeper.formats.canonical.reading import Options

TITLES = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,"
    "商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
SALE = (
    "2025060122001\t,O-1\t,交易,咖啡,2025-06-01 09:30:00,2025-06-01 09:30:05,S1,总店,c1,10000001,*明,100.00,90.00,0.00,"
    "0.00,0.00,10.00,0.00,,0.00,0.00,,-0.54,0.00,"
)
REFUND = (
    "2025060122001\t,O-1\t,退款,咖啡,2025-06-01 09:30:00,2025-06-01 11:00:00,S1,总店,c1,10000001,*明,-50.00,-45.00,"
    "0.00,0.00,0.00,-5.00,0.00,,0.00,0.00,R-1,0.27,0.00,"
)
TOTALS = [
    "#交易合计：1笔，商家实收共90.00元，商家优惠共10.00元",
    "#退款合计：1笔，商家实收退款共-45.00元，商家优惠共-5.00元",
]
END = "#----------------业务明细列表结束----------------"
BILL = [
    "#支付宝业务明细查询",
    "#账号：[20880000000001560156]",
    "#起始日期：[2025年06月01日 00:00:00]   终止日期：[2025年06月02日 00:00:00]",
    "#----------------业务明细列表----------------",
    TITLES,
    SALE,
    REFUND,
    END,
    *TOTALS,
    "#导出时间：[2025年06月02日 10:00:00]",
]
SUMMARY = [
    "#支付宝业务汇总查询",
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,服务费（元）,分润（元）,实收净额（元）",
    "S1,总店,1,1,50.00,45.00,-0.27,0.00,44.73",
    "合计,,1,1,50.00,45.00,-0.27,0.00,44.73",
]
DETAIL_NAME, SUMMARY_NAME = "2088_20250601_业务明细.csv", "2088_20250601_业务明细(汇总).csv"
ACCOUNT_TITLES = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,"
    "业务类型,备注"
)
ACCOUNT = [
    "#支付宝账务明细查询",
    "#账号：[2088000000000156]",
    "#----------------账务明细列表----------------",
    ACCOUNT_TITLES,
    "A1\t,2025060122001\t,O-1\t,咖啡,2025-06-01 09:30:05,m@x,90.00,,190.00,支付宝,交易,",
    "A2\t,2025060122001\t,O-1\t,,2025-06-01 09:30:05,,,-0.54,189.46,支付宝,收费,服务费",
    "A3\t,P1\t,,,2025-06-01 23:00:00,,,-189.46,0.00,支付宝,提现,",
    "#----------------账务明细列表结束----------------",
    "#支出合计：2笔，共-190.00元",
    "#收入合计：1笔，共90.00元",
]
ACCOUNT_SUMMARY = [
    "类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）",
    "交易,1,90.00,0,0.00,90.00",
    "收费,0,0.00,1,-0.54,-0.54",
    "提现,0,0.00,1,-189.46,-189.46",
    "合计,1,90.00,2,-190.00,-100.00",
]


def text(lines):
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")


def read(lines, **options):
    return read_bytes(text(lines), None, options=Options(**options))


def archive(members):
    """Return a zip with its names in GBK and no UTF-8 flag, as the download is made."""
    target = io.BytesIO()
    names = [name.encode("gb18030") for name in members]
    holders = [b"%0*d" % (len(name), n) for n, name in enumerate(names)]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for holder, data in zip(holders, members.values(), strict=True):
            file.writestr(holder.decode(), data)
    data = target.getvalue()
    for holder, name in zip(holders, names, strict=True):
        data = data.replace(holder, name)
    return data


def read_zip(members):
    return read_bytes(archive(members), None, name="bill.zip")


def failed(verdict):
    return {check.name for check in verdict.checks if not check.holds}


def test_payments_and_refunds():
    frame, verdict = read(BILL)
    assert frame.select(
        "line", "kind", "amount_minor", "fee_minor", "surcharge_minor", "net_minor", "tid", "order_no", "channel_no",
        "original_order_no", "original_channel_no",
    ).rows() == [
        (6, "sale", 10000, 54, 1000, 8946, "10000001", "O-1", "2025060122001", "", ""),
        (7, "refund", 5000, -27, -500, -4473, "10000001", "R-1", "2025060122001", "O-1", "2025060122001"),
    ]  # fmt: skip
    assert set(frame["mid"]) == {"20880000000001560156"}
    assert str(frame["at"][1]) == "2025-06-01 03:00:00+00:00"
    assert verdict.sound
    assert verdict.sums == {"CNY": 5000}


@pytest.mark.parametrize(
    ("charged", "returned"), [("0.54", "-0.27"), ("-0.54", "-0.27"), ("0.54", "0.27")]
)
def test_the_sign_of_the_fee_comes_from_the_kind_of_row(charged, returned):
    lines = [
        line.replace(",-0.54,", f",{charged},").replace(",0.27,", f",{returned},") for line in BILL
    ]
    assert read(lines)[0]["fee_minor"].to_list() == [54, -27]


@pytest.mark.parametrize("names", [(DETAIL_NAME, SUMMARY_NAME), (SUMMARY_NAME, DETAIL_NAME)])
def test_detail_and_summary_in_a_zip_in_either_order(names):
    parts = {DETAIL_NAME: text(BILL), SUMMARY_NAME: text(SUMMARY)}
    frame, verdict = read_zip({name: parts[name] for name in names})
    assert frame.equals(read(BILL)[0])
    assert (verdict.format, verdict.sound) == ("alipay.trade", True)
    assert "receipts against the summary" in {check.name for check in verdict.checks}


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("合计,,1,1,", "合计,,2,1,", "payments against the summary"),
        ("合计,,1,1,", "合计,,1,0,", "refunds against the summary"),
        ("合计,,1,1,50.00", "合计,,1,1,50.01", "order amounts against the summary"),
        (",45.00,-0.27,", ",45.10,-0.27,", "receipts against the summary"),
        (",-0.27,", ",-0.81,", "fees against the summary"),
    ],
)
def test_a_summary_that_does_not_add_up_makes_the_zip_unsound(old, new, check):
    summary = [line.replace(old, new) for line in SUMMARY]
    assert failed(read_zip({DETAIL_NAME: text(BILL), SUMMARY_NAME: text(summary)})[1]) == {check}


def test_a_zip_with_the_detail_alone_is_read():
    assert read_zip({DETAIL_NAME: text(BILL)})[1].sound


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("#交易合计：1笔", "#交易合计：2笔", "payments against the total line"),
        ("实收共90.00", "实收共90.01", "receipts against the total line"),
        ("优惠共10.00", "优惠共1.00", "discounts against the total line"),
        ("#退款合计：1笔", "#退款合计：0笔", "refunds against the total line"),
        ("退款共-45.00", "退款共-44.00", "returned receipts against the total line"),
    ],
)
def test_total_lines_that_do_not_add_up_make_the_file_unsound(old, new, check):
    assert failed(read([line.replace(old, new) for line in BILL])[1]) == {check}


@pytest.mark.parametrize("kept", [4, 5, 6, 7, 8])
def test_a_detail_without_its_end_is_cut_off(kept):
    with pytest.raises(Truncated):
        read_bytes(text(BILL[:kept]), BILLS["alipay.trade"])


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("2025-06-01 11:00:00", "2025-02-30 11:00:00", "完成时间"),
        (",退款,", ",其他,", "业务类型"),
        (",-50.00,", ",-50.001,", "订单金额(元)"),
        (",0.27,", ",x,", "服务费(元)"),
        (",*明,", ",*明,先生,", "*"),
        (",咖啡,", ",", "*"),
    ],
)
def test_a_cell_that_does_not_fit_refuses_the_file(old, new, column):
    with pytest.raises(BadLine) as refused:
        read([*BILL[:6], REFUND.replace(old, new), *BILL[7:]])
    assert (refused.value.line, refused.value.column) == (7, column)


def test_commas_in_the_name_of_goods_part_nothing():
    frame, verdict = read([line.replace(",咖啡,", ",咖啡,大杯, 热,") for line in BILL])
    assert frame["text"].to_list() == ["咖啡,大杯, 热"] * 2
    assert frame.drop("text").equals(read(BILL)[0].drop("text"))
    assert verdict.sound


def test_a_row_behind_the_end_is_refused():
    with pytest.raises(BadLine) as refused:
        read([*BILL, SALE])
    assert refused.value.line == 12


def test_missing_columns_are_named():
    with pytest.raises(MissingColumns) as refused:
        read_bytes(text(BILL).replace("服务费".encode("gb18030"), b"x"), BILLS["alipay.trade"])
    assert (refused.value.line, refused.value.columns) == (5, "服务费(元)")


def test_a_bill_of_another_account_is_refused():
    with pytest.raises(WrongMerchant):
        read(BILL, mid="2088999999999999")


def test_utf8_is_read_too():
    data = ("\ufeff" + "\n".join(BILL)).encode()
    assert read_bytes(data, None)[0].equals(read(BILL)[0])


@pytest.mark.parametrize(
    "member", ["../业务明细.csv", "/etc/业务明细.csv", "a\\..\\..\\b.csv", "C:\\b.csv"]
)
def test_a_member_that_leads_out_of_the_archive_is_refused(member):
    with pytest.raises(Hostile):
        read_bytes(
            archive({member: text(BILL), SUMMARY_NAME: text(SUMMARY)}), BILLS["alipay.trade"]
        )


def test_an_archive_within_the_archive_is_refused():
    inner = archive({DETAIL_NAME: text(BILL), SUMMARY_NAME: text(SUMMARY)})
    for members in ({"a.zip": inner}, {"a.zip": inner, DETAIL_NAME: text(BILL)}):
        with pytest.raises(Hostile):
            read_zip(members)


def test_a_bomb_is_refused_unread():
    bomb = text(BILL[:5]) + b"0" * (80 << 20)
    with pytest.raises(TooLarge):
        read_zip({DETAIL_NAME: bomb, SUMMARY_NAME: text(SUMMARY)})


def test_a_broken_zip_is_refused():
    whole = archive({DETAIL_NAME: text(BILL), SUMMARY_NAME: text(SUMMARY)})
    at = whole.find("业务明细.csv".encode("gb18030")) + 60
    for data in (whole[:200], whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 :]):
        with pytest.raises(BrokenArchive):
            read_bytes(data, BILLS["alipay.trade"], name="bill.zip")


@pytest.mark.parametrize("names", [("a.csv", "b.csv"), (SUMMARY_NAME, "c.csv")])
def test_a_zip_without_just_one_detail_is_refused(names):
    parts = {
        "a.csv": text(BILL),
        "b.csv": text(BILL),
        "c.csv": b"x,y\r\n",
        SUMMARY_NAME: text(SUMMARY),
    }
    with pytest.raises(UnreadableFile):
        read_bytes(archive({name: parts[name] for name in names}), BILLS["alipay.trade"])


def test_the_movements_of_an_account():
    frame, verdict = read(ACCOUNT)
    assert frame.select(
        "line", "kind", "amount_minor", "net_minor", "channel_no", "payout_no"
    ).rows() == [
        (5, "sale", 9000, 9000, "2025060122001", ""),
        (6, "fee", 54, -54, "2025060122001", ""),
        (7, "payout", 18946, -18946, "P1", "P1"),
    ]
    assert verdict.sound
    assert verdict.facts["opening_balance"] == "CNY 100.00"
    assert verdict.facts["account"] == "2088000000000156"


def test_the_account_in_its_zip():
    parts = {"账务明细(汇总).csv": text(ACCOUNT_SUMMARY), "账务明细.csv": text(ACCOUNT)}
    frame, verdict = read_zip(parts)
    assert (frame.height, verdict.format, verdict.sound) == (3, "alipay.account", True)
    wrong = text(
        [
            line.replace("合计,1,90.00,2,-190.00", "合计,1,90.01,3,-190.00")
            for line in ACCOUNT_SUMMARY
        ]
    )
    unsound = read_zip({**parts, "账务明细(汇总).csv": wrong})[1]
    assert failed(unsound) == {"money in against the summary", "rows out against the summary"}


def test_a_movement_that_is_missing_breaks_totals_and_balance():
    assert failed(read([*ACCOUNT[:5], *ACCOUNT[6:]])[1]) == {
        "rows out against the total line",
        "money out against the total line",
        "running balance, row by row",
    }


def test_further_columns_in_another_order_are_read():
    def widened(line):
        cells = line.split(",")
        return ",".join(["x", *reversed(cells), "y"]) if len(cells) > 3 and line[0] != "#" else line

    lines = [widened(line) for line in ACCOUNT]
    lines[3] = lines[3].replace("x,", "业务账单来源,").replace(",y", ",业务描述")
    assert read(lines)[0].equals(read(ACCOUNT)[0])
