"""What a terminal sends is kept before it is answered, once, and what waits for it goes out in the answer."""

import time
from datetime import UTC, datetime

import pytest
from tests.integration.gateway.asking import Client
from tests.integration.telemetry.speaking import ms

from tillkeeper.formats.voice.spooled import (
    SpooledCheckIn,
    SpooledDoubt,
    SpooledResult,
    SpooledSent,
    unpack,
)
from tillkeeper.gateway.application import Application
from tillkeeper.gateway.door import Door
from tillkeeper.kernel.actor import Actor
from tillkeeper.telemetry.errors import SpoolUnreachable
from tillkeeper.telemetry.models import Live
from tillkeeper.telemetry.queries.waiting import Deed
from tillkeeper.telemetry.services.enrolments import revoke
from tillkeeper.terminals.lifecycle import Step
from tillkeeper.terminals.services.steps import Order, take_step


def check_in(counter, *seqs, **values):
    now = int(time.time() * 1000)
    readings = [
        {"seq": seq, "at": now - 1000 * place, "values": values or {"battery_level": 80.5}}
        for place, seq in enumerate(seqs or (counter,))
    ]
    return {"counter": counter, "clock": now, "readings": readings}


def kept(spool):
    return [
        item
        for segment in spool.read(0, after=0, limit=999, wait_s=0)
        for item in unpack(segment.body)
    ]


@pytest.mark.parametrize("kind", ["application/json", "application/msgpack"])
def test_a_check_in_is_in_the_spool_when_it_is_answered(kind, ask, terminal, spool):
    _voice, token, key = terminal
    said = check_in(1, 1, 2, battery_level=41.5, charging=True, carrier="mobile", nothing=None)
    answer = ask("check-in", said | {"of_the_future": [1]}, token=token, kind=kind)
    assert (answer.status, answer.headers["content-type"]) == (200, kind)
    (item,) = kept(spool)
    assert isinstance(item, SpooledCheckIn)
    assert (item.terminal, item.said.counter, item.interval_s) == (key, 1, 300)
    assert item.said.readings[1].values == said["readings"][1]["values"]
    assert abs(answer.said["time"] - time.time() * 1000) < 5_000
    assert 150_000 <= answer.said["after_ms"] <= 450_000
    assert (answer.said["interval_s"], answer.said["actions"]) == (300, [])


def test_the_same_check_in_again_is_answered_and_kept_once(ask, terminal, spool):
    _voice, token, _key = terminal
    said = check_in(5)
    assert [ask("check-in", said, token=token).status for _ in range(3)] == [200] * 3
    assert len(kept(spool)) == 1
    # its clock goes on, and nothing else
    assert ask("check-in", said | {"clock": said["clock"] + 9000}, token=token).status == 200
    assert len(kept(spool)) == 1


def test_a_counter_that_goes_back_or_comes_with_other_readings_is_refused_and_doubted(
    ask, terminal, spool
):
    _voice, token, key = terminal
    ask("check-in", check_in(5), token=token)
    back = ask("check-in", check_in(4, 9), token=token)
    again = ask("check-in", check_in(5, 7, 8), token=token)
    assert (back.status, back.code) == (409, "counter_backwards")
    assert (again.status, again.code) == (409, "counter_reused")
    doubts = [item for item in kept(spool) if isinstance(item, SpooledDoubt)]
    assert [(d.terminal, d.code, d.seen, d.expected) for d in doubts] == [
        (key, "counter_backwards", 4, 5),
        (key, "counter_reused", 5, 5),
    ]
    assert ask("check-in", check_in(6), token=token).status == 200


def test_what_was_not_kept_is_not_known_and_is_taken_when_it_comes_again(
    ask, terminal, spool, monkeypatch
):
    _voice, token, _key = terminal
    said = check_in(1)
    keeper = ask.door.keeper
    good = keeper._spool

    class Full:
        def append(self, bodies):
            raise SpoolUnreachable(why="the disk is full")

    keeper._spool = Full()
    for _ in range(3):
        answer = ask("check-in", said, token=token)
        assert (answer.status, answer.code) == (503, "not_kept")
        assert 5 <= answer.said["after_s"] <= 300
    assert ask("health", method="GET").status == 503
    keeper._spool = good
    assert kept(spool) == []
    time.sleep(1.1)
    answer = ask("check-in", said, token=token)
    assert (answer.status, len(kept(spool))) == (200, 1)
    assert ask("health", method="GET").said["status"] == "ok"


