"""Matching runs: a business day of an organisation, matched by the engine; what does not agree becomes cases.

The engine works outside any transaction, on files of the lake that nobody changes. What came of it is written in one:
cases, postings and the run's own row. A run is kept also when it went badly.
"""

import shutil
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from tillkeeper.engines.matching.rules import Rules
from tillkeeper.engines.matching.run import Outcome, match
from tillkeeper.engines.matching.store import Source
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.kernel import progress
from tillkeeper.kernel.actor import Actor, as_arguments
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.documents import issue_document
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.kernel.files import keep_file
from tillkeeper.kernel.retention import RetentionClass
from tillkeeper.parties.queries import organisation as organisation_named
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import NothingToMatch
from tillkeeper.settlement.lifecycle import RunState
from tillkeeper.settlement.models import MatchingRun, MoneyFile, RuleBook
from tillkeeper.settlement.queries.files import files_of_day
from tillkeeper.settlement.services.differences import take_over
from tillkeeper.settlement.services.files import lake, store_of
from tillkeeper.settlement.services.postings import post_day

PREFIX: Final = "MR"


@verb
def start_run(
    *,
    organisation: str,
    day: date,
    by: Actor,
    at: datetime,
    as_of: date | None = None,
    files: Sequence[str] = (),
    queue: bool = False,
) -> MatchingRun:
    """Write down a run to be done: by `run_matching`, at once or by the worker.

    Args:
        organisation: code of the node whose files are matched.
        day: the business day.
        by: who.
        at: when.
        as_of: decides what is held and what is missing; today if not given.
        files: numbers of the files; all that have rows of that day if not given.
        queue: True: the worker does it; False: the caller calls `run_matching`.

    Raises:
        NotFound, NotAllowed: the organisation or a file is none of the actor's.
        NothingToMatch: there is no journal, or nothing to hold it against.
    """
    scope = by.scope(Right.MONEY_WORK)
    node = organisation_named(scope, organisation)
    by.require(Right.MONEY_WORK, node.path)
    rows = list(files_of_day(scope, node.pk, day, files))
    _two_sides(rows, day)
    run = MatchingRun.objects.create(
        number=issue_document(prefix=PREFIX, kind="matching_run", place=node.path, by=by, at=at),
        organisation_id=node.pk,
        path=node.path,
        day=day,
        as_of=as_of or timezone.localdate(at),
        rules=RuleBook.objects.filter(organisation_id=node.pk).order_by("-version").first(),
        state=RunState.QUEUED,
        by=by.name,
        at=at,
    )
    run.files.set(rows)
    record_change(
        action="run.start",
        subject=f"run:{run.number}",
        place=node.path,
        by=by,
        at=at,
        after={"day": day, "as_of": run.as_of, "files": [row.number for row in rows]},
    )
    if queue:
        transaction.on_commit(partial(_enqueue, run.number, as_arguments(by)))
    return run


def _enqueue(number: str, by: dict[str, Any]) -> None:
    # By name: tasks stand above services.
    import_string("tillkeeper.settlement.tasks.match_day").enqueue(number, by)


def run_matching(*, number: str, by: Actor, at: datetime) -> MatchingRun:
    """Do a run that was started; one that is being done, or was, is left alone. What is in the files raises nothing."""
    waiting = MatchingRun.objects.filter(number=number, state=RunState.QUEUED)
    if not waiting.update(state=RunState.RUNNING):
        return MatchingRun.objects.get(number=number)
    run = MatchingRun.objects.select_related("rules", "organisation").get(number=number)
    work = lake() / "working" / uuid4().hex
    work.mkdir(parents=True)
    try:
        outcome = _matched(run)
        _take_over(run, outcome, work, by=by, at=at)
    except TillkeeperError as refused:
        _failed(run, {"code": refused.code, "sentence": str(refused), "facts": refused.facts()}, at)
    except Exception as error:
        _failed(
            run, {"code": "settlement.run_broke", "sentence": type(error).__name__, "facts": {}}, at
        )
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
        progress.forget(number)
    return MatchingRun.objects.get(number=number)


def sources(files: Iterable[MoneyFile], role: Role) -> list[Source]:
    """Return the stores of the files of one role."""
    return [Source(file.number, store_of(file), file.facts) for file in files if file.role == role]


def rules_of(run: MatchingRun) -> Rules:
    """Return the rules a run goes by."""
    return Rules.of_text(run.rules.text, name=str(run.rules)) if run.rules else Rules.sound()


def _matched(run: MatchingRun) -> Outcome:
    files = list(run.files.order_by("number"))
    progress.report(run.number, share=0.05, rows=0, stage="matching")
    return match(
        sources(files, Role.JOURNAL),
        sources(files, Role.BILL),
        sources(files, Role.STATEMENT),
        rules=rules_of(run),
        as_of=run.as_of,
    )


@verb
def _take_over(run: MatchingRun, outcome: Outcome, work: Path, *, by: Actor, at: datetime) -> None:
    written = work / "differences.csv"
    outcome.differences.write_csv(written)
    with written.open("rb") as stream:
        kept = keep_file(
            stream,
            name=f"{run.number}.csv",
            media_type="text/csv",
            retention=RetentionClass.LEDGER_FILE,
            by=by,
            at=at,
        )
    files = {file.number: file for file in run.files.all()}
    opened, vanished = take_over(run, outcome.differences, files, at=at)
    post_day(run, outcome.differences, list(files.values()), by=by, at=at)
    run.state, run.finished_at = RunState.DONE, timezone.now()
    run.summary, run.versions = outcome.summary, outcome.versions
    run.differences_sha256 = kept.sha256
    run.cases_opened, run.cases_vanished = opened, vanished
    run.save()
    record_change(
        action="run.done",
        subject=f"run:{run.number}",
        place=run.path,
        by=by,
        at=at,
        after={"cases": opened, "vanished": vanished, "sha256": kept.sha256},
    )


def _failed(run: MatchingRun, problem: dict[str, Any], at: datetime) -> None:
    MatchingRun.objects.filter(pk=run.pk).update(
        state=RunState.FAILED, problem=problem, finished_at=at
    )


def _two_sides(files: Sequence[MoneyFile], day: date) -> None:
    roles = {file.role for file in files}
    if Role.BILL not in roles and Role.JOURNAL not in roles:
        raise NothingToMatch(missing="journal and no bill", day=str(day))
    if len(roles) < 2:
        raise NothingToMatch(missing="bill" if Role.JOURNAL in roles else "journal", day=str(day))
