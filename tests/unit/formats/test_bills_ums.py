"""The exports of UnionPay Merchant Services, written by hand, and a real one."""

from pathlib import Path

import pytest
from tests.unit.formats.bill_frames import BILLS, read_bytes

from tillkeeper.formats.canonical.errors import BadLine, MissingColumns, Truncated, WrongMerchant
from tillkeeper.formats.canonical.reading import Options
from tillkeeper.formats.catalogue import read_frame

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
TITLES = [
    "清算日期", "交易日期", "交易时间", "终端号", "交易金额", "清算金额", "手续费", "流水号", "交易类型", "参考号",
    "卡号", "商户号", "发卡行", "卡类型", "商户订单号", "银商订单号", "支付类型",
]  # fmt: skip
SALE = [
    "20250601", "2025-05-31", "23:15:12", "01080209", "75.00", "74.71", "0.29", "316965", "消费", "512645316965",
    "622280*********0000", "898319849000018", "00040005", "借记卡", "", "", "有卡支付",
]  # fmt: skip
REFUND = [
    "20250601", "2025-06-01", "10:00:00", "01080209", "-50.00", "-50.00", "0.00", "316966", "退货", "512645316966",
    "622280*********0000", "898319849000018", "00040005", "贷记卡", "", "", "有卡支付",
]  # fmt: skip


def total(rows, amount, net, fee):
    return ["总笔数：", str(rows), "交易金额：", amount, "", "结算金额：", net, "", "手续费：", fee]


def headed(rows, totals, titles=TITLES):
    top = [
        ["对账明细查询结果（仅显示1000条记录）"],
        ["集团名称：某集团"],
        ["清算日期从：", "20250601"],
        titles,
    ]
    return lines([*top, *rows, [""] * 17, totals])


def headless(rows, footer=2):
    return lines([*rows, *[["对账明细查询结果"]] * footer])


def lines(rows):
    return "".join("\t".join(row) + "\r\n" for row in rows).encode()


def wap(row, *, paid="75.00"):
    """Return a row in the order of the export without titles."""
    return [*row[:3], row[4], row[3], *row[5:14], row[14], "", row[16], paid, "", "", ""]


GOOD = headed([SALE, REFUND], total(2, "25.00", "24.71", "0.29"))


def failed(verdict):
    return {check.name for check in verdict.checks if not check.holds}


def test_settle_date_and_trade_date_are_two():
    frame, verdict = read_bytes(GOOD, None)
    assert frame.select(
        "line", "kind", "amount_minor", "fee_minor", "net_minor", "card", "card_type"
    ).rows() == [
        (5, "sale", 7500, 29, 7471, "622280*0000", "debit"),
        (6, "refund", 5000, 0, -5000, "622280*0000", "credit"),
    ]
    assert str(frame["at"][0]) == "2025-05-31 15:15:12+00:00"
    assert str(frame["settled_on"][0]) == "2025-06-01"
    assert frame.select("mid", "tid", "trace", "rrn", "channel").row(0) == (
        "898319849000018", "01080209", "316965", "512645316965", "card",
    )  # fmt: skip
    assert (verdict.sound, verdict.sums) == (True, {"CNY": 2500})


@pytest.mark.parametrize(("amount", "net"), [("50.00", "50.00"), ("-50.00", "-50.00")])
def test_a_refund_takes_money_whatever_its_sign(amount, net):
    row = [*REFUND[:4], amount, net, *REFUND[6:]]
    assert read_bytes(headless([wap(row)]), None)[0]["net_minor"].to_list() == [-5000]


@pytest.mark.parametrize(
    ("totals", "check"),
    [
        (total(3, "25.00", "24.71", "0.29"), "rows against the total line"),
        (total(2, "25.01", "24.71", "0.29"), "amounts against the total line"),
        (total(2, "25.00", "24.70", "0.29"), "net amounts against the total line"),
        (total(2, "25.00", "24.71", "0.30"), "fees against the total line"),
    ],
)
def test_a_total_line_that_does_not_add_up_makes_the_file_unsound(totals, check):
    assert failed(read_bytes(headed([SALE, REFUND], totals), None)[1]) == {check}


def test_a_file_cut_at_the_display_limit_is_refused():
    file = headed([SALE] * 1000, total(1200, "90000.00", "89652.00", "348.00"))
    with pytest.raises(Truncated) as refused:
        read_bytes(file, None)
    assert refused.value.line == 1006


