"""States, steps, guards and holders in words. Labels are written out whole, so that they can be translated."""

from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.terminals.lifecycle import EvidenceKind, Guard, Holder, State, Step

STATE_LABELS: Final[MappingProxyType[State, str | Promise]] = MappingProxyType(
    {
        State.ORDERED: _("ordered"),
        State.RECEIVED: _("received"),
        State.IN_STOCK: _("in stock"),
        State.STAGING: _("staging"),
        State.READY: _("ready"),
        State.ISSUED: _("issued"),
        State.INSTALLED: _("installed"),
        State.ACTIVE: _("active"),
        State.SUSPENDED: _("suspended"),
        State.FAULTY: _("faulty"),
        State.RELOCATING: _("relocating"),
        State.WITHDRAWING: _("withdrawing"),
        State.RETURNING: _("returning"),
        State.QUARANTINE: _("quarantine"),
        State.REPAIR: _("repair"),
        State.EVIDENCE: _("evidence"),
        State.LOST: _("lost"),
        State.SCRAP_PENDING: _("scrap pending"),
        State.SCRAPPED: _("scrapped"),
        State.CANCELLED: _("cancelled"),
        State.REJECTED: _("rejected"),
    }
)
STEP_LABELS: Final[MappingProxyType[Step, str | Promise]] = MappingProxyType(
    {
        Step.OPEN: _("Take over from ledger"),
        Step.RECEIVE: _("Receive"),
        Step.CANCEL: _("Cancel order"),
        Step.ACCEPT: _("Accept into stock"),
        Step.REJECT: _("Reject delivery"),
        Step.TRANSFER: _("Transfer"),
        Step.STAGE: _("Stage"),
        Step.PREPARE: _("Mark ready"),
        Step.UNPACK: _("Unpack"),
        Step.ISSUE: _("Issue"),
        Step.LEND: _("Lend"),
        Step.END_LOAN: _("End loan"),
        Step.PUT_BACK: _("Put back"),
        Step.INSTALL: _("Install"),
        Step.TAKE_DOWN: _("Take down"),
        Step.ACTIVATE: _("Activate"),
        Step.SUSPEND: _("Suspend"),
        Step.RESUME: _("Resume"),
        Step.REPORT_FAULT: _("Report fault"),
        Step.RESTORE: _("Restore"),
        Step.RELOCATE: _("Relocate"),
        Step.ARRIVE: _("Arrive"),
        Step.SWAP_OUT: _("Swap"),
        Step.WITHDRAW: _("Withdraw"),
        Step.COLLECT: _("Collect"),
        Step.TAKE_IN: _("Take in"),
        Step.ISOLATE: _("Isolate"),
        Step.CLEAR: _("Clear"),
        Step.SEND_TO_REPAIR: _("Send to repair"),
        Step.FINISH_REPAIR: _("Finish repair"),
        Step.SEAL: _("Seal as evidence"),
        Step.RELEASE: _("Release"),
        Step.REPORT_LOST: _("Report lost"),
        Step.FIND: _("Found again"),
        Step.WRITE_OFF: _("Write off"),
        Step.PROPOSE_SCRAP: _("Propose scrapping"),
        Step.REFUSE_SCRAP: _("Refuse scrapping"),
        Step.SCRAP: _("Scrap"),
    }
)
HOLDER_LABELS: Final[MappingProxyType[Holder, str | Promise]] = MappingProxyType(
    {
        Holder.SUPPLIER: _("supplier"),
        Holder.WAREHOUSE: _("warehouse"),
        Holder.BENCH: _("key-injection bench"),
        Holder.PERSON: _("person"),
        Holder.SITE: _("site"),
        Holder.TRANSIT: _("in transit"),
        Holder.VENDOR: _("vendor"),
        Holder.SEALED: _("evidence room"),
        Holder.NOBODY: _("nobody"),
    }
)
GUARD_SENTENCES: Final[MappingProxyType[Guard, str | Promise]] = MappingProxyType(
    {
        Guard.UNTAMPERED: _(
            "it is marked as tampered: seal it, repair it at the vendor or scrap it"
        ),
        Guard.KEYED: _("there is no valid record of key injection: record one first"),
        Guard.WIPED: _("there is no proof that keys and data were wiped: record it first"),
        Guard.TAMPER_CLEARED: _("the tamper check has not been passed: record it first"),
        Guard.ACCEPTED: _(
            "the acceptance signature and test transaction are missing: record them first"
        ),
        Guard.REFILED: _(
            "the re-filing reference of the five elements is missing: record it first"
        ),
        Guard.CASE_CLOSED: _("the case is not closed: record its closing first"),
        Guard.ON_LOAN: _("it is not on loan"),
        Guard.NOT_ON_LOAN: _("it is on loan: end the loan instead"),
        Guard.APPROVAL_BUYABLE: _("its model's approval has expired and there is no waiver"),
        Guard.APPROVAL_USABLE: _("its model's approval no longer allows use"),
        Guard.FIVE_ELEMENTS: _(
            "the five elements are not complete: merchant, credit code, account, address, acquirer"
        ),
        Guard.SECOND_PERSON: _("whoever asked for it may not approve it: somebody else must"),
    }
)
EVIDENCE_LABELS: Final[MappingProxyType[EvidenceKind, str | Promise]] = MappingProxyType(
    {
        EvidenceKind.KEY_INJECTION: _("Key injection"),
        EvidenceKind.WIPE: _("Keys and data wiped"),
        EvidenceKind.TAMPER_CHECK: _("Tamper check passed"),
        EvidenceKind.VENDOR_CLEARED: _("Cleared by the vendor"),
        EvidenceKind.ACCEPTANCE: _("Acceptance signed, test transaction done"),
        EvidenceKind.REFILING: _("Five elements re-filed"),
        EvidenceKind.CASE_CLOSED: _("Case closed"),
    }
)
