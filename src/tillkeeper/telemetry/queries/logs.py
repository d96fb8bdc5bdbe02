"""Questions about logs: those of a terminal, one with what stands in it, and the kinds of lines that are known."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from django.db.models import F, QuerySet

from tillkeeper.engines.log_patterns.reading import NEIGHBOURS
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import NotAllowed, NotFound
from tillkeeper.kernel.files import Kept, is_kept, kept_file
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import UploadState
from tillkeeper.telemetry.models import LogFinding, LogPattern, LogUpload
from tillkeeper.telemetry.queries.askable import every_terminal
from tillkeeper.terminals.queries import terminal, viewable, visible

SHOWN: Final = 400  # characters of a line that are shown
EXCERPTS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a log as it is shown; `matters`: it is the one that was found."""

    number: int
    text: str
    matters: bool


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A finding with the first of its lines among its neighbours; none where the file is gone."""

    finding: LogFinding
    lines: Sequence[Line]


@dataclass(slots=True)
class Summary:
    """What was found in a log, in short."""

    findings: int = 0
    new: int = 0  # kinds of lines that nobody had seen before
    faults: list[str] = field(default_factory=list)  # codes, in the order in which they stand


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilters:
    """What the list of logs is narrowed to; every blank field means «any»."""

    state: str = ""
    fault: str = ""  # code of the fault table: at least one of its lines stands for it
    serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternFilters:
    """What the list of kinds of lines is narrowed to; every blank field means «any»."""

    state: str = ""
    family: str = ""
    fault: str = ""
    serious: bool | None = None
    q: str = ""


def logs(by: Actor, filters: LogFilters | None = None) -> QuerySet[LogUpload]:
    """Return the logs of the terminals that the actor sees, newest first."""
    asked = filters or LogFilters()
    seen = every_terminal().filter(visible(viewable(by)))
    rows = LogUpload.objects.filter(terminal__in=seen)
    exact = {"state": asked.state, "terminal__serial": asked.serial}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if asked.fault:
        rows = rows.filter(pk__in=LogFinding.objects.filter(fault=asked.fault).values("upload"))
    return rows.select_related("terminal", "action__order").order_by("-at", "-pk")


def logs_of(by: Actor, serial: str) -> QuerySet[LogUpload]:
    """Return the logs of a terminal, newest first.

    Raises:
        NotFound: no such terminal within the actor's view.
    """
    subject = terminal(viewable(by), serial)
    rows = LogUpload.objects.filter(terminal_id=subject.pk)
    return rows.select_related("terminal", "action__order").order_by("-at", "-pk")


def log(by: Actor, key: int) -> LogUpload:
    """Return one log.

    Raises:
        NotFound: no such log within the actor's view.
    """
    found = logs(by).filter(pk=key).first()
    if found is None:
        raise NotFound(kind="log", key=str(key))
    return found


def summaries(rows: Iterable[LogUpload]) -> dict[int, Summary]:
    """Return what was found in each of these logs, by key; one statement, for the rows of a page."""
    told = {row.pk: Summary() for row in rows}
    found = LogFinding.objects.filter(upload__in=list(told)).order_by("first_line")
    for key, fault, new in found.values_list("upload_id", "fault", "new"):
        short = told[key]
        short.findings += 1
        short.new += new
        if fault and fault not in short.faults:
            short.faults.append(fault)
    return told


def findings(subject: LogUpload) -> QuerySet[LogFinding]:
    """Return what was found in a log: lines that stand for a fault first, then what is new, by where they stand."""
    rows = LogFinding.objects.filter(upload=subject).select_related("pattern")
    return rows.order_by(F("fault").desc(), "-new", "first_line")


def excerpts(subject: LogUpload, *, first: int = 0, limit: int = EXCERPTS_MAX) -> list[Excerpt]:
    """Return findings with the lines around the first of each; a few kilobytes of the file are read for each."""
    chosen = list(findings(subject)[first : first + min(limit, EXCERPTS_MAX)])
    if not subject.sha256 or not is_kept(subject.sha256):
        return [Excerpt(finding, ()) for finding in chosen]
    path = kept_file(subject.sha256).path
    return [Excerpt(finding, tuple(_around(path, finding))) for finding in chosen]


def file_of(subject: LogUpload) -> Kept:
    """Return the kept file of a log, plain text.

    Raises:
        NotFound: it was never here as a whole, or its bytes are gone.
    """
    if not subject.sha256:
        raise NotFound(kind="file", key=subject.key)
    return kept_file(subject.sha256)


def may_fetch(by: Actor, subject: LogUpload) -> bool:
    """Say whether somebody may have the whole of a log: whoever works on alerts there, or may ask for logs.

    Whoever only looks (a merchant, a maker) sees what was found, not all that a terminal wrote.
    """
    path = subject.terminal.path
    return by.may(Right.ALERTS, path) or by.may(Right.ACT, path)


def file_for(by: Actor, subject: LogUpload) -> Kept:
    """Return the kept file of a log for somebody who wants the whole.

    Raises:
        NotAllowed: the actor only looks.
        NotFound: it was never here as a whole, or its bytes are gone.
    """
    if not may_fetch(by, subject):
        raise NotAllowed(right=Right.ALERTS)
    return file_of(subject)


def patterns(filters: PatternFilters | None = None) -> QuerySet[LogPattern]:
    """Return kinds of lines, those seen last first. They are nobody's own: whoever judges one judges for all."""
    asked = filters or PatternFilters()
    exact = {
        "state": asked.state,
        "family": asked.family,
        "fault": asked.fault,
        "serious": asked.serious,
    }
    rows = LogPattern.objects.filter(
        **{name: value for name, value in exact.items() if value not in ("", None)}
    )
    if asked.q:
        rows = rows.filter(template__icontains=asked.q)
    return rows.order_by(F("last_at").desc(nulls_last=True), "pk")


def pattern(key: int) -> LogPattern:
    """Return one kind of line.

    Raises:
        NotFound: there is none.
    """
    found = LogPattern.objects.filter(pk=key).first()
    if found is None:
        raise NotFound(kind="pattern", key=str(key))
    return found


def families() -> list[str]:
    """Return the makers whose logs were read."""
    rows = LogPattern.objects.exclude(family="").order_by("family")
    return list(rows.values_list("family", flat=True).distinct())


def logs_with(by: Actor, kind: LogPattern) -> QuerySet[LogFinding]:
    """Return where a kind of line was found, on terminals that the actor sees, newest first."""
    rows = LogFinding.objects.filter(pattern=kind, upload__state=UploadState.READ)
    seen = every_terminal().filter(visible(viewable(by)))
    return rows.filter(upload__terminal__in=seen).select_related("upload__terminal").order_by("-pk")


def holds_file(digest: str) -> bool:
    """Say whether a kept file is a terminal's log."""
    return LogUpload.objects.filter(sha256=digest).exists()


def _around(path: Path, finding: LogFinding) -> Iterator[Line]:
    number = max(1, finding.first_line - NEIGHBOURS)
    with path.open("rb") as file:
        file.seek(finding.offset)
        for raw in islice(file, finding.first_line - number + NEIGHBOURS + 1):
            text = raw.decode("utf-8", "replace").rstrip("\n")
            shown = "".join(c if c.isprintable() else " " for c in text[:SHOWN])
            yield Line(number, shown, number == finding.first_line)
            number += 1
