"""What a money file says of itself, in words: account, period, balances; and the accounts where it has several."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise

from tillkeeper.formats.statements.amounts import figure_of as figure
from tillkeeper.settlement.wording import FACT_LABELS
from tillkeeper.web.templatetags.ui import money

if TYPE_CHECKING:
    from tillkeeper.settlement.models import MoneyFile

MOMENTS: Final = frozenset({"from", "to"})
PROGRAMS_ONLY: Final = frozenset({"statements"})  # JSON; `accounts_of` reads it


def told_of(file: "MoneyFile") -> list[tuple[str | Promise, str]]:
    """Return what a file says of itself, with its name: times in the local zone, amounts as people write them."""
    return facts_told(file.facts)


def facts_told(facts: Mapping[str, Any]) -> list[tuple[str | Promise, str]]:
    """Return facts in the order of their labels, in words."""
    currency = str(facts.get("currency", "CNY"))
    shown = [
        name for name in (*FACT_LABELS, *sorted(facts.keys() - FACT_LABELS.keys())) if name in facts
    ]
    return [
        (FACT_LABELS.get(name, name), _fact(name, str(facts[name]), currency))
        for name in shown
        if name not in PROGRAMS_ONLY
    ]


def _fact(name: str, value: str, currency: str) -> str:
    if name.endswith("_minor") and value.lstrip("-").isdigit():
        return money(int(value), currency)
    if name in MOMENTS and (at := parse_datetime(value)) is not None:
        return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S")
    return value


def figure_of(stated: str) -> str:
    """Return a figure of a file's own checks as people write it: a number of rows, an amount, or both."""
    if (found := figure(stated)) is None:
        return stated
    rows, minor, currency = found
    amount = money(minor, currency)
    return amount if rows is None else f"{rows:,} · {amount}"


def accounts_of(file: "MoneyFile") -> list[dict[str, Any]]:
    """Return the statements of a file that has several, each with account, period, balances and number of rows."""
    try:
        several = json.loads(file.facts.get("statements") or "[]")
    except ValueError:
        return []
    return several if len(several) > 1 else []
