"""Logs of terminals: taken in pieces, kept without card numbers, read for patterns, and the patterns judged."""

from tillkeeper.telemetry.services.logs.judging import judge_pattern, read_again, seed_patterns
from tillkeeper.telemetry.services.logs.pieces import Taken, take_piece, tidy_logs
from tillkeeper.telemetry.services.logs.reading import read_log

__all__ = [
    "Taken",
    "judge_pattern",
    "read_again",
    "read_log",
    "seed_patterns",
    "take_piece",
    "tidy_logs",
]
