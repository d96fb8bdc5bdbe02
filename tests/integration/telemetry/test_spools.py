"""One contract for every spool, on the real server of each."""

import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import connection

from tillkeeper.telemetry.errors import SpoolUnreachable
from tillkeeper.telemetry.spool import Spool
from tillkeeper.telemetry.spool.nats import NatsSpool
from tillkeeper.telemetry.spool.opening import open_spool
from tillkeeper.telemetry.spool.postgres import PostgresSpool
from tillkeeper.telemetry.spool.sqlite import SqliteSpool

POSTGRES = (pytest.mark.postgres, pytest.mark.django_db(transaction=True))
EACH = ["sqlite", pytest.param("postgres", marks=POSTGRES), "nats"]


class Opened:
    """A spool's store, opened as often as a test wants, as several processes would."""

    def __init__(self, make, clean):
        self._make, self._clean, self._open = make, clean, []

    def __call__(self) -> Spool:
        spool = self._make()
        self._open.append(spool)
        return spool

    def close(self) -> None:
        for spool in self._open:
            spool.close()
        self._clean()


@pytest.fixture(params=EACH)
def opened(request, tmp_path) -> Iterator[Opened]:
    """Return a function that opens the same store again and again."""
    if request.param == "sqlite":
        made = Opened(lambda: SqliteSpool(tmp_path / "spool.sqlite3"), lambda: None)
    elif request.param == "postgres":
        _empty_table()
        made = Opened(_postgres, _empty_table)
    else:
        prefix = f"TEST_{uuid4().hex[:12]}"
        address = request.getfixturevalue("nats_server")
        made = Opened(lambda: NatsSpool(address, prefix), lambda: _remove_streams(address, prefix))
    yield made
    made.close()


def _postgres() -> PostgresSpool:
    spool = open_spool()
    assert isinstance(spool, PostgresSpool)
    return spool


def _empty_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM telemetry_segment")


def _remove_streams(address, prefix) -> None:
    spool = NatsSpool(address, prefix)
    for shard in (0, 1, 3):
        spool._run(spool._streams.remove(shard), 5)
    spool.close()


def _all(spool: Spool, shard: int, after: int = 0) -> list[bytes]:
    """Read on until nothing is left: a broker may hand over a part at a time."""
    found: list[bytes] = []
    while some := spool.read(shard, after=after, limit=1000, wait_s=0):
        found += [one.body for one in some]
        after = some[-1].position
    return found


def test_what_was_appended_is_read_in_order_by_anybody(opened):
    spool = opened()
    spool.append([(0, b"one"), (1, b"other shard"), (0, b"two")])
    spool.append([(0, bytes(range(256)) * 1000)])
    assert _all(opened(), 0) == [b"one", b"two", bytes(range(256)) * 1000]
    assert _all(opened(), 1) == [b"other shard"]
    assert _all(opened(), 3) == []


def test_positions_go_up_and_reading_goes_on_after_one(opened):
    spool, reader = opened(), opened()
    spool.append([(0, b"%d" % number) for number in range(30)])
    first = reader.read(0, after=0, limit=10, wait_s=0)
    rest = reader.read(0, after=first[-1].position, limit=100, wait_s=0)
    positions = [one.position for one in [*first, *rest]]
    assert [one.body for one in [*first, *rest]] == [b"%d" % number for number in range(30)]
    assert positions == sorted(set(positions))
    assert positions[0] > 0
    # a writer that died reads the same again
    assert reader.read(0, after=first[4].position, limit=5, wait_s=0) == first[5:]
    assert reader.read(0, after=first[-1].position, limit=100, wait_s=0) == rest


def test_what_is_released_is_gone_and_its_positions_never_come_again(opened):
    spool = opened()
    assert spool.waiting(0) == (0, 0) or spool.waiting(0)[0] == 0
    spool.append([(0, b"a"), (0, b"b"), (0, b"c"), (1, b"x")])
    positions = [one.position for one in spool.read(0, after=0, limit=9, wait_s=0)]
    assert spool.waiting(0) == (3, positions[-1])
    spool.release(0, upto=positions[1])
    assert _all(spool, 0) == [b"c"]
    assert _all(spool, 0, after=positions[0]) == [b"c"]
    spool.release(0, upto=positions[2])
    assert (_all(spool, 0), _all(spool, 1)) == ([], [b"x"])
    assert spool.waiting(0)[1] >= positions[2]
    again = opened()
    again.append([(0, b"d")])
    (last,) = again.read(0, after=positions[2], limit=9, wait_s=0)
    assert (last.body, last.position > positions[2]) == (b"d", True)


