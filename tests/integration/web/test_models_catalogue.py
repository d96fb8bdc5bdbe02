"""The catalogue of models in the console."""

from datetime import date

from django.urls import reverse
from tests.factories import (
    ModelApprovalFactory,
    TerminalFactory,
    TerminalModelFactory,
    VendorFactory,
)

from tillkeeper.parties.roles import Role
from tillkeeper.terminals.models import TerminalModel


def test_models_are_listed_with_their_approvals_and_terminals(desk, htmx, branch):
    model = TerminalModelFactory(code="A9", name="Model A9")
    ModelApprovalFactory(model=model, expires_on=date(2020, 1, 1))
    TerminalFactory(model=model, home=branch)
    TerminalModelFactory(code="B1", name="Model B1")
    shown = desk.get(reverse("web:models"), {"approval": "expired"}, headers=htmx).content.decode()
    assert "<html" not in shown
    assert "Model A9" in shown
    assert "Model B1" not in shown
    assert "Model B1" in desk.get(reverse("web:models"), {"approval": "none"}).content.decode()


def test_a_model_shows_its_terminals_by_state(desk, htmx, branch):
    model = TerminalModelFactory(code="A9/X", name="Model A9")
    TerminalFactory(model=model, home=branch)
    url = reverse("web:model", args=["A9/X"])
    assert "in stock" in desk.get(url, headers=htmx).content.decode()
    assert desk.get(reverse("web:model", args=["NONE"])).status_code == 404


def test_a_model_is_added_changed_and_approved(desk, htmx):
    vendor = VendorFactory()
    sent = {"code": "c7", "name": "C7", "vendor_code": vendor.code, "form": "mobile"}
    assert (
        desk.post(reverse("web:models-new"), {**sent, "name": ""}, headers=htmx).status_code == 422
    )
    assert desk.post(reverse("web:models-new"), sent, headers=htmx).status_code == 204
    assert desk.post(reverse("web:models-new"), sent, headers=htmx).status_code == 422
    change = {"name": "C7 Plus", "form": "mobile", "end_of_sale_on": "2027-01-01", "version": "1"}
    assert (
        desk.post(reverse("web:model-edit", args=["C7"]), change, headers=htmx).status_code == 204
    )
    assert (
        desk.post(reverse("web:model-edit", args=["C7"]), change, headers=htmx).status_code == 422
    )
    paper = {"scheme": "pci_pts", "number": "4-1", "expires_on": "2030-04-30"}
    assert (
        desk.post(reverse("web:model-approval-new", args=["C7"]), paper, headers=htmx).status_code
        == 204
    )
    model = TerminalModel.objects.get(code="C7")
    assert (model.name, model.approvals.count()) == ("C7 Plus", 1)


def test_whoever_may_only_look_changes_nothing(visit, hire, branch):
    TerminalModelFactory(code="A9")
    auditor = visit(hire(Role.COMPLIANCE_AUDITOR, branch))
    assert auditor.get(reverse("web:model", args=["A9"])).status_code == 200
    assert auditor.get(reverse("web:model-edit", args=["A9"])).status_code == 403
