"""The payout leg: batch-net sums against statement lines, written by hand from the reference of payments."""

import json
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engines.settling_days import MID, OTHER, bill, june, statement

from tillkeeper.engines.matching.payouts.leg import match_payouts
from tillkeeper.engines.matching.rules.book import Rules

SOUND = Rules.sound()
LATER = date(2025, 7, 1)


def told(bills, lines, rules=SOUND, as_of=LATER):
    """Return (class, cause, amount, other) of each difference."""
    found = match_payouts(bills, lines, rules, as_of)
    return found.select("class", "cause", "amount_minor", "other_minor").rows()


def day(number, net, **row):
    """Return one bill row that settled in June."""
    return {"settled_on": june(number), "net_minor": net, "amount_minor": net, **row}


def paid(number, amount, text=MID, **row):
    """Return one statement line of June."""
    return {"booked_on": june(number), "amount_minor": amount, "text": text, **row}


SEVERAL = bill(
    day(3, 10_000), day(3, 5_000), {"kind": "refund", **day(3, -2_000), "amount_minor": 2_000}
)


@pytest.mark.parametrize("text", [MID, f"MID{MID}划款20250604", f"银联商务 {MID}", "", "无摘要"])
def test_a_credit_of_the_net_sum_on_the_due_day_agrees(text):
    assert told(SEVERAL, statement(paid(4, 13_000, text))) == []


def test_a_reference_in_any_text_of_the_line_counts():
    for column in ("reference", "bank_reference", "counterparty"):
        line = paid(6, 13_000, text="", **{column: f"x {MID}"})
        found = match_payouts(SEVERAL, statement(line), SOUND, LATER)
        assert json.loads(found["evidence"].item())["paired_by"] == "merchant"


def test_what_carries_no_money_and_what_is_not_final_is_left_out():
    rows = bill(
        day(3, 10_000),
        day(3, 700, state="pending"),
        day(3, 600, state="host_only"),
        day(3, 500, state="failed"),
        day(3, 400, state="revoked"),
        day(3, 300, kind="preauth"),
        day(3, -10_000, kind="payout"),
        day(3, 100, kind="transfer"),
        day(3, -50, kind="fee"),
        day(3, -150, kind="reversal", state="revoked"),
    )
    assert told(rows, statement(paid(4, 9_800))) == []


def test_where_the_bill_names_no_net_and_no_day_they_are_worked_out():
    evening = datetime(
        2025, 6, 3, 15, 30, tzinfo=UTC
    )  # 23:30 in Shanghai, after the cut-off: the 4th
    rows = bill(
        {"amount_minor": 10_000, "fee_minor": 38, "surcharge_minor": 200, "at": evening},
        {"amount_minor": 1_000, "kind": "refund", "fee_minor": -4, "at": evening},
    )
    assert told(rows, statement(paid(5, 9_762 - 996))) == []


def test_holidays_merge_into_one_credit_that_agrees():
    rows = bill(
        *(
            {"settled_on": date(2025, 9, 30) + timedelta(days=n), "net_minor": 1_000 + n}
            for n in range(9)
        )
    )
    line = {
        "booked_on": date(2025, 10, 9),
        "amount_minor": sum(1_000 + n for n in range(9)),
        "text": MID,
    }
    assert told(rows, statement(line), as_of=date(2025, 10, 9)) == []
    assert told(rows, statement({**line, "text": ""}), as_of=date(2025, 10, 9)) == []
    assert {row[0] for row in told(rows, statement(), as_of=date(2025, 10, 8))} == {"held"}
    assert {row[0] for row in told(rows, statement(), as_of=date(2025, 10, 10))} == {
        "payout_missing"
    }


def test_a_make_up_saturday_is_a_due_day_like_any_other():
    rows = bill({"settled_on": date(2025, 10, 10), "net_minor": 900})
    late = statement({"booked_on": date(2025, 10, 13), "amount_minor": 900, "text": MID})
    assert told(rows, late, as_of=date(2025, 10, 13)) == [
        ("payout_late", "payout_booked_late", 900, 900)
    ]
    saturday = statement({"booked_on": date(2025, 10, 11), "amount_minor": 900, "text": MID})
    assert told(rows, saturday, as_of=date(2025, 10, 13)) == []


