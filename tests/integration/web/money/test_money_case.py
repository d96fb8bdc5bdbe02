"""One case worked to its end, and taken up again."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from tests.factories import CaseFactory

from tillkeeper.settlement.models import Case, Decision, Entry, Posting
from tillkeeper.settlement.queries.ledger import faults


def do(desk, case, verb, headers=None, **given):
    given = {"version": case.version, **given}
    return desk.post(reverse(f"web:case-{verb}", args=[case.pk]), given, headers=headers)


def shown(desk, case):
    return desk.get(reverse("web:case", args=[case.pk])).content.decode()


@pytest.fixture
def large(branch, run):
    """A case above what one person decides alone."""
    return CaseFactory(organisation=branch, run=run, amount_minor=9_000_000, trace="000777")


def test_a_small_case_is_decided_alone_and_posted(counter_desk, case, htmx):
    done = do(counter_desk, case, "decide", htmx, remedy="refund", why="no slip, refunded")
    assert done.status_code == 204
    case.refresh_from_db()
    decision = Decision.objects.get()
    assert (case.state, decision.state, decision.amount_minor) == ("closed", "confirmed", 10_000)
    assert faults() == []
    page = shown(counter_desk, case)
    assert decision.number in page
    assert "no slip, refunded" in page
    assert Posting.objects.get(decision=decision).number in page


def test_the_likely_decisions_come_first_and_the_stake_is_told(counter_desk, case):
    form = counter_desk.get(reverse("web:case-decide", args=[case.pk])).content.decode()
    assert form.index("Refund the cardholder") < form.index("Write off as a loss")
    assert "Empty: all that is at stake, CNY 100.00." in form
    assert "CNY 500.00 is at stake you decide alone" in form


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"amount": "100.01"}, "Decide about all of it or a part of it"),
        ({"amount": "ten"}, "Write an amount such as 12.34."),
        ({"amount": "0.001"}, "Write an amount such as 12.34."),
        ({"why": ""}, "This field is required."),
        ({"remedy": "steal"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_decided_is_refused_in_the_form(counter_desk, case, htmx, given, word):
    answer = do(counter_desk, case, "decide", htmx, **{"remedy": "refund", "why": "x", **given})
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert not Decision.objects.exists()


def test_a_part_is_decided_with_the_sign_of_what_is_missing(counter_desk, branch, run, htmx):
    case = CaseFactory(
        organisation=branch, run=run, difference="slip_without_charge", at_stake_minor=-10_000
    )
    do(counter_desk, case, "decide", htmx, remedy="write_off", why="lost", amount="30")
    assert Decision.objects.get().amount_minor == -3_000


def test_a_decision_about_what_was_changed_meanwhile_is_refused(counter_desk, case, htmx):
    Case.objects.update(version=case.version + 1)
    answer = do(counter_desk, case, "decide", htmx, remedy="refund", why="x")
    assert answer.status_code == 409
    assert not Decision.objects.exists()


def test_evidence_is_kept_with_the_decision_and_comes_back_as_a_download(
    counter_desk, case, beyond, htmx
):
    slip = SimpleUploadedFile("slip.html", b"<script>1</script>", "text/html")
    do(counter_desk, case, "decide", htmx, remedy="refund", why="see slip", evidence=slip)
    sha256 = Decision.objects.get().evidence_sha256
    sent = counter_desk.get(reverse("web:case-file", args=[case.pk, sha256]))
    assert b"".join(sent.streaming_content) == b"<script>1</script>"
    assert sent["Content-Type"] == "application/octet-stream"
    assert "attachment" in sent["Content-Disposition"]
    other = CaseFactory(organisation=case.organisation, run=case.run)
    for number in (other.pk, beyond.pk):
        path = reverse("web:case-file", args=[number, sha256])
        assert counter_desk.get(path).status_code == 404


def test_a_large_case_waits_for_a_second_person_and_says_who(
    counter_desk, second_desk, large, approver, htmx
):
    do(counter_desk, large, "decide", htmx, remedy="refund", why="agreed with the bank")
    large.refresh_from_db()
    assert large.state == "proposed"
    assert not Posting.objects.exists()
    own = shown(counter_desk, large)
    assert "You proposed it yourself" in own
    assert "zhou" in own
    assert reverse("web:case-confirm", args=[large.pk]) not in own
    other = shown(second_desk, large)
    assert reverse("web:case-confirm", args=[large.pk]) in other
    asked = second_desk.get(reverse("web:case-confirm", args=[large.pk])).content.decode()
    assert "lin proposed" in asked
    assert do(second_desk, large, "confirm", htmx, why="seen").status_code == 204
    large.refresh_from_db()
    assert large.state == "closed"
    assert Decision.objects.get().settled_by == "zhou"
    assert Posting.objects.count() == 1


def test_nobody_confirms_their_own(visit, administrator, large, htmx):
    desk = visit(administrator)
    do(desk, large, "decide", htmx, remedy="refund", why="x")
    large.refresh_from_db()
    answer = do(desk, large, "confirm", htmx)
    assert answer.status_code == 422
    assert "a second person has to confirm it" in answer.content.decode()
    assert not Posting.objects.exists()


def test_a_refused_proposal_opens_the_case_again(counter_desk, second_desk, large, htmx):
    do(counter_desk, large, "decide", htmx, remedy="refund", why="x")
    large.refresh_from_db()
    assert do(second_desk, large, "refuse", htmx, why="").status_code == 422
    assert do(second_desk, large, "refuse", htmx, why="ask the bank first").status_code == 204
    large.refresh_from_db()
    assert large.state == "open"
    assert "ask the bank first" in shown(counter_desk, large)


def test_opening_again_shows_the_entries_that_it_posts_and_posts_them(
    counter_desk, second_desk, case, htmx
):
    do(counter_desk, case, "decide", htmx, remedy="refund", why="x")
    case.refresh_from_db()
    path = reverse("web:case-reopen", args=[case.pk])
    assert counter_desk.get(path).status_code == 403
    asked = second_desk.get(path).content.decode()
    assert "Suspense" in asked
    assert "CNY -100.00" in asked
    assert do(second_desk, case, "reopen", htmx, why="the slip was found").status_code == 204
    case.refresh_from_db()
    assert case.state == "open"
    assert sum(Entry.objects.values_list("amount_minor", flat=True)) == 0
    assert Posting.objects.filter(kind="reversal").count() == 1
    page = shown(counter_desk, case)
    assert "Reversed in the ledger" in page
    assert "the slip was found" in page


def test_hold_resume_and_dispute_move_the_case_and_say_until_when(counter_desk, case, htmx):
    day = timezone.localdate() + timedelta(days=2)
    assert do(counter_desk, case, "hold", htmx, until=str(day), why="bill late").status_code == 204
    case.refresh_from_db()
    page = shown(counter_desk, case)
    assert str(day) in page
    assert reverse("web:case-resume", args=[case.pk]) in page
    assert do(counter_desk, case, "resume", htmx).status_code == 204
    case.refresh_from_db()
    past = str(timezone.localdate())
    assert do(counter_desk, case, "dispute", htmx, deadline=past, why="y").status_code == 422
    assert do(counter_desk, case, "dispute", htmx, deadline=str(day), why="y").status_code == 204
    case.refresh_from_db()
    assert case.state == "disputed"


def test_a_verb_that_the_state_forbids_is_told_in_words(counter_desk, case, htmx):
    Case.objects.update(state="closed", closed_at=timezone.now())
    day = timezone.localdate() + timedelta(days=2)
    answer = do(counter_desk, case, "hold", htmx, until=str(day), why="x")
    assert answer.status_code == 409
    assert "is closed: Put on hold is not possible now." in answer.content.decode()


def test_notes_files_and_owners_are_in_the_story(counter_desk, case, clerk, htmx):
    letter = SimpleUploadedFile("letter.pdf", b"%PDF-1.4", "application/pdf")
    assert do(counter_desk, case, "note", htmx, text="").status_code == 422
    assert do(counter_desk, case, "note", htmx, text="called", file=letter).status_code == 204
    assert do(counter_desk, case, "take", htmx).status_code == 204
    page = shown(counter_desk, case)
    assert "called" in page
    assert "letter.pdf" in page
    case.refresh_from_db()
    assert case.owner == "lin"
    assert do(counter_desk, case, "assign", htmx, owner="nobody-known").status_code == 422
    assert do(counter_desk, case, "assign", htmx, owner="").status_code == 204
    case.refresh_from_db()
    assert case.owner == ""


def test_who_may_only_confirm_does_not_work_on_a_case(second_desk, case):
    page = shown(second_desk, case)
    for verb in ("decide", "hold", "dispute", "note", "assign"):
        path = reverse(f"web:case-{verb}", args=[case.pk])
        assert path not in page
        assert second_desk.get(path).status_code == 403
    assert second_desk.post(reverse("web:case-take", args=[case.pk])).status_code == 403


def test_the_hypothesis_its_evidence_and_the_others_are_told(counter_desk, branch, run):
    case = CaseFactory(
        organisation=branch, run=run, cause="printer_failed", confidence=85,
        evidence={"clues": {"approved": True, "slip_failed": False, "stands": None}, "twin_trace": "000042"},
        others=[{"cause": "chip_refused", "why_not": "The card was not read by its chip."}],
    )  # fmt: skip
    page = shown(counter_desk, case)
    assert "confidence 85 %" in page
    assert "Print the slip again; do not refund." in page
    for answer, clue in (("yes", "approved it"), ("no", "printer failed"), ("unknown", "stands")):
        assert clue in page
        assert f'data-answer="{answer}"' in page
    assert "000042" in page
    assert "The card was not read by its chip." in page
