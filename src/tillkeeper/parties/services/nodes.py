"""Nodes of the tree: where they may stand, and their paths. For the verbs that make or move one."""

from typing import Final

from tillkeeper.kernel.actor import STEP_WIDTH, Actor
from tillkeeper.kernel.bulk import reserve_ids
from tillkeeper.parties.errors import PlacementRefused, TreeTooDeep
from tillkeeper.parties.models import Organisation
from tillkeeper.parties.queries import organisation
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services.readings import shaped, text
from tillkeeper.parties.services.rows import insert
from tillkeeper.parties.tree import DEEPEST, PARENTS

NAME: Final = text("name", 120, required=True)
CODE: Final = shaped("code", r"[\w.-]{1,39}", "1 to 39 letters, digits, . - _", required=True)


def parent_for(kind: str, code: str, by: Actor) -> Organisation:
    """Return the node below which one of `kind` is to stand, the tree held still, rights checked.

    Raises:
        NotFound: the actor sees no such node.
        NotAllowed: but may not change it.
        PlacementRefused: its kind may not have such a node below.
    """
    seen = by.scope(Right.PARTIES_VIEW)
    hold_tree(organisation(seen, code).path)
    parent = organisation(seen, code)  # again: it may have moved while we waited
    by.require(Right.PARTIES_EDIT, parent.path)
    if parent.kind not in PARENTS[kind]:
        raise PlacementRefused(kind=kind, parent=parent.kind)
    return parent


def hold_tree(path: str) -> None:
    """Lock the top of the tree that `path` lies in.

    Nodes of one tree are made and moved one at a time; otherwise a node made below another while
    that one moves would keep a path that leads nowhere.
    """
    tops = Organisation.objects.filter(path=path[:STEP_WIDTH])
    list(tops.select_for_update(no_key=True).values_list("pk"))


def add_node(
    *,
    kind: str,
    code: str,
    name: str,
    parent: Organisation | None,
    known_as: tuple[str, str] | None = None,
) -> Organisation:
    """Write a new node with its path.

    Args:
        kind: one of `PARENTS`.
        code: unique among all nodes.
        name: as people read it.
        parent: from `parent_for`; None for a head office.
        known_as: kind and key to be told of if the code is taken, e.g. `("merchant", number)`.

    Raises:
        AlreadyExists: the code is taken.
        TreeTooDeep: there is no room for its path.
    """
    node = Organisation(
        pk=reserve_ids(Organisation, 1)[0], kind=kind, code=code, name=name, parent=parent
    )
    node.place()
    if len(node.path) > DEEPEST * STEP_WIDTH:
        raise TreeTooDeep(organisation=code, limit=DEEPEST)
    told_kind, told_key = known_as or ("organisation", code)
    return insert(node, kind=told_kind, key=told_key, code=code)
