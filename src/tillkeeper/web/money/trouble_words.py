"""One trouble as its page shows it: the path step by step, where each step leads, and the evidence at its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import TroubleState, Verdict
from tillkeeper.settlement.queries.troubles import last_round
from tillkeeper.settlement.troubles.answers import LOOKS_AT, SYMPTOMS, Answer
from tillkeeper.settlement.troubles.judging import PROVING
from tillkeeper.settlement.troubles.wording import VERDICT_LABELS, advice, answer_of, sentence
from tillkeeper.settlement.wording import CHANNEL_LABELS
from tillkeeper.web.money.said import in_yuan
from tillkeeper.web.stories import Event

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Trouble, TroubleCheck

Values = Mapping[str, Any]
CASES_LINKED: Final = 5
ICONS: Final = {
    Verdict.PASSED: "circle-check",
    Verdict.FAILED: "circle-x",
    Verdict.WAITING: "clock",
    Verdict.UNKNOWN: "circle-question-mark",
}
HOLDS: Final = {Verdict.PASSED: True, Verdict.FAILED: False}  # else nobody knows yet
# Where a page helps: its words, and the right it asks for.
PLACES: Final[Mapping[str, tuple[str | Promise, Right]]] = {
    "terminal": (gettext_lazy("Open the terminal"), Right.VIEW),
    "terminals": (gettext_lazy("Look for the terminal"), Right.VIEW),
    "merchant": (gettext_lazy("Open the merchant"), Right.PARTIES_VIEW),
    "merchants": (gettext_lazy("Look for the merchant"), Right.PARTIES_VIEW),
    "files": (gettext_lazy("Money files"), Right.MONEY_VIEW),
    "upload": (gettext_lazy("Bring in files"), Right.MONEY_WORK),
    "cases": (gettext_lazy("Cases of the terminal"), Right.MONEY_VIEW),
    "run": (gettext_lazy("Open the run"), Right.MONEY_VIEW),
    "match": (gettext_lazy("Match a day"), Right.MONEY_WORK),
    "rules": (gettext_lazy("Rules and fees"), Right.MONEY_VIEW),
    "statement": (gettext_lazy("Open the statement"), Right.MONEY_VIEW),
    "hand_over": (gettext_lazy("Hand over as a case"), Right.MONEY_WORK),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One check of the path."""

    code: str
    name: str
    verdict: str
    label: str | Promise
    icon: str
    seen: str
    do: str
    usual: bool  # it usually explains what was seen
    links: tuple[tuple[str, str], ...] = ()  # address, words


def steps_of(subject: "Trouble", told: Sequence["TroubleCheck"], by: Actor) -> list[Step]:
    """Return the last round as steps."""
    return [_step(subject, one, by) for one in last_round(list(told))]


def _step(subject: "Trouble", one: "TroubleCheck", by: Actor) -> Step:
    answer = answer_of(one.check_code, one.facts)
    verdict = Verdict(one.verdict)
    return Step(
        code=one.check_code,
        name=_(LOOKS_AT.get(one.check_code, one.check_code)),
        verdict=one.verdict,
        label=VERDICT_LABELS[verdict],
        icon=ICONS[verdict],
        seen=in_yuan(sentence(one.check_code, one.facts) or one.text),
        do=in_yuan(advice(one.check_code, one.facts)),
        usual=one.check_code in SYMPTOMS.get(subject.symptom, ()),
        links=_links(subject, one, answer, by) if answer else (),
    )


def _links(
    subject: "Trouble", one: "TroubleCheck", answer: Answer, by: Actor
) -> tuple[tuple[str, str], ...]:
    found = [
        (reverse("web:case", args=[case]), _("Case %(number)s") % {"number": case})
        for case in one.facts.get("cases", ())[:CASES_LINKED]
    ]
    if answer.where == "hand_over" and subject.state != TroubleState.OPEN:
        return tuple(found)
    if answer.where and (url := _address(answer.where, subject, one.facts)):
        words, right = PLACES[answer.where]
        if by.may(right, subject.path):
            found.append((url, str(words)))
    return tuple(found)


def _address(where: str, subject: "Trouble", facts: Values) -> str:
    if where == "terminal":
        return reverse("web:terminal", args=[facts["serial"]]) if facts.get("serial") else ""
    if where == "statement":
        return reverse("web:money_file", args=[facts["file"]]) if facts.get("file") else ""
    plain = {
        "terminals": ("web:terminals", {"q": subject.tid}),
        "merchants": ("web:merchants", {"q": subject.mid}),
        "files": ("web:money_files", {}),
        "upload": ("web:money_files-new", {"organisation": subject.organisation.code}),
        "cases": ("web:cases", {"mid": subject.mid, "tid": subject.tid}),
        "match": (
            "web:runs-new",
            {"organisation": subject.organisation.code, "day": str(subject.day)},
        ),
        "rules": ("web:rules", {}),
    }
    if where in plain:
        name, asked = plain[where]
        return reverse(name) + (f"?{urlencode(asked)}" if asked else "")
    if where == "run":
        return reverse("web:run", args=[facts["run"]])
    if where == "merchant":
        return reverse("web:merchant", args=[subject.mid])
    return reverse("web:trouble-hand-over", args=[subject.number])


def next_step(steps: Sequence[Step]) -> Step | None:
    """Return the step at which the path stands: the first that keeps the batch from being settled, else any unknown."""
    open_ones = [step for step in steps if step.verdict != Verdict.PASSED and step.do]
    barring = [one for one in open_ones if one.verdict != Verdict.UNKNOWN or one.code in PROVING]
    return next(iter([*barring, *open_ones]), None)


def ending(told: Sequence["TroubleCheck"]) -> dict[str, Any] | None:
    """Return the settled batch: its counts and sums, its payouts, and the lines of the bank that prove them."""
    facts = {one.check_code: one.facts for one in last_round(list(told))}
    totals, payout = facts.get("totals", {}), facts.get("payout", {})
    if not totals.get("terminal") or not payout.get("payouts"):
        return None
    return {
        "totals": totals["terminal"],
        "payouts": [
            one | {"channel": CHANNEL_LABELS.get(one["channel"], one["channel"])}
            for one in payout["payouts"]
        ],
        "batch": facts.get("batch", {}),
    }


def clues_of(found: Values) -> list[tuple[str, bool | None]]:
    """Return what the checks came to, as a case's evidence tells it: a statement, and whether all is well with it."""
    return [
        (
            _("%(check)s: %(found)s")
            % {
                "check": _(LOOKS_AT.get(code, code)),
                "found": sentence(code, one["facts"]) or one["text"],
            },
            HOLDS.get(one["verdict"]),
        )
        for code, one in found.items()
    ]


def story_told(told: Sequence["TroubleCheck"]) -> list[Event]:
    """Return the rounds and the words, the newest first; of a round its counts."""
    rounds = sorted({one.round for one in told if one.check_code})
    words = [one for one in told if not one.check_code]
    events = [
        Event(one.at, _("What was done"), one.by, "pencil", "", why=one.text) for one in words
    ]
    for number in rounds:
        checks = [one for one in told if one.round == number and one.check_code]
        passed = sum(one.verdict == Verdict.PASSED for one in checks)
        counts = {"n": number, "passed": passed, "all": len(checks)}
        title = _("Look %(n)s: %(passed)s of %(all)s in order") % counts
        tone = "good" if passed == len(checks) else "info"
        events.append(Event(checks[0].at, title, checks[0].by, "search-check", tone))
    return sorted(events, key=lambda event: event.at, reverse=True)
