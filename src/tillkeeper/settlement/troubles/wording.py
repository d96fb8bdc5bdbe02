"""Troubles in words: states, symptoms, verdicts; and a check's answer as a sentence of any language."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop, override
from django.utils.translation import gettext_lazy as _

from tillkeeper.settlement.lifecycle import TroubleState, Verdict
from tillkeeper.settlement.troubles.answers import ANSWERS, Answer
from tillkeeper.settlement.wording import CHANNEL_LABELS
from tillkeeper.terminals.wording import STATE_LABELS

Labels = Mapping[str, str | Promise]

TROUBLE_LABELS: Final[Labels] = MappingProxyType(
    {
        TroubleState.OPEN: _("under way"),
        TroubleState.SETTLED: _("settled"),
        TroubleState.HANDED_OVER: _("handed over"),
    }
)
SYMPTOM_LABELS: Final[Labels] = MappingProxyType(
    {
        "refuses_settlement": _("The terminal refuses the settlement"),
        "totals_differ": _("The totals do not agree"),
        "no_money": _("The batch is settled, but no money came"),
        "part_of_money": _("Only a part of the money came"),
        "other": _("Something else"),
    }
)
VERDICT_LABELS: Final[Labels] = MappingProxyType(
    {
        Verdict.PASSED: _("in order"),
        Verdict.FAILED: _("not in order"),
        Verdict.WAITING: _("not yet due"),
        Verdict.UNKNOWN: _("not known"),
    }
)
ELEMENT_LABELS: Final[Labels] = MappingProxyType(
    {
        "acquirer_code": _("acquirer code"),
        "holder_code": _("credit code"),
        "settlement_account_masked": _("settlement account"),
        "address": _("address"),
    }
)
# Said of a case that was opened by hand; the console translates them again.
SENTENCES: Final = MappingProxyType(
    {
        "payout_missing": (
            "The payout of %(expected)s for %(settled_on)s was due on %(due_on)s, and no statement shows it. "
            "Terminal %(tid)s has %(share)s in it."
        ),
        "payout_differs": (
            "The payout for %(settled_on)s should have been %(expected)s, and %(credited)s was credited. "
            "Terminal %(tid)s has %(share)s in it."
        ),
        "totals_differ": (
            "Batch %(batch)s of terminal %(tid)s: the terminal comes to %(terminal)s, the channel to %(channel)s."
        ),
        "elsewhere": (
            "Batch %(batch)s of terminal %(tid)s: payments under another merchant or terminal number: %(elsewhere)s."
        ),
        "not_billed": (
            "Batch %(batch)s of terminal %(tid)s comes to %(terminal)s, and the bill has no row of the merchant."
        ),
        "unclear": "Batch %(batch)s of terminal %(tid)s cannot settle; %(trouble)s tells what was looked at.",
    }
)
IN_REFUSALS: Final = (
    gettext_noop("a day that has begun"),
    gettext_noop("a merchant number"),
    gettext_noop("a terminal id"),
    gettext_noop("an organisation whose files tell of it"),
    gettext_noop("what was done"),
    gettext_noop("digits of a batch number"),
)


def answer_of(check_code: str, facts: Mapping[str, Any]) -> Answer | None:
    """Return the answer that a stored check came to; None for one that this version no longer knows."""
    return ANSWERS.get((check_code, str(facts.get("answer", ""))))


def sentence(check_code: str, facts: Mapping[str, Any]) -> str:
    """Return what a stored check found, in the language in force; "" if this version does not know it."""
    if (answer := answer_of(check_code, facts)) is None:
        return ""
    return gettext(answer.sentence) % {name: _told(name, value) for name, value in facts.items()}


def advice(check_code: str, facts: Mapping[str, Any]) -> str:
    """Return what to do next after a stored check, in the language in force; "" where nothing is to be done."""
    answer = answer_of(check_code, facts)
    if answer is None or not answer.do:
        return ""
    return gettext(answer.do) % {name: _told(name, value) for name, value in facts.items()}


def english(check_code: str, facts: Mapping[str, Any]) -> str:
    """Return the same in English, as it is stored and as the API tells it."""
    with override("en"):
        return sentence(check_code, facts)


def _told(name: str, value: Any) -> str:
    if name in LABELLED:
        labels = LABELLED[name]
        many = value if isinstance(value, list) else [value]
        return ", ".join(str(labels.get(one, one)) for one in many)
    if name == "closed_at":
        return f"{timezone.localtime(datetime.fromisoformat(value)):%Y-%m-%d %H:%M}"
    return str(value)


# Facts that are codes: told by their labels.
LABELLED: Final[Mapping[str, Mapping[Any, str | Promise]]] = MappingProxyType(
    {"state": STATE_LABELS, "elements": ELEMENT_LABELS, "channels": CHANNEL_LABELS}
)
