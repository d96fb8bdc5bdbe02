"""Weighing the causes of one case: the best stands, the others are told why not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.engines.matching.hypotheses.causes import Cause, of_class
from tillkeeper.engines.matching.hypotheses.clues import CLUES, Case

UNKNOWN_WEIGHS: Final = 0.4  # of a clue the files are silent about: less than half a yes
RULED_OUT: Final = -1.0
MOST_KEPT: Final = 10_000  # distinct answers of one class: a few hundred in practice


@dataclass(frozen=True, slots=True)
class Judgement:
    """Why a case came about."""

    cause: Cause
    confidence: float  # 0 to 1, two decimals
    evidence: Mapping[str, bool | None]  # the clues of the cause, as the case answers them
    others: str  # a JSON list: the other causes of the class, and what speaks against each


def judged(case: Case) -> Judgement:
    """Return the judgement of a case that has a class."""
    return _weighed(
        case["class"], tuple(CLUES[name].holds(case) for name in _questions(case["class"]))
    )


@lru_cache(maxsize=MOST_KEPT)
def _weighed(kind: str, told: tuple[bool | None, ...]) -> Judgement:
    """Judge by the answers alone: cases that answer alike are judged once."""
    causes, answers = _of_class(kind), dict(zip(_questions(kind), told, strict=True))
    weighed = [(_weight(cause, answers), cause) for cause in causes]
    best_weight, best = max(weighed, key=lambda pair: pair[0])  # the first of equals
    others = [
        {"cause": cause.code, "why_not": _why_not(cause, answers)}
        for _, cause in weighed
        if cause is not best
    ]
    confidence = round(max(best_weight, 0.0), 2)
    return Judgement(
        best, confidence, {name: answers[name] for name in _asked(best)}, json.dumps(others)
    )


@cache
def _of_class(kind: str) -> tuple[Cause, ...]:
    return of_class(DifferenceClass(kind))


@cache
def _questions(kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for cause in _of_class(kind) for name in _asked(cause)))


def _asked(cause: Cause) -> tuple[str, ...]:
    return (*cause.must, *(name for name in cause.clues if name not in cause.must))


def _weight(cause: Cause, answers: Mapping[str, bool | None]) -> float:
    if any(answers[name] is False for name in cause.must):
        return RULED_OUT
    told = sum(
        weight * (UNKNOWN_WEIGHS if answers[name] is None else float(bool(answers[name])))
        for name, weight in cause.clues.items()
    )
    return told / sum(cause.clues.values())


def _why_not(cause: Cause, answers: Mapping[str, bool | None]) -> str:
    """Return what speaks against most; where nothing does, that the files do not say enough for it."""
    against = [name for name in cause.must if answers[name] is False]
    against += sorted(
        (name for name in cause.clues if answers[name] is False),
        key=lambda name: -cause.clues[name],
    )
    return CLUES[against[0]].why_not if against else "The files do not say enough for it."
