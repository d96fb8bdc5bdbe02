"""A settlement clerk in a real browser: files in, matched, worked off, confirmed by another, told to merchants."""

import re
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.factories import NOON, MerchantFactory
from tests.money_days import DAY, MID, billed, credited, paid, written

from tillkeeper.parties.roles import Role as Job
from tillkeeper.settlement.models import Case, MatchingRun, MoneyFile, Posting
from tillkeeper.settlement.services.files import bring_in
from tillkeeper.settlement.services.rulebooks import write_rules
from tillkeeper.settlement.services.runs import run_matching, start_run
from tillkeeper.settlement.services.statements import issue_statement

pytestmark = pytest.mark.browser

AS_OF = date(2026, 3, 5)
SLOWEST_MS = 60_000  # the first page of a process compiles its templates; shared machines stall
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
SALES = [
    paid(1),
    paid(2, 20_000, slip="failed"),
    paid(3, 30_000),
    paid(4, 40_000),
    paid(5, 80_000, slip="failed"),
]
BILL = [billed(SALES[0]), billed(SALES[1]), billed(SALES[3], amount_minor=40_300), billed(SALES[4])]
NET = sum(row["amount_minor"] - row["fee_minor"] for row in BILL)
FILES = {
    "journal.csv": ("journal", SALES),
    "bill.csv": ("acquirer46", BILL),
    "bank.xml": ("camt.053", [credited(NET, on=date(2026, 3, 3))]),
}
BROKEN = b"mid,tid,batch\n898310154110001,10000001,000001\n"
STRICT = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


