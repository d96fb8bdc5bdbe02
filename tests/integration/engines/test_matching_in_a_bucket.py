"""Rows that lie on S3-compatible storage are matched as those on a disk are, and say so when they cannot be reached."""

import json
import pickle
import shutil

import pytest
from tests.farm import BUCKET
from tests.unit.engines.matching.days import (
    AS_OF,
    around,
    charge,
    frame,
    order,
    sale,
    stored,
    taken_back,
    undone,
)

from tillkeeper.engines.matching.errors import NotFinished
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.run import match
from tillkeeper.engines.matching.store import ABOUT, CanonicalWriter, Source
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.kernel.errors import LakeUnreachable
from tillkeeper.kernel.lake import S3Path, lake_path, move, probe, remove

ROWS = (
    [*(sale(n) for n in range(1, 60) if n % 7), undone(90), sale(91, **order(91))],
    [*(charge(n) for n in range(1, 60) if n % 5), charge(90), taken_back(90)],
)


@pytest.fixture
def lake(storage, request):
    return lake_path(f"s3://{BUCKET}/{request.node.name}")


def day(folder):
    """Store a journal and a bill of several differences in a folder."""
    return [
        [stored(folder, role, frame(rows, role))]
        for role, rows in zip((Role.JOURNAL, Role.BILL), ROWS, strict=True)
    ]


def told(sources):
    outcome = match(*sources, [], rules=Rules.sound(), as_of=AS_OF)
    return outcome.differences.write_csv(), json.dumps(outcome.summary)


def test_the_answer_is_the_same_byte_for_byte(lake, tmp_path):
    assert told(day(lake)) == told(day(tmp_path))
    assert "charged_without_slip" in told(day(tmp_path / "again"))[0]


def test_a_store_is_finished_last(lake, storage):
    day(lake)
    assert storage.written() == ["part-00000.parquet", ABOUT, "part-00000.parquet", ABOUT]


def test_a_store_that_was_broken_off_is_refused(lake):
    CanonicalWriter(lake / "journal", Role.JOURNAL).close()
    journal, bill = day(lake / "whole")
    (lake / "broken" / "part-00000.parquet").write_text("half")
    with pytest.raises(NotFinished):
        told([[*journal, Source("broken", lake / "broken")], bill])


def test_a_store_is_moved_whole_and_finished_last(lake, storage, tmp_path):
    (source,), _ = day(lake / "arriving")
    storage.asked.clear()
    move(source.path, lake / "there", last=ABOUT)
    assert storage.written()[-1] == ABOUT
    assert [path.name for path in (lake / "there").iterdir()] == [ABOUT, "part-00000.parquet"]
    assert not source.path.is_dir()


def test_a_store_of_another_polars_is_made_anew_beside_it_and_taken_away(lake, storage, tmp_path):
    journal, bill = day(lake)
    about = journal[0].path / ABOUT
    about.write_text(json.dumps(json.loads(about.read_text()) | {"polars": "0.0"}))
    before = storage.names(lake.key.partition("/")[2])
    assert told([journal, bill]) == told(day(tmp_path))
    assert [name for name in storage.names(lake.key.partition("/")[2]) if name.endswith("t")] == [
        name for name in before if name.endswith("t")
    ]


def test_a_path_in_a_bucket_is_a_text_with_parts():
    path = lake_path("s3://lake/a/b.parquet/")
    assert (path, path.name, path.parent) == ("s3://lake/a/b.parquet", "b.parquet", "s3://lake/a")
    assert path.parent / "c" == "s3://lake/a/c"
    assert type(pickle.loads(pickle.dumps(path))) is S3Path  # noqa: S301  our own


def test_what_is_removed_may_be_gone_already(lake, tmp_path):
    remove(lake / "nothing")
    remove(tmp_path / "nothing")
    (lake / "some" / "thing").write_text("x")
    remove(lake / "some")
    assert list((lake / "some").iterdir()) == []


def test_a_bucket_that_is_not_there_is_told(storage):
    with pytest.raises(LakeUnreachable, match="s3://elsewhere/lake"):
        probe(lake_path("s3://elsewhere/lake"))


def test_trying_leaves_nothing_behind(lake, storage, tmp_path):
    probe(lake)
    probe(tmp_path / "not" / "made")
    assert storage.names(f"{lake.name}/.doctor") == []
    assert list(tmp_path.iterdir()) == []


def test_a_storage_that_does_not_answer_is_told_without_its_keys(lake, monkeypatch):
    sources = day(lake)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(LakeUnreachable) as silent:
        told(sources)
    assert str(lake) in str(silent.value)
    assert "till-" not in str(silent.value)


def test_a_disk_is_still_told_as_a_disk(tmp_path):
    sources = [
        [stored(tmp_path, role, frame(rows, role))]
        for role, rows in zip((Role.JOURNAL, Role.BILL), around(3), strict=True)
    ]
    shutil.rmtree(sources[0][0].path)
    with pytest.raises(FileNotFoundError):
        told(sources)
