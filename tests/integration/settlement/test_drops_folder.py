"""A folder of the server as a drop: below the folder of drops, of its own organisation, through no link."""

import os
import time
from datetime import timedelta
from itertools import count

import pytest
from tests.integration.settlement.conftest import NEXT
from tests.money_days import paid, written

from tillkeeper.kernel.errors import FieldInvalid, NotAllowed, NotFound
from tillkeeper.settlement.models import Drop, MoneyFile
from tillkeeper.settlement.queries.drops import drops_with_arrivals
from tillkeeper.settlement.services.drops.errors import DropBusy, DropExists, FolderUnusable
from tillkeeper.settlement.services.drops.keeping import (
    Wanted,
    add_drop,
    ask_server,
    change_drop,
    remove_drop,
)
from tillkeeper.settlement.services.drops.rounds import _alone, fetch

pytestmark = pytest.mark.django_db
JOURNAL = written("journal", [paid(1)]).getvalue()


@pytest.fixture
def root(settings, tmp_path):
    settings.TILLKEEPER_DROPS = tmp_path / "drops"
    return settings.TILLKEEPER_DROPS


@pytest.fixture
def add(root, approver):
    def add(address="inbox", *, name="inbox", organisation="SH", by=None, **more):
        wanted = Wanted(kind="folder", address=address, **more)
        return add_drop(
            organisation=organisation, name=name, wanted=wanted, by=by or approver, at=NEXT
        )

    return add


@pytest.fixture
def drop(add):
    return add()


@pytest.fixture
def inbox(root, drop):
    return root / "SH" / "inbox"


@pytest.fixture
def go_round(drop, clerk):
    minutes = count()

    def go(**more):
        done = fetch(drop=drop.pk, by=clerk, at=NEXT + timedelta(minutes=next(minutes)), **more)
        drop.refresh_from_db()
        return [(one.name, bool(one.number), bool(one.reason)) for one in done.arrivals]

    return go


def test_finished_files_are_taken_once_and_lie_in_done(inbox, drop, go_round):
    (inbox / "j.csv").write_bytes(JOURNAL)
    (inbox / "x.bin").write_bytes(b"what is this")
    assert go_round() == []
    assert go_round() == [("j.csv", True, False), ("x.bin", True, True)]
    assert (inbox / "done" / "j.csv").read_bytes() == JOURNAL
    assert "No format fits" in (inbox / "refused" / "x.bin.txt").read_text()
    assert go_round() == []
    assert (drop.seen, drop.problem, drop.looked_at) == (
        {"looks": {}, "settled": {}},
        {},
        NEXT + timedelta(minutes=2),
    )
    row = drops_with_arrivals(_scope()).get()
    assert (row.taken, row.refused, row.last_at) == (1, 1, NEXT + timedelta(minutes=1))


def _scope():
    from tillkeeper.kernel.actor import Scope

    return Scope(("",))


def test_a_companion_goes_with_its_file(inbox, go_round):
    (inbox / "j.csv").write_bytes(JOURNAL)
    (inbox / "j.csv.ok").write_bytes(b"")
    assert go_round() == [("j.csv", True, False)]
    assert sorted(path.name for path in (inbox / "done").iterdir()) == ["j.csv", "j.csv.ok"]
    assert [path.name for path in inbox.iterdir() if path.is_file()] == []


@pytest.mark.parametrize(
    "address",
    [
        "/etc",
        "../SH2",
        "a/../..",
        "",
        ".",
        ".hidden",
        "a//b",
        "a/b/c/d/e",
        "a\x00b",
        "in\nbox",
        "a\\b",
        "done",
        "x" * 300,
    ],
)
def test_an_address_that_leads_elsewhere_is_refused(add, root, address):
    with pytest.raises(FieldInvalid):
        add(address)
    assert not Drop.objects.exists()
    assert not root.exists()


def test_a_link_on_the_way_is_refused_when_made_and_at_each_round(add, root, tmp_path, clerk):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "j.csv").write_bytes(JOURNAL)
    (root / "SH").mkdir(parents=True)
    (root / "SH" / "inbox").symlink_to(elsewhere)
    with pytest.raises(FolderUnusable):
        add("inbox")
    made = add("later", name="later")
    (root / "SH" / "later").rmdir()
    (root / "SH" / "later").symlink_to(elsewhere)
    for _ in range(2):
        assert fetch(drop=made.pk, by=clerk, at=NEXT).arrivals == []
    made.refresh_from_db()
    assert made.problem["code"] == "settlement.drop_folder_unusable"
    assert [path.name for path in elsewhere.iterdir()] == ["j.csv"]


def test_links_inside_are_neither_read_nor_written_through(inbox, go_round, tmp_path, drop):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(JOURNAL)
    (inbox / "link.csv").symlink_to(outside / "secret")
    (inbox / "done").symlink_to(outside)
    (inbox / "j.csv").write_bytes(JOURNAL)
    go_round()
    assert go_round() == [("j.csv", True, False)]
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert drop.problem["code"] == "settlement.drop_file_stays"
    assert go_round() == []  # what could not be moved is known, and not taken again
    assert MoneyFile.objects.count() == 1


