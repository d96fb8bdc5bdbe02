"""The work on an import, in a background task or in the command line: the dry run, and the real one."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError
from django.utils import translation

from tillkeeper.formats.ledgers.tables import Table
from tillkeeper.kernel.actor import STEP_WIDTH, Actor
from tillkeeper.kernel.audit import record_change, unit_of_work
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.kernel.statistics import WORTH_IT, gather_statistics
from tillkeeper.parties.queries import organisations
from tillkeeper.parties.services.nodes import hold_tree
from tillkeeper.terminals.models import Import, ImportChange
from tillkeeper.terminals.services.imports.cards import CARD_NUMBER, forgetting_cards
from tillkeeper.terminals.services.imports.errors import (
    FileForgotten,
    ImportBroken,
    ImportDisturbed,
    ImportNotReady,
    ImportStopped,
    RowsRefused,
)
from tillkeeper.terminals.services.imports.passes import columns_of, go_through, opened
from tillkeeper.terminals.services.imports.personal import forget_personal
from tillkeeper.terminals.services.imports.refused import RefusalSink
from tillkeeper.terminals.services.imports.run import Node, Run
from tillkeeper.terminals.services.imports.telling import Teller

logger = logging.getLogger(__name__)
Tell = Callable[[float, int], None]
CHECKED: Final = ("refused_sha256", "problem", "result")


def run_check(*, number: str, by: Actor, at: datetime, tell: Tell | None = None) -> Import:
    """Go through the file without writing, and keep what would come of it on the import's row.

    Outside any transaction: on SQLite a check keeps nobody from writing.

    Raises:
        ImportNotReady: it is not waiting for a check.
        TillkeeperError: the file as a whole cannot be read; the import says so too.
    """
    record = _begin(number, "checking", "checking", at)
    with Teller(number, "checking") as teller:
        return _ending(record, by, at, lambda: _check(record, by, at, _both(teller, tell)))


def run_apply(*, number: str, by: Actor, at: datetime, tell: Tell | None = None) -> Import:
    """Bring the file in: all good rows, in one transaction with their history and audit entries, or none.

    Raises:
        ImportNotReady: it is not waiting to be brought in.
        RowsRefused: all or nothing was chosen, and rows were refused.
        ImportStopped, ImportDisturbed, TillkeeperError: nothing was written; the import says why.
    """
    record = _begin(number, "queued", "running", at)
    with Teller(number, "running") as teller:
        done = _ending(record, by, at, lambda: _apply(record, by, at, _both(teller, tell)))
    if done.result.get("new", 0) >= WORTH_IT:
        gather_statistics()
    return done


def _both(teller: Teller, tell: Tell | None) -> Tell:
    def told(share: float, rows: int) -> None:
        teller(share, rows)
        if tell is not None:
            tell(share, rows)

    return told


def _begin(number: str, waiting: str, working: str, at: datetime) -> Import:
    # Conditional: a task that is delivered twice, or an import that was cancelled meanwhile, does nothing.
    del at
    if not Import.objects.filter(number=number, status=waiting).update(status=working):
        record = Import.objects.filter(number=number).first()
        if record is None:
            raise NotFound(kind="import", key=number)
        raise ImportNotReady(number=number, status=record.status)
    return Import.objects.select_related("organisation").get(number=number)


def _ending(record: Import, by: Actor, at: datetime, work: Callable[[], Import]) -> Import:
    """Do the work; whatever goes wrong is written on the import's row and raised on."""
    try:
        return work()
    except TillkeeperError as error:
        _fail(record, by, at, error)
        raise
    except IntegrityError as error:
        logger.warning("import %s met a constraint: %s", record.number, type(error).__name__)
        disturbed = ImportDisturbed(number=record.number)
        _fail(record, by, at, disturbed)
        raise disturbed from error
    except Exception as error:
        _fail(record, by, at, ImportBroken(number=record.number, kind=type(error).__name__))
        raise


