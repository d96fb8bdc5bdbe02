"""Files fetched from a real SFTP server: whom it trusts, what it takes, what it leaves alone, and each file once."""

from datetime import timedelta
from itertools import count

import asyncssh
import pytest
from tests.integration.settlement.conftest import NEXT
from tests.integration.settlement.sftp_server import Server
from tests.money_days import billed, paid, written

from tillkeeper.settlement.models import Drop, MoneyFile
from tillkeeper.settlement.services.drops import rounds
from tillkeeper.settlement.services.drops.identity import public_key
from tillkeeper.settlement.services.drops.keeping import Wanted, add_drop, change_drop
from tillkeeper.settlement.services.drops.rounds import fetch

pytestmark = pytest.mark.django_db
JOURNAL = written("journal", [paid(1)]).getvalue()
BILL = written("acquirer46", [billed(paid(1))]).getvalue()


@pytest.fixture
def server(tmp_path, settings):
    settings.TILLKEEPER_SFTP_HOSTS = ["127.0.0.1:22"]
    folder = tmp_path / "theirs"
    folder.mkdir()
    made = Server(folder).start()
    settings.TILLKEEPER_SFTP_HOSTS = [f"127.0.0.1:{made.port}"]
    made.public_keys = [public_key()]
    yield made
    made.close()


@pytest.fixture
def drop(server, approver):
    wanted = Wanted(kind="sftp", address=server.address, host_key=server.host_line)
    return add_drop(organisation="SH", name="bills", wanted=wanted, by=approver, at=NEXT)


@pytest.fixture
def go_round(drop, clerk):
    minutes = count()

    def go(**more):
        done = fetch(drop=drop.pk, by=clerk, at=NEXT + timedelta(minutes=next(minutes)), **more)
        drop.refresh_from_db()
        return [(one.name, bool(one.number), bool(one.reason)) for one in done.arrivals]

    return go


def problem(drop):
    drop.refresh_from_db()
    return drop.problem.get("code", "")


def test_finished_files_are_taken_once_and_stay_on_the_server(server, drop, go_round):
    server.lay("j.csv", JOURNAL)
    server.lay("b.csv", BILL)
    assert go_round() == []
    assert go_round() == [("b.csv", True, False), ("j.csv", True, False)]
    reads = server.reads
    assert go_round() == []
    assert (server.reads, problem(drop)) == (reads, "")
    assert sorted(path.name for path in server.folder.iterdir()) == ["b.csv", "j.csv"]
    assert sorted(MoneyFile.objects.values_list("name", "state", "origin")) == [
        ("b.csv", "taken", "drop:bills"),
        ("j.csv", "taken", "drop:bills"),
    ]


def test_a_password_from_the_environment_opens_where_our_key_does_not(
    server, drop, go_round, settings
):
    server.public_keys, server.password = [], "s3cret-words"
    server.lay("j.csv", JOURNAL)
    assert go_round() == []
    assert problem(drop) == "settlement.drop_login_refused"
    assert "TILLKEEPER_SFTP_PASSWORD_SH_BILLS" in drop.problem["sentence"]
    settings.TILLKEEPER_SFTP_PASSWORDS = {"SH_BILLS": "s3cret-words"}
    go_round()
    assert go_round() == [("j.csv", True, False)]
    assert problem(drop) == ""


def test_a_server_whose_key_was_never_saved_is_not_even_called(server, drop, go_round, approver):
    change_drop(
        drop=drop.pk, wanted=Wanted(kind="sftp", address=server.address), by=approver, at=NEXT
    )
    before = server.connections
    assert go_round() == []
    assert (problem(drop), server.connections) == ("settlement.drop_host_key_unknown", before)


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
def test_a_changed_host_key_stops_before_a_password_is_sent(server, drop, go_round, settings, kind):
    settings.TILLKEEPER_SFTP_PASSWORDS = {"SH_BILLS": "s3cret-words"}
    server.lay("j.csv", JOURNAL)
    go_round()
    server.stop()
    saved = server.host_key.get_fingerprint()
    server.host_key = asyncssh.generate_private_key(kind)
    server.start()
    assert go_round() == []
    assert problem(drop) == "settlement.drop_host_key_changed"
    assert drop.problem["facts"]["saved"] == saved
    assert drop.problem["facts"]["shown"] == server.host_key.get_fingerprint()
    assert (server.passwords_heard, MoneyFile.objects.count()) == ([], 0)


