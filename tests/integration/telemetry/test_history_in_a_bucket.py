"""Readings in a bucket of S3-compatible storage: written, read, joined and forgotten as in a folder."""

import pytest
from tests.factories import NOON, TerminalFactory
from tests.farm import BUCKET
from tests.integration.telemetry.test_history import hours, line, of, place, say, spool
from tests.integration.telemetry.voices import check_in, reading

from tillkeeper.telemetry.models import HistoryPart
from tillkeeper.telemetry.queries.cursors import policies
from tillkeeper.telemetry.services.keeping.joining import forget, join_parts

__all__ = ["line", "place", "spool"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def below(settings, place, storage, request):
    """Lay the lake into a bucket, and return the names' beginning."""
    settings.TILLKEEPER_LAKE = f"s3://{BUCKET}/{request.node.name}"
    return request.node.name


def _files(storage, below):
    return {name for name in storage.names(below) if name.endswith(".parquet")}


def test_history_in_a_bucket_is_joined_and_forgotten_and_reads_the_same(
    below, storage, spool, line, place
):
    terminal = TerminalFactory()
    for hour in range(26):
        say(
            spool,
            check_in(terminal.pk, reading(hour, hour * 3600, rsrp=-90 - hour), at_s=hour * 3600),
        )
        line.go_round(at=hours(hour), wait_s=0)
        assert line.record(at=hours(hour), now=True) == 1
    told = of(terminal, "rsrp", NOON, hours(26))
    assert [point.mean for point in told.points] == [-90 - hour for hour in range(26)]
    minutes = _files(storage, below)
    assert len(minutes) == 26
    while join_parts(at=hours(27)):
        pass
    assert {row.tier for row in HistoryPart.objects.filter(replaced_at=None)} >= {"day", "mean"}
    assert of(terminal, "rsrp", NOON, hours(26)) == told
    forget(numbers=policies(on=NOON.date()), at=hours(30))
    left = _files(storage, below)
    assert (len(left), left & minutes) == (HistoryPart.objects.count(), set())
    assert of(terminal, "rsrp", NOON, hours(26)) == told
    assert not (place / "lake").exists()


def test_a_bucket_that_is_away_stops_history_and_nothing_else(below, spool, line, monkeypatch):
    terminal = TerminalFactory()
    say(spool, check_in(terminal.pk, reading(1, 0, rsrp=-90), at_s=1))
    line.go_round(at=NOON, wait_s=0)
    with monkeypatch.context() as away:
        away.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        assert line.record(at=NOON, now=True) == 0
        say(spool, check_in(terminal.pk, reading(2, 10, rsrp=-91), at_s=11))
        assert line.go_round(at=NOON, wait_s=0) == 1
    assert line.record(at=NOON, now=True) == 2
    assert len(of(terminal, "rsrp", NOON, hours(1)).points) == 2
