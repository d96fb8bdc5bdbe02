"""The engine's sentences that people read, marked for translation here: the engine is pure and marks none.

`tests/unit/web/test_money_words.py` holds them against the engine.
"""

from typing import Final

from django.utils.translation import gettext_noop

# What a cause says of a payment.
HYPOTHESES: Final = (
    gettext_noop(
        "The request for payment %(number)s of terminal %(tid)s was lost; nothing was charged."
    ),
    gettext_noop(
        "Payment %(number)s of terminal %(tid)s over %(amount)s was charged and taken back, and "
        "the journal has lost it. No money is at stake; fetch the journal again."
    ),
    gettext_noop(
        "The customer of payment %(number)s at terminal %(tid)s was charged %(amount)s: neither "
        "the answer nor the reversal came through. Refund it, or hand over the goods."
    ),
    gettext_noop(
        "The channel charged %(amount)s under number %(number)s of terminal %(tid)s, which is "
        "missing in the terminal's journal: the terminal restarted. Refund it, or hand over the "
        "goods."
    ),
    gettext_noop(
        "Payment %(number)s of terminal %(tid)s over %(amount)s was approved and charged, but its"
        " slip was not printed. Print it again; do not refund."
    ),
    gettext_noop(
        "Terminal %(tid)s reversed payment %(number)s because the answer's MAC was wrong, and the"
        " channel still holds %(amount)s. Refund it, and check the terminal's keys."
    ),
    gettext_noop(
        "Payment %(number)s of terminal %(tid)s over %(amount)s was answered late and reversed; "
        "the channel nets it only in a later settlement. Watch that the release comes."
    ),
    gettext_noop(
        "The host answered the reversal of payment %(number)s at terminal %(tid)s that it knew no"
        " such sale, and then charged %(amount)s. Refund it, and tell the acquirer."
    ),
    gettext_noop(
        "Terminal %(tid)s approved payment %(number)s over %(amount)s, and the host took it back "
        "by itself. The customer was not charged: present it again, or claim the money."
    ),
    gettext_noop(
        "One purchase was charged twice at terminal %(tid)s: %(amount)s under number %(number)s "
        "without a slip, and again under %(twin)s. Refund the one without a slip."
    ),
    gettext_noop(
        "The chip refused payment %(number)s at terminal %(tid)s after the host had approved "
        "%(amount)s, and the charge still stands. Have it reversed."
    ),
    gettext_noop(
        "The reversal of payment %(number)s at terminal %(tid)s came after its batch was closed, "
        "and the channel holds %(other)s of %(amount)s. Reverse it by hand, or refund."
    ),
    gettext_noop(
        "Payment %(number)s of terminal %(tid)s over %(amount)s is missing at the channel "
        "together with others of its batch. Upload the batch again."
    ),
    gettext_noop(
        "The wallet of order %(number)s was charged %(amount)s, and terminal %(tid)s never "
        "learned it. Hand over the goods, or give the money back."
    ),
    gettext_noop(
        "Terminal %(tid)s revoked order %(number)s, but the channel still holds %(amount)s. "
        "Refund it."
    ),
    gettext_noop(
        "Payment %(number)s of terminal %(tid)s over %(amount)s was approved offline and never "
        "reached the channel. Upload it now."
    ),
    gettext_noop(
        "One request of terminal %(tid)s reached the host twice: %(amount)s was charged under "
        "number %(number)s and again under %(twin)s. Refund one."
    ),
    gettext_noop(
        "Payment %(number)s of terminal %(tid)s at merchant %(mid)s over %(amount)s was credited "
        "to %(elsewhere)s. Have it moved, and the binding mended."
    ),
    gettext_noop(
        "Payment %(number)s of terminal %(tid)s is %(amount)s in the journal and %(other)s at the"
        " channel. Compare with the slip, and have the wrong side adjusted."
    ),
    gettext_noop(
        "The refund %(number)s of terminal %(tid)s over %(amount)s was due on %(due)s, and the "
        "channel has not passed it on. Send it again."
    ),
    gettext_noop(
        "The channel returned %(amount)s under number %(number)s, and no terminal's journal has "
        "that refund. Ask who gave it."
    ),
    gettext_noop(
        "Payment %(number)s of terminal %(tid)s over %(amount)s stands on one side alone; the "
        "other is due on %(due)s. It is held until then."
    ),
    gettext_noop(
        "Payment %(number)s of terminal %(tid)s over %(amount)s fits more than one way: "
        "%(rivals)s. Choose by hand."
    ),
)
# How each is put right.
ENDS: Final = (
    gettext_noop("Nothing is to be done."),
    gettext_noop("Nothing is to be done; watch how long the release takes."),
    gettext_noop("Refund the customer, or hand over the goods."),
    gettext_noop("Print the slip again; do not refund."),
    gettext_noop("Refund the customer, and check the terminal's keys."),
    gettext_noop("Nothing is to be done once the host has netted both."),
    gettext_noop("Refund the customer; ask the acquirer to remember reversals."),
    gettext_noop("Ask the customer for the money: goods were given, nothing was charged."),
    gettext_noop("Refund one of the two."),
    gettext_noop("Have the charge reversed."),
    gettext_noop("Reverse by hand, or refund."),
    gettext_noop("Upload the batch again, or have it adjusted."),
    gettext_noop("Ask the channel: hand over the goods, or revoke."),
    gettext_noop("Refund the customer."),
    gettext_noop("Upload it late."),
    gettext_noop("Have the credit moved, and the configuration mended."),
    gettext_noop("Compare with the slip, and have the wrong side adjusted."),
    gettext_noop("Send the refund again."),
    gettext_noop("Ask who gave it."),
    gettext_noop("Wait until it is due."),
    gettext_noop("Choose by hand."),
)
# What speaks against another cause.
WHY_NOT: Final = (
    gettext_noop("The terminal's journal does not have the payment."),
    gettext_noop("The terminal's journal has the payment."),
    gettext_noop("The channel has nothing of the payment."),
    gettext_noop("The channel has the payment."),
    gettext_noop("The terminal did not approve the payment."),
    gettext_noop("The slip was printed."),
    gettext_noop("The terminal does not say that the printer failed."),
    gettext_noop("No slip was printed."),
    gettext_noop("It is not a card payment."),
    gettext_noop("It is not a payment by code."),
    gettext_noop("The terminal was not in doubt about the payment."),
    gettext_noop("The terminal does not say that the payment was declined."),
    gettext_noop("The terminal did not reverse the payment."),
    gettext_noop("The terminal counts its reversal as done."),
    gettext_noop("The host answered the reversal."),
    gettext_noop("The reversal was not sent for want of an answer."),
    gettext_noop("The reversal does not say that a MAC was wrong (A0)."),
    gettext_noop("The reversal does not say that the chip refused (06, 96)."),
    gettext_noop("The card was not read by its chip."),
    gettext_noop("The host did not answer that it knows no such sale (25)."),
    gettext_noop("The host did not refuse the reversal (95, 25)."),
    gettext_noop("The reversal came before the batch was closed."),
    gettext_noop("The reversal came after the batch was closed."),
    gettext_noop("The reversal was settled with its sale."),
    gettext_noop("The channel holds no reversal of the payment."),
    gettext_noop("No charge stands at the channel."),
    gettext_noop("Its number does not lie in a gap of the terminal's numbers."),
    gettext_noop("The terminal has no reference number of the host."),
    gettext_noop("The terminal has a reference number: the host did answer."),
    gettext_noop("Fewer than 3 payments of its batch are missing in a row."),
    gettext_noop("3 or more payments of its batch are missing in a row."),
    gettext_noop("No other payment of its batch agrees."),
    gettext_noop("The acquirer does not mark it as unknown to the terminal's batch."),
    gettext_noop("The channel holds no other charge of this card, amount and terminal nearby."),
    gettext_noop("The terminal's journal does not show a first try without a slip."),
    gettext_noop("The two charges carry different cryptograms: the card was read twice."),
    gettext_noop("Both charges carry one cryptogram: the card was read once."),
    gettext_noop("The two charges lie too far apart for one message sent twice."),
    gettext_noop("The reference numbers differ."),
    gettext_noop("The cards differ."),
    gettext_noop("It stands under the same merchant and terminal."),
    gettext_noop("The other side is due."),
    gettext_noop("There is only one candidate."),
    gettext_noop("The amounts agree."),
    gettext_noop("It is no refund."),
    gettext_noop("The files do not say enough for it."),
    gettext_noop("An equal payout may be the one that is missing."),
)
