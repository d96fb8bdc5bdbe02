"""Drops on the console: a server's key is asked for, compared and saved; fetching now; who may what."""

import pytest
from django.core.cache import cache
from tests.integration.settlement.sftp_server import Server
from tests.money_days import paid, written

from tillkeeper.kernel.models import AuditEntry
from tillkeeper.settlement.models import Drop, MoneyFile
from tillkeeper.settlement.services.drops import rounds
from tillkeeper.settlement.services.drops.identity import public_key

pytestmark = pytest.mark.django_db
JOURNAL = written("journal", [paid(1)]).getvalue()
PASSWORD = "s3cret-words-of-nobody"
DROPS = "/money/files/drops/"


@pytest.fixture(autouse=True)
def own_drops(settings, tmp_path, monkeypatch):
    settings.TILLKEEPER_DROPS = tmp_path / "drops"
    settings.TILLKEEPER_SFTP_PASSWORDS = {"SH_BILLS": PASSWORD}
    monkeypatch.setattr(rounds, "RESTS_MS", 50)
    cache.clear()


@pytest.fixture
def server(tmp_path, settings, clerk):
    folder = tmp_path / "theirs"
    folder.mkdir()
    made = Server(folder).start()
    settings.TILLKEEPER_SFTP_HOSTS = [f"till@127.0.0.1:{made.port}"]
    yield made
    made.close()


def given(**more):
    return {
        "organisation": "SH",
        "name": "bills",
        "kind": "folder",
        "address": "bills",
        "enabled": "on",
    } | more


def add(desk, **more):
    return desk.post(f"{DROPS}new", given(**more))


def text_of(answer):
    return answer.content.decode()


def test_a_folder_is_made_looked_at_fetched_from_and_removed(
    second_desk, counter_desk, settings, django_capture_on_commit_callbacks
):
    assert "No drop yet" in text_of(second_desk.get(DROPS))
    answer = add(second_desk)
    drop = Drop.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{DROPS}{drop.pk}")
    (settings.TILLKEEPER_DROPS / "SH" / "bills" / "j.csv").write_bytes(JOURNAL)
    with django_capture_on_commit_callbacks(execute=True):
        assert counter_desk.post(f"{DROPS}{drop.pk}/fetch").status_code == 302
    assert MoneyFile.objects.get().by == "lin"
    page = text_of(counter_desk.get(f"{DROPS}{drop.pk}"))
    assert "1 taken, 0 refused" in page
    assert MoneyFile.objects.get().number in page
    assert "/edit" not in page
    assert second_desk.post(f"{DROPS}{drop.pk}/remove").status_code == 302
    assert not Drop.objects.exists()
    assert MoneyFile.objects.count() == 1


def test_a_server_is_asked_and_saved_only_when_somebody_compared(second_desk, server):
    asked = add(second_desk, kind="sftp", address=server.address, deed="ask", host_key="")
    page = text_of(asked)
    assert server.host_key.get_fingerprint() in page
    assert server.host_line in page
    assert not Drop.objects.exists()
    sftp = {"kind": "sftp", "address": server.address, "host_key": server.host_line}
    assert "Compare the fingerprint first" in text_of(add(second_desk, **sftp))
    assert not Drop.objects.exists()
    assert add(second_desk, **sftp, compared="on").status_code == 302
    drop = Drop.objects.get()
    assert drop.host_key == server.host_line
    # The saved key was compared before; another one was not.
    edit = f"{DROPS}{drop.pk}/edit"
    assert second_desk.post(edit, given(**sftp)).status_code == 302
    server.stop()
    server.host_key = type(server)(server.folder).host_key
    server.start()
    assert second_desk.post(edit, given(**sftp | {"host_key": server.host_line})).status_code == 422


def test_a_server_that_nobody_named_is_not_called(second_desk, server, settings):
    settings.TILLKEEPER_SFTP_HOSTS = ["elsewhere.example"]
    before = server.connections
    for deed in ("ask", "save"):
        answer = add(second_desk, kind="sftp", address=server.address, deed=deed)
        assert answer.status_code == 422
        assert "TILLKEEPER_SFTP_HOSTS" in text_of(answer)
    assert (server.connections, Drop.objects.count()) == (before, 0)


def test_what_went_wrong_is_said_on_the_list_and_the_page(
    second_desk, counter_desk, server, django_capture_on_commit_callbacks
):
    add(second_desk, kind="sftp", address=server.address, host_key=server.host_line, compared="on")
    drop = Drop.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        counter_desk.post(f"{DROPS}{drop.pk}/fetch")
    for path in (DROPS, f"{DROPS}{drop.pk}"):
        assert "did not let Tillkeeper in" in text_of(counter_desk.get(path))
        shown = text_of(counter_desk.get(path, headers={"accept-language": "zh-hans"}))
        assert "did not let" not in shown


