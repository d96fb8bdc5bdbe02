"""Codes of settlement in words. A code that has no words here is shown as it is."""

from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from tillkeeper.engines.matching.classes import DifferenceClass as C
from tillkeeper.formats.canonical.tables import Channel, Role
from tillkeeper.settlement.lifecycle import (
    Account,
    CaseState,
    CaseStep,
    DropKind,
    FileState,
    PostingKind,
    Remedy,
    RunState,
)

Labels = MappingProxyType[str, str | Promise]

CLASS_LABELS: Final[Labels] = MappingProxyType(
    {
        C.CHARGED_WITHOUT_SLIP: _("charged without slip"),
        C.SLIP_WITHOUT_CHARGE: _("slip without charge"),
        C.DUPLICATE_CHARGE: _("charged twice"),
        C.AMOUNT_DIFFERS: _("amount differs"),
        C.FEE_DIFFERS: _("fee differs"),
        C.PAYOUT_MISSING: _("payout missing"),
        C.PAYOUT_LATE: _("payout late"),
        C.PAYOUT_DIFFERS: _("payout differs"),
        C.UNKNOWN_CREDIT: _("unknown credit"),
        C.REFUND_NOT_RETURNED: _("refund not returned"),
        C.REFUND_WITHOUT_SLIP: _("refund without slip"),
        C.WRONG_MERCHANT: _("wrong merchant"),
        C.WRONG_TERMINAL: _("wrong terminal"),
        C.REVERSAL_LOST: _("reversal lost"),
        C.REVERSAL_LATE: _("reversal late"),
        C.TRACE_GAP: _("gap in the journal"),
        C.HELD: _("not yet due"),
        C.AMBIGUOUS: _("ambiguous"),
    }
)
CAUSE_LABELS: Final[Labels] = MappingProxyType(
    {
        "request_lost": _("request lost"),
        "answer_lost_reversed": _("answer lost, reversed"),
        "answer_and_reversal_lost": _("answer and reversal lost"),
        "terminal_restarted": _("terminal restarted"),
        "printer_failed": _("printer failed"),
        "answer_mac_wrong": _("MAC of the answer wrong"),
        "answer_late": _("answer late"),
        "reversal_overtook_sale": _("reversal overtook the sale"),
        "host_reversed_alone": _("host reversed alone"),
        "swiped_again": _("card taken again"),
        "chip_refused": _("chip refused"),
        "batch_closed_first": _("batch closed first"),
        "batch_upload_incomplete": _("batch upload incomplete"),
        "code_charged_unqueried": _("code charged, never asked"),
        "code_revoke_lost": _("revocation of a code lost"),
        "offline_not_uploaded": _("offline payment not uploaded"),
        "request_sent_twice": _("request sent twice"),
        "credited_elsewhere": _("credited elsewhere"),
        "amount_keyed_differently": _("amount keyed differently"),
        "refund_not_passed_on": _("refund not passed on"),
        "refunded_elsewhere": _("refunded outside the terminal"),
        "not_yet_due": _("other side not yet due"),
        "equal_candidates": _("equal candidates"),
        "fee_plan_differs": _("not the fee plan's fee"),
        "surcharge_differs": _("not the fee plan's surcharge"),
        "channel_sums_differ": _("the bill does not add up"),
        "payout_not_yet_booked": _("payout not booked"),
        "payout_booked_late": _("payout booked late"),
        "payout_short": _("payout too small"),
        "payout_over": _("payout too large"),
        "sum_proposed": _("exact sum of several"),
        "credit_unexplained": _("credit unexplained"),
        "batch_totals_differ": _("batch totals differ"),
        "batch_unclear": _("batch unclear"),
    }
)
CASE_LABELS: Final[Labels] = MappingProxyType(
    {
        CaseState.OPEN: _("open"),
        CaseState.HELD: _("on hold"),
        CaseState.PROPOSED: _("to be confirmed"),
        CaseState.DISPUTED: _("disputed"),
        CaseState.CLOSED: _("closed"),
        CaseState.VANISHED: _("vanished"),
    }
)
# The colour of each state, by the states that the console's style sheet knows.
TONES: Final[MappingProxyType[str, str]] = MappingProxyType(
    {
        CaseState.OPEN: "faulty",
        CaseState.HELD: "repair",
        CaseState.PROPOSED: "checked",
        CaseState.DISPUTED: "soon",
        CaseState.CLOSED: "ok",
        CaseState.VANISHED: "",
        FileState.TAKEN: "ok",
        FileState.REFUSED: "failed",
        FileState.WITHDRAWN: "",
        RunState.QUEUED: "running",
        RunState.RUNNING: "running",
        RunState.DONE: "ok",
        RunState.FAILED: "failed",
        RunState.CANCELLED: "",
        "proposed_decision": "checked",
        "confirmed": "ok",
        "reversed": "soon",
    }
)
STEP_LABELS: Final[Labels] = MappingProxyType(
    {
        CaseStep.HOLD: _("Put on hold"),
        CaseStep.RESUME: _("Taken up again"),
        CaseStep.PROPOSE: _("Decision proposed"),
        CaseStep.CONFIRM: _("Decision confirmed"),
        CaseStep.REFUSE: _("Decision refused"),
        CaseStep.DISPUTE: _("Disputed"),
        CaseStep.CLOSE: _("Decided and closed"),
        CaseStep.REOPEN: _("Opened again"),
        CaseStep.VANISH: _("No longer found"),
    }
)
# What the clock writes into a case's story.
REMINDER_LABELS: Final[Labels] = MappingProxyType(
    {"due_soon": _("Deadline is near"), "overdue": _("Deadline has passed")}
)
REMEDY_LABELS: Final[Labels] = MappingProxyType(
    {
        Remedy.ACCEPT: _("Accept: the channel is right"),
        Remedy.REFUND: _("Refund the cardholder"),
        Remedy.ADJUST: _("Adjust by the difference"),
        Remedy.RE_PRESENT: _("Present again to the channel"),
        Remedy.WRITE_OFF: _("Write off as a loss"),
        Remedy.MATCH: _("Match: the rows belong together"),
        Remedy.NONE: _("Nothing is owed"),
    }
)
FILE_LABELS: Final[Labels] = MappingProxyType(
    {
        FileState.TAKEN: _("taken"),
        FileState.REFUSED: _("refused"),
        FileState.WITHDRAWN: _("withdrawn"),
    }
)
RUN_LABELS: Final[Labels] = MappingProxyType(
    {
        RunState.QUEUED: _("waiting"),
        RunState.RUNNING: _("being matched"),
        RunState.DONE: _("done"),
        RunState.FAILED: _("failed"),
        RunState.CANCELLED: _("stopped"),
    }
)
ROLE_LABELS: Final[Labels] = MappingProxyType(
    {
        Role.JOURNAL: _("terminal journal"),
        Role.BILL: _("channel bill"),
        Role.STATEMENT: _("bank statement"),
    }
)
CHANNEL_LABELS: Final[Labels] = MappingProxyType(
    {
        Channel.CARD: _("bank card"),
        Channel.WECHAT: _("WeChat Pay"),
        Channel.ALIPAY: _("Alipay"),
        Channel.UNIONPAY_QR: _("UnionPay QR"),
    }
)
ACCOUNT_LABELS: Final[Labels] = MappingProxyType(
    {
        Account.MERCHANT_PAYABLE: _("Payable to merchants"),
        Account.CHANNEL_RECEIVABLE: _("Receivable from channels"),
        Account.BANK: _("Bank"),
        Account.FEE_INCOME: _("Fee income"),
        Account.SUSPENSE: _("Suspense"),
        Account.LOSS: _("Loss"),
    }
)
POSTING_LABELS: Final[Labels] = MappingProxyType(
    {
        PostingKind.SETTLED_DAY: _("matched day"),
        PostingKind.DOUBT: _("in doubt"),
        PostingKind.DECISION: _("decision"),
        PostingKind.PAYOUT: _("payout"),
        PostingKind.REVERSAL: _("reversal"),
    }
)
DECISION_LABELS: Final[Labels] = MappingProxyType(
    {
        "proposed": _("proposed"),
        "confirmed": _("posted"),
        "refused": pgettext_lazy("of a decision", "refused"),
        "reversed": _("reversed"),
    }
)
SEVERITY_LABELS: Final[Labels] = MappingProxyType(
    {
        "critical": _("critical"),
        "high": _("high"),
        "medium": _("medium"),
        "low": _("low"),
    }
)
DROP_LABELS: Final[Labels] = MappingProxyType({DropKind.FOLDER: _("folder"), DropKind.SFTP: "SFTP"})
FETCHING_LABELS: Final[Labels] = MappingProxyType(
    {
        "looking": _("Looking what lies there"),
        "resting": _("Waiting whether files still grow"),
        "fetching": _("Fetching and reading files"),
    }
)
STAGE_LABELS: Final[Labels] = MappingProxyType(
    {"matching": _("Comparing the files"), "cases": _("Going through the cases")}
)
# What was done, as the audit trail shows it.
ACTION_LABELS: Final[Labels] = MappingProxyType(
    {
        **{f"case.{step}": label for step, label in STEP_LABELS.items()},
        "case.assign": _("Assigned"),
        "hand_match.propose": _("Match by hand proposed"),
        "hand_match.post": _("Matched by hand"),
        "hand_match.confirm": _("Match by hand confirmed"),
        "hand_match.refuse": _("Match by hand refused"),
        "hand_match.undo": _("Match by hand undone"),
        "money_file.taken": _("Money file taken"),
        "money_file.refused": _("Money file refused"),
        "money_file.withdraw": _("Money file withdrawn"),
        "run.start": _("Matching run started"),
        "run.done": _("Matching run done"),
        "ledger.post": _("Posted to the money ledger"),
        "rules.write": _("Rules written"),
        "layout.write": _("Layout written"),
        "layout.take_out_of_use": _("Layout taken out of use"),
        "drop.add": _("Drop made"),
        "drop.change": _("Drop changed"),
        "drop.remove": _("Drop removed"),
        "case.open": _("Case opened by hand"),
        "trouble.open": _("Batch in trouble noted"),
        "trouble.look": _("Batch in trouble looked at"),
        "trouble.word": _("Written to a batch in trouble"),
        "trouble.settle": _("Batch found settled"),
        "trouble.hand_over": _("Batch in trouble handed over to a case"),
    }
)
KIND_LABELS: Final[Labels] = MappingProxyType(
    {
        "case": _("case"),
        "hand_match": _("hand match"),
        "hand match": _("hand match"),
        "order": _("order for many cases"),
        "money_file": _("money file"),
        "run": _("matching run"),
        "matching run": _("matching run"),
        "posting": _("posting"),
        "rules": _("rules"),
        "layout": _("layout"),
        "format": _("format"),
        "line": _("line"),
        "drop": _("drop"),
        "statement": _("statement for a merchant"),
        "trouble": _("batch in trouble"),
    }
)
# Words inside the facts of refusals; marked here because they travel as plain text.
IN_REFUSALS: Final = (
    gettext_noop("rows"),
    gettext_noop("journal"),
    gettext_noop("bill"),
    gettext_noop("journal and no bill"),
    gettext_noop("a day ahead"),
    gettext_noop("a reason"),
    gettext_noop("a word or a file"),
    gettext_noop("a day (YYYY-MM-DD) or a month (YYYY-MM)"),
    gettext_noop("a period that has begun"),
    gettext_noop("a code of ISO 4217"),
    gettext_noop("small letters, digits and -, at most 40"),
    gettext_noop(
        "a folder such as unionpay or unionpay/bills: no dots at the front, no .., no link"
    ),
    gettext_noop("sftp://user@host:port/folder, with a user and without a password"),
    gettext_noop("a key as `ssh-keyscan` prints it, without the host"),
    gettext_noop("the fingerprint that the server's owner gave you"),
    gettext_noop("it took too long"),
    gettext_noop("connection refused"),
    gettext_noop("no connection"),
    gettext_noop("no key was shown"),
    gettext_noop("no common cipher or key"),
    gettext_noop("the connection was lost"),
    gettext_noop("2 to 200 cases"),
    gettext_noop("none: nothing is left to remedy"),
)
# What usually settles a difference of a class, the likeliest first; the others stay possible.
SENSIBLE: Final[MappingProxyType[str, tuple[Remedy, ...]]] = MappingProxyType(
    {
        C.CHARGED_WITHOUT_SLIP: (Remedy.REFUND, Remedy.ACCEPT),
        C.SLIP_WITHOUT_CHARGE: (Remedy.RE_PRESENT, Remedy.ACCEPT, Remedy.WRITE_OFF),
        C.DUPLICATE_CHARGE: (Remedy.REFUND,),
        C.AMOUNT_DIFFERS: (Remedy.ADJUST, Remedy.ACCEPT),
        C.FEE_DIFFERS: (Remedy.ADJUST, Remedy.ACCEPT),
        C.PAYOUT_MISSING: (Remedy.RE_PRESENT, Remedy.MATCH),
        C.PAYOUT_LATE: (Remedy.NONE,),
        C.PAYOUT_DIFFERS: (Remedy.ADJUST, Remedy.WRITE_OFF),
        C.UNKNOWN_CREDIT: (Remedy.MATCH, Remedy.ACCEPT),
        C.REFUND_NOT_RETURNED: (Remedy.RE_PRESENT, Remedy.REFUND),
        C.REFUND_WITHOUT_SLIP: (Remedy.ACCEPT, Remedy.WRITE_OFF),
        C.WRONG_MERCHANT: (Remedy.ADJUST, Remedy.ACCEPT),
        C.WRONG_TERMINAL: (Remedy.NONE, Remedy.MATCH),
        C.REVERSAL_LOST: (Remedy.REFUND, Remedy.ACCEPT),
        C.REVERSAL_LATE: (Remedy.REFUND, Remedy.NONE),
        C.TRACE_GAP: (Remedy.NONE,),
        C.HELD: (Remedy.MATCH, Remedy.NONE),
        C.AMBIGUOUS: (Remedy.MATCH,),
    }
)


def tone(state: str) -> str:
    """Return the state whose colour this one takes."""
    return TONES.get(state, "")


def remedies(difference: str) -> list[Remedy]:
    """Return all remedies, those that usually settle a class of difference first."""
    first = SENSIBLE.get(difference, ())
    return [*first, *(remedy for remedy in Remedy if remedy not in first)]


# Facts that a file tells of itself.
FACT_LABELS: Final[MappingProxyType[str, str | Promise]] = MappingProxyType(
    {
        "account": _("Account"),
        "merchant": _("Merchant"),
        "from": _("Earliest row"),
        "to": _("Latest row"),
        "currency": _("Currency"),
        "period": _("Period"),
        "layout": _("Layout"),
        "opening_minor": _("Opening balance"),
        "closing_minor": _("Closing balance"),
        "opening_balance": _("Opening balance"),
        "closing_balance": _("Closing balance"),
        "batches": _("Batches"),
        "title": _("Title line"),
        "extra columns": _("Columns that are not read"),
        "balances_hidden": _("Balances the bank did not show"),
        "lines_with_a_day_that_does_not_exist": _("Lines with a day that does not exist"),
    }
)
