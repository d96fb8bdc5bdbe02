"""Bringing files in: whole or not at all, and never twice."""

import gzip
import shutil
from datetime import date
from io import BytesIO

import pytest
from django.db import transaction
from tests.factories import NOON, OrganisationFactory
from tests.money_days import DAY, billed, credited, paid, scanned, written

from tillkeeper.kernel.errors import FieldInvalid, NotAllowed, NotFound
from tillkeeper.kernel.models import AuditEntry
from tillkeeper.parties.roles import Role as Job
from tillkeeper.settlement.errors import MatchedAlready, TakenAlready
from tillkeeper.settlement.models import MoneyFile
from tillkeeper.settlement.queries.files import file as file_seen
from tillkeeper.settlement.queries.files import files
from tillkeeper.settlement.services import files as services
from tillkeeper.settlement.services.files import bring_in, original, store_of, withdraw

pytestmark = pytest.mark.django_db
SALES = [paid(1), paid(2, 2_550)]


def left_in_the_lake(tmp_path):
    lake = tmp_path / "lake"
    return (
        sorted(str(found.relative_to(lake)) for found in lake.rglob("*") if found.is_file())
        if lake.exists()
        else []
    )


def test_a_sound_file_is_taken_with_its_rows_sums_and_days(bring, tmp_path):
    file = bring("acquirer46", [billed(row) for row in SALES], name="ACQ_20260302.csv")
    assert (file.state, file.role, file.format) == ("taken", "bill", "acquirer46")
    assert (file.rows, file.sums, file.name) == (2, {"CNY": 12_550}, "ACQ_20260302.csv")
    assert (file.first_day, file.last_day) == (DAY, DAY)
    assert (file.by, file.set_aside_count, file.problem) == ("lin", 0, {})
    assert sorted(path.name for path in store_of(file).iterdir()) == [
        "about.json",
        "part-00000.parquet",
    ]
    assert (
        original(file).read_bytes()
        == written("acquirer46", [billed(row) for row in SALES]).getvalue()
    )
    assert AuditEntry.objects.filter(action="money_file.taken").count() == 1
    assert not list((tmp_path / "lake" / "arriving").iterdir())


@pytest.mark.parametrize(
    ("form", "rows", "days"),
    [
        ("journal", [paid(1), paid(900)], (DAY, date(2026, 3, 3))),
        ("wechat.trade", [billed(scanned(1), mid="1900000109")], (DAY, DAY)),
        ("acquirer46", [billed(paid(1), settled_on=date(2026, 3, 3))], (DAY, date(2026, 3, 3))),
        ("mt940", [credited(9_940, on=date(2026, 3, 4))], (date(2026, 3, 4), date(2026, 3, 4))),
    ],
)
def test_a_file_knows_which_days_it_tells_of(bring, form, rows, days):
    """A bill without a settlement date by when people paid: it would otherwise belong to no day at all."""
    file = bring(form, rows)
    assert (file.state, file.first_day, file.last_day) == ("taken", *days)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"what is this", "formats.unrecognised"),
        (b"", "formats.empty"),
        (gzip.compress(b"mid,tid")[:-6], "formats.broken_archive"),
    ],
    ids=["words", "nothing", "half an archive"],
)
def test_what_cannot_be_read_is_kept_as_refused_with_its_problem(bring, tmp_path, content, code):
    file = bring("", content, name="x.bin")
    assert (file.state, file.role, file.rows) == ("refused", "", 0)
    assert file.problem["code"] == code
    assert "x.bin" in file.problem["sentence"]
    assert left_in_the_lake(tmp_path) == []
    assert original(file).read_bytes() == content


def test_a_file_whose_own_figures_do_not_hold_is_refused_and_says_which(bring, tmp_path):
    good = written("wechat.trade", [billed(scanned(1), mid="1900000109")]).getvalue()
    file = bring(
        "", good.replace(b"\n`1,`100.00", b"\n`2,`100.00"), name="1900000109All2026-03-02.csv"
    )
    assert (file.state, file.problem["code"]) == ("refused", "formats.unsound")
    assert "2" in file.problem["sentence"]
    assert [check["name"] for check in file.checks if check["stated"] != check["found"]] == [
        "rows against the summary"
    ]
    assert left_in_the_lake(tmp_path) == []
    again = bring("", good, name="1900000109All2026-03-02.csv")
    assert again.state == "taken"


def test_the_same_bytes_are_not_taken_twice_under_any_name(bring):
    first = bring("journal", SALES, name="monday.csv")
    with pytest.raises(TakenAlready) as refused:
        bring("journal", SALES, name="tuesday.csv")
    assert (refused.value.other, refused.value.what) == (first.number, "bytes")
    assert MoneyFile.objects.count() == 1