def test_a_server_that_is_gone_is_told_and_tried_again(server, drop, go_round):
    server.lay("j.csv", JOURNAL)
    go_round()
    server.stop()
    assert go_round() == []
    assert problem(drop) == "settlement.drop_unreachable"
    server.start()
    assert go_round() == [("j.csv", True, False)]
    assert problem(drop) == ""


def test_a_server_that_is_no_longer_allowed_is_not_called(server, drop, go_round, settings):
    settings.TILLKEEPER_SFTP_HOSTS = []
    before = server.connections
    assert go_round() == []
    assert (problem(drop), server.connections) == ("settlement.drop_host_not_allowed", before)


def test_a_growing_file_is_left_until_it_rests(server, go_round):
    server.lay("j.csv", JOURNAL[:50], age_s=30)
    assert go_round() == []
    server.lay("j.csv", JOURNAL[:90], age_s=20)
    assert go_round() == []
    server.lay("j.csv", JOURNAL, age_s=10)
    assert go_round() == []
    assert go_round() == [("j.csv", True, False)]


def test_a_companion_of_the_channel_says_that_a_file_is_whole(server, go_round):
    server.lay("j.csv", JOURNAL, age_s=50)
    server.lay("j.csv.ok", b"", age_s=40)
    server.lay("b.csv", BILL, age_s=50)
    server.lay("b.md5", b"", age_s=60)  # older than its file: of another day
    assert go_round() == [("j.csv", True, False)]
    assert go_round() == [("b.csv", True, False)]
    assert set(MoneyFile.objects.values_list("name", flat=True)) == {"j.csv", "b.csv"}


def test_a_file_that_grows_while_it_is_fetched_is_not_taken_half(server, drop, go_round):
    server.lay("j.csv", JOURNAL[:-20])
    go_round()
    path = server.folder / "j.csv"
    server.while_reading = lambda: path.write_bytes(JOURNAL)
    assert go_round() == []
    assert problem(drop) == "settlement.drop_file_moving"
    assert MoneyFile.objects.count() == 0
    server.while_reading = None
    go_round()
    assert go_round() == [("j.csv", True, False)]
    assert MoneyFile.objects.get().rows == 1


def test_the_same_file_under_another_name_is_not_counted_twice(server, drop, go_round):
    server.lay("j.csv", JOURNAL)
    server.lay("j-again.csv", JOURNAL)
    go_round()
    assert go_round() == [("j-again.csv", True, False), ("j.csv", False, True)]
    assert MoneyFile.objects.count() == 1
    assert drop.seen["settled"]["j.csv"][2]["code"] == "settlement.taken_already"
    assert go_round() == []


def test_a_file_that_came_anew_under_its_old_name_is_fetched(server, go_round):
    server.lay("daily.csv", JOURNAL, age_s=500)
    go_round()
    go_round()
    server.lay("daily.csv", written("journal", [paid(2)]).getvalue(), age_s=300)
    go_round()
    assert go_round() == [("daily.csv", True, False)]
    assert MoneyFile.objects.count() == 2


def test_a_round_that_is_killed_between_counting_and_remembering_counts_once(
    server, go_round, monkeypatch
):
    server.lay("j.csv", JOURNAL)
    server.lay("k.csv", written("journal", [paid(2)]).getvalue())
    go_round()

    class Killed(BaseException):
        pass

    def dies(self, arrival, at):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr("tillkeeper.settlement.services.drops.places.Remote.put_away", dies)
        with pytest.raises(Killed):
            go_round()
    assert MoneyFile.objects.count() == 1
    assert go_round() == [("j.csv", False, True), ("k.csv", True, False)]
    assert sorted(MoneyFile.objects.values_list("name", "rows")) == [("j.csv", 1), ("k.csv", 1)]


