"""CAMT.053 and .054 into canonical lines: one for each entry, held against the statement's balances and summary."""

import json
import mmap
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tillkeeper.formats.canonical.errors import BadLine
from tillkeeper.formats.canonical.reading import Options, Taker, Verdict
from tillkeeper.formats.statements.camt.entry import (
    Payments,
    Place,
    status_of,
    text_at,
    transaction_code,
)
from tillkeeper.formats.statements.camt.stream import (
    STATEMENTS,
    Element,
    elements,
    forget,
    forget_twin,
    name_of,
)
from tillkeeper.formats.statements.entries import BOOKED, PENDING, Entry, Gathering, Part

FORMAT_NAMES: Final = {"Stmt": "camt.053", "Ntfctn": "camt.054"}
OPENING: Final = ("OPBD", "PRCD")  # the second stands in for the first: yesterday's closing
CLOSING: Final = "CLBD"
SUMMARY: Final = {
    "TtlNtries/NbOfNtries": "number of the entries against the summary",
    "TtlNtries/Sum": "sum of the entries against the summary",
    "TtlCdtNtries/NbOfNtries": "number of the credits against the summary",
    "TtlCdtNtries/Sum": "sum of the credits against the summary",
    "TtlDbtNtries/NbOfNtries": "number of the debits against the summary",
    "TtlDbtNtries/Sum": "sum of the debits against the summary",
}
_REVERSAL: Final = re.compile(rb"RvslInd>\s*(?:true|1)\s*<")


@dataclass(slots=True)
class Totals:
    """What one statement comes to, as far as it was read, by the words of the file."""

    balances: dict[str, tuple[int, str, int]] = field(default_factory=dict)  # minor, currency, line
    credits: tuple[int, int] = (0, 0)  # entries, minor units
    debits: tuple[int, int] = (0, 0)
    reversed_net: int = 0  # booked reversals, signed as written
    summary: dict[str, tuple[str, int]] = field(default_factory=dict)  # figure -> text, line


def read_camt(path: Path, take: Taker, options: Options) -> Verdict:
    """Read a CAMT.053 or .054 of any version. See `canonical.reading.Reader`."""
    turned: dict[int, bool] = {}
    if _has_reversals(path):
        survey = _Reader(Gathering(lambda _frame: None, path.name), options, {})
        survey.run(path)
        turned = survey.turning()
    reader = _Reader(Gathering(take, path.name), options, turned)
    return reader.run(path)


def _has_reversals(path: Path) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _REVERSAL.search(data) is not None


