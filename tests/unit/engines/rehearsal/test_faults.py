"""Each fault leaves the traces that the truth table (payments.md, section 5) says, and touches nothing else.

The acquirer of these days writes a file with all keys (`host`), so that every booking can be found again.
"""

from datetime import timedelta
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillkeeper.engines.rehearsal.days import Chunk, whole
from tillkeeper.engines.rehearsal.faults.table import OF_PAYMENTS, OF_PAYOUTS, every
from tillkeeper.engines.rehearsal.plan import Plan

EACH = 8


def plan(seed: int, rows: int, faults: dict[str, int]) -> Plan:
    return Plan(
        seed, rows, max(rows // 360, 3), max(rows // 120, 12), forms={"host": 1}, faults=faults
    )


class Days(NamedTuple):
    clean: Chunk
    faulty: Chunk

    def truths(self, fault: str) -> list[dict]:
        return self.faulty.truth.filter(pl.col("fault") == fault).to_dicts()

    def in_journal(self, truth: dict, trace: str = "trace") -> list[dict]:
        mine = [pl.col(name) == truth[name] for name in ("mid", "tid", "batch")]
        return self.faulty.journal.filter(*mine, pl.col("trace") == truth[trace]).to_dicts()

    def in_bill(self, truth: dict) -> list[dict]:
        """Return what the channel holds of a payment, by any of its keys."""
        bill = self.faulty.bill
        number = (pl.col("rrn") == truth["rrn"]) | (pl.col("original_rrn") == truth["rrn"])
        place = pl.lit(value=True)
        for name in ("mid", "tid", "batch", "trace"):
            place &= pl.col(name) == truth[name]
        found = (number & (truth["rrn"] != "")) | (
            place & (truth["trace"] != "") & (pl.col("trace") != "")
        )
        order = (pl.col("order_no") == truth["order_no"]) & (truth["order_no"] != "")
        return bill.filter((found & (pl.col("kind") != "void")) | order).to_dicts()


@pytest.fixture(scope="module")
def days() -> Days:
    return Days(whole(plan(19, 40_000, {})), whole(plan(19, 40_000, every(EACH))))


class Trace(NamedTuple):
    """What is seen of a fault. No states: nothing is in the journal."""

    states: set[str]
    slips: set[str]
    reasons: set[str]
    answers: set[str]
    booked: set[tuple[str, ...]]


GIVEN_UP = {"reversal_exhausted", "reversal_pending"}
SALE, UNDONE, NOTHING = {("sale",)}, {("reversal", "sale")}, {()}
GOOD, SILENT = {"printed", "reprinted"}, {""}
SEEN = {
    "request_lost": Trace({"reversed"}, {"none"}, {"98"}, {"25"}, NOTHING),
    "answer_lost_reversed": Trace({"reversed"}, {"none"}, {"98"}, {"00"}, NOTHING | UNDONE),
    "answer_and_reversal_lost": Trace(GIVEN_UP, {"none"}, {"98"}, SILENT, SALE),
    "terminal_restarted": Trace(set(), set(), set(), set(), SALE),
    "printer_failed": Trace({"approved"}, {"failed", "unknown"}, SILENT, SILENT, SALE),
    "answer_mac_wrong": Trace(GIVEN_UP, {"none"}, {"A0"}, SILENT, SALE),
    "answer_late": Trace({"reversed"}, {"none"}, {"98"}, {"00"}, UNDONE),
    "reversal_overtook_sale": Trace({"reversed"}, {"none"}, {"98"}, {"25"}, SALE),
    "host_reversed_alone": Trace({"approved"}, GOOD, SILENT, SILENT, UNDONE),
    "swiped_again": Trace(
        {"approved", "reversal_exhausted"}, {"failed", "none"}, {"", "98"}, SILENT, SALE
    ),
    "chip_refused": Trace(GIVEN_UP, {"none"}, {"06", "96"}, SILENT, SALE),
    "batch_closed_first": Trace(
        {"reversed", "reversal_exhausted"}, {"none"}, {"98"}, {"25", "95"}, SALE
    ),
    "batch_upload_incomplete": Trace({"approved"}, {"printed"}, SILENT, SILENT, NOTHING),
    "code_charged_unqueried": Trace({"unknown"}, {"none"}, SILENT, SILENT, SALE),
    "code_revoke_lost": Trace(GIVEN_UP | {"reversed"}, {"none"}, SILENT, SILENT, SALE),
    "offline_not_uploaded": Trace({"approved"}, {"printed"}, SILENT, SILENT, NOTHING),
    "request_sent_twice": Trace(set(), set(), set(), set(), SALE),
    "wrong_merchant": Trace({"approved"}, GOOD, SILENT, SILENT, SALE),
    "wrong_terminal": Trace({"approved"}, GOOD, SILENT, SILENT, SALE),
    "restarted_and_reversed": Trace(set(), set(), set(), set(), UNDONE),
    "amount_keyed_differently": Trace({"approved"}, GOOD | {"none"}, SILENT, SILENT, SALE),
    "fee_plan_differs": Trace({"approved"}, GOOD | {"none"}, SILENT, SILENT, SALE),
    "fee_misstated": Trace({"approved"}, GOOD | {"none"}, SILENT, SILENT, SALE),
    "refund_not_passed_on": Trace({"approved"}, GOOD | {"none"}, SILENT, SILENT, NOTHING),
}


def test_every_fault_is_described_here():
    assert set(SEEN) == set(OF_PAYMENTS)
    assert {fault.number for fault in OF_PAYMENTS.values()} == set(range(19))


@pytest.mark.parametrize("fault", SEEN)
def test_a_fault_leaves_its_traces_on_each_side(days, fault):
    truths, seen = days.truths(fault), SEEN[fault]
    payments = len({(truth["tid"], truth["batch"], truth["trace"]) for truth in truths})
    assert payments == len(truths) >= EACH
    for truth in truths:
        mine = days.in_journal(truth)
        assert len(mine) == (1 if seen.states else 0), truth
        for row in mine:
            assert row["state"] in seen.states
            assert row["slip"] in seen.slips
            assert row["reversal_reason"] in seen.reasons
            assert row["reversal_answer"] in seen.answers
            assert row["amount_minor"] == truth["amount_minor"]
        assert tuple(sorted(row["kind"] for row in days.in_bill(truth))) in seen.booked, truth


@pytest.mark.parametrize(("fault", "told"), OF_PAYMENTS.items())
def test_the_truth_names_cause_class_and_number(days, fault, told):
    for truth in days.truths(fault):
        assert (truth["cause"], truth["class"], truth["number"]) == (
            told.cause or fault,
            told.difference,
            told.number,
        )


def test_only_lost_requests_and_reversals_that_came_through_need_no_finding():
    harmless = {name for name, fault in OF_PAYMENTS.items() if not fault.difference}
    assert harmless == {"request_lost", "answer_lost_reversed", "answer_late"}


def test_what_is_not_in_the_truth_is_as_on_the_clean_day(days):
    named = days.faulty.truth.select("tid", "batch", "trace")
    second = days.faulty.truth.select("tid", "batch", trace="other_trace")
    touched = pl.concat([named, second])
    journals = [
        day.journal.drop("line").join(touched, on=["tid", "batch", "trace"], how="anti")
        for day in days
    ]
    assert journals[0].equals(journals[1])
    orders = days.faulty.truth.filter(pl.col("order_no") != "")["order_no"].implode()
    numbers = pl.concat([days.faulty.truth[name] for name in ("rrn", "other_rrn")]).implode()
    bills = [
        day.bill.drop("line").filter(
            ~pl.col("order_no").is_in(orders),
            ~pl.col("rrn").is_in(numbers),
            ~pl.col("original_rrn").is_in(numbers) | (pl.col("kind") != "reversal"),
        ).join(touched.filter(pl.col("trace") != ""), on=["tid", "batch", "trace"], how="anti")
        for day in days
    ]  # fmt: skip
    assert bills[0].sort(bills[0].columns).equals(bills[1].sort(bills[1].columns))


def test_a_missing_trace_lies_inside_its_batch(days):
    for fault in ("terminal_restarted", "restarted_and_reversed"):
        for truth in days.truths(fault):
            batch = days.faulty.journal.filter(
                pl.col("tid") == truth["tid"], pl.col("batch") == truth["batch"]
            )
            assert batch["trace"].min() < truth["trace"] < batch["trace"].max()


def test_a_refused_chip_was_in_the_reader(days):
    rows = [row for truth in days.truths("chip_refused") for row in days.in_journal(truth)]
    assert {row["entry"][:2] for row in rows} == {"05"}
    assert all(len(row["cryptogram"]) == 20 for row in rows)


def test_a_reversal_that_overtook_was_answered_before_the_sale_came(days):
    for truth in days.truths("reversal_overtook_sale"):
        [mine], [charge] = days.in_journal(truth), days.in_bill(truth)
        assert mine["at"] < mine["reversed_at"] < charge["at"]
        assert mine["reversed_at"] < mine["batch_closed_at"]


def test_a_batch_closed_first_was_closed_before_the_reversal(days):
    rows = [row for truth in days.truths("batch_closed_first") for row in days.in_journal(truth)]
    assert all(row["reversed_at"] > row["batch_closed_at"] for row in rows)
    assert {(row["state"], row["reversal_answer"]) for row in rows} == {
        ("reversed", "25"), ("reversal_exhausted", "95"),
    }  # fmt: skip


def test_a_late_answer_is_booked_in_either_order():
    day = Days(whole(plan(4, 1, {})), whole(plan(4, 20_000, {"answer_late": 20})))
    booked = [
        sorted(day.in_bill(truth), key=lambda row: row["at"]) for truth in day.truths("answer_late")
    ]
    assert {tuple(row["kind"] for row in rows) for rows in booked} == {
        ("sale", "reversal"),
        ("reversal", "sale"),
    }


def test_who_swiped_again_paid_twice_and_has_one_slip(days):
    for truth in days.truths("swiped_again"):
        [first], [second] = days.in_journal(truth), days.in_journal(truth, "other_trace")
        assert (first["card"], first["amount_minor"]) == (second["card"], second["amount_minor"])
        assert timedelta(0) < second["at"] - first["at"] <= timedelta(minutes=5)
        assert first["slip"] in {"failed", "none"}
        assert (second["state"], second["slip"]) == ("approved", "printed")
        [again] = days.in_bill(truth | {"trace": truth["other_trace"], "rrn": truth["other_rrn"]})
        assert (again["kind"], again["amount_minor"]) == ("sale", truth["amount_minor"])


def test_a_request_sent_twice_has_one_cryptogram_and_two_traces(days):
    for truth in days.truths("request_sent_twice"):
        [mine] = days.in_journal(truth, "other_trace")
        [twin] = days.in_bill(truth)
        [charge] = days.in_bill(truth | {"trace": truth["other_trace"], "rrn": truth["other_rrn"]})
        assert mine["cryptogram"] == twin["cryptogram"] == charge["cryptogram"] != ""
        assert mine["amount_minor"] == twin["amount_minor"] == charge["amount_minor"]
        assert twin["rrn"] != charge["rrn"]
        assert timedelta(0) < twin["at"] - charge["at"] <= timedelta(minutes=2)


def test_a_lost_page_is_three_payments_in_a_row_and_a_lost_certificate_is_one(days):
    places = days.faulty.journal.with_columns(
        place=pl.int_range(pl.len()).over("mid", "tid", "batch", order_by="trace")
    )
    keys = ["mid", "tid", "batch", "trace"]
    lost = days.faulty.truth.filter(
        pl.col("fault").is_in(["batch_upload_incomplete", "offline_not_uploaded"])
    )
    runs = (
        lost.join(places.select(*keys, "place"), on=keys)
        .sort("fault", *keys)
        .with_columns(
            run=pl.col("place") - pl.int_range(pl.len()).over("fault", "mid", "tid", "batch")
        )
        .group_by("fault", "mid", "tid", "batch", "run")
        .len()
    )
    pages = runs.filter(pl.col("fault") == "batch_upload_incomplete")["len"]
    assert pages.len() == EACH
    assert set(pages) <= {3, 4, 5}
    assert runs.filter(pl.col("fault") == "offline_not_uploaded")["len"].unique().to_list() == [1]
    entries = lost.filter(pl.col("fault") == "offline_not_uploaded").join(places, on=keys)["entry"]
    assert set(entries.str.slice(0, 2)) <= {"05", "07"}


def test_money_credited_elsewhere_keeps_its_reference_number(days):
    for truth in days.truths("wrong_terminal"):
        [charge] = days.in_bill(truth)
        assert (charge["rrn"], charge["mid"]) == (truth["rrn"], truth["mid"])
        assert charge["tid"] != truth["tid"]
    for truth in days.truths("wrong_merchant"):
        [charge] = days.in_bill(truth)
        assert charge["rrn"] == truth["rrn"]
        assert charge["mid"] != truth["mid"]
        assert charge["tid"] != truth["tid"]


def test_amounts_and_fees_differ_as_told(days):
    for truth in days.truths("amount_keyed_differently"):
        [charge] = days.in_bill(truth)
        assert charge["amount_minor"] > truth["amount_minor"]
    for truth in days.truths("fee_misstated"):
        [charge] = days.in_bill(truth)
        owed = charge["amount_minor"] - charge["fee_minor"] - charge["surcharge_minor"]
        assert owed < charge["net_minor"]
    clean = days.clean.bill.filter(pl.col("order_no") != "")
    for truth in days.truths("fee_plan_differs"):
        [charge] = days.in_bill(truth)
        if truth["order_no"]:
            [before] = clean.filter(pl.col("order_no") == truth["order_no"]).to_dicts()
            assert charge["fee_minor"] > before["fee_minor"]
        if charge["net_minor"] is not None:
            assert (
                charge["net_minor"]
                == charge["amount_minor"] - charge["fee_minor"] - charge["surcharge_minor"]
            )


def test_payouts_go_wrong_as_told():
    faults = dict.fromkeys(OF_PAYOUTS, 4)
    day = Days(whole(plan(23, 6_000, {})), whole(plan(23, 6_000, faults)))
    lines = [chunk.statement.drop("line") for chunk in day]
    gone = lines[0].join(lines[1], on=lines[0].columns, how="anti", nulls_equal=True)
    come = lines[1].join(lines[0], on=lines[0].columns, how="anti", nulls_equal=True)
    assert (gone.height, come.height) == (12, 12)
    truth = {fault: [row["amount_minor"] for row in day.truths(fault)] for fault in OF_PAYOUTS}
    assert sorted(gone["amount_minor"]) == sorted(
        truth["payout_missing"] + truth["payout_late"] + truth["payout_short"]
    )
    strange = come.filter(pl.col("reference") == "")
    assert sorted(strange["amount_minor"]) == sorted(truth["credit_unexplained"])
    both = gone.join(come.filter(pl.col("reference") != ""), on="reference", suffix="_now")
    late = both.filter(pl.col("booked_on_now") > pl.col("booked_on"))
    assert sorted(late["amount_minor_now"]) == sorted(truth["payout_late"])
    short = both.filter(pl.col("amount_minor_now") < pl.col("amount_minor"))
    assert sorted(short["amount_minor"]) == sorted(truth["payout_short"])


@settings(deadline=None, max_examples=10)
@given(
    st.integers(0, 2**40), st.dictionaries(st.sampled_from(sorted(OF_PAYMENTS)), st.integers(1, 3))
)
def test_as_many_things_go_wrong_as_the_plan_says(seed, faults):
    truth = whole(plan(seed, 12_000, faults)).truth
    told = {fault: truth.filter(pl.col("fault") == fault).height for fault in faults}
    pages = told.pop("batch_upload_incomplete", 0)
    wanted = dict(faults)
    assert (
        3 * wanted.get("batch_upload_incomplete", 0)
        <= pages
        <= 5 * wanted.pop("batch_upload_incomplete", 0)
    )
    assert told == wanted
