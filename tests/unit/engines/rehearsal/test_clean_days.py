"""A rehearsed day on which nothing goes wrong: terminals, channels and banks agree to the minor unit."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillkeeper.engines.rehearsal.days import Chunk, rehearse, whole
from tillkeeper.engines.rehearsal.faults.table import every
from tillkeeper.engines.rehearsal.plan import BLOCK_ROWS, FEES, Plan, Rates
from tillkeeper.engines.rehearsal.truth import TRUTH
from tillkeeper.formats.canonical.tables import BILL, JOURNAL, STATEMENT, Kind

LOCAL = pl.col("at").dt.convert_time_zone("Asia/Shanghai")
PAYING = [Kind.SALE, Kind.COMPLETION]


@pytest.fixture(scope="module")
def day() -> Chunk:
    return whole(Plan.sized(71, 24_000))


def nets(bill: pl.DataFrame) -> pl.DataFrame:
    """Return mid, channel, settlement day, net of each row, from what a bill says, with the 23:00 cut-off of cards."""
    late = pl.col("channel").is_in(["card", "unionpay_qr"]) & (LOCAL.dt.hour() >= 23)
    sign = pl.when(pl.col("kind").is_in(PAYING)).then(1).otherwise(-1)
    stated = (
        sign * pl.col("amount_minor") - pl.col("fee_minor") - pl.col("surcharge_minor").fill_null(0)
    )
    return bill.select(
        "mid",
        "channel",
        day=LOCAL.dt.date() + pl.when(late).then(timedelta(days=1)).otherwise(timedelta()),
        stated=pl.col("settled_on"),
        net=stated,
        net_stated=pl.col("net_minor"),
    )


def credits_agree(day: Chunk) -> bool:
    owed = (
        nets(day.bill)
        .group_by("mid", "day", "channel")
        .agg(pl.col("net").sum())
        .filter(pl.col("net") != 0)
    )
    paid = day.statement.select(
        mid=pl.col("text").str.slice(0, 15),
        day=pl.col("text").str.slice(16, 8).str.to_date("%Y%m%d"),
        net="amount_minor",
    )
    return (
        owed.select("mid", "day", "net")
        .sort("mid", "day", "net")
        .equals(paid.sort("mid", "day", "net"))
    )


def test_frames_are_canonical(day):
    frames = (day.journal, day.bill, day.statement, day.truth)
    for frame, table in zip(frames, (JOURNAL, BILL, STATEMENT, TRUTH), strict=True):
        assert dict(frame.schema) == dict(table)
        texts = [name for name, kind in table.items() if kind == pl.String]
        assert frame.select(pl.col(texts).null_count().sum()).to_numpy().sum() == 0


def test_lines_count_from_one(day):
    for frame in (day.journal, day.bill, day.statement):
        assert frame["line"].to_list() == list(range(1, frame.height + 1))


def test_every_approved_payment_is_booked_once_and_nothing_else_is(day):
    approved = day.journal.filter((pl.col("state") == "approved") & (pl.col("kind") != "preauth"))
    undone = day.journal.filter(pl.col("state") == "reversed")
    charges = day.bill.filter(~pl.col("kind").is_in(["reversal", "fee"]))
    by_place = ["mid", "tid", "channel", "kind", "amount_minor"]
    there = pl.concat([approved, undone]).group_by(by_place).len("in_journal")
    here = charges.group_by(by_place).len("in_bill")
    both = there.join(here, on=by_place, how="full", coalesce=True).fill_null(0)
    assert both.filter(pl.col("in_bill") > pl.col("in_journal")).is_empty()
    reversals = day.bill.filter(pl.col("kind") == "reversal").height
    assert charges.height == approved.height + reversals
    assert 0 < reversals < undone.height


def test_a_reversal_has_a_charge_of_the_same_amount_under_the_same_trace_or_order(day):
    reversals = day.bill.filter(pl.col("kind") == "reversal")
    charges = day.bill.filter(pl.col("kind") == "sale")
    keys = ["mid", "tid", "batch", "trace", "order_no", "amount_minor"]
    assert reversals.join(charges, on=keys, how="anti").is_empty()


@pytest.mark.parametrize(
    ("channel", "key"), [("card", "rrn"), ("wechat", "order_no"), ("alipay", "order_no")]
)
def test_the_keys_a_file_shows_are_those_of_the_journal(day, channel, key):
    charges = day.bill.filter(
        (pl.col("channel") == channel) & (pl.col("kind") == "sale") & (pl.col(key) != "")
    )
    joined = charges.join(day.journal, on=["mid", "tid", key], how="left", suffix="_j")
    known = joined.filter(pl.col("state_j").is_not_null())
    assert charges.height > 500
    assert (joined["amount_minor"] == joined["amount_minor_j"]).sum() == known.height
    lost = (
        joined.height - known.height
    )  # off line and reversed payments have no number in the journal
    assert lost < 0.03 * joined.height


def test_each_kind_of_file_shows_its_own_keys(day):
    acquirers = day.bill.filter((pl.col("channel") == "card") & (pl.col("kind") != "fee"))
    shown = acquirers.select(pl.col("batch", "rrn", "channel_no", "cryptogram") != "").unique()
    assert shown.height >= 4
    assert (acquirers["trace"] != "").all()
    codes = day.bill.filter(pl.col("channel").is_in(["wechat", "alipay"]))
    assert codes.filter(
        (pl.col("trace") != "") | (pl.col("card") != "") | (pl.col("rrn") != "")
    ).is_empty()
    assert codes.select(((pl.col("order_no") != "") & (pl.col("channel_no") != "")).all()).item()


def test_bank_credits_are_the_nets_by_merchant_channel_and_settlement_day(day):
    assert credits_agree(day)
    told = nets(day.bill)
    assert told.filter(
        pl.col("stated").is_not_null() & (pl.col("stated") != pl.col("day"))
    ).is_empty()
    assert told.filter(
        pl.col("net_stated").is_not_null() & (pl.col("net_stated") != pl.col("net"))
    ).is_empty()


def test_fees_are_rounded_half_up_per_row(day):
    plans = {(fee.channel, fee.card_type): fee for fee in FEES}
    for row in day.bill.filter(pl.col("kind") == "sale").head(4_000).to_dicts():
        plan = plans.get((row["channel"], row["card_type"])) or plans[row["channel"], ""]
        exact = Decimal(row["amount_minor"]) * plan.rate / 1_000_000
        fee = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        assert row["fee_minor"] == (fee if plan.cap_minor is None else min(fee, plan.cap_minor))


def test_a_refund_brings_the_fee_back_only_where_the_channel_does(day):
    refunds = day.bill.filter((pl.col("kind") == "refund") & (pl.col("amount_minor") > 1_000))
    back = refunds.filter(pl.col("fee_minor") < 0)["channel"].unique().sort().to_list()
    assert back == ["alipay", "wechat"]
    assert refunds.filter(pl.col("channel") == "card")["fee_minor"].unique().to_list() == [0]


def test_evening_payments_settle_with_the_next_day(day):
    card = day.bill.filter((pl.col("channel") == "card") & pl.col("settled_on").is_not_null())
    evening = card.filter(LOCAL.dt.hour() >= 23)["settled_on"].unique().to_list()
    before = card.filter(LOCAL.dt.hour() < 23)["settled_on"].unique().to_list()
    assert (before, evening) == ([date(2025, 6, 9)], [date(2025, 6, 10)])


def test_payouts_wait_for_a_working_day():
    friday = Plan(
        5,
        3_000,
        8,
        25,
        first_day=date(2025, 6, 13),
        closed=frozenset({date(2025, 6, 16)}),
        instant=0,
    )
    assert whole(friday).statement["booked_on"].unique().to_list() == [date(2025, 6, 17)]


def test_instant_payouts_come_the_same_day_less_their_surcharge():
    day = whole(Plan(6, 4_000, 8, 30, forms={"acquirer46": 1}, instant=1, plan_fees=0))
    surcharged = day.bill.filter(
        (pl.col("channel") == "card")
        & (pl.col("kind") == "sale")
        & (pl.col("amount_minor") >= 1_000)
    )
    assert surcharged["surcharge_minor"].unique().to_list() == [200]
    assert credits_agree(day)
    assert date(2025, 6, 9) in day.statement["booked_on"].to_list()


def test_traces_restart_in_each_batch_and_have_harmless_gaps(day):
    batches = day.journal.group_by("mid", "tid", "batch").agg(
        first=pl.col("trace").cast(int).min(),
        rows=pl.len(),
        distinct=pl.col("trace").n_unique(),
        span=pl.col("trace").cast(int).max() - pl.col("trace").cast(int).min() + 1,
        last=pl.col("at").max(),
        closed=pl.col("batch_closed_at").min(),
    )
    assert (batches["rows"] == batches["distinct"]).all()
    assert batches["first"].max() <= 3
    assert (batches["last"] < batches["closed"]).all()
    assert batches["span"].sum() > batches["rows"].sum()
    assert batches.group_by("mid", "tid").len()["len"].max() > 1


def test_every_approved_card_payment_has_its_slip_and_nothing_else_has(day):
    approved = pl.col("state") == "approved"
    card = day.journal.filter(approved & (pl.col("channel") == "card"))
    assert set(card["slip"]) == {"printed", "reprinted"}
    assert set(day.journal.filter(~approved)["slip"]) == {"none"}
    assert set(day.journal.filter(approved)["slip"]) == {"printed", "reprinted", "none"}


def test_times_of_a_terminal_ascend_and_lie_in_its_day(day):
    ordered = day.journal.with_columns(before=pl.col("at").shift(1).over("mid", "tid"))
    assert ordered.filter(pl.col("at") < pl.col("before")).is_empty()
    assert day.journal.select(LOCAL.dt.date().unique()).to_series().to_list() == [date(2025, 6, 9)]


def test_numbers_are_not_given_twice(day):
    for frame, name in ((day.journal, "rrn"), (day.journal, "order_no"), (day.bill, "rrn")):
        held = frame.filter(pl.col(name) != "")[name]
        assert held.n_unique() == held.len()


def test_customers_come_again_hours_later_each_time_with_a_slip(day):
    sales = day.journal.filter(
        (pl.col("kind") == "sale") & (pl.col("state") == "approved") & (pl.col("card") != "")
    )
    again = sales.group_by("mid", "tid", "card", "amount_minor").agg(
        pl.len(), "slip", span=pl.col("at").max() - pl.col("at").min()
    )
    again = again.filter(pl.col("len") > 1)
    assert again.height >= 3
    assert again.filter(pl.col("span") < timedelta(hours=2)).is_empty()
    assert set(again["slip"].explode()) <= {"printed", "reprinted"}


def test_cards_are_masked_and_codes_have_none(day):
    cards = day.journal.filter(pl.col("channel") == "card")["card"]
    assert cards.str.contains(r"^\d{6}\*\d{4}$").all()
    assert day.journal.filter(pl.col("channel") != "card")["card"].unique().to_list() == [""]


def test_merchants_have_one_terminal_or_very_many():
    day = whole(Plan(3, 60_000, 400, 1_500))
    sizes = day.journal.group_by("mid").agg(pl.col("tid").n_unique())["tid"]
    assert sizes.min() == 1
    assert sizes.max() >= 100
    assert day.journal["tid"].n_unique() == day.journal.select("mid", "tid").n_unique()


def test_a_pre_authorisation_is_in_no_bill_and_its_completion_is(day):
    held = day.journal.filter(pl.col("kind") == "preauth")
    completed = day.journal.filter(pl.col("kind") == "completion")
    pairs = completed.join(
        held,
        left_on=["tid", "batch", "original_trace", "card"],
        right_on=["tid", "batch", "trace", "card"],
    )
    assert 0 < completed.height == pairs.height < held.height
    assert (pairs["amount_minor"] <= pairs["amount_minor_right"]).all()
    assert "preauth" not in day.bill["kind"].to_list()
    assert day.bill.filter(pl.col("kind") == "completion").height == completed.height


plans = st.builds(
    lambda seed, rows, merchants, more, days, cards, declined: Plan(
        seed, rows, merchants, merchants + more, days=days,
        channels={"card": cards, "wechat": 1 - cards / 2, "alipay": 0.2, "unionpay_qr": 0.1},
        rates=Rates(declined=declined, voided=0.05, refunded=0.05, reversed=0.05),
    ),
    st.integers(0, 2**40), st.integers(0, 3_000), st.integers(1, 20), st.integers(0, 30), st.integers(1, 3),
    st.floats(0, 1), st.floats(0, 0.3),
)  # fmt: skip


@settings(deadline=None, max_examples=25)
@given(plans)
def test_any_plan_plays_its_rows_and_its_money_adds_up(plan):
    played = whole(plan)
    assert played.journal.height == plan.rows
    assert played.truth.is_empty()
    assert credits_agree(played)
    assert (
        played.statement["booked_on"].max() is None
        or played.statement["booked_on"].max() < plan.as_of
    )


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**40))
def test_the_same_plan_gives_the_same_rows_and_another_seed_others(seed):
    plan = Plan.sized(seed, 2_000)
    one, two, other = whole(plan), whole(plan), whole(Plan.sized(seed + 1, 2_000))
    assert one.journal.equals(two.journal)
    assert one.bill.equals(two.bill)
    assert not one.journal.equals(other.journal)


def test_chunks_only_cut_the_rows():
    plan = Plan.sized(8, 3 * BLOCK_ROWS, every(3))
    small, large = list(rehearse(plan, rows=1)), list(rehearse(plan, rows=10**9))
    assert len(small) > len(large) == 1
    for name in ("journal", "bill", "statement", "truth"):
        joined = pl.concat([getattr(chunk, name) for chunk in small])
        assert joined.equals(getattr(large[0], name)), name


@pytest.mark.parametrize(
    "wrong",
    [
        {"merchants": 0},
        {"merchants": 5, "terminals": 4},
        {"rows": -1},
        {"days": 0},
        {"channels": {"cards": 1}},
        {"channels": {"card": 0}},
        {"forms": {"zm": 2, "host": -1}},
        {"rows": 4_001, "terminals": 4, "merchants": 2},
    ],
)
def test_a_plan_that_cannot_be_played_is_refused(wrong):
    sound = {"seed": 1, "rows": 10, "merchants": 2, "terminals": 4}
    with pytest.raises(ValueError, match=r"plan needs|at most"):
        Plan(**(sound | wrong))


def test_faults_that_are_unknown_or_find_no_payment_are_refused():
    with pytest.raises(ValueError, match="no such faults: gremlins"):
        whole(Plan.sized(1, 100, {"gremlins": 1}))
    with pytest.raises(ValueError, match="of printer_failed found none"):
        whole(Plan.sized(1, 100, {"printer_failed": 1_000}))
    with pytest.raises(ValueError, match="payouts that could go wrong"):
        whole(Plan.sized(1, 100, {"payout_late": 1_000}))
