"""The board's stream, spoken to as a server would: who may listen, what comes, and how it ends."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from tests.factories import LiveFactory, PersonFactory

from tillkeeper.kernel.actor import Scope
from tillkeeper.web.live import beat as beats
from tillkeeper.web.live import streams as doors
from tillkeeper.web.live.streams import Origin, Streams, seen_by

BOARD = "/live/board"


class Listener:
    """A reader of one stream: what was sent to it, and how it leaves."""

    def __init__(self, app, scope):
        self.sent: list[dict] = []
        self._left = asyncio.Event()
        self._came = asyncio.Event()
        self._task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self):
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        self.sent.append(message)
        self._came.set()

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def text(self):
        return b"".join(m.get("body", b"") for m in self.sent).decode()

    async def until(self, true: Callable[[], bool]):
        async with asyncio.timeout(20):
            while not true():
                self._came.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._came.wait(), 0.2)

    async def over(self):
        async with asyncio.timeout(20):
            await self._task

    async def leave(self):
        self._left.set()
        await self.over()


def asked(cookie="", path=BOARD, method="GET", host=b"testserver"):
    headers = [(b"host", host)]
    if cookie:
        headers.append((b"cookie", f"sessionid={cookie}".encode()))
    return {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}


@pytest.fixture
def quick(monkeypatch):
    """A beat that tests need not wait for."""
    monkeypatch.setattr(beats, "BEAT_S", 0.05)
    monkeypatch.setattr(beats, "SAME_S", 0.1)


@pytest.fixture
def streams(monkeypatch):
    """Streams whose questions are asked with the test's own connection."""

    class Here:
        async def ask(self, question, *given):
            return await sync_to_async(question, thread_sensitive=True)(*given)

    monkeypatch.setattr(doors, "Asking", Here)
    return Streams()


@pytest.fixture
def cookie(desk):
    return desk.cookies["sessionid"].value


def run(told):
    """Run a conversation on a loop of its own; the database is asked in this very thread."""
    from asgiref.sync import async_to_sync

    async_to_sync(told)()


def test_whoever_is_signed_in_gets_the_numbers_and_then_what_changed(
    streams, cookie, quick, branch, monkeypatch
):
    row = LiveFactory(terminal__home=branch)
    from tillkeeper.web.live import numbers

    everything = {name: (ask, 0.0) for name, (ask, _pace) in numbers.PARTS.items()}
    monkeypatch.setattr(numbers, "PARTS", everything)
    monkeypatch.setattr(numbers, "REST", 0)

    async def told():
        reader = Listener(streams, asked(cookie))
        await reader.until(lambda: "event: numbers" in reader.text)
        assert reader.status == 200
        headers = dict(reader.sent[0]["headers"])
        assert headers[b"content-type"] == b"text/event-stream"
        assert headers[b"content-encoding"] == b"identity"
        first = json.loads(reader.text.partition("data: ")[2].partition("\n")[0])
        assert first["counts"]["online"] == 1

        def change():
            row.state = "late"
            row.save()

        await sync_to_async(change)()
        await reader.until(lambda: '"late":1' in reader.text)
        last = json.loads(reader.text.rsplit("event: numbers\ndata: ", 1)[1].partition("\n")[0])
        assert "alerts" not in last  # only what changed
        assert streams.beat.readers == 1
        await reader.leave()
        assert streams.beat.readers == 0

    run(told)


def test_silence_is_told_too(streams, cookie, quick, branch):
    LiveFactory(terminal__home=branch)

    async def told():
        reader = Listener(streams, asked(cookie))
        await reader.until(lambda: "event: same" in reader.text)
        await reader.leave()

    run(told)


def test_people_who_see_the_same_share_the_numbers(streams, cookie, quick, branch):
    async def told():
        readers = [Listener(streams, asked(cookie)) for _ in range(3)]
        for reader in readers:
            await reader.until(lambda reader=reader: "event: numbers" in reader.text)
        assert len(streams.beat._watched) == 1
        for reader in readers:
            await reader.leave()

    run(told)


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({}, 401),
        ({"cookie": "nobodys"}, 401),
        ({"path": "/live/elsewhere"}, 404),
        ({"method": "POST"}, 404),
        ({"host": b"evil.example"}, 400),
    ],
)
def test_everybody_else_is_refused(facts, status, streams, db):
    async def told():
        reader = Listener(streams, asked(**facts))
        await reader.over()
        assert reader.status == status

    run(told)


def test_without_the_right_to_look_nothing_streams(streams, visit, db):
    from tillkeeper.parties.queries import actor_of

    client = visit(actor_of(PersonFactory(), source="test"))
    assert seen_by(asked(client.cookies["sessionid"].value)) == Scope(())


def test_a_stream_ends_when_the_session_does(streams, cookie, desk, quick, branch, monkeypatch):
    monkeypatch.setattr(doors, "RECHECK_S", 0.2)

    async def told():
        reader = Listener(streams, asked(cookie))
        await reader.until(lambda: "retry:" in reader.text)
        await sync_to_async(desk.logout)()
        await reader.over()
        assert "event: signed_out" in reader.text
        assert reader.sent[-1] == {"type": "http.response.body", "body": b""}

    run(told)


def test_streams_end_when_the_server_stops(streams, cookie, branch):
    async def told():
        reader = Listener(streams, asked(cookie))
        await reader.until(lambda: "retry:" in reader.text)
        streams.end()
        await reader.over()
        assert streams.beat.readers == 0

    run(told)


def test_too_many_streams_are_refused(streams, cookie, branch, monkeypatch):
    monkeypatch.setattr(doors, "MOST", 0)

    async def told():
        reader = Listener(streams, asked(cookie))
        await reader.over()
        assert reader.status == 503

    run(told)


def test_all_else_goes_to_the_pages_without_forged_headers():
    met = []

    async def pages(scope, receive, send):
        met.append((scope["headers"], await receive()))

    async def gone():
        return {"type": "http.request", "body": b"half", "more_body": True}

    async def told():
        scope = asked(path="/terminals/") | {
            "headers": [(b"x_forwarded_for", b"1.2.3.4"), (b"accept", b"*/*")]
        }
        await Origin(streams=pages, pages=pages)(scope, gone, None)

    run(told)
    assert met == [
        ([(b"accept", b"*/*")], {"type": "http.request", "body": b"half", "more_body": True})
    ]


def test_a_lost_connection_is_not_the_end_of_a_body():
    async def pages(scope, receive, send):
        await receive()

    async def lost():
        return {"type": "http.disconnect"}

    async def told():
        with pytest.raises(ConnectionAbortedError):
            await Origin(streams=pages, pages=pages)(asked(path="/imports/"), lost, None)

    run(told)


def test_the_database_is_asked_with_a_connection_that_is_alive():
    async def told():
        asking = beats.Asking()
        assert await asking.ask(lambda: connection.vendor) == connection.vendor
        await asyncio.to_thread(asking.end)

    asyncio.run(told())
