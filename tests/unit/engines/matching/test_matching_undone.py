"""What was charged and taken back is set aside early; that it is, changes no answer."""

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engines.matching.days import (
    AS_OF,
    NOON,
    around,
    charge,
    frame,
    sale,
    stored,
    taken_back,
    undone,
    verdicts,
)

from tillkeeper.engines.matching import run
from tillkeeper.engines.matching.agreeing import Mark, Side
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.store import opened
from tillkeeper.engines.matching.undone import set_undone_aside
from tillkeeper.formats.canonical.tables import Role

LATER = date(2026, 11, 19)
# What either side says of one payment that was taken back, usual or odd.
FATES = {
    "usual": lambda n: ([undone(n)], [charge(n), taken_back(n)]),
    "its own number": lambda n: ([undone(n)], [charge(n), taken_back(n, original_trace="")]),
    "pending": lambda n: ([undone(n, "reversal_pending")], [charge(n), taken_back(n)]),
    "closed before": lambda n: ([undone(n, reversed_at=NOON + timedelta(hours=11))], [charge(n), taken_back(n)]),
    "answered too late": lambda n: ([undone(n, reversal_answer="95")], [charge(n), taken_back(n)]),
    "settled later": lambda n: ([undone(n)], [charge(n), taken_back(n, settled_on=LATER)]),
    "charged twice": lambda n: ([undone(n)], [charge(n), charge(n, line=7_000 + n), taken_back(n)]),
    "taken back twice": lambda n: ([undone(n)], [charge(n), taken_back(n), taken_back(n, line=8_000 + n)]),
    "another amount": lambda n: ([undone(n)], [charge(n), taken_back(n, amount_minor=1)]),
    "another batch": lambda n: ([undone(n)], [charge(n, batch="000018"), taken_back(n, batch="000018")]),
    "never taken back": lambda n: ([undone(n)], [charge(n)]),
    "never charged": lambda n: ([undone(n)], []),
    "not in the journal": lambda n: ([], [charge(n), taken_back(n)]),
    "approved": lambda n: ([sale(n)], [charge(n), taken_back(n)]),
    "declined": lambda n: ([sale(n, state="declined", slip="none")], [charge(n), taken_back(n)]),
    "agreed": lambda n: ([sale(n)], [charge(n)]),
}  # fmt: skip


def sides(folder, journal, bill):
    return [
        stored(folder, role, frame(rows, role))
        for role, rows in ((Role.JOURNAL, journal), (Role.BILL, bill))
    ]


def outcome(sources):
    return run.match([sources[0]], [sources[1]], [], rules=Rules.sound(), as_of=AS_OF)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(sorted(FATES)), min_size=1, max_size=12))
def test_setting_aside_changes_no_answer(fates):
    journal, bill = around(*range(1, 13))
    for number, fate in enumerate(fates, start=1):
        mine, theirs = FATES[fate](number)
        journal, bill = journal + mine, bill + theirs
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        sources = sides(Path(folder), journal or [sale(99)], bill or [charge(99)])
        early = outcome(sources)
        patch.setattr(run, "set_undone_aside", lambda journal, bill: None)
        late = outcome(sources)
    assert early.differences.equals(late.differences)
    assert early.summary == late.summary


@pytest.mark.parametrize(
    ("fate", "aside"),
    [
        (fate, fate in {"usual", "pending", "another batch"})
        for fate in FATES
        if fate != "its own number"
    ],
)
def test_only_what_stands_number_by_number_is_set_aside(fate, aside, tmp_path):
    mine, theirs = FATES[fate](3)
    rows = [sale(1), *mine], [charge(1), *theirs]
    opened_sides = [
        Side([opened(source, role, aside=tmp_path / f"aside-{role}")])
        for source, role in zip(sides(tmp_path, *rows), (Role.JOURNAL, Role.BILL), strict=True)
    ]
    set_undone_aside(*opened_sides)
    assert [side.count(Mark.UNDONE) for side in opened_sides] == ([1, 2] if aside else [0, 0])


def test_a_day_of_them_agrees(tmp_path):
    journal, bill = around()
    for number in range(20, 40):
        journal, bill = [*journal, undone(number)], [*bill, charge(number), taken_back(number)]
    told = outcome(sides(tmp_path, journal, bill))
    assert verdicts(told) == []
    assert told.summary["rows"]["bill"]["without_difference"] == 40
