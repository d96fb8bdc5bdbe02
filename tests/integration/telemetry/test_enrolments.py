"""Who may speak: codes, keys, proofs, tokens, and what a second key means."""

from datetime import timedelta

import pytest
from tests.factories import TerminalFactory
from tests.integration.telemetry.speaking import Voice

from tillkeeper.formats.voice.spooled import SpooledDoubt
from tillkeeper.kernel.errors import FieldInvalid, NotAllowed, NotFound
from tillkeeper.kernel.trail import trail
from tillkeeper.parties.roles import Right, Role
from tillkeeper.telemetry.codes import ALPHABET, digest, new_code
from tillkeeper.telemetry.errors import (
    ClockStale,
    CodeRefused,
    EnrolmentRevoked,
    EnrolmentUnknown,
    KeyInForce,
    KeyTaken,
    KeyUnusable,
    NonceUsed,
    NotEnrolled,
    OutOfHand,
    ProofRefused,
    TerminalUnknown,
    TwoKeys,
)
from tillkeeper.telemetry.models import ActivationCode, Doubt, Enrolment, Live
from tillkeeper.telemetry.queries.doubts import doubts_of, open_doubts
from tillkeeper.telemetry.queries.enrolments import (
    enrolment_in_force,
    enrolments_of,
    limits,
    revoked_with_live_tokens,
    waiting_code,
)
from tillkeeper.telemetry.services.doubts import dismiss_doubt, note_doubts
from tillkeeper.telemetry.services.enrolments import make_code, revoke, withdraw_code
from tillkeeper.telemetry.services.proofs import (
    enrol,
    forget_nonces,
    issue_token,
    issue_tokens,
    mint,
)
from tillkeeper.terminals.lifecycle import OUT_OF_HAND, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def terminal(branch):
    return TerminalFactory(state=State.IN_STOCK, organisation=branch)


@pytest.fixture
def voice(terminal):
    return Voice(terminal.serial)


@pytest.fixture
def speak(manager, noon, voice):
    """Return a function that enrols the terminal."""

    def go(who=voice, at=noon, **facts):
        code = make_code(serial=who.serial, by=manager, at=at, **facts).code
        granted = enrol(who.enrol(code, at), limits=limits(at), source="10.1.1.1", at=at)
        who.enrolment = str(granted.enrolment)
        return granted

    return go


def _enrol(message, at):
    return enrol(message, limits=limits(at), source="10.1.1.1", at=at)


def test_a_code_and_a_key_give_a_token_that_says_who_speaks(speak, terminal, manager, noon):
    granted = speak()
    bearer = mint().bearer(granted.token.encode())
    assert (bearer.terminal, bearer.serial) == (terminal.pk, terminal.serial)
    assert (bearer.enrolment, bearer.until) == (granted.enrolment, int(noon.timestamp()) + 3600)
    assert enrolment_in_force(manager, terminal.serial).agent == "test 1"
    assert waiting_code(manager, terminal.serial, at=noon) is None
    told = [one.action for one in trail(scope=manager.scope(Right.VIEW))]
    assert told == ["enrolment.open", "activation.make"]


def test_only_the_digest_of_a_code_is_kept_and_it_may_be_typed_as_people_type(
    manager, terminal, voice, noon
):
    made = make_code(serial=terminal.serial, by=manager, at=noon)
    row = waiting_code(manager, terminal.serial, at=noon)
    assert made.code not in str(ActivationCode.objects.values().get())
    assert made.code in made.qr("https://pos.example")
    assert row.expires_at == made.expires_at == noon + timedelta(days=14)
    typed = f" {made.code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
    assert _enrol(voice.enrol(typed, noon), noon).expires_s == 3600


def test_codes_are_typeable_and_none_comes_twice():
    codes = {new_code() for _ in range(2_000)}
    assert len(codes) == 2_000
    assert {len(code) for code in codes} == {11}
    assert set("".join(codes)) <= {*ALPHABET, "-"}
    assert digest("7k2m9qxd4t", "key") == digest("7K2M9-QXD4T", "key") != digest("7K2M9-QXD4T", "k")


@pytest.mark.parametrize("why", ["unknown", "used", "withdrawn", "expired"])
def test_a_code_that_opens_nothing_says_why(why, manager, terminal, voice, speak, noon):
    made = make_code(serial=terminal.serial, by=manager, at=noon)
    code, at = made.code, noon
    if why == "unknown":
        code = new_code()
    elif why == "used":
        _enrol(voice.enrol(code, noon), noon)
        voice = Voice(terminal.serial)
    elif why == "withdrawn":
        assert withdraw_code(serial=terminal.serial, by=manager, at=noon) == 1
    else:
        at = made.expires_at
    with pytest.raises(CodeRefused) as refused:
        _enrol(voice.enrol(code, at), at)
    assert refused.value.why == why


