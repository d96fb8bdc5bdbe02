"""What each check looks at, and each answer it may come to: verdict, sentence, what to do next, and where. Data.

Sentences are kept in English and translated when they are read; see docs/reference/troubles.md, drawn from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext_noop as _

from tillkeeper.settlement.lifecycle import Verdict

P, F, W, U = Verdict.PASSED, Verdict.FAILED, Verdict.WAITING, Verdict.UNKNOWN


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check may come to."""

    verdict: Verdict
    sentence: str  # with the facts of the finding
    do: str = ""  # what to do next; "": nothing
    where: str = ""  # a page that helps: see web.money.trouble_links


# Which checks usually explain what people see, so that they know where to look first.
SYMPTOMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "refuses_settlement": ("terminal", "binding", "elements", "reversals"),
        "totals_differ": ("batch", "totals", "cases"),
        "no_money": ("merchant", "due", "statement", "payout"),
        "part_of_money": ("totals", "fees", "payout"),
        "other": (),
    }
)
LOOKS_AT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "terminal": _("Terminal known, and in service"),
        "binding": _("Bound to this merchant on that day"),
        "elements": _("Five elements complete"),
        "merchant": _("Merchant known, with a settlement account"),
        "journal": _("Terminal journal of the day"),
        "batch": _("Batch in the journal, without gaps"),
        "closed": _("Batch closed"),
        "reversals": _("No reversal pending, nothing unknown"),
        "bill": _("Channel bill of the day"),
        "run": _("Day matched with these files"),
        "totals": _("Counts and sums equal on both sides"),
        "cases": _("No open case of the batch"),
        "fees": _("Fees as agreed"),
        "due": _("Payout due"),
        "statement": _("Bank statement of the due day"),
        "payout": _("Payout credited"),
    }
)
ANSWERS: Final[Mapping[tuple[str, str], Answer]] = MappingProxyType(
    {
        ("terminal", "in_service"): Answer(P, _("Terminal %(serial)s is in service."), "", "terminal"),
        ("terminal", "was_in_service"): Answer(
            P, _("Terminal %(serial)s was bound on that day; since %(since)s it is: %(state)s."), "", "terminal"
        ),
        ("terminal", "stopped"): Answer(
            F,
            _("Terminal %(serial)s may not trade: since %(since)s it is: %(state)s."),
            _(
                "Find out why it was stopped (fault, arrears, risk, move). Put it back into service or swap "
                "it, sign it in anew, and settle the batch there."
            ),
            "terminal",
        ),
        ("terminal", "unknown"): Answer(
            U,
            _("No terminal with the id %(tid)s is in the ledger here."),
            _(
                "Compare the id with the sticker and with the sign-in slip. If it is right, have the terminal "
                "imported or bound."
            ),
            "terminals",
        ),
        ("binding", "bound"): Answer(P, _("Bound to this merchant since %(bound_from)s."), "", "terminal"),
        ("binding", "elsewhere"): Answer(
            F,
            _("On that day the terminal id was bound to merchant %(mid)s."),
            _(
                "Ask the acquirer under which merchant the terminal signs in. Correct the binding with a "
                "re-filing, and have the money moved to the right account."
            ),
            "terminal",
        ),
        ("binding", "none"): Answer(
            F,
            _("On %(day)s the terminal id was bound to nobody."),
            _(
                "Bind the terminal and have it filed with the acquirer; then sign in and settle the batch "
                "again."
            ),
            "terminal",
        ),
        ("binding", "unknown"): Answer(U, _("Without the terminal its binding is not known.")),
        ("elements", "whole"): Answer(
            P, _("All five are there, and the settlement account is the merchant's."), "", "terminal"
        ),
        ("elements", "missing"): Answer(
            F,
            _("Missing: %(elements)s."),
            _(
                "Complete the five elements and file them anew; until then the acquirer may suspend the "
                "settlement."
            ),
            "terminal",
        ),
        ("elements", "other_account"): Answer(
            F,
            _("The binding holds another settlement account than the merchant does."),
            _(
                "File the five elements anew with the account in force. What was paid in between may lie on "
                "the old account: ask its holder."
            ),
            "terminal",
        ),
        ("elements", "unknown"): Answer(U, _("Without a binding they are not known.")),
        ("merchant", "ready"): Answer(P, _("%(name)s, settlement account %(account)s."), "", "merchant"),
        ("merchant", "no_account"): Answer(
            F,
            _("%(name)s has no settlement account."),
            _(
                "Note the merchant's settlement account and file it with the acquirer: without one nothing is "
                "paid out."
            ),
            "merchant",
        ),
        ("merchant", "unknown"): Answer(
            U,
            _("Merchant %(mid)s is not in the ledger here."),
            _("Compare the number with the slip; add or import the merchant if it is right."),
            "merchants",
        ),
        ("journal", "sound"): Answer(P, _("Brought in and sound: %(files)s."), "", "files"),
        ("journal", "refused"): Answer(
            F,
            _("A file was refused since that day, and no journal of it counts: %(refused)s."),
            _("Read why it was refused, fetch the journal again, and bring it in."),
            "files",
        ),
        ("journal", "missing"): Answer(
            U,
            _("No journal of %(day)s was brought in."),
            _("Export the journal of the terminal or of its host, and bring it in."),
            "upload",
        ),
        ("batch", "there"): Answer(
            P,
            _("Batch %(batch)s: debits %(debits)s, credits %(credits)s, trace numbers %(first)s to %(last)s."),
        ),
        ("batch", "gaps"): Answer(
            F,
            _("The channel holds trace numbers that the batch lacks: %(traces)s."),
            _(
                "Query these numbers at the terminal: the answer may have been lost on its way. What the host "
                "charged without a slip is refunded, or the goods are handed over."
            ),
            "cases",
        ),
        ("batch", "empty"): Answer(
            F,
            _("Batch %(batch)s has no approved payment (rows: %(rows)s)."),
            _("There is nothing to settle. Compare the batch number with the settlement slip."),
        ),
        ("batch", "missing"): Answer(
            F,
            _("The journal has no row of batch %(batch)s of this terminal."),
            _(
                "Compare the batch number, the terminal id and the day with the settlement slip. If they are "
                "right, the journal is incomplete: export it again."
            ),
            "upload",
        ),
        ("batch", "unknown"): Answer(U, _("Without the journal the batch is not known.")),
        ("closed", "closed"): Answer(P, _("Closed at %(closed_at)s.")),
        ("closed", "followed"): Answer(P, _("Batch %(next)s came after it, so it was closed.")),
        ("closed", "not_closed"): Answer(
            F,
            _("The journal tells of other batches when they were closed, and not of this one."),
            _(
                "Settle at the terminal: let it send the pending reversal first, then the totals (0500); if "
                "they are not equal, let it upload the batch (0320); sign off and sign in anew. Export the "
                "journal again afterwards."
            ),
        ),
        ("closed", "still_open"): Answer(
            W,
            _("The journal does not tell of a settlement yet, and the day is not over."),
            _("Settle at the terminal at the end of the day, or look again tomorrow."),
        ),
        ("closed", "unsaid"): Answer(
            U,
            _("The journal does not tell whether the batch was closed."),
            _(
                "Look for the settlement slip. If there is none, settle at the terminal; if it refuses, sign "
                "in anew and settle again."
            ),
        ),
        ("closed", "unknown"): Answer(U, _("Without the batch it is not known.")),
        ("reversals", "clear"): Answer(P, _("Every payment of the batch has a clear end.")),
        ("reversals", "pending"): Answer(
            F,
            _(
                "Reversals pending: %(reversal_pending)s; payments without an answer: %(unknown)s; reversals "
                "given up: %(reversal_exhausted)s."
            ),
            _(
                "Bring the terminal on line: it sends the pending reversal before anything else. Query what "
                "has no answer. Settle only then, and export the journal again."
            ),
        ),
        ("reversals", "given_up"): Answer(
            F,
            _("Reversals given up after all tries: %(reversal_exhausted)s."),
            _(
                "Ask the acquirer whether the payment stands. If it does, have it reversed by hand or "
                "refunded; the case of the payment leads through it."
            ),
            "cases",
        ),
        ("reversals", "unknown"): Answer(U, _("Without the batch it is not known.")),
        ("bill", "sound"): Answer(P, _("Brought in and sound: %(files)s."), "", "files"),
        ("bill", "empty"): Answer(
            F,
            _("The bill of %(channels)s is there, and has no row of this merchant."),
            _(
                "Some channels write a file for each merchant: fetch this merchant's. If there is none, ask "
                "the channel whether the batch reached it, and upload the batch again."
            ),
            "upload",
        ),
        ("bill", "refused"): Answer(
            F,
            _("A file was refused since that day, and no bill of it counts: %(refused)s."),
            _("Read why it was refused, fetch the bill again, and bring it in."),
            "files",
        ),
        ("bill", "missing"): Answer(
            U,
            _("No bill of %(channels)s for %(day)s was brought in."),
            _("Fetch the bill of that day from the channel, and bring it in."),
            "upload",
        ),
        ("bill", "not_yet"): Answer(
            W, _("Channels give the bill of %(day)s on the day after."), _("Look again tomorrow.")
        ),
        ("run", "done"): Answer(P, _("%(run)s has matched the day with these files."), "", "run"),
        ("run", "running"): Answer(
            W, _("%(run)s is at work."), _("Look again when it is done."), "run"
        ),
        ("run", "failed"): Answer(
            F, _("%(run)s failed: %(sentence)s"), _("Mend what it says, and match the day again."), "run"
        ),
        ("run", "stale"): Answer(
            F, _("%(run)s did not have %(files)s yet."), _("Match the day again."), "match"
        ),
        ("run", "none"): Answer(
            F,
            _("%(day)s has not been matched yet."),
            _("Match the day once journal and bill are there."),
            "match",
        ),
        ("totals", "equal"): Answer(
            P, _("Terminal and channel: debits %(debits)s, credits %(credits)s.")
        ),
        ("totals", "differ"): Answer(
            F,
            _(
                "Terminal: debits %(debits)s, credits %(credits)s. Channel: debits %(channel_debits)s, "
                "credits %(channel_credits)s."
            ),
            _(
                "If the channel has less, let the terminal upload the batch again (0320) or have it adjusted; "
                "if it has more, a payment lacks its slip. The cases name the payments."
            ),
            "cases",
        ),
        ("totals", "elsewhere"): Answer(
            F,
            _("The sums agree, but payments stand under another merchant or terminal number: %(elsewhere)s."),
            _("Have the host's configuration mended, and the credit moved."),
            "cases",
        ),
        ("totals", "unknown"): Answer(U, _("Both sides are needed for it.")),
        ("cases", "none"): Answer(P, _("None is open.")),
        ("cases", "waiting"): Answer(
            W,
            _("Cases that wait until their other side is due: %(count)s."),
            _("Bring in the next bill, and match again."),
            "cases",
        ),
        ("cases", "open"): Answer(
            F,
            _("Open cases: %(count)s, at stake %(at_stake)s."),
            _("Decide about them; what they settle, the batch is no longer held up by."),
            "cases",
        ),
        ("cases", "unknown"): Answer(U, _("Before the day is matched nobody knows.")),
        ("fees", "agreed"): Answer(P, _("Every fee is what the fee plan says.")),
        ("fees", "no_plan"): Answer(
            P, _("No fee plan is kept, so only the bill's own sums were judged; they add up."), "", "rules"
        ),
        ("fees", "differ"): Answer(
            F,
            _("Payments that cost something else than agreed: %(count)s."),
            _("Decide about their cases: claim the fee from the channel, or correct the fee plan."),
            "cases",
        ),
        ("fees", "unknown"): Answer(U, _("Without the bill and a matched day they are not known.")),
        ("due", "due"): Answer(P, _("%(expected)s was due on %(due_on)s.")),
        ("due", "not_yet"): Answer(
            W,
            _("%(expected)s is due on %(due_on)s by the calendar of the rules."),
            _("Nothing is wrong yet. Tell the merchant the day, and look again then."),
            "rules",
        ),
        ("due", "unknown"): Answer(U, _("Without the bill no payout is known.")),
        ("statement", "there"): Answer(P, _("Brought in and sound: %(files)s."), "", "files"),
        ("statement", "not_yet"): Answer(
            W, _("The payout is due on %(due_on)s."), _("Bring in the statement of that day.")
        ),
        ("statement", "refused"): Answer(
            F,
            _("A file was refused since that day, and no statement of %(due_on)s counts: %(refused)s."),
            _("Read why it was refused, fetch the statement again, and bring it in."),
            "files",
        ),
        ("statement", "missing"): Answer(
            U,
            _("No statement of %(due_on)s was brought in."),
            _("Fetch the bank statement of that day, and bring it in."),
            "upload",
        ),
        ("statement", "unknown"): Answer(U, _("Without the bill no payout is known.")),
        ("payout", "credited"): Answer(
            P, _("%(credited)s was credited on %(booked_on)s; the batch has %(share)s in it."), "", "statement"
        ),
        ("payout", "late"): Answer(
            P,
            _("%(credited)s was credited on %(booked_on)s, late: it was due on %(due_on)s."),
            "",
            "statement",
        ),
        ("payout", "waiting"): Answer(
            W, _("%(expected)s is due on %(due_on)s, and not booked yet."), _("Look again on that day.")
        ),
        ("payout", "no_statement"): Answer(
            U,
            _("%(expected)s was due on %(due_on)s; whether it came only the bank statement tells."),
            _("Fetch the bank statement of that day, and bring it in."),
            "upload",
        ),
        ("payout", "missing"): Answer(
            F,
            _("%(expected)s was due on %(due_on)s, and no statement shows it."),
            _(
                "Ask the channel for the payout of %(settled_on)s: withheld for risk, sent back by the bank, "
                "or paid to another account. Hand this over as a case."
            ),
            "hand_over",
        ),
        ("payout", "differs"): Answer(
            F,
            _("%(expected)s was expected, and %(credited)s was credited on %(booked_on)s."),
            _("Ask the channel what it withheld or paid too much. Hand this over as a case."),
            "hand_over",
        ),
        ("payout", "ambiguous"): Answer(
            F,
            _("%(expected)s was due on %(due_on)s, and several credits fit it."),
            _("Compare the statement with the payouts of that day, and pair them by hand."),
            "cases",
        ),
        ("payout", "unknown"): Answer(U, _("Without the bill no payout is known.")),
    }
)  # fmt: skip
