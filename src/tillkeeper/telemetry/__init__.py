"""A terminal's voice: who may speak, what was heard, and what is asked of terminals from afar.

It owns enrolments, the live state of each terminal and its history in the lake, alert rules and alerts, remote
actions, and the logs that terminals send. It changes nothing in the ledger; it tells by events.
"""
