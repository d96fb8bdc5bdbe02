"""Schemathesis calls every operation with made-up values: no fault of ours, and every answer as described.

A few examples each, so that it stays quick; HYPOTHESIS_PROFILE=thorough makes many. The estate is made anew for each
operation, and what an example changed is taken back.
"""

import json

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.factories import ModelApprovalFactory, PersonFactory, TerminalFactory
from tests.integration.api.conftest import bearer

from tillkeeper.api.router import api
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import State

pytestmark = pytest.mark.django_db
EXAMPLES = 5
# What a made-up body is refused for (a state, a scope, a right) is the business of other tests.
PROMISES = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPERATIONS = [
    (method.upper(), path)
    for path, operations in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()
    for method in operations
]


@pytest.fixture
def program(head_office):
    """The header of a token that may do everything, in an estate where there is something to do."""
    TerminalFactory(
        home=head_office,
        state=State.ACTIVE,
        serial="P820000001",
        model=ModelApprovalFactory().model,
    )
    header = bearer(PersonFactory(role=Role.ADMINISTRATOR, role__at=head_office))
    return {**header, "Accept-Encoding": "identity"}


@pytest.fixture(autouse=True)
def _one_connection_for_all_requests():
    """A server's requests begin and end with a look at their connections, which would end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def described():
    """The description, as it is served, beside the application it describes."""
    told = json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"))
    schema = schemathesis.openapi.from_dict(json.loads(told))
    schema.app = _read_to_the_end(get_wsgi_application())
    return schema


def _read_to_the_end(application):
    """Files are sent in pieces, and closed by whoever has read them: a server does, a made-up caller does not."""

    def run(environ, start_response):
        answered = application(environ, start_response)
        try:
            return [b"".join(answered)]
        finally:
            answered.close()

    return run


WORDS = frozenset(word for _, path in OPERATIONS for word in path.split("/"))


@pytest.mark.parametrize(
    ("method", "path"), OPERATIONS, ids=lambda part: part.removeprefix("/api/v1")
)
def test_every_answer_is_as_described(described, program, method, path):
    operation = described[path][method]
    meant, unmeant = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)
    few = settings.default.max_examples // 50 * EXAMPLES

    @settings(max_examples=few, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=meant | unmeant)
    def run(case):
        # A key that spells another address, e.g. a terminal called «counts», asks that one instead.
        keys = (
            str(value).strip("/").split("/")[-1] for value in (case.path_parameters or {}).values()
        )
        assume(WORDS.isdisjoint(keys))
        cache.clear()
        with transaction.atomic():
            case.call_and_validate(headers=program, checks=PROMISES)
            transaction.set_rollback(True)

    run()
