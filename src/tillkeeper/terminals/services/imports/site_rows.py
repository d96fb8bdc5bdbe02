"""Rows of a ledger of sites: by code, or by merchant and address; made, or facts changed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.parties.queries import merchants as merchants_seen
from tillkeeper.terminals.services.imports import merchants, sites
from tillkeeper.terminals.services.imports.changes import Change, Changes
from tillkeeper.terminals.services.imports.doubles import Doubles
from tillkeeper.terminals.services.imports.merchants import Merchant, Merchants
from tillkeeper.terminals.services.imports.nodes import Nodes
from tillkeeper.terminals.services.imports.run import RowRefused, Run, too_long
from tillkeeper.terminals.services.imports.sites import FACTS, Site, Sites

LIMITS: Final = {**merchants.LIMITS, **sites.LIMITS}
COLUMNS: Final = {"site_name": "name", "address": "address", **{name: name for name in FACTS}}


class SiteRows:
    """Takes chunks of a ledger of sites."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._nodes, self._merchants, self._sites = Nodes(run), Merchants(run), Sites(run)
        self._changes = Changes(run, "site", "site_code")
        self._seen = Doubles()

    def take(self, entries: Sequence[Entry]) -> None:
        """Judge a chunk, and write what stands."""
        self._name_merchants(entries)
        self._nodes.load(entries)
        self._merchants.load(entries)
        self._sites.load(entries, self._merchants.loaded())
        for entry in entries:
            try:
                self._judge(entry)
            except RowRefused as refusal:
                self._run.refuse(entry, refusal)
        self._merchants.write()
        self._sites.write()
        self._changes.write()

    def _name_merchants(self, entries: Sequence[Entry]) -> None:
        """Give rows that only name their merchant its number, where one merchant within view has that name."""
        blank = [
            entry
            for entry in entries
            if "merchant_no" not in entry.values and "merchant_name" in entry.values
        ]
        names = {entry.values["merchant_name"] for entry in blank}
        if not names:
            return
        numbers: dict[str, set[str]] = {}
        for name, number in (
            merchants_seen(self._run.seen).filter(name__in=names).values_list("name", "number")
        ):
            numbers.setdefault(name, set()).add(number)
        for entry in blank:
            found = numbers.get(entry.values["merchant_name"], set())
            if len(found) == 1:
                entry.values["merchant_no"] = next(iter(found))

    def _judge(self, entry: Entry) -> None:
        values = entry.values
        too_long(values, LIMITS)
        merchant = self._merchants.find(values) if "merchant_no" in values else None
        key = values.get("site_code") or (values.get("merchant_no"), values["address"])
        if first := self._seen.line(key):
            if not self._seen.is_same(key, entry.digest):
                raise RowRefused("site_code", "ledger.site_twice", first=first)
            self._run.counts.same += 1
            return
        known = self._sites.known(values, merchant)
        if known is None:
            self._judge_new(entry, merchant)
        else:
            self._judge_known(entry, known)
        self._seen.add(key, entry.line, entry.digest)

    def _judge_new(self, entry: Entry, merchant: Merchant | None) -> None:
        values = entry.values
        if merchant is None:
            if "merchant_no" not in values:
                raise RowRefused("merchant_no", "ledger.merchant_missing")
            if "merchant_name" not in values:
                raise RowRefused("merchant_no", "ledger.merchant_unknown")
            merchant = self._merchants.add(entry, self._nodes.named(entry) or self._run.node)
        self._sites.add(entry, merchant)
        self._run.counts.new += 1

    def _judge_known(self, entry: Entry, known: Site) -> None:
        after: dict[str, Any] = {}
        for field, column in COLUMNS.items():
            value = entry.values.get(field)
            if isinstance(value, float):
                value = Decimal(str(value))
            if value is not None and value != getattr(known, column):
                after[column] = value
        if not after:
            self._run.counts.same += 1
            return
        before = {column: getattr(known, column) for column in after}
        self._changes.add(
            Change(known.id, known.code, known.path, known.version, before, after, entry)
        )