def test_a_reader_waits_for_the_first_segment_and_no_longer(opened):
    spool, reader = opened(), opened()
    spool.append([(0, b"before")])
    (before,) = reader.read(0, after=0, limit=9, wait_s=0)
    began = time.monotonic()
    assert reader.read(0, after=before.position, limit=9, wait_s=0.2) == []
    assert 0.15 < time.monotonic() - began < 3
    soon = threading.Timer(0.3, lambda: spool.append([(0, b"now")]))
    soon.start()
    began = time.monotonic()
    assert _bodies(reader.read(0, after=before.position, limit=9, wait_s=10)) == [b"now"]
    assert time.monotonic() - began < 5
    soon.join()


def test_gateways_that_append_at_once_hide_nothing_from_a_reader(opened):
    """A position that becomes visible after a higher one would be passed over for good."""
    gateways = [opened() for _ in range(4)]
    each = 60

    def work(which: int) -> None:
        for number in range(each):
            gateways[which].append([(0, b"%d/%d" % (which, number)), (1, b"-")])

    threads = [threading.Thread(target=work, args=(which,)) for which in range(4)]
    reader, seen, after = opened(), [], 0
    for thread in threads:
        thread.start()
    until = time.monotonic() + 60
    while len(seen) < 4 * each and time.monotonic() < until:
        for one in reader.read(0, after=after, limit=7, wait_s=1):
            assert one.position > after
            seen.append(one.body)
            after = one.position
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(b"%d/%d" % (w, n) for w in range(4) for n in range(each))


def test_a_large_backlog_is_read_piece_by_piece(opened):
    spool, after, seen = opened(), 0, []
    for batch in range(10):
        spool.append([(0, b"%d" % (batch * 50 + number)) for number in range(50)])
    while found := spool.read(0, after=after, limit=33, wait_s=0.05):
        assert len(found) <= 33
        seen += _bodies(found)
        after = found[-1].position
    assert seen == [b"%d" % number for number in range(500)]


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "nats"])
def test_who_cannot_be_reached_says_so_and_soon(kind, tmp_path):
    (tmp_path / "file").write_text("no folder")
    nowhere = {
        "sqlite": lambda: SqliteSpool(tmp_path / "file" / "spool.sqlite3"),
        "postgres": lambda: PostgresSpool({"host": "127.0.0.1", "port": 1, "dbname": "x"}),
        "nats": lambda: NatsSpool("nats://127.0.0.1:1"),
    }
    spool = nowhere[kind]()
    began = time.monotonic()
    with pytest.raises(SpoolUnreachable):
        spool.append([(0, b"x")])
    with pytest.raises(SpoolUnreachable):
        spool.read(0, after=0, limit=1, wait_s=0)
    assert time.monotonic() - began < 20
    spool.close()


@pytest.mark.postgres
def test_a_lost_connection_is_made_again(transactional_db):
    spool = _postgres()
    spool.append([(0, b"before")])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'tillkeeper spool' AND datname = current_database()"
        )
    with pytest.raises(SpoolUnreachable):
        spool.append([(0, b"lost")])
    spool.append([(0, b"after")])
    assert _all(spool, 0) == [b"before", b"after"]
    spool.close()
    _empty_table()


@pytest.mark.postgres
def test_the_spool_on_postgresql_is_durable_even_where_the_server_is_lax(transactional_db):
    spool = PostgresSpool({**_postgres()._parameters, "options": "-c synchronous_commit=off"})
    row = spool._connection().execute("SHOW synchronous_commit").fetchone()
    assert row == ("on",)
    spool.close()


def test_a_disk_that_is_full_is_told_and_leaves_nothing_half(tmp_path):
    spool = SqliteSpool(tmp_path / "spool.sqlite3")
    spool.append([(0, b"before")])
    spool._connection().execute("PRAGMA max_page_count = 20")
    with pytest.raises(SpoolUnreachable):
        spool.append([(0, b"x" * 16_000) for _ in range(40)])
    assert _all(spool, 0) == [b"before"]
    spool.append([(0, b"after")])
    assert _all(spool, 0) == [b"before", b"after"]
    spool.close()


def _bodies(segments) -> list[bytes]:
    return [one.body for one in segments]
