"""Merchants that rows name: found in the ledger or in the file's earlier rows, or made with their node in the tree."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.kernel.actor import path_step
from tillkeeper.kernel.bulk import among
from tillkeeper.parties.queries import merchants
from tillkeeper.parties.sealing import sealed_account, sealed_id_number
from tillkeeper.parties.services import intake
from tillkeeper.terminals.services.imports.run import Node, RowRefused, Run

NODE_PREFIX: Final = "M"
LIMITS: Final = {"merchant_no": 20, "merchant_name": 120, "contact": 60, "phone": 30}
TOLD: Final = ("name", "uscc", "account_hash")


@dataclass(slots=True)
class Merchant:
    """What rows need to know of a merchant; `id` is 0 until it is written."""

    number: str
    name: str
    uscc: str = ""
    id_masked: str = ""
    id_hash: str = ""
    account_masked: str = ""
    account_hash: str = ""
    mcc: str = ""
    contact: str = ""
    phone: str = ""
    node_id: int = 0
    path: str = ""
    parent_id: int = 0
    version: int = 1
    id: int = 0
    line: int = 0  # of the row that made it

    @property
    def holder_code(self) -> str:
        """Who answers for it: the credit code, or the masked id number of a small merchant."""
        return self.uscc or self.id_masked


LOOKED_UP: Final = (
    "number", "name", "uscc", "id_number_masked", "id_number_hash", "settlement_account_masked",
    "settlement_account_hash", "mcc", "contact", "phone", "organisation_id", "organisation__path",
    "organisation__parent_id", "version", "id",
)  # fmt: skip


class Merchants:
    """Looks up a chunk's merchants in one question; remembers only what the file itself adds."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._known: dict[str, Merchant] = {}
        self._made: dict[str, Merchant] = {}
        self._numbers: dict[str, str] = {}  # in the ledger: name -> number
        self._made_names: dict[str, str] = {}  # in the file
        self._new: list[tuple[Merchant, str]] = []

    def load(self, entries: Iterable[Entry]) -> None:
        """Look up what these rows name."""
        asked = {
            number: entry.values.get("merchant_name")
            for entry in entries
            if (number := entry.values.get("merchant_no")) and number not in self._made
        }
        rows = merchants().filter(number__in=among(list(asked) or [""])).values_list(*LOOKED_UP)
        self._known = {row[0]: Merchant(*row) for row in rows}
        names = {name for number, name in asked.items() if name and number not in self._known}
        alike = (
            merchants(self._run.seen)
            .filter(name__in=among(list(names) or [""]))
            .values_list("name", "number")
        )
        self._numbers = dict(alike)

    def find(self, values: Mapping[str, Any]) -> Merchant | None:
        """Return the merchant of a row, None if it would have to be made.

        Raises:
            RowRefused: it is outside the actor's view, or the row contradicts what is known of it.
        """
        number, name = values["merchant_no"], values.get("merchant_name")
        found = self.known(number)
        if found is None:
            self._check_new(name)
            return None
        if name and name != found.name:
            raise RowRefused(
                "merchant_name",
                "ledger.merchant_named_differently",
                number=number,
                now=found.name,
                first=found.line,
            )
        self._check_facts(values, found)
        return found

    def known(self, number: str) -> Merchant | None:
        """Return a merchant by its number.

        Raises:
            RowRefused: it is outside the actor's view.
        """
        found = self._made.get(number) or self._known.get(number)
        if found and not found.line and not self._run.seen.covers(found.path):
            raise RowRefused("merchant_no", "ledger.not_yours")
        return found

    def loaded(self) -> Iterable[Merchant]:
        """Return the merchants of the ledger that this chunk names."""
        return self._known.values()

    def add(self, entry: Entry, parent: Node) -> Merchant:
        """Make the merchant of a row below `parent`."""
        values = entry.values
        made = Merchant(
            values["merchant_no"],
            values.get("merchant_name") or values["merchant_no"],
            line=entry.line,
            parent_id=parent.id,
            **facts_of(values),
        )
        self._made[made.number] = made
        self._made_names[made.name] = made.number
        self._new.append((made, parent.path))
        return made

    def write(self) -> None:
        """Write what was made since the last time, each with its node."""
        run, count = self._run, len(self._new)
        for (merchant, parent), pk, node in zip(
            self._new, run.keys("merchant", count), run.keys("organisation", count), strict=True
        ):
            merchant.id, merchant.node_id, merchant.path = pk, node, parent + path_step(node)
            facts = {"name": merchant.name, "uscc": merchant.uscc, "document": run.number}
            run.record("merchant.import", f"merchant:{merchant.number}", merchant.path, after=facts)
        if run.writes:
            made = [merchant for merchant, _parent in self._new]
            intake.bring_in("organisation", [_node_row(m, run.number) for m in made])
            intake.bring_in("merchant", [_row(m, run.number) for m in made])
        run.counts.made["merchants"] += count
        self._new = []

    def _check_new(self, name: str | None) -> None:
        if not name:
            return  # called by its number until somebody names it
        if number := self._made_names.get(name) or self._numbers.get(name):
            raise RowRefused("merchant_name", "ledger.merchant_numbered_differently", now=number)

    def _check_facts(self, values: Mapping[str, Any], found: Merchant) -> None:
        uscc, account = values.get("uscc"), values.get("settlement_account")
        if uscc and found.uscc and uscc != found.uscc:
            raise RowRefused("uscc", "ledger.merchant_differs", what="uscc", first=found.line)
        if (
            account
            and found.account_hash
            and sealed_account(account.reveal()).digest != found.account_hash
        ):
            raise RowRefused(
                "settlement_account",
                "ledger.merchant_differs",
                what="settlement_account",
                first=found.line,
            )


def facts_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's facts of a merchant as they are kept: personal and account data masked and sealed."""
    facts = {name: values[name] for name in ("uscc", "mcc", "contact", "phone") if name in values}
    if (number := values.get("id_number")) and not facts.get(
        "uscc"
    ):  # one holder is enough: keep no more than needed
        sealed = sealed_id_number(number)
        facts |= {"id_masked": sealed.masked, "id_hash": sealed.digest}
    if account := values.get("settlement_account"):
        sealed = sealed_account(account.reveal())
        facts |= {"account_masked": sealed.masked, "account_hash": sealed.digest}
    return facts


def _node_row(m: Merchant, origin: str) -> tuple[Any, ...]:
    return (m.node_id, "merchant", NODE_PREFIX + m.number, m.name, m.parent_id, m.path, origin, 1)


def _row(m: Merchant, origin: str) -> tuple[Any, ...]:
    return (
        m.id, m.node_id, m.number, m.name, m.uscc, m.id_masked, m.id_hash, m.account_masked, m.account_hash, m.mcc,
        m.contact, m.phone, origin, 1,
    )  # fmt: skip
