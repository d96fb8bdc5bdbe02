"""The checks: small pure functions over the facts. Each returns the answer it came to (see `answers`) and its facts.

Where they come from: payments.md 4.3 (the day cycle: reversal first, 0500, 0320, sign-in), 4.4 (totals by debit and
credit), 5 (truth table); practice.md (one terminal, one merchant, five elements; suspended settlement).
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.formats.canonical.tables import JournalState
from tillkeeper.settlement.lifecycle import RunState, Verdict
from tillkeeper.settlement.troubles.answers import ANSWERS, LOOKS_AT
from tillkeeper.settlement.troubles.facts import Facts, Payout, amount, counted, shown
from tillkeeper.terminals.lifecycle import State

Answer = tuple[str, dict[str, Any]]  # its name, and what its sentence is filled with
Judge = Callable[[Facts], Answer]
TRACES_TOLD: Final = 10
NAMES_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at."""

    code: str
    judge: Judge
    proves: bool = True  # without it passed no batch counts as settled; else it may stay unknown


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check came to."""

    code: str
    answer: str
    verdict: Verdict
    facts: dict[str, Any]


def findings(facts: Facts) -> list[Finding]:
    """Return what every check came to, in the order in which they are walked."""
    told = []
    for check in CHECKS:
        answer, values = check.judge(facts)
        told.append(Finding(check.code, answer, ANSWERS[check.code, answer].verdict, values))
    return told


def settled(found: Iterable[Finding]) -> bool:
    """Say whether the batch is settled: nothing failed or waits, and all that proves it passed."""
    return all(
        one.verdict == Verdict.PASSED
        or (one.verdict == Verdict.UNKNOWN and one.code not in PROVING)
        for one in found
    )


def _terminal(facts: Facts) -> Answer:
    stay = facts.stay
    if stay is None:
        return "unknown", {"tid": facts.asked.tid}
    told = {"serial": stay.serial, "state": stay.state, "since": str(stay.since)}
    if stay.state == State.ACTIVE:
        return "in_service", told
    later = stay.bound and stay.since > facts.asked.day
    return "was_in_service" if later else "stopped", told


def _binding(facts: Facts) -> Answer:
    stay = facts.stay
    if stay is None:
        return "unknown", {}
    told = {"serial": stay.serial, "mid": stay.mid, "bound_from": str(stay.bound_from)}
    if not stay.bound:
        return "none", told | {"day": str(facts.asked.day)}
    return "bound" if stay.mid == facts.asked.mid else "elsewhere", told


def _elements(facts: Facts) -> Answer:
    stay = facts.stay
    if stay is None or not stay.bound:
        return "unknown", {}
    told = {"serial": stay.serial}
    if stay.missing:
        return "missing", told | {"elements": list(stay.missing)}
    return "whole" if stay.account_agrees else "other_account", told


def _merchant(facts: Facts) -> Answer:
    seller = facts.seller
    if seller is None:
        return "unknown", {"mid": facts.asked.mid}
    told = {"mid": seller.mid, "name": seller.name, "account": seller.account}
    return "ready" if seller.account else "no_account", told


def _journal(facts: Facts) -> Answer:
    papers, told = facts.journal, _papers(facts.journal.of_day, facts)
    if papers.of_day or papers.used:
        files = papers.used or papers.of_day
        return "sound", _papers(files, facts) | {"set_aside": papers.set_aside}
    if papers.refused:
        return "refused", told | {"refused": _names(papers.refused)}
    return "missing", told


def _batch(facts: Facts) -> Answer:
    taken, batch = facts.taken, facts.asked.batch
    told = {
        "batch": batch or str(facts.asked.day),
        "rows": taken.rows,
        "debits": counted(taken.totals, "debit"),
        "credits": counted(taken.totals, "credit"),
        "first": taken.first or "–",
        "last": taken.last or "–",
        "missing": taken.missing,
        "totals": shown(taken.totals),
    }
    if not (facts.journal.of_day or facts.journal.used):
        return "unknown", {}
    if not taken.rows:
        return "missing", told
    if facts.billed.gaps:
        return "gaps", told | {"traces": _names(facts.billed.gaps, TRACES_TOLD)}
    return "there" if taken.totals else "empty", told


def _closed(facts: Facts) -> Answer:
    taken = facts.taken
    if not taken.rows:
        return "unknown", {}
    if taken.closed_at is not None:
        return "closed", {"closed_at": taken.closed_at.isoformat()}
    if taken.followed_by:
        return "followed", {"next": taken.followed_by}
    if taken.closes_told:
        return "not_closed", {}
    return "still_open" if facts.asked.day >= facts.asked.today else "unsaid", {}


def _reversals(facts: Facts) -> Answer:
    if not facts.taken.rows:
        return "unknown", {}
    told: dict[str, Any] = {state.value: facts.taken.unclear.get(state, 0) for state in UNCLEAR}
    if told[JournalState.REVERSAL_PENDING] or told[JournalState.UNKNOWN]:
        return "pending", told
    return "given_up" if told[JournalState.REVERSAL_EXHAUSTED] else "clear", told


def _bill(facts: Facts) -> Answer:
    papers, billed, channels = facts.bill, facts.billed, facts.taken.channels
    files = papers.used or papers.of_day
    absent = [name for name in channels if name not in billed.channels_there]
    empty = [name for name in channels if name not in billed.channels_of_merchant]
    told = _papers(files, facts) | {"channels": list(channels), "set_aside": papers.set_aside}
    if files and not absent and not empty:
        return "sound", told
    if facts.asked.day >= facts.asked.today:
        return "not_yet", told
    if files and not absent:
        total = next(iter(sorted(facts.taken.totals.items())), None)
        net = {"currency": total[0], "net_minor": total[1].net_minor} if total else {}
        return "empty", told | {"channels": empty, **net}
    if papers.refused:
        return "refused", told | {"refused": _names(papers.refused)}
    return "missing", told | {"channels": absent}


def _run(facts: Facts) -> Answer:
    run = facts.run
    needed = {
        *(facts.journal.used or facts.journal.of_day),
        *(facts.bill.used or facts.bill.of_day),
    }
    if run is None:
        return "none", {"day": str(facts.asked.day)}
    told = {"run": run.number, "day": str(facts.asked.day)}
    if run.state in (RunState.QUEUED, RunState.RUNNING):
        return "running", told
    if run.state != RunState.DONE:
        return "failed", told | {"sentence": run.sentence}
    if late := sorted(needed - run.files):
        return "stale", told | {"files": _names(late)}
    return "done", told


def _totals(facts: Facts) -> Answer:
    taken, billed = facts.taken, facts.billed
    if not taken.rows or not billed.channels_there:
        return "unknown", {}
    told = {
        "debits": counted(taken.totals, "debit"),
        "credits": counted(taken.totals, "credit"),
        "channel_debits": counted(billed.totals, "debit"),
        "channel_credits": counted(billed.totals, "credit"),
        "elsewhere": billed.elsewhere,
        "terminal": shown(taken.totals),
        "channel": shown(billed.totals),
    }
    if dict(taken.totals) != dict(billed.totals):
        return "differ", told
    return "elsewhere" if billed.elsewhere else "equal", told


def _cases(facts: Facts) -> Answer:
    standing = [case for case in facts.cases if case.difference != DifferenceClass.FEE_DIFFERS]
    told = {"count": len(standing), "cases": [case.number for case in standing]}
    pressing = [case for case in standing if not case.held]
    if pressing:
        return "open", told | {"count": len(pressing), "at_stake": _at_stake(facts)}
    if standing:
        return "waiting", told
    run = facts.run
    return "none" if run is not None and run.state == RunState.DONE else "unknown", told


def _at_stake(facts: Facts) -> str:
    sums: dict[str, int] = {}
    for case in facts.cases:
        sums[case.currency] = sums.get(case.currency, 0) + case.at_stake_minor
    return " + ".join(amount(minor, currency) for currency, minor in sorted(sums.items()))


def _fees(facts: Facts) -> Answer:
    wrong = [case for case in facts.cases if case.difference == DifferenceClass.FEE_DIFFERS]
    if wrong:
        return "differ", {"count": len(wrong), "cases": [case.number for case in wrong]}
    if facts.run is None or facts.run.state != RunState.DONE or not facts.billed.rows:
        return "unknown", {}
    return "agreed" if facts.plans else "no_plan", {}


def _due(facts: Facts) -> Answer:
    if not facts.payouts:
        return "unknown", {}
    last = max(payout.due_on for payout in facts.payouts)
    told = {
        "due_on": str(last),
        "settled_on": str(min(payout.settled_on for payout in facts.payouts)),
        "expected": _sums(facts.payouts),
    }
    return "due" if last <= facts.asked.today else "not_yet", told


def _statement(facts: Facts) -> Answer:
    if not facts.payouts:
        return "unknown", {}
    due = sorted({payout.due_on for payout in facts.payouts if payout.booked_on is None})
    told = _papers(facts.statement.of_day, facts) | {
        "due_on": str(max(payout.due_on for payout in facts.payouts))
    }
    covered = [
        any(first <= day <= last for first, last in facts.statement_days)
        for day in due
        if day <= facts.asked.today
    ]
    if facts.statement.of_day and all(covered):
        return "there" if len(covered) == len(due) else "not_yet", told
    if len(covered) < len(due) and all(covered):
        return "not_yet", told
    if facts.statement.refused:
        return "refused", told | {"refused": _names(facts.statement.refused)}
    return "missing", told


def _payout(facts: Facts) -> Answer:
    if not facts.payouts:
        return "unknown", {}
    worst = max(facts.payouts, key=lambda one: (WORSE.index(_kind(one, facts)), one.expected_minor))
    kind = _kind(worst, facts)
    told = {
        "expected": amount(worst.expected_minor, worst.currency),
        "share": amount(worst.share_minor, worst.currency),
        "credited": amount(worst.credited_minor or 0, worst.currency),
        "booked_on": str(worst.booked_on or ""),
        "due_on": str(worst.due_on),
        "settled_on": str(worst.settled_on),
        "file": worst.file,
        "line": worst.line,
        "payouts": [_kept(payout) for payout in facts.payouts],
    }
    if kind == "credited" and len(facts.payouts) > 1:
        told["expected"] = told["credited"] = _sums(facts.payouts)
    return kind, told


def _kind(payout: Payout, facts: Facts) -> str:
    """Return what became of one payout."""
    kind = PAYOUT_ANSWERS.get(payout.difference, "ambiguous")
    if kind != "missing":
        return kind
    told = any(first <= payout.due_on <= last for first, last in facts.statement_days)
    return "missing" if told else "no_statement"


def _kept(payout: Payout) -> dict[str, Any]:
    days = {name: str(value) for name, value in asdict(payout).items() if name.endswith("_on")}
    return asdict(payout) | days | {"booked_on": str(payout.booked_on or "")}


def _sums(payouts: Iterable[Payout]) -> str:
    sums: dict[str, int] = {}
    for payout in payouts:
        sums[payout.currency] = sums.get(payout.currency, 0) + payout.expected_minor
    return " + ".join(amount(minor, currency) for currency, minor in sorted(sums.items()))


def _papers(files: Iterable[str], facts: Facts) -> dict[str, Any]:
    return {"files": _names(files), "day": str(facts.asked.day)}


def _names(names: Iterable[str], most: int = NAMES_TOLD) -> str:
    told = list(names)
    return ", ".join(told[:most]) + (f" … ({len(told)})" if len(told) > most else "")


UNCLEAR: Final = (
    JournalState.UNKNOWN,
    JournalState.REVERSAL_PENDING,
    JournalState.REVERSAL_EXHAUSTED,
)
PAYOUT_ANSWERS: Final = {
    "": "credited",
    DifferenceClass.PAYOUT_LATE: "late",
    DifferenceClass.HELD: "waiting",
    DifferenceClass.PAYOUT_MISSING: "missing",
    DifferenceClass.PAYOUT_DIFFERS: "differs",
    DifferenceClass.AMBIGUOUS: "ambiguous",
}
WORSE: Final = (
    "credited",
    "late",
    "waiting",
    "no_statement",
    "ambiguous",
    "differs",
    "missing",
)  # of several payouts the worst is told
CHECKS: Final = (
    Check("terminal", _terminal, proves=False),
    Check("binding", _binding, proves=False),
    Check("elements", _elements, proves=False),
    Check("merchant", _merchant, proves=False),
    Check("journal", _journal),
    Check("batch", _batch),
    Check("closed", _closed, proves=False),
    Check("reversals", _reversals),
    Check("bill", _bill),
    Check("run", _run),
    Check("totals", _totals),
    Check("cases", _cases),
    Check("fees", _fees, proves=False),
    Check("due", _due),
    Check("statement", _statement),
    Check("payout", _payout),
)
PROVING: Final = frozenset(check.code for check in CHECKS if check.proves)
if {check.code for check in CHECKS} != set(LOOKS_AT):
    raise ValueError("every check has its words, and every word its check")
