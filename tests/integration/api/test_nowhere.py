"""Addresses that no endpoint has are answered in the API's own form."""

import pytest

from tillkeeper.parties.models import Person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address", ["/api/v1/nothing", "/api/v2/terminals", "/api/v1/terminals/a%0Ab/files/c"]
)
def test_an_unknown_address_is_a_problem_document(client, address):
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_form_whose_parts_cannot_be_read_is_malformed(client, administrator):
    client.force_login(Person.objects.get(username="ada"))
    body = b"--edge\r\n" + b"x" * 3000 + b"\r\n--edge--\r\n"
    answer = client.post(
        "/api/v1/imports",
        body,
        content_type="multipart/form-data; boundary=edge",
        headers={"Idempotency-Key": "k1"},
    )
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
