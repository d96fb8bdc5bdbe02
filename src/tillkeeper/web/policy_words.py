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


def _one_of_days(value: Any) -> tuple[str, ...]:
    return (_days(value),)


def _each_of_days(value: Any) -> tuple[str, ...]:
    return tuple(_days(days) for days in value)


def _days_by_state(value: Any) -> tuple[str, ...]:
    return tuple(
        f"{WORDS['state'](state) or state}: {_days(days)}" for state, days in value.items()
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
    gettext_noop("longest of acceptance agreements and scheme rules in use"),
    gettext_noop("People's Bank of China announcement [2013] no. 9, after contract end"),
    gettext_noop("PCI DSS 4.0.1 requirement 10: twelve months, three at once available"),
    gettext_noop("industrial electronic waste records, Order no. 40"),
    gettext_noop("working default"),
    gettext_noop("working default for days ahead of an approval's expiry"),
    gettext_noop("working default: days in a state after which somebody should look"),
    gettext_noop("working default: what one person may decide alone, in minor units by currency"),
    gettext_noop("working default: days before a dispute's deadline at which it is told"),
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