def test_a_code_is_good_for_its_own_terminal_only(manager, terminal, noon):
    code = make_code(serial=terminal.serial, by=manager, at=noon).code
    other = TerminalFactory(state=State.IN_STOCK, organisation=terminal.organisation)
    with pytest.raises(CodeRefused):
        _enrol(Voice(other.serial).enrol(code, noon), noon)
    with pytest.raises(TerminalUnknown):
        _enrol(Voice("NOSUCH1").enrol(code, noon), noon)


def test_what_is_not_signed_by_the_key_enrols_nobody(manager, terminal, voice, noon):
    code = make_code(serial=terminal.serial, by=manager, at=noon).code
    for wrong in ("", "AAAA", Voice(terminal.serial).enrol(code, noon).proof):
        with pytest.raises(ProofRefused):
            _enrol(voice.enrol(code, noon, proof=wrong), noon)
    for key in ("", "AAAA", "A" * 43 + "B" * 4):
        with pytest.raises((KeyUnusable, ProofRefused)):
            _enrol(voice.enrol(code, noon, public_key=key), noon)
    assert not Enrolment.objects.exists()
    assert _enrol(voice.enrol(code, noon), noon)


@pytest.mark.parametrize("off_s", [-301, 301, 10**8])
def test_a_proof_of_another_time_is_refused(off_s, manager, terminal, voice, noon):
    code = make_code(serial=terminal.serial, by=manager, at=noon).code
    stale = voice.enrol(code, noon + timedelta(seconds=off_s))
    with pytest.raises(ClockStale) as refused:
        _enrol(stale, noon)
    assert refused.value.off_s == abs(off_s)


def test_a_lost_answer_is_asked_for_again_but_not_by_a_listener(manager, terminal, voice, noon):
    code = make_code(serial=terminal.serial, by=manager, at=noon).code
    first = voice.enrol(code, noon)
    granted = _enrol(first, noon)
    assert _enrol(voice.enrol(code, noon), noon).enrolment == granted.enrolment
    with pytest.raises(NonceUsed):
        _enrol(first, noon)
    assert Enrolment.objects.count() == 1


def test_a_second_key_is_refused_and_is_a_doubt(speak, manager, terminal, noon):
    speak()
    Live.objects.create(terminal=terminal, state="online", since=noon, heard_at=noon, interval_s=9)
    with pytest.raises(KeyInForce):
        make_code(serial=terminal.serial, by=manager, at=noon)
    ActivationCode.objects.update(used_at=None)  # the code was copied before it was used
    code = new_code()
    ActivationCode.objects.update(digest=digest(code, "only for tests"))
    twin = Voice(terminal.serial)
    for times in (1, 2):
        with pytest.raises(TwoKeys):
            _enrol(twin.enrol(code, noon), noon)
        (doubt,) = open_doubts(manager)
        assert (doubt.code, doubt.times, doubt.terminal.serial) == (
            "two_keys",
            times,
            terminal.serial,
        )
    assert Live.objects.get().tamper_risk
    assert enrolments_of(manager, terminal.serial).count() == 1


def test_a_code_made_to_replace_ends_the_old_key_without_a_doubt(speak, manager, terminal, noon):
    first = speak()
    new = Voice(terminal.serial)
    second = speak(new, replaces=True)
    assert (second.enrolment > first.enrolment, Doubt.objects.exists()) == (True, False)
    assert revoked_with_live_tokens(at=noon) == {first.enrolment}
    assert [row.revoked_at for row in enrolments_of(manager, terminal.serial)] == [None, noon]
    assert issue_token(new.ask(noon), limits=limits(noon), at=noon).enrolment == second.enrolment


def test_after_revoking_a_new_key_enrols_and_the_old_one_never(speak, manager, voice, noon):
    first = speak()
    revoke(serial=voice.serial, why="stolen", by=manager, at=noon)
    assert revoked_with_live_tokens(at=noon) == {first.enrolment}
    assert revoked_with_live_tokens(at=noon + timedelta(hours=2)) == frozenset()
    with pytest.raises(EnrolmentRevoked):
        issue_token(voice.ask(noon), limits=limits(noon), at=noon)
    with pytest.raises(KeyTaken):
        speak()
    assert speak(Voice(voice.serial)).enrolment > first.enrolment
    assert not Doubt.objects.exists()


def test_a_terminal_out_of_our_custody_gets_no_code(manager, branch, noon):
    for state in OUT_OF_HAND:
        gone = TerminalFactory(state=state, organisation=branch)
        with pytest.raises(OutOfHand) as refused:
            make_code(serial=gone.serial, by=manager, at=noon)
        assert refused.value.facts() == {"serial": gone.serial, "state": state}


