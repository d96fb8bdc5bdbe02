"""Acting on many: the dry run tells what then happens, and each refusal has its reason."""

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.factories import TerminalFactory, TerminalModelFactory

from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import State, Step
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.queries.forecast import forecasts
from tillkeeper.terminals.selection import Filters, Selection
from tillkeeper.terminals.services.orders import Order
from tillkeeper.terminals.services.steps import take_steps


@pytest.fixture
def mixed(branch):
    model = TerminalModelFactory()
    facts = [
        (State.READY, {}), (State.READY, {"tampered": True}), (State.READY, {"keyed": False}), (State.FAULTY, {}),
        (State.IN_STOCK, {}),
    ]  # fmt: skip
    return [TerminalFactory(state=state, home=branch, model=model, **more) for state, more in facts]


def step_url(step: Step) -> str:
    return reverse("web:terminals-bulk-step", args=[step.value])


def test_the_menu_says_how_many_may_take_each_step(desk, htmx, mixed):
    sent = {"serial": [row.serial for row in mixed]}
    shown = desk.post(reverse("web:terminals-bulk"), sent, headers=htmx).content.decode()
    assert "5 terminals chosen" in shown
    assert 'Issue <span class="quiet">1</span>' in shown
    assert 'Transfer <span class="quiet">4</span>' in shown
    assert "Activate" not in shown


def test_the_dialog_counts_who_may_and_says_why_not(desk, htmx, mixed):
    sent = {"serial": [row.serial for row in mixed]}
    shown = desk.post(step_url(Step.ISSUE), sent, headers=htmx).content.decode()
    assert "Issue: 5 terminals" in shown
    assert "it is marked as tampered" in shown
    assert "are “faulty”: not possible from there" in shown
    assert Terminal.objects.filter(state=State.ISSUED).count() == 0


def test_a_missing_field_is_asked_for_in_place(desk, htmx, mixed):
    sent = {"serial": [mixed[0].serial], "confirmed": "1"}
    response = desk.post(step_url(Step.ISSUE), sent, headers=htmx)
    assert response.status_code == 422
    assert b'aria-invalid="true"' in response.content


def test_all_that_may_are_moved_and_the_others_are_listed(desk, htmx, mixed):
    sent = {"serial": [row.serial for row in mixed], "confirmed": "1", "custodian": "Wang"}
    response = desk.post(step_url(Step.ISSUE), sent, headers=htmx)
    page = response["HX-Redirect"]
    shown = desk.get(page).content.decode()
    assert "<strong>1</strong>" in shown
    assert "<strong>4</strong>" in shown
    assert mixed[3].serial in shown


def test_all_that_match_means_the_filters_of_the_page(desk, mixed):
    sent = {"all_matching": "1", "query": "state=faulty&page=7", "confirmed": "1", "why": "Mended"}
    response = desk.post(step_url(Step.RESTORE), {**sent, "serial": [mixed[0].serial]})
    assert response.status_code == 302
    assert (
        Terminal.objects.filter(state=State.ACTIVE).count()
        + Terminal.objects.filter(state=State.FAULTY).count()
        == 1
    )


def test_a_dangerous_verb_wants_the_number_typed(desk, htmx, mixed):
    sent = {"serial": [row.serial for row in mixed[:2]], "confirmed": "1", "why": "Stolen"}
    refused = desk.post(step_url(Step.REPORT_LOST), {**sent, "confirm": "3"}, headers=htmx)
    assert refused.status_code == 422
    assert b"Type 2" in refused.content
    assert "HX-Redirect" in desk.post(
        step_url(Step.REPORT_LOST), {**sent, "confirm": "2"}, headers=htmx
    )
    assert Terminal.objects.filter(state=State.LOST).count() == 2


def test_marking_many_as_tampered_wants_a_reason_and_the_number(desk, htmx, mixed):
    url = reverse("web:terminals-bulk-tampered")
    sent = {"serial": [mixed[0].serial], "confirmed": "1", "confirm": "1"}
    assert desk.post(url, sent, headers=htmx).status_code == 422
    assert "HX-Redirect" in desk.post(url, {**sent, "why": "Opened case"}, headers=htmx)
    assert Terminal.objects.get(pk=mixed[0].pk).tampered


def test_one_proof_is_recorded_for_many(desk, htmx, mixed):
    url = reverse("web:terminals-bulk-evidence", args=["wipe"])
    sent = {"serial": [row.serial for row in mixed], "confirmed": "1", "reference": "WIPE-7"}
    page = desk.post(url, sent, headers=htmx)["HX-Redirect"]
    assert b"<strong>4</strong>" in desk.get(page).content


def test_steps_that_need_facts_of_each_are_not_offered_for_many(desk, mixed):
    assert desk.post(step_url(Step.ACTIVATE), {"serial": [mixed[0].serial]}).status_code == 404


def test_a_result_is_for_whoever_gave_the_order(desk, visit, manager, mixed):
    sent = {"serial": [mixed[0].serial], "confirmed": "1", "custodian": "Wang"}
    page = desk.post(step_url(Step.ISSUE), sent)["Location"]
    assert visit(manager).get(page).status_code == 404


def test_a_look_alone_is_no_right_to_act(visit, hire, branch, mixed):
    auditor = visit(hire(Role.COMPLIANCE_AUDITOR, branch))
    assert auditor.post(step_url(Step.SUSPEND), {"serial": [mixed[0].serial]}).status_code == 403


@pytest.mark.parametrize(
    "step", [Step.ISSUE, Step.REPORT_FAULT, Step.TRANSFER, Step.RESTORE, Step.UNPACK]
)
def test_the_forecast_and_the_verb_agree(step, administrator, branch, mixed):
    selection = Selection(filters=Filters())
    now = timezone.now()
    told = forecasts(selection, (step,), by=administrator, on=timezone.localdate(now))[step]
    order = Order(why="Test", custodian="Wang", organisation=branch.code)
    outcome = take_steps(selection=selection, step=step, order=order, by=administrator, at=now)
    assert (told.may, told.refused) == (outcome.moved, len(outcome.refused))


@pytest.mark.parametrize("path", ["", "/steps/issue", "/evidence/key_injection", "/tampered"])
def test_whoever_comes_by_the_bare_address_is_led_to_the_list(desk, path):
    """From the sign-in, say, after a form was sent without a session."""
    response = desk.get(reverse("web:terminals-bulk") + path, follow=True)
    assert response.redirect_chain == [(reverse("web:terminals"), 302)]
    assert "Choose rows in the list first." in response.content.decode()


def test_without_scripts_the_forms_for_many_are_pages_that_lead_on(desk, mixed):
    sent = {"serial": [mixed[0].serial]}
    menu = desk.post(reverse("web:terminals-bulk"), sent).content.decode()
    asked = desk.post(step_url(Step.TRANSFER), sent).content.decode()
    for page in (menu, asked):
        form = page.partition('<form class="dialog-form"')[2].partition("</form>")[0]
        assert mixed[0].serial in form
        assert "#dialog" not in form
    done = desk.post(step_url(Step.ISSUE), sent | {"confirmed": "1", "custodian": "Wang"})
    assert desk.get(done.url).status_code == 200
