"""Addresses that no endpoint has are answered in the API's own form."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address", ["/api/v1/nothing", "/api/v2/terminals", "/api/v1/terminals/a%0Ab/files/c"]
)
def test_an_unknown_address_is_a_problem_document(client, address):
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
