"""Which case a trouble becomes: its class, cause, sentence and amounts, from what the checks came to. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tillkeeper.engines.matching.classes import DifferenceClass as C
from tillkeeper.settlement.troubles.facts import amount
from tillkeeper.settlement.troubles.wording import SENTENCES

Found = Mapping[str, Mapping[str, Any]]  # by check: the facts, with `answer`
NO_CURRENCY: Final = "CNY"  # of a case about which no amount is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The case that fits what was found. Amounts are minor units."""

    difference: C
    cause: str
    confidence: int  # per cent
    sentence: str
    currency: str
    amount_minor: int | None = None
    other_minor: int | None = None
    channel: str = ""
    payout_no: str = ""
    settled_on: date | None = None  # of a payout; None: it is about the batch
    due_on: date | None = None

    @property
    def of_payout(self) -> bool:
        """Say whether it is the payout as a whole that is in doubt."""
        return self.settled_on is not None


@dataclass(frozen=True, slots=True)
class About:
    """Which batch."""

    trouble: str
    tid: str
    batch: str


Make = Callable[[About, Mapping[str, Any]], Fit]


def fitting(about: About, found: Found) -> Fit:
    """Return the case that fits best: what is known of the money before what is known of the place."""
    for check, answer, make in FITTING:
        if found.get(check, {}).get("answer") == answer:
            return make(about, found[check])
    return _unclear(about, found)


def _payout(about: About, facts: Mapping[str, Any]) -> Fit:
    """The largest of the payouts that are in question; the others stay in the evidence."""
    difference = C.PAYOUT_MISSING if facts["answer"] == "missing" else C.PAYOUT_DIFFERS
    one = max(
        (payout for payout in facts["payouts"] if payout["difference"] == difference),
        key=lambda payout: payout["expected_minor"],
    )
    of, currency = one["expected_minor"], one["currency"]
    credited = one["credited_minor"]
    words = {
        "expected": amount(of, currency),
        "credited": amount(credited or 0, currency),
        "share": amount(one["share_minor"], currency),
        "settled_on": one["settled_on"],
        "due_on": one["due_on"],
        "tid": about.tid,
    }
    return Fit(
        difference=difference,
        cause=one["cause"],
        confidence=90,
        sentence=SENTENCES[difference] % words,
        currency=currency,
        amount_minor=of,
        other_minor=credited,
        channel=one["channel"],
        payout_no=one["payout_no"],
        settled_on=date.fromisoformat(one["settled_on"]),
        due_on=date.fromisoformat(one["due_on"]),
    )


def _totals(about: About, facts: Mapping[str, Any]) -> Fit:
    """The currency in which the two sides lie furthest apart."""
    own, others = _nets(facts["terminal"]), _nets(facts["channel"])
    apart = {name: others.get(name, 0) - own.get(name, 0) for name in {*own, *others}}
    currency = max(sorted(apart), key=lambda name: abs(apart[name]))
    terminal, channel = own.get(currency, 0), others.get(currency, 0)
    words = {"terminal": amount(terminal, currency), "channel": amount(channel, currency)}
    return Fit(
        difference=C.AMOUNT_DIFFERS,
        cause="batch_upload_incomplete" if channel < terminal else "batch_totals_differ",
        confidence=70,
        sentence=_said("totals_differ", about, **words),
        currency=currency,
        amount_minor=terminal,
        other_minor=channel,
    )


def _elsewhere(about: About, facts: Mapping[str, Any]) -> Fit:
    nets = _nets(facts["terminal"])
    currency = min(nets, default=NO_CURRENCY)
    return Fit(
        difference=C.WRONG_TERMINAL,
        cause="credited_elsewhere",
        confidence=70,
        sentence=_said("elsewhere", about, elsewhere=facts["elsewhere"]),
        currency=currency,
        amount_minor=nets.get(currency, 0),
    )


def _not_billed(about: About, facts: Mapping[str, Any]) -> Fit:
    minor, currency = facts.get("net_minor", 0), facts.get("currency", NO_CURRENCY)
    return Fit(
        difference=C.SLIP_WITHOUT_CHARGE,
        cause="batch_upload_incomplete",
        confidence=60,
        sentence=_said("not_billed", about, terminal=amount(minor, currency)),
        currency=currency,
        amount_minor=minor,
    )


def _unclear(about: About, found: Found) -> Fit:
    totals: Sequence[Mapping[str, Any]] = found.get("batch", {}).get("totals") or ()
    return Fit(
        difference=C.AMBIGUOUS,
        cause="batch_unclear",
        confidence=30,
        sentence=_said("unclear", about, trouble=about.trouble),
        currency=totals[0]["currency"] if totals else NO_CURRENCY,
    )


def _said(name: str, about: About, **words: Any) -> str:
    return SENTENCES[name] % {"batch": about.batch, "tid": about.tid, **words}


def _nets(totals: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {one["currency"]: one["debit_minor"] - one["credit_minor"] for one in totals}


FITTING: Final[tuple[tuple[str, str, Make], ...]] = (
    ("payout", "missing", _payout),
    ("payout", "differs", _payout),
    ("bill", "empty", _not_billed),
    ("totals", "differ", _totals),
    ("totals", "elsewhere", _elsewhere),
)
