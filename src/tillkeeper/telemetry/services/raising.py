"""The writer's way to alerts: readings are judged, silence is told, rounds are made. In the caller's transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from tillkeeper.engines.alerting.judging import Turn
from tillkeeper.formats.voice.faults import FAULTS
from tillkeeper.kernel.bulk import among
from tillkeeper.telemetry.heard import Batch
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import Live
from tillkeeper.telemetry.services.alerts.estate import Estate, beside, facts_of
from tillkeeper.telemetry.services.alerts.levels import level_among
from tillkeeper.telemetry.services.alerts.rounds import make_rounds
from tillkeeper.telemetry.services.alerts.rulebook import Rulebook, Written, rulebook
from tillkeeper.telemetry.services.alerts.writing import Told, clear, write_turns

CODES: Final = tuple(FAULTS)
SKEW_S: Final = "skew_s"
SILENCES: Final = frozenset({LiveState.LATE, LiveState.OFFLINE})


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a terminal's readings."""

    memory: bytes  # to be kept in its live row and handed in with its next readings
    why: list[str] = field(default_factory=list)  # codes of rules that hold and degrade it


def judge(
    batch: Batch,
    memories: Mapping[int, bytes],
    *,
    skew: Mapping[int, float] | None = None,
    at: datetime,
) -> dict[int, Judged]:
    """Judge readings by the rules in force; raise and clear alerts, set-wise.

    One small statement if nothing begins or ceases; at most eight, however many readings there are.

    Args:
        batch: readings, sorted by terminal, then `at`.
        memories: what the last call returned for each terminal; none: nothing is remembered.
        skew: seconds that each terminal's clock is ahead of ours, if it is known.
        at: now.

    Returns:
        For each terminal of the batch its new memory, and the codes of rules that hold and degrade it.
    """
    book = rulebook(at=at)
    estate = Estate(list(dict.fromkeys(batch.terminal.tolist())))
    verdicts = book.bench.judge(
        batch,
        memories,
        beside={**beside(batch, estate, book.allowed), **_skews(batch, skew or {})},
        level=level_among(book, estate, at=at),
        counts=book.where(estate),
    )
    write_turns([_told(book, turn, batch) for turn in verdicts.turns], at=at)
    why: dict[int, list[str]] = defaultdict(list)
    for terminal, number in verdicts.holding:
        if book.judged[number].degrades:
            why[terminal].append(book.judged[number].row.code)
    return {
        terminal: Judged(memory, sorted(why[terminal]))
        for terminal, memory in zip(verdicts.terminals, verdicts.memories, strict=True)
    }


def _skews(batch: Batch, skew: Mapping[int, float]) -> dict[str, NDArray[np.float64]]:
    if not skew:
        return {}
    return {SKEW_S: np.array([skew.get(one, np.nan) for one in batch.terminal.tolist()])}


def _told(book: Rulebook, turn: Turn, batch: Batch) -> Told:
    one = book.judged[turn.rule]
    said: dict[str, Any] = {"kind": one.rule.kind, **turn.said}
    signal = getattr(one.rule.terms, "signal", None) or getattr(one.rule.terms, "fails", None)
    if signal is not None:
        said["signal"] = signal
    if signal in batch.words:
        # Digests say nothing to people; the word itself does.
        said = {"kind": one.rule.kind, "signal": signal, "word": batch.words[signal][turn.reading]}
    if "fault" in said:
        said["fault"] = CODES[int(said["fault"])] if said["fault"] >= 0 else ""
    return Told(one.row, turn.terminal, turn.raised, turn.began, said)


def after_sweep(silent: Sequence[int], heard: Sequence[int], *, at: datetime) -> None:
    """Raise alerts for terminals that fell late or offline just now, clear those of terminals that came back.

    Called after the live rows were written, in the same transaction. A terminal that stands at no site may be silent.
    """
    rules = rulebook(at=at).silence()
    if not rules:
        return
    if heard:
        clear({(one.row.pk, terminal) for one in rules for terminal in heard}, at=at)
    if silent:
        write_turns(_silences(rules, silent, at), at=at)


def _silences(rules: Sequence[Written], silent: Sequence[int], at: datetime) -> list[Told]:
    rows = Live.objects.filter(pk__in=among(list(silent)))
    live = {row[0]: row[1:] for row in rows.values_list("pk", "state", "heard_at", "interval_s")}
    facts = facts_of(list(live))
    turns = []
    for terminal, (state, heard_at, interval_s) in live.items():
        known = facts.get(terminal)
        if known is None or not known.at_a_site or state not in SILENCES:
            continue
        ours = [one for one in rules if one.counts_at(known.path)]
        minutes = round((at - heard_at).total_seconds() / 60, 1)
        said = {"kind": "silence", "state": state, "minutes": minutes, "interval_s": interval_s}
        for one, holds in _holding(ours, state):
            turns.append(Told(one.row, terminal, holds, heard_at.timestamp(), said))
    return turns


def _holding(rules: Sequence[Written], state: str) -> list[tuple[Written, bool]]:
    """Return rules with whether they hold: one about terminals that are late gives way to one about offline ones."""
    by_state = [(one, getattr(one.rule.terms, "state", "")) for one in rules]
    if state == LiveState.LATE:
        return [(one, True) for one, wanted in by_state if wanted == LiveState.LATE]
    taken_over = any(wanted == LiveState.OFFLINE for _, wanted in by_state)
    return [(one, wanted == LiveState.OFFLINE or not taken_over) for one, wanted in by_state]


def alert_rounds(*, at: datetime) -> None:
    """Do what the clock brings: join, tell what is due, close groups. About every ten seconds.

    Runs in a transaction of its own if the caller holds none. Called by several writers at once, one of them does it.
    """
    with transaction.atomic():
        make_rounds(at=at)
