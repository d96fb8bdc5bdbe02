"""`tillkeeper money trouble` as the operator of an installation uses it."""

import json
from datetime import date

import pytest
from tests.factories import MerchantFactory
from tests.money_days import MID, TID, billed, credited, paid, written

from tillkeeper.settlement.models import Case, Trouble

pytestmark = pytest.mark.django_db
SALES = [paid(1), paid(2, 20_000)]
OPEN = ("money", "trouble", "open", "--mid", MID, "--tid", TID, "--batch", "1", "--day", "2026-03-02")  # fmt: skip


@pytest.fixture
def shop(head_office):
    return MerchantFactory(number=MID, parent=head_office)


def test_a_batch_is_led_to_its_money(tillkeeper, shop, tmp_path):
    begun = tillkeeper(*OPEN, "--symptom", "no_money", "--json")
    assert begun.exit_code == 1, begun.output
    told = json.loads(begun.stdout)
    assert (told["state"], len(told["checks"])) == ("open", 16)
    number, files = told["number"], []
    for form, rows in (
        ("journal", SALES),
        ("acquirer46", [billed(row) for row in SALES]),
        ("camt.053", [credited(30_000 - 180, on=date(2026, 3, 3))]),
    ):
        path = tmp_path / f"{form}.dat"
        path.write_bytes(written(form, rows).getvalue())
        files.append(path)
    assert tillkeeper("money", "bring-in", *files).exit_code == 0
    matched = tillkeeper("money", "match", "--day", "2026-03-02", "--as-of", "2026-03-04")
    assert matched.exit_code == 0, matched.output
    done = tillkeeper("money", "trouble", "look", number, "--word", "files brought in")
    assert done.exit_code == 0, done.output
    assert "settled" in done.stdout
    shown = tillkeeper("money", "trouble", "show", number, "--json")
    assert (shown.exit_code, json.loads(shown.stdout)["state"]) == (0, "settled")


def test_a_batch_is_handed_over_and_listed(tillkeeper, shop):
    number = json.loads(tillkeeper(*OPEN, "--json").stdout)["number"]
    assert "No journal of 2026-03-02" in tillkeeper("money", "trouble", "show", number).stdout
    given = tillkeeper("money", "trouble", "hand-over", number, "--why", "ask", "--json")
    assert given.exit_code == 0, given.output
    assert json.loads(given.stdout) == {
        "number": number, "case": Case.objects.get().pk, "class": "ambiguous", "at_stake_minor": 0, "currency": "CNY",
    }  # fmt: skip
    rows = json.loads(tillkeeper("money", "trouble", "list", "--json").stdout)
    assert [(row["number"], row["state"]) for row in rows] == [(number, "handed_over")]
    assert number in tillkeeper("money", "trouble", "list", "--state", "handed_over").stdout
    assert number not in tillkeeper("money", "trouble", "list", "--state", "open").stdout


def test_wrong_usage_ends_with_two_and_a_refusal_with_one(tillkeeper, shop):
    assert tillkeeper(*OPEN[:-1], "tomorrow").exit_code == 2
    assert tillkeeper(*OPEN, "--symptom", "angry").exit_code == 2
    assert tillkeeper(*OPEN, "--organisation", "XX").exit_code == 2
    assert tillkeeper("money", "trouble", "list", "--state", "odd").exit_code == 2
    assert not Trouble.objects.exists()
    tillkeeper(*OPEN)
    again = tillkeeper(*OPEN)
    assert again.exit_code == 1
    assert Trouble.objects.get().number in again.stderr
