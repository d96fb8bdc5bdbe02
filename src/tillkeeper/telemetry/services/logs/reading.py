"""Reading a log that is here: made plain and kept, its lines sorted by kind, what matters written down.

The lines are read outside any transaction; what was found is written in a short one. Two logs of one maker read at
the same time learn one after the other: whoever comes second reads again with what the first one learnt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import transaction

from tillkeeper.engines.log_patterns.mining import Miner
from tillkeeper.engines.log_patterns.reading import Found, Knowledge, Log, Verdict, read
from tillkeeper.formats.voice.codes import family as family_of_codes
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.bulk import among
from tillkeeper.kernel.files import keep_file, kept_file
from tillkeeper.kernel.retention import RetentionClass
from tillkeeper.telemetry.lifecycle import PatternState, UploadState
from tillkeeper.telemetry.models import LogFinding, LogPattern, LogUpload, PatternMemory
from tillkeeper.telemetry.services.logs.plain import (
    BrokenInside,
    Cut,
    TooMuchInside,
    kept_lines,
    unpacked,
)
from tillkeeper.telemetry.services.logs.sealing import forget_pieces, pieces

FINDINGS_MAX: Final = 200  # of one log: known faults first, then what is new, then the rest
TRIES: Final = 5
MINED: Final = "kind:"  # how keys begin of what the miner found; all others are any maker's
BY: Final = Actor.system("telemetry")


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a reading began with: the miner's memory, and what people said of its kinds."""

    version: int
    body: bytes
    knows: Knowledge
    patterns: Mapping[tuple[str, str], LogPattern] = field(default_factory=dict)


def read_log(*, upload: int, at: datetime) -> str:
    """Read a log that is here as a whole; one that was read, or is not here, is left alone. Returns its state.

    What is in the log raises nothing: a log that cannot be read is marked so, with the reason.
    """
    row = LogUpload.objects.select_related("terminal__model__vendor").filter(pk=upload).first()
    if row is None or row.state != UploadState.COMPLETE:
        return row.state if row else "forgotten"
    vendor = row.terminal.model.vendor
    row.family = vendor.code[:40]
    maker = family_of_codes(vendor.code, vendor.name)
    try:
        if not row.sha256:
            _keep(row, at)
        for _ in range(TRIES):
            if _read_once(row, maker, at):
                return UploadState.READ
    except TooMuchInside:
        return _unreadable(row, "too_much_inside", at)
    except BrokenInside:
        return _unreadable(row, "broken_inside", at)
    except OSError:
        return _unreadable(row, "pieces_missing", at)
    return UploadState.COMPLETE  # others learn all the time: it is begun again later


def _keep(row: LogUpload, at: datetime) -> None:
    cut = Cut()
    kept = keep_file(
        kept_lines(unpacked(pieces(row.pk, row.pieces)), cut),
        name=row.name or f"{row.key}.log",
        media_type="text/plain; charset=utf-8",
        retention=RetentionClass.TERMINAL_LOG,
        by=BY,
        at=at,
    )
    row.sha256, row.cards = kept.sha256, cut.cards
    LogUpload.objects.filter(pk=row.pk).update(sha256=kept.sha256, cards=cut.cards)
    forget_pieces(row.pk)


def _unreadable(row: LogUpload, problem: str, at: datetime) -> str:
    waiting = LogUpload.objects.filter(pk=row.pk, state=UploadState.COMPLETE)
    waiting.update(state=UploadState.UNREADABLE, problem=problem, read_at=at)
    forget_pieces(row.pk)
    return UploadState.UNREADABLE


def _read_once(row: LogUpload, maker: str, at: datetime) -> bool:
    learnt = _learnt(row.family)
    miner, again = Miner.of(learnt.body), row.read_at is not None
    with kept_file(row.sha256).path.open("rb") as lines:
        log = read(lines, miner, maker=maker, knows=learnt.knows, learning=not again)
    return _write(row, log, learnt, b"" if again else miner.snapshot(), at)


