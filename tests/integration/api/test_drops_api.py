"""Drops over the API and the command line."""

import json

import pytest
from tests.integration.api.conftest import problem
from tests.integration.settlement.sftp_server import Server
from tests.money_days import paid, written

from tillkeeper.parties.roles import Role
from tillkeeper.settlement.models import Drop, MoneyFile
from tillkeeper.settlement.services.drops import rounds
from tillkeeper.settlement.services.drops.identity import public_key

pytestmark = pytest.mark.django_db
JOURNAL = written("journal", [paid(1)]).getvalue()
FOLDER = {"organisation": "SH", "name": "bills", "kind": "folder", "address": "bills"}


@pytest.fixture(autouse=True)
def _a_lake_of_its_own(settings, tmp_path, monkeypatch):
    settings.TILLKEEPER_VAR = tmp_path
    settings.TILLKEEPER_DROPS = tmp_path / "drops"
    monkeypatch.setattr(rounds, "RESTS_MS", 50)


@pytest.fixture
def lin(signed_in, branch):
    return signed_in(Role.SETTLEMENT_CLERK, branch, username="lin")


@pytest.fixture
def zhao(signed_in, branch):
    return signed_in(Role.SETTLEMENT_APPROVER, branch, username="zhao")


@pytest.fixture
def server(tmp_path, settings):
    folder = tmp_path / "theirs"
    folder.mkdir()
    made = Server(folder).start()
    settings.TILLKEEPER_SFTP_HOSTS = [f"127.0.0.1:{made.port}"]
    made.public_keys = [public_key()]
    yield made
    made.close()


def test_a_drop_from_its_making_to_its_end(zhao, lin, server, django_capture_on_commit_callbacks):
    shown = zhao.post("/money/drops/ask", {"address": server.address}).json()
    assert shown == {"host_key": server.host_line, "fingerprint": server.host_key.get_fingerprint()}
    assert zhao.get("/money/drops/key").json() == {"public_key": public_key()}
    body = {**FOLDER, "kind": "sftp", "address": server.address, "host_key": shown["host_key"]}
    made = zhao.post("/money/drops", body)
    assert made.status_code == 201, made.content
    told = made.json()
    assert (
        told["fingerprint"],
        told["password_variable"],
        told["password_set"],
        told["progress"],
    ) == (
        shown["fingerprint"],
        "TILLKEEPER_SFTP_PASSWORD_SH_BILLS",
        False,
        None,
    )
    server.lay("j.csv", JOURNAL)
    path = f"/money/drops/{told['id']}"
    with django_capture_on_commit_callbacks(execute=True):
        asked = lin.post(f"{path}/fetch")
    assert asked.status_code == 202, asked.content
    now = lin.get(path).json()
    assert (now["taken"], now["refused"], now["problem"]["code"]) == (1, 0, "")
    assert MoneyFile.objects.get().origin == "drop:bills"
    changes = {"kind": "folder", "address": "bills", "enabled": False}
    changed = zhao.put(path, changes).json()
    assert (changed["kind"], changed["enabled"], changed["host_key"]) == ("folder", False, "")
    assert [row["name"] for row in zhao.walk("/money/drops")] == ["bills"]
    assert zhao.delete(path).status_code == 204
    problem(zhao.get(path), 404, "kernel.not_found")


def test_what_is_refused_says_why(zhao, branch, settings):
    settings.TILLKEEPER_SFTP_HOSTS = []
    body = {**FOLDER, "kind": "sftp", "address": "sftp://till@10.0.0.1/"}
    problem(zhao.post("/money/drops", body), 403, "settlement.drop_host_not_allowed")
    problem(
        zhao.post("/money/drops/ask", {"address": "sftp://till@10.0.0.1/"}),
        403,
        "settlement.drop_host_not_allowed",
    )
    secret = zhao.post("/money/drops", {**body, "address": "sftp://till:hunter2@10.0.0.1/"})
    problem(secret, 422, "kernel.field_invalid")
    assert "hunter2" not in secret.content.decode()
    problem(zhao.post("/money/drops", {**FOLDER, "address": "../x"}), 422, "kernel.field_invalid")
    assert zhao.post("/money/drops", FOLDER).status_code == 201
    problem(zhao.post("/money/drops", FOLDER), 409, "settlement.drop_exists")
    problem(zhao.post("/money/drops", {**FOLDER, "organisation": "BJ"}), 404, "kernel.not_found")


def test_rights_and_scope(zhao, lin, signed_in, neighbour, branch):
    made = zhao.post("/money/drops", FOLDER).json()
    path = f"/money/drops/{made['id']}"
    problem(lin.post("/money/drops", {**FOLDER, "name": "x"}), 403, "kernel.not_allowed")
    problem(lin.put(path, {"kind": "folder", "address": "x"}), 403, "kernel.not_allowed")
    problem(lin.delete(path), 403, "kernel.not_allowed")
    problem(lin.post("/money/drops/ask", {"address": "sftp://a@b/"}), 403, "kernel.not_allowed")
    problem(zhao.post(f"{path}/fetch"), 403, "kernel.not_allowed")
    problem(zhao.post(f"{path}/stop"), 403, "kernel.not_allowed")
    assert lin.post(f"{path}/stop").status_code == 202
    theirs = signed_in(Role.ADMINISTRATOR, neighbour, username="wu")
    assert theirs.walk("/money/drops") == []
    for answer in (theirs.get(path), theirs.delete(path), theirs.post(f"{path}/fetch")):
        problem(answer, 404, "kernel.not_found")
    keeper = signed_in(Role.WAREHOUSE_KEEPER, branch, username="ku")
    problem(keeper.get("/money/drops"), 403, "kernel.not_allowed")
    problem(keeper.get("/money/drops/key"), 403, "kernel.not_allowed")


def test_two_organisations_never_share_a_login(zhao, signed_in, server, neighbour):
    body = {**FOLDER, "kind": "sftp", "address": server.address, "host_key": server.host_line}
    assert zhao.post("/money/drops", body).status_code == 201
    theirs = signed_in(Role.ADMINISTRATOR, neighbour, username="wu")
    again = {**body, "organisation": "BJ", "address": server.address + "elsewhere"}
    problem(theirs.post("/money/drops", again), 409, "settlement.drop_login_taken")
    assert zhao.post("/money/drops", {**body, "name": "second"}).status_code == 201
    assert Drop.objects.count() == 2


def test_the_description_of_problems_has_them(lin):
    codes = {one["code"] for one in json.loads(lin.get("/problems").content)}
    assert {"settlement.drop_host_key_changed", "settlement.drop_login_refused"} <= codes
