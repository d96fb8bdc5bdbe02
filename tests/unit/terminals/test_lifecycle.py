"""The table of moves, taken by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.terminals.lifecycle import (
    AT_A_SITE,
    BOUND,
    EVIDENCE,
    FINAL,
    MOVES,
    ONE_BY_ONE,
    PASSES,
    RESETS,
    STEPS,
    Facts,
    Guard,
    State,
    Step,
    allowed,
    failed_guards,
    origins,
    prospects,
)
from tillkeeper.terminals.wording import (
    EVIDENCE_LABELS,
    GUARD_SENTENCES,
    HOLDER_LABELS,
    STATE_LABELS,
    STEP_LABELS,
)

booleans = {name: st.booleans() for name in Facts.__dataclass_fields__ if "actor" not in name}
facts = st.builds(
    Facts, **booleans, actor=st.just("ada"), last_actor=st.sampled_from(["ada", "bo"])
)


def test_every_state_can_be_reached_from_an_order():
    reached, waiting = {State.ORDERED}, [State.ORDERED]
    while waiting:
        here = waiting.pop()
        onward = {target for (origin, _), (target, _) in MOVES.items() if origin is here} - reached
        reached |= onward
        waiting += onward
    assert reached == set(State)


def test_only_the_final_states_have_no_way_on():
    assert {state for state in State if not allowed(state)} == FINAL


def test_every_step_is_used_and_described():
    taken = {step for _, step in MOVES}
    assert taken | {Step.OPEN} == set(Step) == set(STEPS) == set(STEP_LABELS)


def test_every_state_guard_and_proof_has_words():
    assert set(STATE_LABELS) == set(State)
    assert set(GUARD_SENTENCES) == set(Guard) == set(PASSES)
    assert set(EVIDENCE_LABELS) == set(EVIDENCE)
    assert {rule.holder for rule in STEPS.values()} - {None} <= set(HOLDER_LABELS)


def test_a_terminal_gets_among_the_bound_only_by_a_step_with_elements():
    entering = {
        step
        for (origin, step), (target, _) in MOVES.items()
        if target in BOUND and origin not in BOUND
    }
    assert entering == {Step.ACTIVATE}
    assert Step.ACTIVATE in ONE_BY_ONE


def test_a_terminal_gets_to_a_site_only_by_installation():
    entering = {
        step
        for (origin, step), (target, _) in MOVES.items()
        if target in AT_A_SITE and origin not in AT_A_SITE
    }
    assert entering == {Step.INSTALL}


@given(facts)
def test_nothing_tampered_ever_goes_into_service(case):
    for (state, step), (target, _) in MOVES.items():
        if target is State.ACTIVE and case.tampered:
            assert Guard.UNTAMPERED in failed_guards(state, step, case)


@given(facts)
def test_nothing_leaves_for_good_with_its_keys_inside(case):
    leaving = [
        (s, t) for (s, t), (target, _) in MOVES.items() if target in (State.SCRAPPED, State.REPAIR)
    ]
    for state, step in leaving:
        if not case.wiped and step is not Step.WRITE_OFF:  # what is lost cannot be wiped any more
            assert Guard.WIPED in failed_guards(state, step, case)


@given(facts)
def test_whoever_proposed_the_scrap_cannot_approve_it(case):
    refused = Guard.SECOND_PERSON in failed_guards(State.SCRAP_PENDING, Step.SCRAP, case)
    assert refused == (case.actor == case.last_actor)


@given(st.sampled_from(State), facts)
def test_the_prospects_name_every_step_once(state, case):
    seen = prospects(state, case)
    assert sorted(p.step for p in seen) == sorted(set(Step) - {Step.OPEN})
    assert [p.step for p in seen if not p.wrong_state] == list(allowed(state))
    assert all(bool(p.failed) != p.open for p in seen if not p.wrong_state)


@given(st.sampled_from(Step))
def test_origins_and_allowed_tell_the_same(step):
    assert set(origins(step)) == {state for state in State if step in allowed(state)}


@pytest.mark.parametrize("step", RESETS)
def test_a_step_makes_only_known_facts_untrue(step):
    assert set(RESETS[step]) <= set(Facts.__dataclass_fields__)
