"""A drop set up in a real browser: a real SFTP server's key asked for, compared and trusted; files fetched and seen."""

import os
import time

import asyncssh
import pytest
from playwright.sync_api import Page, expect
from tests.integration.settlement.sftp_server import Server
from tests.money_days import billed, paid, written

from tillkeeper.parties.roles import Role as Job
from tillkeeper.settlement.models import Drop, MoneyFile
from tillkeeper.settlement.services.drops.identity import public_key

pytestmark = pytest.mark.browser
JOURNAL = written("journal", [paid(1), paid(2)]).getvalue()
BILL = written("acquirer46", [billed(paid(1)), billed(paid(2))]).getvalue()


@pytest.fixture(autouse=True)
def _folders_of_their_own(settings, tmp_path):
    settings.TILLKEEPER_LAKE = str(tmp_path / "lake")
    settings.TILLKEEPER_DROPS = tmp_path / "drops"


@pytest.fixture(autouse=True)
def _zhang(here, hire, branch):
    """May set up drops for Shanghai and fetch from them."""
    hire(Job.ADMINISTRATOR, branch, username="zhang")


@pytest.fixture
def server(tmp_path, settings):
    folder = tmp_path / "theirs"
    folder.mkdir()
    made = Server(folder).start()
    settings.TILLKEEPER_SFTP_HOSTS = [f"127.0.0.1:{made.port}"]
    made.public_keys = [public_key()]
    yield made
    made.close()


def make(page, here, *, name, address, server):
    page.goto(f"{here}/money/files/drops/new")
    page.get_by_label("Organisation").select_option("SH")
    page.get_by_label("Name", exact=True).fill(name)
    kind = "A folder on an SFTP server" if server else "A folder of this server"
    page.get_by_label(kind).check()
    page.get_by_label("Address").fill(address)


def test_a_servers_key_is_asked_for_compared_and_its_files_come(
    page: Page, here, server, sign_in, accessible, tolerate
):
    tolerate.append("422")
    server.lay("journal.csv", JOURNAL)
    server.lay("bill.csv", BILL)
    sign_in(page, "zhang")
    make(page, here, name="unionpay-bills", address=server.address, server=True)
    page.get_by_role("button", name="Ask the server").click()
    expect(page.locator(".note")).to_contain_text("SHA256:")
    assert page.locator(".note strong").inner_text() == server.host_key.get_fingerprint()
    accessible(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#editor")).to_contain_text("Compare the fingerprint first")
    assert not Drop.objects.exists()
    page.get_by_label("I compared the fingerprint").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Drops / unionpay-bills")
    expect(page.locator("dl.facts")).to_contain_text(server.host_key.get_fingerprint())
    page.get_by_role("button", name="Fetch now").click()
    expect(page.locator("dl.facts")).to_contain_text("2 taken, 0 refused")
    expect(page.locator("table")).to_contain_text("bill.csv")
    accessible(page)
    page.goto(f"{here}/money/files/")
    expect(page.locator("#table")).to_contain_text("journal.csv")
    expect(page.locator("#table")).to_contain_text("bill.csv")
    assert {file.rows for file in MoneyFile.objects.all()} == {2}
    assert sorted(one.name for one in server.folder.iterdir()) == ["bill.csv", "journal.csv"]


def test_a_server_with_another_key_than_the_one_compared_gives_nothing(
    page: Page, here, server, sign_in, tolerate
):
    sign_in(page, "zhang")
    make(page, here, name="bills", address=server.address, server=True)
    page.get_by_role("button", name="Ask the server").click()
    expect(page.locator(".note")).to_contain_text("SHA256:")
    page.get_by_label("I compared the fingerprint").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Drops / bills")
    server.stop()
    server.host_key = asyncssh.generate_private_key("ssh-ed25519")
    server.start()
    server.lay("bill.csv", BILL)
    page.get_by_role("button", name="Fetch now").click()
    expect(page.get_by_role("alert")).to_contain_text("key")
    assert not MoneyFile.objects.exists()


def test_a_watched_folder_gives_its_files(page: Page, here, settings, sign_in, accessible):
    sign_in(page, "zhang")
    make(page, here, name="inbox", address="inbox", server=False)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Drops / inbox")
    folder = settings.TILLKEEPER_DROPS / "SH" / "inbox"
    laid = folder / "journal.csv"
    laid.write_bytes(JOURNAL)
    os.utime(laid, (time.time() - 100,) * 2)
    page.get_by_role("button", name="Fetch now").click()
    expect(page.locator("dl.facts")).to_contain_text("1 taken, 0 refused")
    expect(page.locator("table")).to_contain_text("journal.csv")
    accessible(page)
    page.goto(f"{here}/money/files/")
    expect(page.locator("#table")).to_contain_text("journal.csv")
    assert MoneyFile.objects.get().rows == 2
