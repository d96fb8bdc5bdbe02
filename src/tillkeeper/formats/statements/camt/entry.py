"""One entry (Ntry) of a CAMT statement, and the payments (TxDtls) booked with it, as values."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from tillkeeper.formats.canonical.cards import quoted
from tillkeeper.formats.canonical.errors import BadLine
from tillkeeper.formats.statements.amounts import day_of, minor_of
from tillkeeper.formats.statements.camt.stream import Element

MOST_TEXTS: Final = (
    20  # payments of a batch whose remittance text is kept; of all of them the references are
)
NO_REFERENCE: Final = frozenset({"", "NOTPROVIDED", "NONREF"})
_REFERENCES: Final = ("EndToEndId", "TxId", "InstrId", "PmtInfId", "MsgId")


@dataclass(slots=True)
class Payments:
    """What the payments of one entry add to it, gathered while they pass."""

    count: int = 0
    references: dict[str, None] = field(default_factory=dict)  # as an ordered set
    bank_reference: str = ""
    debtor: tuple[str, str] = ("", "")  # name, account; of the first payment
    creditor: tuple[str, str] = ("", "")
    texts: list[str] = field(default_factory=list)

    def add(self, details: Element) -> None:
        """Take one TxDtls."""
        self.count += 1
        self.refer(*(text_at(details, f"Refs/{name}") for name in _REFERENCES))
        self.refer(*_texts(details, "RmtInf/Strd/CdtrRefInf/Ref"))
        self.bank_reference = self.bank_reference or text_at(details, "Refs/AcctSvcrRef")
        if self.count == 1:
            self.debtor = party(details, "Dbtr")
            self.creditor = party(details, "Cdtr")
        if self.count <= MOST_TEXTS:
            self.texts.extend(_remittance(details))

    def refer(self, *references: str) -> None:
        """Keep references, each once, in order."""
        self.references.update(dict.fromkeys(r for r in references if r not in NO_REFERENCE))


class Place:
    """Where something is read, to refuse it by: file, zone of its local times."""

    def __init__(self, name: str, zone: str) -> None:
        self.name = name
        self.zone = ZoneInfo(zone)

    def amount(self, element: Element, within: str, currency: str = "") -> tuple[int, str]:
        """Return (unsigned minor units, currency) of the `Amt` in an element.

        Raises:
            BadLine: there is none, or it is finer than the minor unit.
        """
        found = element.find(steps("Amt"))
        text = "" if found is None else (found.text or "").strip()
        named = currency if found is None else found.get("Ccy", currency)
        return self.minor(text, named, element.sourceline, f"{within}/Amt"), named

    def minor(self, text: str, currency: str, line: int, column: str) -> int:
        """Return major units as minor units.

        Raises:
            BadLine: it is no amount, or finer than the minor unit.
        """
        minor = minor_of(text.removeprefix("+"), currency)
        if minor is None or "," in text:
            reason = "is no amount, or has more decimals than its currency"
            raise BadLine(
                name=self.name, line=line, column=column, value=quoted(text), reason=reason
            )
        return minor

    def sign(self, element: Element, within: str) -> int:
        """Return 1 for a credit, -1 for a debit.

        Raises:
            BadLine: it says neither.
        """
        said = text_at(element, "CdtDbtInd")
        if said not in {"CRDT", "DBIT"}:
            column = f"{within}/CdtDbtInd"
            reason = "is neither CRDT nor DBIT"
            raise BadLine(
                name=self.name,
                line=element.sourceline,
                column=column,
                value=quoted(said),
                reason=reason,
            )
        return 1 if said == "CRDT" else -1

    def day(self, element: Element, path: str) -> tuple[date | None, datetime | None]:
        """Return a day and, where the element holds a date-time in either of its forms, the moment.

        Raises:
            BadLine: a day or time that does not exist.
        """
        said = text_at(element, f"{path}/Dt", f"{path}/DtTm")
        return self.when(said, element.sourceline, path)

    def when(self, said: str, line: int, column: str) -> tuple[date | None, datetime | None]:
        """Return the day and, where a time follows it, the moment.

        Raises:
            BadLine: a day or time that does not exist.
        """
        timed = "T" in said[10:11]
        day, at = day_of(said), moment_of(said, self.zone) if timed else None
        if said and (day is None or (timed and at is None)):
            reason = "is no day that exists"
            raise BadLine(
                name=self.name, line=line, column=column, value=quoted(said), reason=reason
            )
        return day, at


def moment_of(said: str, zone: ZoneInfo) -> datetime | None:
    """Return an ISO date-time as UTC; one without an offset is of `zone`."""
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None


@cache
def steps(path: str) -> str:
    """Return a path of local names as lxml finds it in any namespace."""
    return "/".join(f"{{*}}{name}" for name in path.split("/"))


def text_at(element: Element, *paths: str) -> str:
    """Return the text at the first of several paths that has any, blanks collapsed."""
    for path in paths:
        found = element.findtext(steps(path))
        if found and found.strip():
            return " ".join(found.split())
    return ""


def party(details: Element, role: str) -> tuple[str, str]:
    """Return name and account of the debtor or creditor of a payment."""
    name = text_at(details, f"RltdPties/{role}/Nm", f"RltdPties/{role}/Pty/Nm")
    account = text_at(details, f"RltdPties/{role}Acct/Id/IBAN", f"RltdPties/{role}Acct/Id/Othr/Id")
    return name, account


def transaction_code(entry: Element) -> str:
    """Return the bank transaction code: domain, family and sub-family, else the bank's own."""
    names = ("BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd")
    domain = "-".join(code for code in (text_at(entry, name) for name in names) if code)
    return domain or text_at(entry, "BkTxCd/Prtry/Cd")


def status_of(entry: Element) -> str:
    """Return the status as the bank writes it: BOOK, PDNG, FUTR, INFO."""
    return text_at(entry, "Sts", "Sts/Cd", "Sts/Prtry") or "BOOK"


def _remittance(details: Element) -> Iterator[str]:
    for path in ("RmtInf/Ustrd", "AddtlTxInf"):
        yield from _texts(details, path)


def _texts(details: Element, path: str) -> Iterator[str]:
    for found in details.iterfind(steps(path)):
        if found.text and found.text.strip():
            yield " ".join(found.text.split())
