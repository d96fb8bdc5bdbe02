"""The stored file: its first rows tell the columns, and it goes as soon as a card number is found in it."""

import io

import openpyxl
import pytest
from tests.factories import NOON
from tests.integration.imports.conftest import BOUND, STOCK, TITLES, codes, counts, row

from tillkeeper.formats.ledgers.errors import LayoutDiffers, UnpacksTooLarge
from tillkeeper.formats.ledgers.texts import CsvTable
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.files import kept_file
from tillkeeper.terminals.models import Import, Terminal
from tillkeeper.terminals.services import imports
from tillkeeper.terminals.services.imports.errors import (
    FileForgotten,
    ImportStopped,
    RowsRefused,
)

pytestmark = pytest.mark.django_db
CARD = row(STOCK, 机身号="SN000009", 备注="卡 4111.1111.1111.1111")


def is_kept(record: Import) -> bool:
    try:
        kept_file(record.sha256)
    except NotFound:
        return False
    return True


def test_a_dry_run_that_finds_a_card_number_deletes_the_file_and_keeps_the_refusals(
    check, bring_in, manager_of_all
):
    checked = check([BOUND, CARD])
    assert not is_kept(checked)
    assert codes(checked) == [(3, "ledger.card_number")]
    assert counts(checked, "dry_run") == (1, 0, 0, 1)
    assert checked.status == "failed"
    assert "bring that in" in checked.problem
    refused = imports.refused_file(number=checked.number, by=manager_of_all, at=NOON)
    assert b"4111.1111.1111.1111" not in refused.path.read_bytes()
    for ask in (imports.check_import, imports.apply_import):
        with pytest.raises(FileForgotten):
            ask(number=checked.number, by=manager_of_all, at=NOON)
    assert counts(bring_in([BOUND, STOCK])) == (2, 0, 0, 0)


def test_a_file_without_card_numbers_stays_for_the_import_after_its_dry_run(check, manager_of_all):
    checked = check([BOUND, row(STOCK, 型号="")])
    assert (is_kept(checked), checked.status, checked.problem) == (True, "checked", "")
    imports.apply_import(number=checked.number, by=manager_of_all, at=NOON)
    done = imports.run_apply(number=checked.number, by=manager_of_all, at=NOON)
    assert counts(done) == (1, 0, 0, 1)


def test_an_import_that_brings_nothing_in_deletes_a_file_with_card_numbers_too(
    bring_in, draft, manager_of_all
):
    with pytest.raises(RowsRefused):
        bring_in([BOUND, CARD], all_or_nothing=True)
    assert not is_kept(Import.objects.get())
    stopped = draft([BOUND, CARD, row(BOUND, 机身号="SN000003", 终端号="T3")])
    imports.apply_import(number=stopped.number, by=manager_of_all, at=NOON)

    def stop(_share: float, _rows: int) -> None:
        raise ImportStopped(number=stopped.number)

    with pytest.raises(ImportStopped):
        imports.run_apply(number=stopped.number, by=manager_of_all, at=NOON, tell=stop)
    assert not is_kept(stopped)
    assert not Terminal.objects.exists()


def workbook(fill) -> io.BytesIO:
    book = openpyxl.Workbook()
    fill(book.active)
    made = io.BytesIO()
    book.save(made)
    book.close()
    made.seek(0)
    return made


def started(stream, by) -> Import:
    return imports.start_import(
        stream=stream, name="ledger.xlsx", kind="terminals", organisation="HQ", by=by, at=NOON
    )


def applied(record, by) -> Import:
    imports.apply_import(number=record.number, by=by, at=NOON)
    return imports.run_apply(number=record.number, by=by, at=NOON)


def fill_from_b(sheet) -> None:
    for line in range(1, 1_000):
        cells = TITLES if line == 1 else row(STOCK, 机身号=f"SN{line:06d}")
        for column, cell in enumerate(cells, start=2):
            sheet.cell(line, column, cell or None)


def test_columns_are_those_of_the_titles_whatever_stands_beside_them_further_down(
    head_office, manager_of_all
):
    def fill(sheet) -> None:
        fill_from_b(sheet)
        sheet.cell(900, 1, "x")
        sheet.cell(950, 20, "y")

    record = started(workbook(fill), manager_of_all)
    assert record.layout["titles"] == list(TITLES)
    done = applied(record, manager_of_all)
    assert counts(done) == (998, 0, 0, 0)
    assert Terminal.objects.filter(model__code="M1", serial__startswith="SN").count() == 998


def test_what_is_wrong_far_below_the_titles_is_found_when_the_whole_is_read(
    head_office, manager_of_all
):
    def fill(sheet) -> None:
        fill_from_b(sheet)
        sheet.merge_cells("E700:E701")
        sheet.cell(800, 3, "#REF!")
        sheet.cell(801, 3, "=B2")

    done = applied(started(workbook(fill), manager_of_all), manager_of_all)
    assert codes(done) == [
        (700, "ledger.merged_cells"),
        (701, "ledger.merged_cells"),
        (800, "ledger.error_value"),
        (801, "ledger.formula_without_result"),
    ]
    assert counts(done) == (994, 0, 0, 4)


def test_titles_other_than_those_that_were_mapped_are_never_guessed_at(draft, manager_of_all):
    record = draft([BOUND])
    Import.objects.update(layout={**record.layout, "titles": ["型号", *record.layout["titles"]]})
    with pytest.raises(LayoutDiffers):
        applied(record, manager_of_all)
    assert not Terminal.objects.exists()


def test_a_workbook_that_would_fill_the_memory_is_refused_before_anything_is_written(
    head_office, manager_of_all
):
    def fill(sheet) -> None:
        fill_from_b(sheet)
        sheet.cell(1_048_576, 100, "x")

    record = started(workbook(fill), manager_of_all)
    with pytest.raises(UnpacksTooLarge):
        applied(record, manager_of_all)
    record.refresh_from_db()
    assert record.status == "failed"
    assert not Terminal.objects.exists()


def test_a_fault_while_rows_are_read_ahead_leaves_nothing_behind(
    draft, manager_of_all, monkeypatch
):
    record = draft([row(STOCK, 机身号=f"SN{n:06d}") for n in range(1_200)])
    whole, looks = CsvTable.rows, []

    def broken(self):
        looks.append("one for the card guard, one for the values")
        for line, cells in whole(self):
            if len(looks) > 1 and line > 1_100:
                raise OSError("the disk is gone")
            yield line, cells

    monkeypatch.setattr(CsvTable, "rows", broken)
    with pytest.raises(OSError, match="disk"):
        applied(record, manager_of_all)
    record.refresh_from_db()
    assert record.status == "failed"
    assert not Terminal.objects.exists()
