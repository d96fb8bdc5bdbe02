"""From draft to done: mapping, dry run, cancel, all or nothing, interruption, undo."""

import io

import pytest
from django.core.cache import cache
from tests.factories import NOON
from tests.integration.imports.conftest import BOUND, STOCK, TITLES, codes, counts, row

from tillkeeper.formats.ledgers.errors import ColumnsMissing, FileTooLarge, UnknownKind
from tillkeeper.kernel import progress
from tillkeeper.kernel.audit import verify_chains
from tillkeeper.kernel.errors import NotAllowed, NotFound
from tillkeeper.parties.models import Merchant, Organisation, Site, Vendor
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.models import Binding, Import, StepTaken, Terminal, TerminalModel
from tillkeeper.terminals.services import imports
from tillkeeper.terminals.services.imports.errors import (
    ImportBuiltOn,
    ImportNotReady,
    ImportStopped,
    RowsRefused,
)

pytestmark = pytest.mark.django_db


def estate() -> tuple[int, ...]:
    return tuple(
        t.objects.count()
        for t in (Terminal, StepTaken, Binding, Merchant, Site, Vendor, TerminalModel)
    )


def test_a_dry_run_counts_what_an_import_would_do_and_writes_nothing(check, bring_in):
    rows = [BOUND, STOCK, row(STOCK, 备注="twice")]
    checked = check(rows)
    assert checked.status == "checked"
    assert estate() == (0,) * 7
    done = bring_in(rows)
    assert counts(checked, "dry_run") == counts(done) == (2, 0, 0, 1)
    assert checked.dry_run["made"] == done.result["made"]
    assert codes(checked) == codes(done) == [(4, "ledger.serial_twice")]


def test_columns_are_proposed_and_a_chosen_mapping_is_remembered_for_the_next_such_file(
    draft, manager_of_all
):
    titles = ("我们的编号", "型号")
    first = draft([("SN01", "M1")], titles=titles)
    assert first.mapping == {"0": "", "1": "model"}
    with pytest.raises(ColumnsMissing):
        imports.check_import(number=first.number, by=manager_of_all, at=NOON)
    imports.choose_mapping(
        number=first.number, mapping={"0": "serial", "1": "model"}, by=manager_of_all, at=NOON
    )
    assert draft([("SN02", "M1")], titles=titles).mapping == {"0": "serial", "1": "model"}


def test_an_import_is_asked_for_and_the_queue_does_it(
    draft, manager_of_all, django_capture_on_commit_callbacks
):
    record = draft([BOUND])
    with django_capture_on_commit_callbacks(execute=True):
        imports.apply_import(number=record.number, by=manager_of_all, at=NOON)
    record.refresh_from_db()
    assert (record.status, counts(record)) == ("done", (1, 0, 0, 0))


def test_all_or_nothing_writes_nothing_if_a_row_is_refused_and_still_says_which(
    draft, bring_in, manager_of_all
):
    with pytest.raises(RowsRefused):
        bring_in([BOUND, row(STOCK, 型号="")], all_or_nothing=True)
    record = Import.objects.get()
    assert (record.status, estate()) == ("failed", (0,) * 7)
    assert codes(record) == [(3, "ledger.required_missing")]
    assert "nothing was written" in record.problem
    done = bring_in([BOUND], all_or_nothing=True)
    assert counts(done) == (1, 0, 0, 0)


def test_a_running_import_stops_when_asked_and_keeps_nothing(draft, manager_of_all):
    record = draft([BOUND, STOCK])
    imports.apply_import(number=record.number, by=manager_of_all, at=NOON)

    def stop(_share: float, _rows: int) -> None:
        imports.cancel_import(number=record.number, by=manager_of_all, at=NOON)
        if progress.asked_to_stop(record.number):
            raise ImportStopped(number=record.number)

    with pytest.raises(ImportStopped):
        imports.run_apply(number=record.number, by=manager_of_all, at=NOON, tell=stop)
    record.refresh_from_db()
    assert (record.status, estate()) == ("cancelled", (0,) * 7)


def test_a_fault_midway_leaves_nothing_behind_and_the_import_can_be_started_again(
    draft, manager_of_all
):
    record = draft([BOUND, STOCK])
    imports.apply_import(number=record.number, by=manager_of_all, at=NOON)

    def fail(_share: float, _rows: int) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk"):
        imports.run_apply(number=record.number, by=manager_of_all, at=NOON, tell=fail)
    record.refresh_from_db()
    assert (record.status, estate()) == ("failed", (0,) * 7)
    assert record.result["problem"]["code"] == "terminals.import_broken"
    imports.apply_import(number=record.number, by=manager_of_all, at=NOON)
    assert counts(imports.run_apply(number=record.number, by=manager_of_all, at=NOON)) == (
        2,
        0,
        0,
        0,
    )


