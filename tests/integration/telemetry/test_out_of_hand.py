"""Terminals that leave our custody: their keys and codes end with the step, and they enrol anew when they come back."""

from datetime import timedelta

import pytest
from tests.factories import TerminalFactory
from tests.integration.telemetry.speaking import Voice

from tillkeeper.kernel import outbox
from tillkeeper.kernel.outbox import deliver_due, owed
from tillkeeper.kernel.trail import trail
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.errors import EnrolmentRevoked, OutOfHand, TerminalUnknown
from tillkeeper.telemetry.handlers import silence
from tillkeeper.telemetry.models import ActivationCode, Enrolment
from tillkeeper.telemetry.queries.enrolments import (
    enrolment_in_force,
    enrolments_of,
    limits,
    revoked_with_live_tokens,
    waiting_code,
)
from tillkeeper.telemetry.services.enrolments import make_code
from tillkeeper.telemetry.services.proofs import enrol, issue_token
from tillkeeper.terminals.events import TerminalsOutOfHand
from tillkeeper.terminals.lifecycle import MOVES, OUT_OF_HAND, State, Step
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.steps import Order, take_step, take_steps

pytestmark = pytest.mark.django_db
SAID = Order(why="for the test", custodian="the vendor", approver="wen", evidence_sha256="0" * 64)
HOUR = timedelta(hours=1)
LEADING_OUT = sorted(
    (origin, step) for (origin, step), (target, _guards) in MOVES.items() if target in OUT_OF_HAND
)


@pytest.fixture
def terminal(branch):
    return _terminal(branch, State.QUARANTINE)


def _terminal(branch, state):
    return TerminalFactory(state=state, home=branch, organisation=branch, wiped=True)


def _enrolled(terminal, by, at):
    voice = Voice(terminal.serial)
    code = make_code(serial=terminal.serial, by=by, at=at).code
    granted = enrol(voice.enrol(code, at), limits=limits(at), source="10.1.1.1", at=at)
    voice.enrolment = str(granted.enrolment)
    return voice


def _take(step, terminal, *, by, at, commit):
    with commit(execute=True):
        take_step(serial=terminal.serial, step=step, order=SAID, by=by, at=at)


@pytest.mark.parametrize(("origin", "step"), LEADING_OUT)
def test_each_step_out_of_our_custody_ends_the_key_at_once(
    origin, step, administrator, branch, noon, django_capture_on_commit_callbacks
):
    terminal = TerminalFactory(state=origin, home=branch, wiped=True, last_actor="wen")
    if origin in OUT_OF_HAND:  # it lost its key on the way there
        key = Enrolment.objects.create(terminal=terminal, public_key="k", at=noon)
        key.token_until = noon + HOUR
        key.save()
    else:
        voice = _enrolled(terminal, administrator, noon)
    _take(step, terminal, by=administrator, at=noon, commit=django_capture_on_commit_callbacks)
    (row,) = enrolments_of(administrator, terminal.serial)
    assert revoked_with_live_tokens(at=noon) == {row.pk}
    assert (row.revoked_at, row.revoked_by) == (noon, "ada")
    assert row.why.startswith(f"{step} ")
    if origin not in OUT_OF_HAND:
        with pytest.raises(EnrolmentRevoked):
            issue_token(voice.ask(noon), limits=limits(noon), at=noon)
    told = [one.action for one in trail(scope=administrator.scope(Right.VIEW))]
    assert told[:2] == ["enrolment.end", f"terminal.{step}"]


@pytest.mark.parametrize("step", [Step.SEAL, Step.PROPOSE_SCRAP])
def test_a_step_that_leaves_it_with_us_ends_nothing(
    step, administrator, terminal, noon, django_capture_on_commit_callbacks
):
    _enrolled(terminal, administrator, noon)
    _take(step, terminal, by=administrator, at=noon, commit=django_capture_on_commit_callbacks)
    assert enrolment_in_force(administrator, terminal.serial)


def test_back_from_the_vendor_it_enrols_anew_by_a_fresh_code(
    administrator, terminal, noon, django_capture_on_commit_callbacks
):
    commit = django_capture_on_commit_callbacks
    old = _enrolled(terminal, administrator, noon)
    code = make_code(serial=terminal.serial, by=administrator, at=noon, replaces=True).code
    _take(Step.SEND_TO_REPAIR, terminal, by=administrator, at=noon, commit=commit)
    assert waiting_code(administrator, terminal.serial, at=noon) is None
    with pytest.raises(OutOfHand):
        make_code(serial=terminal.serial, by=administrator, at=noon)
    with pytest.raises(TerminalUnknown):
        enrol(Voice(terminal.serial).enrol(code, noon), limits=limits(noon), source="", at=noon)
    _take(Step.FINISH_REPAIR, terminal, by=administrator, at=noon + HOUR, commit=commit)
    with pytest.raises(EnrolmentRevoked):
        issue_token(old.ask(noon), limits=limits(noon), at=noon)
    new = _enrolled(terminal, administrator, noon + HOUR)
    assert enrolment_in_force(administrator, terminal.serial).pk == int(new.enrolment)


def test_many_at_once_lose_their_keys_and_their_codes(
    administrator, branch, noon, django_capture_on_commit_callbacks
):
    lost = [_terminal(branch, State.IN_STOCK) for _ in range(3)]
    stays = _terminal(branch, State.IN_STOCK)
    for one in (*lost, stays):
        _enrolled(one, administrator, noon)
        make_code(serial=one.serial, by=administrator, at=noon, replaces=True)
    with django_capture_on_commit_callbacks(execute=True):
        take_steps(
            selection=Selection(serials=tuple(one.serial for one in lost)),
            step=Step.REPORT_LOST, order=SAID, by=administrator, at=noon,
        )  # fmt: skip
    assert Enrolment.objects.get(revoked_at=None).terminal == stays
    waiting = ActivationCode.objects.filter(used_at=None, withdrawn_at=None)
    assert [code.terminal for code in waiting] == [stays]
    assert deliver_due(at=noon) == 0


def test_what_was_not_told_at_once_the_worker_tells(
    administrator, terminal, noon, monkeypatch, django_capture_on_commit_callbacks
):
    _enrolled(terminal, administrator, noon)

    def gone(*_: object) -> None:
        raise ConnectionError("the process was ended")

    monkeypatch.setattr(outbox, "_deliver", gone)
    commit = django_capture_on_commit_callbacks
    _take(Step.REPORT_LOST, terminal, by=administrator, at=noon, commit=commit)
    monkeypatch.undo()
    assert enrolment_in_force(administrator, terminal.serial)
    assert owed(at=noon) == (1, 0)
    assert deliver_due(at=noon) == 1
    assert enrolment_in_force(administrator, terminal.serial) is None


def test_told_late_it_leaves_the_key_alone_that_came_after(administrator, terminal, noon):
    _enrolled(terminal, administrator, noon + HOUR)
    told = TerminalsOutOfHand(
        step="send_to_repair", document="RM-1", by="ada", terminals=(terminal.pk,), at=noon
    )
    silence(told)
    assert enrolment_in_force(administrator, terminal.serial)
    assert not Enrolment.objects.exclude(revoked_at=None).exists()
