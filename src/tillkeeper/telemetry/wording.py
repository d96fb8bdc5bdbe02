"""Alerts and their rules in words: labels of codes, and sentences of what was seen, in the reader's language."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from tillkeeper.formats.voice.faults import fault_words
from tillkeeper.formats.voice.signals import SIGNALS, Kind
from tillkeeper.telemetry.lifecycle import AlertState, Severity
from tillkeeper.telemetry.rule_defaults import BY_CODE
from tillkeeper.telemetry.signal_words import signal_word

if TYPE_CHECKING:
    from tillkeeper.telemetry.models import Alert, AlertGroup, AlertRule

Labels = Mapping[str, str | Promise]
SEVERITY_LABELS: Final[Labels] = MappingProxyType(
    {
        Severity.INFO: _("notice"),
        Severity.WARNING: _("warning"),
        Severity.CRITICAL: _("critical"),
    }
)
ALERT_LABELS: Final[Labels] = MappingProxyType(
    {
        AlertState.OPEN: _("open"),
        AlertState.ACKNOWLEDGED: _("acknowledged"),
        AlertState.CLEARED: _("cleared"),
    }
)
JOIN_LABELS: Final[Labels] = MappingProxyType(
    {
        "site": _("site"),
        "carrier": _("mobile carrier"),
        "host": _("payment host"),
        "version": _("application version"),
        "model": _("model"),
    }
)
RULE_KIND_LABELS: Final[Labels] = MappingProxyType(
    {
        "threshold": _("limit"),
        "flag": _("flag"),
        "counter_rate": _("how often in an hour"),
        "ratio": _("share that fails"),
        "trend": _("trend"),
        "ewma": _("drift out of its usual"),
        "peers": _("apart from its peers"),
        "change": _("changed word"),
        "code": _("maker's code"),
        "place": _("distance from its site"),
        "silence": _("silence"),
        "off": _("switched off here"),
    }
)
# What was seen, by the kind of rule.
SENTENCES: Final = MappingProxyType(
    {
        "threshold": "%(signal)s is %(value)s; the limit is %(limit)s.",
        "flag": "%(signal)s is reported.",
        "counter_rate": "%(signal)s: %(value)s an hour; the limit is %(limit)s.",
        "ratio": "%(signal)s: %(fails)s of %(of)s; usual are %(usual)s.",
        "trend": "%(signal)s is %(value)s and reaches %(limit)s in %(hours)s hours if it goes on like this.",
        "ewma": "%(signal)s drifted to %(value)s; its own usual is %(usual)s.",
        "peers": "%(signal)s is %(value)s; usual among its peers is %(usual)s.",
        "change": "%(signal)s is now %(word)s.",
        "code": "%(signal)s %(value)s: %(fault)s.",
        "place": "It is %(value)s m from its site; allowed are %(limit)s m.",
        "silence": "Nothing was heard for %(minutes)s minutes; it is due every %(interval)s.",
    }
)
GROUP_SENTENCES: Final = MappingProxyType(
    {
        "site": gettext_noop("%(rule)s: %(joined)s of %(of)s terminals of the site %(title)s."),
        "carrier": gettext_noop("%(rule)s: %(joined)s of %(of)s terminals on %(title)s."),
        "host": gettext_noop("%(rule)s: %(joined)s of %(of)s terminals of the host %(title)s."),
        "version": gettext_noop("%(rule)s: %(joined)s of %(of)s terminals with version %(title)s."),
        "model": gettext_noop("%(rule)s: %(joined)s of %(of)s terminals of the model %(title)s."),
        "rule": gettext_noop("%(rule)s: %(joined)s terminals without a cause in common."),
    }
)
ACTION_LABELS: Final[Labels] = MappingProxyType(
    {
        "alert.acknowledge": _("Alert acknowledged"),
        "alert.note": _("Note written to an alert"),
        "alert_rule.write": _("Alert rule written"),
        "alert_rule.switch": _("Alert rule switched"),
    }
)
SUBJECT_LABELS: Final[Labels] = MappingProxyType(
    {
        "alert": _("alert"),
        "alert group": _("alert group"),
        "alert rule": _("alert rule"),
        "alert_rule": _("alert rule"),
    }
)
# Phrases inside the facts of refusals, and the defaults' names, which are kept in English.
IN_REFUSALS: Final = (
    gettext_noop("small letters, digits and _, at most 40"),
    gettext_noop("a name of at most 80 characters"),
    gettext_noop("info, warning or critical"),
    gettext_noop("site, carrier, host, version or model"),
    gettext_noop("at most 4000 characters"),
    gettext_noop("at most 200 characters"),
    gettext_noop("a word or two"),
    gettext_noop("a whole number from 1 to 168"),
    gettext_noop("an object with from and to, or nothing"),
    gettext_noop("an hour and minute such as 22:00"),
)
NAMES: Final = (
    gettext_noop("Battery low"),
    gettext_noop("Battery worn"),
    gettext_noop("Battery hot"),
    gettext_noop("Battery may be swelling: stop using it"),
    gettext_noop("Battery near the end of its cycles"),
    gettext_noop("Printer reports low voltage"),
    gettext_noop("Out of paper"),
    gettext_noop("Printer cover open"),
    gettext_noop("Print head hot"),
    gettext_noop("Print head worn"),
    gettext_noop("Print head past its life"),
    gettext_noop("Print head reaches the end of its life soon"),
    gettext_noop("Printer mechanism reports a fault"),
    gettext_noop("Chip reader fails too often"),
    gettext_noop("Stripe reader fails too often"),
    gettext_noop("Contactless reader fails too often"),
    gettext_noop("Tampering found"),
    gettext_noop("PIN pad reports missing or wrong keys"),
    gettext_noop("Storage nearly full"),
    gettext_noop("Storage full"),
    gettext_noop("Storage full soon"),
    gettext_noop("Memory nearly full"),
    gettext_noop("Payment application crashes"),
    gettext_noop("Restarts again and again"),
    gettext_noop("Clock wrong"),
    gettext_noop("Another version than its peers"),
    gettext_noop("Did not come when expected"),
    gettext_noop("Not heard any more"),
    gettext_noop("Weak mobile signal"),
    gettext_noop("Weak Wi-Fi"),
    gettext_noop("Network slow"),
    gettext_noop("The host does not answer"),
    gettext_noop("Another SIM"),
    gettext_noop("Away from its site"),
    gettext_noop("Too hot where it stands"),
    gettext_noop("Too damp where it stands"),
)


def rule_name(row: "AlertRule") -> str:
    """Return a rule's name: a default's in the reader's language, others as they were written."""
    return rule_names({row.code: row.name})[row.code]


