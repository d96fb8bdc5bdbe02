"""The compliance auditor reads all and changes nothing: every writing address of the API is walked."""

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test.client import MULTIPART_CONTENT, encode_multipart
from tests.integration.api.conftest import ROOT
from tests.whole_estate import whole_estate

from tillkeeper.api.router import api
from tillkeeper.kernel.models import IdempotencyKey
from tillkeeper.parties.roles import Role

pytestmark = pytest.mark.django_db
DESCRIPTION = api.get_openapi_schema(path_prefix="/api/v1/")
SHAPES = DESCRIPTION["components"]["schemas"]
WRITING = [
    (method.upper(), path)
    for path, operations in DESCRIPTION["paths"].items()
    for method in operations
    if method != "get"
]
# What is one's own, and files that only show what the role may read.
OWN = {
    ("POST", "/api/v1/tokens"),
    ("PUT", "/api/v1/me/preferences"),
    ("POST", "/api/v1/views"),
}
FILES = {("POST", "/api/v1/terminals/export"), ("POST", "/api/v1/terminals/labels")}
# By the word of the address before it, what stands for `{number}`, `{code}`, `{name}` and `{key}`.
NAMED = {
    "organisations": "organisation",
    "merchants": "merchant",
    "sites": "site",
    "vendors": "vendor",
    "models": "model",
    "imports": "import",
    "troubles": "trouble",
    "matches": "match",
    "files": "file",
    "postings": "posting",
    "alerts": "alert",
    "alert-rules": "alert-rule",
    "actions": "action",
    "logs": "log",
    "log-patterns": "log-pattern",
}
# Fields that no body must have, and without which many mean nothing or something else.
CHOSEN = {"serials", "cases", "parent"}
# Of a body's fields those that the description alone does not make sensible.
SAID = {
    "code": "n1",
    "name": "Name",
    "number": "898310154110002",
    "kcv": "A1B2C3",
    "reason": "w",
    "why": "w",
    "text": "w",
    "sheet": "a4-3x8",
    "address": "Road 1",
    "day": "2026-03-02",
    "mid": "898310154110001",
    "tid": "10000001",
    "symptom": "totals_differ",
    "signal": "battery_level",
    "mapping": {},
    "expires_on": "2030-01-01",
    "first_day": "2026-03-02",
    "last_day": "2026-03-02",
}


@pytest.fixture
def estate(branch, system, settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path
    settings.TILLKEEPER_DROPS = tmp_path / "drops"
    return whole_estate(branch, system)


@pytest.fixture
def auditor(signed_in, head_office):
    return signed_in(Role.COMPLIANCE_AUDITOR, head_office, username="cy")


def rows():
    """Return every row of the estate; a caller's own key, and what it was answered, is no part of it."""
    ours = [
        model
        for model in apps.get_models()
        if model.__module__.startswith("tillkeeper.") and model is not IdempotencyKey
    ]
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in ours}


def address(path, estate):
    parts = path.split("/")
    for place, part in enumerate(parts):
        name = part.strip("{}").removeprefix("path:")
        if part.startswith("{"):
            known = NAMED.get(parts[place - 1]) if name in ("number", "code") else None
            known = "layout" if name == "name" else known
            parts[place] = str(estate[known or name])
    if path.endswith("/undo") and "/imports/" in path:
        return f"{ROOT}/imports/{estate['import-done']}/undo"
    return "/".join(parts)


def example(shape, estate, name=""):
    """Return a value that the description allows."""
    if "$ref" in shape:
        return example(SHAPES[shape["$ref"].rsplit("/", 1)[1]], estate, name)
    for known in (estate, SAID):
        if name in known:
            return known[name]
    if one := next((shape[key] for key in ("anyOf", "oneOf", "allOf") if key in shape), None):
        return example(one[0], estate, name)
    return fixed(shape) or made(shape, estate, name)


def fixed(shape):
    """Return the value that the description names."""
    return shape.get("const") or shape.get("default") or next(iter(shape.get("enum", ())), None)


def made(shape, estate, name):
    """Return the least value of a type."""
    fields = shape.get("properties", {})
    needed = {*shape.get("required", ()), *(CHOSEN & set(fields))}
    return {
        "object": lambda: {f: example(fields[f], estate, f) for f in sorted(needed)},
        "array": lambda: [example(shape["items"], estate, name)] * shape.get("minItems", 1),
        "integer": lambda: shape.get("minimum", 1),
        "number": lambda: shape.get("minimum", 1),
        "boolean": lambda: True,
        "string": lambda: (
            "2026-03-02" if shape.get("format") == "date" else "w" * shape.get("minLength", 1)
        ),
    }[shape["type"]]()


def ask(caller, method, path, estate):
    body = DESCRIPTION["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
    headers = {"If-Match": '"1"', "Idempotency-Key": f"{method}:{path}"}
    if "multipart/form-data" in body:
        shape = body["multipart/form-data"]["schema"]
        fields = {
            name: SimpleUploadedFile("ledger.csv", "序列号,型号\nP82,X\n".encode())
            if one.get("format") == "binary"
            else example(one, estate, name)
            for name, one in shape["properties"].items()
            if name in shape.get("required", ()) or name in ("organisation", "sample")
        }
        sent = encode_multipart("BoUnDaRyStRiNg", fields)
        return caller.client.generic(
            method, address(path, estate), sent, MULTIPART_CONTENT, headers=headers
        )
    shape = body.get("application/json", {}).get("schema")
    said = None if shape is None else example(shape, estate)
    if path.endswith("/organisations"):
        said["kind"] = (
            "branch"  # the first kind there is stands above all, and nobody makes a second one
        )
    answered = caller(method, address(path, estate), said, **headers)
    answered.getvalue()  # a file is read to its end, and closed by that
    return answered


def test_every_writing_address_is_refused_to_an_auditor(auditor, estate):
    before, wrong = rows(), {}
    for method, path in WRITING:
        if (method, path) not in OWN | FILES:
            cache.clear()  # no limit of heavy work in the way
            answered = ask(auditor, method, path, estate)
            if answered.status_code not in (403, 404):
                wrong[method, path] = (answered.status_code, answered.content[:400])
            assert rows() == before, (method, path)
    assert wrong == {}


def test_only_the_right_was_missing(ada, estate):
    """The same walk by somebody who may do everything: no address is refused for lack of a right."""
    refused = []
    for method, path in WRITING:
        cache.clear()
        with transaction.atomic():
            answered = ask(ada, method, path, estate)
            if answered.status_code == 403:
                refused.append((method, path, answered.content))
            transaction.set_rollback(True)
    assert refused == []


@pytest.mark.parametrize(("method", "path"), sorted(OWN))
def test_what_is_ones_own_may_be_kept(auditor, estate, method, path):
    answered = ask(auditor, method, path, estate | {"scopes": ["estate.view"]})
    assert answered.status_code in (200, 201), answered.content


@pytest.mark.parametrize(("method", "path"), sorted(FILES))
def test_files_of_what_may_be_read_change_nothing_but_the_trail(auditor, estate, method, path):
    before = rows()
    answered = ask(auditor, method, path, estate)
    assert answered.status_code == 200, answered.content
    after = rows()
    for kept in (before, after):
        del kept["kernel.AuditEntry"], kept["kernel.AuditChain"]
    assert after == before