def test_a_connection_that_is_lost_in_the_middle_takes_nothing_half(
    server, drop, go_round, settings
):
    server.lay("j.csv", JOURNAL)
    go_round()

    def hang_up():
        raise asyncssh.ConnectionLost("gone")

    server.while_reading = hang_up
    assert go_round() == []
    assert problem(drop) == "settlement.drop_unreachable"
    assert MoneyFile.objects.count() == 0
    assert not [p for p in (settings.TILLKEEPER_VAR / "files").glob("*") if p.is_file()]
    server.while_reading = None
    assert go_round() == [("j.csv", True, False)]


def test_a_huge_file_is_refused_before_a_byte_of_it_comes(server, drop, go_round, settings):
    settings.TILLKEEPER_IMPORT_MAX_MIB = 1
    with server.lay("huge.csv", b"").open("wb") as file:
        file.truncate(100 * 1024**3)  # a hole: takes no room here
    server.lay("j.csv", JOURNAL)
    go_round()
    assert go_round() == [("huge.csv", False, True), ("j.csv", True, False)]
    assert drop.seen["settled"]["huge.csv"][2]["code"] == "settlement.drop_file_too_large"
    assert MoneyFile.objects.count() == 1


def test_a_file_that_never_ends_is_cut_off_where_it_was_said_to(server, drop, go_round):
    server.lay("j.csv", JOURNAL)
    go_round()

    def grow():
        with (server.folder / "j.csv").open("ab") as file:
            file.write(b"x" * 100_000)

    server.while_reading = grow
    assert go_round() == []
    assert (problem(drop), server.reads < 50) == ("settlement.drop_file_moving", True)


def test_a_full_disk_ends_the_round_and_the_next_one_goes_on(server, drop, go_round, monkeypatch):
    server.lay("j.csv", JOURNAL)
    go_round()
    with monkeypatch.context() as full:
        full.setattr(rounds, "LEAST_FREE", 2**62)
        assert go_round() == []
    assert (problem(drop), MoneyFile.objects.count()) == ("settlement.drop_no_room", 0)
    assert go_round() == [("j.csv", True, False)]
    assert problem(drop) == ""


