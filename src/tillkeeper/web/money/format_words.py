"""Words that formats bring along, marked for translation here: formats are pure and mark none.

Titles of formats, what rows of files say of a payment, and the facts that files tell of themselves.
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
# Facts that a file tells of itself.
FACT_LABELS: Final[MappingProxyType[str, str | Promise]] = MappingProxyType(
    {
        "account": _("Account"),
        "merchant": _("Merchant"),
        "from": _("From"),
        "to": _("To"),
        "opening": _("Opening balance"),
        "closing": _("Closing balance"),
        "currency": _("Currency"),
        "period": _("Period"),
    }
)
