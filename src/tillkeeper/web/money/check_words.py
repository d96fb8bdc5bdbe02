"""What files' own figures are called, marked for translation here: the readers are pure and mark none.

`tests/unit/web/test_money_evidence_words.py` holds them against the readers.
"""

from typing import Final

from django.utils.translation import gettext_noop

CHECKS: Final = (
    gettext_noop("accounts against the group trailer"),
    gettext_noop("amounts against the total line"),
    gettext_noop("amounts to settle against the summary"),
    gettext_noop("coupon refunds against the summary"),
    gettext_noop("currency of the lines of one account"),
    gettext_noop("discounts against the total line"),
    gettext_noop("fees against the summary"),
    gettext_noop("fees against the total line"),
    gettext_noop("groups against the file trailer"),
    gettext_noop("income against the total line"),
    gettext_noop("lines whose balance does not follow from the one before"),
    gettext_noop("money in against the summary"),
    gettext_noop("money out against the summary"),
    gettext_noop("net amounts against the total line"),
    gettext_noop("number and sum of the credits against :90C:"),
    gettext_noop("number and sum of the debits against :90D:"),
    gettext_noop("number of the credits against the summary"),
    gettext_noop("number of the debits against the summary"),
    gettext_noop("number of the entries against the summary"),
    gettext_noop("opening balance against the page before"),
    gettext_noop("opening balance and details against the closing balance"),
    gettext_noop("opening balance and entries against the closing balance"),
    gettext_noop("opening balance and lines against the closing balance"),
    gettext_noop("order amounts against the summary"),
    gettext_noop("outgo against the total line"),
    gettext_noop("payments against the summary"),
    gettext_noop("payments against the total line"),
    gettext_noop("receipts against the summary"),
    gettext_noop("receipts against the total line"),
    gettext_noop("refunds against the summary"),
    gettext_noop("refunds against the total line"),
    gettext_noop("refunds asked for against the summary"),
    gettext_noop("returned discounts against the total line"),
    gettext_noop("returned receipts against the total line"),
    gettext_noop("rows against the number stated"),
    gettext_noop("rows against the summary"),
    gettext_noop("rows against the total line"),
    gettext_noop("rows in against the summary"),
    gettext_noop("rows out against the summary"),
    gettext_noop("running balance, row by row"),
    gettext_noop("sum of the credits against the summary"),
    gettext_noop("sum of the debits against the summary"),
    gettext_noop("sum of the entries against the summary"),
    gettext_noop("what is left of the batch after its payout"),
)
