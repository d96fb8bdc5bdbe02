"""WeChat Pay's bills, written by hand."""

from datetime import UTC, datetime

import pytest
from tests.unit.formats.bill_frames import BILLS, read_bytes

from tillkeeper.formats.canonical.errors import (
    BadLine,
    MissingColumns,
    Truncated,
    WrongMerchant,
)
from tillkeeper.formats.canonical.reading import Options

TITLES = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
SALE = (
    "`2025-06-01 09:30:00,`wx01,`1230000109,`0,`10000001,`4200001,`O-1,`oU1,`MICROPAY,`SUCCESS,`ICBC_DEBIT,`CNY,"
    "`6.00,`0.00,`0,`0,`0.00,`0.00,`,`,`咖啡, 大杯,`,`0.04000,`0.60%,`6.00,`0.00,`"
)
COUPON = (
    "`2025-06-01 09:31:00,`wx01,`1230000109,`1900000001,`10000002,`4200002,`O-2,`oU2,`JSAPI,`SUCCESS,`CMB_CREDIT,`CNY,"
    "`90.00,`10.00,`0,`0,`0.00,`0.00,`,`,`蛋糕,`,`0.54000,`0.60%,`100.00,`0.00,`"
)
REFUND = (
    "`2025-06-01 11:00:00,`wx01,`1230000109,`0,`10000001,`4200001,`O-1,`oU1,`MICROPAY,`REFUND,`ICBC_DEBIT,`CNY,"
    "`0.00,`0.00,`5000001,`R-1,`6.00,`0.00,`ORIGINAL,`PROCESSING,`咖啡,`,`-0.04000,`0.60%,`0.00,`6.00,`"
)
REVOKED = (
    "`2025-06-01 12:00:00,`wx01,`1230000109,`0,`10000001,`4200009,`O-9,`oU9,`MICROPAY,`REVOKED,`CFT,`CNY,"
    "`0.00,`0.00,`5000009,`O-9,`8.00,`0.00,`ORIGINAL,`SUCCESS,`茶,`,`0.00000,`0.60%,`0.00,`8.00,`"
)
SUMMARY_TITLES = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
SUMMARY = "`4,`96.00,`14.00,`0.00,`0.54000,`106.00,`14.00"
DAY = [TITLES, SALE, COUPON, REFUND, REVOKED, SUMMARY_TITLES, SUMMARY]
ONE = [TITLES, SALE, SUMMARY_TITLES, "`1,`6.00,`0.00,`0.00,`0.04000,`6.00,`0.00"]


def read(lines, *, end="\n", begin="", **options):
    return read_bytes((begin + end.join(lines) + end).encode(), None, options=Options(**options))


def failed(verdict):
    return {check.name for check in verdict.checks if not check.holds}


def test_the_rows_of_a_day():
    frame, verdict = read(DAY)
    seen = frame.select(
        "line", "kind", "state", "amount_minor", "fee_minor", "surcharge_minor", "net_minor", "mid", "tid",
        "order_no", "channel_no", "original_order_no", "original_channel_no", "card_type",
    ).rows()  # fmt: skip
    assert seen == [
        (2, "sale", "success", 600, 4, None, 596, "1230000109", "10000001", "O-1", "4200001", "", "", "debit"),
        (3, "sale", "success", 10000, 54, 1000, 8946, "1900000001", "10000002", "O-2", "4200002", "", "", "credit"),
        (4, "refund", "pending", 600, -4, None, -596, "1230000109", "10000001", "R-1", "5000001", "O-1", "4200001",
         "debit"),
        (5, "reversal", "revoked", 800, 0, None, -800, "1230000109", "10000001", "O-9", "4200009", "O-9", "4200009",
         ""),
    ]  # fmt: skip
    assert frame["at"][0] == datetime(2025, 6, 1, 1, 30, tzinfo=UTC)
    assert frame["text"][0] == "咖啡, 大杯"
    assert set(frame["channel"]) == {"wechat"}
    assert verdict.sound
    assert verdict.sums == {"CNY": 600 + 10000 - 600 - 800}


@pytest.mark.parametrize(("end", "begin"), [("\r\n", ""), ("\n", "\ufeff"), ("\r\n", "\ufeff")])
def test_line_ends_and_a_byte_order_mark_make_no_difference(end, begin):
    assert read(DAY, end=end, begin=begin)[0].equals(read(DAY)[0])