def test_a_task_delivered_twice_brings_nothing_in_twice(bring_in, manager_of_all):
    done = bring_in([BOUND])
    with pytest.raises(ImportNotReady):
        imports.run_apply(number=done.number, by=manager_of_all, at=NOON)
    assert estate()[0] == 1


def test_an_import_of_which_nothing_was_heard_is_marked_as_interrupted_but_not_one_that_waits(
    draft, manager_of_all
):
    silent, waiting = draft([BOUND]), draft([STOCK])
    for record in (silent, waiting):
        imports.check_import(number=record.number, by=manager_of_all, at=NOON)
    cache.delete(f"progress:{silent.number}")
    assert imports.mark_interrupted(NOON) == 1
    silent.refresh_from_db()
    waiting.refresh_from_db()
    assert (silent.status, waiting.status) == ("failed", "checking")
    assert "interrupted" in silent.problem


def test_an_import_is_undone_while_nothing_has_built_on_it(bring_in, manager_of_all):
    bring_in([row(STOCK, 备注="old")])
    before = estate()
    kept = Terminal.objects.values("remark", "received_on").get()
    second = bring_in([BOUND, row(STOCK, 备注="new")])
    undone = imports.undo_import(number=second.number, by=manager_of_all, at=NOON)
    assert undone.status == "undone"
    assert estate() == before
    assert Terminal.objects.values("remark", "received_on").get() == kept
    assert Organisation.objects.count() == 1
    assert all(verdict.broken is None for verdict in verify_chains())


def test_an_import_that_something_built_on_is_not_undone_and_it_is_said_what(
    bring_in, manager_of_all
):
    first = bring_in([BOUND, STOCK])
    bring_in([row(STOCK, 备注="changed since")])
    before = estate()
    with pytest.raises(ImportBuiltOn) as refused:
        imports.undo_import(number=first.number, by=manager_of_all, at=NOON)
    assert (refused.value.count, refused.value.first) == (1, "SN000002")
    assert estate() == before


def test_a_merchant_that_a_later_import_uses_holds_its_import_fast(bring_in, manager_of_all):
    first = bring_in([BOUND])
    bring_in([row(BOUND, 机身号="SN000009", 终端号="T9")])
    with pytest.raises(ImportBuiltOn, match="898440000000001"):
        imports.undo_import(number=first.number, by=manager_of_all, at=NOON)


def test_a_change_made_again_since_is_not_put_back(bring_in, manager_of_all):
    bring_in([row(STOCK, 备注="one")])
    second = bring_in([row(STOCK, 备注="two")])
    bring_in([row(STOCK, 备注="three")])
    with pytest.raises(ImportBuiltOn):
        imports.undo_import(number=second.number, by=manager_of_all, at=NOON)


def test_who_may_not_import_there_cannot_and_who_does_not_see_an_import_does_not_find_it(
    draft, hire, branch, neighbour, manager
):
    auditor = hire(Role.COMPLIANCE_AUDITOR, branch, username="ann")
    with pytest.raises((NotAllowed, NotFound)):
        draft([BOUND], by=auditor, organisation="SH")
    with pytest.raises(NotFound):
        draft([BOUND], by=manager, organisation="BJ")
    theirs = hire(Role.ESTATE_MANAGER, neighbour, username="bo")
    record = draft([BOUND], by=theirs, organisation="BJ")
    for verb in (
        imports.apply_import,
        imports.check_import,
        imports.cancel_import,
        imports.undo_import,
    ):
        with pytest.raises(NotFound):
            verb(number=record.number, by=manager, at=NOON)


def test_a_file_over_the_limit_is_refused_unread(head_office, manager_of_all, settings):
    settings.TILLKEEPER_IMPORT_MAX_MIB = 1
    with pytest.raises(FileTooLarge, match="more than 1 MiB"):
        imports.start_import(
            stream=io.BytesIO(b"x" * (3 * 1024 * 1024)), name="big.csv", kind="terminals", organisation="HQ",
            by=manager_of_all, at=NOON,
        )  # fmt: skip


def test_an_unknown_kind_of_ledger_is_refused(draft):
    with pytest.raises(UnknownKind):
        draft([BOUND], kind="people")


def test_refused_rows_come_back_as_a_file_in_the_original_layout(bring_in, system):
    done = bring_in([BOUND, row(STOCK, 型号="")])
    text = imports.refused_file(number=done.number, by=system, at=NOON).path.read_text(
        encoding="utf-8-sig"
    )
    titles, refused = text.splitlines()[:2]
    assert titles.startswith(",".join(TITLES))
    assert refused.startswith("SN000002,,Acme")
    assert done.refusals.get().code == "ledger.required_missing"


def test_the_number_of_questions_does_not_grow_with_the_rows(
    bring_in, django_assert_max_num_queries
):
    bring_in([BOUND, STOCK])
    many = [row(STOCK, 机身号=f"SN1{i:06d}") for i in range(300)]
    with django_assert_max_num_queries(90):
        bring_in(many)
