"""What is usual among peers: medians and shares over a sample of the live rows, looked at every ten minutes."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np
from django.db.models import Max, Min

from tillkeeper.engines.alerting.counts import Ratio
from tillkeeper.engines.alerting.courses import Change, Peers
from tillkeeper.engines.alerting.judging import digest
from tillkeeper.engines.alerting.looks import Floats, Ints
from tillkeeper.kernel.bulk import among
from tillkeeper.telemetry.models import Live
from tillkeeper.telemetry.services.alerts.estate import Estate, facts_of
from tillkeeper.telemetry.services.alerts.rulebook import Levels, Rulebook, Written, key_of

SAMPLE: Final = 5_000  # terminals
LEAST_TRIED: Final = 200  # attempts of all peers together
LEAST_PEERS: Final = 20
LEAST_ALIKE: Final = 0.6  # of the peers say the usual word
HEAD_SHARE: Final = 0.95  # the worst ones do not say what is usual
Signals = Mapping[str, Any]


def level_among(book: Rulebook, estate: Estate, *, at: datetime) -> Any:
    """Return the question what is usual among a terminal's peers, for the engine."""

    def level(rule: str, terminals: Ints) -> tuple[Floats, Floats]:
        if book.stale_levels(at):
            book.levels, book.levels_of = look_around(book.judged, at=at), at
        one, known = book.by_key[rule], estate.known
        keys = [key_of(one, known.get(terminal)) for terminal in terminals.tolist()]
        unknown = (np.nan, np.nan)
        found = np.array([book.levels.get((rule, key), unknown) for key in keys])
        return found[:, 0], found[:, 1]

    return level


def look_around(rules: Iterable[Written], *, at: datetime) -> Levels:
    """Return what is usual, for each rule that compares with peers and each group of peers; three statements."""
    wanted = [one for one in rules if _compares(one)]
    if not wanted:
        return {}
    sample = _sample(at)
    facts = facts_of(list(sample))
    levels: Levels = {}
    for one in wanted:
        peers: dict[str, list[Signals]] = defaultdict(list)
        for terminal, signals in sample.items():
            if key := key_of(one, facts.get(terminal)):
                peers[key].append(signals)
        for key, members in peers.items():
            if (found := _usual(one, members)) is not None:
                levels[one.rule.code, key] = found
    return levels


def _compares(one: Written) -> bool:
    terms = one.rule.terms
    if isinstance(terms, Ratio):
        return terms.peers is not None
    return isinstance(terms, Peers) or (isinstance(terms, Change) and terms.against == "estate")


def _sample(at: datetime) -> dict[int, Signals]:
    ends = Live.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return {}
    span = range(ends["first"], ends["last"] + 1)
    chosen = list(span)
    if len(span) > SAMPLE:
        # Twice as many as wanted: keys have gaps.
        chosen = random.Random(at.timestamp()).sample(span, min(len(span), 2 * SAMPLE))  # noqa: S311  a sample
    rows = Live.objects.filter(pk__in=among(chosen)).values_list("pk", "signals")[:SAMPLE]
    return {pk: {name: told[0] for name, told in signals.items()} for pk, signals in rows}


def _usual(one: Written, members: list[Signals]) -> tuple[float, float] | None:
    terms = one.rule.terms
    if isinstance(terms, Ratio):
        return _share(terms, members)
    if isinstance(terms, Change):
        return _word(terms.signal, members)
    if isinstance(terms, Peers):
        return _median(terms, members)
    return None


def _share(terms: Ratio, members: list[Signals]) -> tuple[float, float] | None:
    tried = [
        (float(signals[terms.fails]), sum(float(signals[name]) for name in terms.of))
        for signals in members
        if all(_number(signals.get(name)) for name in (terms.fails, *terms.of))
    ]
    kept = sorted((fails / of, fails, of) for fails, of in tried if of > 0)
    kept = kept[: max(1, int(len(kept) * HEAD_SHARE))]
    total = sum(of for _, _, of in kept)
    if total < LEAST_TRIED:
        return None
    return sum(fails for _, fails, _ in kept) / total, 0.0


def _word(name: str, members: list[Signals]) -> tuple[float, float] | None:
    words = Counter(word for signals in members if isinstance(word := signals.get(name), str))
    if sum(words.values()) < LEAST_PEERS:
        return None
    ((word, times),) = words.most_common(1)
    return (digest(word), 0.0) if times >= LEAST_ALIKE * sum(words.values()) else None


def _median(terms: Peers, members: list[Signals]) -> tuple[float, float] | None:
    told = (one.get(terms.signal) for one in members)
    values = [float(value) for value in told if value is not None and _number(value)]
    if len(values) < terms.least:
        return None
    column = np.array(values)
    median = float(np.median(column))
    return median, float(np.median(np.abs(column - median)))


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
