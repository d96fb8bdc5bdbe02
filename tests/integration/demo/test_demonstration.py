"""The demonstration estate, small: what is asked for is there, it is true, and a broken load leaves nothing."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory

from tillkeeper.cli.demonstration import load_demonstration, summary
from tillkeeper.cli.demonstration.bringing_in import folder
from tillkeeper.cli.demonstration.people import POSTS
from tillkeeper.cli.summary import print_invitation, print_summary
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import verify_chains
from tillkeeper.parties.queries import merchants, organisations, people, sites
from tillkeeper.parties.roles import Right, Role
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import terminals
from tillkeeper.terminals.selection import Filters

SCALE = 0.02
END = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
EVERYTHING = Actor.system("test").scope(Right.VIEW)


@pytest.fixture(autouse=True)
def var(settings, tmp_path) -> Path:
    """Keep what the load writes apart from other tests."""
    settings.TILLKEEPER_VAR = tmp_path
    return tmp_path


def load(**how):
    told = []
    made = load_demonstration(lambda stage, share: told.append(share), **{"scale": SCALE, "at": END} | how)
    return made, told


def fingerprint():
    rows = terminals(EVERYTHING).values_list(
        "serial", "state", "state_since", "home__code", "site__code", "holder", "binding__tid"
    )
    return list(rows), list(merchants().order_by("number").values_list("number", "name", "uscc"))


@pytest.mark.django_db
def test_a_small_estate_has_what_was_asked_for_and_every_thing_in_it_is_true():
    made, told = load()
    assert dict(made.states) and sum(count for _, count in made.states) == 10_000 * SCALE
    assert (merchants().count(), sites().count()) == (3_000 * SCALE, 5_000 * SCALE)
    assert {node.kind for node in organisations()} == {"head_office", "branch", "agent", "merchant", "store"}
    assert told == sorted(told)
    assert all(verdict.broken is None and verdict.entries for verdict in verify_chains())
    present = set(terminals(EVERYTHING).values_list("state", flat=True))
    assert present >= {State.ACTIVE, State.IN_STOCK, State.SUSPENDED, State.SCRAPPED, State.EVIDENCE}
    assert not terminals(EVERYTHING).filter(state_since__gt=END).exists()


@pytest.mark.django_db
def test_the_imports_say_what_was_refused_and_why():
    made, _ = load()
    assert sum(run.refused for run in made.brought) > 20
    assert sum(run.new for run in made.brought) > 10_000 * SCALE * 0.8
    assert any(run.changed and run.same for run in made.brought)
    reasons = " ".join(str(why) for why, _ in made.refused)
    for telling in ("Excel has cut", "card's number", "not a date", "credit code", "not a state"):
        assert telling in reasons
    assert "4111 1111 1111 1111" not in reasons


@pytest.mark.django_db
def test_the_summary_can_be_asked_for_again_and_printed(capsys):
    made, _ = load()
    assert summary() == made
    print_summary(made)
    print_invitation(made, "http://localhost:8000")
    said = capsys.readouterr().out
    assert "made-up data" in said
    assert "demo-till-" in said


@pytest.mark.django_db
def test_there_is_one_account_for_each_role_and_each_can_sign_in():
    made, _ = load()
    assert {post.role for post in POSTS} == set(Role)
    assert people(Actor.system("test").scope(Right.PEOPLE)).count() == len(Role)
    assert len(made.accounts) == len(Role)
    request = RequestFactory().post("/")
    for account in made.accounts:
        assert authenticate(request, username=account.username, password=account.password), account


@pytest.mark.django_db
def test_an_account_of_a_province_sees_that_province_only():
    load()
    node = organisations().get(code="B44")
    there = terminals(EVERYTHING, Filters(organisation="B44"))
    assert 0 < there.count() < 10_000 * SCALE
    assert all(terminal.path.startswith(node.path) for terminal in there)


@pytest.mark.django_db
def test_the_ledgers_lie_in_the_encodings_that_branches_use():
    load()
    kinds = {path.suffix for path in folder().iterdir()}
    assert kinds == {".csv", ".xlsx"}
    with (folder() / "东北终端明细.csv").open(encoding="gb18030", newline="") as file:
        assert next(csv.reader(file))[0] == "设备序列号"
    assert (folder() / "华北机具台账.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.django_db(transaction=True)
def test_a_load_that_is_broken_off_leaves_nothing_and_the_next_one_is_whole():
    def stop(stage, share):
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_demonstration(stop, scale=SCALE, at=END)
    assert not organisations().exists()
    first, _ = load()
    assert sum(count for _, count in first.states) == 10_000 * SCALE


@pytest.mark.django_db(transaction=True)
def test_the_same_seed_gives_the_same_estate_and_another_seed_another():
    class Enough(Exception):
        pass

    def estate(seed):
        made = []

        def look(stage, share):
            if share > 0.6:
                made.append(fingerprint())
                raise Enough

        with pytest.raises(Enough):
            load_demonstration(look, scale=SCALE, seed=seed, at=END)
        return made[0]

    first = estate(1)
    assert estate(1) == first
    assert estate(2) != first
