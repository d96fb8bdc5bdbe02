"""Readings in columns, rules and terminals, for the tests of alerts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from tests.factories import NOON, TerminalFactory

from tillkeeper.formats.voice.signals import WORDS
from tillkeeper.telemetry.heard import Batch
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import AlertRule, Live
from tillkeeper.telemetry.services.raising import judge
from tillkeeper.terminals.lifecycle import State


def batch_of(rows: Sequence[tuple[int, datetime, Mapping[str, Any]]]) -> Batch:
    """A batch of (terminal, moment, values)."""
    rows = sorted(rows, key=lambda row: row[:2])
    names = {name for _, _, values in rows for name in values}
    moments = np.array([at.timestamp() for _, at, _ in rows])
    return Batch(
        terminal=np.array([terminal for terminal, _, _ in rows], np.int64),
        seq=np.arange(len(rows)),
        at=moments,
        received=moments,
        values={
            name: np.array([float(values.get(name, np.nan)) for _, _, values in rows])
            for name in names - set(WORDS)
        },
        words={name: [values.get(name) for _, _, values in rows] for name in names & set(WORDS)},
        enrolment=np.ones(len(rows), np.int64),
    )


class Ear:
    """Hears readings and keeps the memories, as the writer does."""

    def __init__(self) -> None:
        self.memories: dict[int, bytes] = {}
        self.why: dict[int, list[str]] = {}

    def hear(self, *rows: tuple[Any, datetime, Mapping[str, Any]], **more: Any) -> None:
        told = [(getattr(one, "pk", one), at, values) for one, at, values in rows]
        at = max(row[1] for row in told)
        judged = judge(batch_of(told), self.memories, at=at, **more)
        self.memories |= {terminal: one.memory for terminal, one in judged.items()}
        self.why |= {terminal: one.why for terminal, one in judged.items()}


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def rule(code: str, spec: Mapping[str, Any], **facts: Any) -> AlertRule:
    node = facts.pop("at_node", None)
    return AlertRule.objects.create(
        **{
            "organisation": node,
            "path": node.path if node else "",
            "code": code,
            "name": code,
            "spec": dict(spec),
            "severity": "warning",
            "by": "test",
            "at": NOON - timedelta(days=1),
            **facts,
        }
    )


def terminal_at(site: Any = None, *, carrier: str = "", version: str = "", **facts: Any) -> Any:
    """An active terminal that was heard at noon."""
    if site is not None:
        facts |= {"site": site, "home": site.merchant.organisation.parent}
    made = TerminalFactory(state=State.ACTIVE, **facts)
    live(made, carrier=carrier, app_version=version)
    return made


def live(terminal: Any, **facts: Any) -> Live:
    return Live.objects.create(
        **{
            "terminal": terminal,
            "state": LiveState.ONLINE,
            "since": NOON,
            "heard_at": NOON,
            "interval_s": 300,
            **facts,
        }
    )