def _check(record: Import, by: Actor, at: datetime, tell: Tell) -> Import:
    with opened(record) as table, RefusalSink(table.layout) as sink:
        run = _run(record, table, sink, by, at)
        with forgetting_cards(record, sink):
            go_through(record, table, run, tell)
            with unit_of_work():
                record.dry_run = _outcome(record, run, by, at)
                record.status = "checked"
                record.finished_at = at
                if CARD_NUMBER in sink.codes:
                    _say_forgotten(record)
                record.save(update_fields=[*CHECKED, "dry_run", "status", "finished_at"])
    return record


def _apply(record: Import, by: Actor, at: datetime, tell: Tell) -> Import:
    with opened(record) as table, RefusalSink(table.layout) as sink:
        run = replace(_run(record, table, sink, by, at), writes=True)
        with forgetting_cards(record, sink):
            try:
                with unit_of_work():
                    # One import of an organisation at a time, and no node moves while paths are written.
                    hold_tree(record.path)
                    go_through(record, table, run, tell)
                    _refuse_half(record, run)
                    record.result = _outcome(record, run, by, at)
                    record.status, record.finished_at = "done", at
                    record.save(update_fields=["result", "status", "refused_sha256", "finished_at"])
                    _record("import.done", record, by, at, record.result)
            except RowsRefused:
                with unit_of_work():
                    record.dry_run = _outcome(record, run, by, at)
                    record.result = {}
                    record.save(update_fields=["dry_run", "result", "refused_sha256"])
                raise
    forget_personal(record, at)
    return record


def _say_forgotten(record: Import) -> None:
    """Say on the import's row that its file is gone: what was refused stays to be looked at, and nothing can follow."""
    error = FileForgotten(number=record.number)
    with translation.override("en"):
        record.problem = str(error)
    record.status = "failed"
    record.result = {"problem": {"code": error.code, "facts": error.facts()}}


def _refuse_half(record: Import, run: Run) -> None:
    if record.all_or_nothing and run.counts.refused:
        raise RowsRefused(number=record.number, refused=run.counts.refused)


def _run(record: Import, table: Table, sink: RefusalSink, by: Actor, at: datetime) -> Run:
    """Return a run that writes nothing."""
    node = record.organisation
    root = (
        organisations().filter(path=record.path[:STEP_WIDTH]).values_list("code", flat=True).first()
    )
    titles = table.layout.titles
    return Run(
        number=record.number,
        run_id=record.pk,
        node=Node(node.pk, node.path, node.code, node.name),
        root_code=root or node.code,
        by=by,
        at=at,
        writes=False,
        titles=titles,
        columns=columns_of(record, titles),
        sink=sink,
    )


def _outcome(record: Import, run: Run, by: Actor, at: datetime) -> dict[str, Any]:
    """Return the counts as they are kept; the refused rows go into the file store."""
    rows, lines = run.sink.keep(record, by, at)
    record.refused_sha256 = rows
    return {**run.counts.as_json(), "refused_codes": dict(run.sink.codes), "refused_lines": lines}


def _fail(record: Import, by: Actor, at: datetime, error: TillkeeperError) -> None:
    status = "cancelled" if isinstance(error, ImportStopped) else "failed"
    with translation.override("en"):
        sentence = str(error)
    with unit_of_work():
        ImportChange.objects.filter(run=record).delete()
        current = Import.objects.get(pk=record.pk)
        current.result = {"problem": {"code": error.code, "facts": error.facts()}}
        current.status, current.problem, current.finished_at = status, sentence, at
        current.save(update_fields=["result", "status", "problem", "finished_at"])
        _record("import.failed", current, by, at, {"code": error.code})


def _record(action: str, record: Import, by: Actor, at: datetime, after: dict[str, Any]) -> None:
    record_change(
        action=action,
        subject=f"import:{record.number}",
        place=record.path,
        by=by,
        at=at,
        after=after,
    )
