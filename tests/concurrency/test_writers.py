"""Two writers at once over one spool on PostgreSQL: nothing that a terminal said is lost, nothing counts twice."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from tests.factories import NOON, TerminalFactory
from tests.integration.telemetry.voices import check_in, reading

from tillkeeper.formats.voice.spooled import pack
from tillkeeper.kernel.actor import Actor
from tillkeeper.telemetry.errors import CursorMoved
from tillkeeper.telemetry.models import Cursor, HistoryPart, Live, StateChange, Tally
from tillkeeper.telemetry.queries.history import reading_moments
from tillkeeper.telemetry.services.writing.line import Line
from tillkeeper.telemetry.spool.opening import open_spool

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
# Each round is one segment: a check-in of every terminal, of two readings. Fewer readings than a terminal is known by.
TERMINALS, ROUNDS = 12, 30


@pytest.fixture
def spool(settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path
    settings.TILLKEEPER_LAKE = settings.TILLKEEPER_SPOOL = ""
    opened = open_spool()
    yield opened
    opened.close()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM telemetry_segment")


def _segment(terminals, number):
    items = [
        check_in(
            one.pk, reading(2 * number, number, rsrp=-90), reading(2 * number + 1, number, rsrp=-91),
            at_s=number + 1, counter=number + 1,
        )
        for one in terminals
    ]  # fmt: skip
    return pack(items)


class Turns:
    """Writers that go one round each and let the other one on, while gateways append."""

    def __init__(self, spool, terminals):
        self.spool, self.terminals = spool, terminals
        self.begun, self.said, self.over = (threading.Event() for _ in range(3))
        self.rounds = Counter()

    def gateway(self, first):
        for number in range(first, ROUNDS, 2):
            if number >= ROUNDS // 2:  # something is left for whoever comes second
                self.begun.wait(20)
            self.spool.append([(0, _segment(self.terminals, number))])
            if number % 5 == first:  # an answer was lost: it is said again
                self.spool.append([(0, _segment(self.terminals, number))])

    def writer(self, name, other):
        line = Line(self.spool, 0)
        try:
            while not self.over.is_set():
                if self.rounds[name] <= self.rounds[other] and line.holds():
                    self._turn(name, line)
                else:
                    self.over.wait(0.005)
        finally:
            connection.close()

    def _turn(self, name, line):
        if line.go_round(at=NOON, wait_s=0):
            self.rounds[name] += 1
            self.begun.set()
        line.end(at=NOON)  # writes its history and gives the shard back
        if self.said.is_set() and not self.spool.waiting(0)[0]:
            self.over.set()

    def go(self):
        with ThreadPoolExecutor(4) as pool:
            both = (("first", "second"), ("second", "first"))
            writing = [pool.submit(self.writer, *names) for names in both]
            for one in [pool.submit(self.gateway, first) for first in (0, 1)]:
                one.result(timeout=60)
            self.said.set()
            for one in writing:
                one.result(timeout=60)


def test_writers_that_take_turns_take_everything_in_once(spool):
    terminals = [TerminalFactory(state="active") for _ in range(TERMINALS)]
    turns = Turns(spool, terminals)
    turns.go()
    counted = dict(Tally.objects.values_list("code").annotate(n=Sum("count")))
    assert counted["reading"] == TERMINALS * ROUNDS * 2
    doubled = sum(number % 5 == number % 2 for number in range(ROUNDS))
    assert counted["reading_double"] == TERMINALS * doubled * 2
    assert StateChange.objects.count() == Live.objects.filter(counter=ROUNDS).count() == TERMINALS
    by, ends = Actor.system("test"), NOON.replace(year=NOON.year + 1)
    for one in terminals:
        found = reading_moments(by, one.serial, begins=NOON, ends=ends)
        assert sorted(seq for _enrolment, seq, _at in found) == list(range(2 * ROUNDS))
    assert HistoryPart.objects.exists()
    assert min(turns.rounds["first"], turns.rounds["second"]) > 0


def test_a_writer_that_woke_up_late_takes_in_nothing_that_another_has(
    spool, rival, wait_until_blocked
):
    terminals = [TerminalFactory(state="active")]
    late, present = Line(spool, 0), Line(spool, 0)
    spool.append([(0, _segment(terminals, 0))])
    late.go_round(at=NOON, wait_s=0)
    present.go_round(at=NOON, wait_s=0)
    spool.append([(0, _segment(terminals, 1))])
    with transaction.atomic():
        assert present.go_round(at=NOON, wait_s=0) == 1
        waits = rival(late.go_round, at=NOON, wait_s=0)
        wait_until_blocked()
    with pytest.raises(CursorMoved):
        waits.result(timeout=20)
    assert Tally.objects.get(code="reading").count == 4
    assert late.go_round(at=NOON, wait_s=0) == 0
    assert Cursor.objects.get(name="state").position == spool.waiting(0)[1]
