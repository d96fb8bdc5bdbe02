"""The same messages over MQTT 5, through a real broker."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import aiomqtt
import msgspec
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from tests.factories import TerminalFactory
from tests.integration.gateway.asking import Client
from tests.integration.gateway.test_check_ins import check_in, kept
from tests.integration.telemetry.speaking import Voice

from tillkeeper.gateway.application import Application
from tillkeeper.gateway.door import Door
from tillkeeper.gateway.mqtt import ASKED
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.policy_defaults import seed_policies
from tillkeeper.telemetry.services.enrolments import make_code
from tillkeeper.telemetry.spool.sqlite import SqliteSpool
from tillkeeper.terminals.lifecycle import State

ROOT = "tillkeeper/v1"


@pytest.fixture
def gateway(transactional_db, tmp_path, mqtt_broker):
    """An open gateway that listens at the broker too."""
    seed_policies()
    client = Client(Application(Door(SqliteSpool(tmp_path / "spool.sqlite3"), 1), mqtt_broker))
    client.open()
    client._loop.run_until_complete(
        asyncio.wait_for(client._application._second.listening.wait(), 20)
    )
    yield client
    client.close()


@pytest.fixture
def say(gateway, mqtt_broker):
    """Return a function that publishes as a terminal and returns (status, message, topic)."""
    url = urlsplit(mqtt_broker)

    async def go(serial, what, body, kind, user, answer):
        number = uuid4().bytes
        async with aiomqtt.Client(
            url.hostname, url.port, protocol=aiomqtt.ProtocolVersion.V5
        ) as client:
            await client.subscribe(f"{ROOT}/{serial}/#", qos=1)
            told = Properties(PacketTypes.PUBLISH)
            told.CorrelationData = number
            if kind:
                told.ContentType = kind
            if answer:
                told.ResponseTopic = answer
            told.UserProperty = list(user.items())
            await client.publish(f"{ROOT}/{serial}/{what}", body, qos=1, properties=told)
            async with asyncio.timeout(20):
                async for message in client.messages:
                    facts = dict(getattr(message.properties, "UserProperty", ()))
                    mine = getattr(message.properties, "CorrelationData", b"") == number
                    if mine and "status" in facts:
                        return facts["status"], message
        raise AssertionError("no answer")

    def publish(serial, what, message, *, kind="application/json", answer="", **user):
        encode = msgspec.msgpack if kind.endswith("msgpack") else msgspec.json
        body = message if isinstance(message, bytes) else encode.encode(message)
        status, got = gateway._loop.run_until_complete(go(serial, what, body, kind, user, answer))
        return int(status), encode.decode(got.payload), str(got.topic)

    return publish


@pytest.fixture
def voice(gateway, branch):
    return Voice(TerminalFactory(state=State.IN_STOCK, organisation=branch).serial)


@pytest.fixture
def token(say, voice):
    at = datetime.now(UTC)
    code = make_code(serial=voice.serial, by=Actor.system("test"), at=at).code
    status, said, _topic = say(voice.serial, "enrol", voice.enrol(code, at))
    assert status == 200, said
    voice.enrolment = said["enrolment"]
    return said["token"]


@pytest.mark.parametrize("kind", ["application/json", "application/msgpack"])
def test_a_terminal_enrols_checks_in_and_answers_over_the_broker(kind, say, voice, token, tmp_path):
    answer = f"{ROOT}/{voice.serial}/mine"
    status, said, topic = say(
        voice.serial, "check-in", check_in(1), kind=kind, token=token, answer=answer
    )
    assert (status, topic, said["interval_s"]) == (200, answer, 300)
    result = {"outcome": "failed", "clock": 1, "code": "no_paper"}
    assert say(voice.serial, "result/77", result, kind=kind, token=token)[0] == 200
    fresh = say(voice.serial, "token", voice.ask(datetime.now(UTC)), kind=kind)[1]["token"]
    assert say(voice.serial, "check-in", check_in(2), kind=kind, token=fresh)[0] == 200
    spool = SqliteSpool(tmp_path / "spool.sqlite3")
    first, word, second = kept(spool)
    spool.close()
    assert (first.said.counter, word.action, second.said.counter) == (1, 77, 2)


def test_what_is_refused_over_http_is_refused_here_alike(say, voice, token, branch):
    other = TerminalFactory(state=State.IN_STOCK, organisation=branch).serial
    for message, user, code in (
        (check_in(1), {}, "token_missing"),
        (check_in(1), {"token": "x"}, "token_invalid"),
        (b"{", {"token": token}, "truncated"),
        (b" " * 300_000, {"token": token}, "too_large"),
        ({"counter": 1}, {"token": token}, "invalid"),
    ):
        assert say(voice.serial, "check-in", message, **user)[1]["code"] == code
    assert say(other, "check-in", check_in(1), token=token)[1]["code"] == "token_invalid"
    assert say(voice.serial, "check-in", b"x", kind="text/xml")[1]["code"] == "unsupported_type"


def test_an_answer_never_leaves_the_terminals_own_topics(say, voice, token, branch):
    for wished in (f"{ROOT}/OTHER/answer", "$SYS/x", f"{ROOT}/{voice.serial}/check-in"):
        topic = say(voice.serial, "token", voice.ask(datetime.now(UTC)), answer=wished)[2]
        assert topic == f"{ROOT}/{voice.serial}/answer"


def test_a_lost_broker_is_come_back_to(gateway, say, voice, token, monkeypatch):
    second = gateway._application._second
    monkeypatch.setattr("tillkeeper.gateway.mqtt.AGAIN_S", (0.1, 0.2))
    (running,) = [
        task for task in asyncio.all_tasks(gateway._loop) if "SecondDoor.run" in repr(task)
    ]

    async def fall_and_rise() -> None:
        assert not running.done()
        client = second._now._client
        client.disconnect()
        second.listening.clear()
        await asyncio.wait_for(second.listening.wait(), 20)

    gateway._loop.run_until_complete(fall_and_rise())
    assert say(voice.serial, "check-in", check_in(1), token=token)[0] == 200


def test_the_page_for_vendors_names_every_topic_and_no_other():
    page = (Path(__file__).parents[3] / "docs/reference/device-protocol.md").read_text("utf-8")
    named = set(re.findall(r"^\| `tillkeeper/v1/\{serial\}/([^`]+)`", page, re.MULTILINE))
    assert named == {what.replace("+", "{id}") for what in ASKED}
