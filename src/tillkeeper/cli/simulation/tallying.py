"""What a run came to, in counts."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Tally:
    """Counts of a run. What was measured is answered, still kept, or dropped for want of room."""

    check_ins: int = 0
    measured: int = 0
    answered: int = 0
    unreachable: int = 0
    tokens: int = 0
    logs: int = 0
    actions: Counter[str] = field(default_factory=Counter)  # by outcome
    refused: Counter[str] = field(default_factory=Counter)  # by code
    slowest_ms: float = 0.0
    spent_ms: float = 0.0

    def took(self, seconds: float) -> None:
        """Note how long an answer took."""
        self.spent_ms += seconds * 1000
        self.slowest_ms = max(self.slowest_ms, seconds * 1000)

    def facts(self, *, kept: int, dropped: int) -> dict[str, Any]:
        """Return the counts; `lost` are readings of which nobody knows."""
        return {
            "check_ins": self.check_ins,
            "readings": self.measured,
            "answered": self.answered,
            "kept": kept,
            "dropped": dropped,
            "lost": self.measured - self.answered - kept - dropped,
            "unreachable": self.unreachable,
            "tokens": self.tokens,
            "logs": self.logs,
            "actions": dict(self.actions),
            "refused": dict(self.refused),
            "answer_ms_mean": round(self.spent_ms / max(self.check_ins, 1), 2),
            "answer_ms_most": round(self.slowest_ms, 1),
        }
