"""How a person likes the console: nobody else's business, so neither audited nor versioned."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.models import Person

PAGES_MAX: Final = 50
COLUMNS_MAX: Final = 100


def _one_of(*choices: str) -> Callable[[Any], bool]:
    return lambda value: value in choices


def _is_columns(value: Any) -> bool:
    """Say whether a value is lists of column names by page."""
    return (
        isinstance(value, dict)
        and len(value) <= PAGES_MAX
        and all(isinstance(names, list) and len(names) <= COLUMNS_MAX for names in value.values())
        and all(isinstance(name, str) for names in value.values() for name in names)
    )


KNOWN: Final[Mapping[str, Callable[[Any], bool]]] = MappingProxyType(
    {
        "theme": _one_of("light", "dark", "auto"),
        "density": _one_of("compact", "normal", "roomy"),
        "language": lambda value: value in dict(settings.LANGUAGES),
        "columns": _is_columns,  # {page: [column, ...]}; other pages' columns stay
    }
)


@transaction.atomic
def set_preferences(person: Person, **chosen: Any) -> Person:
    """Remember what a person chose; what is not named stays.

    Raises:
        FieldInvalid: there is no such preference, or no such choice.
    """
    for name, value in chosen.items():
        if name not in KNOWN:
            raise FieldInvalid(field=name, value="", expected=", ".join(KNOWN))
        if not KNOWN[name](value):
            raise FieldInvalid(field=name, value=str(value)[:60], expected="one of its choices")
    row = Person.objects.select_for_update().get(pk=person.pk)
    kept = dict(row.preferences)
    if "columns" in chosen:
        chosen["columns"] = {**kept.get("columns", {}), **chosen["columns"]}
    row.preferences = person.preferences = kept | chosen
    row.save(update_fields=["preferences"])
    return row
