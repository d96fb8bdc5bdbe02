"""A vendor's contact sees facts, state and repairs of that vendor's terminals: no price, no place, no merchant."""

from datetime import timedelta

import pytest
from django.test import Client
from tests.factories import TerminalFactory

from tillkeeper.parties.models import Person
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import State, Step
from tillkeeper.terminals.models import TerminalFile
from tillkeeper.terminals.services.facts import update_terminal
from tillkeeper.terminals.services.orders import Order
from tillkeeper.terminals.services.steps import take_step

pytestmark = pytest.mark.django_db
SECRET_SHA = "ab" * 32


@pytest.fixture
def unit(branch, system, noon):
    """A terminal in service that has been relocated and reported faulty, with a price, a remark and a paper."""
    found = TerminalFactory(state=State.ACTIVE, home=branch, holder_name="李四")
    changes = {
        "price_minor": 128000,
        "remark": "quarrels",
        "owner": "Acquirer",
        "sim_iccid": "89860012345678901234",
    }
    update_terminal(serial=found.serial, changes=changes, version=found.version, by=system, at=noon)
    TerminalFile.objects.create(
        terminal=found,
        sha256=SECRET_SHA,
        name="contract.pdf",
        media_type="x",
        size=1,
        title="Contract",
        by="x",
        at=noon,
    )
    for hour, step in ((1, Step.SUSPEND), (2, Step.RESUME), (3, Step.REPORT_FAULT)):
        take_step(
            serial=found.serial,
            step=step,
            order=Order(why=f"why {step}"),
            by=system,
            at=noon + timedelta(hours=hour),
        )
    found.refresh_from_db()
    return found


@pytest.fixture
def contact(hire, branch, unit):
    """The browser of the vendor's contact."""
    actor = hire(Role.VENDOR_CONTACT, branch, role__vendor=unit.model.vendor)
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        Person.objects.get(username=actor.name), "django.contrib.auth.backends.ModelBackend"
    )
    return client


def secrets_of(unit):
    stay = unit.binding
    return [
        "1,280.00",
        "128000",
        "quarrels",
        "89860012345678901234",
        "李四",
        "contract",
        stay.merchant.name,
        stay.merchant.number,
        stay.tid,
        stay.address,
        stay.site.name,
        unit.organisation.name,
        stay.settlement_account_masked,
        "why suspend",
    ]


ALL_COLUMNS = "serial,state,price,currency,merchant_name,merchant_no,terminal_id,site_name,address,holder,owner,remark"


@pytest.mark.parametrize(
    "path",
    [
        "/terminals/{}",
        "/terminals/?columns=" + ALL_COLUMNS,
        "/find/?q={}",
        "/api/v1/terminals",
        "/api/v1/terminals/{}",
        "/api/v1/terminals/{}/timeline",
        "/api/v1/find?q={}",
    ],
)
def test_what_is_between_the_acquirer_and_its_merchants_is_nowhere(contact, unit, path):
    answer = contact.get(path.format(unit.serial))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert unit.serial in text or "timeline" in path
    assert [secret for secret in secrets_of(unit) if secret in text] == []


def test_columns_that_are_withheld_are_not_offered(contact, client, manager):
    path = "/terminals/-/columns?columns=" + ALL_COLUMNS
    assert 'value="price"' not in contact.get(path).content.decode()
    client.force_login(Person.objects.get(username="mei"))
    assert 'value="price"' in client.get(path).content.decode()


def test_others_see_all_of_it_at_the_same_places(client, unit, manager):
    client.force_login(Person.objects.get(username="mei"))
    page = client.get(f"/terminals/{unit.serial}").content.decode()
    told = client.get(f"/api/v1/terminals/{unit.serial}").json()
    assert "1,280.00" in page
    assert unit.binding.merchant.name in page
    assert (told["price_minor"], told["binding"]["tid"]) == (128000, unit.binding.tid)
    happened = client.get(f"/api/v1/terminals/{unit.serial}/timeline").json()
    assert {"suspend", "report_fault"} <= {one["name"] for one in happened}


def test_facts_state_and_faults_are_shown(contact, unit):
    told = contact.get(f"/api/v1/terminals/{unit.serial}").json()
    assert (told["state"], told["model"]["code"]) == ("faulty", unit.model.code)
    assert (told["binding"], told["site"], told["merchant"], told["price_minor"]) == (None,) * 4
    assert told["organisation"]["code"] == unit.home.code
    happened = contact.get(f"/api/v1/terminals/{unit.serial}/timeline").json()
    assert [(one["name"], one["why"], one["by"]) for one in happened] == [
        ("report_fault", "why report_fault", "")
    ]
    page = contact.get(f"/terminals/{unit.serial}").content.decode()
    assert "Report fault" in page


def test_papers_are_not_for_a_vendors_contact(contact, unit):
    assert contact.get(f"/terminals/{unit.serial}/files/{SECRET_SHA}").status_code == 404
    assert contact.get(f"/api/v1/terminals/{unit.serial}/files/{SECRET_SHA}").status_code == 404
