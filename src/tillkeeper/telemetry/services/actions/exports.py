"""What came of an order, terminal by terminal, as a file."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from tillkeeper.formats.ledgers.writing import write_csv
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.action_words import ACTION_LABELS
from tillkeeper.telemetry.lifecycle import ActionState
from tillkeeper.telemetry.models import ActionOrder
from tillkeeper.telemetry.queries.orders import left_out, order, streamed_results

REFUSALS_AT_ONCE: Final = 2_000


@verb
def export_results(*, number: str, path: Path, by: Actor, at: datetime, language: str = "") -> int:
    """Write an order's results and the terminals it leaves out to a CSV file; return how many rows.

    Raises:
        NotFound: no such order within the actor's view.
        NotAllowed: no right to export.
    """
    by.require(Right.EXPORT)
    subject = order(by, number)
    with translation.override(language or translation.get_language()):
        rows = [*_results(by, subject), *_left_out(subject)]
        write_csv(path, _titles(), rows)
    record_change(
        action="action.export",
        subject=f"action:{subject.number}",
        place=subject.path,
        by=by,
        at=at,
        after={"rows": len(rows)},
    )
    return len(rows)


def _titles() -> list[str]:
    return [
        _("Serial number"),
        _("Site"),
        _("State"),
        _("Sent"),
        _("Times sent"),
        _("Answered"),
        _("Code"),
        _("What it said"),
    ]


def _results(by: Actor, subject: ActionOrder) -> Iterator[Sequence[Any]]:
    for row in streamed_results(by, subject):
        yield (
            row.terminal.serial,
            row.terminal.site.name if row.terminal.site else "",
            str(ACTION_LABELS[ActionState(row.state)]),
            _local(row.sent_at),
            row.times_sent,
            _local(row.done_at),
            row.code,
            row.said,
        )


def _left_out(subject: ActionOrder) -> Iterator[Sequence[Any]]:
    after = 0
    while some := left_out(subject, after=after, limit=REFUSALS_AT_ONCE):
        for after, row in some:  # noqa: B007  the key of the last one leads on
            error = row.error
            yield (
                row.serial,
                "",
                _("left out"),
                "",
                0,
                "",
                error.code,
                _(error.sentence) % error.worded(),
            )


def _local(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).strftime("%Y-%m-%d %H:%M:%S")
