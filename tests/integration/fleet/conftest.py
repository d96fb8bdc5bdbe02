"""A gateway on a socket, a ledger with terminals at sites, and the writer's round."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from tests.factories import TerminalFactory
from tests.integration.cli.conftest import tillkeeper
from tests.integration.fleet.listening import Listening, listening

from tillkeeper.gateway.application import Application
from tillkeeper.gateway.door import Door
from tillkeeper.kernel.policy_defaults import seed_policies
from tillkeeper.telemetry.services.writing.line import Line
from tillkeeper.telemetry.spool.sqlite import SqliteSpool
from tillkeeper.terminals.lifecycle import State

__all__ = ["tillkeeper"]


@pytest.fixture
def spool_path(tmp_path):
    return tmp_path / "spool.sqlite3"


@pytest.fixture
def gateway(transactional_db, spool_path) -> Iterator[Listening]:
    """The gateway, listening."""
    seed_policies()
    made = listening(Application(Door(SqliteSpool(spool_path), 1)))
    yield made
    made.close()


@pytest.fixture
def write(spool_path, settings, tmp_path) -> Callable[[], None]:
    """Let the writer take in everything that waits."""
    settings.TILLKEEPER_VAR = tmp_path

    def go() -> None:
        spool = SqliteSpool(spool_path)
        line = Line(spool, 0)
        try:
            assert line.holds()
            while line.go_round(at=datetime.now(UTC), wait_s=0):
                pass
            line.record(at=datetime.now(UTC), now=True)
        finally:
            line.end(at=datetime.now(UTC))
            spool.close()

    return go


@pytest.fixture
def serving(branch):
    """Return a function that puts terminals to work at sites."""

    def go(count: int) -> list[str]:
        return [TerminalFactory(state=State.ACTIVE, home=branch).serial for _ in range(count)]

    return go
