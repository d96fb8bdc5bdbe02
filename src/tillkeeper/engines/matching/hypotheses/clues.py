"""The questions a cause asks of a case. An answer is yes, no, or None where the files are silent.

Each takes a case as a row of `cases` with its neighbours. `why_not` says, in a whole sentence, what speaks against.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tillkeeper.formats.canonical.tables import Channel, JournalState, SlipState

Case = Mapping[str, Any]
CHIP: Final = ("05", "07")
RUN: Final = 3  # payments of a batch missing in a row: not each by its own accident


@dataclass(frozen=True, slots=True)
class Clue:
    """One question."""

    name: str  # stable: named in the evidence
    holds: Callable[[Case], bool | None]
    why_not: str


def _equal(case: Case, name: str, *values: str) -> bool | None:
    """Return whether a text is one of the values; None where the file is silent."""
    told = case[name]
    return told in values if told else None


def _reason(case: Case, *values: str) -> bool | None:
    return _equal(case, "reversal_reason", *values)


def _terminal_has_it(case: Case) -> bool:
    return case["j"] is not None


def _same_cryptogram(case: Case) -> bool | None:
    mine, other = case["cryptogram_g"] or case["cryptogram"], case["twin_cryptogram"]
    return mine == other if mine and other else None


def _own_cryptogram(case: Case) -> bool | None:
    same = _same_cryptogram(case)
    return None if same is None else not same


def _tried(case: Case) -> bool | None:
    if _terminal_has_it(case):
        return not (case["approved"] and case["slip_good"])
    return None if case["gap"] else False


def _within_retransmission(case: Case) -> bool | None:
    minutes = case["twin_minutes"]
    if minutes is None:
        return True if (case["sales_g"] or 0) > 1 else None
    return bool(minutes <= case["retransmission_minutes"])


def _chip(case: Case) -> bool | None:
    return case["entry"][:2] in CHIP if case["entry"] else None


def _answer_is(case: Case, *values: str) -> bool | None:
    """A terminal that gives a reason and no answer has had none; one that gives neither keeps no such record."""
    if case["reversal_answer"]:
        return case["reversal_answer"] in values
    return False if case["reversal_reason"] else None


def _unanswered(case: Case) -> bool | None:
    if case["reversal_answer"]:
        return False
    return True if case["reversal_reason"] or case["state"] != JournalState.REVERSED else None


def _after_close(case: Case) -> bool | None:
    if case["reversed_at"] is None or case["batch_closed_at"] is None:
        return None
    return bool(case["reversed_at"] > case["batch_closed_at"])


def _after_settlement(case: Case) -> bool | None:
    if case["reversal_settled_on_g"] is None or case["settled_on_g"] is None:
        return None
    return bool(case["reversal_settled_on_g"] > case["settled_on_g"])


def _gap(case: Case) -> bool | None:
    return bool(case["gap"]) if case["trace_no"] else None


def _run(case: Case) -> bool | None:
    return None if case["run"] is None else case["run"] >= RUN


def _single(case: Case) -> bool | None:
    return None if case["run"] is None else case["run"] < RUN


def _same_rrn(case: Case) -> bool | None:
    return case["rrn"] == case["rrn_g"] if case["rrn"] and case["rrn_g"] else None


def _same_card(case: Case) -> bool | None:
    return case["card"] == case["card_g"] if case["card"] and case["card_g"] else None


def _host_took_back(case: Case) -> bool:
    return (case["reversals_g"] or 0) > 0 or case["state_g"] == "revoked"


ALL: Final = (
    Clue("in_journal", _terminal_has_it, "The terminal's journal does not have the payment."),
    Clue(
        "not_in_journal",
        lambda case: not _terminal_has_it(case),
        "The terminal's journal has the payment.",
    ),
    Clue(
        "at_channel", lambda case: case["g"] is not None, "The channel has nothing of the payment."
    ),
    Clue("nothing_at_channel", lambda case: case["g"] is None, "The channel has the payment."),
    Clue("approved", lambda case: case["approved"], "The terminal did not approve the payment."),
    Clue(
        "slip_missing",
        lambda case: not case["slip_good"] if _terminal_has_it(case) else None,
        "The slip was printed.",
    ),
    Clue(
        "slip_failed",
        lambda case: _equal(case, "slip", SlipState.FAILED),
        "The terminal does not say that the printer failed.",
    ),
    Clue("slip_printed", lambda case: case["slip_good"], "No slip was printed."),
    Clue("card", lambda case: case["channel"] == Channel.CARD, "It is not a card payment."),
    Clue("code", lambda case: case["channel"] != Channel.CARD, "It is not a payment by code."),
    Clue(
        "in_doubt",
        lambda case: case["state"] == JournalState.UNKNOWN if _terminal_has_it(case) else None,
        "The terminal was not in doubt about the payment.",
    ),
    Clue(
        "declined",
        lambda case: case["state"] == JournalState.DECLINED,
        "The terminal does not say that the payment was declined.",
    ),
    Clue(
        "undone",
        lambda case: (
            case["state"]
            in {
                JournalState.REVERSED,
                JournalState.REVERSAL_PENDING,
                JournalState.REVERSAL_EXHAUSTED,
            }
        ),
        "The terminal did not reverse the payment.",
    ),
    Clue(
        "given_up",
        lambda case: (
            case["state"] in {JournalState.REVERSAL_PENDING, JournalState.REVERSAL_EXHAUSTED}
        ),
        "The terminal counts its reversal as done.",
    ),
    Clue("no_answer_came", _unanswered, "The host answered the reversal."),
    Clue(
        "reason_time_out",
        lambda case: _reason(case, "98"),
        "The reversal was not sent for want of an answer.",
    ),
    Clue(
        "reason_mac",
        lambda case: _reason(case, "A0"),
        "The reversal does not say that a MAC was wrong (A0).",
    ),
    Clue(
        "reason_chip",
        lambda case: _reason(case, "06", "96"),
        "The reversal does not say that the chip refused (06, 96).",
    ),
    Clue("chip", _chip, "The card was not read by its chip."),
    Clue(
        "answer_unknown_sale",
        lambda case: _answer_is(case, "25"),
        "The host did not answer that it knows no such sale (25).",
    ),
    Clue(
        "answer_too_late",
        lambda case: _answer_is(case, "95", "25"),
        "The host did not refuse the reversal (95, 25).",
    ),
    Clue("after_close", _after_close, "The reversal came before the batch was closed."),
    Clue(
        "before_close",
        lambda case: None if _after_close(case) is None else not _after_close(case),
        "The reversal came after the batch was closed.",
    ),
    Clue("after_settlement", _after_settlement, "The reversal was settled with its sale."),
    Clue("took_back", _host_took_back, "The channel holds no reversal of the payment."),
    Clue("stands", lambda case: (case["total_g"] or 0) > 0, "No charge stands at the channel."),
    Clue("gap", _gap, "Its number does not lie in a gap of the terminal's numbers."),
    Clue(
        "answered",
        lambda case: bool(case["rrn"]),
        "The terminal has no reference number of the host.",
    ),
    Clue(
        "unanswered",
        lambda case: not case["rrn"],
        "The terminal has a reference number: the host did answer.",
    ),
    Clue("run", _run, "Fewer than 3 payments of its batch are missing in a row."),
    Clue("single", _single, "3 or more payments of its batch are missing in a row."),
    Clue(
        "others_agree", lambda case: case["batch_agrees"], "No other payment of its batch agrees."
    ),
    Clue(
        "not_cleared",
        lambda case: bool(case["host_only_g"]),
        "The acquirer does not mark it as unknown to the terminal's batch.",
    ),
    Clue(
        "twin",
        lambda case: case["twin_at"] is not None or (case["sales_g"] or 0) > 1,
        "The channel holds no other charge of this card, amount and terminal nearby.",
    ),
    Clue(
        "tried_before", _tried, "The terminal's journal does not show a first try without a slip."
    ),
    Clue(
        "same_cryptogram",
        _same_cryptogram,
        "The two charges carry different cryptograms: the card was read twice.",
    ),
    Clue(
        "own_cryptogram",
        _own_cryptogram,
        "Both charges carry one cryptogram: the card was read once.",
    ),
    Clue(
        "at_once",
        _within_retransmission,
        "The two charges lie too far apart for one message sent twice.",
    ),
    Clue("same_rrn", _same_rrn, "The reference numbers differ."),
    Clue("same_card", _same_card, "The cards differ."),
    Clue(
        "elsewhere",
        lambda case: (
            (case["mid"], case["tid"])
            != (case["mid_g"] or case["mid"], case["tid_g"] or case["tid"])
        ),
        "It stands under the same merchant and terminal.",
    ),
    Clue("not_due", lambda case: not case["due"], "The other side is due."),
    Clue(
        "rivals",
        lambda case: bool(case["rivals"]) or case["by"] == "suggested",
        "There is only one candidate.",
    ),
    Clue("amounts_differ", lambda case: case["amount_agrees"] is False, "The amounts agree."),
    Clue("goes_back", lambda case: case["direction"] == 2, "It is no refund."),
)
CLUES: Final[Mapping[str, Clue]] = {clue.name: clue for clue in ALL}
