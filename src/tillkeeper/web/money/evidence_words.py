"""What a case's hypothesis rests on, in words: clues as statements, facts as money, days and per cent."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tillkeeper.web.money.clue_words import CLUE_LABELS
from tillkeeper.web.money.rules import percent
from tillkeeper.web.money.trouble_words import clues_of
from tillkeeper.web.templatetags.ui import money

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Case

PAIRED_BY: Final[Mapping[str, str | Promise]] = {
    "reference": gettext_lazy("payout number"),
    "merchant": gettext_lazy("merchant, amount and day"),
    "amount": gettext_lazy("amount and day"),
    "explained": gettext_lazy("amount, once the difference is explained"),
    "unequal": gettext_lazy("merchant and day, though the amounts differ"),
    "sum": gettext_lazy("an exact sum of several"),
    "sum_proposed": gettext_lazy("an exact sum on other days, to be confirmed"),
    "sum_rivals": gettext_lazy("an exact sum of which there are several"),
}
EXPLAINED_BY: Final[Mapping[str, str | Promise]] = {
    "plan_fee": gettext_lazy("the plan fee"),
    "surcharge_taken_again": gettext_lazy("surcharges taken a second time"),
    "plan_fee_and_surcharge": gettext_lazy("the plan fee, and surcharges taken a second time"),
    "refund_taken_again": gettext_lazy("refunds taken a second time"),
    "refund_fee_kept": gettext_lazy("fees of refunds that were kept"),
    "fee_taken_again": gettext_lazy("fees taken a second time"),
    "surcharge_not_taken": gettext_lazy("surcharges not taken"),
    "refund_not_taken": gettext_lazy("refunds not taken"),
    "refund_fee_given_again": gettext_lazy("fees of refunds given back twice"),
    "fee_not_taken": gettext_lazy("fees not taken"),
}
ROW_IS: Final[Mapping[str, str | Promise]] = {
    "row_not_paid": gettext_lazy("a payment that was not paid"),
    "row_taken_twice": gettext_lazy("a deduction that was taken twice"),
    "row_paid_twice": gettext_lazy("a payment that was paid twice"),
    "row_not_taken": gettext_lazy("a deduction that was not taken"),
    "row_fee_less": gettext_lazy("a fee taken again, or not given back"),
    "row_fee_more": gettext_lazy("a fee not taken, or given back twice"),
    "row_surcharge_less": gettext_lazy("a surcharge taken again"),
    "row_surcharge_more": gettext_lazy("a surcharge not taken"),
}
FOUND_BY: Final[Mapping[str, str | Promise]] = {
    "terminal": gettext_lazy("merchant, terminal, batch and trace number"),
    "rrn": gettext_lazy("terminal, trace number and reference (RRN)"),
    "order_at_terminal": gettext_lazy("order number at this terminal"),
    "order": gettext_lazy("order number"),
    "rrn_at_merchant": gettext_lazy("reference (RRN) at this merchant"),
    "trace": gettext_lazy("terminal and trace number"),
    "rrn_elsewhere": gettext_lazy("reference (RRN), at another merchant"),
    "card_elsewhere": gettext_lazy("card, amount and time, at another terminal"),
    "suggested": gettext_lazy("card, amount and time: a suggestion"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A further fact of the evidence: its name, and how its value is said."""

    label: str | Promise
    say: Callable[[Any, str], str]  # of the value and the case's currency


def _plain(value: Any, _currency: str) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _number(value: Any, _currency: str) -> str:
    return f"{value:,}"


def _money(value: Any, currency: str) -> str:
    return money(int(value), currency)


def _minutes(value: Any, _currency: str) -> str:
    whole = round(float(value))
    return ngettext("%(n)s minute", "%(n)s minutes", whole) % {"n": whole} if whole else _(
        "less than a minute"
    )  # fmt: skip


def _rate(value: Any, _currency: str) -> str:
    return percent(int(value))


def _yes(value: Any, _currency: str) -> str:
    return _("yes") if value else _("no")


def _among(words: Mapping[str, str | Promise]) -> Callable[[Any, str], str]:
    return lambda value, _currency: str(words.get(value, value))


