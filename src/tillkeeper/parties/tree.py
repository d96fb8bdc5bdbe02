"""What may stand below what in the organisation tree: the specification. Pure."""

from types import MappingProxyType
from typing import Final

from tillkeeper.kernel.actor import STEP_WIDTH

PATH_LENGTH: Final = 96  # of the columns that keep a path, here and in the rooms above
DEEPEST: Final = PATH_LENGTH // STEP_WIDTH

# Kind of a node, and the kinds it may stand below; the first kind stands at the top.
PARENTS: Final = MappingProxyType(
    {
        "head_office": (),
        "branch": ("head_office", "branch"),
        "agent": ("head_office", "branch", "agent"),
        "merchant": ("head_office", "branch", "agent"),
        "store": ("merchant",),
    }
)
# Nodes that people make and rename as such; the others come and go with a merchant or a site.
OFFICES: Final = ("head_office", "branch", "agent")


def kinds_below(kind: str) -> tuple[str, ...]:
    """Return the kinds that may stand below a node of `kind`."""
    return tuple(below for below, parents in PARENTS.items() if kind in parents)


def depth(path: str) -> int:
    """Return how many levels lie above a path: 0 at the top."""
    return len(path) // STEP_WIDTH - 1


def above(path: str) -> list[str]:
    """Return the paths of a node and of every node above it, from the top down."""
    return [path[:end] for end in range(STEP_WIDTH, len(path) + 1, STEP_WIDTH)]
