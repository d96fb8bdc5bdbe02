"""The policy rows an installation starts with, as a page."""

from reference_pages.markdown import code, head, table
from tillkeeper.kernel.policy_defaults import POLICIES

MEANINGS = {
    "retention.slip": "months a slip is kept",
    "retention.merchant_file": "months a merchant's file is kept",
    "retention.audit": "months audit entries are kept",
    "retention.disposal": "months proof of disposal is kept",
    "retention.document": "months other documents are kept",
    "retention.ledger_file": "months a ledger that was brought in is kept",
    "retention.terminal_log": "months a terminal's log is kept",
    "approval.warning_days": "days before the end of a model's approval at which it is announced; the board shows those"
    " within the furthest",
    "estate.slow_days": "days in a state after which somebody should look",
    "settlement.alone_up_to_minor": "what one person may decide alone about a difference, in minor units by currency",
    "settlement.dispute_notice_days": "days before a dispute's deadline at which the overview, the queue and the case"
    " tell of it",
    "telemetry.interval_s": "seconds between a terminal's check-ins",
    "telemetry.token_s": "seconds that a terminal's token is good",
    "telemetry.clock_s": "seconds that a terminal's clock may be wrong when it asks for a token",
    "telemetry.activation_days": "days that an activation code is good",
    "telemetry.rate": "messages that one terminal may send",
    "telemetry.zones": "time zones of provinces where they are not the installation's",
    "telemetry.alerts": "seconds within which alerts may have one cause, and that one and many wait to be told",
    "telemetry.silence": "after how many of its intervals a silent terminal is late, and offline; offline not before so"
    " many seconds",
    "telemetry.place_m": "how many metres a terminal may be from its site, in a city and elsewhere",
    "retention.readings": "days that readings, hourly figures and changes of live state are kept",
}


def page() -> str:
    """Return the page."""
    introduction = (
        (
            "Numbers that people decide rather than programs are rows with a source and the day"
            " from which they count"
            " (策略). `tillkeeper policies` and `GET /api/v1/policies` list those in force. A row"
            " for a jurisdiction goes"
            " before the general one (`*`), a later row before an earlier one."
        ),
        (
            "An installation starts with these. “Confirmed” says whether the wording of the law"
            " or contract was checked"
            " against its source; where it says no, have it checked before you rely on it. The"
            " retention classes (保存期限)"
            " are kept with each stored file and document; nothing is deleted automatically."
        ),
    )
    rows = [
        (code(rule), MEANINGS[rule], _value(value), source, "yes" if verified else "no")
        for rule, value, source, verified in POLICIES
    ]
    return head("Policies", *introduction) + table(
        ("rule", "means", "value", "source", "confirmed"), rows
    )


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
