"""What the doctor looks at on the terminals' side: the gateway answers, the spool is reached, the writer keeps up."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from typing import Final

from django.conf import settings
from django.utils.timezone import now
from django.utils.translation import gettext as _

from tillkeeper.cli.answers import sentence
from tillkeeper.cli.findings import Finding, fine, note, problem
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.telemetry.queries.cursors import ShardHealth, writer_health
from tillkeeper.telemetry.spool.opening import open_spool

WAIT_S: Final = 3
ALIVE: Final = timedelta(seconds=60)
BACKLOG: Final = 1_000  # segments: some minutes of a large estate
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  only compared


def checkup() -> Iterator[Finding]:
    """Yield what is found."""
    yield from gateway()
    yield from spool()


def gateway() -> Iterator[Finding]:
    """The gateway answers where the settings say."""
    host, port = settings.TILLKEEPER_DEVICE_HOST, settings.TILLKEEPER_DEVICE_PORT
    line = HTTPConnection(EVERYWHERE.get(host, host), port, timeout=WAIT_S)
    try:
        line.request("GET", "/device/v1/health")
        answer = line.getresponse()
        told = json.loads(answer.read(65_536))
        healthy = answer.status == 200 and isinstance(told, dict)
    except (OSError, HTTPException, ValueError):
        says = _("No gateway answers at %(host)s:%(port)s: terminals are not heard.")
        yield note("gateway", says % {"host": host, "port": port}, "tillkeeper up")
        return
    finally:
        line.close()
    if healthy:
        yield fine("gateway", f"{host}:{port}")
    else:
        says = _("The gateway at %(host)s:%(port)s cannot keep what terminals send.")
        mend = _("Look at the spool below; terminals keep their readings and come again.")
        yield problem("gateway", says % {"host": host, "port": port}, mend)


def spool() -> Iterator[Finding]:
    """The spool can be reached, and its writers read it."""
    opened = None
    try:
        opened = open_spool()
        shards = writer_health(opened, settings.TILLKEEPER_SPOOL_SHARDS)
    except TillkeeperError as error:
        yield problem("spool", sentence(error), _("Start it, or correct TILLKEEPER_SPOOL."))
        return
    finally:
        if opened is not None:
            opened.close()
    for shard in shards:
        yield _writer(shard)


def _writer(shard: ShardHealth) -> Finding:
    behind = max(0, shard.newest - shard.position)
    facts = {"shard": shard.shard, "n": behind}
    if shard.lived_at is None and not behind:
        return fine("writer", _("nothing was heard yet"))
    if shard.lived_at is None or now() - shard.lived_at > ALIVE:
        says = _("No writer works on part %(shard)s; %(n)s segments wait.") % facts
        report = problem if behind else note
        return report("writer", says, "tillkeeper writer")
    if behind > BACKLOG:
        says = _("The writer of part %(shard)s is %(n)s segments behind.") % facts
        return note(
            "writer", says, _("Give it a machine of its own, or more TILLKEEPER_SPOOL_SHARDS.")
        )
    return fine("writer", _("part %(shard)s: %(n)s segments wait") % facts)
