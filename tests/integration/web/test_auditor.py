"""The compliance auditor reads all and changes nothing: every address of the console is looked at and posted to."""

import re
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.core.cache import cache
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from tests.whole_estate import whole_estate

from tillkeeper.parties.roles import Role

pytestmark = pytest.mark.django_db
# Forms that whoever looks may send: what is one's own, files of what may be read, the check of the chain.
OWN = {
    "account_login",
    "account_logout",
    "audit-verify",
    "find",
    "labels",
    "labels-pdf",
    "labels-preview",
    "preferences",
    "profile-token-new",
    "set_language",
    "terminals-columns",
    "terminals-export",
    "terminals-view-delete",
    "terminals-view-new",
}
# Shown to whoever looks, and refused where it is not theirs: a token's end, the menu of what may be done with rows.
ASKING = {"profile-token-revoke", "terminals-bulk"}
# Only the trail tells that somebody took a file with them, and whoever asks for a batch is told which it was.
TRAIL = {"kernel.AuditEntry", "kernel.AuditChain", "kernel.IdempotencyKey"}
NAMED = {
    "organisations": "organisation",
    "merchants": "merchant",
    "sites": "site",
    "models": "model",
    "imports": "import",
    "matches": "match",
    "files": "file",
    "troubles": "trouble",
    "runs": "run",
    "ledger": "posting",
    "cases": "case",
    "drops": "drop",
    "layouts": "organisation",
    "rules": "organisation",
    "actions": "action",
    "logs": "log",
    "patterns": "log-pattern",
    "alerts": "alert",
    "new": "kind",
}
FORM = re.compile(r'<form\b[^>]*method="post"[^>]*>', re.IGNORECASE)
ACTION = re.compile(r'\baction="([^"]*)"')


def routes(patterns, before=""):
    """Yield every address of the console and its name."""
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, route)
        elif isinstance(one, URLPattern):
            yield one.name, route


CONSOLE = [
    found
    for door in get_resolver().url_patterns
    if isinstance(door, URLResolver) and door.namespace == "web"
    for found in routes(door.url_patterns)
]


def address(route, estate):
    parts = route.split("/")
    for place, part in enumerate(parts):
        if part.startswith("<"):
            name = part.strip("<>").rpartition(":")[2]
            word = NAMED.get(parts[place - 1], name)
            if route.startswith("alerts/rules/"):
                word = "alert-rule"
            if name == "code" and "roles" in route:
                word = "organisation"
            parts[place] = str(estate.get(word, estate.get(name, "1")))
    return "/" + "/".join(parts)


@pytest.fixture
def estate(branch, system, settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path
    settings.TILLKEEPER_DROPS = tmp_path / "drops"
    made = whole_estate(branch, system)
    return made | {"kind": "reboot", "name": made["layout"], "language": "en"}


@pytest.fixture
def auditor(visit, hire, head_office):
    client = visit(hire(Role.COMPLIANCE_AUDITOR, head_office, username="cy"))
    client.raise_request_exception = True
    return client


def rows():
    """Return every row of the estate but those of the trail."""
    ours = [
        model
        for model in apps.get_models()
        if model.__module__.startswith("tillkeeper.") and model._meta.label not in TRAIL
    ]
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in ours}


def forms(page, asked):
    """Return the names of the addresses to which a page's forms are posted."""
    for form in FORM.findall(page):
        action = ACTION.search(form)
        where = urlsplit(action.group(1)).path if action and action.group(1) else asked
        yield resolve(where).url_name


def test_no_page_that_an_auditor_may_read_offers_to_change_anything(auditor, estate):
    offered, read = set(), 0
    for name, route in CONSOLE:
        asked = address(route, estate)
        answer = auditor.get(asked)
        assert answer.status_code < 500, asked
        if answer.status_code == 200 and not answer.streaming:
            read += 1
            found = set(forms(answer.content.decode(), asked)) - OWN - ASKING
            offered |= {(name, form) for form in found}
        answer.getvalue()  # a file is read to its end, and closed by that
    assert sorted(offered) == [], sorted(offered)
    assert read > 50  # it reads nearly all there is, so that the walk says something


def test_whatever_an_auditor_posts_changes_nothing(auditor, estate):
    said = {name: str(value) for name, value in estate.items() if isinstance(value, str | int)}
    said |= {
        "why": "w",
        "reason": "w",
        "confirmed": "1",
        "deed": "apply",
        "confirm": "1",
        "code": "n1",
    }
    before, wrong = rows(), []
    for name, route in CONSOLE:
        if name in OWN:
            continue
        cache.clear()
        asked = address(route, estate)
        answer = auditor.post(asked, said | {"confirm": asked.split("/")[2:3]})
        answer.getvalue()  # a file is read to its end, and closed by that
        if answer.status_code == 422 or answer.status_code >= 500:
            wrong.append((name, asked, answer.status_code))  # a form that was judged, or a fault
        assert rows() == before, asked
    assert wrong == [], wrong
