"""What a run came to, made ready to be shown: the bar of rows, the balance in money, classes and channels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tillkeeper.settlement.wording import CHANNEL_LABELS, CLASS_LABELS, ROLE_LABELS
from tillkeeper.web.money.rule_words import versions_told

if TYPE_CHECKING:
    from tillkeeper.settlement.models import MatchingRun

THINNEST: Final = 0.4  # per cent of the bar: one difference among millions must still be seen
# How the rows of a side divide, in the order of the bar.
SHARES: Final = (
    ("agreed", _("agree")),
    ("without_difference", _("nothing owed")),
    ("repeated", _("given twice")),
    ("differing", _("differ")),
)
BALANCE: Final = (
    ("journal", _("Terminal journal")),
    ("explained", _("explained by cases")),
    ("unexplained", _("not explained")),
    ("bill", _("Channel bill")),
    ("agreed", _("of it agrees")),
)


def result_of(run: "MatchingRun") -> dict[str, Any]:
    """Return what the page of a finished run shows beside its files."""
    told = run.summary
    return {
        "bars": [
            _bar(ROLE_LABELS.get(role, role), rows) for role, rows in told.get("rows", {}).items()
        ],
        "balance": [
            {
                "currency": currency,
                "lines": [(name, label, of.get(name, 0)) for name, label in BALANCE],
            }
            for currency, of in sorted(told.get("balance", {}).items())
        ],
        "classes": [_class(run, name, of) for name, of in _largest(told.get("classes", {}))],
        "channels": [_channel(name, of) for name, of in sorted(told.get("channels", {}).items())],
        "fees": [_fees(of) for of in told.get("fees", ())],
        "versions": versions_told(run.versions),
        "done": True,
    }


def _largest(classes: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(classes.items(), key=lambda pair: (-pair[1]["count"], pair[0]))


def _bar(label: Any, rows: Mapping[str, int]) -> dict[str, Any]:
    """Return the parts of a bar with where each begins and how wide it is, in per cent of all rows."""
    total, at = max(rows.get("rows", 0), 1), 0.0
    parts = []
    for name, word in SHARES:
        if count := rows.get(name, 0):
            share = 100 * count / total
            width = max(share, THINNEST)
            place = {"at": f"{min(at, 100 - width):.3f}", "width": f"{width:.3f}"}
            shown = {"name": name, "label": word, "count": count, "share": f"{share:.2f}"}
            parts.append(shown | place)
            at += share
    return {"label": label, "rows": rows.get("rows", 0), "parts": parts}


def _class(run: "MatchingRun", name: str, of: Mapping[str, Any]) -> dict[str, Any]:
    asked = urlencode({"difference": name, "run": run.number, "state": "any"})
    return {
        "label": CLASS_LABELS.get(name, name),
        "count": of["count"],
        "sums": sorted(of["sums"].items()),
        "url": f"{reverse('web:cases')}?{asked}",
    }


def _fees(of: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file's fees come to beside what they should: the check of a file as a whole."""
    return {**of, "difference_minor": of["fee_minor"] - of["expected_fee_minor"]}


def _channel(name: str, of: Mapping[str, Any]) -> dict[str, Any]:
    currencies = sorted({*of.get("journal", {}), *of.get("bill", {})})
    return {
        "label": CHANNEL_LABELS.get(name, name or "–"),
        "sides": [
            (code, of.get("journal", {}).get(code), of.get("bill", {}).get(code))
            for code in currencies
        ],
        "count": sum(one["count"] for one in of.get("classes", {}).values()),
    }
