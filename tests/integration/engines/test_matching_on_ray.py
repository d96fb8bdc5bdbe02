"""A day matched on a Ray cluster: the same answer byte for byte, whatever becomes of a worker, and a sentence else."""

import json
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from tests.farm import BUCKET
from tests.unit.engines.matching.days import AS_OF, charge, frame, order, sale, stored, undone

from tillkeeper.engines.matching import on_ray
from tillkeeper.engines.matching.buckets import Piece
from tillkeeper.engines.matching.errors import (
    ClusterDiffers,
    ClusterFailed,
    ClusterNotInstalled,
    ClusterUnreachable,
    PartUnreadable,
)
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.run import match
from tillkeeper.engines.matching.workplaces import Threads, workplace
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.kernel.lake import lake_path

pytestmark = pytest.mark.cluster
PARTS = 3
ROWS = (
    [*(sale(n) for n in range(1, 500) if n % 7), undone(990), sale(991, **order(991))],
    [*(charge(n, batch="" if n % 3 else "000017") for n in range(1, 500) if n % 11)],
)


def day(folder):
    """Store a journal and a bill, each of several files."""
    return [
        [
            stored(folder, role, frame(rows[number::PARTS], role), name=f"{role}-{number}")
            for number in range(PARTS)
        ]
        for role, rows in zip((Role.JOURNAL, Role.BILL), ROWS, strict=True)
    ]


def told(sources, at):
    outcome = match(*sources, [], rules=Rules.sound(), as_of=AS_OF, at=at)
    return outcome.differences.write_csv(), json.dumps(outcome.summary)


@dataclass
class Interrupted:
    """A workplace of which something is done to when its first tasks have gone out."""

    inner: on_ray.Cluster
    then: object
    elsewhere: bool = True

    @property
    def width(self):
        return self.inner.width

    @contextmanager
    def holding(self, journal, bill):
        with self.inner.holding(journal, bill) as held:
            self.then()
            yield held


class PowerCut:
    """Holds the reading of the parts until a worker that reads them is dead."""

    def __init__(self, farm, storage, number, workers):
        self.farm, self.storage, self.number, self.workers = farm, storage, number, workers
        self.reading, self.dead = threading.Semaphore(0), threading.Event()
        self.thread = threading.Thread(target=self.cut)

    def arm(self):
        if not self.thread.ident:
            self.storage.before = self.hold
            self.thread.start()

    def hold(self, method, path):
        if method == "GET" and "part-" in path:
            self.reading.release()
            self.dead.wait(60)

    def cut(self):
        # Every worker has one processor and there are two buckets: all of them are at work.
        for _ in range(self.workers):
            self.reading.acquire(timeout=30)
        self.farm.kill(self.number)
        self.dead.set()


@pytest.fixture(scope="module")
def joined(_farm):
    """The cluster, joined once: that takes some seconds."""
    with workplace(_farm.address) as cluster:
        yield cluster


@pytest.fixture
def cluster(farm, joined):
    return joined


def test_the_answer_is_the_same_byte_for_byte_though_a_worker_dies(
    cluster, farm, storage, tmp_path, monkeypatch
):
    on_disk, in_bucket = day(tmp_path), day(lake_path(f"s3://{BUCKET}/on_ray"))
    usual = told(on_disk, Threads(1))
    assert usual[0].count("\n") > 100
    assert cluster.width == 2
    assert told(on_disk, cluster) == usual
    storage.asked.clear()
    assert told(in_bucket, cluster) == usual
    undisturbed = len(storage.asked)
    storage.asked.clear()
    cut = PowerCut(farm, storage, 0, workers=2)
    assert told(in_bucket, Interrupted(cluster, cut.arm)) == usual
    assert cut.dead.is_set()
    assert len(storage.asked) > undisturbed  # what the dead one had read was read again
    # And when the last one goes, nobody waits for ever.
    monkeypatch.setattr(on_ray, "PATIENCE_S", 1)
    monkeypatch.setattr(on_ray, "LOOK_S", 0.2)
    last = PowerCut(farm, storage, 1, workers=1)
    with pytest.raises(ClusterFailed, match="no processor left"):
        told(in_bucket, Interrupted(cluster, last.arm))


def test_more_buckets_than_processors_change_nothing(cluster, tmp_path):
    sources = day(tmp_path)
    assert told(sources, replace(cluster, width=7)) == told(sources, Threads(3))


def test_what_the_machines_do_not_see_is_told(cluster, tmp_path):
    piece = Piece(str(tmp_path / "gone.parquet"), np.ones(8, np.bool_))
    with (
        pytest.raises(PartUnreadable, match=r"gone\.parquet"),
        cluster.holding([piece], [piece]) as held,
    ):
        held.unpaired("rrn", 2)


def test_what_is_not_waited_for_is_cancelled(cluster):
    """A run that is broken off leaves the processors to others."""
    import ray

    @ray.remote
    def sleep(seconds):
        time.sleep(seconds)

    with pytest.raises(KeyboardInterrupt), cluster.holding([], []) as held:
        asked = [sleep.remote(seconds) for seconds in (0, 60, 60, 60, 60)]
        next(held._answers(asked))
        raise KeyboardInterrupt
    # Those that were at work sleep no longer, and those that waited never begin.
    ray.get([sleep.remote(0), sleep.remote(0)], timeout=40)
    for reference in asked[1:]:
        with pytest.raises(ray.exceptions.RayError):
            ray.get(reference, timeout=1)


def test_a_machine_with_another_version_is_named(cluster, monkeypatch):
    monkeypatch.setattr(on_ray, "version", lambda package: "9.9")
    named = r"127\.0\.0\.\d of the cluster has Tillkeeper .* and this one 9\.9"
    with pytest.raises(ClusterDiffers, match=named):
        on_ray._check_versions()


@pytest.mark.parametrize("silent", [True, False])
def test_a_head_whose_process_does_not_come_up_is_asked_again(monkeypatch, silent):
    """The other way about than the other tests here: a Ray that fails as the real one does, one time in many."""
    free, left, asked = threading.Event(), threading.Event(), []

    def init(address, **_how):
        asked.append(address)
        if len(asked) > 1:
            return "let in"
        if not silent:
            raise RuntimeError("Starting Ray client server failed. See ray_client_server_23000.err")
        free.wait(10)
        return SimpleNamespace(disconnect=left.set)

    monkeypatch.setattr(on_ray.ray, "init", init)
    monkeypatch.setattr(on_ray, "ENTER_S", 0.3)
    assert on_ray._entered("ray://head") == "let in"
    assert asked == ["ray://head"] * 2
    free.set()
    assert (
        left.wait(5 if silent else 0.5) is silent
    )  # who is let in when nobody waits any more leaves again


@pytest.mark.parametrize(
    "address", ["ray://127.0.0.1:9", "127.0.0.1:10001", "ray://", "ray://127.0.0.1:x"]
)
def test_an_address_where_nobody_answers_is_told_at_once(address):
    with pytest.raises(ClusterUnreachable), workplace(address):
        pass


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tillkeeper.engines.matching.on_ray", None)
    with (
        pytest.raises(ClusterNotInstalled, match=r"tillkeeper\[cluster\]"),
        workplace("ray://127.0.0.1:9"),
    ):
        pass