def test_instant_payout_is_due_on_the_day_itself():
    rules = Rules.of_text('[channels.card]\ncycle = "D+0"')
    assert told(bill(day(7, 900)), statement(paid(7, 900)), rules) == []  # a Saturday
    assert told(bill(day(7, 900)), statement(paid(8, 900)), rules)[0][0] == "payout_late"


@pytest.mark.parametrize(
    ("as_of", "line", "found"),
    [
        (june(3), [], "held"),
        (june(4), [], "held"),
        (june(4), [paid(4, 1, text="other")], "payout_missing"),  # the statement tells of the day
        (june(5), [], "payout_missing"),
    ],
)
def test_a_payout_is_held_until_its_day_is_over(as_of, line, found):
    classes = [row[0] for row in told(bill(day(3, 900)), statement(*line), as_of=as_of)]
    assert [name for name in classes if name != "unknown_credit"] == [found]


def test_hold_days_put_the_missing_off():
    rules = Rules.of_text("[settlement]\nhold_days = 2")
    assert told(bill(day(3, 900)), statement(), rules, june(6)) == [
        ("held", "not_yet_due", 900, None)
    ]
    assert told(bill(day(3, 900)), statement(), rules, june(7))[0][0] == "payout_missing"


def test_lines_after_the_day_of_asking_and_pending_ones_do_not_count():
    lines = statement(paid(4, 900, status="pending"), paid(6, 900))
    assert told(bill(day(3, 900)), lines, as_of=june(5))[0][0] == "payout_missing"
    assert told(bill(day(3, 900)), lines, as_of=june(6))[0][0] == "payout_late"


def test_a_late_payout_says_how_late_and_the_rules_may_allow_it():
    found = match_payouts(bill(day(3, 900)), statement(paid(6, 900)), SOUND, LATER).row(
        0, named=True
    )
    assert (found["class"], found["due_on"], found["other_line"]) == ("payout_late", june(4), 2)
    assert "2 days late" in found["sentence"]
    assert (
        told(
            bill(day(3, 900)),
            statement(paid(6, 900)),
            Rules.of_text("[payouts]\nlate_after_days = 2"),
        )
        == []
    )


def test_beyond_the_window_a_credit_belongs_to_no_payout():
    found = told(bill(day(3, 900)), statement(paid(12, 900)))
    assert [row[0] for row in found] == ["payout_missing", "unknown_credit"]


NAMED = {"payout_no": "PO-20250604-7"}


def test_a_payout_number_gathers_days_and_channels_and_finds_its_credit():
    rows = bill(day(3, 1_000, **NAMED), day(4, 500, channel="wechat", **NAMED))
    assert told(rows, statement(paid(5, 1_500, text="settlement PO-20250604-7"))) == []
    found = match_payouts(rows, statement(paid(5, 1_400, text="PO-20250604-7")), SOUND, LATER).row(
        0, named=True
    )
    assert (found["class"], found["batch"], found["channel"]) == (
        "payout_differs",
        "PO-20250604-7",
        "",
    )


def test_one_credit_with_the_number_of_several_merchants_pays_them_all():
    rows = bill(day(3, 1_000, **NAMED), day(3, 500, mid=OTHER, **NAMED))
    assert told(rows, statement(paid(4, 1_500, text="PO-20250604-7"))) == []
    assert (
        told(
            rows, statement(paid(4, 700, text="PO-20250604-7"), paid(4, 800, text="PO-20250604-7"))
        )
        == []
    )


def test_a_short_number_is_a_reference_only_beside_its_merchant():
    rows = bill(day(3, 1_000, payout_no="12"))
    assert told(rows, statement(paid(4, 990, text=f"{MID} 12")))[0][0] == "payout_differs"
    apart = [row[0] for row in told(rows, statement(paid(4, 990, text="12")))]
    assert apart == ["payout_missing", "unknown_credit"]


def test_a_credit_that_names_one_merchant_never_pays_another():
    found = told(bill(day(3, 900), day(3, 800, mid=OTHER)), statement(paid(4, 800)))
    assert ("payout_missing", "payout_not_yet_booked", 800, None) in found
    assert found[0][0] == "payout_differs"  # it is held against its own merchant


SURCHARGED = {"surcharge_minor": 200}
PLAN_FEE = '[[fees]]\nname = "SIM"\nplan_fee_minor = 9900\n'