def _learnt(family: str) -> Learnt:
    memory = PatternMemory.objects.filter(family=family).first()
    rows = {
        (row.family, row.key): row for row in LogPattern.objects.filter(family__in=["", family])
    }
    judged = {key: row for (_, key), row in rows.items() if row.state != PatternState.NEW}
    # What is known from the beginning needs no verdict; only what people said of it.
    verdicts = {key: Verdict(row.state) for key, row in judged.items() if row.judged_at}
    faults = {key: row.fault for key, row in judged.items() if row.judged_at}
    if memory is None:
        return Learnt(0, b"", Knowledge(verdicts, faults), rows)
    return Learnt(memory.version, bytes(memory.body), Knowledge(verdicts, faults), rows)


@transaction.atomic
def _write(row: LogUpload, log: Log, learnt: Learnt, snapshot: bytes, at: datetime) -> bool:
    """Write what was found; False: somebody else learnt meanwhile, and nothing was written."""
    again = not snapshot
    memory = _memory(row.family, at)
    if memory.version != learnt.version:
        return False
    here = LogUpload.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if here.state != UploadState.COMPLETE:
        return True
    patterns = _patterns(row.family, log, learnt, again=again, at=at)
    LogFinding.objects.filter(upload=here).delete()
    LogFinding.objects.bulk_create(_findings(here, row.family, log, learnt, patterns))
    if not again:
        memory.body, memory.version, memory.at = snapshot, memory.version + 1, at
        memory.save()
    here.state, here.read_at, here.lines, here.family = (
        UploadState.READ, at, log.lines, row.family,
    )  # fmt: skip
    here.problem = ""
    here.save()
    return True


def _memory(family: str, at: datetime) -> PatternMemory:
    PatternMemory.objects.get_or_create(family=family, defaults={"body": b"", "at": at})
    return PatternMemory.objects.select_for_update().get(family=family)


def _place(family: str, key: str) -> tuple[str, str]:
    return (family if key.startswith(MINED) else "", key)


def _patterns(
    family: str, log: Log, learnt: Learnt, *, again: bool, at: datetime
) -> dict[str, LogPattern]:
    """Count what was found, write down what is new, and follow templates that became wider. Returned by key."""
    if not log.found:
        return {}
    fresh = [
        _pattern(family, found, at)
        for found in log.found.values()
        if _place(family, found.key) not in learnt.patterns
    ]
    # Words and codes are any maker's: another maker's log may have brought them in meanwhile.
    LogPattern.objects.bulk_create(fresh, ignore_conflicts=True)
    places = [_place(family, key) for key in log.found]
    rows = LogPattern.objects.select_for_update().filter(
        family__in=["", family], key__in=among([key for _, key in places])
    )
    named = {row.key: row for row in rows.order_by("pk") if (row.family, row.key) in set(places)}
    if again:
        return named
    for key, row in named.items():
        found = log.found[key]
        row.template = found.reads[:500]
        row.serious = row.serious or found.serious
        row.times, row.logs = row.times + found.times, row.logs + 1
        row.first_at, row.last_at = row.first_at or at, at
        row.example = row.example or found.example
    columns = ["template", "serious", "times", "logs", "first_at", "last_at", "example"]
    LogPattern.objects.bulk_update(named.values(), columns, batch_size=200)
    return named


def _pattern(family: str, found: Found, at: datetime) -> LogPattern:
    place, key = _place(family, found.key)
    state = PatternState.KNOWN if found.fault else PatternState.NEW
    return LogPattern(
        family=place,
        key=key,
        template=found.reads[:500],
        example=found.example,
        state=state,
        fault=found.fault,
        serious=found.serious,
        first_at=at,
    )


def _findings(
    upload: LogUpload, family: str, log: Log, learnt: Learnt, patterns: Mapping[str, LogPattern]
) -> list[LogFinding]:
    """Return what matters: lines that stand for a fault, kinds that nobody had seen, lines that speak of trouble."""
    told = []
    for key, found in log.found.items():
        unseen = _place(family, key) not in learnt.patterns
        new = unseen and (found.unexplained or not key.startswith(MINED))
        row = patterns[key]
        if row.state == PatternState.HARMLESS or not (found.fault or found.serious or new):
            continue
        told.append((not found.fault, not (new and found.serious), not found.serious, found, new))
    told.sort(key=lambda one: (*one[:3], one[3].first))
    return [
        LogFinding(
            upload=upload,
            pattern=patterns[found.key],
            fault=found.fault,
            new=new,
            first_line=found.first,
            offset=found.offset,
            times=found.times,
            last_line=found.last,
        )
        for *_, found, new in told[:FINDINGS_MAX]
    ]