def test_columns_may_come_in_any_order():
    def turned(line, mark):
        return mark.join(reversed(line.removeprefix("`").split(mark)))

    lines = [
        turned(TITLES, ","),
        "`" + turned(SALE, ",`"),
        turned(ONE[2], ","),
        "`" + turned(ONE[3], ",`"),
    ]
    assert read(lines)[0].equals(read(ONE)[0])


def test_the_older_bill_with_its_older_titles():
    titles = TITLES.split(",")[:24]
    older = {
        "特约商户号": "子商户号", "应结订单金额": "总金额", "代金券金额": "代金券或立减优惠金额",
        "充值券退款金额": "代金券或立减优惠退款金额",
    }  # fmt: skip
    rows = [",`".join(row.split(",`")[:24]) for row in (SALE, REFUND)]
    summary = [
        "总交易单数,总交易额,总退款金额,总代金券或立减优惠退款金额,手续费总金额",
        "`2,`6.00,`6.00,`0.00,`0.00000",
    ]
    frame, verdict = read([",".join(older.get(title, title) for title in titles), *rows, *summary])
    assert frame.select("kind", "amount_minor", "net_minor").rows() == [
        ("sale", 600, 596),
        ("refund", 600, -596),
    ]
    assert verdict.sound


@pytest.mark.parametrize(
    "answer",
    [
        (
            "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[No Bill Exist]]></return_msg>"
            "<error_code><![CDATA[20002]]></error_code></xml>"
        ),
        '{"code": "NO_STATEMENT_EXIST", "message": "No Bill Exist"}',
    ],
)
@pytest.mark.parametrize("name", ["wechat.trade", "wechat.fund"])
def test_a_day_without_a_bill_is_sound_and_empty(answer, name):
    frame, verdict = read_bytes(answer.encode(), BILLS[name])
    assert (frame.height, verdict.rows, verdict.sound) == (0, 0, True)
    assert verdict.facts["empty_day"]
    assert read_bytes(answer.encode(), None)[1].format == "wechat.trade"


@pytest.mark.parametrize(
    ("column", "wrong", "check"),
    [
        (0, "5", "rows against the summary"),
        (1, "96.01", "amounts to settle against the summary"),
        (2, "13.99", "refunds against the summary"),
        (4, "0.55000", "fees against the summary"),
        (5, "106.10", "order amounts against the summary"),
        (6, "0.00", "refunds asked for against the summary"),
    ],
)
def test_a_summary_that_does_not_add_up_makes_the_file_unsound(column, wrong, check):
    figures = SUMMARY.split(",`")
    figures[column] = wrong if column else f"`{wrong}"
    _frame, verdict = read([*DAY[:-1], ",`".join(figures)])
    assert failed(verdict) == {check}
    assert {c.line for c in verdict.checks} == {7}


def test_a_row_that_is_missing_makes_the_file_unsound():
    assert "rows against the summary" in failed(read([*DAY[:2], *DAY[3:]])[1])


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("2025-06-01 09:31:00", "2025-02-30 09:31:00", "交易时间"),
        ("2025-06-01 09:31:00", "2025/6/1 9:31", "交易时间"),
        ("2025-06-01 09:31:00", "", "交易时间"),
        ("`100.00", "`100.001", "订单金额"),
        ("`90.00", "`", "应结订单金额"),
        ("`0.54000", "`0.54300", "手续费"),
        ("`0.54000", "`free", "手续费"),
        ("SUCCESS", "PAID", "交易状态"),
        ("`CNY", "`USD", "货币种类"),
    ],
)
def test_a_cell_that_does_not_fit_refuses_the_file(old, new, column):
    with pytest.raises(BadLine) as refused:
        read([*DAY[:2], COUPON.replace(old, new), *DAY[3:]])
    assert (refused.value.line, refused.value.column) == (3, column)


def test_thousands_separators_and_a_missing_currency_sign_are_read():
    frame, _verdict = read([TITLES, SALE.replace("`6.00", "`1,234.50"), *ONE[2:]])
    assert frame["amount_minor"].to_list() == [123450]


@pytest.mark.parametrize(
    "line",
    [
        SALE.removeprefix("`"),
        ",`".join(SALE.split(",`")[:-1]),
        SALE + ",`1",
        SALE.replace("咖啡", "咖\x1f啡"),
        "",
        "a line of somebody's",
    ],
)
def test_a_line_that_is_no_row_is_named(line):
    with pytest.raises(BadLine) as refused:
        read([TITLES, SALE, line, COUPON, *DAY[5:]])
    assert refused.value.line in {3, 4}


