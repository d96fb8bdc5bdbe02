"""Fees: the plan that counts, half up per row, caps and floors, tiers, what refunds give back, and who is told."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.engines.settling_days import MID, OTHER, bill, june

from tillkeeper.engines.matching.fees.judging import expected_fees, fee_totals, judge_fees
from tillkeeper.engines.matching.rules.book import Rules

NOON = datetime(2025, 6, 3, 4, tzinfo=UTC)
amounts = st.integers(0, 10**12)
rates = st.integers(0, 10_000).map(lambda rate: Decimal(rate) / 10_000)  # up to 1 %, in millionths


def plan(**keys: object) -> Rules:
    """Return rules with one plan for everybody."""
    return plans({"name": "all", **keys})


def plans(*tables: dict[str, object]) -> Rules:
    """Return rules with some plans."""
    lines = [
        ["[[fees]]", *(f"{key} = {_toml(value)}" for key, value in told.items())] for told in tables
    ]
    return Rules.of_text("\n".join(line for table in lines for line in table))


def _toml(value: object) -> str:
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(part) for part in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def fee(amount: int, rules: Rules, **row: object) -> int:
    """Return the expected fee of one payment."""
    told: int = expected_fees(bill({"amount_minor": amount, **row}), rules).item()
    return told


@pytest.mark.parametrize(
    ("amount", "percent", "expected"),
    [(7_500, "0.38", 29), (500, "0.38", 2), (600, "0.6", 4), (10_000, "0.38", 38), (100_000, "0.08", 80)],
)  # fmt: skip
def test_fees_known_from_real_bills(amount, percent, expected):
    assert fee(amount, plan(percent=Decimal(percent))) == expected


@given(amounts, rates)
@example(7_500, Decimal("0.38"))
@example(10**12, Decimal(1))
def test_a_fee_equals_the_decimal_one_rounded_half_up(amount, percent):
    exact = Decimal(amount) * percent / 100
    assert fee(amount, plan(percent=percent)) == exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)


@given(amounts, rates, st.integers(0, 500), st.integers(0, 500), st.integers(0, 5_000))
def test_parts_add_up_within_floor_and_cap(amount, percent, flat, floor, above):
    cap = floor + above
    rules = plan(percent=percent, flat_minor=flat, floor_minor=floor, cap_minor=cap)
    share = fee(amount, plan(percent=percent))
    assert fee(amount, rules) == min(max(share + flat, floor), cap)


@given(amounts, amounts, rates, st.integers(0, 50), st.integers(50, 5_000))
def test_more_turnover_never_costs_less(one, other, percent, flat, cap):
    rules = plan(percent=percent, flat_minor=flat, cap_minor=cap)
    low, high = sorted((one, other))
    assert fee(low, rules) <= fee(high, rules) <= cap


PLANS = plans(
    {"name": "all", "percent": 1},
    {"name": "card", "percent": 2, "channel": "card"},
    {"name": "debit", "percent": 3, "card_type": "debit"},
    {"name": "shops", "percent": 4, "mcc": ["5411", "5311"]},
    {"name": "acquirer", "percent": 5, "mid": "898*"},
    {"name": "area", "percent": 6, "mid": "8983*"},
    {"name": "merchant", "percent": 7, "mid": OTHER},
    {"name": "merchant's shops", "percent": 8, "mid": OTHER, "mcc": "5411"},
    {"name": "dollars", "percent": 9, "currency": "USD"},
)


@pytest.mark.parametrize(
    ("row", "percent"),
    [
        ({"mid": "1", "channel": "wechat"}, 1),
        ({"mid": "1"}, 2),
        ({"mid": "1", "card_type": "debit"}, 3),
        ({"mid": "1", "card_type": "debit", "mcc": "5411"}, 4),
        ({"mid": "8981", "mcc": "5411"}, 5),
        ({"mid": MID, "mcc": "5411"}, 6),
        ({"mid": OTHER, "card_type": "debit"}, 7),
        ({"mid": OTHER, "mcc": "5411"}, 8),
        ({"mid": OTHER, "mcc": "5411", "currency": "USD"}, 9),
        ({"mid": "1", "currency": "EUR"}, None),
    ],
)
def test_the_most_specific_plan_wins(row, percent):
    found = expected_fees(bill({"amount_minor": 100, **row}), PLANS).item()
    assert found == percent


def test_a_plan_counts_from_its_first_to_its_last_business_day():
    rules = plans(
        {"name": "old", "percent": 1, "until": june(3)},
        {"name": "new", "percent": 2, "from": june(4), "until": june(4)},
    )
    evening = datetime(2025, 6, 3, 14, 59, 59, tzinfo=UTC)  # 22:59:59 in Shanghai
    rows = [
        {"amount_minor": 100, "at": evening + timedelta(seconds=s)} for s in (0, 1, 86_400, 86_401)
    ]
    assert expected_fees(bill(*rows), rules).to_list() == [1, 2, 2, None]


TIERS = [
    {"from_minor": 0, "percent": Decimal("0.6")},
    {"from_minor": 20_000, "percent": Decimal("0.5")},
]


def test_a_tier_is_that_of_the_months_volume_before_the_payment():
    rules = plan(tiers=TIERS)
    rows = [
        {"amount_minor": 10_000, "at": NOON + timedelta(minutes=1), "trace": "000002"},
        {"amount_minor": 10_000, "at": NOON, "trace": "000001"},
        {"amount_minor": 10_000, "at": NOON + timedelta(minutes=2)},
        {"amount_minor": 10_000, "at": NOON + timedelta(minutes=3), "mid": OTHER},
        {"amount_minor": 10_000, "at": NOON + timedelta(days=30)},  # the next month begins anew
        {"amount_minor": 10_000, "at": NOON, "state": "failed"},
    ]
    assert expected_fees(bill(*rows), rules).to_list()[:5] == [60, 60, 50, 60, 60]


def test_volume_from_before_the_bill_counts():
    before = pl.DataFrame(
        {"plan_name": ["all"], "mid": [MID], "month": [june(1)], "volume_minor": [20_000]}
    )
    rows = bill({"amount_minor": 10_000, "fee_minor": 60})
    assert expected_fees(rows, plan(tiers=TIERS), before=before).item() == 50
    assert judge_fees(rows, plan(tiers=TIERS), before=before).height == 1


def test_within_a_month_a_higher_tier_is_let_pass_where_earlier_days_are_not_at_hand():
    known = {"amount_minor": 10_000, "fee_minor": 50, "at": datetime(2025, 6, 1, 4, tzinfo=UTC)}
    assert judge_fees(bill({"amount_minor": 10_000, "fee_minor": 50}), plan(tiers=TIERS)).is_empty()
    assert (
        judge_fees(bill({"amount_minor": 10_000, "fee_minor": 40}), plan(tiers=TIERS)).height == 1
    )
    assert judge_fees(bill(known), plan(tiers=TIERS)).height == 1


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_change_a_fee(sums, random):
    rows = [
        {"amount_minor": amount, "trace": f"{n:06d}", "at": NOON} for n, amount in enumerate(sums)
    ]
    frame = bill(*rows).with_columns(fee=expected_fees(bill(*rows), plan(tiers=TIERS)))
    order = list(range(len(rows)))
    random.shuffle(order)
    turned = frame[order]
    assert expected_fees(turned, plan(tiers=TIERS)).to_list() == turned["fee"].to_list()


SALE = {"amount_minor": 7_500, "channel_no": "4200001"}
REFUND = {"kind": "refund", "original_channel_no": "4200001", "at": NOON + timedelta(hours=1)}


def fees(rules: Rules, *rows: dict[str, object]) -> list[int | None]:
    """Return the expected fees of rows."""
    told: list[int | None] = expected_fees(bill(*rows), rules).to_list()
    return told


def test_a_refund_gives_its_fee_back_only_under_a_plan_that_says_so():
    whole = {**REFUND, "amount_minor": 7_500}
    assert fees(plan(percent=Decimal("0.38"), refund_returns_fee=True), SALE, whole) == [29, -29]
    assert fees(plan(percent=Decimal("0.38")), SALE, whole) == [29, 0]
    assert fees(plan(percent=Decimal("0.38")), SALE, {**whole, "kind": "void"}) == [29, -29]


def test_a_refund_of_a_capped_fee_gives_back_the_same_share():
    rules = plan(percent=Decimal("0.6"), cap_minor=2_000, refund_returns_fee=True)
    big = {"amount_minor": 1_000_000, "rrn": "000000000001"}
    back = {"kind": "refund", "original_rrn": "000000000001", "amount_minor": 250_000}
    assert fees(rules, big, back) == [2_000, -500]


def test_a_refund_whose_payment_is_elsewhere_is_taken_for_a_whole_one():
    rules = plan(percent=Decimal("0.6"), flat_minor=10, refund_returns_fee=True)
    lone = {"kind": "refund", "amount_minor": 10_000, "original_order_no": "A1"}
    assert fees(rules, lone) == [-70]
    assert fees(rules, lone, {"amount_minor": 90_000, "order_no": "A1", "mid": OTHER}) == [-70, 550]


def test_a_refund_follows_the_plan_of_its_payment():
    rules = plans(
        {"name": "old", "percent": 1, "until": june(3), "refund_returns_fee": True},
        {"name": "new", "percent": 2, "from": june(4)},
    )
    later = {**REFUND, "amount_minor": 5_000, "at": NOON + timedelta(days=1)}
    assert fees(rules, SALE, later) == [75, -50]


@given(
    st.integers(1, 10**7),
    st.lists(st.integers(1, 10**7), min_size=1, max_size=6),
    rates,
    st.integers(0, 100),
    st.one_of(st.none(), st.integers(0, 3_000)),
)
@example(264, [132, 132], Decimal("0.38"), 0, None)
def test_refunds_give_back_at_most_what_was_charged(amount, parts, percent, flat, cap):
    capped = {} if cap is None else {"cap_minor": cap}
    rules = plan(percent=percent, flat_minor=flat, refund_returns_fee=True, **capped)
    back = [
        {**REFUND, "amount_minor": min(part, amount), "at": NOON + timedelta(minutes=n)}
        for n, part in enumerate(parts, 1)
    ]
    charged, *given_back = fees(rules, {**SALE, "amount_minor": amount}, *back)
    assert all(part <= 0 for part in given_back)
    assert -sum(given_back) <= charged


def test_a_wrong_fee_is_told_with_plan_rate_and_rounding():
    rules = plan(percent=Decimal("0.38"), name="debit cards")
    rows = bill(
        {"amount_minor": 7_500, "fee_minor": 28, "net_minor": 7_472},
        {"amount_minor": 7_500, "fee_minor": 29, "net_minor": 7_471},
        {"amount_minor": 7_500, "fee_minor": 45, "net_minor": 7_455, "trace": "000003"},
        {"amount_minor": 7_500, "fee_minor": 45, "state": "pending"},
        {"amount_minor": 7_500, "fee_minor": None},
        {"amount_minor": 7_500, "kind": "payout", "fee_minor": 45},
    )
    low, high = judge_fees(rows, rules).iter_rows(named=True)
    assert (low["source_line"], high["source_line"]) == (2, 4)
    assert (high["class"], high["cause"], high["trace"]) == (
        "fee_differs",
        "fee_plan_differs",
        "000003",
    )
    assert (high["amount_minor"], high["fee_minor"], high["expected_fee_minor"]) == (7_500, 45, 29)
    for part in (
        "CNY 0.45",
        "CNY 75.00",
        "CNY 0.16 more",
        "debit cards",
        "0.38 per cent",
        "CNY 0.29",
    ):
        assert part in high["sentence"]
    assert "CNY 0.01 less" in low["sentence"]
    told = json.loads(high["evidence"])
    assert (told["plan"], told["rate_millionths"], told["share_minor"]) == (
        "debit cards",
        3_800,
        29,
    )
    assert "half up" in told["rounding"]


def test_the_channels_own_columns_must_add_up_even_without_plans():
    rows = bill(
        {"amount_minor": 10_000, "fee_minor": 38, "surcharge_minor": 200, "net_minor": 9_762},
        {"amount_minor": 10_000, "fee_minor": 38, "surcharge_minor": 200, "net_minor": 9_962},
        {"kind": "refund", "amount_minor": 10_000, "fee_minor": -38, "net_minor": -9_962},
        {"kind": "refund", "amount_minor": 10_000, "fee_minor": -38, "net_minor": 9_962},
        {"amount_minor": 10_000, "fee_minor": 38},
        {"amount_minor": 10_000, "net_minor": 5},
    )
    found = judge_fees(rows, Rules.sound())
    assert found["source_line"].to_list() == [3, 5]
    assert set(found["cause"]) == {"channel_sums_differ"}


def test_a_surcharge_is_held_against_its_plan():
    said = plan(percent=0, surcharge_minor=200, surcharge_percent=Decimal("0.02"))
    always = plan(percent=0, surcharge_minor=200, surcharge_on="all")
    none = plan(percent=0, surcharge_minor=0)
    row = {"amount_minor": 100_000, "fee_minor": 0}

    def wrong(rules: Rules, surcharge: int | None) -> bool:
        return judge_fees(bill({**row, "surcharge_minor": surcharge}), rules).height == 1

    assert [wrong(said, s) for s in (220, 200, 0, None)] == [False, True, False, False]
    assert [wrong(always, s) for s in (200, 0, None)] == [False, True, True]
    assert [wrong(none, s) for s in (200, 0, None)] == [True, False, False]
    assert [wrong(plan(percent=0), s) for s in (200, 0, None)] == [False, False, False]


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
def test_a_wallets_fee_is_taken_of_what_is_settled_not_of_the_coupon(channel):
    """WeChat: 应结订单金额 is 订单金额 less the coupon; the fee of a whole refund comes back whole."""
    rules = plan(percent=Decimal("0.6"), refund_returns_fee=True)
    sale = {
        "channel": channel,
        "amount_minor": 10_000,
        "surcharge_minor": 1_000,
        "fee_minor": 54,
        "order_no": "1",
    }
    back = {
        **sale,
        "kind": "refund",
        "surcharge_minor": -1_000,
        "fee_minor": -54,
        "order_no": "2",
        "original_order_no": "1",
    }
    part = {
        **back,
        "amount_minor": 5_000,
        "surcharge_minor": -500,
        "fee_minor": -27,
        "order_no": "3",
    }
    assert fees(rules, sale, back) == [54, -54]
    assert fees(rules, sale, part) == [54, -27]
    assert judge_fees(bill(sale, back), rules).is_empty()
    assert judge_fees(bill({**sale, "fee_minor": 60}), rules)["expected_fee_minor"].to_list() == [
        54
    ]


def test_an_instant_surcharge_is_no_coupon():
    row = {"channel": "wechat", "amount_minor": 10_000, "surcharge_minor": 1_000, "fee_minor": 60}
    said = plan(percent=Decimal("0.6"), surcharge_minor=1_000)
    assert fees(said, row) == [60]
    assert judge_fees(bill(row), said).is_empty()
    assert fees(plan(percent=Decimal("0.6")), {**row, "channel": "card"}) == [60]


def test_totals_are_told_per_file_beside_the_rows():
    rules = plan(percent=Decimal("0.38"), channel="card")
    one = bill(
        {"amount_minor": 7_500, "fee_minor": 28},
        {"amount_minor": 500, "fee_minor": 2},
        file="1.csv",
    )
    two = bill({"amount_minor": 7_500, "fee_minor": 29, "channel": "wechat"}, file="2.csv")
    totals = fee_totals(pl.concat([one, two]), rules).rows()
    assert totals == [("1.csv", "CNY", 2, 30, 31, 0), ("2.csv", "CNY", 0, 0, 0, 1)]


def test_a_lazy_bill_is_judged_as_one_at_hand():
    rows = bill(*({"amount_minor": 7_500 + n, "fee_minor": n, "mid": str(n)} for n in range(50)))
    rules = plan(percent=Decimal("0.38"))
    assert judge_fees(rows.lazy(), rules).equals(judge_fees(rows, rules))
    assert judge_fees(rows[::-1], rules).equals(judge_fees(rows, rules))


def test_an_empty_bill_has_no_wrong_fee():
    assert judge_fees(bill(), plan(percent=1)).is_empty()
    assert judge_fees(bill(), Rules.sound()).is_empty()
    assert expected_fees(bill(), plan(percent=1)).is_empty()


def test_a_payment_of_no_known_day_is_claimed_by_no_plan():
    assert fees(plan(percent=1), {"amount_minor": 100, "at": None}) == [None]
    assert fees(
        plan(percent=1), {"amount_minor": 100, "at": None, "settled_on": date(2025, 6, 3)}
    ) == [1]
