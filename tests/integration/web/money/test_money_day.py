"""A day of money as people go through it: bring in, match, look, take back."""

import errno
from datetime import date, datetime, timedelta, timezone

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.money_days import billed, paid, written

from tillkeeper.formats.canonical.tables import BILL, JOURNAL_CSV, canonical
from tillkeeper.formats.catalogue import FORMATS
from tillkeeper.kernel import progress
from tillkeeper.settlement.lifecycle import RunState
from tillkeeper.settlement.models import Case, MatchingRun, MoneyFile
from tillkeeper.settlement.services.runs import run_matching
from tillkeeper.web.money import uploading

DAY = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 12, 0, tzinfo=timezone(timedelta(hours=8)))
MID, TID = "898310154110001", "10000001"


def journal(*payments):
    """Return a journal; each payment is (trace, minor, slip)."""
    lines = [",".join(JOURNAL_CSV)]
    for trace, minor, slip in payments:
        fields = [
            MID, TID, "000001", trace, f"00000000{trace[-4:]}", "", "sale", str(minor), "CNY", "622280*0000",
            AT.isoformat(), "approved", slip, "01", "", "", "card",
        ]  # fmt: skip
        lines.append(",".join(fields))
    return ("\n".join(lines) + "\n").encode()


def bill(tmp_path, *payments):
    """Return a channel's bill of the day; each payment is (trace, minor)."""
    rows = [
        {
            "line": n, "mid": MID, "tid": TID, "batch": "000001", "trace": trace, "rrn": f"00000000{trace[-4:]}",
            "kind": "sale", "state": "success", "amount_minor": minor, "fee_minor": 0, "net_minor": minor,
            "currency": "CNY", "card": "622280*0000", "card_type": "debit", "at": AT, "settled_on": DAY,
            "channel": "card",
        }
        for n, (trace, minor) in enumerate(payments, 1)
    ]  # fmt: skip
    frame = pl.DataFrame(rows).with_columns(pl.col("at").dt.convert_time_zone("UTC"))
    target = tmp_path / "bill.txt"
    write = FORMATS["ums.pos"].write
    assert write is not None
    write(canonical(frame.select([c for c in frame.columns if c in BILL]), "bill"), target)
    return target.read_bytes()


def send(desk, *files, **more):
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    given = {"file": sent, "organisation": "SH", "format": "", "year": "", **more}
    return desk.post(reverse("web:money_files-new"), given)


@pytest.fixture
def day(counter_desk, tmp_path):
    """A day of two payments of which one has no slip, brought in by the clerk; the files' numbers."""
    answer = send(
        counter_desk,
        ("journal.csv", journal(("000001", 10_000, "printed"), ("000002", 20_000, "failed"))),
        ("ums.txt", bill(tmp_path, ("000001", 10_000), ("000002", 20_000))),
    )
    assert answer.status_code == 200, answer.content.decode()
    return list(MoneyFile.objects.filter(state="taken").order_by("number"))


def start(desk, *numbers, **more):
    given = {
        "organisation": "SH",
        "day": str(DAY),
        "as_of": "2026-03-05",
        "file": numbers,
        "by_hand": "1" if numbers else "",
        **more,
    }
    return desk.post(reverse("web:runs-new"), given)


@pytest.fixture
def matched(counter_desk, day, clerk, noon):
    """The day matched."""
    answer = start(counter_desk, *(file.number for file in day))
    assert answer.status_code == 302, answer.content.decode()
    return run_matching(number=MatchingRun.objects.get().number, by=clerk, at=noon)


def test_each_of_several_files_gets_a_verdict_of_its_own(counter_desk, tmp_path):
    good = journal(("000001", 10_000, "printed"))
    answer = send(
        counter_desk, ("a.csv", good), ("again.csv", good), ("what.csv", b"no such thing\n1,2\n")
    )
    shown = answer.content.decode()
    taken = MoneyFile.objects.get(state="taken")
    assert shown.count('data-taken="yes"') == 1
    assert f"as {taken.number}, which was taken" in shown
    assert "No format fits the file what.csv" in shown


