"""Two runs of one day held against each other: which payments are new, gone, or told otherwise."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.files import kept_file
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import RunState
from tillkeeper.settlement.queries.runs import run as one_run
from tillkeeper.settlement.services.differences import key_of
from tillkeeper.settlement.wording import CAUSE_LABELS, CHANNEL_LABELS, CLASS_LABELS
from tillkeeper.web.parts import Request

if TYPE_CHECKING:
    from tillkeeper.settlement.models import MatchingRun

SHOWN: Final = 200
READ: Final = {  # what a payment is known by, and what is shown of it
    **dict.fromkeys((
        "class", "cause", "mid", "tid", "batch", "trace", "rrn", "order_no", "channel", "currency", "at", "day",
        "source_file", "other_file",
    ), pl.String),
    **dict.fromkeys(("amount_minor", "other_minor", "source_line", "other_line"), pl.Int64),
}  # fmt: skip
TOLD: Final = ("class", "cause", "amount_minor", "other_minor")


@login_required
def compare(request: Request, number: str, other: str) -> HttpResponse:
    """Show what `number` finds and `other` did not, and the other way round."""
    scope = request.actor.scope(Right.MONEY_VIEW)
    now, before = one_run(scope, number), one_run(scope, other)
    if (now.organisation_id, now.day) != (before.organisation_id, before.day):
        raise NotFound(kind="matching run", key=other)
    mine, theirs = _rows(now), _rows(before)
    both = mine.keys() & theirs.keys()
    parts = {
        "fresh": [mine[key] for key in mine if key not in both],
        "gone": [theirs[key] for key in theirs if key not in both],
        "told_otherwise": [mine[key] for key in mine if key in both and _differ(mine[key], theirs[key])],
    }  # fmt: skip
    ctx = {
        "run": now,
        "before": before,
        "same": len(both) - len(parts["told_otherwise"]),
        "shown": SHOWN,
        "parts": [(name, len(rows), [_line(row) for row in rows[:SHOWN]]) for name, rows in parts.items()],
    }  # fmt: skip
    return render(request, "money/compare.html", ctx)


def _rows(run: "MatchingRun") -> dict[str, Mapping[str, Any]]:
    if run.state != RunState.DONE or not run.differences_sha256:
        raise NotFound(kind="file", key=f"{run.number}.csv")
    kept = kept_file(run.differences_sha256)
    rows = pl.read_csv(kept.path, columns=list(READ), schema_overrides=READ)
    seen, told = Counter[str](), dict[str, Mapping[str, Any]]()
    for row in rows.iter_rows(named=True):
        key = key_of(row)
        told[f"{key} {seen[key]}"] = (
            row  # what a channel charges twice under one number is two differences
        )
        seen[key] += 1
    return told


def _differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return any(one[name] != other[name] for name in TOLD)


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "difference": CLASS_LABELS.get(row["class"], row["class"]),
        "why": CAUSE_LABELS.get(row["cause"], row["cause"]),
        "by": CHANNEL_LABELS.get(row["channel"] or "", row["channel"] or "–"),
        "number": row["trace"] or row["order_no"] or row["rrn"] or "–",
    }
