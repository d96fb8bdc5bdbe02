"""A merchant's contact sees a terminal's place, binding and past, and nowhere what it cost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from openpyxl import load_workbook
from tests.factories import TerminalFactory, grant

from tillkeeper.parties.models import Person
from tillkeeper.parties.roles import Right, Role
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.selection import Filters, Selection
from tillkeeper.terminals.services.exports import export_terminals
from tillkeeper.terminals.services.facts import update_terminal

pytestmark = pytest.mark.django_db
PRICES = ("1,280.00", "1280.00", "128000", "1,350.00", "135000", "EUR")
ALL_COLUMNS = "serial,state,price,currency,merchant_name"


@pytest.fixture
def unit(branch, system, noon):
    """A terminal in service whose price was corrected once, alone and together with a remark."""
    found = TerminalFactory(state=State.ACTIVE, home=branch)
    for hour, changes in enumerate(
        (
            {"price_minor": 128000, "currency": "EUR", "remark": "by the door"},
            {"price_minor": 135000},
        )
    ):
        found = update_terminal(
            serial=found.serial,
            changes=changes,
            version=found.version,
            by=system,
            at=noon + timedelta(hours=hour),
        )
    found.refresh_from_db()
    return found


@pytest.fixture
def contact(hire, unit):
    """The contact of the merchant where it stands."""
    return hire(Role.MERCHANT_CONTACT, unit.site.merchant.organisation)


def browser(name):
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        Person.objects.get(username=name), "django.contrib.auth.backends.ModelBackend"
    )
    return client


def seen(answer):
    assert answer.status_code == 200, answer.content
    text = answer.content.decode()
    return [price for price in PRICES if price in text]


PATHS = pytest.mark.parametrize(
    "path",
    [
        "/terminals/{}",
        "/terminals/?columns=" + ALL_COLUMNS,
        "/api/v1/terminals/{}",
        "/api/v1/terminals/{}/timeline",
    ],
)


@PATHS
def test_what_it_cost_is_nowhere_for_a_merchants_contact(contact, unit, path):
    answer = browser(contact.name).get(path.format(unit.serial))
    assert seen(answer) == []
    if "timeline" not in path:
        assert unit.binding.merchant.name in answer.content.decode()


@PATHS
def test_it_is_there_to_be_seen_by_others(hire, branch, unit, path):
    technician = hire(Role.TECHNICIAN, branch)
    assert seen(browser(technician.name).get(path.format(unit.serial))) != []


def test_the_drawer_does_not_tell_it_either(contact, unit):
    asked = {"HX-Request": "true", "HX-Target": "drawer"}
    answer = browser(contact.name).get(f"/terminals/{unit.serial}", headers=asked)
    assert seen(answer) == []
    assert unit.serial in answer.content.decode()


def test_the_step_that_a_contact_may_take_does_not_answer_with_it(contact, unit):
    told = browser(contact.name).post(
        f"/api/v1/terminals/{unit.serial}/steps",
        {"step": "report_fault", "why": "no paper feed"},
        content_type="application/json",
        headers={"Idempotency-Key": "one"},
    )
    assert seen(told) == []
    assert (told.json()["state"], told.json()["price_minor"]) == ("faulty", None)


def test_other_changes_stay_in_the_past_that_is_told(contact, unit):
    happened = browser(contact.name).get(f"/api/v1/terminals/{unit.serial}/timeline").json()
    changes = [one["facts"]["changes"] for one in happened if one["name"] == "terminal.update"]
    assert changes == [[["remark", "", "by the door"]]]
    newest = browser(contact.name).get(f"/api/v1/terminals/{unit.serial}/timeline?limit=1").json()
    assert newest == happened[:1]


def test_the_columns_are_not_offered_to_a_contact_alone(contact, manager):
    path = "/terminals/-/columns?columns=" + ALL_COLUMNS
    assert 'value="price"' not in browser(contact.name).get(path).content.decode()
    assert 'value="price"' in browser(manager.name).get(path).content.decode()


def test_who_also_works_for_us_elsewhere_sees_the_prices_of_there_alone(contact, unit, neighbour):
    person = Person.objects.get(username=contact.name)
    grant(person, Role.WAREHOUSE_KEEPER, neighbour)
    own = TerminalFactory(home=neighbour, price_minor=777_00)
    text = browser(person.username).get("/terminals/?columns=" + ALL_COLUMNS).content.decode()
    assert unit.serial in text
    assert own.serial in text
    assert "777.00" in text
    assert [price for price in PRICES if price in text] == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_leaves_the_cells_blank(contact, unit, tmp_path, noon, kind):
    # No contact may export today; the file keeps to the rule whatever a role is allowed one day.
    rights = contact.grants[0].rights | {Right.EXPORT}
    by = replace(contact, grants=(replace(contact.grants[0], rights=rights),))
    rows = exported(by, tmp_path / f"t.{kind}", noon)
    assert rows == [(unit.serial, "", "")]


def test_an_export_of_others_has_them(hire, branch, unit, tmp_path, noon, system):
    by = hire(Role.SETTLEMENT_CLERK, branch)
    whole = [(unit.serial, "1350.00", "EUR")]
    assert exported(by, tmp_path / "t.csv", noon) == whole
    assert exported(system, tmp_path / "u.csv", noon) == whole  # the command line


def exported(by, path, at):
    export_terminals(
        selection=Selection(filters=Filters()),
        path=path,
        kind=path.suffix[1:],
        columns=["serial", "price", "currency"],
        language="en",
        by=by,
        at=at,
    )
    if path.suffix == ".csv":
        lines = path.read_text(encoding="utf-8-sig").splitlines()[1:]
        return [tuple(line.split(",")) for line in lines]
    rows = list(load_workbook(path).active.iter_rows(values_only=True))[1:]
    return [tuple("" if cell is None else str(cell) for cell in row) for row in rows]
