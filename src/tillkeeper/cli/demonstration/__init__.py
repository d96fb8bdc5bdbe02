"""The demonstration estate: made up by a seeded generator, brought in and moved by the verbs that people use.

Companies, models, merchants and people are invented; provinces, cities and districts are real. Nothing here knows
how a table looks: ledgers go through the import, and everything after them is a step, a proof or an order.
"""

from tillkeeper.cli.demonstration.loading import load_demonstration
from tillkeeper.cli.demonstration.summing import is_ours, summary
from tillkeeper.cli.demonstration.voice import fleet_process, hear_terminals

__all__ = ["fleet_process", "hear_terminals", "is_ours", "load_demonstration", "summary"]
