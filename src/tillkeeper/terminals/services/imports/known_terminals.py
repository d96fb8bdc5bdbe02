"""Terminals that are in the ledger already: the same, or facts changed; never state, model, place or binding."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.kernel.bulk import among
from tillkeeper.terminals.lifecycle import AT_A_SITE, State
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.services.imports.catalogue import Catalogue
from tillkeeper.terminals.services.imports.changes import Change, Changes
from tillkeeper.terminals.services.imports.run import Node, RowRefused, Run
from tillkeeper.terminals.services.imports.terminal_columns import DAYS, TEXTS

KNOWN: Final = (
    "id", "serial", "tusn", "state", "path", "home_id", "home__name", "model__code", "model__name", "version",
    "site__code", "site__address", "site__merchant__number", "binding__merchant__number", "binding__tid",
    "binding__acquirer_code", "supplier_id", "supplier__name", "supplier__code", "price_minor", "currency",
    *DAYS.values(), *TEXTS.values(),
)  # fmt: skip
PLAIN: Final = {**TEXTS, **DAYS, "price": "price_minor", "currency": "currency"}


class KnownTerminals:
    """Looks up a chunk's terminals in one question; writes changed facts with what they were before."""

    def __init__(self, run: Run, catalogue: Catalogue) -> None:
        self._run = run
        self._catalogue = catalogue
        self._known: dict[str, Mapping[str, Any]] = {}
        self._changes = Changes(run, "terminal", "serial")
        self._waiting: list[tuple[Entry, Mapping[str, Any], dict[str, Any]]] = []

    def load(self, serials: Iterable[str]) -> None:
        """Look up which of these serials the ledger has."""
        rows = Terminal.objects.filter(serial__in=among(list(set(serials)) or [""])).values_list(
            *KNOWN
        )
        self._known = {row[1]: dict(zip(KNOWN, row, strict=True)) for row in rows}

    def get(self, serial: str) -> Mapping[str, Any] | None:
        """Return a terminal of the ledger, None if the serial is new.

        Raises:
            RowRefused: it is outside the actor's view; where, is not said.
        """
        found = self._known.get(serial)
        if found and not self._run.seen.covers(found["path"]):
            raise RowRefused("serial", "ledger.not_yours")
        return found

    def judge(self, entry: Entry, known: Mapping[str, Any], model: str, named: Node | None) -> None:
        """Count a row as the same, or keep the facts that differ for `write`.

        Raises:
            RowRefused: it contradicts what only a step may change.
        """
        values = entry.values
        self._check(values, known, model, named)
        self._check_binding(values, known)
        facts = {
            column: values[field]
            for field, column in PLAIN.items()
            if field in values and values[field] != known[column]
        }
        if "tusn" in values and values["tusn"] != known["tusn"]:
            facts["tusn"] = values["tusn"]
        supplier = values.get("supplier")
        if supplier and supplier not in (known["supplier__name"], known["supplier__code"]):
            facts["supplier_id"] = self._catalogue.vendor(supplier)
        if facts:
            self._waiting.append((entry, known, facts))
        else:
            self._run.counts.same += 1

    def write(self) -> None:
        """Write the changed facts; the suppliers that they name are written already."""
        for entry, known, facts in self._waiting:
            if supplier := facts.get("supplier_id"):
                facts["supplier_id"] = supplier.id
            before = {column: known[column] for column in facts}
            self._changes.add(
                Change(
                    known["id"],
                    known["serial"],
                    known["path"],
                    known["version"],
                    before,
                    facts,
                    entry,
                )
            )
        self._waiting = []
        self._changes.write()

    def _check(
        self, values: Mapping[str, Any], known: Mapping[str, Any], model: str, named: Node | None
    ) -> None:
        if model not in (known["model__code"], known["model__name"]):
            raise RowRefused("model", "ledger.model_differs", now=known["model__name"])
        if (state := values.get("state")) and state != known["state"]:
            raise RowRefused("state", "ledger.state_differs", now=known["state"])
        if named is not None and named.id != known["home_id"]:
            raise RowRefused("organisation", "ledger.organisation_differs", now=known["home__name"])
        if known["tusn"] and values.get("tusn", known["tusn"]) != known["tusn"]:
            raise RowRefused("tusn", "ledger.tusn_differs", now=known["tusn"])

    def _check_binding(self, values: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        at_a_site = State(known["state"]) in AT_A_SITE
        place = known["site__merchant__number"] if at_a_site else None
        now = {
            "merchant_no": known["binding__merchant__number"] or place,
            "terminal_id": known["binding__tid"],
            "acquirer_code": known["binding__acquirer_code"],
            "site_code": known["site__code"],
            "address": known["site__address"],
        }
        asked = (
            ("merchant_no", "terminal_id", "acquirer_code", "site_code", "address")
            if at_a_site
            else ("merchant_no",)
        )
        for field in asked:
            if field == "terminal_id" and known["binding__tid"] is None:
                continue  # installed, not activated: noted when it came in
            if field == "acquirer_code" and known["binding__tid"] is None:
                continue
            if field in values and values[field] != now[field]:
                raise RowRefused(field, "ledger.binding_differs", now=str(now[field] or ""))