@pytest.mark.parametrize(
    ("credited", "explained", "cause"),
    [
        (99_600, "surcharge_taken_again", "payout_short"),
        (100_400, "surcharge_not_taken", "payout_over"),
        (95_000, "refund_taken_again", "payout_short"),
        (105_000, "refund_not_taken", "payout_over"),
        (99_981, "refund_fee_kept", "payout_short"),
        (99_499, "", "payout_short"),
        (100_500, "", "payout_over"),
        (90_100, "like_plan_fee", "payout_short"),
        (100_001, "rounding", "payout_over"),
    ],
)
@pytest.mark.parametrize("text", [MID])
def test_the_residual_is_shown_and_explained(credited, explained, cause, text):
    rows = bill(
        day(3, 60_000, **SURCHARGED),
        day(3, 45_000, **SURCHARGED),
        day(3, -5_000, kind="refund", fee_minor=-19),
    )
    found = match_payouts(rows, statement(paid(4, credited, text)), SOUND, LATER).row(0, named=True)
    evidence = json.loads(found["evidence"])
    assert (found["class"], found["cause"]) == ("payout_differs", cause)
    assert (evidence["residual_minor"], evidence["explained_by"]) == (credited - 100_000, explained)
    assert f"{abs(credited - 100_000) / 100:.2f}" in found["sentence"]


ROWS = (
    day(3, 60_000, rrn="R1", fee_minor=230, surcharge_minor=111, line=4),
    day(3, 45_000, order_no="O2", fee_minor=170, surcharge_minor=77, line=5),
    day(3, 12_345, rrn="R3", fee_minor=170, surcharge_minor=77, line=6),
    day(3, -5_000, kind="refund", trace="000007", fee_minor=-19, line=7),
    day(3, -2_500, kind="refund", fee_minor=-9, line=8),
)
DUE = 109_845


@pytest.mark.parametrize(
    ("residual", "row_is", "line", "number"),
    [
        (-45_000, "row_not_paid", 5, "O2"),
        (12_345, "row_paid_twice", 6, "R3"),
        (-5_000, "row_taken_twice", 7, "000007"),
        (2_500, "row_not_taken", 8, ""),
        (-230, "row_fee_less", 4, "R1"),
        (230, "row_fee_more", 4, "R1"),
        (-19, "row_fee_less", 7, "000007"),
        (-111, "row_surcharge_less", 4, "R1"),
        (111, "row_surcharge_more", 4, "R1"),
    ],
)
def test_the_one_row_that_a_residual_is_is_named(residual, row_is, line, number):
    found = match_payouts(bill(*ROWS), statement(paid(4, DUE + residual)), SOUND, LATER)
    (one,) = found.rows(named=True)
    evidence = json.loads(one["evidence"])
    cause = "payout_short" if residual < 0 else "payout_over"
    assert (one["class"], one["cause"], one["amount_minor"]) == ("payout_differs", cause, DUE)
    assert [evidence[name] for name in ("row_is", "row_file", "row_line", "row_number")] == [
        row_is, "bill.csv", line, number,
    ]  # fmt: skip
    assert abs(evidence["row_minor"]) == abs(residual)
    assert f"bill.csv, line {line}" in one["sentence"]
    assert f"({number})" in one["sentence"] if number else "()" not in one["sentence"]


@pytest.mark.parametrize(
    ("residual", "more"),
    [
        (-170, ()),  # the fee of two
        (77, ()),  # the surcharge of two
        (-45_000, [day(3, 45_000, line=9)]),  # two payments
        (45_000, [day(3, -45_000, kind="refund", line=9)]),  # paid twice, or a refund not taken
        (-230, [day(3, 230, line=9)]),  # a fee, or a payment
        (-107_345, ()),  # nothing fits: three payments together
    ],
)
def test_where_two_rows_fit_or_none_no_row_is_named(residual, more):
    rows = bill(*ROWS, *more)
    credited = int(rows["net_minor"].sum()) + residual
    (one,) = match_payouts(rows, statement(paid(4, credited)), SOUND, LATER).rows(named=True)
    evidence = json.loads(one["evidence"])
    assert (evidence["row_is"], evidence["row_line"]) == (None, None)
    assert "line" not in one["sentence"]
    assert "nothing known explains it" in one["sentence"]


