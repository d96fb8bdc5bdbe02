"""`tillkeeper enrolment`: codes made and withdrawn, keys shown and ended, doubts listed and settled."""

import json

import pytest
from django.utils.timezone import now
from tests.factories import TerminalFactory
from tests.integration.telemetry.speaking import Voice

from tillkeeper.formats.voice.spooled import SpooledDoubt
from tillkeeper.kernel.policy_defaults import seed_policies
from tillkeeper.telemetry.models import Doubt
from tillkeeper.telemetry.queries.enrolments import limits
from tillkeeper.telemetry.services.doubts import note_doubts
from tillkeeper.telemetry.services.proofs import enrol
from tillkeeper.terminals.lifecycle import State

pytestmark = pytest.mark.django_db
SERIAL = "P800000001"


@pytest.fixture
def terminal(branch):
    return TerminalFactory(home=branch, serial=SERIAL)


@pytest.fixture
def enrolled(tillkeeper, terminal):
    """A function that enrols the terminal with a code made at the command line."""
    seed_policies()

    def go(*options):
        at = now()
        made = json.loads(tillkeeper("enrolment", "code", SERIAL, *options, "--json").stdout)
        message = Voice(SERIAL).enrol(made["code"], at)
        return enrol(message, limits=limits(at), source="10.1.1.1", at=at).enrolment

    return go


@pytest.fixture
def doubt(terminal, noon):
    note_doubts([SpooledDoubt(terminal.pk, 1, 0, "two_keys", 2, 1)] * 2, at=noon)
    return Doubt.objects.get()


def _said(result):
    return result.exit_code, json.loads(result.stdout)


def test_a_code_is_shown_once_with_how_long_it_is_good(tillkeeper, terminal):
    told = tillkeeper("enrolment", "code", SERIAL)
    assert told.exit_code == 0
    code = told.stdout.splitlines()[0]
    assert len(code) == 11
    assert f"TILLKEEPER-ENROL-1\n{SERIAL}\n{code}" in told.stdout
    shown = tillkeeper("enrolment", "show", SERIAL)
    assert (shown.exit_code, "A code waits, good until" in shown.stdout) == (1, True)
    assert code not in shown.stdout
    assert json.loads(tillkeeper("enrolment", "show", SERIAL, "--json").stdout)["code_until"]


def test_a_code_is_withdrawn_and_only_one_that_waits(tillkeeper, terminal):
    tillkeeper("enrolment", "code", SERIAL)
    told = tillkeeper("enrolment", "withdraw", SERIAL)
    assert (told.exit_code, told.stdout.strip()) == (0, "The code opens nothing any more.")
    again = tillkeeper("enrolment", "withdraw", SERIAL)
    assert (again.exit_code, again.stdout) == (1, "")
    assert "No code waits" in again.stderr


def test_a_terminal_with_a_key_gets_a_code_only_to_replace_it(tillkeeper, enrolled):
    first = enrolled()
    refused = tillkeeper("enrolment", "code", SERIAL, "--json")
    assert _said(refused)[0] == 1
    assert json.loads(refused.stdout)["code"] == "telemetry.key_in_force"
    assert "is enrolled already" in tillkeeper("enrolment", "code", SERIAL).stderr
    second = enrolled("--replaces")
    code, told = _said(tillkeeper("enrolment", "show", SERIAL, "--json"))
    assert (code, [row["id"] for row in told["enrolments"]]) == (0, [second, first])
    assert [bool(row["revoked_at"]) for row in told["enrolments"]] == [False, True]
    shown = tillkeeper("enrolment", "show", SERIAL).stdout
    assert "replaced by a new key" in " ".join(shown.split())


def test_a_key_is_revoked_with_a_reason_and_once(tillkeeper, enrolled):
    number = enrolled()
    assert tillkeeper("enrolment", "revoke", SERIAL).exit_code == 2
    assert tillkeeper("enrolment", "revoke", SERIAL, "--why", " ").exit_code == 2
    told = tillkeeper("enrolment", "revoke", SERIAL, "--why", "stolen")
    assert told.exit_code == 0
    assert f"enrolment {number} is revoked" in told.stdout
    again = tillkeeper("enrolment", "revoke", SERIAL, "--why", "stolen")
    assert again.exit_code == 1
    assert SERIAL in again.stderr
    assert tillkeeper("enrolment", "show", SERIAL).exit_code == 1


def test_a_terminal_out_of_our_custody_gets_no_code_and_is_told_why(tillkeeper, branch):
    TerminalFactory(home=branch, serial="P800000009", state=State.REPAIR)
    code, told = _said(tillkeeper("enrolment", "code", "P800000009", "--json"))
    assert (code, told["code"]) == (1, "telemetry.out_of_hand")
    told = " ".join(tillkeeper("enrolment", "code", "P800000009").stderr.split())
    assert "Terminal P800000009 is “repair”: no code is made for it there." in told


@pytest.mark.parametrize(
    "asked",
    [("code",), ("withdraw",), ("show",), ("revoke", "--why", "x"), ("doubts",), ("dismiss", "7", "--why", "x")],
    ids=lambda asked: asked[0],
)  # fmt: skip
def test_one_that_is_not_in_the_ledger_is_refused(asked, tillkeeper, branch):
    verb, *more = asked
    told = tillkeeper("enrolment", verb, "NOSUCH1", *more)
    assert (told.exit_code, told.stdout) == (1, "")
    assert "NOSUCH1" in told.stderr


def test_doubts_are_listed_of_one_and_of_all_and_end_with_1_while_one_is_open(
    tillkeeper, terminal, branch, doubt
):
    other = TerminalFactory(home=branch, serial="P800000002")
    for asked in ((), (SERIAL,)):
        code, (row,) = _said(tillkeeper("enrolment", "doubts", *asked, "--json"))
        assert (code, row["serial"], row["code"], row["times"]) == (1, SERIAL, "two_keys", 2)
        assert "two_keys" in tillkeeper("enrolment", "doubts", *asked).stdout
    assert _said(tillkeeper("enrolment", "doubts", other.serial, "--json")) == (0, [])


def test_a_doubt_is_settled_with_a_reason_and_of_its_own_terminal_only(
    tillkeeper, branch, terminal, doubt
):
    other = TerminalFactory(home=branch, serial="P800000002")
    for serial, why, code in ((other.serial, "seen", 1), (SERIAL, " ", 2)):
        told = tillkeeper("enrolment", "dismiss", serial, doubt.pk, "--why", why)
        assert told.exit_code == code
    told = tillkeeper("enrolment", "dismiss", SERIAL, doubt.pk, "--why", "seen in the shop")
    assert (told.exit_code, told.stdout.strip()) == (
        0,
        f"Doubt {doubt.pk} about {SERIAL} is settled.",
    )
    code, (row,) = _said(tillkeeper("enrolment", "doubts", SERIAL, "--json"))
    assert (code, row["why"]) == (0, "seen in the shop")
    assert _said(tillkeeper("enrolment", "doubts", "--json")) == (0, [])