def test_secrets_are_nowhere(
    second_desk, counter_desk, server, settings, caplog, django_capture_on_commit_callbacks
):
    caplog.set_level("DEBUG")
    server.password = PASSWORD
    server.lay("j.csv", JOURNAL)
    add(second_desk, kind="sftp", address=server.address, host_key=server.host_line, compared="on")
    drop = Drop.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        counter_desk.post(f"{DROPS}{drop.pk}/fetch")
    assert (server.passwords_heard, MoneyFile.objects.count()) == ([PASSWORD], 1)
    private = (settings.TILLKEEPER_VAR / "sftp_ed25519").read_text()
    assert (settings.TILLKEEPER_VAR / "sftp_ed25519").stat().st_mode & 0o777 == 0o600
    kept = [str(Drop.objects.values().get()), *map(str, AuditEntry.objects.values()), caplog.text]
    pages = [
        text_of(second_desk.get(path))
        for path in (DROPS, f"{DROPS}{drop.pk}", f"{DROPS}{drop.pk}/edit")
    ]
    assert public_key() in pages[0]
    for text in (*kept, *pages):
        assert PASSWORD not in text
        assert private.splitlines()[2] not in text
    assert sorted(
        AuditEntry.objects.filter(action__startswith="drop").values_list("action", flat=True)
    ) == ["drop.add"]


def test_an_address_with_a_password_is_refused_and_not_repeated(second_desk, server):
    answer = add(
        second_desk, kind="sftp", address=f"sftp://till:{PASSWORD}@127.0.0.1:{server.port}/"
    )
    assert answer.status_code == 422
    page = text_of(answer)
    assert "without a password" in page
    error = page[page.index('class="wrong"') :]
    assert PASSWORD not in error.split("</div>")[0]


def test_rights_decide_what_is_offered_and_what_is_done(
    second_desk, counter_desk, visit, hire, branch
):
    from tillkeeper.parties.roles import Role

    add(second_desk)
    drop = Drop.objects.get()
    assert add(counter_desk, name="other").status_code == 403
    assert counter_desk.get(f"{DROPS}new").status_code == 403
    assert counter_desk.post(f"{DROPS}{drop.pk}/remove").status_code == 403
    assert counter_desk.post(f"{DROPS}{drop.pk}/edit", given()).status_code == 403
    assert second_desk.post(f"{DROPS}{drop.pk}/fetch").status_code == 403
    assert second_desk.post(f"{DROPS}{drop.pk}/stop").status_code == 403
    assert counter_desk.get(f"{DROPS}{drop.pk}/fetch").status_code == 405
    outside = visit(hire(Role.ESTATE_MANAGER, branch, username="mei2"))
    assert outside.get(DROPS).status_code in (200, 403)


def test_a_drop_of_another_branch_is_not_there(second_desk, visit, hire, neighbour):
    from tillkeeper.parties.roles import Role

    add(second_desk)
    drop = Drop.objects.get()
    theirs = visit(hire(Role.ADMINISTRATOR, neighbour, username="wu"))
    assert "bills" not in text_of(theirs.get(DROPS))
    for path in ("", "/edit", "/remove", "/progress"):
        assert theirs.get(f"{DROPS}{drop.pk}{path}").status_code == 404
    assert theirs.post(f"{DROPS}{drop.pk}/fetch").status_code == 404


def test_progress_is_shown_and_stopping_is_asked_for(second_desk, counter_desk, htmx):
    add(second_desk)
    drop = Drop.objects.get()
    path = f"{DROPS}{drop.pk}/progress"
    assert counter_desk.get(path, headers=htmx)["HX-Redirect"] == f"{DROPS}{drop.pk}"
    counter_desk.post(
        f"{DROPS}{drop.pk}/fetch"
    )  # nobody works: the transaction of the test never ends
    assert "Waiting for the worker" in text_of(counter_desk.get(path, headers=htmx))
    assert "Stop" in text_of(counter_desk.get(f"{DROPS}{drop.pk}"))
    assert counter_desk.post(f"{DROPS}{drop.pk}/stop", headers=htmx).status_code == 204


def test_the_list_asks_the_database_as_often_for_many_as_for_few(
    second_desk, django_assert_max_num_queries
):
    add(second_desk)
    with django_assert_max_num_queries(40) as few:
        second_desk.get(DROPS)
        asked = len(few)
    for number in range(8):
        add(second_desk, name=f"more-{number}", address=f"more-{number}")
    with django_assert_max_num_queries(asked):
        second_desk.get(DROPS)
