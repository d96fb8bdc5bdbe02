"""Policies in words: what each rule decides, and its value with its unit. A rule without words is shown by its code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from tillkeeper.kernel.money import Money
from tillkeeper.kernel.policy import Rule
from tillkeeper.web.fact_words import WORDS, fact_told

EVERYWHERE: Final = "*"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table of policies."""

    rule: str
    label: str | Promise
    where: str | Promise
    values: tuple[str, ...]
    effective_from: date
    source: str
    verified: bool


def _months(value: Any) -> tuple[str, ...]:
    return (ngettext("%(n)s month", "%(n)s months", value) % {"n": value},)


def _days(value: Any) -> str:
    return ngettext("%(n)s day", "%(n)s days", value) % {"n": value}


def _seconds(value: Any) -> tuple[str, ...]:
    return (ngettext("%(n)s second", "%(n)s seconds", value) % {"n": value},)


def _rate(value: Any) -> tuple[str, ...]:
    told = {"minute": value["per_minute"], "once": value["at_once"]}
    return (gettext("%(minute)s a minute, %(once)s at once") % told,)


def _one_of_days(value: Any) -> tuple[str, ...]:
    return (_days(value),)


def _each_of_days(value: Any) -> tuple[str, ...]:
    return tuple(_days(days) for days in value)


def _days_by_state(value: Any) -> tuple[str, ...]:
    return tuple(
        f"{WORDS['state'](state) or state}: {_days(days)}" for state, days in value.items()
    )


def _zones_by_province(value: Any) -> tuple[str, ...]:
    return tuple(f"{province}: {zone}" for province, zone in value.items()) or (gettext("none"),)


def _silence(value: Any) -> tuple[str, ...]:
    return (
        gettext("late after %(n)s intervals") % {"n": value["late_intervals"]},
        gettext("offline after %(n)s intervals, not before %(s)s seconds")
        % {"n": value["offline_intervals"], "s": value["offline_least_s"]},
    )


def _metres(value: Any) -> tuple[str, ...]:
    return (
        gettext("in a city %(n)s m") % {"n": value["city"]},
        gettext("elsewhere %(n)s m") % {"n": value["rural"]},
    )


def _waits(value: Any) -> tuple[str, ...]:
    return (
        gettext("one cause within %(n)s s") % {"n": value["join_s"]},
        gettext("one alert told after %(n)s s") % {"n": value["hold_s"]},
        gettext("many told after %(n)s s") % {"n": value["group_hold_s"]},
    )


def _kept_days(value: Any) -> tuple[str, ...]:
    return (
        gettext("readings: %(days)s") % {"days": _days(value["raw_days"])},
        gettext("hourly means: %(days)s") % {"days": _days(value["mean_days"])},
        gettext("changes of state: %(days)s") % {"days": _days(value["changes_days"])},
    )


def _money_by_currency(value: Any) -> tuple[str, ...]:
    return tuple(str(Money(minor, currency)) for currency, minor in value.items())


# By rule: what it decides, and how its value is read.
RULES: Final[Mapping[str, tuple[str | Promise, Callable[[Any], tuple[str, ...]]]]] = (
    MappingProxyType(
        {
            "retention.slip": (_("How long a slip is kept"), _months),
            "retention.merchant_file": (_("How long a merchant's file is kept"), _months),
            "retention.audit": (_("How long audit entries are kept"), _months),
            "retention.disposal": (_("How long proof of disposal is kept"), _months),
            "retention.document": (_("How long other documents are kept"), _months),
            "retention.ledger_file": (_("How long a ledger that was brought in is kept"), _months),
            "retention.terminal_log": (_("How long a terminal's log is kept"), _months),
            "telemetry.interval_s": (_("How often a terminal checks in"), _seconds),
            "telemetry.token_s": (_("How long a terminal's token is good"), _seconds),
            "telemetry.clock_s": (
                _("How wrong a terminal's clock may be when it asks for a token"),
                _seconds,
            ),
            "telemetry.activation_days": (
                _("How long an activation code is good"),
                _one_of_days,
            ),
            "telemetry.rate": (_("How many messages one terminal may send"), _rate),
            "telemetry.zones": (
                _("Which provinces have another time zone than the installation"),
                _zones_by_province,
            ),
            "telemetry.silence": (_("When a silent terminal is late, and when offline"), _silence),
            "telemetry.place_m": (_("How far a terminal may be from its site"), _metres),
            "telemetry.alerts": (_("How long alerts wait to be joined and told"), _waits),
            "retention.readings": (_("How long readings and their means are kept"), _kept_days),
            "approval.warning_days": (
                _("How long before a model's approval ends it is announced"),
                _each_of_days,
            ),
            "estate.slow_days": (
                _("After how long in a state somebody should look"),
                _days_by_state,
            ),
            "settlement.alone_up_to_minor": (
                _("Up to which amount one person decides alone"),
                _money_by_currency,
            ),
            "settlement.dispute_notice_days": (
                _("How long before a dispute's deadline it is told"),
                _one_of_days,
            ),
        }
    )
)
# The sources of the policies that an installation starts with; people write those of their own.
SOURCES: Final = (
    gettext_noop("working default: seconds between a terminal's check-ins"),
    gettext_noop("working default: seconds that a terminal's token is good"),
    gettext_noop(
        "working default: seconds that a terminal's clock may be wrong when it asks for a token"
    ),
    gettext_noop("working default: days that an activation code is good"),
    gettext_noop("working default: messages that one terminal may send"),
    gettext_noop("longest of acceptance agreements and scheme rules in use"),
    gettext_noop("People's Bank of China announcement [2013] no. 9, after contract end"),
    gettext_noop("PCI DSS 4.0.1 requirement 10: twelve months, three at once available"),
    gettext_noop("industrial electronic waste records, Order no. 40"),
    gettext_noop("working default"),
    gettext_noop("working default for days ahead of an approval's expiry"),
    gettext_noop("working default: days in a state after which somebody should look"),
    gettext_noop("working default: what one person may decide alone, in minor units by currency"),
    gettext_noop("working default: days before a dispute's deadline at which it is told"),
    gettext_noop(
        "working default: seconds within which alerts may have one cause, and that one and many wait to be told"
    ),
    gettext_noop("working default: metres between a terminal and its site"),
    gettext_noop(
        "working default: after how many of its intervals a silent terminal is late, and offline"
    ),
    gettext_noop(
        "working default: days that terminals' readings, their hourly means and state changes are kept"
    ),
    gettext_noop("working default: all sites are in the installation's time zone"),
)


def line_of(rule: Rule) -> Line:
    """Return a policy as the table shows it. A value of another shape than its rule's is shown as it is."""
    label, read = RULES.get(rule.rule, (rule.rule, _as_it_is))
    try:
        values = read(rule.value)
    except (AttributeError, TypeError, ValueError):
        values = _as_it_is(rule.value)
    return Line(
        rule=rule.rule,
        label=label,
        where=_("everywhere") if rule.jurisdiction == EVERYWHERE else rule.jurisdiction,
        values=values,
        effective_from=rule.effective_from,
        source=gettext(rule.source) if rule.source else "",
        verified=rule.verified,
    )


def _as_it_is(value: Any) -> tuple[str, ...]:
    return (fact_told(value),)
