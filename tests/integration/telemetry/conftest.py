"""Real servers for the tests of this room: where none runs, the tests that need it are left out and say so."""

import os
import socket
from urllib.parse import urlsplit

import pytest

NATS = os.environ.get("TILLKEEPER_TEST_NATS", "nats://127.0.0.1:4222")
MQTT = os.environ.get("TILLKEEPER_TEST_MQTT", "mqtt://127.0.0.1:1883")


def _answers(address: str) -> bool:
    url = urlsplit(address)
    try:
        socket.create_connection((url.hostname, url.port), timeout=2).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def nats_server() -> str:
    """A NATS server with JetStream."""
    if not _answers(NATS):
        pytest.skip(f"no NATS server at {NATS}")
    return NATS


@pytest.fixture(scope="session")
def mqtt_broker() -> str:
    """An MQTT 5 broker."""
    if not _answers(MQTT):
        pytest.skip(f"no MQTT broker at {MQTT}")
    return MQTT