def test_after_an_outage_the_herd_is_spread_over_an_interval(ask, enrolled, terminal):
    _voice, token, _key = terminal
    after = [
        answer.said["after_ms"]
        for answer in ask.many(
            ("check-in", check_in(number), {"token": token}) for number in range(1, 50)
        )
        if answer.status == 200
    ]
    assert max(after) - min(after) > 150_000
    ask.door._opened_at -= 10_000
    calm = ask("check-in", check_in(99), token=token).said["after_ms"]
    assert 270_000 <= calm <= 330_000


def test_many_at_once_share_a_commit(ask, enrolled, spool):
    tokens = [enrolled()[1] for _ in range(4)]
    requests = [
        ("check-in", check_in(number), {"token": token})
        for token in tokens
        for number in range(1, 11)
    ]
    statuses = {answer.status for answer in ask.many(requests)}
    assert statuses <= {200, 409}  # numbers of one terminal overtake each other
    segments = spool.read(0, after=0, limit=999, wait_s=0)
    assert len(segments) < 40


def test_counters_survive_the_gateway(ask, terminal, branch, tmp_path, spool):
    voice, token, key = terminal
    Live.objects.create(
        terminal_id=key,
        state="online",
        since=datetime.now(UTC),
        heard_at=datetime.now(UTC),
        interval_s=300,
        counter=70,
        enrolment_id=int(voice.enrolment),
    )
    from tillkeeper.telemetry.spool.sqlite import SqliteSpool

    second = Client(Application(Door(SqliteSpool(tmp_path / "spool.sqlite3"), 1)))
    second.open()
    assert second("check-in", check_in(69), token=token).code == "counter_backwards"
    assert second("check-in", check_in(70), token=token).status == 200
    assert second("check-in", check_in(71), token=token).status == 200
    second.close()


def test_what_waits_goes_out_is_noted_and_goes_out_no_more_once_answered(
    ask, terminal, spool, monkeypatch
):
    _voice, token, key = terminal
    now = time.time()
    deed = Deed("A-1", "reboot", {"soon": True}, now + 600)
    ask.door.refresher.stop()
    monkeypatch.setattr(
        ask.door.refresher.actions, "due", lambda who, at, most: [(8, deed)] if who == key else []
    )
    first = ask("check-in", check_in(1), token=token).said["actions"]
    assert first == [
        {
            "id": "8",
            "kind": "reboot",
            "arguments": {"soon": True},
            "expires": int((now + 600) * 1000),
        }
    ]
    assert ask("check-in", check_in(2), token=token).said["actions"] == first  # not answered yet
    result = {"outcome": "confirmed", "clock": ms(datetime.now(UTC)), "facts": {"took_s": 3}}
    answer = ask("actions/8/result", result, token=token)
    assert (answer.status, set(answer.said)) == (200, {"time"})
    assert ask("check-in", check_in(3), token=token).said["actions"] == []
    sent = [item.actions for item in kept(spool) if isinstance(item, SpooledSent)]
    (word,) = [item for item in kept(spool) if isinstance(item, SpooledResult)]
    assert sent == [[8], [8]]
    assert (word.terminal, word.action, word.said.outcome) == (key, 8, "confirmed")


def test_a_revoked_terminal_is_refused_within_a_second(ask, terminal):
    voice, token, _key = terminal
    assert ask("check-in", check_in(1), token=token).status == 200
    revoke(serial=voice.serial, why="stolen", by=Actor.system("test"), at=datetime.now(UTC))
    time.sleep(1.0)
    answer = ask("check-in", check_in(2), token=token)
    assert (answer.status, answer.code) == (403, "enrolment_revoked")


def test_a_lost_terminal_is_refused_within_a_second_with_no_worker_running(ask, terminal):
    voice, token, _key = terminal
    assert ask("check-in", check_in(1), token=token).status == 200
    order = Order(why="stolen from the van")
    step, by, at = Step.REPORT_LOST, Actor.system("test"), datetime.now(UTC)
    take_step(serial=voice.serial, step=step, order=order, by=by, at=at)
    time.sleep(1.0)
    answer = ask("check-in", check_in(2), token=token)
    assert (answer.status, answer.code) == (403, "enrolment_revoked")
    answer = ask("token", voice.ask(datetime.now(UTC)))
    assert (answer.status, answer.code) == (403, "enrolment_revoked")


def test_the_next_token_is_asked_for_and_works(ask, terminal):
    voice, token, _key = terminal
    answer = ask("token", voice.ask(datetime.now(UTC)))
    assert answer.status == 200
    assert answer.said["expires_s"] == 3600
    assert ask("check-in", check_in(1), token=answer.said["token"]).status == 200
    assert ask("check-in", check_in(2), token=token).status == 200