def test_a_thousand_rows_that_are_all_are_read():
    _frame, verdict = read_bytes(
        headed([SALE] * 1000, total(1000, "75,000.00", "74710.00", "290.00")), None
    )
    assert (verdict.rows, verdict.sound) == (1000, True)


@pytest.mark.parametrize("form", ["headed", "headless"])
def test_a_row_of_an_unknown_kind_is_set_aside_and_counted(form):
    asked = [*SALE[:8], "余额查询", *SALE[9:]]
    if form == "headed":
        file = headed([SALE, asked], total(2, "150.00", "149.42", "0.58"))
    else:
        file = headless([wap(SALE), wap(asked)])
    _frame, verdict = read_bytes(file, None)
    assert (verdict.rows, verdict.sound) == (1, True)
    (aside,) = verdict.set_aside
    assert (aside.column, aside.value) == ("交易类型", "余额查询")
    assert aside.line == {"headed": 6, "headless": 2}[form]


@pytest.mark.parametrize(
    ("at", "value", "column"),
    [
        (0, "20250230", "清算日期"),
        (0, "2025061", "清算日期"),
        (1, "2025-02-30", "交易时间"),
        (2, "24:15:12", "交易时间"),
        (4, "75.001", "交易金额"),
        (6, "", "手续费"),
    ],
)
@pytest.mark.parametrize("form", ["headed", "headless"])
def test_a_cell_that_does_not_fit_refuses_the_file(form, at, value, column):
    row = [*SALE[:at], value, *SALE[at + 1 :]]
    file = (
        headed([SALE, row], total(2, "1", "1", "1"))
        if form == "headed"
        else headless([wap(SALE), wap(row)])
    )
    with pytest.raises(BadLine) as refused:
        read_bytes(file, None)
    assert (refused.value.line, refused.value.column) == (
        {"headed": 6, "headless": 2}[form],
        column,
    )


@pytest.mark.parametrize("row", [SALE[:-1], [*SALE, "more"], ["20250601"]])
def test_a_row_with_another_number_of_cells_is_refused(row):
    with pytest.raises(BadLine):
        read_bytes(headed([SALE, row], total(2, "1", "1", "1")), None)
    with pytest.raises(BadLine):
        read_bytes(headless([wap(SALE), row]), None)


def test_a_file_without_total_line_or_footer_is_cut_off():
    for cut in (GOOD[: GOOD.find("总笔数".encode())], GOOD[: GOOD.find("手续费：".encode())]):
        with pytest.raises(Truncated):
            read_bytes(cut, None)
    with pytest.raises(Truncated):
        read_bytes(headless([wap(SALE)], footer=0), None)


def test_rows_behind_the_end_are_refused():
    with pytest.raises(BadLine):
        read_bytes(GOOD + lines([SALE]), None)
    with pytest.raises(BadLine):
        read_bytes(headless([wap(SALE)]) + lines([wap(SALE)]), None)


def test_missing_columns_are_named():
    with pytest.raises(MissingColumns) as refused:
        read_bytes(headed([], total(0, "0", "0", "0"), TITLES[:6]), BILLS["ums.headed"])
    assert "参考号" in refused.value.columns


def test_a_bill_of_another_merchant_is_refused():
    with pytest.raises(WrongMerchant) as refused:
        read_bytes(GOOD, None, options=Options(mid="898319849000019"))
    assert refused.value.found == "898319849000018"


def test_an_empty_day_is_sound():
    for file in (headed([], total(0, "0.00", "0.00", "0.00")), headless([])):
        frame, verdict = read_bytes(file, None)
        assert (frame.height, verdict.sound) == (0, True)


@pytest.mark.samples
def test_a_real_export_is_read_without_loss():
    path = SAMPLES / "ums" / "20170625.netbank.txt"
    frame, verdict = read_frame(path)
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()[4:-2]]
    assert (verdict.format, verdict.sound, verdict.rows) == ("ums.headed", True, 33)
    assert len(verdict.checks) == 4
    assert frame["line"].to_list() == list(range(5, 38))
    assert frame["rrn"].to_list() == [row[9] for row in rows]
    assert frame["amount_minor"].to_list() == [int(row[4].replace(".", "")) for row in rows]
    assert frame["net_minor"].to_list() == [int(row[5].replace(".", "")) for row in rows]
    assert (frame["amount_minor"] - frame["fee_minor"] - frame["net_minor"]).unique().to_list() == [
        0
    ]