def test_a_refused_file_says_line_column_and_reason_and_stays_in_the_list(counter_desk):
    bad = journal(("000001", 10_000, "printed")).replace(b"10000", b"ten")
    shown = send(counter_desk, ("bad.csv", bad)).content.decode()
    file = MoneyFile.objects.get()
    assert file.state == "refused"
    assert "line 2" in shown.lower()
    assert "amount_minor" in shown
    page = counter_desk.get(reverse("web:money_file", args=[file.number])).content.decode()
    assert "amount_minor" in page
    listed = counter_desk.get("/money/files/?state=refused").content.decode()
    assert file.number in listed
    assert file.number not in counter_desk.get("/money/files/?state=taken").content.decode()


def test_an_upload_without_a_file_or_for_a_neighbour_is_refused_at_its_field(
    counter_desk, neighbour
):
    nothing = counter_desk.post(reverse("web:money_files-new"), {"organisation": "SH"})
    assert nothing.status_code == 422
    other = send(counter_desk, ("a.csv", journal(("000001", 1, "printed"))), organisation="BJ")
    assert other.status_code == 422
    assert not MoneyFile.objects.exists()


def test_only_who_works_on_money_brings_files_in(second_desk):
    assert second_desk.get(reverse("web:money_files-new")).status_code == 403


def test_a_file_shows_its_figures_and_comes_back_as_it_was(counter_desk, day):
    file = next(file for file in day if file.role == "journal")
    page = counter_desk.get(reverse("web:money_file", args=[file.number])).content.decode()
    assert "¥300.00" in page
    sent = counter_desk.get(reverse("web:money_file-original", args=[file.number]))
    assert b"".join(sent.streaming_content).startswith(b"mid,tid,batch")
    assert sent["Content-Disposition"].startswith("attachment")


def test_a_file_is_withdrawn_with_a_reason_until_a_run_has_used_it(counter_desk, day, htmx):
    path = reverse("web:money_file-withdraw", args=[day[0].number])
    assert counter_desk.post(path, {"why": ""}, headers=htmx).status_code == 422
    start(counter_desk, *(file.number for file in day))
    late = counter_desk.post(path, {"why": "wrong day"}, headers=htmx)
    assert late.status_code == 422
    assert "was matched by" in late.content.decode()
    MatchingRun.objects.update(state=RunState.FAILED)
    assert counter_desk.post(path, {"why": "wrong day"}, headers=htmx).status_code == 204
    day[0].refresh_from_db()
    assert day[0].state == "withdrawn"


def test_files_of_the_day_are_offered_ticked_and_a_day_without_files_says_so(counter_desk, day):
    path = reverse("web:runs-new")
    offered = counter_desk.get(f"{path}?organisation=SH&day={DAY}").content.decode()
    assert offered.count("checked>") == 2
    assert "by_hand" in offered
    assert "There is no file of these days" in counter_desk.get(f"{path}?day=2025-01-01").content.decode()  # fmt: skip
    alone = start(counter_desk, day=str(DAY + timedelta(days=40)))
    assert alone.status_code == 422
    assert "There is no journal" in alone.content.decode()


def test_a_run_says_how_far_it_is_and_then_shows_what_came_of_it(
    counter_desk, day, clerk, noon, htmx
):
    start(counter_desk, *(file.number for file in day))
    run = MatchingRun.objects.get()
    page = reverse("web:run", args=[run.number])
    assert 'hx-trigger="every 1s"' in counter_desk.get(page).content.decode()
    progress.report(run.number, share=0.25, rows=2, stage="matching")
    part = counter_desk.get(reverse("web:run-progress", args=[run.number]), headers=htmx)
    assert "Comparing the files" in part.content.decode()
    run_matching(number=run.number, by=clerk, at=noon)
    ended = counter_desk.get(reverse("web:run-progress", args=[run.number]), headers=htmx)
    assert ended["HX-Redirect"] == page
    shown = counter_desk.get(page).content.decode()
    assert "charged without slip" in shown
    assert f"/money/cases/?difference=charged_without_slip&amp;run={run.number}" in shown
    assert all(file.sha256 in shown for file in day)
    sent = counter_desk.get(reverse("web:run-differences", args=[run.number]))
    assert b"charged_without_slip" in b"".join(sent.streaming_content)


