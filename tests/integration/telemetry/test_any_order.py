"""Whatever the order, doubles, splits and kills: the live rows and the history of a plain reading of it all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.factories import NOON, OrganisationFactory, TerminalFactory, TerminalModelFactory
from tests.integration.telemetry.voices import Shelf, check_in, reading

from tillkeeper.telemetry.models import Cursor, HistoryPart, Live
from tillkeeper.telemetry.queries.history import readings
from tillkeeper.telemetry.services.writing.line import Line

pytestmark = pytest.mark.django_db
LAST_S = 10_000
SIGNALS = ("rsrp", "latency", "mains", "carrier")
VALUES = {
    "rsrp": st.sampled_from([-60, -90.5, -100, -20]),  # the last cannot be
    "latency": st.integers(1, 900),
    "mains": st.booleans(),
    "carrier": st.sampled_from(["CMCC", "CUCC", "CTCC"]),
}


class Killed(Exception):
    """The process died here."""


@st.composite
def spoken(
    draw: Any,
) -> tuple[dict[tuple[int, int], Any], list[list[list[tuple[int, int]]]], list[int]]:
    """Readings by (terminal, seq); segments of check-ins of readings in any order, with doubles; where it dies."""
    told = {}
    for terminal in range(2):
        for seq in range(draw(st.integers(1, 7))):
            values = {name: draw(VALUES[name]) for name in draw(st.sets(st.sampled_from(SIGNALS)))}
            told[terminal, seq] = (seq * 37 + terminal, values)
    keys = sorted(told)
    order = draw(st.permutations(keys)) + draw(st.lists(st.sampled_from(keys), max_size=5))
    segments: list[list[list[tuple[int, int]]]] = [[[]]]
    for key in order:
        if draw(st.booleans()):
            segments[-1].append([])
        if draw(st.integers(0, 2)) == 0:
            segments.append([[]])
        group = segments[-1][-1]
        if group and group[0][0] != key[0]:
            segments[-1].append([key])
        else:
            group.append(key)
    return told, segments, draw(st.lists(st.integers(0, 12), max_size=4))


def reference(told: dict[tuple[int, int], Any], terminal: int) -> dict[str, Any]:
    """The newest value of each signal, read plainly."""
    newest: dict[str, Any] = {}
    for (whose, _), (at_s, values) in sorted(told.items(), key=lambda item: item[1][0]):
        if whose == terminal:
            for name, value in values.items():
                if value != -20:
                    newest[name] = [value, NOON.timestamp() + at_s]
    return newest


@contextmanager
def dying_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the process die at one of the steps between segment and cursor."""
    from tillkeeper.telemetry.services.keeping import recording
    from tillkeeper.telemetry.services.writing import rounds

    places = [
        (rounds, "known_of"),
        (rounds, "keep"),
        (rounds, "advance"),
        (rounds, "add_tallies"),
        (recording, "write_part"),
        (recording, "note_parts"),
        (recording, "advance"),
    ]
    module, name = places[step % len(places)]
    own = getattr(module, name)

    def die(*arguments: Any, **named: Any) -> Any:
        if step >= len(places):
            own(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, name, die)
        patch.setattr(rounds, "_take", rounds._take_all)  # it dies, nothing is set aside
        yield


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spoken())
def test_the_same_is_known_and_kept(settings, monkeypatch, told_so):
    told, segments, deaths = told_so
    folder = Path(tempfile.mkdtemp())
    settings.TILLKEEPER_VAR = folder
    try:
        with transaction.atomic():
            _one_life(told, segments, list(deaths), monkeypatch)
            transaction.set_rollback(True)
    finally:
        shutil.rmtree(folder)


def _one_life(told: Any, segments: Any, deaths: list[int], monkeypatch: Any) -> None:
    home, model = OrganisationFactory(), TerminalModelFactory()
    pks = [TerminalFactory(home=home, model=model).pk for _ in range(2)]
    shelf, line, counter = Shelf(), None, 0
    for segment in segments:
        items = []
        for keys in segment:
            if keys:
                counter += 1
                those = [reading(seq, told[w, seq][0], **told[w, seq][1]) for w, seq in keys]
                items.append(
                    check_in(pks[keys[0][0]], *those, at_s=LAST_S + counter, counter=counter)
                )
        shelf.say(*items)
        line = line or Line(shelf, 0)
        if deaths:
            with dying_at(deaths.pop(), monkeypatch):
                try:
                    with transaction.atomic():
                        line.go_round(at=NOON, wait_s=0)
                    with transaction.atomic():
                        line.record(at=NOON, now=True)
                except Killed:
                    pass
            line = Line(shelf, 0)
        else:
            line.go_round(at=NOON, wait_s=0)
    line = line or Line(shelf, 0)
    while line.go_round(at=NOON, wait_s=0):
        pass
    line.record(at=NOON, now=True)
    _compare(told, pks, len(segments))


def _compare(told: Any, pks: list[int], segments: int) -> None:
    for whose, pk in enumerate(pks):
        row = Live.objects.get(pk=pk)
        mine = {seq: values for (w, seq), (_, values) in told.items() if w == whose}
        assert row.signals == reference(told, whose)
        assert row.seq == max(mine)
        refused = sum(values.get("rsrp") == -20 for values in mine.values())
        assert row.refused == ({"rsrp": refused} if refused else {})
    kept = readings(pks, begins=NOON, ends=NOON.replace(hour=8))
    assert sorted(zip(kept.terminal.tolist(), kept.seq.tolist(), strict=True)) == sorted(
        (pks[whose], seq) for whose, seq in told
    )
    assert HistoryPart.objects.exists()
    assert set(Cursor.objects.values_list("position", flat=True)) == {segments}
