"""Business documents and their human numbers: prefix-date-sequence, gapless per organisation.

Rooms keep the bare number, and one desk may look after two head offices: so a number says whose it is, except that
of the first head office, which on nearly every installation is the only one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F

from tillkeeper.kernel.actor import STEP_WIDTH, Actor, path_step
from tillkeeper.kernel.models import Document, DocumentCounter

UNMARKED: Final = path_step(1)  # the organisation whose numbers need not say whose they are


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as others see it."""

    number: str
    kind: str
    title: str
    facts: Mapping[str, Any]
    actor: str
    at: datetime


def issue_document(  # noqa: PLR0913  a document says what, whose, why, by whom and when
    *,
    prefix: str,
    kind: str,
    place: str,
    by: Actor,
    at: datetime,
    title: str = "",
    facts: Mapping[str, Any] | None = None,
) -> str:
    """Write a document and return its number, e.g. `SU-20261121-0007`; of a second head office `SU-20261121-2F-0007`.

    The counter's row stays locked until the caller's transaction ends, so a number is never lost to a rollback.
    """
    return issue_documents(
        prefix=prefix, kind=kind, place=place, by=by, at=at, titles=[title], facts=facts
    )[0]


def issue_documents(  # noqa: PLR0913  as above
    *,
    prefix: str,
    kind: str,
    place: str,
    by: Actor,
    at: datetime,
    titles: Sequence[str],
    facts: Mapping[str, Any] | None = None,
) -> list[str]:
    """Write a document for each title and return their numbers, in the same order: as few statements as for one."""
    if not titles:
        return []
    root, day = place[:STEP_WIDTH], at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    last = _next(root, prefix, day, len(titles))
    first = last - len(titles) + 1
    series = "-".join([prefix, f"{day:%Y%m%d}", *_mark(root)])
    numbers = [f"{series}-{number:04d}" for number in range(first, last + 1)]
    Document.objects.bulk_create(
        Document(
            root=root,
            number=number,
            kind=kind,
            place=place,
            title=title,
            facts=dict(facts or {}),
            actor=str(by),
            at=at,
        )
        for number, title in zip(numbers, titles, strict=True)
    )
    return numbers


def papers(*, numbers: list[str], root: str) -> dict[str, Paper]:
    """Return the documents behind `numbers` of one organisation, by number."""
    found = Document.objects.filter(root=root, number__in=numbers)
    return {d.number: Paper(d.number, d.kind, d.title, d.facts, d.actor, d.at) for d in found}


def _mark(root: str) -> list[str]:
    """Return what a number says of its organisation. No sequence begins like it: those of four digits are padded."""
    return [] if root == UNMARKED else [root.lstrip("0") or "0"]


def _next(root: str, prefix: str, day: date, many: int) -> int:
    """Count up by as many as are wanted and return the last of them."""
    counter = DocumentCounter.objects.filter(root=root, prefix=prefix, day=day)
    if not counter.update(last=F("last") + many):
        DocumentCounter.objects.get_or_create(root=root, prefix=prefix, day=day)
        counter.update(last=F("last") + many)
    return counter.values_list("last", flat=True).get()