def test_rows_of_another_payout_merchant_or_day_are_not_asked():
    others = [
        day(4, 900, line=9),
        day(3, 900, mid=OTHER, line=10),
        day(3, 900, payout_no="P", line=11),
    ]
    lines = statement(
        paid(4, DUE - 900), paid(5, 900), paid(4, 900, OTHER), paid(4, 900, f"P {MID}")
    )
    (one,) = match_payouts(bill(*ROWS, *others), lines, SOUND, LATER).rows(named=True)
    assert one["amount_minor"] == DUE
    assert json.loads(one["evidence"])["row_is"] is None


def test_a_known_figure_that_is_one_row_names_it_as_well():
    rows = bill(day(3, 60_000, line=4), day(3, -5_000, kind="refund", line=5))
    (one,) = match_payouts(rows, statement(paid(4, 50_000)), SOUND, LATER).rows(named=True)
    evidence = json.loads(one["evidence"])
    assert evidence["explained_by"] == "refund_taken_again"
    assert (evidence["row_is"], evidence["row_line"]) == ("row_taken_twice", 5)
    assert "exactly its refunds" in one["sentence"]


def test_one_exact_row_goes_before_the_size_of_a_plan_fee():
    rows = bill(day(3, 60_000, line=4), day(3, 9_900, line=5))
    (one,) = match_payouts(rows, statement(paid(4, 60_000)), SOUND, LATER).rows(named=True)
    assert json.loads(one["evidence"])["row_is"] == "row_not_paid"
    assert "bill.csv, line 5" in one["sentence"]


def test_a_plan_fee_is_expected_once_a_period_and_claimed_the_second_time():
    rules = Rules.of_text(PLAN_FEE)
    rows = bill(day(3, 50_000), day(4, 60_000), day(5, 70_000))
    once = statement(paid(4, 40_100), paid(5, 60_000), paid(6, 70_000))
    assert told(rows, once, rules) == []
    twice = statement(paid(4, 40_100), paid(5, 60_000), paid(6, 60_100))
    assert told(rows, twice, rules) == [("payout_differs", "payout_short", 70_000, 60_100)]
    assert told(rows, once) == [("payout_differs", "payout_short", 50_000, 40_100)]


def test_a_plan_fee_that_is_charged_separately_is_not_expected_from_a_payout():
    rules = Rules.of_text(PLAN_FEE + 'plan_fee_deducted_from = "separate"\n')
    assert told(bill(day(3, 50_000)), statement(paid(4, 40_100)), rules)[0][0] == "payout_differs"


def test_tolerances_let_small_residuals_pass_on_their_side():
    below = Rules.of_text("[tolerance]\nbelow_minor = 5")
    assert told(bill(day(3, 90_000)), statement(paid(4, 89_995)), below) == []
    assert told(bill(day(3, 90_000)), statement(paid(4, 89_994)), below)[0][0] == "payout_differs"
    assert told(bill(day(3, 90_000)), statement(paid(4, 90_005)), below)[0][0] == "payout_differs"
    above = Rules.of_text("[tolerance]\nabove_percent = 0.01")
    assert told(bill(day(3, 90_000)), statement(paid(4, 90_009)), above) == []


def test_an_exact_sum_on_other_days_is_proposed_not_applied():
    rows = bill(day(3, 1_000), day(4, 2_345))
    found = match_payouts(rows, statement(paid(6, 3_345)), SOUND, LATER)
    assert found["class"].to_list() == ["ambiguous", "ambiguous"]
    assert found["cause"].to_list() == ["sum_proposed", "sum_proposed"]
    assert found["other_line"].to_list() == [2, 2]


def test_one_payout_in_several_credits_of_its_day_agrees():
    assert told(bill(day(3, 3_000)), statement(paid(4, 1_900), paid(4, 1_100))) == []
    later = told(bill(day(3, 3_000)), statement(paid(4, 1_900), paid(5, 1_100)))
    assert later == [("ambiguous", "sum_proposed", 3_000, 3_000)]


def test_two_choices_with_one_sum_are_shown_as_such():
    rows = bill(*(day(n, net) for n, net in ((3, 100), (4, 200), (5, 300), (9, 400))))
    found = told(rows, statement(paid(10, 500)))  # 200 + 300 or 100 + 400
    assert {row[:2] for row in found if row[0] == "ambiguous"} == {
        ("ambiguous", "equal_candidates")
    }