def test_a_token_is_asked_for_with_a_proof_that_is_good_once(speak, voice, noon):
    granted = speak()
    later = noon + timedelta(minutes=50)
    asked = voice.ask(later)
    token = issue_token(asked, limits=limits(noon), at=later)
    assert mint().bearer(token.token.encode()).until == int(later.timestamp()) + 3600
    assert token.enrolment == granted.enrolment
    with pytest.raises(NonceUsed):
        issue_token(asked, limits=limits(noon), at=later)


def test_tokens_for_many_are_judged_one_by_one(speak, voice, noon, django_assert_max_num_queries):
    speak()
    stranger = Voice(voice.serial, enrolment=voice.enrolment)
    twice = voice.ask(noon)
    asked = [
        voice.ask(noon),
        stranger.ask(noon),
        voice.ask(noon, enrolment="999"),
        voice.ask(noon, enrolment="no number"),
        voice.ask(noon, serial="OTHER"),
        voice.ask(noon - timedelta(hours=1)),
        twice,
        twice,
        voice.ask(noon),
    ]
    held = limits(noon)
    with django_assert_max_num_queries(5):
        answers = issue_tokens(asked, limits=held, at=noon)
    kinds = [type(answer).__name__ for answer in answers]
    assert kinds == [
        "Granted",
        "ProofRefused",
        "EnrolmentUnknown",
        "EnrolmentUnknown",
        "EnrolmentUnknown",
        "ClockStale",
        "Granted",
        "NonceUsed",
        "Granted",
    ]
    assert EnrolmentUnknown.code == "telemetry.enrolment_unknown"


def test_nonces_are_forgotten_when_no_proof_can_carry_them_any_more(speak, noon):
    speak()
    held = limits(noon)
    assert forget_nonces(limits=held, at=noon + timedelta(minutes=10)) == 0
    assert forget_nonces(limits=held, at=noon + timedelta(minutes=20)) == 1


def test_codes_and_revoking_are_for_those_who_may_where_they_may(
    hire, branch, neighbour, terminal, noon
):
    stranger = hire(Role.ESTATE_MANAGER, neighbour)
    clerk = hire(Role.DISPATCHER, branch)
    for call in (make_code, withdraw_code):
        with pytest.raises(NotFound):
            call(serial=terminal.serial, by=stranger, at=noon)
        with pytest.raises(NotAllowed):
            call(serial=terminal.serial, by=clerk, at=noon)
    with pytest.raises(NotFound):
        revoke(serial=terminal.serial, why="x", by=stranger, at=noon)
    with pytest.raises(NotAllowed):
        revoke(serial=terminal.serial, why="x", by=clerk, at=noon)
    with pytest.raises(NotFound):
        enrolments_of(stranger, terminal.serial)
    with pytest.raises(NotFound):
        doubts_of(stranger, terminal.serial)


def test_revoking_wants_a_reason_and_an_enrolment(manager, terminal, noon):
    with pytest.raises(FieldInvalid):
        revoke(serial=terminal.serial, why=" ", by=manager, at=noon)
    with pytest.raises(NotEnrolled):
        revoke(serial=terminal.serial, why="stolen", by=manager, at=noon)


def test_a_doubt_is_one_row_until_it_is_judged_and_then_the_risk_is_gone(
    manager, neighbour, hire, terminal, noon
):
    Live.objects.create(terminal=terminal, state="online", since=noon, heard_at=noon, interval_s=9)
    seen = [
        SpooledDoubt(terminal.pk, 5, 0, "counter_backwards", 3, 9),
        SpooledDoubt(terminal.pk, 5, 0, "counter_backwards", 4, 9),
        SpooledDoubt(terminal.pk, 5, 0, "two_places", 1, 2),
        SpooledDoubt(10**9, 5, 0, "counter_backwards", 1, 2),  # no longer in the ledger
    ]
    note_doubts(seen, at=noon)
    note_doubts(seen[:1], at=noon + timedelta(hours=1))
    backwards, places = sorted(open_doubts(manager), key=lambda row: row.code)
    assert (backwards.times, backwards.first_at, backwards.facts["seen"]) == (3, noon, 3)
    assert open_doubts(hire(Role.ESTATE_MANAGER, neighbour)).count() == 0
    dismiss_doubt(serial=terminal.serial, doubt=backwards.pk, why="repaired", by=manager, at=noon)
    assert Live.objects.get().tamper_risk
    dismiss_doubt(serial=terminal.serial, doubt=places.pk, why="repaired", by=manager, at=noon)
    assert not Live.objects.get().tamper_risk
    with pytest.raises(NotFound):
        dismiss_doubt(serial=terminal.serial, doubt=places.pk, why="again", by=manager, at=noon)
    note_doubts(seen[:1], at=noon)
    assert (doubts_of(manager, terminal.serial).count(), open_doubts(manager).count()) == (3, 1)