def test_the_same_rows_in_other_bytes_are_not_taken_twice(bring, tmp_path):
    first = bring("journal", SALES)
    before = left_in_the_lake(tmp_path)
    with pytest.raises(TakenAlready) as refused:
        bring("", gzip.compress(written("journal", SALES[::-1]).getvalue()), name="packed.csv.gz")
    assert (refused.value.other, refused.value.what) == (first.number, "rows")
    assert left_in_the_lake(tmp_path) == before


def test_two_empty_days_are_two_files(bring):
    one = bring("journal", [])
    two = bring("", written("journal", []).getvalue() + b"\n")
    assert (one.state, two.state) == ("taken", "taken")


def test_another_organisation_may_take_the_same_file(bring, hire, neighbour):
    bring("journal", SALES)
    other = hire(Job.SETTLEMENT_CLERK, neighbour)
    assert bring("journal", SALES, by=other, organisation="BJ").state == "taken"


def test_the_files_of_two_head_offices_have_numbers_of_their_own(bring, hire):
    elsewhere = OrganisationFactory(kind="head_office", code="HQ2")
    other = hire(Job.SETTLEMENT_CLERK, elsewhere)
    one, two = bring("journal", SALES), bring("journal", SALES, by=other, organisation="HQ2")
    assert (two.state, one.number != two.number) == ("taken", True)


def test_nothing_is_half_done_when_reading_breaks(bring, tmp_path, monkeypatch):
    def breaks(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(services, "take_in", breaks)
    with pytest.raises(OSError, match="No space"):
        bring("journal", SALES)
    assert MoneyFile.objects.count() == 0
    assert not list((tmp_path / "lake" / "arriving").iterdir())
    monkeypatch.undo()
    assert bring("journal", SALES).state == "taken"


def test_a_store_that_was_left_by_a_killed_process_is_in_nobodys_way(bring, tmp_path, branch):
    """Its number was never committed, so the next file gets the same one."""
    with transaction.atomic():
        number = bring("journal", SALES).number
        transaction.set_rollback(True)
    left = tmp_path / "lake" / branch.path[:6] / number
    shutil.rmtree(left)
    left.mkdir(parents=True)
    (left / "part-00000.parquet").write_bytes(b"half")
    file = bring("journal", SALES)
    assert store_of(file) == left
    assert sorted(path.name for path in left.iterdir()) == ["about.json", "part-00000.parquet"]
    assert (left / "part-00000.parquet").read_bytes() != b"half"


@pytest.mark.parametrize(
    "name", ["stores", "..", "", "a/b\\c\x00.csv", "长" * 200 + ".csv", "C:\\bills\\day.csv"]
)
def test_any_name_of_a_file_is_borne(bring, name):
    assert bring("", written("journal", SALES).getvalue(), name=name or " ").state == "taken"


def test_a_file_is_withdrawn_and_may_be_brought_in_again(bring, clerk):
    file = bring("journal", SALES)
    assert withdraw(number=file.number, why="the wrong day", by=clerk, at=NOON).state == "withdrawn"
    assert bring("journal", SALES).state == "taken"


def test_a_file_is_not_withdrawn_without_a_reason(bring, clerk):
    with pytest.raises(FieldInvalid):
        withdraw(number=bring("journal", SALES).number, why=" ", by=clerk, at=NOON)


def test_a_file_that_was_matched_stays(bad_day, matched, clerk):
    run = matched()
    with pytest.raises(MatchedAlready) as refused:
        withdraw(number=bad_day[0].number, why="oops", by=clerk, at=NOON)
    assert refused.value.run == run.number


def test_files_of_a_neighbour_are_not_there(bring, hire, neighbour, clerk):
    other = hire(Job.SETTLEMENT_CLERK, neighbour)
    theirs = bring("journal", SALES, by=other, organisation="BJ")
    scope = clerk.scope("money.view")
    assert list(files(scope)) == []
    with pytest.raises(NotFound):
        file_seen(scope, theirs.number)
    with pytest.raises(NotFound):
        withdraw(number=theirs.number, why="mine", by=clerk, at=NOON)
    with pytest.raises(NotFound):
        bring("journal", [paid(9)], organisation="BJ")


def test_who_only_looks_brings_nothing_in(hire, branch, db):
    auditor = hire(Job.COMPLIANCE_AUDITOR, branch)
    with pytest.raises((NotAllowed, NotFound)):
        bring_in(stream=BytesIO(b"x"), name="x", organisation="SH", by=auditor, at=NOON)
    assert MoneyFile.objects.count() == 0
