"""Who acts, with which rights, and where in the organisation tree. Pure.

A place is the path of a node in the tree; paths have fixed-width steps, so that a node and all below it are exactly
the paths between `path` and `ceiling(path)`, under any collation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tillkeeper.kernel.errors import NotAllowed

STEP_WIDTH: Final = 6
DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def path_step(number: int) -> str:
    """Return `number` as one step of a path: base 36, six digits, good for two thousand million nodes."""
    digits = ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits.rjust(STEP_WIDTH, "0")


def ceiling(path: str) -> str:
    """Return the upper bound of the paths at or below `path`; no node's own step is ever ZZZZZZ."""
    return path + "Z" * STEP_WIDTH


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held at a place: its rights count there and below."""

    role: str
    path: str
    rights: frozenset[str]
    vendor_id: int | None = None  # a vendor's contact sees that vendor's terminals only


@dataclass(frozen=True, slots=True)
class Scope:
    """What an actor may reach: the nodes at or below `paths`; of these only `vendor_id`'s, if one is given."""

    paths: tuple[str, ...]
    vendor_id: int | None = None

    def covers(self, path: str) -> bool:
        """Say whether a place lies inside."""
        return any(path.startswith(root) for root in self.paths)

    @property
    def everything(self) -> bool:
        """True for the system itself: no query needs narrowing."""
        return "" in self.paths and self.vendor_id is None


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a token or the system itself, as it is judged and as it is written into history."""

    kind: str  # person | token | system
    name: str
    grants: tuple[Grant, ...] = field(default=(), repr=False)
    source: str = ""  # where from: an address, or the door's name
    person_id: int | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def system(cls, name: str) -> "Actor":
        """The software itself, e.g. the worker; may do everything everywhere."""
        return cls(kind="system", name=name, source="system")

    @classmethod
    def person(cls, name: str, grants: Iterable[Grant] = (), source: str = "") -> "Actor":
        """A person with the roles that were granted."""
        return cls(kind="person", name=name, grants=tuple(grants), source=source)

    def scope(self, right: str) -> Scope:
        """Return where this actor holds `right`. An empty scope reaches nothing."""
        if self.kind == "system":
            return Scope(("",))
        held = [grant for grant in self.grants if right in grant.rights]
        vendors = {grant.vendor_id for grant in held}
        # One vendor's contact stays inside that vendor; any other role at all lifts the limit.
        vendor_id = vendors.pop() if len(vendors) == 1 else None
        return Scope(_outermost(grant.path for grant in held), vendor_id)

    def may(self, right: str, path: str) -> bool:
        """Say whether the actor holds `right` at the place `path`."""
        return self.scope(right).covers(path)

    def require(self, right: str, path: str | None = None) -> None:
        """Raise NotAllowed unless `right` is held at `path`, or anywhere if no path is given."""
        scope = self.scope(right)
        if not (scope.covers(path) if path is not None else scope.paths):
            raise NotAllowed(right=right)


def as_arguments(by: Actor) -> dict[str, Any]:
    """Return an actor as a task can carry it: with the rights at the moment of asking."""
    grants = [[g.role, g.path, sorted(g.rights), g.vendor_id] for g in by.grants]
    return {
        "kind": by.kind,
        "name": by.name,
        "grants": grants,
        "source": by.source,
        "person_id": by.person_id,
    }


def from_arguments(facts: Mapping[str, Any]) -> Actor:
    """Return the actor again."""
    grants = tuple(
        Grant(role, path, frozenset(rights), vendor)
        for role, path, rights, vendor in facts["grants"]
    )
    return Actor(**{**facts, "grants": grants})


def _outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """Drop the paths that lie below another one."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(path.startswith(root) for root in kept):
            kept.append(path)
    return tuple(kept)
