"""The roots of every refusal. A refusal is a type with facts and a stable code; HTTP lives at the door.

TillkeeperError
 ├─ NotFound    there is no such thing, or the actor may not see it
 ├─ Invalid     what came in is wrong
 ├─ Conflict    the present state forbids it
 ├─ Forbidden   seen, but not this actor's to do
 └─ Busy        somebody else holds it just now: try again
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, ClassVar


def _rebuild(kind: "type[TillkeeperError]", facts: dict[str, Any]) -> "TillkeeperError":
    return kind(**facts)


def kept_error(code: str, facts: dict[str, Any]) -> "TillkeeperError | None":
    """Return the error that was kept as its code and facts; None if it is of an older version, or none of ours.

    What is kept is English; made an error again, it can be said in the language of whoever reads it.
    """
    kind = kind_of_code(code)
    try:
        return kind(**facts) if kind else None
    except TypeError:
        return None


def kind_of_code(code: str) -> "type[TillkeeperError] | None":
    """Return the kind of refusal that has a code; None if none has."""
    return next((kind for kind in _below(TillkeeperError) if kind.code == code), None)


def _below(root: "type[TillkeeperError]") -> "Iterator[type[TillkeeperError]]":
    for kind in root.__subclasses__():
        yield kind
        yield from _below(kind)


class TillkeeperError(Exception):
    """Root of all of them. Subclasses are keyword-only dataclasses with a stable `code`.

    `sentence` is an English template with named placeholders; the console translates the template and fills in the
    same facts.
    """

    code: ClassVar[str] = "tillkeeper.error"
    sentence: ClassVar[str] = "Something was refused."

    def facts(self) -> dict[str, Any]:
        """Return the fields that say what went wrong, by name. Never a card number or a PIN."""
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]

    def worded(self) -> dict[str, Any]:
        """Return the facts as people read them, to be filled into the sentence: labels instead of codes."""
        return self.facts()

    def __str__(self) -> str:
        return self.sentence % self.worded()

    def __reduce__(self) -> tuple[Any, ...]:
        # The default rebuilds from `args`, which keyword-only errors leave empty, so a task queue could not carry them.
        return _rebuild, (type(self), self.facts())


@dataclass(eq=False, kw_only=True)
class NotFound(TillkeeperError):
    """There is no such thing within what the actor may see."""

    code: ClassVar[str] = "kernel.not_found"
    sentence: ClassVar[str] = "There is no %(kind)s “%(key)s” within your view."
    kind: str
    key: str


@dataclass(eq=False)
class Invalid(TillkeeperError):
    """The input is wrong."""

    code: ClassVar[str] = "kernel.invalid"


@dataclass(eq=False)
class Conflict(TillkeeperError):
    """The present state forbids it."""

    code: ClassVar[str] = "kernel.conflict"


@dataclass(eq=False)
class Forbidden(TillkeeperError):
    """Seen, but not this actor's to do."""

    code: ClassVar[str] = "kernel.forbidden"


@dataclass(eq=False)
class Busy(TillkeeperError):
    """Somebody else holds it just now; the same call may go through later."""

    code: ClassVar[str] = "kernel.busy"


@dataclass(eq=False, kw_only=True)
class FieldInvalid(Invalid):
    """One field of a form or a body is wrong."""

    code: ClassVar[str] = "kernel.field_invalid"
    sentence: ClassVar[str] = "%(field)s: %(value)s is not usable; expected %(expected)s."
    field: str
    value: str
    expected: str


@dataclass(eq=False, kw_only=True)
class Stale(Conflict):
    """Somebody else changed it since it was read."""

    code: ClassVar[str] = "kernel.stale"
    sentence: ClassVar[str] = (
        "%(kind)s %(key)s was changed by somebody else (now version %(current)s, you had %(given)s): "
        "load it again and repeat your change."
    )
    kind: str
    key: str
    current: int
    given: int


@dataclass(eq=False, kw_only=True)
class AlreadyExists(Conflict):
    """The key is taken."""

    code: ClassVar[str] = "kernel.already_exists"
    sentence: ClassVar[str] = "There is already a %(kind)s “%(key)s”."
    kind: str
    key: str


@dataclass(eq=False, kw_only=True)
class NotAllowed(Forbidden):
    """None of the actor's roles at this place carries the right."""

    code: ClassVar[str] = "kernel.not_allowed"
    sentence: ClassVar[str] = (
        "Your roles do not carry the right “%(right)s” here; ask someone who has it."
    )
    right: str


@dataclass(eq=False, kw_only=True)
class LakeUnreachable(Busy):
    """The storage that holds the rows does not answer, or refuses."""

    # Named for whom it first served; a code that callers know stays.
    code: ClassVar[str] = "matching.lake_unreachable"
    sentence: ClassVar[str] = (
        "The lake at %(lake)s cannot be used: %(why)s. Look at AWS_ENDPOINT_URL, the keys and the bucket; "
        "`tillkeeper doctor` tries them."
    )
    lake: str
    why: str
