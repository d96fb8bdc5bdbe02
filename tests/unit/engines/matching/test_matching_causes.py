"""Each cause of the truth table, and each class, on a small day: found, named, and nothing else accused."""

from datetime import date, timedelta

import pytest
from tests.unit.engines.matching.days import (
    MID,
    NOON,
    TID,
    around,
    charge,
    matched,
    order,
    sale,
    taken_back,
    undone,
    verdicts,
)

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.engines.matching.hypotheses.causes import CAUSES, TABLE

CODE = {"tid": "", "batch": "", "trace": ""}
TWIN = {"card": "622280*7777", "amount_minor": 8_800}
SOON = {"at": NOON + timedelta(minutes=53)}

# What the journal says of payment 5 (and 6), what the bill says, and what it must be found as.
DAYS = {
    "answer_and_reversal_lost": (
        [undone(5, "reversal_exhausted")], [charge(5)], "reversal_lost", "answer_and_reversal_lost"),
    "terminal_restarted": ([], [charge(5)], "charged_without_slip", "terminal_restarted"),
    "trace_gap": ([], [charge(5), taken_back(5)], "trace_gap", "terminal_restarted"),
    "printer_failed": ([sale(5, slip="failed")], [charge(5)], "charged_without_slip", "printer_failed"),
    "slip_unknown": ([sale(5, slip="unknown")], [charge(5)], "charged_without_slip", "printer_failed"),
    "answer_mac_wrong": (
        [undone(5, "reversal_exhausted", reversal_reason="A0")], [charge(5)], "reversal_lost", "answer_mac_wrong"),
    "reversal_overtook_sale": (
        [undone(5, reversal_answer="25")], [charge(5)], "reversal_lost", "reversal_overtook_sale"),
    "host_reversed_alone": (
        [sale(5)], [charge(5), taken_back(5)], "slip_without_charge", "host_reversed_alone"),
    "swiped_again": (
        [sale(5, slip="failed", **TWIN), sale(6, **(TWIN | SOON))], [charge(5, **TWIN), charge(6, **(TWIN | SOON))],
        "duplicate_charge", "swiped_again"),
    "swiped_again_after_reversal": (
        [undone(5, "reversal_exhausted", **TWIN), sale(6, **(TWIN | SOON))],
        [charge(5, **TWIN), charge(6, **(TWIN | SOON))], "duplicate_charge", "swiped_again"),
    "chip_refused": (
        [undone(5, "reversal_exhausted", reversal_reason="96")], [charge(5)], "reversal_lost", "chip_refused"),
    "batch_closed_first": (
        [undone(5, reversal_answer="95", reversed_at=NOON + timedelta(hours=11))], [charge(5)],
        "reversal_late", "batch_closed_first"),
    "reversal_settled_later": (
        [undone(5)], [charge(5), taken_back(5, settled_on=date(2026, 11, 19))], "reversal_late", "answer_late"),
    "code_charged_unqueried": (
        [sale(5, state="unknown", slip="none", **order(5))], [charge(5, tid="", batch="", trace="", **order(5))],
        "charged_without_slip", "code_charged_unqueried"),
    "code_revoke_lost": (
        [undone(5, **order(5, reversal_reason=""))], [charge(5, tid="", batch="", trace="", **order(5))],
        "reversal_lost", "code_revoke_lost"),
    "offline_not_uploaded": ([sale(5, rrn="")], [], "slip_without_charge", "offline_not_uploaded"),
    "wrong_terminal": (
        [sale(5)], [charge(5, tid="10000009", trace="000901")], "wrong_terminal", "credited_elsewhere"),
    "wrong_merchant": (
        [sale(5)], [charge(5, mid="898310154119999", tid="10000009", trace="000901")],
        "wrong_merchant", "credited_elsewhere"),
    "amount_keyed_differently": (
        [sale(5)], [charge(5, amount_minor=100_050)], "amount_differs", "amount_keyed_differently"),
    "refund_not_passed_on": (
        [sale(5, kind="refund")], [], "refund_not_returned", "refund_not_passed_on"),
    "refund_still_pending": (
        [sale(5, kind="refund")], [charge(5, kind="refund", state="pending")],
        "refund_not_returned", "refund_not_passed_on"),
    "refunded_elsewhere": ([], [charge(5, kind="refund")], "refund_without_slip", "refunded_elsewhere"),
    "fee_does_not_add_up": (
        [sale(5)], [charge(5, fee_minor=38, net_minor=9_000)], "fee_differs", "channel_sums_differ"),
    "not_cleared": (
        [sale(5)], [charge(5, state="host_only")], "slip_without_charge", "batch_upload_incomplete"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAYS)
def test_the_difference_is_found_and_named_and_nothing_else_is(name, tmp_path):
    mine, theirs, kind, cause = DAYS[name]
    journal, bill = around(5, 6) if len(mine) == 2 else around(5)
    found = verdicts(matched(tmp_path, journal + mine, bill + theirs))
    assert [(kind_, cause_) for kind_, cause_, _ in found] == [(kind, cause)]


def test_a_request_sent_twice_is_one_duplicate(tmp_path):
    journal, bill = around(5)
    same = {**TWIN, "cryptogram": "06184E0C7DDEDAA8"}
    found = matched(
        tmp_path,
        [*journal, sale(5, **same)],
        [*bill, charge(5, **same), charge(700, at=NOON + timedelta(minutes=51), **same)],
    )
    assert verdicts(found) == [("duplicate_charge", "request_sent_twice", "000700")]


def test_a_lost_page_of_the_batch_upload_is_told_from_single_losses(tmp_path):
    journal, bill = around()
    found = verdicts(
        matched(
            tmp_path,
            journal,
            [row for row in bill if row["trace"] not in {"000004", "000005", "000006"}],
        )
    )
    assert {(kind, cause) for kind, cause, _ in found} == {
        ("slip_without_charge", "batch_upload_incomplete")
    }
    assert len(found) == 3


HARMLESS = {
    "a clean day": ([sale(5)], [charge(5)]),
    "request lost": ([undone(5, reversal_answer="25")], []),
    "answer lost, reversal accepted": ([undone(5, reversal_answer="00")], [charge(5), taken_back(5)]),
    "reversal accepted, neither shown": ([undone(5, reversal_answer="00")], []),
    "answer late, reversal first": (
        [undone(5, reversal_answer="00")], [charge(5), taken_back(5, at=NOON + timedelta(minutes=49, seconds=50))]),
    "answer lost, the reversal written like a refund": (
        [undone(5, reversal_answer="00")], [charge(5), charge(5, line=99, kind="refund", rrn="932500000005")]),
    "declined": ([sale(5, state="declined", slip="none")], []),
    "preauthorised, not completed": ([sale(5, kind="preauth")], []),
    "missing on both sides": ([], []),
    "a void and its sale": (
        [sale(5, kind="void", original_trace="000004")], [charge(5, kind="void", original_trace="000004")]),
    "bought again with a slip": (
        [sale(5, **TWIN), sale(13, at=NOON + timedelta(minutes=52), **TWIN)],
        [charge(5, **TWIN), charge(13, at=NOON + timedelta(minutes=52), **TWIN)]),
    "a wallet's payment without a slip": (
        [sale(5, slip="none", **order(5))], [charge(5, tid="", batch="", trace="", **order(5))]),
    "a wallet's payment revoked": (
        [undone(5, **order(5))],
        [charge(5, tid="", batch="", trace="", **order(5)),
         charge(5, line=99, tid="", batch="", trace="", kind="reversal", state="revoked", **order(5))]),
    "another batch number at the host": ([sale(5)], [charge(5, batch="000018")]),
    "a bill without batch and reference": ([sale(5)], [charge(5, batch="", rrn="")]),
    "an offline payment without reference": ([sale(5, rrn="")], [charge(5, batch="")]),
    "clocks either side of midnight": (
        [sale(5, at=NOON + timedelta(hours=11, minutes=59, seconds=59))],
        [charge(5, batch="", rrn="", at=NOON + timedelta(hours=12, seconds=2), settled_on=None)]),
    "a fee of the channel": ([], [charge(5, kind="fee", trace="", rrn="", batch="", tid="")]),
    "a charge the host refused": ([sale(5, state="declined", slip="none")], [charge(5, state="failed")]),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_what_ends_well_is_no_difference(name, tmp_path):
    mine, theirs = HARMLESS[name]
    journal, bill = around(5)
    outcome = matched(tmp_path, journal + mine, bill + theirs)
    assert verdicts(outcome) == []
    assert outcome.agrees


@pytest.mark.parametrize(
    ("mine", "theirs"), [([sale(5)], []), ([], [charge(5)]), ([sale(5, kind="refund")], [])]
)
def test_one_side_alone_is_held_until_it_is_due(mine, theirs, tmp_path):
    journal, bill = around(5)
    early = matched(tmp_path / "early", journal + mine, bill + theirs, as_of=date(2026, 11, 18))
    late = matched(tmp_path / "late", journal + mine, bill + theirs, as_of=date(2026, 11, 19))
    assert [kind for kind, _, _ in verdicts(early)] == ["held"]
    assert early.differences["due_on"].to_list() == [date(2026, 11, 19)]
    assert "held" not in [kind for kind, _, _ in verdicts(late)]


def test_a_pending_reversal_is_held_until_it_is_due(tmp_path):
    journal, bill = around(5)
    day = ([*journal, undone(5, "reversal_pending")], [*bill, charge(5)])
    assert [
        kind for kind, _, _ in verdicts(matched(tmp_path / "e", *day, as_of=date(2026, 11, 18)))
    ] == ["held"]
    assert [kind for kind, _, _ in verdicts(matched(tmp_path / "l", *day))] == ["reversal_lost"]


def test_equal_candidates_are_shown_and_nobody_is_chosen(tmp_path):
    twins = [
        sale(
            number,
            trace="000555",
            batch=f"00002{number}",
            rrn="",
            card="",
            amount_minor=500,
            at=NOON,
        )
        for number in (5, 6)
    ]
    theirs = charge(5, trace="000555", batch="", rrn="", card="", amount_minor=500, at=NOON)
    journal, bill = around(5, 6)
    found = matched(tmp_path, journal + twins, [*bill, theirs]).differences
    assert found["class"].to_list() == ["ambiguous"] * 3
    assert "journal:6, journal:7" in found.filter(found["source_file"] == "bill")["sentence"].item()


def test_a_likely_pair_under_other_numbers_is_a_suggestion_only(tmp_path):
    journal, bill = around(5)
    theirs = charge(5, trace="000950", rrn="777700000001", at=NOON + timedelta(minutes=51))
    found = matched(tmp_path, [*journal, sale(5)], [*bill, theirs]).differences
    assert found.select("class", "source_file", "other_file").rows() == [
        ("ambiguous", "journal", "bill")
    ]


def test_the_same_number_in_two_batches_of_a_day_is_two_payments(tmp_path):
    journal, bill = around()
    later = {
        "at": NOON + timedelta(hours=6),
        "amount_minor": 10_005,
        "card": "622280*9999",
        "rrn": "",
    }
    plain = [row | {"batch": "", "rrn": ""} for row in bill]
    found = matched(
        tmp_path,
        [*journal, sale(5, line=50, batch="000018", **later)],
        [*plain, charge(5, line=50, batch="", **later)],
    )
    assert verdicts(found) == []


def test_a_wallet_of_the_same_number_and_amount_does_not_take_another_cards_charge(tmp_path):
    journal, bill = around(5)
    mine = sale(5, tid="10000009", trace="000333", batch="000044")
    wallet = sale(6, line=90, trace="000333", batch="000018", amount_minor=10_005, **order(6))
    theirs = charge(5, trace="000333", batch="000044", at=NOON - timedelta(hours=1))
    plain = charge(6, line=90, amount_minor=10_005, **CODE, **order(6))
    journal = [row for row in journal if row["trace"] != "000006"]
    bill = [row for row in bill if row["trace"] != "000006"]
    found = verdicts(matched(tmp_path, [*journal, mine, wallet], [*bill, theirs, plain]))
    assert found == [("wrong_terminal", "credited_elsewhere", "000333")]


def test_a_sentence_names_payment_amount_and_what_to_do(tmp_path):
    journal, bill = around(5)
    found = matched(
        tmp_path, [*journal, sale(5, slip="failed")], [*bill, charge(5)]
    ).differences.row(0, named=True)
    assert found["sentence"] == (
        "Payment 000005 of terminal 10000001 over CNY 100.05 was approved and charged, but its slip was not printed. "
        "Print it again; do not refund."
    )
    assert (found["mid"], found["tid"], found["source_line"], found["other_line"]) == (
        MID,
        TID,
        6,
        6,
    )


def test_the_other_causes_are_told_with_what_speaks_against_them(tmp_path):
    journal, bill = around(5)
    found = matched(tmp_path, journal, [*bill, charge(5)]).differences.row(0, named=True)
    assert (
        '{"cause": "printer_failed", "why_not": "The terminal\'s journal does not have the payment."}'
        in found["others"]
    )
    assert '"gap": true' in found["evidence"]


def test_without_evidence_the_best_cause_stands_with_less_confidence(tmp_path):
    journal, bill = around(5)
    sure = matched(tmp_path / "a", [*journal, undone(5, reversal_answer="25")], [*bill, charge(5)])
    bare = undone(5, reversal_reason="", reversal_answer="", reversed_at=None, batch_closed_at=None)
    unsure = matched(tmp_path / "b", [*journal, bare], [*bill, charge(5)])
    assert unsure.differences["class"].to_list() == ["reversal_lost"]
    assert unsure.differences["confidence"].item() < sure.differences["confidence"].item() == 1.0


def test_the_truth_table_has_its_18_rows_in_order():
    assert [cause.number for cause in TABLE] == list(range(1, 19))
    assert len({cause.code for cause in CAUSES}) == len(CAUSES)


def test_every_class_of_the_journal_leg_is_on_one_of_these_days():
    of_payouts = {"payout_missing", "payout_late", "payout_differs", "unknown_credit"}
    shown = {kind for _, _, kind, _ in DAYS.values()} | {"held", "ambiguous"}
    assert shown == set(DifferenceClass) - of_payouts
