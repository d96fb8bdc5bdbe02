"""What trying a layout on a sample came to, in words: verdict, figures, and lines beside the rows read from them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from tillkeeper.formats.layouts.trials import Trial
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.settlement.wording import ROLE_LABELS
from tillkeeper.web.money.file_facts import facts_told
from tillkeeper.web.refusals import sentence_of
from tillkeeper.web.templatetags.ui import money

NUMBERS: Final = "_minor"  # how columns of amounts end


def told_of(trial: Trial, name: str) -> dict[str, Any]:
    """Return what the page shows of a trial."""
    verdict = trial.verdict
    return {
        "name": name,
        "sound": trial.sound,
        "refused": sentence_of(trial.refused) if trial.refused else "",
        "at": _place(trial),
        "role": ROLE_LABELS[verdict.role] if verdict else "",
        "rows_count": verdict.rows if verdict else 0,
        "sums": sorted(verdict.sums.items()) if verdict else [],
        "set_aside_count": len(verdict.set_aside) if verdict else 0,
        "checks": [
            {"name": _(one.name), "stated": one.stated, "found": one.found, "line": one.line, "holds": one.holds}
            for one in (verdict.checks if verdict else ())
        ],
        "facts": facts_told(verdict.facts) if verdict else [],
        "lines": list(enumerate(trial.lines, start=1)),
        "columns": [(one, one.endswith(NUMBERS) or one == "line") for one in trial.columns],
        "rows": [_cells(row, trial.columns) for row in trial.rows],
        "set_aside": [
            {"line": one.line, "column": one.column, "value": one.value, "reason": _said(one.reason)}
            for one in trial.set_aside
        ],
    }  # fmt: skip


def _place(trial: Trial) -> dict[str, Any]:
    """Return line and column of what refused the sample, where it tells them."""
    facts = trial.refused.facts() if trial.refused else {}
    return {"line": facts.get("line"), "column": facts.get("column") or facts.get("columns")}


def _cells(row: Mapping[str, Any], columns: tuple[str, ...]) -> list[tuple[str, bool]]:
    currency = str(row.get("currency") or "CNY")
    return [(_shown(row[one], one, currency), one.endswith(NUMBERS) or one == "line") for one in columns]  # fmt: skip


def _shown(value: Any, column: str, currency: str) -> str:
    if value is None or value == "":
        return "–"
    if column.endswith(NUMBERS):
        return money(value, currency)
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else str(value)


def _said(reason: str) -> str:
    """Return a reason in the reader's language; a phrase may have another among its facts."""
    if not isinstance(reason, Phrase):
        return _(reason)
    facts = {
        key: _said(one) if isinstance(one, Phrase) else one for key, one in reason.facts.items()
    }
    text = _(reason.template)
    return text % facts if facts else text
