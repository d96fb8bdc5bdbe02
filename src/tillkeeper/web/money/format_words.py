"""Words that formats bring along, marked for translation here: formats are pure and mark none.

Titles of formats, and what rows of files say of a payment.
"""

from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

TITLES: Final = (
    gettext_noop("Acquirer settlement file, 46 columns"),
    gettext_noop("Allinpay check file"),
    gettext_noop("Tillkeeper's journal of terminals"),
    gettext_noop("Tillkeeper's journal of terminals as Parquet"),
    gettext_noop("Tillkeeper's canonical bill"),
    gettext_noop("Tillkeeper's canonical bill as Parquet"),
    gettext_noop("Tillkeeper's canonical statement"),
    gettext_noop("Tillkeeper's canonical statement as Parquet"),
    gettext_noop("Leshua trade file"),
    gettext_noop("Saobei bill"),
    gettext_noop("UnionPay Merchant Services export of 25 columns"),
    gettext_noop("UnionPay Merchant Services export, POS, with batch number"),
    gettext_noop("UnionPay merchant file ZM"),
    gettext_noop("UnionPay merchant file of errors ZME"),
    gettext_noop("WeChat Pay trade bill"),
    gettext_noop("WeChat Pay fund bill"),
    gettext_noop("Alipay trade detail"),
    gettext_noop("Alipay account detail"),
    gettext_noop("UMS export with titles"),
    gettext_noop("UMS export without titles"),
    gettext_noop("Stripe itemised payout reconciliation"),
    gettext_noop("Adyen settlement details"),
    gettext_noop("Bank statement CAMT.053"),
    gettext_noop("Debit and credit notification CAMT.054"),
    gettext_noop("Bank statement MT940"),
    gettext_noop("Interim report MT942"),
    gettext_noop("Bank statement BAI2"),
    gettext_noop("Account export of China Merchants Bank"),
    gettext_noop("Account export of Bank of China"),
    gettext_noop("Account export of Agricultural Bank of China"),
    gettext_noop("Account export of Bank of Communications"),
    gettext_noop("Account export of Industrial and Commercial Bank of China"),
    gettext_noop("Account export of China Construction Bank"),
    gettext_noop("Account export of Postal Savings Bank of China"),
    gettext_noop("Account export of Shanghai Pudong Development Bank"),
)
# Kinds, states and slips of canonical rows, as the sides of a case show them.
VALUE_LABELS: Final[MappingProxyType[str, str | Promise]] = MappingProxyType(
    {
        "sale": _("sale"),
        "void": _("void"),
        "refund": _("refund"),
        "preauth": _("pre-authorisation"),
        "completion": _("completion"),
        "reversal": _("reversal of a payment"),
        "chargeback": _("chargeback"),
        "fee": _("fee"),
        "adjustment": _("adjustment"),
        "payout": _("payout"),
        "transfer": _("carried over"),
        "approved": _("approved"),
        "declined": _("declined"),
        "unknown": _("unknown"),
        "reversed": _("reversed by the terminal"),
        "reversal_pending": _("reversal pending"),
        "reversal_exhausted": _("reversal given up"),
        "printed": _("printed"),
        "reprinted": _("printed again"),
        "failed": _("failed"),
        "none": _("none"),
        "success": _("success"),
        "pending": _("pending"),
        "revoked": _("revoked by the channel"),
        "host_only": _("at the host only"),
        "booked": _("booked"),
    }
)
# What the refusal of a layout says is expected at a place.
EXPECTED: Final = (
    gettext_noop("a key of this table; see docs/how-to/teach-a-format.md"),
    gettext_noop("a text"),
    gettext_noop("a text or a list of texts"),
    gettext_noop("a whole number, 0 or more"),
    gettext_noop("true or false"),
    gettext_noop("a regular expression with a group"),
    gettext_noop("a table of texts"),
    gettext_noop("a table"),
    gettext_noop("tables"),
    gettext_noop("a table: no row is whole without"),
    gettext_noop("a time, or for a statement `booked_on`"),
    gettext_noop("a title that no other field has"),
    gettext_noop("a title"),
    gettext_noop("the title of a [[field]]"),
    gettext_noop("at least one [[field]]"),
    gettext_noop("at least one table"),
    gettext_noop("small letters, digits, and . _ - between them"),
    gettext_noop("one ASCII character, or a list of such"),
    gettext_noop("exactly one of from, value, group, titled"),
    gettext_noop("none: it is neither a date nor a time"),
    gettext_noop("a canonical column of text"),
    gettext_noop("a named group of recognise.file_name"),
    gettext_noop("how such a line begins"),
    gettext_noop("one field and its cells"),
    gettext_noop("UTF-8 text"),
)
