"""The faults that can be rehearsed, by name: their cause and class in the words of the matching engine."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from tillkeeper.engines.rehearsal.codes import Bits, Ints
from tillkeeper.engines.rehearsal.faults import booked, fits, lost
from tillkeeper.engines.rehearsal.faults.lost import Told
from tillkeeper.engines.rehearsal.scene import Scene


@dataclass(frozen=True, slots=True)
class Fault:
    """One way a payment goes wrong."""

    number: int  # row of the truth table in payments.md, section 5; 0: not in it
    difference: str  # the class it must be found as; "": nothing is to be found
    fits: Callable[[Scene], Bits]
    happen: Callable[[Scene, Ints], Told]
    cause: str = ""  # where it is not the fault's own name
    length: int = 1  # payments in a row that it takes


OF_PAYMENTS: Final = MappingProxyType({
    "request_lost": Fault(1, "", fits.card, lost.request_lost),
    "answer_lost_reversed": Fault(2, "", fits.card, lost.answer_lost_reversed),
    "answer_and_reversal_lost": Fault(3, "reversal_lost", fits.card, lost.answer_and_reversal_lost),
    "terminal_restarted": Fault(4, "charged_without_slip", fits.inside, lost.terminal_restarted),
    "printer_failed": Fault(5, "charged_without_slip", fits.card, lost.printer_failed),
    "answer_mac_wrong": Fault(6, "reversal_lost", fits.card, lost.answer_mac_wrong),
    "answer_late": Fault(7, "", fits.card, lost.answer_late),
    "reversal_overtook_sale": Fault(8, "reversal_lost", fits.card, lost.reversal_overtook_sale),
    "host_reversed_alone": Fault(9, "slip_without_charge", fits.card, lost.host_reversed_alone),
    "swiped_again": Fault(10, "duplicate_charge", fits.pair, booked.swiped_again, length=2),
    "chip_refused": Fault(11, "reversal_lost", fits.chip, lost.chip_refused),
    "batch_closed_first": Fault(12, "reversal_late", fits.card, lost.batch_closed_first),
    "batch_upload_incomplete": Fault(
        13, "slip_without_charge", fits.run, booked.batch_upload_incomplete, length=5
    ),
    "code_charged_unqueried": Fault(14, "charged_without_slip", fits.code, booked.code_charged_unqueried),
    "code_revoke_lost": Fault(15, "reversal_lost", fits.code, booked.code_revoke_lost),
    "offline_not_uploaded": Fault(16, "slip_without_charge", fits.uploaded, booked.offline_not_uploaded),
    "request_sent_twice": Fault(17, "duplicate_charge", fits.before_gap, booked.request_sent_twice),
    "wrong_merchant": Fault(
        18, "wrong_merchant", fits.misplaced_merchant, booked.wrong_merchant, "credited_elsewhere"
    ),
    "wrong_terminal": Fault(
        18, "wrong_terminal", fits.misplaced_terminal, booked.wrong_terminal, "credited_elsewhere"
    ),
    "restarted_and_reversed": Fault(
        4, "trace_gap", fits.inside, lost.restarted_and_reversed, "terminal_restarted"
    ),
    "amount_keyed_differently": Fault(0, "amount_differs", fits.sale, booked.amount_keyed_differently),
    "fee_plan_differs": Fault(0, "fee_differs", fits.sale, booked.fee_plan_differs),
    "fee_misstated": Fault(0, "fee_differs", fits.proves_itself, booked.fee_misstated, "fee_plan_differs"),
    "refund_not_passed_on": Fault(0, "refund_not_returned", fits.refund, booked.refund_not_passed_on),
})  # fmt: skip

# What goes wrong with the money on its way to the merchant's bank: by name, cause and class.
OF_PAYOUTS: Final = MappingProxyType({
    "payout_missing": ("payout_not_yet_booked", "payout_missing"),
    "payout_late": ("payout_booked_late", "payout_late"),
    "payout_short": ("payout_short", "payout_differs"),
    "credit_unexplained": ("credit_unexplained", "unknown_credit"),
})  # fmt: skip


def every(count: int) -> dict[str, int]:
    """Return a plan's faults: so many of each that there is."""
    return dict.fromkeys((*OF_PAYMENTS, *OF_PAYOUTS), count)
