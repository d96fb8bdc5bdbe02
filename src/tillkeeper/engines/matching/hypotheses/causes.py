"""The truth table as data: the 18 causes of payments.md section 5 by their numbers, and those outside it.

A cause is asked about only for its classes. A clue that must hold and does not rules it out; the others weigh. Where
two weigh the same, the one further up stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tillkeeper.engines.matching.classes import DifferenceClass as C


@dataclass(frozen=True, slots=True)
class Cause:
    """One way a payment goes wrong."""

    code: str
    number: int | None  # in the truth table
    classes: tuple[C, ...]  # none: it ends well by itself, so there is no difference
    sequence: str  # what happened, an English phrase
    end: str  # how it is put right, a whole sentence
    sentence: str  # of a difference; its names are filled in by differences
    must: tuple[str, ...] = ()
    clues: Mapping[str, int] = field(default_factory=dict)  # name -> weight


TABLE: Final = (
    Cause(
        "request_lost",
        1,
        (),
        "The request was lost before the host.",
        "Nothing is to be done.",
        "The request for payment %(number)s of terminal %(tid)s was lost; nothing was charged.",
    ),
    Cause(
        "answer_lost_reversed",
        2,
        (C.TRACE_GAP,),
        "The answer was lost, and the reversal was accepted.",
        "Nothing is to be done; watch how long the release takes.",
        "Payment %(number)s of terminal %(tid)s over %(amount)s was charged and taken back, and "
        "the journal has lost it. No money is at stake; fetch the journal again.",
        ("took_back",),
        {"not_in_journal": 1, "gap": 3, "reason_time_out": 1},
    ),
    Cause(
        "answer_and_reversal_lost",
        3,
        (C.REVERSAL_LOST, C.CHARGED_WITHOUT_SLIP),
        "The answer was lost, and so was the reversal, or its tries ran out.",
        "Refund the customer, or hand over the goods.",
        "The customer of payment %(number)s at terminal %(tid)s was charged %(amount)s: neither "
        "the answer nor the reversal came through. Refund it, or hand over the goods.",
        ("in_journal", "stands", "card"),
        {"no_answer_came": 3, "given_up": 2, "reason_time_out": 1, "before_close": 1},
    ),
    Cause(
        "terminal_restarted",
        4,
        (C.CHARGED_WITHOUT_SLIP, C.TRACE_GAP),
        "The answer was lost, and the terminal restarted before it had stored the payment.",
        "Refund the customer, or hand over the goods.",
        "The channel charged %(amount)s under number %(number)s of terminal %(tid)s, which is "
        "missing in the terminal's journal: the terminal restarted. Refund it, or hand over the "
        "goods.",
        ("not_in_journal",),
        {"gap": 3, "card": 1},
    ),
    Cause(
        "printer_failed",
        5,
        (C.CHARGED_WITHOUT_SLIP,),
        "The answer arrived, and the printer failed.",
        "Print the slip again; do not refund.",
        "Payment %(number)s of terminal %(tid)s over %(amount)s was approved and charged, but its "
        "slip was not printed. Print it again; do not refund.",
        ("in_journal", "approved", "slip_missing"),
        {"slip_failed": 1, "stands": 3},
    ),
    Cause(
        "answer_mac_wrong",
        6,
        (C.REVERSAL_LOST,),
        "The answer arrived with a wrong MAC, and the terminal reversed.",
        "Refund the customer, and check the terminal's keys.",
        "Terminal %(tid)s reversed payment %(number)s because the answer's MAC was wrong, and the "
        "channel still holds %(amount)s. Refund it, and check the terminal's keys.",
        ("undone", "stands"),
        {"reason_mac": 4, "before_close": 1},
    ),
    Cause(
        "answer_late",
        7,
        (C.REVERSAL_LATE,),
        "The answer came late, when the reversal was sent already.",
        "Nothing is to be done once the host has netted both.",
        "Payment %(number)s of terminal %(tid)s over %(amount)s was answered late and reversed; "
        "the channel nets it only in a later settlement. Watch that the release comes.",
        ("undone", "took_back"),
        {"after_settlement": 2, "before_close": 1},
    ),
    Cause(
        "reversal_overtook_sale",
        8,
        (C.REVERSAL_LOST,),
        "The reversal reached the host before its sale.",
        "Refund the customer; ask the acquirer to remember reversals.",
        "The host answered the reversal of payment %(number)s at terminal %(tid)s that it knew no "
        "such sale, and then charged %(amount)s. Refund it, and tell the acquirer.",
        ("undone", "stands"),
        {"answer_unknown_sale": 4, "before_close": 1},
    ),
    Cause(
        "host_reversed_alone",
        9,
        (C.SLIP_WITHOUT_CHARGE,),
        "The host approved, could not deliver its answer in time, and reversed by itself.",
        "Ask the customer for the money: goods were given, nothing was charged.",
        "Terminal %(tid)s approved payment %(number)s over %(amount)s, and the host took it back "
        "by itself. The customer was not charged: present it again, or claim the money.",
        ("in_journal", "approved"),
        {"took_back": 4, "slip_printed": 1, "answered": 1},
    ),
    Cause(
        "swiped_again",
        10,
        (C.DUPLICATE_CHARGE,),
        "No slip came, and the cashier took the card again.",
        "Refund one of the two.",
        "One purchase was charged twice at terminal %(tid)s: %(amount)s under number %(number)s "
        "without a slip, and again under %(twin)s. Refund the one without a slip.",
        ("twin", "stands"),
        {"tried_before": 2, "own_cryptogram": 3, "twin": 2},
    ),
    Cause(
        "chip_refused",
        11,
        (C.REVERSAL_LOST, C.CHARGED_WITHOUT_SLIP),
        "The chip refused after the host had approved.",
        "Have the charge reversed.",
        "The chip refused payment %(number)s at terminal %(tid)s after the host had approved "
        "%(amount)s, and the charge still stands. Have it reversed.",
        ("in_journal", "stands"),
        {"reason_chip": 3, "chip": 1, "before_close": 1},
    ),
    Cause(
        "batch_closed_first",
        12,
        (C.REVERSAL_LATE,),
        "The batch was closed before the reversal was delivered.",
        "Reverse by hand, or refund.",
        "The reversal of payment %(number)s at terminal %(tid)s came after its batch was closed, "
        "and the channel holds %(other)s of %(amount)s. Reverse it by hand, or refund.",
        ("undone",),
        {"after_close": 3, "answer_too_late": 1, "stands": 1},
    ),
    Cause(
        "batch_upload_incomplete",
        13,
        (C.SLIP_WITHOUT_CHARGE,),
        "The totals differed at the end of the batch, and a page of its upload was lost.",
        "Upload the batch again, or have it adjusted.",
        "Payment %(number)s of terminal %(tid)s over %(amount)s is missing at the channel "
        "together with others of its batch. Upload the batch again.",
        ("in_journal", "approved"),
        {"run": 3, "not_cleared": 1, "slip_printed": 1},
    ),
    Cause(
        "code_charged_unqueried",
        14,
        (C.CHARGED_WITHOUT_SLIP,),
        "A payment code was charged, and nobody asked for the result.",
        "Ask the channel: hand over the goods, or revoke.",
        "The wallet of order %(number)s was charged %(amount)s, and terminal %(tid)s never "
        "learned it. Hand over the goods, or give the money back.",
        ("code", "stands"),
        {"in_doubt": 3, "slip_missing": 1},
    ),
    Cause(
        "code_revoke_lost",
        15,
        (C.REVERSAL_LOST,),
        "The revocation of a code payment was lost.",
        "Refund the customer.",
        "Terminal %(tid)s revoked order %(number)s, but the channel still holds %(amount)s. "
        "Refund it.",
        ("code", "undone", "stands"),
        {"given_up": 1, "code": 3},
    ),
    Cause(
        "offline_not_uploaded",
        16,
        (C.SLIP_WITHOUT_CHARGE,),
        "An offline chip payment was never uploaded.",
        "Upload it late.",
        "Payment %(number)s of terminal %(tid)s over %(amount)s was approved offline and never "
        "reached the channel. Upload it now.",
        ("in_journal", "approved", "nothing_at_channel"),
        {"unanswered": 3, "chip": 2, "single": 2, "others_agree": 1},
    ),
    Cause(
        "request_sent_twice",
        17,
        (C.DUPLICATE_CHARGE,),
        "The line sent one request twice under two numbers.",
        "Refund one of the two.",
        "One request of terminal %(tid)s reached the host twice: %(amount)s was charged under "
        "number %(number)s and again under %(twin)s. Refund one.",
        ("twin", "stands"),
        {"same_cryptogram": 4, "at_once": 2, "not_in_journal": 2},
    ),
    Cause(
        "credited_elsewhere",
        18,
        (C.WRONG_MERCHANT, C.WRONG_TERMINAL),
        "The host credits another merchant number or terminal: it is configured wrongly.",
        "Have the credit moved, and the configuration mended.",
        "Payment %(number)s of terminal %(tid)s at merchant %(mid)s over %(amount)s was credited "
        "to %(elsewhere)s. Have it moved, and the binding mended.",
        ("elsewhere", "stands"),
        {"same_rrn": 3, "same_card": 1, "elsewhere": 1},
    ),
)

BEYOND: Final = (
    Cause(
        "amount_keyed_differently",
        None,
        (C.AMOUNT_DIFFERS,),
        "The two sides hold different amounts.",
        "Compare with the slip, and have the wrong side adjusted.",
        "Payment %(number)s of terminal %(tid)s is %(amount)s in the journal and %(other)s at the "
        "channel. Compare with the slip, and have the wrong side adjusted.",
        ("in_journal", "at_channel"),
        {"at_channel": 1},
    ),
    Cause(
        "refund_not_passed_on",
        None,
        (C.REFUND_NOT_RETURNED,),
        "The channel has not passed on a refund.",
        "Send the refund again.",
        "The refund %(number)s of terminal %(tid)s over %(amount)s was due on %(due)s, and the "
        "channel has not passed it on. Send it again.",
        ("in_journal",),
        {"approved": 1},
    ),
    Cause(
        "refunded_elsewhere",
        None,
        (C.REFUND_WITHOUT_SLIP,),
        "A refund was given outside the terminal.",
        "Ask who gave it.",
        "The channel returned %(amount)s under number %(number)s, and no terminal's journal has "
        "that refund. Ask who gave it.",
        ("goes_back",),
        {"at_channel": 1},
    ),
    Cause(
        "not_yet_due",
        None,
        (C.HELD,),
        "The other side is not yet due.",
        "Wait until it is due.",
        "Payment %(number)s of terminal %(tid)s over %(amount)s stands on one side alone; the "
        "other is due on %(due)s. It is held until then.",
        ("not_due",),
        {"not_due": 1},
    ),
    Cause(
        "equal_candidates",
        None,
        (C.AMBIGUOUS,),
        "Several rows fit equally well.",
        "Choose by hand.",
        "Payment %(number)s of terminal %(tid)s over %(amount)s fits more than one way: "
        "%(rivals)s. Choose by hand.",
        ("rivals",),
        {"rivals": 1},
    ),
)
# Named by the legs that find them: the fee plans and the payouts.
NAMED_BY_LEGS: Final = {
    "fee_plan_differs": "The fee is not the one of the fee plan.",
    "surcharge_differs": "The surcharge of an instant payout is not the one of the fee plan.",
    "channel_sums_differ": "The bill's own columns do not add up.",
    "payout_not_yet_booked": "The bank has not booked the payout.",
    "payout_short": "The payout is smaller than its payments add up to.",
    "credit_unexplained": "No payout explains the credit.",
}
CAUSES: Final = (*TABLE, *BEYOND)


def of_class(kind: C) -> tuple[Cause, ...]:
    """Return the causes a class may have, in table order."""
    return tuple(cause for cause in CAUSES if kind in cause.classes)