def test_a_reason_overwrites_nothing_that_a_link_leads_to(inbox, go_round, tmp_path):
    (tmp_path / "precious").write_text("precious")
    (inbox / "refused").mkdir()
    (inbox / "refused" / "x.bin.txt").symlink_to(tmp_path / "precious")
    (inbox / "x.bin").write_bytes(b"what is this")
    go_round()
    assert go_round() == [("x.bin", True, True)]
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_file_that_is_too_large_is_put_aside(inbox, go_round, settings):
    settings.TILLKEEPER_IMPORT_MAX_MIB = 1
    with (inbox / "huge.csv").open("wb") as file:
        file.truncate(5 * 1024**3)
    go_round()
    assert go_round() == [("huge.csv", False, True)]
    assert "TILLKEEPER_IMPORT_MAX_MIB" in (inbox / "refused" / "huge.csv.txt").read_text()


def test_a_file_that_grew_between_the_rounds_is_left(inbox, go_round):
    (inbox / "j.csv").write_bytes(JOURNAL[:60])
    go_round()
    (inbox / "j.csv").write_bytes(JOURNAL)
    assert go_round() == []
    assert go_round() == [("j.csv", True, False)]


def test_two_rounds_at_once_are_not_possible(drop, clerk):
    with _alone(drop), pytest.raises(DropBusy):
        fetch(drop=drop.pk, by=clerk, at=NEXT)


def test_only_who_writes_rules_makes_changes_and_removes(add, drop, clerk, approver):
    wanted = Wanted(kind="folder", address="elsewhere")
    for act in (
        lambda: add(name="other", by=clerk),
        lambda: change_drop(drop=drop.pk, wanted=wanted, by=clerk, at=NEXT),
        lambda: remove_drop(drop=drop.pk, by=clerk, at=NEXT),
        lambda: ask_server(address="sftp://a@b/", by=clerk),
        lambda: fetch(
            drop=drop.pk, by=approver, at=NEXT
        ),  # who writes rules does not work on files
    ):
        with pytest.raises(NotAllowed):
            act()
    remove_drop(drop=drop.pk, by=approver, at=NEXT)
    assert not Drop.objects.exists()


def test_a_drop_of_another_branch_is_out_of_reach(add, drop, hire, neighbour):
    from tillkeeper.parties.roles import Role

    theirs = hire(Role.ADMINISTRATOR, neighbour, username="wu")
    for act in (
        lambda: fetch(drop=drop.pk, by=theirs, at=NEXT),
        lambda: remove_drop(drop=drop.pk, by=theirs, at=NEXT),
        lambda: change_drop(
            drop=drop.pk, wanted=Wanted(kind="folder", address="a"), by=theirs, at=NEXT
        ),
        lambda: add(name="x", by=theirs),
    ):
        with pytest.raises(NotFound):
            act()


def test_two_branches_never_share_a_folder(add, root, drop, hire, neighbour):
    from tillkeeper.parties.roles import Role

    theirs = hire(Role.ADMINISTRATOR, neighbour, username="wu")
    add("inbox", name="inbox", organisation="BJ", by=theirs)
    assert (root / "BJ" / "inbox").is_dir()
    (root / "SH" / "inbox" / "j.csv").write_bytes(JOURNAL)
    made = Drop.objects.get(organisation=neighbour)
    for _ in range(2):
        assert fetch(drop=made.pk, by=theirs, at=NEXT).arrivals == []


def test_another_address_begins_anew(inbox, drop, go_round, approver):
    (inbox / "j.csv").write_bytes(JOURNAL)
    go_round()
    wanted = Wanted(kind="folder", address="second", enabled=False)
    changed = change_drop(drop=drop.pk, wanted=wanted, by=approver, at=NEXT)
    assert (changed.seen, changed.looked_at, changed.enabled) == ({}, None, False)


@pytest.mark.parametrize("name", ["", "-a", "A", "a b", "a_b", "微信", "a" * 41, "a/b"])
def test_a_name_is_plain(add, name):
    with pytest.raises(FieldInvalid):
        add(name=name)


def test_a_name_whose_password_would_be_anothers_is_refused(add, drop, approver, hire, head_office):
    from tests.factories import OrganisationFactory

    from tillkeeper.parties.roles import Role

    OrganisationFactory(code="SH-IN", parent=head_office)
    boss = hire(Role.ADMINISTRATOR, head_office, username="ada")
    add("a", name="in-box", organisation="SH", by=boss)
    with pytest.raises(DropExists):
        add("b", name="box", organisation="SH-IN", by=boss)
    with pytest.raises(DropExists):
        add("c", name="inbox", organisation="SH", by=boss)


def test_a_file_that_may_not_be_read_keeps_no_other_from_coming(inbox, drop, go_round):
    (inbox / "a.csv").write_bytes(JOURNAL)
    (inbox / "b.csv").write_bytes(written("journal", [paid(2)]).getvalue())
    go_round()
    (inbox / "a.csv").unlink()
    os.mkfifo(inbox / "fifo.csv")
    began = time.monotonic()
    assert go_round() == [("b.csv", True, False)]
    assert time.monotonic() - began < 20
