"""Bringing in journals, bills and statements: taken whole into the lake, or refused with the reason; never twice."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Any, Final
from uuid import uuid4

import polars as pl
from django.conf import settings
from django.db import IntegrityError, transaction

from tillkeeper.engines.matching.intake import Intake, take_in
from tillkeeper.engines.matching.store import ABOUT, about, part_name
from tillkeeper.formats.canonical.reading import Format, Options, Verdict
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.documents import issue_document
from tillkeeper.kernel.errors import FieldInvalid, LakeUnreachable, TillkeeperError
from tillkeeper.kernel.files import keep_file, kept_file
from tillkeeper.kernel.lake import (
    LakePath,
    answering,
    lake_path,
    make_new,
    move,
    remove,
)
from tillkeeper.kernel.retention import RetentionClass
from tillkeeper.parties.queries import organisation as organisation_named
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import FiguresDisagree, MatchedAlready, TakenAlready
from tillkeeper.settlement.lifecycle import FileState, RunState
from tillkeeper.settlement.models import MoneyFile
from tillkeeper.settlement.queries.files import file_locked
from tillkeeper.settlement.queries.layouts import declared_formats

PREFIX: Final = "MF"
SET_ASIDE_KEPT: Final = 1_000  # lines whose reasons are kept with the file; all are counted
DAY_COLUMNS: Final = {  # a row may have several days: traded in the evening, settled on the next
    Role.JOURNAL: ("at",),
    Role.BILL: ("settled_on", "at"),
    Role.STATEMENT: ("booked_on",),
}
NAME_BYTES: Final = 200  # of a file's own name, from its end: a disk takes 255


def lake() -> LakePath:
    """Return the place of the lake: a folder, or in a bucket."""
    return lake_path(settings.TILLKEEPER_LAKE or Path(settings.TILLKEEPER_VAR) / "lake")


def store_of(file: MoneyFile) -> LakePath:
    """Return the folder that holds the rows of a taken file."""
    return lake() / file.path[:6] / file.number


def bring_in(  # noqa: PLR0913  a file says whose, what, from where, by whom and when
    *,
    stream: IO[bytes],
    name: str,
    organisation: str,
    by: Actor,
    at: datetime,
    form: Format | None = None,
    options: Options | None = None,
    origin: str = "",
) -> MoneyFile:
    """Take a file in. Reading goes on outside any transaction; the row that makes it count comes last.

    Args:
        stream: the bytes as they came.
        name: what the sender calls it; some formats tell the day by it.
        organisation: code of the node it belongs to.
        by: who.
        at: when.
        form: the format, where it is known (see `formats_known`); else it is recognised, among the formats of the
            product and the layouts that the organisation or one above it declared.
        options: what is known from outside, e.g. the year.
        origin: where it came from: blank for a person, else the folder or drop.

    Returns:
        The file: taken, or refused with its problem.

    Raises:
        NotAllowed, NotFound: the organisation is none of the actor's.
        TakenAlready: the same bytes or the same rows were taken before.
        LakeUnreachable: the storage of the rows does not answer.
    """
    node = organisation_named(by.scope(Right.MONEY_WORK), organisation)
    by.require(Right.MONEY_WORK, node.path)
    name = plain_name(name)
    kept = keep_file(
        stream,
        name=name,
        media_type="application/octet-stream",
        retention=RetentionClass.LEDGER_FILE,
        by=by,
        at=at,
    )
    _refuse_known(node.pk, "sha256", kept.sha256, name, "bytes")
    with _arriving() as stores, TemporaryDirectory(prefix="tillkeeper-") as came:
        named = Path(came) / name  # some formats tell the day by the name
        named.symlink_to(kept.path)
        declared = declared_formats(node.path)
        intake = take_in(named, stores, format=form, options=options, declared=declared)
        return _keep(intake, _facts(intake), node=node, origin=origin, by=by, at=at)


@contextmanager
def _arriving() -> Iterator[LakePath]:
    """Give a new folder of the lake for stores that have no number yet, and take it away at the end."""
    stores = lake() / "arriving" / uuid4().hex
    with answering(stores):
        make_new(stores)
        try:
            yield stores
        finally:
            with suppress(OSError, LakeUnreachable):  # what is left there is of nobody
                remove(stores)


@verb
def _keep(
    intake: Intake, facts: dict[str, Any], *, node: Any, origin: str, by: Actor, at: datetime
) -> MoneyFile:
    if facts["content"]:
        _refuse_known(node.pk, "content", facts["content"], intake.name, "rows", role=facts["role"])
    number = issue_document(prefix=PREFIX, kind="money_file", place=node.path, by=by, at=at)
    file = MoneyFile(
        number=number,
        organisation_id=node.pk,
        path=node.path,
        origin=origin,
        by=by.name,
        at=at,
        **facts,
    )
    try:
        with transaction.atomic():
            file.save()
    except IntegrityError:  # another took the same file in this very moment
        _refuse_known(node.pk, "sha256", intake.sha256, intake.name, "bytes")
        _refuse_known(node.pk, "content", file.content, intake.name, "rows", role=file.role)
        raise
    if intake.source is not None:
        # What lies there is of a number that was never committed: nobody has it.
        move(intake.source.path, store_of(file), last=ABOUT)
    record_change(
        action=f"money_file.{file.state}",
        subject=f"money_file:{number}",
        place=node.path,
        by=by,
        at=at,
        after={"name": file.name, "format": file.format, "rows": file.rows, "sha256": file.sha256},
    )
    return file


@verb
def withdraw(*, number: str, why: str, by: Actor, at: datetime) -> MoneyFile:
    """Take a file back, so that it counts no more and the same may be brought in again. Its row stays.

    Raises:
        NotFound: no such file within the actor's view.
        MatchedAlready: a run has used it; what came of it would hang in the air.
        FieldInvalid: no reason is given.
    """
    if not why.strip():
        raise FieldInvalid(field="why", value="", expected="a reason")
    file = file_locked(by.scope(Right.MONEY_WORK), number)
    if run := file.runs.exclude(state__in=[RunState.FAILED, RunState.CANCELLED]).first():
        raise MatchedAlready(file=number, run=run.number)
    file.state = FileState.WITHDRAWN
    file.problem = {"code": "settlement.withdrawn", "sentence": why, "facts": {}}
    file.save(update_fields=["state", "problem"])
    record_change(
        action="money_file.withdraw",
        subject=f"money_file:{number}",
        place=file.path,
        by=by,
        at=at,
        after={"why": why},
    )
    return file


def original(file: MoneyFile) -> Path:
    """Return the file as it came.

    Raises:
        NotFound: its bytes are gone.
    """
    return kept_file(file.sha256).path


def plain_name(name: str) -> str:
    """Return the last part of a name, as a disk takes it, whatever the sender's system was."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(c for c in last if c.isprintable())
    short = plain.encode()[-NAME_BYTES:].decode(errors="ignore")
    return short if short.strip(". ") else "file"


