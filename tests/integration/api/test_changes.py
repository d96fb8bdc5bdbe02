"""Changes: nobody's is overwritten unseen, and none is made twice."""

import pytest
from tests.factories import (
    MerchantFactory,
    OrganisationFactory,
    SiteFactory,
    TerminalFactory,
    TerminalModelFactory,
)
from tests.integration.api.conftest import problem

from tillkeeper.kernel.models import IdempotencyKey
from tillkeeper.parties.models import ApiToken, Vendor
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.models import StepTaken

pytestmark = pytest.mark.django_db
VENDOR = {"code": "V900", "name": "Nine Hundred"}


def versioned(head_office):
    merchant = MerchantFactory(parent=head_office)
    site = SiteFactory(merchant=merchant)
    vendor = Vendor.objects.create(code="V1", name="One")
    return {
        f"/organisations/{OrganisationFactory(parent=head_office).code}": {"name": "New name"},
        f"/merchants/{merchant.number}": {"name": "New name"},
        f"/sites/{site.code}": {"name": "New name"},
        f"/vendors/{vendor.code}": {"name": "New name"},
        f"/models/{TerminalModelFactory(vendor=vendor).code}": {"name": "New name"},
        f"/terminals/{TerminalFactory(home=head_office).serial}": {"remark": "New remark"},
        "/people/bo": {"display_name": "New name"},
    }


def test_every_single_thing_has_an_etag_and_only_its_holder_may_change_it(
    ada, signed_in, head_office
):
    signed_in(Role.TECHNICIAN, head_office, username="bo")
    for path, change in versioned(head_office).items():
        tag = ada.get(path)["ETag"]
        problem(ada.patch(path, change), 428, "api.version_needed")
        problem(ada.patch(path, change, If_Match="*"), 422, "api.bad_version")
        changed = ada.patch(path, change, If_Match=tag)
        assert changed.status_code == 200, (path, changed.content)
        assert changed["ETag"] != tag
        assert changed["ETag"] == ada.get(path)["ETag"]
        assert next(iter(change.values())) in changed.json().values()
        stale = problem(ada.patch(path, change, If_Match=tag), 412, "kernel.stale")
        assert stale["facts"]["given"] == int(tag.strip('"'))


def test_a_tag_made_weak_by_compression_is_taken(ada, head_office):
    path, tag = "/organisations/HQ", ada.get("/organisations/HQ")["ETag"]
    assert ada.patch(path, {"name": "Top"}, If_Match=f"W/{tag}").status_code == 200


def test_a_field_left_out_stays_as_it_is(ada, head_office):
    merchant = MerchantFactory(parent=head_office, contact="Wang")
    changed = ada.patch(
        f"/merchants/{merchant.number}", {"phone": "13800001234"}, If_Match='"1"'
    ).json()
    assert (changed["contact"], changed["phone"]) == ("Wang", "138****1234")


def test_the_same_post_again_is_answered_again_and_not_done_again(ada):
    first = ada.post("/vendors", VENDOR, Idempotency_Key="k-1")
    again = ada.post("/vendors", VENDOR, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Content-Type"] == first["Content-Type"]
    assert again["Idempotency-Replayed"] == "true"
    assert Vendor.objects.filter(code="V900").count() == 1


def test_a_refusal_is_answered_again_too(ada):
    Vendor.objects.create(**VENDOR)
    first = ada.post("/vendors", VENDOR, Idempotency_Key="k-2")
    Vendor.objects.all().delete()
    again = ada.post("/vendors", VENDOR, Idempotency_Key="k-2")
    problem(first, 409, "kernel.already_exists")
    problem(again, 409, "kernel.already_exists")


def test_a_key_used_for_another_request_is_refused(ada):
    ada.post("/vendors", VENDOR, Idempotency_Key="k-3")
    other = ada.post("/vendors", {**VENDOR, "code": "V901"}, Idempotency_Key="k-3")
    problem(other, 409, "kernel.idempotency_key_reused")


def test_two_callers_may_use_the_same_key(ada, mei):
    assert ada.post("/vendors", VENDOR, Idempotency_Key="k-4").status_code == 201
    second = mei.post("/vendors", {"code": "V901", "name": "Other"}, Idempotency_Key="k-4")
    assert second.status_code == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 81, "with space"])
def test_a_key_that_cannot_be_kept_is_refused(ada, key):
    problem(ada.post("/vendors", VENDOR, Idempotency_Key=key), 422, "api.bad_idempotency_key")
    assert not Vendor.objects.filter(code="V900").exists()


def test_a_request_still_running_is_told_so(ada):
    ada.post("/vendors", VENDOR, Idempotency_Key="k-5")
    IdempotencyKey.objects.update(status=None)
    told = ada.post("/vendors", VENDOR, Idempotency_Key="k-5")
    problem(told, 409, "kernel.idempotency_still_running")
    assert told["Retry-After"]


def test_a_refusal_for_lack_of_rights_is_forgotten(with_token, head_office):
    clerk = with_token(Role.SETTLEMENT_CLERK, head_office)
    problem(clerk.post("/vendors", VENDOR, Idempotency_Key="k-6"), 403, "kernel.not_allowed")
    assert not IdempotencyKey.objects.exists()


def test_a_tokens_secret_is_not_kept_with_the_answer(ada):
    body = {"name": "nightly", "scopes": ["estate.view"]}
    first = ada.post("/tokens", body, Idempotency_Key="k-7").json()
    again = ada.post("/tokens", body, Idempotency_Key="k-7").json()
    assert (again["prefix"], again["secret"]) == (first["prefix"], "")
    assert first["secret"] not in IdempotencyKey.objects.get().body
    assert ApiToken.objects.count() == 1


def test_a_step_with_a_key_is_taken_once(ada, head_office):
    terminal = TerminalFactory(home=head_office, state="active")
    step = {"step": "suspend", "why": "closed for a week"}
    for _ in range(2):
        answered = ada.post(f"/terminals/{terminal.serial}/steps", step, Idempotency_Key="k-8")
        assert answered.json()["state"] == "suspended"
        assert answered["ETag"] == '"2"'
    assert StepTaken.objects.filter(terminal=terminal).count() == 1


def test_an_upload_with_a_key_is_told_from_another_upload(ada, head_office):
    from django.core.files.uploadedfile import SimpleUploadedFile

    def bring(serial):
        content = f"序列号,型号,厂商\n{serial},X,Y\n".encode()
        file = SimpleUploadedFile("l.csv", content)
        return ada.client.post(
            "/api/v1/imports",
            {"file": file, "organisation": "HQ"},
            headers={"Idempotency-Key": "k-9"},
        )

    first, again, other = bring("P820000001"), bring("P820000001"), bring("P820000002")
    assert first.status_code == 201, first.content
    assert again.json()["number"] == first.json()["number"]
    problem(other, 409, "kernel.idempotency_key_reused")
