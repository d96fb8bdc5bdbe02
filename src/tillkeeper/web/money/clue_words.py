"""The clues of a hypothesis as statements: what holds where the case answers yes."""

from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CLUE_LABELS: Final[MappingProxyType[str, str | Promise]] = MappingProxyType(
    {
        "in_journal": _("the terminal's journal has the payment"),
        "not_in_journal": _("the terminal's journal does not have the payment"),
        "at_channel": _("the channel has the payment"),
        "nothing_at_channel": _("the channel has nothing of the payment"),
        "approved": _("the terminal approved it"),
        "slip_missing": _("no good slip was printed"),
        "slip_failed": _("the terminal says that the printer failed"),
        "slip_printed": _("a slip was printed"),
        "card": _("it is a card payment"),
        "code": _("it is a payment by code"),
        "in_doubt": _("the terminal was in doubt about it"),
        "declined": _("the terminal says that it was declined"),
        "undone": _("the terminal reversed it"),
        "given_up": _("the reversal is pending or was given up"),
        "no_answer_came": _("no answer to the reversal came"),
        "reason_time_out": _("it was reversed for want of an answer (98)"),
        "reason_mac": _("it was reversed because a MAC was wrong (A0)"),
        "reason_chip": _("it was reversed because the chip refused (06, 96)"),
        "chip": _("the card was read by its chip"),
        "answer_unknown_sale": _("the host answered that it knows no such sale (25)"),
        "answer_too_late": _("the host refused the reversal (95, 25)"),
        "after_close": _("the reversal came after the batch was closed"),
        "before_close": _("the reversal came before the batch was closed"),
        "after_settlement": _("the reversal was settled later than its sale"),
        "took_back": _("the channel holds a reversal of it"),
        "stands": _("a charge stands at the channel"),
        "gap": _("its number lies in a gap of the terminal's numbers"),
        "answered": _("the terminal has a reference number of the host"),
        "unanswered": _("the terminal has no reference number of the host"),
        "run": _("3 or more payments of its batch are missing in a row"),
        "single": _("fewer than 3 payments of its batch are missing in a row"),
        "others_agree": _("other payments of its batch agree"),
        "not_cleared": _("the acquirer marks it as unknown to the terminal's batch"),
        "twin": _("the channel holds another charge of this card, amount and terminal nearby"),
        "tried_before": _("the journal shows a first try without a slip"),
        "same_cryptogram": _("both charges carry one cryptogram: the card was read once"),
        "own_cryptogram": _("the two charges carry different cryptograms: the card was read twice"),
        "at_once": _("the two charges lie so close that one message was sent twice"),
        "same_rrn": _("the reference numbers are the same"),
        "same_card": _("the cards are the same"),
        "elsewhere": _("it stands under another merchant or terminal"),
        "not_due": _("the other side is not yet due"),
        "rivals": _("there are several candidates"),
        "amounts_differ": _("the amounts differ"),
        "goes_back": _("it is a refund"),
    }
)
