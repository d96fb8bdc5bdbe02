"""The organisation column: branches and agents by code or name."""

from collections.abc import Iterable

from django.db.models import Q

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.kernel.actor import Scope
from tillkeeper.parties.queries import organisations
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.services.imports.run import Node, Run

KINDS = ("head_office", "branch", "agent")


class Nodes:
    """Finds the node a row names, among those the actor may bring things in under."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._known: dict[str, Node | None] = {}
        self._by_id: dict[int, Node] = {run.node.id: run.node}

    def load(self, entries: Iterable[Entry]) -> None:
        """Look up what these rows name, in one question."""
        named = {
            name for entry in entries if (name := entry.values.get("organisation"))
        } - self._known.keys()
        if not named:
            return
        self._known |= dict.fromkeys(named)
        scope = _inside(self._run.by.scope(Right.IMPORT), self._run.node.path)
        rows = organisations(scope).filter(Q(code__in=named) | Q(name__in=named), kind__in=KINDS)
        found = list(rows.order_by("path").values_list("id", "path", "code", "name"))
        for node in (Node(*row) for row in reversed(found)):
            # Of two nodes with one name the higher one is meant; a code goes before a name.
            self._known[node.name] = node
        for node in (Node(*row) for row in found):
            self._known[node.code] = self._by_id[node.id] = node

    def load_ids(self, ids: Iterable[int]) -> None:
        """Look up nodes by their keys, in one question."""
        missing = set(ids) - self._by_id.keys()
        if missing:
            rows = organisations().filter(pk__in=missing).values_list("id", "path", "code", "name")
            self._by_id |= {row[0]: Node(*row) for row in rows}

    def by_id(self, pk: int) -> Node:
        """Return a node that was looked up."""
        return self._by_id[pk]

    def named(self, entry: Entry) -> Node | None:
        """Return the node that a row names, None if it names none that is known here."""
        name = entry.values.get("organisation")
        if not name:
            return None
        node = self._known[name]
        if node is None:
            self._run.note("ledger.organisation_unknown", name)
        return node


def _inside(scope: Scope, path: str) -> Scope:
    """Return the part of a scope that lies at or below `path`."""
    if scope.covers(path):
        return Scope((path,))
    return Scope(tuple(root for root in scope.paths if root.startswith(path)))
