"""The columns of a terminal as they are written in bulk, with what a blank one holds.

The ORM's defaults live in Python, not in the database, so a row that is copied in must be complete.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import NOT_PROVIDED

from tillkeeper.terminals.models import Terminal


def _blank(field: Any) -> Any:
    if field.default is not NOT_PROVIDED:
        return str(field.default) if isinstance(field.default, str) else field.default
    return None if field.null else ""


_BLANKS: Final[dict[str, Any]] = {
    field.attname: _blank(field) for field in Terminal._meta.concrete_fields
}
NEW_TERMINAL: Final = tuple(_BLANKS)
_DEFAULTS: Final = tuple(_BLANKS.values())


def new_terminal(values: Mapping[str, Any]) -> list[Any]:
    """Return a whole row in the order of NEW_TERMINAL; what `values` does not name is blank."""
    get = values.get
    return [get(name, default) for name, default in zip(NEW_TERMINAL, _DEFAULTS, strict=True)]
