"""The policy rows an installation starts with. People add newer rows beside them; these are never changed.

`verified` is False wherever the wording of the law is not confirmed: such a number is a working default, not law.
"""

from datetime import date
from typing import Any, Final

from tillkeeper.kernel.models import PolicyRule

FROM: Final = date(2026, 1, 1)
POLICIES: Final[list[tuple[str, Any, str, bool]]] = [
    ("retention.slip", 24, "longest of acceptance agreements and scheme rules in use", False),
    (
        "retention.merchant_file",
        60,
        "People's Bank of China announcement [2013] no. 9, after contract end",
        False,
    ),
    (
        "retention.audit",
        12,
        "PCI DSS 4.0.1 requirement 10: twelve months, three at once available",
        False,
    ),
    ("retention.disposal", 36, "industrial electronic waste records, Order no. 40", False),
    ("retention.document", 60, "working default", False),
    ("retention.ledger_file", 24, "working default", False),
    ("retention.terminal_log", 12, "working default", False),
    (
        "approval.warning_days",
        [0, 90, 180, 365, 730],
        "working default for days ahead of an approval's expiry",
        False,
    ),
    (
        "estate.slow_days",
        {
            "faulty": 7,
            "returning": 14,
            "withdrawing": 14,
            "quarantine": 30,
            "repair": 45,
            "scrap_pending": 30,
        },
        "working default: days in a state after which somebody should look",
        False,
    ),
    (
        "settlement.alone_up_to_minor",
        {"CNY": 50_000, "HKD": 50_000, "USD": 7_000, "EUR": 7_000},
        "working default: what one person may decide alone, in minor units by currency",
        False,
    ),
    (
        "settlement.dispute_notice_days",
        3,
        "working default: days before a dispute's deadline at which it is told",
        False,
    ),
    ("telemetry.interval_s", 300, "working default: seconds between a terminal's check-ins", False),
    ("telemetry.token_s", 3600, "working default: seconds that a terminal's token is good", False),
    (
        "telemetry.clock_s",
        300,
        "working default: seconds that a terminal's clock may be wrong when it asks for a token",
        False,
    ),
    (
        "telemetry.activation_days",
        14,
        "working default: days that an activation code is good",
        False,
    ),
    (
        "telemetry.rate",
        {"per_minute": 60, "at_once": 60},
        "working default: messages that one terminal may send",
        False,
    ),
    (
        "telemetry.zones",
        {},
        "working default: all sites are in the installation's time zone",
        False,
    ),
    (
        "telemetry.silence",
        {"late_intervals": 2, "offline_intervals": 4, "offline_least_s": 900},
        "working default: after how many of its intervals a silent terminal is late, and offline",
        False,
    ),
    (
        "telemetry.place_m",
        {"city": 1000, "rural": 5000},
        "working default: metres between a terminal and its site",
        False,
    ),
    (
        "telemetry.alerts",
        {"join_s": 900, "hold_s": 300, "group_hold_s": 60},
        "working default: seconds within which alerts may have one cause, and that one and many wait to be told",
        False,
    ),
    (
        "retention.readings",
        {"raw_days": 30, "mean_days": 400, "changes_days": 400},
        "working default: days that terminals' readings, their hourly means and state changes are kept",
        False,
    ),
]


def seed_policies(**_signal: Any) -> None:
    """Write the rows that are missing; called after every migration, so that a new default reaches old estates."""
    present = set(PolicyRule.objects.filter(jurisdiction="*").values_list("rule", flat=True))
    PolicyRule.objects.bulk_create(
        PolicyRule(rule=rule, value=value, effective_from=FROM, source=source, verified=verified)
        for rule, value, source, verified in POLICIES
        if rule not in present
    )
