"""What the clock brings to telemetry: the sweep, the rules' rounds, actions that expire, history that is joined."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from tillkeeper.telemetry.models import Cursor
from tillkeeper.telemetry.queries.cursors import GATEWAY, STATE, policies
from tillkeeper.telemetry.services.actions.rounds import expire_actions
from tillkeeper.telemetry.services.keeping.joining import forget, join_parts
from tillkeeper.telemetry.services.raising import alert_rounds
from tillkeeper.telemetry.services.sweeping import Swept, sweep

BEHIND: Final = timedelta(
    seconds=30
)  # a writer or a gateway that is further back does not know who is silent


def short_round(*, shards: int, at: datetime) -> Swept:
    """Do what is due every ten seconds."""
    numbers = policies(on=at.date())
    swept = sweep(numbers=numbers, caught_up=_caught_up(shards, at), at=at)
    with transaction.atomic():
        alert_rounds(at=at)
    with transaction.atomic():
        expire_actions(at=at)
    return swept


def long_round(*, at: datetime) -> int:
    """Do what is due every few minutes: join files of history, forget old ones; return how many it touched."""
    return join_parts(at=at) + forget(numbers=policies(on=at.date()), at=at)


def gateway_lives(*, at: datetime) -> None:
    """Note that a gateway takes check-ins; called every ten seconds by each of them."""
    Cursor.objects.update_or_create(name=GATEWAY, shard=0, defaults={"at": at})


def _caught_up(shards: int, at: datetime) -> bool:
    """Say whether all that terminals say is heard: a gateway listens, and each shard's writer is at its end."""
    lived = {
        (row.name, row.shard): row.at for row in Cursor.objects.filter(name__in=[STATE, GATEWAY])
    }
    wanted = [(STATE, shard) for shard in range(shards)]
    if (GATEWAY, 0) in lived:  # none ever: readings come another way
        wanted.append((GATEWAY, 0))
    return all(at - lived[key] <= BEHIND if key in lived else False for key in wanted)
