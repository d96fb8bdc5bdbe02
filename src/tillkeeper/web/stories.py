"""What happened to a thing, as the timeline shows it; from the audit trail."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.trail import Entry, trail
from tillkeeper.web.wording import action_label

STORY_MAX: Final = 30
# By the verb behind the dot: icon and colour. What is not listed is a plain change.
MARKS: Final = MappingProxyType(
    {
        "create": ("plus", "good"),
        "move": ("move", "info"),
        "grant_role": ("user-round-plus", "good"),
        "revoke_role": ("user-round-minus", "warn"),
        "deactivate": ("lock", "bad"),
        "reactivate": ("lock-open", "good"),
        "set_password": ("key-round", "warn"),
        "issue": ("key-round", "info"),
        "revoke": ("key-round", "warn"),
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """One mark of a timeline. `tone`: good, bad, warn, info or empty."""

    at: datetime
    title: str | Promise
    by: str
    icon: str = "pencil"
    tone: str = ""
    why: str = ""
    document: str = ""
    changes: Sequence[tuple[str, Any, Any]] = ()
    action: str = (
        ""  # its code: some facts are called otherwise in one kind of change than elsewhere
    )


def story_of(subject: str, scope: Scope) -> list[Event]:
    """Return what the audit trail knows of a subject within a scope, newest first."""
    return events(trail(scope=scope, subject=subject, limit=STORY_MAX))


def events(entries: Iterable[Entry]) -> list[Event]:
    """Return audit entries as marks of a timeline."""
    return [_event(entry) for entry in entries]


def _event(entry: Entry) -> Event:
    icon, tone = MARKS.get(entry.action.partition(".")[2], ("pencil", ""))
    # What a new thing was made with is on the page already: only what changed later is worth showing.
    changes = entry.changes if entry.before else ()
    title = action_label(entry.action)
    return Event(entry.at, title, entry.actor, icon, tone, changes=changes, action=entry.action)
