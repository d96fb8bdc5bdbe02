"""A draft that nobody goes on with loses its file after a day: nobody looked whether card numbers are in it."""

from datetime import timedelta
from io import BytesIO

import pytest
from tests.factories import NOON
from tests.integration.imports.conftest import BOUND, STOCK, row

from tillkeeper.cli import worker
from tillkeeper.kernel.files import is_kept, keep_file
from tillkeeper.kernel.retention import RetentionClass
from tillkeeper.settlement.models import MoneyFile
from tillkeeper.terminals.models import Import
from tillkeeper.terminals.services import imports
from tillkeeper.terminals.services.imports.errors import DraftExpired, FileForgotten

pytestmark = pytest.mark.django_db
CARD = row(STOCK, 机身号="SN000009", 备注="卡 4111.1111.1111.1111")
LATER = NOON + timedelta(days=1, minutes=1)


def expire(at=LATER):
    return imports.expire_drafts(at)


def test_a_draft_with_a_card_number_that_nobody_checked_is_deleted_after_a_day(
    draft, manager_of_all
):
    made = draft([BOUND, CARD])
    assert (expire(NOON + timedelta(hours=23)), is_kept(made.sha256)) == (0, True)
    assert (expire(), is_kept(made.sha256)) == (1, False)
    made.refresh_from_db()
    assert (made.status, made.result["problem"]["code"]) == (
        "cancelled",
        "terminals.import_draft_expired",
    )
    assert "deleted after a day" in made.problem
    assert expire() == 0
    with pytest.raises(DraftExpired):
        imports.check_import(number=made.number, by=manager_of_all, at=LATER)


def test_a_draft_that_was_put_away_is_deleted_too(draft, manager_of_all):
    made = draft([BOUND, CARD])
    imports.cancel_import(number=made.number, by=manager_of_all, at=NOON)
    assert (expire(), is_kept(made.sha256)) == (1, False)


def test_what_was_checked_or_brought_in_stays(check, bring_in):
    kept = [check([BOUND]), bring_in([STOCK])]
    assert expire(NOON + timedelta(days=400)) == 0
    assert [is_kept(one.sha256) for one in kept] == [True, True]


def test_bytes_that_something_else_rests_on_stay(draft, bring_in, clerk_file):
    bring_in([BOUND])
    again = draft([BOUND])  # the same bytes, brought in before
    other = draft([STOCK])
    clerk_file(other.sha256)
    assert expire() == 2
    assert (is_kept(again.sha256), is_kept(other.sha256)) == (True, True)
    assert set(
        Import.objects.filter(number__in=[again.number, other.number]).values_list("status")
    ) == {("cancelled",)}


def test_two_drafts_of_one_file_go_together(draft):
    first, second = draft([CARD]), draft([CARD])
    assert (expire(), is_kept(first.sha256)) == (2, False)
    assert first.sha256 == second.sha256


def test_a_young_draft_of_the_same_file_keeps_it(draft):
    old, young = draft([CARD]), draft([CARD])
    Import.objects.filter(pk=young.pk).update(at=LATER)
    assert (expire(), is_kept(old.sha256)) == (1, True)


def test_the_reason_of_a_file_that_went_earlier_stands(check, manager_of_all):
    checked = check([CARD])
    Import.objects.filter(pk=checked.pk).update(dry_run={})
    before = Import.objects.get(pk=checked.pk).problem
    expire()
    assert Import.objects.get(pk=checked.pk).problem == before
    with pytest.raises(FileForgotten):
        imports.check_import(number=checked.number, by=manager_of_all, at=LATER)


def test_the_worker_does_it(draft, monkeypatch):
    made = draft([CARD])
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    worker.DeliveryLoop().go_round()
    assert not is_kept(made.sha256)


@pytest.fixture
def clerk_file(head_office, manager_of_all):
    """Return a function that makes a money file of the same bytes."""
    from tests.factories import MoneyFileFactory

    def make(sha256):
        assert MoneyFile.objects.count() == 0
        return MoneyFileFactory(organisation=head_office, sha256=sha256)

    return make


def test_the_store_asks_who_needs_a_file(manager_of_all, head_office, clerk_file):
    from tillkeeper.kernel.files import is_held

    kept = keep_file(
        BytesIO(b"x"), name="x", media_type="text/plain", retention=RetentionClass.DOCUMENT,
        by=manager_of_all, at=NOON,
    )  # fmt: skip
    assert not is_held(kept.sha256)
    clerk_file(kept.sha256)
    assert is_held(kept.sha256)
