"""Rows of a ledger of merchants: made with their node, and with a site where an address is given; facts changed."""

from collections.abc import Sequence
from typing import Any, Final

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.terminals.services.imports import merchants, sites
from tillkeeper.terminals.services.imports.changes import Change, Changes
from tillkeeper.terminals.services.imports.doubles import Doubles
from tillkeeper.terminals.services.imports.merchants import Merchant, Merchants, facts_of
from tillkeeper.terminals.services.imports.nodes import Nodes
from tillkeeper.terminals.services.imports.run import RowRefused, Run, too_long
from tillkeeper.terminals.services.imports.sites import Sites

LIMITS: Final = {**merchants.LIMITS, **sites.LIMITS}
# What a row may change: name here -> column.
COLUMNS: Final = {
    "uscc": "uscc", "id_masked": "id_number_masked", "id_hash": "id_number_hash",
    "account_masked": "settlement_account_masked", "account_hash": "settlement_account_hash", "mcc": "mcc",
    "contact": "contact", "phone": "phone",
}  # fmt: skip


class MerchantRows:
    """Takes chunks of a ledger of merchants."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._nodes, self._merchants, self._sites = Nodes(run), Merchants(run), Sites(run)
        self._changes = Changes(run, "merchant", "merchant_no")
        self._seen = Doubles()

    def take(self, entries: Sequence[Entry]) -> None:
        """Judge a chunk, and write what stands."""
        self._nodes.load(entries)
        self._merchants.load(entries)
        self._sites.load(entries, self._merchants.loaded())
        self._nodes.load_ids(merchant.parent_id for merchant in self._merchants.loaded())
        for entry in entries:
            try:
                self._judge(entry)
            except RowRefused as refusal:
                self._run.refuse(entry, refusal)
        self._merchants.write()
        self._sites.write()
        self._changes.write()

    def _judge(self, entry: Entry) -> None:
        number = entry.values["merchant_no"]
        if first := self._seen.line(number):
            if not self._seen.is_same(number, entry.digest):
                raise RowRefused("merchant_no", "ledger.merchant_twice", first=first)
            self._run.counts.same += 1
            return
        too_long(entry.values, LIMITS)
        known = self._merchants.known(number)
        if known is None:
            self._judge_new(entry)
        else:
            self._judge_known(entry, known)
        self._seen.add(number, entry.line, entry.digest)

    def _judge_new(self, entry: Entry) -> None:
        self._merchants.find(entry.values)  # refuses a name that stands under another number
        parent = self._nodes.named(entry) or self._run.node
        made = self._merchants.add(entry, parent)
        if "address" in entry.values:
            self._sites.add(entry, made)
        self._run.counts.new += 1

    def _judge_known(self, entry: Entry, known: Merchant) -> None:
        named = self._nodes.named(entry)
        if named is not None and named.id != known.parent_id:
            now = self._nodes.by_id(known.parent_id).name
            raise RowRefused("organisation", "ledger.organisation_differs", now=now)
        given: dict[str, Any] = {"name": entry.values["merchant_name"]}
        given |= {
            column: facts
            for name, column in COLUMNS.items()
            if (facts := facts_of(entry.values).get(name))
        }
        columns = {"name": "name", **COLUMNS}
        now_by_column = {column: getattr(known, name) for name, column in columns.items()}
        if known.uscc and "uscc" not in given:
            given = {
                column: value
                for column, value in given.items()
                if not column.startswith("id_number")
            }
        after = {column: value for column, value in given.items() if value != now_by_column[column]}
        if "address" in entry.values and self._sites.find(entry.values, known) is None:
            self._sites.add(entry, known)
        if not after:
            self._run.counts.same += 1
            return
        before = {column: now_by_column[column] for column in after}
        self._changes.add(
            Change(known.id, known.number, known.path, known.version, before, after, entry)
        )
