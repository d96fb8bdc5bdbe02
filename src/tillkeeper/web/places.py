"""Places to choose from, and a scope narrowed to one of them."""

from typing import Final

from tillkeeper.kernel.actor import Scope
from tillkeeper.parties import queries

INDENT: Final = "\u2003"  # an em space: options of a select cannot be indented otherwise


def office_choices(scope: Scope) -> list[tuple[str, str]]:
    """Return the offices within a scope as a select's choices, indented as the tree is."""
    rows = queries.organisation_tree(scope)
    return [(row.organisation.code, INDENT * row.depth + row.organisation.name) for row in rows]


def narrowed(scope: Scope, code: str) -> Scope:
    """Return the part of a scope that lies at or below one office.

    Raises:
        NotFound: the scope does not reach an office of that code.
    """
    return Scope((queries.organisation(scope, code).path,), scope.vendor_id) if code else scope
