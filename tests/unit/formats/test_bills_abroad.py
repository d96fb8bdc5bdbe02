"""Stripe's and Adyen's reports, written by hand."""

import pytest
from tests.unit.formats.bill_frames import BILLS, read_bytes

from tillkeeper.formats.canonical.errors import BadLine, MissingColumns, WrongMerchant
from tillkeeper.formats.canonical.reading import Options

STRIPE_TITLES = (
    "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,"
    "description,automatic_payout_id,automatic_payout_effective_at"
)
STRIPE = [
    STRIPE_TITLES,
    (
        'txn_1,2025-06-01 10:00:00,2025-06-03 00:00:00,eur,100.00,3.20,96.80,charge,ch_1,"Cake, large",po_1,'
        "2025-06-04 00:00:00"
    ),
    'txn_2,2025-06-01 10:05:00,2025-06-03 00:00:00,jpy,1000,36,964,charge,ch_2,"two\nlines ""quoted""",po_2,',
    "txn_3,2025-06-01 10:06:00,2025-06-03 00:00:00,bhd,1.500,0.050,1.450,charge,ch_3,,po_3,",
    "txn_4,2025-06-02 10:00:00,2025-06-03 00:00:00,eur,-40.00,0.00,-40.00,refund,re_1,Back,po_1,",
    "txn_5,2025-06-02 11:00:00,2025-06-03 00:00:00,eur,-15.00,0.00,-15.00,dispute,dp_1,,po_1,",
    "txn_6,2025-06-02 12:00:00,2025-06-03 00:00:00,eur,15.00,0.00,15.00,dispute,dp_1,won,po_1,",
    "txn_7,2025-06-04 00:00:00,2025-06-04 00:00:00,eur,-56.80,0.00,-56.80,payout,po_1,PAYOUT,po_1,",
    "txn_8,2025-06-04 00:00:00,2025-06-04 00:00:00,eur,2.00,0.00,2.00,topup,tu_1,,,",
]
ADYEN_TITLES = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,"
    "Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,"
    "Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),"
    "Payment Method Variant,Modification Merchant Reference,Batch Number,Reserved4"
)
ADYEN = [
    ADYEN_TITLES,
    "Co,Shop,,,,2025-06-01 00:00:00,CEST,Balancetransfer,from batch 6,,,,,EUR,,10.00,,,,,,,7,",
    (
        "Co,Shop,8835000000000001,O-1,visa,2025-06-01 12:00:00,CEST,Settled,,EUR,,100.00,1,EUR,,98.50,0.50,0.30,"
        "0.20,0.50,visadebit,,7,"
    ),
    "Co,Shop,8835000000000002,O-2,alipay,2025-06-01 12:30:00,CEST,Settled,,USD,,50.00,0.9,EUR,,44.00,1.00,,,,,,7,",
    (
        "Co,Shop,8835000000000001,O-1,visa,2025-06-02 09:00:00,CEST,Refunded,8835000000000009,EUR,20.00,,1,EUR,20.00,"
        ",,,,,visadebit,R-1,7,"
    ),
    'Co,Shop,,,,2025-06-02 23:00:00,CEST,Fee,"Transaction Fees, June",,,,,EUR,2.50,,,,,,,,7,',
    "Co,Shop,,,,2025-06-03 00:00:00,CEST,MerchantPayout,TX1 batch 7,,,,,EUR,130.00,,,,,,,,7,",
]


def read(lines, *, end="\n", begin="", **options):
    return read_bytes((begin + end.join(lines) + end).encode(), None, options=Options(**options))


def failed(verdict):
    return [check for check in verdict.checks if not check.holds]


def test_currencies_of_a_stripe_report_are_kept_apart_and_exact():
    frame, verdict = read(STRIPE)
    assert frame.select(
        "line", "kind", "currency", "amount_minor", "fee_minor", "net_minor"
    ).rows() == [
        (2, "sale", "EUR", 10000, 320, 9680),
        (3, "sale", "JPY", 1000, 36, 964),
        (5, "sale", "BHD", 1500, 50, 1450),  # a description of two lines stands before it
        (6, "refund", "EUR", 4000, 0, -4000),
        (7, "chargeback", "EUR", 1500, 0, -1500),
        (8, "adjustment", "EUR", 1500, 0, 1500),
        (9, "payout", "EUR", 5680, 0, -5680),
        (10, "adjustment", "EUR", 200, 0, 200),
    ]
    assert verdict.sums == {
        "EUR": 10000 - 4000 - 1500 + 1500 - 5680 + 200,
        "JPY": 1000,
        "BHD": 1500,
    }
    assert frame["text"].to_list()[:2] == ["Cake, large", 'two\nlines "quoted"']
    assert frame.select("payout_no", "channel_no").row(0) == ("po_1", "ch_1")
    assert str(frame["settled_on"][0]) == "2025-06-03"