class _Reader:
    """Reads one document.

    `turned` says by the number of the statement whether a reversal there turns its sign. The standard says it does
    not (CRDT stays a credit, of a debit that is reversed), banks differ; so the balances decide, see `turning`.
    """

    def __init__(self, gathering: Gathering, options: Options, turned: Mapping[int, bool]) -> None:
        self._gathering = gathering
        self._place = Place(gathering.name, options.zone)
        self._turned = turned
        self._part = Part(0)
        self._totals: list[Totals] = []
        self._payments = Payments()
        self._batches: list[dict[str, int]] = []
        self._format = ""

    def run(self, path: Path) -> Verdict:
        """Read to the end.

        Raises:
            UnreadableFile: or a subclass.
        """
        actions = {"Acct": self._account, "FrToDt": self._period, "Bal": self._balance}
        actions |= {"TxsSummry": self._summary, "ElctrncSeqNb": self._number, "Ntry": self._entry}
        for event, element in elements(path):
            name = name_of(element)
            if name in STATEMENTS:
                self._turn_page(event, element, name)
            elif name == "TxDtls":
                self._payment(element)
            elif name_of(element.getparent()) in STATEMENTS:
                actions[name](element)
        if not self._format:
            raise BadLine(
                name=path.name,
                line=1,
                column="Document",
                value="",
                reason="holds no statement (Stmt, Ntfctn)",
            )
        if self._batches:
            self._gathering.facts["batches"] = json.dumps(self._batches)
        return self._gathering.verdict(self._format)

    def turning(self) -> dict[int, bool]:
        """Return by statement whether reversals turn the sign: as its balances say, else as most banks mean it."""
        told = zip(self._gathering.parts, self._totals, strict=True)
        return {n: not _as_written(part, totals) for n, (part, totals) in enumerate(told)}

    def _turn_page(self, event: str, element: Element, name: str) -> None:
        if event == "start":
            self._format = self._format or FORMAT_NAMES[name]
            self._part = self._gathering.begin(Part(element.sourceline))
            self._totals.append(Totals())
            return
        self._close()
        forget(element)

    def _account(self, element: Element) -> None:
        self._part.account = text_at(element, "Id/IBAN", "Id/Othr/Id")
        self._part.currency = text_at(element, "Ccy")

    def _number(self, element: Element) -> None:
        self._part.number = (element.text or "").strip()

    def _period(self, element: Element) -> None:
        line = element.sourceline
        first = text_at(element, "FrDt", "FrDtTm")
        last = text_at(element, "ToDt", "ToDtTm")
        self._part.first = self._place.when(first, line, "FrToDt")[0]
        self._part.last = self._place.when(last, line, "FrToDt")[0]

    def _balance(self, element: Element) -> None:
        kind = text_at(element, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry")
        minor, currency = self._place.amount(element, "Bal", self._part.currency)
        signed = minor * self._place.sign(element, "Bal")
        day = self._place.day(element, "Dt")[0]
        if kind in OPENING:
            self._part.first = self._part.first or day
        if kind == CLOSING:
            self._part.last = self._part.last or day
        balances = self._totals[-1].balances
        if kind == CLOSING or kind not in balances:
            balances[kind] = (signed, currency, element.sourceline)
        if kind in (*OPENING, CLOSING):
            self._part.currency = self._part.currency or currency

    def _summary(self, element: Element) -> None:
        for figure in SUMMARY:
            if said := text_at(element, figure):
                self._totals[-1].summary[figure] = (said, element.sourceline)

    def _payment(self, element: Element) -> None:
        if name_of(element.getparent()) == "NtryDtls":
            self._payments.add(element)
            forget_twin(element)

    def _entry(self, element: Element) -> None:
        payments, self._payments = self._payments, Payments()
        minor, currency = self._place.amount(element, "Ntry", self._part.currency)
        written = minor * self._place.sign(element, "Ntry")
        self._count(written)
        status = status_of(element)
        if status == "INFO":
            reason = "An entry for information only moves no money. Nothing needs to be done."
            self._gathering.leave_out(element.sourceline, "Ntry/Sts", status, reason)
        else:
            signed = written * self._turn(element, written, status)
            self._add(element, payments, signed, currency)
        self._batch(element, payments)
        forget(element)

    def _add(self, element: Element, payments: Payments, signed: int, currency: str) -> None:
        booked_on, booked_at = self._place.day(element, "BookgDt")
        valued_on, _ = self._place.day(element, "ValDt")
        self._part.currency = self._part.currency or currency
        details = "NtryDtls/Btch"
        payments.refer(*(text_at(element, f"{details}/{n}") for n in ("PmtInfId", "MsgId")))
        payments.refer(text_at(element, "NtryRef"))
        ours, theirs = payments.creditor, payments.debtor
        name, account = theirs if signed > 0 else ours
        entry = Entry(
            line=element.sourceline,
            account=self._part.account,
            booked_on=booked_on or valued_on,
            valued_on=valued_on,
            at=booked_at,
            amount_minor=signed,
            currency=currency,
            status=BOOKED if status_of(element) == "BOOK" else PENDING,
            kind=transaction_code(element),
            reference=" ".join(payments.references),
            bank_reference=text_at(element, "AcctSvcrRef") or payments.bank_reference,
            counterparty=name,
            counterparty_account=account,
            text=" ".join([*payments.texts, text_at(element, "AddtlNtryInf")]).strip(),
        )
        self._gathering.add(entry, self._part)

    def _turn(self, element: Element, written: int, status: str) -> int:
        """Return -1 where a reversal turns the sign of its entry, else 1."""
        if text_at(element, "RvslInd") not in {"true", "1"}:
            return 1
        if status == "BOOK":
            self._totals[-1].reversed_net += written
        turns = self._turned.get(len(self._totals) - 1, True)
        return -1 if turns else 1

    def _count(self, written: int) -> None:
        totals = self._totals[-1]
        side = "credits" if written >= 0 else "debits"
        number, amount = getattr(totals, side)
        setattr(totals, side, (number + 1, amount + abs(written)))

    def _batch(self, element: Element, payments: Payments) -> None:
        """Note an entry that books several payments at once: how many it states, and how many stand there.

        A fact and no check: banks are careless with this number, and the entry's amount is the one that was moved.
        """
        said = text_at(element, "NtryDtls/Btch/NbOfTxs")
        stated = int(said) if said.isascii() and said.isdecimal() else payments.count
        if max(stated, payments.count) > 1:
            told = {"line": element.sourceline, "payments": stated, "found": payments.count}
            self._batches.append(told)

    def _close(self) -> None:
        """Hold a statement's balances and summary against its entries."""
        part, totals = self._part, self._totals[-1]
        opening = next((totals.balances[k] for k in OPENING if k in totals.balances), None)
        closing = totals.balances.get(CLOSING)
        part.opening = opening[0] if opening else None
        part.closing = closing[0] if closing else None
        if opening and closing:
            currencies = "+".join(sorted({opening[1], *part.currencies}))
            found = f"{opening[0] + part.net} {currencies}"
            stated = f"{closing[0]} {closing[1]}"
            name = "opening balance and entries against the closing balance"
            self._gathering.check(name, stated, found, closing[2])
        self._hold_summary(totals)

    def _hold_summary(self, totals: Totals) -> None:
        both = tuple(sum(pair) for pair in zip(totals.credits, totals.debits, strict=True))
        found = {"TtlNtries": both, "TtlCdtNtries": totals.credits, "TtlDbtNtries": totals.debits}
        for figure, (said, line) in totals.summary.items():
            side, _, what = figure.partition("/")
            number, amount = found[side]
            if what == "NbOfNtries":
                self._gathering.check(SUMMARY[figure], said.lstrip("0") or "0", number, line)
            else:
                stated = self._place.minor(said, self._part.currency, line, figure)
                self._gathering.check(SUMMARY[figure], stated, amount, line)


def _as_written(part: Part, totals: Totals) -> bool:
    """Say whether the balances add up only if reversals keep the sign they are written with.

    The survey ran with turned signs: without the turn, the net differs by twice the reversals.
    """
    if part.opening is None or part.closing is None:
        return False
    turned = part.opening + part.net
    return turned != part.closing and turned + 2 * totals.reversed_net == part.closing
