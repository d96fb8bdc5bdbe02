"""Business documents and their human numbers: prefix-date-sequence, gapless per organisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F

from tillkeeper.kernel.actor import STEP_WIDTH, Actor
from tillkeeper.kernel.models import Document, DocumentCounter


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
    """Write a document and return its number, e.g. `SU-20261121-0007`.

    The counter's row stays locked until the caller's transaction ends, so a number is never lost to a rollback.
    """
    root, day = place[:STEP_WIDTH], at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    number = f"{prefix}-{day:%Y%m%d}-{_next(root, prefix, day):04d}"
    Document.objects.create(
        root=root,
        number=number,
        kind=kind,
        place=place,
        title=title,
        facts=dict(facts or {}),
        actor=str(by),
        at=at,
    )
    return number


def papers(*, numbers: list[str], root: str) -> dict[str, Paper]:
    """Return the documents behind `numbers` of one organisation, by number."""
    found = Document.objects.filter(root=root, number__in=numbers)
    return {d.number: Paper(d.number, d.kind, d.title, d.facts, d.actor, d.at) for d in found}


def _next(root: str, prefix: str, day: date) -> int:
    counter = DocumentCounter.objects.filter(root=root, prefix=prefix, day=day)
    if not counter.update(last=F("last") + 1):
        DocumentCounter.objects.get_or_create(root=root, prefix=prefix, day=day)
        counter.update(last=F("last") + 1)
    return counter.values_list("last", flat=True).get()
