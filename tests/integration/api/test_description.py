"""The description of the API: true to what the API does, readable without any other host; and its health."""

import re
from collections import Counter

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError
from django.test import Client
from ninja import Schema
from tests.integration.api.conftest import Caller

from tillkeeper.api import health
from tillkeeper.api.problems import MEDIA_TYPE
from tillkeeper.api.router import api

pytestmark = pytest.mark.django_db


def test_the_page_asks_no_other_host_and_holds_nothing_inline(client):
    answered = client.get("/api/v1/docs")
    page = answered.content.decode()
    assert answered.status_code == 200
    assert re.findall(r"(?:https?:)?//[\w.-]+", page) == []
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page)) >= {
        "/static/ninja/swagger-ui.css",
        "/static/ninja/swagger-ui-bundle.js",
        "/static/ninja/swagger-ui-init.js",
    }
    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []
    executed = [
        script
        for script in re.findall(r"<script([^>]*)>", page)
        if "application/json" not in script
    ]
    assert all("src=" in script for script in executed)
    assert "default-src 'self'" in answered["Content-Security-Policy"]
    assert "unsafe" not in answered["Content-Security-Policy"]
    assert '"validatorUrl": null' in page


def test_the_description_needs_no_signing_in_and_names_every_refusal(client):
    described = client.get("/api/v1/openapi.json").json()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if operation.get("security"):
                assert {"401", "403", "422"} <= set(operation["responses"]), (method, path)
            for status, answered in operation["responses"].items():
                if status >= "400" and not path.endswith("/healthz"):
                    assert list(answered["content"]) == [MEDIA_TYPE]
            named = {parameter["name"] for parameter in operation["parameters"]}
            assert ("Idempotency-Key" in named) == (method == "post")
            assert ("If-Match" in named) >= (method == "patch")


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does():
    described = api.get_openapi_schema(path_prefix="/api/v1/")
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation["description"] for operation in operations)


def test_no_two_shapes_have_the_same_name():
    """The description names shapes by class: the second of a name would silently take the first one's place."""
    shapes = [
        shape for shape in set(_below(Schema)) if shape.__module__.startswith("tillkeeper.api")
    ]
    doubled = [
        name for name, count in Counter(shape.__name__ for shape in shapes).items() if count > 1
    ]
    assert doubled == []


def _below(parent):
    for kind in parent.__subclasses__():
        yield kind
        yield from _below(kind)


def test_only_health_and_the_words_of_problems_are_open_to_everybody():
    described = api.get_openapi_schema(path_prefix="/api/v1/")
    open_to_all = {
        path
        for path, methods in described["paths"].items()
        if any("security" not in told for told in methods.values())
    }
    assert open_to_all == {"/api/v1/healthz", "/api/v1/problems", "/api/v1/problems/{code}"}


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/healthz"])
def test_health_tells_nobody_a_secret_and_everybody_the_truth(path, monkeypatch):
    client = Client()
    told = client.get(path)
    assert told.status_code == 200
    assert told.json() == {
        "status": "ok",
        "version": api.version,
        "database": True,
        "migrations_pending": 0,
        "outbox_due": 0,
        "outbox_failed": 0,
    }

    def gone(*_args, **_kwargs):
        raise DatabaseError("could not connect to server at 10.0.0.9 as tillkeeper")

    monkeypatch.setattr(health, "MigrationExecutor", gone)
    told = client.get(path)
    assert (told.status_code, told.json()["database"]) == (503, False)
    assert "10.0.0.9" not in told.content.decode()


def test_a_hundred_thousand_serial_numbers_fit_into_one_body(ada, head_office):
    assert (
        100_000 * len('"P820000000000000000000000000001",')
        <= django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    )
    body = {
        "step": "suspend",
        "why": "x",
        "serials": [f"P{number:031d}" for number in range(100_000)],
    }
    told = Caller(ada.client).post("/terminals/steps", body).json()
    assert (told["refused_count"], len(told["refused"])) == (100_000, 1_000)


def test_every_body_refuses_names_that_it_does_not_know():
    described = api.get_openapi_schema(path_prefix="/api/v1/")
    shapes = described["components"]["schemas"]
    open_ones = [
        (method, path, name)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if (body := operation.get("requestBody", {}).get("content", {}).get("application/json"))
        and (name := body["schema"].get("$ref", "").rpartition("/")[2])
        and shapes[name].get("additionalProperties") is not False
    ]
    assert open_ones == []