def test_a_run_shows_each_files_fees_beside_what_they_should_be(counter_desk, run, bill):
    fees = {"file": bill.number, "currency": "CNY", "rows": 1_200, "unjudged": 3}
    run.summary = {"fees": [{**fees, "fee_minor": 45_600, "expected_fee_minor": 45_000}]}
    run.save()
    page = counter_desk.get(f"/money/runs/{run.number}").content.decode()
    told = page[page.index("run-fees") :]
    for figure in (bill.number, "1,200", "¥456.00", "¥450.00", "¥6.00", "3"):
        assert figure in told


def test_a_full_disk_is_told_on_a_page_of_its_own(counter_desk, branch, monkeypatch):
    def full(**_asked):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(uploading, "bring_in", full)
    counter_desk.raise_request_exception = False
    sent = {"organisation": "SH", "file": SimpleUploadedFile("a.csv", b"mid")}
    answered = counter_desk.post("/money/files/new", sent)
    assert answered.status_code == 507
    assert "No space left on device" in answered.content.decode()


def test_a_bill_of_another_merchant_is_refused_in_the_console(counter_desk, branch):
    bill = SimpleUploadedFile("bill.csv", written("acquirer46", [billed(paid(1))]).getvalue())
    sent = {"organisation": "SH", "file": bill, "mid": "898310154110999"}
    page = counter_desk.post("/money/files/new", sent).content.decode()
    assert "898310154110999" in page
    assert MoneyFile.objects.get().state == "refused"


def test_a_run_that_failed_says_why_in_the_readers_language(counter_desk, run):
    MatchingRun.objects.update(
        state=RunState.FAILED,
        problem={"code": "kernel.not_found", "sentence": "x", "facts": {"kind": "file", "key": "7"}},
    )  # fmt: skip
    shown = counter_desk.get(
        reverse("web:run", args=[run.number]), headers={"accept-language": "en"}
    )
    assert "There is no file “7” within your view." in shown.content.decode()


def test_two_runs_of_a_day_are_held_against_each_other(
    counter_desk, matched, day, clerk, noon, tmp_path
):
    send(counter_desk, ("late.csv", journal(("000009", 500, "printed"))))
    late = MoneyFile.objects.get(name="late.csv")
    start(counter_desk, *(file.number for file in day), late.number)
    again = MatchingRun.objects.exclude(pk=matched.pk).get()
    run_matching(number=again.number, by=clerk, at=noon)
    listed = counter_desk.get(reverse("web:run", args=[again.number])).content.decode()
    path = reverse("web:run-compare", args=[again.number, matched.number])
    assert path in listed
    shown = counter_desk.get(path).content.decode()
    assert "1 difference is told alike" in shown
    assert "000009" in shown


def test_runs_of_different_days_are_not_compared(counter_desk, matched, run):
    MatchingRun.objects.filter(pk=run.pk).update(day=DAY + timedelta(days=1))
    path = reverse("web:run-compare", args=[matched.number, run.number])
    assert counter_desk.get(path).status_code == 404


def test_a_case_shows_its_sides_with_the_fields_that_differ_and_the_line_of_the_file(
    counter_desk, clerk, noon, tmp_path
):
    send(
        counter_desk,
        ("journal.csv", journal(("000007", 10_000, "printed"))),
        ("ums.txt", bill(tmp_path, ("000007", 10_100))),
    )
    start(counter_desk)
    run_matching(number=MatchingRun.objects.get().number, by=clerk, at=noon)
    case = Case.objects.get()
    shown = counter_desk.get(reverse("web:case", args=[case.pk])).content.decode()
    assert case.difference == "amount_differs"
    assert shown.count("is-different") == 2
    assert "CNY 100.00" in shown
    assert "CNY 101.00" in shown
    assert "journal.csv" in shown
    assert ">898310154110001,10000001,000001,000007" in shown