@pytest.fixture(autouse=True)
def _a_lake_of_its_own(settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path


@pytest.fixture
def clerk(here, hire, branch):
    return hire(Job.SETTLEMENT_CLERK, branch, username="lin")


@pytest.fixture
def approver(here, hire, branch):
    return hire(Job.SETTLEMENT_APPROVER, branch, username="zhao")


@pytest.fixture
def merchant(here, branch):
    return MerchantFactory(number=MID, parent=branch, name="上海镕金")


@pytest.fixture
def brought(clerk, merchant):
    for name, (form, rows) in FILES.items():
        bring_in(stream=written(form, rows), name=name, organisation="SH", by=clerk, at=NOON)


def match(clerk) -> MatchingRun:
    begun = start_run(organisation="SH", day=DAY, as_of=AS_OF, by=clerk, at=NOON)
    return run_matching(number=begun.number, by=clerk, at=NOON)


@pytest.fixture
def matched(brought, clerk) -> MatchingRun:
    return match(clerk)


@pytest.fixture
def desk(page: Page, sign_in, clerk) -> Page:
    """The clerk's browser."""
    sign_in(page, "lin")
    return page


def case_of(trace: str) -> Case:
    return Case.objects.get(trace=trace)


def test_a_day_is_brought_in_matched_and_listed(
    desk: Page, here, merchant, clerk, tmp_path, tolerate
):
    tolerate.append("422")
    desk.goto(f"{here}/money/")
    desk.get_by_role("link", name="Bring in files").first.click()
    told = [
        {"name": name, "mimeType": "text/plain", "buffer": written(form, rows).getvalue()}
        for name, (form, rows) in FILES.items()
    ]
    broken = {"name": "broken.csv", "mimeType": "text/csv", "buffer": BROKEN}
    desk.locator("input[type=file]").set_input_files([*told, broken])
    desk.get_by_role("button", name="Bring in", exact=True).click()
    expect(desk.locator(".verdict[data-taken=yes]")).to_have_count(3)
    expect(desk.locator(".verdict[data-taken=no]")).to_contain_text("broken.csv")
    desk.goto(f"{here}/money/runs/new?day={DAY}")
    desk.get_by_label("As of").fill(str(AS_OF))
    expect(desk.locator("input[name=file]:checked")).to_have_count(2)
    desk.get_by_role("button", name="Match", exact=True).click()
    expect(desk).to_have_url(re.compile("/money/runs/MR-"))
    expect(desk.locator("progress, .state").first).to_be_visible()
    run_matching(number=MatchingRun.objects.get().number, by=clerk, at=NOON)
    expect(desk.get_by_role("link", name="Its cases")).to_be_visible()
    expect(desk.get_by_text("Differences by class")).to_be_visible()
    desk.get_by_role("link", name="Its cases").click()
    expect(desk.locator(".queue tbody tr")).to_have_count(4)
    with desk.expect_download() as saved:
        desk.goto(f"{here}/money/runs/{MatchingRun.objects.get().number}")
        desk.get_by_role("link", name="differences.csv").click()
    assert b"charged_without_slip" in Path(saved.value.path()).read_bytes()


def test_the_queue_is_worked_by_keys_alone(desk: Page, here, matched, clerk):
    desk.goto(f"{here}/money/cases/", timeout=SLOWEST_MS)
    press = desk.keyboard.press
    press("?")
    expect(desk.locator("#keys")).to_be_visible()
    press("Escape")
    press("j")
    press("j")
    press("k")
    expect(desk.locator(".queue tr.is-here")).to_have_count(1)
    expect(desk.locator(".queue tbody tr").first).to_have_class(re.compile("is-here"))
    expect(desk.locator(".queue tr.is-here a").first).to_be_focused()
    press("a")
    expect(desk.locator(".queue tbody tr").first).to_contain_text("lin")
    assert case_of("000005").owner == "lin"
    desk.goto(f"{here}/money/cases/?q=000002")
    press("j")
    press("Enter")
    expect(desk).to_have_url(re.compile(f"/money/cases/{case_of('000002').pk}$"))
    press("h")
    dialog = desk.locator("#dialog")
    dialog.get_by_label("Until").fill("2099-01-01")
    dialog.get_by_label("Reason").fill("the shop looks for the slip")
    dialog.get_by_role("button", name="Hold").click()
    expect(desk.locator(".terminal-head .state")).to_have_text("on hold")


def test_a_note_is_written_by_key(desk: Page, here, matched):
    desk.goto(f"{here}/money/cases/{case_of('000002').pk}")
    dialog = desk.locator("#dialog")
    desk.keyboard.press("n")
    dialog.get_by_label("Note").fill("called the shop")
    dialog.locator("[type=submit]").click()
    expect(desk.get_by_text("called the shop")).to_be_visible()


def test_the_sides_stand_next_to_each_other_with_what_differs(desk: Page, here, matched):
    desk.goto(f"{here}/money/cases/{case_of('000004').pk}")
    differing = desk.locator(".sides tr.differs").filter(has_text="Amount")
    expect(differing).to_contain_text("differs")
    expect(differing.locator("td")).to_have_text(["¥400.00", "¥403.00"])
    lines = desk.locator(".source")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("journal.csv")
    expect(lines.first).to_contain_text("line 5")
    expect(lines.first.locator("mark")).to_contain_text("000004")
    expect(desk.get_by_text("Why it is thought so")).to_be_visible()
    desk.set_viewport_size(PHONE)
    boxes = [cell.bounding_box() for cell in differing.locator("td").all()]
    assert all(box and box["x"] + box["width"] <= PHONE["width"] for box in boxes)
    assert len({box["y"] for box in boxes if box}) == 1


def test_below_the_limit_one_person_decides_and_above_it_two(
    desk: Page, here, matched, approver, sign_in
):
    dialog = desk.locator("#dialog")

    def decide(trace: str) -> None:
        desk.goto(f"{here}/money/cases/{case_of(trace).pk}")
        desk.keyboard.press("d")
        dialog.locator("input[name=remedy][value=accept]").check()
        dialog.get_by_label("Reason").fill("the shop printed the slip again")
        dialog.locator("[type=submit]").click()
        expect(dialog).not_to_be_visible()

    decide("000002")
    expect(desk.locator(".terminal-head .state")).to_have_text("closed")
    decide("000005")
    expect(desk.locator(".terminal-head .state")).to_have_text("to be confirmed")
    expect(desk.get_by_text("You proposed it yourself")).to_be_visible()
    expect(desk.get_by_role("link", name="Confirm")).to_have_count(0)
    sign_in(desk, "zhao")
    desk.goto(f"{here}/money/cases/?state=proposed")
    desk.locator(".queue a.mono").click()
    desk.get_by_role("link", name="Confirm").click()
    dialog.locator("[type=submit]").click()
    expect(desk.locator(".terminal-head .state")).to_have_text("closed")
    desk.goto(f"{here}/money/ledger/")
    desk.get_by_role("link", name="Add it up").click()
    expect(desk.locator("#proof")).to_contain_text("every one of them sums to zero")
    decided = Posting.objects.filter(kind="decision")
    assert decided.count() == 2
    assert {one.decision.settled_by for one in decided} == {"", "zhao"}


def test_a_merchants_statement_proves_itself_on_page_and_as_file(desk: Page, here, matched):
    desk.goto(f"{here}/money/ledger/merchants/{MID}")
    desk.get_by_role("link", name="Issue a statement").click()
    dialog = desk.locator("#dialog")
    dialog.get_by_label("Day of the period").fill(str(DAY))
    dialog.get_by_role("button", name="Issue").click()
    expect(desk).to_have_url(re.compile("/money/statements/MS-"))
    expect(desk.get_by_text("上海镕金")).to_be_visible()
    expect(desk.locator(".clues [data-answer=yes]")).to_have_count(3)
    expect(desk.locator(".statement-days tbody tr")).to_have_count(1)
    for name, starts in (("PDF", b"%PDF"), ("XLSX", b"PK")):
        with desk.expect_download() as saved:
            desk.get_by_role("link", name=name).click()
        assert Path(saved.value.path()).read_bytes().startswith(starts)
    desk.emulate_media(media="print")
    expect(desk.locator(".sidebar")).to_be_hidden()
    expect(desk.get_by_role("button", name="Print")).to_be_hidden()
    expect(desk.get_by_text("Closing balance").first).to_be_visible()


def test_an_unknown_filter_is_named_and_the_others_still_narrow(desk: Page, here, matched):
    desk.goto(f"{here}/money/cases/?difference=nonsense&older=9&q=000002")
    expect(desk.locator(".unread p")).to_have_count(2)
    expect(desk.locator(".unread")).to_contain_text("nonsense")
    expect(desk.locator(".queue tbody tr")).to_have_count(1)
    desk.get_by_role("link", name="Reset").click()
    expect(desk.locator(".unread")).to_have_count(0)


@pytest.fixture
def pages(matched, clerk, approver, merchant) -> list[str]:
    """Return the addresses of every money page, each with something to show."""
    again = match(clerk)
    refused = bring_in(
        stream=written("journal", []), name="x.csv", organisation="SH", by=clerk, at=NOON
    )
    text = '[payouts]\npayers = ["银联商务"]\n'
    write_rules(organisation="SH", text=text, why="our payers", by=approver, at=NOON)
    made = issue_statement(merchant=MID, period=str(DAY)[:7], by=clerk, at=NOON)
    files = [file.number for file in MoneyFile.objects.exclude(pk=refused.pk)]
    return [
        "/money/",
        "/money/cases/",
        "/money/cases/?state=nonsense",
        "/money/cases/?q=nothing",
        *(f"/money/cases/{case.pk}" for case in Case.objects.order_by("pk")),
        "/money/files/",
        "/money/files/new",
        f"/money/files/{refused.number}",
        *(f"/money/files/{number}" for number in files),
        "/money/runs/",
        f"/money/runs/new?day={DAY}",
        f"/money/runs/{again.number}",
        f"/money/runs/{again.number}/against/{matched.number}",
        "/money/ledger/",
        "/money/ledger/proof",
        f"/money/ledger/{Posting.objects.order_by('pk')[0].number}",
        f"/money/ledger/merchants/{MID}",
        "/money/statements/",
        "/money/statements/new",
        f"/money/statements/{made.number}",
        "/money/rules/?organisation=SH",
        "/money/rules/SH/1",
    ]


@pytest.mark.parametrize(
    ("language", "theme", "size"),
    [("en", "light", PHONE), ("zh-hans", "dark", DESK)],
)
def test_every_money_page_is_accessible_in_both_languages(
    desk: Page, here, pages, language, theme, size
):
    axe = Axe()
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=theme)
    desk.context.add_cookies([{"name": "django_language", "value": language, "url": here}])
    faults = []
    for path in pages:
        desk.goto(here + path)
        expect(desk.locator("html")).to_have_attribute("lang", language)
        for one in axe.run(desk, options=STRICT).response["violations"]:
            faults += [f"{path} {one['id']}: {node['html'][:120]}" for node in one["nodes"]]
        if desk.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            faults.append(f"{path} scrolls sideways")
    assert faults == [], "\n".join(faults)


def test_the_rules_are_edited_by_who_may(page: Page, here, approver, sign_in, tolerate):
    tolerate.append("422")
    sign_in(page, "zhao")
    page.goto(f"{here}/money/rules/SH/edit")
    page.locator("textarea").fill("[payouts]\npayers = 7\n")
    page.get_by_role("button", name=re.compile("Save|Write", re.IGNORECASE)).click()
    expect(page.locator(".wrong, .form-refused").first).to_be_visible()