def test_all_merchants_of_a_day_in_one_credit_agree():
    rows = bill(*(day(3, 1_000 + n, mid=f"89831000000{n:04d}") for n in range(40)))
    assert told(rows, statement(paid(4, sum(1_000 + n for n in range(40)), text=""))) == []


def test_equal_payouts_with_too_few_credits_are_ambiguous_not_guessed():
    rows = bill(*(day(3, 500, mid=f"{n}") for n in range(3)))
    found = match_payouts(
        rows, statement(paid(4, 500, text=""), paid(4, 500, text="")), SOUND, LATER
    )
    assert found.select("class", "cause", "amount_minor").rows() == [
        ("ambiguous", "equal_candidates", 500)
    ]
    assert "3 equal payouts" in found["sentence"].item()
    assert json.loads(found["others"].item())[0]["why_not"]


def test_a_payout_that_came_twice_leaves_one_unknown_credit():
    found = match_payouts(bill(day(3, 500)), statement(paid(4, 500), paid(4, 500)), SOUND, LATER)
    assert found.select("class", "source_line", "amount_minor").rows() == [
        ("unknown_credit", 3, 500)
    ]
    assert "twice" in found["sentence"].item()


def test_only_credits_of_the_payers_named_must_be_payouts():
    rules = Rules.of_text('[payouts]\npayers = ["银联商务"]')
    lines = statement(
        paid(4, 1, text="", counterparty="银联商务有限公司"),
        paid(4, 2, text="房租"),
        paid(4, -3, text=""),
    )
    assert told(bill(), lines, rules) == [("unknown_credit", "credit_unexplained", 1, None)]
    assert len(told(bill(), lines)) == 2


def test_more_returned_than_taken_is_held_until_a_payout_is_smaller():
    rows = bill(day(3, -700, kind="refund"), day(4, 5_000))
    assert (
        told(rows, statement(paid(5, 4_300)))[0][0] == "ambiguous"
    )  # a sum on another day: proposed
    assert told(rows, statement(paid(5, 5_000))) == [("held", "not_yet_due", -700, None)]
    assert told(rows, statement(paid(4, -700), paid(5, 5_000))) == []


def test_currencies_do_not_mix():
    found = told(bill(day(3, 900, currency="USD")), statement(paid(4, 900)))
    assert [row[0] for row in found] == ["payout_missing", "unknown_credit"]


def test_nothing_against_nothing_is_nothing():
    assert told(bill(), statement()) == []


lines_of = st.lists(st.tuples(st.integers(3, 9), st.integers(1, 4), st.integers(0, 3)), max_size=14)


@given(lines_of, lines_of, st.randoms(use_true_random=False))
def test_each_side_is_claimed_once_and_the_order_of_rows_does_not_matter(owed, booked, random):
    mids = ["", MID, OTHER, "898310054110003"]
    rows = bill(*(day(n, net * 100, mid=mids[who] or MID) for n, net, who in owed))
    lines = statement(*(paid(n, net * 100, text=mids[who]) for n, net, who in booked))
    found = match_payouts(rows, lines, SOUND, LATER)
    shuffled = [frame[random.sample(range(frame.height), frame.height)] for frame in (rows, lines)]
    assert match_payouts(*shuffled, SOUND, LATER).equals(found)
    payouts = rows.group_by("mid", "settled_on").len().height
    of_payouts = found.filter(pl.col("class") != "unknown_credit")
    assert of_payouts.height <= payouts
    assert of_payouts.select("mid", "due_on", "source_line").is_unique().all()
    unknown = found.filter(pl.col("class") == "unknown_credit")
    assert unknown["source_line"].is_unique().all()
    pointed = of_payouts.filter(pl.col("other_line").is_not_null())["other_line"]
    assert not set(pointed) & set(unknown["source_line"])


@given(lines_of)
def test_a_clean_day_has_no_difference(owed):
    rows = bill(*(day(n, net * 100, mid=f"89831005411000{who}") for n, net, who in owed))
    sums = (
        rows.group_by("mid", "settled_on").agg(pl.col("net_minor").sum()).sort("mid", "settled_on")
    )
    lines = [
        {"booked_on": _due(on), "amount_minor": net, "text": mid}
        for mid, on, net in sums.iter_rows()
    ]
    assert told(rows, statement(*lines)) == []


def _due(on: date) -> date:
    return {6: june(9), 7: june(9), 8: june(9)}.get(on.day, on + timedelta(days=1))
