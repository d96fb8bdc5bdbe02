"""The ledger and the rules."""

import pytest
from django.urls import reverse
from tests.factories import CaseFactory

from tillkeeper.settlement.models import Posting, RuleBook
from tillkeeper.settlement.services.cases import Proposal, decide

PLANS = """version = "2026-03"
[channels.wechat]
cutoff = "23:00"
[[fees]]
name = "corner shops"
mid = ["898310*"]
percent = 0.38
cap_minor = 1300
refund_returns_fee = true
"""


@pytest.fixture
def posted(case, clerk, noon):
    """A decision that was posted."""
    proposal = Proposal(remedy="write_off", why="too small to follow")
    return Posting.objects.get(decision=decide(case=case.pk, proposal=proposal, by=clerk, at=noon))


def test_balances_add_up_to_zero_and_lead_to_each_posting(counter_desk, posted):
    answer = counter_desk.get("/money/ledger/")
    (one,) = answer.context["balances"]
    assert one["sum"] == 0
    assert {account: minor for account, _l, minor, _n in one["lines"]} == {
        "suspense": 10_000,
        "loss": -10_000,
    }
    assert reverse("web:posting", args=[posted.number]) in answer.content.decode()
    page = counter_desk.get(reverse("web:posting", args=[posted.number])).content.decode()
    assert "too small to follow" in page
    assert "−¥100.00" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [("kind=decision", True), ("kind=reversal", False), ("day=2026-03-02", True), ("day=2026-03-03", False),
     ("q=ML-0", False)],
)  # fmt: skip
def test_postings_are_narrowed(counter_desk, posted, query, found):
    assert (posted.number in counter_desk.get(f"/money/ledger/?{query}").content.decode()) == found


def test_the_proof_counts_what_lies_within_ones_view(counter_desk, posted, beyond, administrator, noon):  # fmt: skip
    decide(case=beyond.pk, proposal=Proposal(remedy="refund", why="x"), by=administrator, at=noon)
    shown = counter_desk.get("/money/ledger/proof").content.decode()
    assert "Added up again: 1 postings with 2 entries" in shown


def test_a_merchants_account_holds_his_entries_alone(counter_desk, posted, branch, run, clerk, noon):  # fmt: skip
    other = CaseFactory(organisation=branch, run=run, mid="898310154110002", amount_minor=77)
    decide(case=other.pk, proposal=Proposal(remedy="refund", why="x"), by=clerk, at=noon)
    answer = counter_desk.get("/money/ledger/merchants/898310154110001")
    assert len(answer.context["lines"]) == 2
    assert posted.number in answer.content.decode()
    assert "0.77" not in answer.content.decode()


def test_the_account_of_a_merchant_without_entries_is_empty_and_not_missing(counter_desk, shop):
    shown = counter_desk.get(f"/money/ledger/merchants/{shop.number}")
    assert "Nothing has been posted for this merchant yet." in shown.content.decode()


def test_without_rules_of_its_own_the_sound_ones_are_shown(counter_desk, branch):
    shown = counter_desk.get("/money/rules/").content.decode()
    assert "has written no rules of its own" in shown
    assert "sound-1" in shown
    assert reverse("web:rules-edit", args=["SH"]) not in shown


def test_rules_are_checked_then_written_and_then_in_force(second_desk, branch, htmx):
    path = reverse("web:rules-edit", args=["SH"])
    checked = second_desk.post(path, {"text": PLANS, "deed": "check"}, headers=htmx)
    assert checked.status_code == 200
    assert "These are sound rules" in checked.content.decode()
    assert "corner shops" in checked.content.decode()
    assert not RuleBook.objects.exists()
    without = second_desk.post(path, {"text": PLANS, "deed": "write"}, headers=htmx)
    assert without.status_code == 422
    given = {"text": PLANS, "why": "contract 12", "deed": "write"}
    written = second_desk.post(path, given, headers=htmx)
    assert written["HX-Redirect"] == "/money/rules/?organisation=SH"
    shown = second_desk.get("/money/rules/?organisation=SH").content.decode()
    for word in ("contract 12", "0.38 %", "CNY 13.00", "898310*", "23:00"):
        assert word in shown
    assert second_desk.get(reverse("web:rule", args=["SH", 1])).status_code == 200


@pytest.mark.parametrize("deed", ["check", "write"])
@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("version = 2026", "key version"),
        ('[[fees]]\nname = "a"\nprozent = 1', "prozent"),
        ("version =", "are no TOML"),
    ],
)
def test_wrong_rules_are_refused_with_the_key_and_nothing_is_written(
    second_desk, branch, htmx, deed, text, word
):
    path = reverse("web:rules-edit", args=["SH"])
    given = {"text": text, "why": "x", "deed": deed}
    answer = second_desk.post(path, given, headers=htmx)
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert not RuleBook.objects.exists()


def test_rules_are_written_only_with_the_right(counter_desk, branch):
    assert counter_desk.get(reverse("web:rules-edit", args=["SH"])).status_code == 403


def test_the_example_to_begin_with_is_sound(second_desk, branch):
    path = reverse("web:rules-edit", args=["SH"])
    example = second_desk.get(path).context["form"].initial["text"]
    checked = second_desk.post(path, {"text": example, "deed": "check"})
    assert "These are sound rules" in checked.content.decode()
