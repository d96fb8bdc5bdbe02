"""The demonstration estate, small: what is asked for is there, it is true, and a broken load leaves nothing."""

import csv
from datetime import UTC, datetime

import pytest
from django.contrib.auth import authenticate
from django.db import transaction
from django.test import RequestFactory, override_settings

from tillkeeper.cli.demonstration import load_demonstration, summary
from tillkeeper.cli.demonstration.bringing_in import folder
from tillkeeper.cli.demonstration.people import POSTS
from tillkeeper.cli.summary import print_invitation, print_summary
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import verify_chains
from tillkeeper.parties.queries import merchants, organisations, people, sites
from tillkeeper.parties.roles import Right, Role
from tillkeeper.settlement.queries.hand_matches import hand_matches
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import terminals
from tillkeeper.terminals.selection import Filters

SCALE = 0.02
END = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
EVERYTHING = Actor.system("test").scope(Right.VIEW)


class Enough(Exception):
    """Seen enough of a load."""


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    """Keep what loads write apart from other tests."""
    with override_settings(TILLKEEPER_VAR=tmp_path_factory.mktemp("var")):
        yield


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def made(var, told, django_db_setup, django_db_blocker):
    """Load once for all tests that only look."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load_demonstration(lambda stage, share: told.append(share), scale=SCALE, at=END)
        transaction.set_rollback(True)


def fingerprint():
    rows = terminals(EVERYTHING).values_list(
        "serial", "state", "state_since", "home__code", "site__code", "holder", "binding__tid"
    )
    return list(rows), list(merchants().order_by("number").values_list("number", "name", "uscc"))


def estate_halfway(seed):
    """Load until half of the story is told, and return what there was; nothing of it is kept."""
    seen = []

    def look(stage, share):
        if share > 0.6:
            seen.append(fingerprint())
            raise Enough

    with pytest.raises(Enough):
        load_demonstration(look, scale=0.01, seed=seed, at=END)
    assert not organisations().exists()
    return seen[0]


def test_a_small_estate_has_what_was_asked_for_and_all_in_it_is_true(made, told):
    assert sum(count for _, count in made.states) == 10_000 * SCALE
    assert (merchants().count(), sites().count()) == (3_000 * SCALE, 5_000 * SCALE)
    assert {node.kind for node in organisations()} == {
        "head_office",
        "branch",
        "agent",
        "merchant",
        "store",
    }
    assert told == sorted(told)
    assert all(verdict.broken is None and verdict.entries for verdict in verify_chains())
    present = set(terminals(EVERYTHING).values_list("state", flat=True))
    assert present >= {
        State.ACTIVE,
        State.IN_STOCK,
        State.SUSPENDED,
        State.SCRAPPED,
        State.EVIDENCE,
    }
    assert not terminals(EVERYTHING).filter(state_since__gt=END).exists()


def test_a_payout_is_matched_by_hand_and_confirmed_by_another(made):
    match = hand_matches(Actor.system("test").scope(Right.MONEY_VIEW)).get()
    assert (match.state, match.proposed_by, match.settled_by) == ("confirmed", "clerk", "approver")
    assert match.decisions.count() == 2


def test_the_imports_say_what_was_refused_and_why(made):
    assert sum(run.refused for run in made.brought) > 20
    assert sum(run.new for run in made.brought) > 10_000 * SCALE * 0.8
    assert any(run.changed and run.same for run in made.brought)
    reasons = " ".join(str(why) for why, _ in made.refused)
    for telling in ("Excel has cut", "card's number", "not a date", "credit code", "not a state"):
        assert telling in reasons
    assert "4111 1111 1111 1111" not in reasons


def test_the_summary_can_be_asked_for_again_and_printed(made, capsys):
    assert summary() == made
    print_summary(made)
    print_invitation(made, "http://localhost:8000")
    said = capsys.readouterr().out
    assert "Demonstration estate" in said
    assert "demo-till-" in said


def test_there_is_one_account_for_each_role_and_each_can_sign_in(made):
    assert {post.role for post in POSTS} == set(Role)
    assert people(Actor.system("test").scope(Right.PEOPLE)).count() == len(Role)
    assert len(made.accounts) == len(Role)
    request = RequestFactory().post("/")
    for account in made.accounts:
        assert authenticate(request, username=account.username, password=account.password), account


def test_an_account_of_a_province_sees_that_province_only(made):
    node = organisations().get(code="B44")
    there = terminals(EVERYTHING, Filters(organisation="B44"))
    assert 0 < there.count() < 10_000 * SCALE
    assert all(terminal.path.startswith(node.path) for terminal in there)


def test_the_ledgers_lie_in_the_encodings_that_branches_use(made):
    kinds = {path.suffix for path in folder().iterdir()}
    assert kinds == {".csv", ".xlsx"}
    with (folder() / "东北终端明细.csv").open(encoding="gb18030", newline="") as file:
        assert next(csv.reader(file))[0] == "设备序列号"
    assert (folder() / "华北机具台账.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.django_db
def test_a_load_that_is_broken_off_leaves_nothing_and_the_same_seed_gives_the_same_estate(var):
    first = estate_halfway(1)
    assert estate_halfway(1) == first
    assert estate_halfway(2) != first
