"""The checks over any facts at all: each answers in both languages, and only a proven batch counts as settled."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.settlement.lifecycle import RunState, Verdict
from tillkeeper.settlement.stakes import at_stake_minor
from tillkeeper.settlement.troubles.answers import ANSWERS, LOOKS_AT, SYMPTOMS
from tillkeeper.settlement.troubles.facts import (
    Asked,
    Billed,
    Facts,
    LastRun,
    Papers,
    Payout,
    Seller,
    Standing,
    Stay,
    Taken,
    Total,
)
from tillkeeper.settlement.troubles.handing import About, fitting
from tillkeeper.settlement.troubles.judging import CHECKS, PROVING, Finding, findings, settled
from tillkeeper.settlement.troubles.wording import ELEMENT_LABELS, SYMPTOM_LABELS, advice, sentence
from tillkeeper.terminals.lifecycle import State

DAY = date(2026, 3, 2)
days = st.integers(-3, 20).map(lambda n: DAY + timedelta(days=n))
names = st.lists(st.sampled_from(("MF-1", "MF-2", "MF-3")), unique=True).map(tuple)
counts = st.integers(0, 999)
minor = st.integers(-(10**12), 10**12)
totals = st.dictionaries(
    st.sampled_from(("CNY", "HKD", "JPY")), st.builds(Total, counts, counts, counts, counts)
)
channels = st.lists(st.sampled_from(("card", "wechat")), unique=True)
papers = st.builds(Papers, names, names, names, counts)
asked = st.builds(
    Asked, st.just("898310154110001"), st.just("10000001"), st.sampled_from(("", "000001")),
    st.just(DAY), days,
)  # fmt: skip
stays = st.builds(
    Stay, st.just("P1"), st.sampled_from(State), days, st.booleans(),
    st.sampled_from(("898310154110001", "1")), days,
    st.lists(st.sampled_from(tuple(ELEMENT_LABELS)), unique=True).map(tuple), st.booleans(),
)  # fmt: skip
taken = st.builds(
    Taken, counts, totals, channels.map(tuple), st.just("000001"), st.just("000009"), counts,
    st.dictionaries(st.sampled_from(("unknown", "reversal_pending", "reversal_exhausted")), counts),
    st.none() | st.just(datetime(2026, 3, 2, 14, tzinfo=UTC)), st.sampled_from(("", "000002")),
    st.booleans(),
)  # fmt: skip
billed = st.builds(
    Billed, counts, totals, channels.map(frozenset), channels.map(frozenset),
    st.sampled_from(((), ("000002",))), st.integers(0, 2),
)  # fmt: skip
runs = st.builds(
    LastRun, st.just("MR-1"), st.sampled_from(RunState), names.map(frozenset), st.text(max_size=9)
)
cases = st.lists(
    st.builds(
        Standing, counts, st.sampled_from(DifferenceClass), st.booleans(), st.just("CNY"), minor
    ),
    max_size=3,
).map(tuple)
payouts = st.lists(
    st.builds(
        Payout, st.sampled_from(("card", "")), st.sampled_from(("", "PO-1")), st.just("CNY"), days,
        days, minor, minor, st.sampled_from(("", *DifferenceClass)), st.just("payout_short"),
        st.none() | minor, st.none() | days, st.just("MF-9"), st.none() | counts,
    ),
    max_size=3,
).map(tuple)  # fmt: skip
sellers = st.builds(Seller, st.just("1"), st.just("A"), st.sampled_from(("", "6*")))
facts = st.builds(
    Facts, asked, st.none() | stays, st.none() | sellers,
    papers, papers, papers, st.lists(st.tuples(days, days), max_size=2).map(tuple), taken, billed,
    st.none() | runs, cases, st.booleans(), payouts,
)  # fmt: skip


@given(facts)
def test_every_check_answers_in_both_languages_whatever_is_known(known):
    found = findings(known)
    assert [one.code for one in found] == [check.code for check in CHECKS]
    for one in found:
        told = {"answer": one.answer, **one.facts}
        for language in ("en", "zh-hans"):
            with translation.override(language):
                said, do = sentence(one.code, told), advice(one.code, told)
            assert said
            assert "%(" not in said + do
    again = findings(known)
    assert again == found


@given(facts)
def test_a_settled_batch_is_proven_on_every_side(known):
    found = findings(known)
    if settled(found):
        assert not known.cases
        assert known.taken.totals == known.billed.totals
        assert known.payouts
        assert all(one.difference in ("", DifferenceClass.PAYOUT_LATE) for one in known.payouts)


@given(facts)
def test_whatever_is_found_fits_a_case_whose_stake_can_be_told(known):
    told = {one.code: {"answer": one.answer, **one.facts} for one in findings(known)}
    fit = fitting(About("TB-1", "10000001", "000001"), told)
    row = {
        "class": fit.difference,
        "amount_minor": fit.amount_minor,
        "other_minor": fit.other_minor,
    }
    stake = at_stake_minor(row)
    assert fit.sentence
    assert fit.currency
    if fit.difference == DifferenceClass.PAYOUT_MISSING:
        assert stake == -fit.amount_minor
    if fit.difference == DifferenceClass.AMBIGUOUS:
        assert stake == 0


@pytest.mark.parametrize("code", [check.code for check in CHECKS])
@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.WAITING, Verdict.UNKNOWN])
def test_one_check_that_is_not_in_order_keeps_a_batch_from_being_settled(code, verdict):
    found = [
        Finding(check.code, "", verdict if check.code == code else Verdict.PASSED, {})
        for check in CHECKS
    ]
    allowed = verdict == Verdict.UNKNOWN and code not in PROVING
    assert settled(found) == allowed


def test_what_is_not_in_order_says_what_to_do():
    silent = {
        key for key, answer in ANSWERS.items()
        if answer.verdict in (Verdict.FAILED, Verdict.WAITING) and not answer.do
    }  # fmt: skip
    assert silent == set()


def test_symptoms_point_at_checks_that_there_are():
    assert set(SYMPTOMS) == set(SYMPTOM_LABELS)
    assert {code for codes in SYMPTOMS.values() for code in codes} <= set(LOOKS_AT)
