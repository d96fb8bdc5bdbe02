"""What the command line says of a refusal or of a database that does not answer, in the reader's language."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import DatabaseError, InterfaceError
from django.utils.translation import gettext

from tillkeeper.kernel.errors import TillkeeperError, kept_error
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.kernel.room import no_room
from tillkeeper.parties.wording import RIGHT_LABELS

WORDS: Final = frozenset({"kind", "expected", "reason", "what", "missing", "unit", "check"})


def sentence(error: TillkeeperError) -> str:
    """Return a refusal in the reader's language."""
    return gettext(error.sentence) % {
        name: _spoken(name, value) for name, value in error.worded().items()
    }


def kept(problem: Mapping[str, Any]) -> str:
    """Return a refusal that was stored, in the reader's language; as it was written where it is of an older version."""
    english = str(problem.get("sentence") or "")
    error = kept_error(str(problem.get("code")), problem.get("facts") or {})
    return sentence(error) if error else gettext(english) if english else ""


def as_object(error: TillkeeperError) -> dict[str, Any]:
    """Return a refusal as the one JSON object that a command prints instead of its result."""
    return {"code": error.code, "sentence": sentence(error), "facts": error.facts()}


def database_trouble(error: Exception) -> str | None:
    """Return what to tell people about an error of the database; None if it is something else."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return None
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return gettext(
        "The database does not do what was asked: %(reason)s. Run `tillkeeper doctor`."
    ) % {"reason": first}


def trouble(error: Exception) -> tuple[str, str]:
    """Return code and sentence for what fails outside of us, database or disk; blanks if it is something else."""
    if said := database_trouble(error):
        return "cli.database_trouble", said
    if why := no_room(error):
        told = gettext(
            "There is no room for what was to be written: %(reason)s. Make room or write elsewhere, and do it again."
        )
        return "cli.no_room", told % {"reason": why}
    return "", ""


def _spoken(name: str, value: Any) -> Any:
    if isinstance(value, Phrase):
        return value.said(gettext)
    if name == "right":
        return RIGHT_LABELS.get(value, value)
    return gettext(value) if name in WORDS and value and isinstance(value, str) else value