def rule_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return names of rules by their codes: a default's in the reader's language, others as they were written."""
    return {
        code: gettext(name) if code in BY_CODE and BY_CODE[code].name == name else name
        for code, name in names.items()
    }


def default_names() -> dict[str, str]:
    """Return the defaults' names in the reader's language, by the English ones."""
    return {seed.name: gettext(seed.name) for seed in BY_CODE.values()}


def alert_sentence(row: "Alert") -> str:
    """Return what was seen, as a sentence in the reader's language."""
    return said_sentence(row.said)


def said_sentence(said: Mapping[str, Any]) -> str:
    """Return the facts of an alert as a sentence; nothing for a kind of rule that nobody knows any more."""
    template = SENTENCES.get(str(said.get("kind", "")))
    return gettext(template) % _worded(said) if template else ""


def group_sentence(row: "AlertGroup") -> str:
    """Return what a group is, as a sentence in the reader's language."""
    template = GROUP_SENTENCES.get(row.joined_by, GROUP_SENTENCES["rule"])
    told = {
        "rule": rule_name(row.rule),
        "title": row.title,
        "joined": row.facts.get("joined", 0),
        "of": row.facts.get("of", "?"),
    }
    return gettext(template) % told


def _worded(said: Mapping[str, Any]) -> dict[str, str]:
    name = str(said.get("signal", ""))
    usual = said.get("usual")
    return {
        "signal": signal_word(name),
        "value": _figure(name, said.get("value")),
        "limit": _figure(name, said.get("limit")),
        "usual": _percent(usual) if said.get("kind") == "ratio" else _figure(name, usual),
        "fails": _plain(said.get("fails")),
        "of": _plain(said.get("of")),
        "hours": _plain(said.get("hours_left")),
        "word": str(said.get("word") or ""),
        "fault": fault_words(str(said.get("fault", "")), get_language() or ""),
        "minutes": _plain(said.get("minutes")),
        "interval": gettext("%(n)s seconds") % {"n": _plain(said.get("interval_s"))},
    }


def _figure(name: str, value: object) -> str:
    signal = SIGNALS.get(name)
    unit = signal.unit if signal is not None and signal.kind is Kind.GAUGE else ""
    return f"{_plain(value)} {unit}".strip() if unit != "%" else f"{_plain(value)} %"


def _percent(value: object) -> str:
    return f"{_plain(float(value) * 100)} %" if isinstance(value, int | float) else "?"


def _plain(value: object) -> str:
    """Return a figure with no more digits than anybody reads."""
    if not isinstance(value, int | float):
        return "?"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"
