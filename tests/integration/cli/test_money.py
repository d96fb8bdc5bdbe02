"""`tillkeeper money` as the operator of an installation uses it."""

import json

import pytest
from tests.factories import MerchantFactory
from tests.money_days import MID, billed, paid, written

from tillkeeper.settlement.models import Case, Entry, MoneyFile

pytestmark = pytest.mark.django_db
SALES = [paid(1), paid(2, 20_000, slip="failed")]


@pytest.fixture
def day(tmp_path, head_office):
    """A journal and a bill."""
    for form, rows in (("journal", SALES), ("acquirer46", [billed(row) for row in SALES])):
        (tmp_path / f"{form}.csv").write_bytes(written(form, rows).getvalue())
    return tmp_path / "journal.csv", tmp_path / "acquirer46.csv"


@pytest.fixture
def matched(tillkeeper, day):
    tillkeeper("money", "bring-in", *day)
    return tillkeeper("money", "match", "--day", "2026-03-02", "--json")


def test_files_are_brought_in_and_said_what_became_of_them(tillkeeper, day, tmp_path):
    result = tillkeeper("money", "bring-in", *day, "--json")
    assert result.exit_code == 0, result.output
    assert [(one["name"], one["state"], one["rows"]) for one in json.loads(result.stdout)] == [
        ("journal.csv", "taken", 2), ("acquirer46.csv", "taken", 2),
    ]  # fmt: skip
    again = tillkeeper("money", "bring-in", day[0], "--json")
    assert (again.exit_code, json.loads(again.stdout)[0]["state"]) == (1, "known")
    (tmp_path / "x.bin").write_bytes(b"what is this")
    refused = tillkeeper("money", "bring-in", tmp_path / "x.bin", day[0], "--json")
    assert (refused.exit_code, json.loads(refused.stdout)[0]["state"]) == (2, "refused")
    assert tillkeeper("money", "bring-in", tmp_path / "nowhere").exit_code == 2
    assert tillkeeper("money", "bring-in", day[0], "--organisation", "XX").exit_code == 2
    assert MoneyFile.objects.count() == 3
    assert "counted twice" in tillkeeper("money", "bring-in", day[0]).stdout


def test_a_bill_of_another_merchant_is_refused_if_its_number_is_given(tillkeeper, day):
    refused = tillkeeper("money", "bring-in", day[1], "--mid", "898000000000001", "--json")
    assert (refused.exit_code, json.loads(refused.stdout)[0]["state"]) == (2, "refused")
    assert MID in json.loads(refused.stdout)[0]["problem"]
    taken = tillkeeper("money", "bring-in", day[1], "--mid", MID, "--json")
    assert (taken.exit_code, json.loads(taken.stdout)[0]["state"]) == (0, "taken")


def test_nothing_is_brought_in_before_there_is_an_organisation(tillkeeper, tmp_path):
    (tmp_path / "j.csv").write_bytes(b"x")
    result = tillkeeper("money", "bring-in", tmp_path / "j.csv")
    assert result.exit_code == 2
    assert "organisation add" in result.stderr


def test_a_day_is_matched(matched):
    assert matched.exit_code == 1, matched.output
    told = json.loads(matched.stdout)
    assert (told["state"], told["cases_opened"]) == ("done", 1)
    assert told["classes"]["charged_without_slip"] == {"count": 1, "sums": {"CNY": 20_000}}


def test_a_day_that_agrees_ends_with_nought(tillkeeper, head_office, tmp_path):
    for form, rows in (("journal", [paid(1)]), ("acquirer46", [billed(paid(1))])):
        (tmp_path / form).write_bytes(written(form, rows).getvalue())
        tillkeeper("money", "bring-in", tmp_path / form)
    assert tillkeeper("money", "match", "--day", "2026-03-02").exit_code == 0


def test_a_day_without_files_is_wrong_usage(tillkeeper, head_office):
    assert tillkeeper("money", "match", "--day", "2026-03-02").exit_code == 2
    assert tillkeeper("money", "match", "--day", "monday").exit_code == 2


def test_cases_are_listed_and_decided(tillkeeper, matched):
    listed = json.loads(tillkeeper("money", "cases", "--json").stdout)
    assert [(one["class"], one["at_stake_minor"]) for one in listed] == [
        ("charged_without_slip", 20_000)
    ]
    assert "charged without slip" in tillkeeper("money", "cases").stdout
    number = listed[0]["case"]
    assert tillkeeper("money", "decide", number, "burn", "--why", "x").exit_code == 2
    assert tillkeeper("money", "decide", 10**6, "accept", "--why", "x").exit_code == 1
    decided = tillkeeper(
        "money", "decide", number, "accept", "--why", "the slip was found", "--json"
    )
    assert (decided.exit_code, json.loads(decided.stdout)["state"]) == (0, "confirmed")
    assert Case.objects.get().state == "closed"
    assert tillkeeper("money", "decide", number, "accept", "--why", "again").exit_code == 1
    assert json.loads(tillkeeper("money", "cases", "--json").stdout) == []
    assert tillkeeper("money", "cases", "--state", "lost").exit_code == 2


def test_the_ledger_is_added_up(tillkeeper, matched):
    result = tillkeeper("money", "ledger", "verify", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["holds"], told["postings"]) == (0, True, 2)
    balances = {one["account"]: one["minor"] for one in told["balances"]}
    assert (balances["suspense"], sum(balances.values())) == (-20_000, 0)
    assert "sum to zero" in tillkeeper("money", "ledger", "verify").stdout


def test_a_ledger_that_does_not_add_up_is_found(tillkeeper, matched):
    from django.db import transaction

    with transaction.atomic():
        entry = Entry.objects.first()
        Entry.objects.create(posting=entry.posting, account="bank", currency="CNY", amount_minor=7)
        result = tillkeeper("money", "ledger", "verify", "--json")
        transaction.set_rollback(True)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["faults"] == [
        {"posting": entry.posting.number, "currency": "CNY", "sum_minor": 7}
    ]


def test_a_statement_is_issued_and_written(tillkeeper, matched, tmp_path, head_office):
    MerchantFactory(number=MID, parent=head_office)
    for name in ("s.pdf", "s.xlsx"):
        result = tillkeeper(
            "money", "statement", MID, "--period", "2026-03", "--to", tmp_path / name
        )
        assert result.exit_code == 0, result.output
        assert (tmp_path / name).read_bytes()[:2] in (b"%P", b"PK")
    told = json.loads(tillkeeper("money", "statement", MID, "--period", "2026-03", "--json").stdout)
    assert (told["movements"]["sales"], told["closing_minor"]) == (30_000, 9_940 + 19_880 - 20_000)
    assert tillkeeper("money", "statement", MID, "--period", "May").exit_code == 2
    assert tillkeeper("money", "statement", "nobody", "--period", "2026-03").exit_code == 1
    assert (
        tillkeeper("money", "statement", MID, "--period", "2026-03", "--to", "s.doc").exit_code == 2
    )


def test_a_folder_is_watched_once(tillkeeper, day, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for path in day:
        path.rename(inbox / path.name)
    (inbox / "x.bin").write_bytes(b"what is this")
    result = tillkeeper("money", "watch", inbox, "--once", "--every", "0.1")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (inbox / "done").iterdir()) == [
        "acquirer46.csv",
        "journal.csv",
    ]
    assert sorted(path.name for path in (inbox / "refused").iterdir()) == ["x.bin", "x.bin.txt"]
    assert tillkeeper("money", "watch", tmp_path / "nowhere").exit_code == 2