def _facts(intake: Intake) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": intake.name,
        "sha256": intake.sha256,
        "size": intake.size,
        "content": "",
        "role": "",
        "state": FileState.REFUSED,
    }
    if intake.refused is not None:
        return facts | {"problem": _problem(intake.refused)}
    verdict = intake.verdict
    if verdict is None:
        return facts
    facts |= {
        "role": verdict.role,
        "format": verdict.format,
        "rows": verdict.rows,
        "sums": verdict.sums,
        "checks": [asdict(one) for one in verdict.checks],
        "set_aside": [asdict(one) for one in verdict.set_aside[:SET_ASIDE_KEPT]],
        "set_aside_count": len(verdict.set_aside),
        "facts": verdict.facts | _layout_of(intake),
    }
    if intake.source is None:
        return facts | {"problem": _problem(_disagreement(intake.name, verdict))}
    told = about(intake.source.path)
    first, last = _days(intake.source.path, verdict.role, len(told.parts))
    return facts | {
        "state": FileState.TAKEN,
        "content": told.content if told.rows else "",
        "first_day": first,
        "last_day": last,
    }


def _layout_of(intake: Intake) -> dict[str, str]:
    """Return which version of a declared layout read the file."""
    version = intake.format.version if intake.format else ""
    return {"layout": version} if version else {}


def _problem(error: TillkeeperError) -> dict[str, Any]:
    return {"code": error.code, "sentence": str(error), "facts": error.facts()}


def _disagreement(name: str, verdict: Verdict) -> FiguresDisagree:
    wrong = next(check for check in verdict.checks if not check.holds)
    return FiguresDisagree(name=name, check=wrong.name, stated=wrong.stated, found=wrong.found)


def _days(store: LakePath, role: Role, parts: int) -> tuple[date | None, date | None]:
    days = [_local_day(column) for column in DAY_COLUMNS[role]]
    found = (
        pl.scan_parquet([str(store / part_name(number)) for number in range(parts)])
        .select(first=pl.min_horizontal(days).min(), last=pl.max_horizontal(days).max())
        .collect()
    )
    return found.item(0, "first"), found.item(0, "last")


def _local_day(column: str) -> pl.Expr:
    of = pl.col(column)
    return of.dt.convert_time_zone(settings.TIME_ZONE).dt.date() if column == "at" else of


def _refuse_known(
    organisation_id: int, field: str, value: str, name: str, what: str, **also: Any
) -> None:
    known = MoneyFile.objects.filter(
        organisation_id=organisation_id, state=FileState.TAKEN, **{field: value}, **also
    ).first()
    if known is not None:
        raise TakenAlready(name=name, what=what, other=known.number, on=f"{known.at:%Y-%m-%d}")
