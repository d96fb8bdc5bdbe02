"""A watched folder: every finished file is taken once, and lies where its fate is plain."""

import pytest
from tests.integration.settlement.conftest import NEXT
from tests.money_days import paid, written

from tillkeeper.kernel.errors import NotFound
from tillkeeper.settlement.models import MoneyFile
from tillkeeper.settlement.services.folders import WatchedFolder

pytestmark = pytest.mark.django_db
JOURNAL = written("journal", [paid(1)]).getvalue()


@pytest.fixture
def inbox(tmp_path, branch):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def go_round(inbox, clerk):
    watched = WatchedFolder(inbox, "SH")
    return lambda: [
        (one.name, bool(one.number), bool(one.reason))
        for one in watched.go_round(by=clerk, at=NEXT)
    ]


def names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_is_taken_once_it_has_stopped_growing(inbox, go_round):
    (inbox / "j.csv").write_bytes(JOURNAL[:50])
    assert go_round() == []
    (inbox / "j.csv").write_bytes(JOURNAL)
    assert go_round() == []
    assert go_round() == [("j.csv", True, False)]
    assert go_round() == []
    assert names(inbox / "done") == ["j.csv"]
    assert (MoneyFile.objects.get().state, MoneyFile.objects.get().origin) == ("taken", str(inbox))


def test_what_is_refused_lies_beside_its_reason(inbox, go_round):
    (inbox / "x.bin").write_bytes(b"what is this")
    go_round()
    assert go_round() == [("x.bin", True, True)]
    assert names(inbox / "refused") == ["x.bin", "x.bin.txt"]
    assert "No format fits" in (inbox / "refused" / "x.bin.txt").read_text()


def test_what_is_counted_already_is_refused_and_nothing_is_overwritten(inbox, go_round):
    for _ in range(3):
        (inbox / "j.csv").write_bytes(JOURNAL)
        go_round()
        go_round()
    assert names(inbox / "done") == ["j.csv"]
    assert len(names(inbox / "refused")) == 4
    assert MoneyFile.objects.count() == 1
    assert all("not counted twice" in p.read_text() for p in (inbox / "refused").glob("*.txt"))


@pytest.mark.parametrize("name", [".hidden", "j.csv.part", "j.TMP", "j.filepart"])
def test_what_is_not_finished_by_its_name_is_left_alone(inbox, go_round, name):
    (inbox / name).write_bytes(JOURNAL)
    assert (go_round(), go_round(), names(inbox)) == ([], [], [name])


def test_links_and_folders_are_left_alone(inbox, go_round, tmp_path):
    (tmp_path / "secret").write_bytes(JOURNAL)
    (inbox / "link").symlink_to(tmp_path / "secret")
    (inbox / "folder").mkdir()
    assert (go_round(), go_round()) == ([], [])


def test_a_wrong_organisation_leaves_the_files_where_they_are(inbox, clerk, neighbour):
    (inbox / "j.csv").write_bytes(JOURNAL)
    watched = WatchedFolder(inbox, "BJ")
    assert list(watched.go_round(by=clerk, at=NEXT)) == []
    with pytest.raises(NotFound):
        list(watched.go_round(by=clerk, at=NEXT))
    assert names(inbox) == ["j.csv"]