# In the order in which they are told.
FACTS: Final[Mapping[str, Fact]] = {
    # of a payment
    "by": Fact(gettext_lazy("Found by"), _among(FOUND_BY)),
    "channel_rows": Fact(gettext_lazy("Rows of the channel"), _plain),
    "rivals": Fact(gettext_lazy("Candidates"), _plain),
    "run": Fact(gettext_lazy("Payments missing in a row"), _number),
    "gap": Fact(gettext_lazy("Lies in a gap"), _yes),
    "twin_source": Fact(gettext_lazy("File of the other charge"), _plain),
    "twin_line": Fact(gettext_lazy("Line of the other charge"), _number),
    "twin_trace": Fact(gettext_lazy("Trace number of the other charge"), _plain),
    "twin_rrn": Fact(gettext_lazy("Reference of the other charge"), _plain),
    "twin_minutes": Fact(gettext_lazy("Time between the two"), _minutes),
    # of a payout
    "expected_minor": Fact(gettext_lazy("Should have come"), _money),
    "credited_minor": Fact(gettext_lazy("Came"), _money),
    "residual_minor": Fact(gettext_lazy("Difference"), _money),
    "explained_by": Fact(gettext_lazy("The difference is"), _among(EXPLAINED_BY)),
    "row_is": Fact(gettext_lazy("The one row it can be"), _among(ROW_IS)),
    "row_file": Fact(gettext_lazy("File of that row"), _plain),
    "row_line": Fact(gettext_lazy("Line of that row"), _number),
    "row_number": Fact(gettext_lazy("Number of that row"), _plain),
    "row_minor": Fact(gettext_lazy("Amount of that row"), _money),
    "settled_on": Fact(gettext_lazy("Settled on"), _plain),
    "due_on": Fact(gettext_lazy("Due on"), _plain),
    "booked_on": Fact(gettext_lazy("Booked on"), _plain),
    "payments": Fact(gettext_lazy("Payments in it"), _number),
    "refund_minor": Fact(gettext_lazy("Refunds taken off"), _money),
    "refund_fee_minor": Fact(gettext_lazy("Fees of refunds"), _money),
    "plan_fee_minor": Fact(gettext_lazy("Plan fee"), _money),
    "paired_by": Fact(gettext_lazy("Put together by"), _among(PAIRED_BY)),
    "payouts_of_line": Fact(gettext_lazy("Payouts of this statement line"), _number),
    "lines_of_payout": Fact(gettext_lazy("Statement lines of this payout"), _number),
    "counterparty": Fact(gettext_lazy("Counterparty"), _plain),
    "reference": Fact(gettext_lazy("Reference"), _plain),
    "equal_line_is_explained": Fact(
        gettext_lazy("A payout explains an equal line of the day"), _yes
    ),
    # of a fee
    "plan": Fact(gettext_lazy("Fee plan"), _plain),
    "rate_millionths": Fact(gettext_lazy("Rate"), _rate),
    "share_minor": Fact(gettext_lazy("Fee by the rate"), _money),
    "flat_minor": Fact(gettext_lazy("Flat fee of a payment"), _money),
    "floor_minor": Fact(gettext_lazy("Lowest fee"), _money),
    "cap_minor": Fact(gettext_lazy("Highest fee"), _money),
    "expected_fee_minor": Fact(gettext_lazy("Fee by the plan"), _money),
    "fee_minor": Fact(gettext_lazy("Fees taken off"), _money),
    "surcharge_minor": Fact(gettext_lazy("Surcharges"), _money),
    "expected_surcharge_minor": Fact(gettext_lazy("Surcharge by the plan"), _money),
    "net_minor": Fact(gettext_lazy("Net by the bill"), _money),
    "added_minor": Fact(gettext_lazy("Net by amount and fee"), _money),
    "month_volume_minor": Fact(gettext_lazy("Volume of the month"), _money),
}  # fmt: skip
# What is told elsewhere on the page, or only to programs.
LEFT_OUT: Final = frozenset({"clues", "found", "rounding", "trouble", "volume_known"})


def evidence_of(case: "Case") -> dict[str, Any]:
    """Return `clues`, each a statement and whether it holds (None: nobody knows), and `facts`, each with its name."""
    clues = case.evidence.get("clues", {})
    told = [(str(CLUE_LABELS.get(name, name)), answer) for name, answer in clues.items()]
    return {
        "clues": told + clues_of(case.evidence.get("found", {})),
        "facts": list(_facts(case)),
    }


def _facts(case: "Case") -> Iterator[tuple[str, str]]:
    evidence = case.evidence
    for name, fact in FACTS.items():
        if (value := evidence.get(name)) not in (None, "", False, [], 0):
            yield str(fact.label), fact.say(value, case.currency)
    newer = (
        evidence.keys() - FACTS.keys() - LEFT_OUT
    )  # of an engine that knows more than these words
    for name in sorted(newer):
        if evidence[name] not in (None, ""):
            yield name, _plain(evidence[name], case.currency)
