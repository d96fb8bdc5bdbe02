"""A gateway in the process, with a spool in a folder, and terminals that speak to it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tests.factories import TerminalFactory
from tests.integration.gateway.asking import Client
from tests.integration.telemetry.conftest import mqtt_broker, nats_server
from tests.integration.telemetry.speaking import Voice

from tillkeeper.gateway.application import Application
from tillkeeper.gateway.door import Door
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.policy_defaults import seed_policies
from tillkeeper.telemetry.services.enrolments import make_code
from tillkeeper.telemetry.spool.sqlite import SqliteSpool
from tillkeeper.terminals.lifecycle import State

__all__ = ["mqtt_broker", "nats_server"]


@pytest.fixture
def spool(tmp_path) -> Iterator[SqliteSpool]:
    """What the gateway writes to, as the writer would read it."""
    reading = SqliteSpool(tmp_path / "spool.sqlite3")
    yield reading
    reading.close()


@pytest.fixture
def ask(transactional_db, tmp_path) -> Iterator[Client]:
    """An open gateway."""
    seed_policies()
    client = Client(Application(Door(SqliteSpool(tmp_path / "spool.sqlite3"), 1)))
    client.open()
    yield client
    client.close()


@pytest.fixture
def enrolled(ask, branch):
    """Return a function that makes a terminal, enrols it through the door, and returns it as (voice, token, key)."""

    def go() -> tuple[Voice, str, int]:
        terminal = TerminalFactory(state=State.IN_STOCK, organisation=branch)
        voice, at = Voice(terminal.serial), datetime.now(UTC)
        code = make_code(serial=terminal.serial, by=Actor.system("test"), at=at).code
        answer = ask("enrol", voice.enrol(code, at))
        assert answer.status == 200, answer.said
        voice.enrolment = answer.said["enrolment"]
        return voice, answer.said["token"], terminal.pk

    return go


@pytest.fixture
def terminal(enrolled) -> tuple[Voice, str, int]:
    """One enrolled terminal."""
    return enrolled()
