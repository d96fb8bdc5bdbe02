"""`tillkeeper money drop`, and the worker's rounds."""

import json
import time

import pytest
from django.utils.timezone import now
from tests.factories import OrganisationFactory
from tests.integration.settlement.sftp_server import Server
from tests.money_days import paid, written

from tillkeeper.cli import fetching
from tillkeeper.cli.fetching import Fetching, go_round
from tillkeeper.settlement.models import Drop, MoneyFile
from tillkeeper.settlement.services.drops import rounds
from tillkeeper.settlement.services.drops.identity import public_key

pytestmark = pytest.mark.django_db
JOURNAL = written("journal", [paid(1)]).getvalue()


@pytest.fixture(autouse=True)
def _own_drops(settings, tmp_path, monkeypatch):
    settings.TILLKEEPER_DROPS = tmp_path / "drops"
    monkeypatch.setattr(rounds, "RESTS_MS", 50)
    OrganisationFactory(code="HQ")


@pytest.fixture
def server(tillkeeper, tmp_path, settings):
    folder = tmp_path / "theirs"
    folder.mkdir()
    made = Server(folder).start()
    settings.TILLKEEPER_SFTP_HOSTS = [f"127.0.0.1:{made.port}"]
    made.public_keys = [public_key()]
    yield made
    made.close()


def told(result, code=0):
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_a_folder_is_made_listed_fetched_and_removed(tillkeeper, settings):
    assert tillkeeper("money", "drop", "add", "inbox", "unionpay/bills").exit_code == 0
    folder = settings.TILLKEEPER_DROPS / "HQ" / "unionpay" / "bills"
    (folder / "j.csv").write_bytes(JOURNAL)
    (folder / "x.bin").write_bytes(b"what is this")
    fetched = told(tillkeeper("money", "drop", "fetch", "inbox", "--json"), 1)
    assert [
        (one["name"], bool(one["number"]), bool(one["reason"])) for one in fetched[0]["files"]
    ] == [
        ("j.csv", True, False),
        ("x.bin", True, True),
    ]
    listed = told(tillkeeper("money", "drop", "list", "--json"))[0]
    assert (listed["address"], listed["taken"], listed["refused"]) == (str(folder), 1, 1)
    assert "inbox" in tillkeeper("money", "drop", "list").stdout
    assert tillkeeper("money", "drop", "remove", "inbox").exit_code == 0
    assert tillkeeper("money", "drop", "remove", "inbox").exit_code == 1
    assert tillkeeper("money", "drop", "fetch", "inbox").exit_code == 1


def test_a_server_is_trusted_by_the_fingerprint_that_was_given(tillkeeper, server):
    shown = server.host_key.get_fingerprint()
    wrong = tillkeeper("money", "drop", "add", "bills", server.address)
    assert wrong.exit_code == 2
    assert shown in wrong.stderr
    assert not Drop.objects.exists()
    assert (
        tillkeeper(
            "money", "drop", "add", "bills", server.address, "--fingerprint", "SHA256:x"
        ).exit_code
        == 2
    )
    made = tillkeeper("money", "drop", "add", "bills", server.address, "--fingerprint", shown)
    assert made.exit_code == 0, made.output
    assert public_key() in made.stdout
    assert tillkeeper("money", "drop", "key").stdout.strip() == public_key()
    server.lay("j.csv", JOURNAL)
    assert tillkeeper("money", "drop", "fetch").exit_code == 0
    assert MoneyFile.objects.get().state == "taken"


def test_a_server_that_nobody_named_is_refused(tillkeeper, settings):
    settings.TILLKEEPER_SFTP_HOSTS = []
    result = tillkeeper("money", "drop", "ask", "sftp://till@10.0.0.1/")
    assert result.exit_code == 1
    assert "TILLKEEPER_SFTP_HOSTS" in result.stderr


def test_the_worker_goes_round_what_is_due(tillkeeper, settings, monkeypatch):
    for name in ("a", "b", "off"):
        tillkeeper("money", "drop", "add", name, name)
    Drop.objects.filter(name="off").update(enabled=False)
    Drop.objects.filter(name="b").update(looked_at=now())
    started = []
    monkeypatch.setattr(Fetching, "_start", lambda self, key: started.append(key) or time)
    monkeypatch.setattr(time, "is_alive", lambda: True, raising=False)
    loop = Fetching()
    loop.start_due(now())
    loop.start_due(now())
    assert started == [Drop.objects.get(name="a").pk]
    loop.start_due(now() + fetching.EVERY)
    assert started[1:] == [Drop.objects.get(name="b").pk]


def test_a_round_of_the_worker_never_ends_the_worker(tillkeeper, settings, monkeypatch):
    tillkeeper("money", "drop", "add", "inbox", "inbox")
    drop = Drop.objects.get()
    (settings.TILLKEEPER_DROPS / "HQ" / "inbox" / "j.csv").write_bytes(JOURNAL)
    go_round(drop.pk, lambda: False)
    time.sleep(0.1)
    go_round(drop.pk, lambda: False)
    assert (MoneyFile.objects.get().by, MoneyFile.objects.get().state) == ("drops", "taken")
    go_round(drop.pk + 1, lambda: False)  # removed meanwhile

    def breaks(**_given):
        raise ZeroDivisionError

    monkeypatch.setattr(fetching, "fetch", breaks)
    go_round(drop.pk, lambda: False)