@pytest.mark.parametrize(("end", "begin"), [("\r\n", "\ufeff"), ("\n", "\ufeff"), ("\r\n", "")])
def test_line_ends_and_a_byte_order_mark_make_no_difference(end, begin):
    assert read([line for line in STRIPE if '"' not in line], end=end, begin=begin)[0].equals(
        read([line for line in STRIPE if '"' not in line])[0]
    )


def test_all_cells_may_be_quoted():
    quoted = [
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in STRIPE if '"' not in line
    ]
    assert read(quoted)[0].equals(read([line for line in STRIPE if '"' not in line])[0])


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("bhd,1.500", "bhd,1.5001", "gross"),
        ("1.500,0.050", "1.500,", "fee"),
        ("bhd", "dinar", "currency"),
        ("2025-06-01 10:06:00", "2025-02-30 10:06:00", "created_utc"),
        ("2025-06-01 10:06:00", "2025-06-01", "created_utc"),
        (",po_3,", ",po_3", "*"),
        (",po_3,", ",po_3,,", "*"),
    ],
)
def test_a_cell_of_stripe_that_does_not_fit_refuses_the_file(old, new, column):
    with pytest.raises(BadLine) as refused:
        read([*STRIPE[:3], STRIPE[3].replace(old, new), *STRIPE[4:]])
    assert (refused.value.line, refused.value.column) == (5, column)


def test_yen_have_no_decimals():
    with pytest.raises(BadLine) as refused:
        read([line.replace("jpy,1000,", "jpy,1000.50,") for line in STRIPE])
    assert (refused.value.line, refused.value.value) == (3, "1000.50")


def test_a_quotation_mark_left_open_is_refused():
    with pytest.raises(BadLine):
        read([*STRIPE, STRIPE[1].replace('large"', "large")])


@pytest.mark.parametrize(
    ("name", "report"), [("stripe.payout", STRIPE), ("adyen.settlement", ADYEN)]
)
def test_missing_columns_and_rows_behind_a_blank_line_are_refused(name, report):
    with pytest.raises(MissingColumns):
        read_bytes(report[0].replace("et", "x").encode(), BILLS[name])
    with pytest.raises(BadLine) as refused:
        read([report[0], "", report[-1]])
    assert refused.value.line == 3
    assert read([report[0], "", ""])[1].rows == 0


def test_the_rows_of_an_adyen_batch():
    frame, verdict = read(ADYEN)
    assert frame.select(
        "line", "kind", "currency", "amount_minor", "fee_minor", "net_minor", "order_no", "original_order_no",
        "channel_no",
    ).rows() == [
        (2, "transfer", "EUR", 1000, None, 1000, "", "", ""),
        (3, "sale", "EUR", 10000, 150, 9850, "O-1", "", "8835000000000001"),
        (4, "sale", "USD", 5000, None, None, "O-2", "", "8835000000000002"),
        (5, "refund", "EUR", 2000, None, -2000, "R-1", "O-1", "8835000000000009"),
        (6, "fee", "EUR", 250, None, -250, "", "", ""),
        (7, "payout", "EUR", 13000, None, -13000, "", "", ""),
    ]  # fmt: skip
    assert set(frame["payout_no"]) == {"7"}
    assert frame["channel"].to_list()[1:3] == ["card", "alipay"]
    assert str(frame["at"][1]) == "2025-06-01 10:00:00+00:00"
    assert frame["text"][4] == "Transaction Fees, June"
    assert (verdict.sound, verdict.facts["converted_rows"], verdict.facts["converted_net"]) == (
        True,
        "1",
        "EUR 44.00",
    )


def test_a_row_that_is_missing_leaves_something_in_the_batch():
    _frame, verdict = read([*ADYEN[:2], *ADYEN[3:]])
    (left,) = failed(verdict)
    assert (left.stated, left.found) == ("EUR 0.00", "EUR -98.50")


@pytest.mark.parametrize(
    ("zone", "at"), [("PST", "20:00:00"), ("Europe/Amsterdam", "10:00:00"), ("UTC", "12:00:00")]
)
def test_times_are_of_the_zone_that_stands_beside_them(zone, at):
    frame, _verdict = read([ADYEN_TITLES, ADYEN[2].replace("CEST", zone)])
    assert f" {at}+" in str(frame["at"][0])


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("CEST", "CST", "Creation Date"),
        ("CEST", "../etc/passwd", "Creation Date"),
        ("2025-06-01", "2025-02-30", "Creation Date"),
        (",100.00,", ",100.001,", "Gross Credit (GC)"),
        ("0.50,0.30", "x,0.30", "Commission (NC)"),
        (",EUR,,100", ",EURO,,100", "Gross Currency"),
    ],
)
def test_a_cell_of_adyen_that_does_not_fit_refuses_the_file(old, new, column):
    with pytest.raises(BadLine) as refused:
        read([ADYEN[0], ADYEN[1], ADYEN[2].replace(old, new), *ADYEN[3:]])
    assert (refused.value.line, refused.value.column) == (3, column)


def test_a_report_of_another_merchant_is_refused():
    with pytest.raises(WrongMerchant):
        read(ADYEN, mid="Other")
