"""Matching runs: a business day of an organisation, matched by the engine; what does not agree becomes cases.

The engine works outside any transaction, on files of the lake that nobody changes. What came of it is written in one:
cases, postings and the run's own row. A run is kept also when it went badly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from tillkeeper.engines.matching import differences as table
from tillkeeper.engines.matching.reports.files import outcome_csv
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.run import Outcome, match
from tillkeeper.engines.matching.store import Source
from tillkeeper.engines.matching.summary import by_class
from tillkeeper.engines.matching.workplaces import Workplace, workplace
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.kernel import progress
from tillkeeper.kernel.actor import Actor, as_arguments
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.documents import issue_document
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.kernel.files import Kept, keep_file
from tillkeeper.kernel.lake import answering
from tillkeeper.kernel.retention import RetentionClass
from tillkeeper.kernel.room import NoRoom, no_room
from tillkeeper.parties.queries import organisation as organisation_named
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import NothingToMatch, RunInterrupted
from tillkeeper.settlement.lifecycle import PostingKind, RunState
from tillkeeper.settlement.models import MatchingRun, MoneyFile
from tillkeeper.settlement.queries.files import files_around, files_of_day
from tillkeeper.settlement.queries.rulebooks import newest_rules
from tillkeeper.settlement.services.differences import take_over
from tillkeeper.settlement.services.files import lake, store_of
from tillkeeper.settlement.services.heartbeat import Heartbeat
from tillkeeper.settlement.services.ledger import Occasion, keep_others_out
from tillkeeper.settlement.services.postings import post_day
from tillkeeper.settlement.services.span import AROUND, days_judged, of_run, with_day
from tillkeeper.settlement.services.whole_batches import make_way

PREFIX: Final = "MR"


@verb
def start_run(  # noqa: PLR0913  a run says whose, which day, as of when, of what, by whom and when
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
        files: numbers of the files, of which all rows are judged; else all files with rows of that day and of the
            days around it, and the payments of that day and the one before are judged (see `span`).
        queue: True: the worker does it; False: the caller calls `run_matching`.

    Raises:
        NotFound, NotAllowed: the organisation or a file is none of the actor's.
        NothingToMatch: there is no journal, or nothing to hold it against.
    """
    scope = by.scope(Right.MONEY_WORK)
    node = organisation_named(scope, organisation)
    by.require(Right.MONEY_WORK, node.path)
    of_day = list(files_of_day(scope, node.pk, day, files).select_for_update())
    _all_there(of_day, files)
    _two_sides(of_day, day)
    rows = of_day if files else list(files_around(scope, node.pk, day, AROUND).select_for_update())
    run = MatchingRun.objects.create(
        number=issue_document(prefix=PREFIX, kind="matching_run", place=node.path, by=by, at=at),
        organisation_id=node.pk,
        path=node.path,
        day=day,
        as_of=as_of or timezone.localdate(at),
        rules=newest_rules(node.pk),
        named=bool(files),
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
    try:
        with answering(lake()):
            with Heartbeat(number), workplace(settings.TILLKEEPER_MATCH_ON) as there:
                outcome = _matched(run, there)
            _take_over(run, outcome, by=by, at=at)
    except TillkeeperError as refused:
        _failed(run, _told(refused), at)
    except Exception as error:
        broke = {"code": "settlement.run_broke", "sentence": type(error).__name__, "facts": {}}
        _failed(run, _told(NoRoom(reason=why)) if (why := no_room(error)) else broke, at)
        raise
    finally:
        progress.forget(number)
    return MatchingRun.objects.get(number=number)


def mark_interrupted(at: datetime) -> int:
    """Set to failed the runs whose process has not been heard of for a minute; return how many."""
    marked = 0
    for run in MatchingRun.objects.filter(state=RunState.RUNNING):
        said = progress.progress(run.number)
        if said is not None and not said.silent:
            continue
        problem = _told(RunInterrupted(run=run.number))
        # Conditional: a run that ends at this moment has the last word.
        running = MatchingRun.objects.filter(pk=run.pk, state=RunState.RUNNING)
        marked += running.update(state=RunState.FAILED, problem=problem, finished_at=at)
        progress.forget(run.number)
    return marked


def sources(files: Iterable[MoneyFile], role: Role) -> list[Source]:
    """Return the stores of the files of one role."""
    return [Source(file.number, store_of(file), file.facts) for file in files if file.role == role]


def rules_of(run: MatchingRun) -> Rules:
    """Return the rules a run goes by."""
    return Rules.of_text(run.rules.text, name=str(run.rules)) if run.rules else Rules.sound()


def _matched(run: MatchingRun, there: Workplace) -> Outcome:
    """Return what the run tells, its differences with `day`."""
    files, rules = list(run.files.order_by("number")), rules_of(run)
    if run.named:
        whole = _legs(files, run, rules, there)
        return replace(whole, differences=with_day(whole.differences, rules))
    near = [file for file in files if file.role != Role.STATEMENT and _near(file, run.day)]
    payments = _legs(near, run, rules, there)
    payouts = _legs([file for file in files if file.role != Role.JOURNAL], run, rules, there)
    found = table.whole([payments.differences, payouts.differences])
    told = of_run(with_day(found, rules), run.day)
    first, last = days_judged(run.day)
    summary = payments.summary | {
        "classes": by_class(told),
        "days": {"first": str(first), "last": str(last)},
    }
    return Outcome(told, summary, payments.versions)


def _legs(files: Sequence[MoneyFile], run: MatchingRun, rules: Rules, there: Workplace) -> Outcome:
    return match(
        sources(files, Role.JOURNAL),
        sources(files, Role.BILL),
        sources(files, Role.STATEMENT),
        rules=rules,
        as_of=run.as_of,
        at=there,
    )


def _near(file: MoneyFile, day: date) -> bool:
    """Say whether a file is of the days that the payments of a day may lie in."""
    first, last = AROUND[Role.JOURNAL]
    begins, ends = day - timedelta(days=first), day + timedelta(days=last)
    return bool(
        file.first_day and file.last_day and file.first_day <= ends and file.last_day >= begins
    )


@verb
def _take_over(run: MatchingRun, outcome: Outcome, *, by: Actor, at: datetime) -> None:
    keep_others_out(run.organisation_id)
    kept = _kept(run, outcome, by=by, at=at)
    files = {file.number: file for file in run.files.all()}
    change = take_over(run, outcome.differences, files, at=at)
    change.vanished += make_way(run, change.doubt, by=by, at=at)
    on = Occasion(
        PostingKind.DOUBT, run.number, run.day, run.organisation_id, run.path, run_id=run.pk
    )
    change.doubt.post(on=on, by=by, at=at)
    post_day(run, list(files.values()), rules_of(run), by=by, at=at)
    run.state, run.finished_at = RunState.DONE, timezone.now()
    run.summary, run.versions = outcome.summary, outcome.versions
    run.differences_sha256 = kept.sha256
    run.cases_opened, run.cases_vanished = change.opened, change.vanished
    run.save()
    record_change(
        action="run.done",
        subject=f"run:{run.number}",
        place=run.path,
        by=by,
        at=at,
        after={"cases": change.opened, "vanished": change.vanished, "sha256": kept.sha256},
    )


def _kept(run: MatchingRun, outcome: Outcome, *, by: Actor, at: datetime) -> Kept:
    """Keep the table of differences as a file, as `tillkeeper match` writes it."""
    with TemporaryDirectory(prefix="tillkeeper-") as folder:
        written = Path(folder) / f"{run.number}.csv"
        outcome_csv(outcome)(written)
        with written.open("rb") as stream:
            return keep_file(
                stream,
                name=written.name,
                media_type="text/csv",
                retention=RetentionClass.LEDGER_FILE,
                by=by,
                at=at,
            )


def _told(error: TillkeeperError) -> dict[str, Any]:
    return {"code": error.code, "sentence": str(error), "facts": error.facts()}


def _failed(run: MatchingRun, problem: dict[str, Any], at: datetime) -> None:
    MatchingRun.objects.filter(pk=run.pk).update(
        state=RunState.FAILED, problem=problem, finished_at=at
    )


def _all_there(found: Sequence[MoneyFile], named: Sequence[str]) -> None:
    numbers = {file.number for file in found}
    for number in named:
        if number not in numbers:
            raise NotFound(kind="file", key=number)


def _two_sides(files: Sequence[MoneyFile], day: date) -> None:
    roles = {file.role for file in files}
    if Role.BILL not in roles and Role.JOURNAL not in roles:
        raise NothingToMatch(missing="journal and no bill", day=str(day))
    if len(roles) < 2:
        raise NothingToMatch(missing="bill" if Role.JOURNAL in roles else "journal", day=str(day))