def test_a_disk_that_fills_up_on_the_way_keeps_no_half_file(
    server, drop, go_round, monkeypatch, settings
):
    server.lay("j.csv", JOURNAL)
    go_round()

    def full(_handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("tillkeeper.kernel.files.os.fsync", full)
        assert go_round() == []
    assert problem(drop) == "settlement.drop_no_room"
    assert not [p for p in (settings.TILLKEEPER_VAR / "files").rglob("*") if p.is_file()]
    assert go_round() == [("j.csv", True, False)]


@pytest.mark.parametrize(
    "name",
    [
        b"../j.csv",
        b"/etc/passwd",
        b"a\nb.csv",
        b"..",
        "\u202efsc.csv".encode(),
        b"\xff\xfe.csv",
        b"a\\b.csv",
    ],
)
def test_names_that_lead_elsewhere_are_left_and_told(server, drop, go_round, name):
    server.told_names = [name]
    server.lay("j.csv", JOURNAL)
    go_round()
    assert go_round() == [("j.csv", True, False)]
    if name != b"..":  # every server lists itself and its parent
        assert problem(drop) == "settlement.drop_names_unusable"
        assert drop.problem["facts"]["name"].isascii()
    assert MoneyFile.objects.count() == 1


def test_links_and_folders_of_the_server_are_left_alone(server, go_round, tmp_path):
    (tmp_path / "secret").write_bytes(JOURNAL)
    (server.folder / "link.csv").symlink_to(tmp_path / "secret")
    (server.folder / "folder").mkdir()
    server.lay(".hidden", JOURNAL)
    server.lay("j.csv.part", JOURNAL)
    assert (go_round(), go_round()) == ([], [])


def test_what_cannot_be_read_as_money_is_refused_once_and_fetched_once(server, drop, go_round):
    server.lay("x.bin", b"what is this")
    go_round()
    assert go_round() == [("x.bin", True, True)]
    reads = server.reads
    assert go_round() == []
    assert server.reads == reads
    assert MoneyFile.objects.get().state == "refused"


def test_more_files_than_can_be_remembered_are_told(server, drop, go_round, monkeypatch):
    monkeypatch.setattr("tillkeeper.settlement.services.drops.sftp.LISTED_MAX", 3)
    for number in range(5):
        server.lay(f"{number}.csv", JOURNAL)
    assert go_round() == []
    assert problem(drop) == "settlement.drop_too_many_files"


def test_a_folder_that_is_not_there_is_told(server, drop, go_round, approver):
    wanted = Wanted(kind="sftp", address=server.address + "nowhere", host_key=server.host_line)
    change_drop(drop=drop.pk, wanted=wanted, by=approver, at=NEXT)
    assert go_round() == []
    assert problem(drop) == "settlement.drop_server_folder"


def test_who_asks_to_stop_is_heeded_and_the_next_round_goes_on(server, drop, go_round):
    server.lay("j.csv", JOURNAL)
    go_round()
    assert go_round(stopped=lambda: True) == []
    assert problem(drop) == "settlement.drop_stopped"
    assert go_round() == [("j.csv", True, False)]


def test_who_does_not_want_to_wait_a_minute_looks_twice(server, go_round, monkeypatch):
    monkeypatch.setattr(rounds, "RESTS_MS", 50)
    server.lay("j.csv", JOURNAL)
    assert go_round(patient=False) == [("j.csv", True, False)]


def test_a_reader_that_breaks_keeps_no_other_file_from_coming(server, drop, go_round, monkeypatch):
    server.lay("a.csv", JOURNAL)
    server.lay("b.csv", BILL)
    whole = rounds.bring_in

    def breaks(**given):
        if given["name"] == "a.csv":
            raise ZeroDivisionError
        return whole(**given)

    monkeypatch.setattr(rounds, "bring_in", breaks)
    go_round()
    assert go_round() == [("a.csv", False, True), ("b.csv", True, False)]
    assert problem(drop) == "settlement.drop_reading_broke"
    assert go_round() == []


def test_a_drop_that_is_removed_under_a_round_ends_it(server, drop, clerk):
    server.lay("j.csv", JOURNAL)
    fetch(drop=drop.pk, by=clerk, at=NEXT)
    server.while_reading = lambda: None
    Drop.objects.filter(pk=drop.pk).update(address=server.address + "elsewhere")
    assert fetch(drop=drop.pk, by=clerk, at=NEXT).problem.code == "settlement.drop_server_folder"


def test_two_rounds_within_seconds_are_no_proof_that_a_file_rests(server, drop, clerk):
    server.lay("j.csv", JOURNAL)
    came = [
        len(fetch(drop=drop.pk, by=clerk, at=NEXT + timedelta(seconds=seconds)).arrivals)
        for seconds in (0, 1, 9, 11)
    ]
    assert came == [0, 0, 0, 1]


def test_no_more_files_are_open_at_the_server_than_are_read(server, go_round, monkeypatch):
    opened, closed = [], []
    theirs = asyncssh.SFTPServer
    open_, close_ = theirs.open, theirs.close
    monkeypatch.setattr(theirs, "open", lambda *given: opened.append(1) or open_(*given))
    monkeypatch.setattr(theirs, "close", lambda *given: closed.append(1) or close_(*given))
    for number in range(1, 6):
        server.lay(f"{number}.csv", written("journal", [paid(number)]).getvalue())
    go_round()
    assert len(go_round()) == 5
    assert (len(opened), len(closed)) == (5, 5)
