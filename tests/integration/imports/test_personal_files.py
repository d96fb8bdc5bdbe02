"""Settlement accounts and id numbers: rows keep them masked, so the file they came in does not stay in clear."""

import zipfile
from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
from tests.factories import NOON, MoneyFileFactory
from tests.integration.imports.conftest import BOUND, codes, counts

from tillkeeper.kernel.files import is_kept
from tillkeeper.parties.models import Merchant
from tillkeeper.terminals.models import Import
from tillkeeper.terminals.services import imports
from tillkeeper.terminals.services.imports.errors import LedgerForgotten, RowsRefused

pytestmark = pytest.mark.django_db

TITLES = ("商户号", "商户名称", "结算账户", "身份证号", "MCC")
ACCOUNT, PERSON = "44250100123400567890", "11010519491231002X"
GOOD = ("898440000000001", "南山便利店", ACCOUNT, PERSON, "5411")
BAD = ("898440000000002", "福田小吃", ACCOUNT, PERSON, "x")
LATER = NOON + timedelta(days=1, minutes=1)
LEDGER = {"titles": TITLES, "kind": "merchants"}


def now(record: Import) -> Import:
    return Import.objects.get(pk=record.pk)


def test_the_file_goes_as_soon_as_it_is_brought_in_and_the_import_can_still_be_undone(
    bring_in, manager_of_all
):
    done = bring_in([GOOD], **LEDGER)
    assert (counts(done), is_kept(done.sha256)) == ((1, 0, 0, 0), False)
    undone = imports.undo_import(number=done.number, by=manager_of_all, at=NOON)
    assert (undone.status, Merchant.objects.count()) == ("undone", 0)


def test_it_goes_too_when_every_row_was_refused_and_what_is_kept_of_them_is_masked(
    bring_in, manager_of_all
):
    done = bring_in([BAD], **LEDGER)
    assert (codes(done), is_kept(done.sha256)) == ([(2, "ledger.not_an_mcc")], False)
    kept = imports.refused_file(number=done.number, by=manager_of_all, at=NOON)
    text = kept.path.read_text(encoding="utf-8-sig")
    assert ACCOUNT not in text
    assert PERSON not in text
    assert "*7890" in text
    assert "福田小吃" in text


def test_a_row_that_the_estate_refuses_is_masked_as_well(bring_in, manager_of_all):
    done = bring_in([GOOD, (*GOOD[:4], "5812")], **LEDGER)
    assert codes(done) == [(3, "ledger.merchant_twice")]
    text = imports.refused_file(number=done.number, by=manager_of_all, at=NOON).path.read_bytes()
    assert ACCOUNT.encode() not in text
    assert PERSON.encode() not in text


def test_in_a_workbook_as_in_a_csv(head_office, manager_of_all):
    book, made = openpyxl.Workbook(), BytesIO()
    book.active.append(TITLES)
    book.active.append(BAD)
    book.save(made)
    made.seek(0)
    record = imports.start_import(
        stream=made, name="m.xlsx", kind="merchants", organisation="HQ", by=manager_of_all, at=NOON
    )
    imports.check_import(number=record.number, by=manager_of_all, at=NOON)
    imports.run_check(number=record.number, by=manager_of_all, at=NOON)
    kept = imports.refused_file(number=record.number, by=manager_of_all, at=NOON)
    with zipfile.ZipFile(kept.path) as parts:
        inside = b"".join(parts.read(name) for name in parts.namelist())
    assert ACCOUNT.encode() not in inside
    assert PERSON.encode() not in inside


def test_after_a_dry_run_it_stays_for_a_day_to_be_brought_in(check, manager_of_all):
    checked = check([GOOD], **LEDGER)
    assert (imports.expire_drafts(NOON + timedelta(hours=23)), is_kept(checked.sha256)) == (0, True)
    assert (imports.expire_drafts(LATER), is_kept(checked.sha256)) == (1, False)
    row = now(checked)
    assert (row.status, row.result["problem"]["code"]) == (
        "cancelled",
        "terminals.import_ledger_forgotten",
    )
    with pytest.raises(LedgerForgotten):
        imports.apply_import(number=row.number, by=manager_of_all, at=LATER)
    assert imports.expire_drafts(LATER) == 0


def test_after_all_or_nothing_the_good_rows_can_still_be_had_for_a_day(bring_in, manager_of_all):
    with pytest.raises(RowsRefused):
        bring_in([GOOD, BAD], all_or_nothing=True, **LEDGER)
    failed = Import.objects.get()
    assert is_kept(failed.sha256)
    imports.choose_mapping(number=failed.number, all_or_nothing=False, by=manager_of_all, at=NOON)
    imports.apply_import(number=failed.number, by=manager_of_all, at=NOON)
    done = imports.run_apply(number=failed.number, by=manager_of_all, at=NOON)
    assert (counts(done), is_kept(done.sha256)) == ((1, 0, 0, 1), False)


def test_files_that_were_brought_in_before_go_by_the_clock_and_their_counts_stay(
    bring_in, monkeypatch
):
    monkeypatch.setattr(
        "tillkeeper.terminals.services.imports.work.forget_personal", lambda *_: None
    )
    done = bring_in([GOOD], **LEDGER)
    assert is_kept(done.sha256)
    assert (imports.expire_drafts(LATER), is_kept(done.sha256)) == (1, False)
    assert (now(done).status, counts(now(done)), now(done).problem) == ("done", (1, 0, 0, 0), "")


def test_bytes_that_somebody_still_needs_stay(draft, bring_in, head_office, manager_of_all):
    waiting = draft([GOOD], **LEDGER)
    first = bring_in([GOOD], **LEDGER)
    assert (first.sha256, is_kept(first.sha256)) == (waiting.sha256, True)
    imports.apply_import(number=waiting.number, by=manager_of_all, at=NOON)
    second = imports.run_apply(number=waiting.number, by=manager_of_all, at=NOON)
    assert (counts(second), is_kept(second.sha256)) == ((0, 0, 1, 0), False)


def test_bytes_that_another_room_holds_stay(draft, head_office, manager_of_all):
    record = draft([GOOD], **LEDGER)
    MoneyFileFactory(organisation=head_office, sha256=record.sha256)
    imports.apply_import(number=record.number, by=manager_of_all, at=NOON)
    imports.run_apply(number=record.number, by=manager_of_all, at=NOON)
    assert is_kept(record.sha256)


def test_a_file_without_such_columns_stays(bring_in):
    done = bring_in([BOUND])
    assert (imports.expire_drafts(LATER), is_kept(done.sha256)) == (0, True)


def test_the_mapping_page_shows_them_masked(client, draft, manager_of_all, settings):
    from tillkeeper.web.imports.mapping import first_rows

    shown = first_rows(draft([GOOD], **LEDGER))
    assert shown[0][:2] == list(GOOD[:2])
    assert shown[0][2:4] == ["*" * 16 + "7890", "110*************2X"]