@pytest.mark.parametrize("kept", [1, 4, 5, 6])
def test_a_bill_without_its_summary_is_cut_off(kept):
    with pytest.raises(Truncated):
        read(DAY[:kept])


def test_a_summary_that_ends_early_is_cut_off():
    with pytest.raises(Truncated):
        read([*DAY[:-1], SUMMARY[:20]])


def test_what_stands_behind_the_summary_is_refused():
    with pytest.raises(BadLine) as refused:
        read([*DAY, SALE])
    assert refused.value.line == 8


def test_missing_columns_are_all_named():
    with pytest.raises(MissingColumns) as refused:
        read_bytes("\n".join(line for line in DAY).replace("手续费,", "x,").replace("商户订单号", "y").encode(),
                   BILLS["wechat.trade"])  # fmt: skip
    assert (refused.value.line, refused.value.columns) == (1, "商户订单号, 手续费")


def test_a_bill_for_another_merchant_is_refused():
    assert read(ONE, mid="1230000109")[1].sound
    with pytest.raises(WrongMerchant) as refused:
        read(DAY, mid="1230000109")
    assert (refused.value.line, refused.value.found) == (3, "1900000001")


def test_text_that_is_not_utf8_is_named_by_its_line():
    data = "\n".join(DAY).encode().replace("蛋糕".encode(), b"\xff\xfe")
    with pytest.raises(BadLine) as refused:
        read_bytes(data, BILLS["wechat.trade"])
    assert refused.value.line == 3


def test_a_card_number_in_the_name_of_goods_is_cut():
    frame, _verdict = read(
        [TITLES, SALE.replace("咖啡, 大杯", "还款 6222021234567890128"), *ONE[2:]]
    )
    assert "1234567890" not in frame["text"][0]


FUND_TITLES = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,"
    "备注,业务凭证号"
)
FUND = [
    FUND_TITLES,
    "`2025-06-01 09:30:00,`4200001,`F1,`交易,`交易,`收入,`6.00,`106.00,`system,`,`O-1",
    "`2025-06-01 09:30:00,`4200001,`F2,`扣除交易手续费,`扣除交易手续费,`支出,`0.04,`105.96,`system,`,`O-1",
    "`2025-06-01 11:00:00,`5000001,`F3,`退款,`退款,`支出,`5.96,`100.00,`api,`退款总金额6.00元;含手续费0.04元,`R-1",
    "`2025-06-01 23:00:00,`P1,`F4,`提现,`提现,`支出,`100.00,`0.00,`admin,`,`P1",
    "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额",
    "`4,`1,`6.00,`3,`106.00",
]


def test_the_movements_of_an_account():
    frame, verdict = read(FUND)
    assert frame.select("line", "kind", "amount_minor", "net_minor", "payout_no").rows() == [
        (2, "sale", 600, 600, ""),
        (3, "fee", 4, -4, ""),
        (4, "refund", 596, -596, ""),
        (5, "payout", 10000, -10000, "P1"),
    ]
    assert verdict.sound
    assert verdict.facts["opening_balance"] == "CNY 100.00"
    assert verdict.facts["closing_balance"] == "CNY 0.00"


def test_the_newest_movement_may_come_first():
    frame, verdict = read([FUND[0], *reversed(FUND[1:5]), *FUND[5:]])
    assert (frame.height, verdict.sound) == (4, True)
    assert verdict.facts["opening_balance"] == "CNY 100.00"
    assert verdict.facts["closing_balance"] == "CNY 0.00"


def test_a_balance_that_does_not_follow_is_found_with_its_line():
    _frame, verdict = read([*FUND[:2], FUND[2].replace("105.96", "105.00"), *FUND[3:]])
    broken = next(check for check in verdict.checks if not check.holds)
    assert broken.name == "running balance, row by row"
    assert broken.line in {3, 4}


def test_a_movement_that_is_missing_breaks_count_sum_and_balance():
    _frame, verdict = read([*FUND[:3], *FUND[4:]])
    assert failed(verdict) == {
        "rows against the summary",
        "rows out against the summary",
        "money out against the summary",
        "running balance, row by row",
    }
