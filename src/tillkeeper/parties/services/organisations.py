"""Head offices, branches and agents: made, renamed, moved."""

from datetime import datetime

from django.db.models import F, Max, Value
from django.db.models.functions import Concat, Length, Substr

from tillkeeper.kernel.actor import Actor, ceiling, path_step
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.outbox import publish
from tillkeeper.parties.errors import CircularMove, KeptByMerchant, PlacementRefused, TreeTooDeep
from tillkeeper.parties.events import OrganisationMoved
from tillkeeper.parties.models import Organisation
from tillkeeper.parties.queries import organisation, organisations
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services.nodes import CODE, NAME, add_node, hold_tree, parent_for
from tillkeeper.parties.services.readings import shaped
from tillkeeper.parties.services.rows import change, locked, write
from tillkeeper.parties.tree import DEEPEST, OFFICES, PATH_LENGTH

_OFFICE = shaped("kind", "|".join(OFFICES), ", ".join(OFFICES), required=True)


@verb
def create_organisation(
    *, kind: str, code: str, name: str, parent_code: str | None = None, by: Actor, at: datetime
) -> Organisation:
    """Make a head office, a branch or an agent. Merchants and stores come with their own verbs.

    Raises:
        FieldInvalid: kind, code or name are not usable.
        NotFound: the actor sees no such parent.
        NotAllowed: parties may not be changed there; a head office is made by the system only.
        PlacementRefused: the parent may not have such a node below.
        AlreadyExists: the code is taken.
    """
    kind, code, name = _OFFICE(kind)["kind"], CODE(code)["code"], NAME(name)["name"]
    parent = parent_for(kind, parent_code, by) if parent_code else None
    if parent is None:
        by.require(Right.PARTIES_EDIT, "")
        if kind != Organisation.Kind.HEAD_OFFICE:
            raise PlacementRefused(kind=kind, parent="")
    node = add_node(kind=kind, code=code, name=name, parent=parent)
    facts = {"kind": kind, "name": name, "parent": parent.code if parent else ""}
    _record("create", node, by, at, after=facts)
    return node


@verb
def update_organisation(
    *, code: str, name: str, version: int, by: Actor, at: datetime
) -> Organisation:
    """Give a head office, branch or agent another name.

    Raises:
        NotFound, NotAllowed, FieldInvalid, Stale: as everywhere.
        KeptByMerchant: its name is that of a merchant or a site.
    """
    rows = organisations(by.scope(Right.PARTIES_VIEW)).filter(code=code)
    node = locked(rows, kind="organisation", key=code, given=version)
    by.require(Right.PARTIES_EDIT, node.path)
    if node.kind not in OFFICES:
        raise KeptByMerchant(organisation=code)
    before, after = change(node, [NAME(name)])
    if after:
        _record("update", node, by, at, before=before, after=after)
    return node


@verb
def move_organisation(*, code: str, parent_code: str, by: Actor, at: datetime) -> Organisation:
    """Put a branch, an agent or a merchant, and all below it, under another node.

    Paths below are rewritten by one statement; terminals follow when the event is delivered. A
    store stays with its merchant: its terminals are filed under it.

    Raises:
        NotFound: the actor does not see the node or the new parent.
        NotAllowed: parties may not be changed at one of the two.
        KeptByMerchant: it is a store.
        PlacementRefused: the new parent may not have such a node below.
        CircularMove: the new parent is the node itself, or lies below it.
        TreeTooDeep: there is no room for the paths.
    """
    seen = by.scope(Right.PARTIES_VIEW)
    hold_tree(organisation(seen, code).path)
    rows = organisations(seen).filter(code=code).select_related("parent")
    node = locked(rows, kind="organisation", key=code)
    by.require(Right.PARTIES_EDIT, node.path)
    if node.kind == Organisation.Kind.STORE:
        raise KeptByMerchant(organisation=code)
    parent = parent_for(node.kind, parent_code, by)
    if parent.path.startswith(node.path):
        raise CircularMove(organisation=code, parent=parent_code)
    was = node.parent.code if node.parent else ""
    if node.parent_id != parent.pk:
        _rewrite(node, parent)
        _record("move", node, by, at, before={"parent": was}, after={"parent": parent.code})
        publish(OrganisationMoved(organisation_id=node.pk, path=node.path, at=at))
    return node


def _rewrite(node: Organisation, parent: Organisation) -> None:
    old, new = node.path, parent.path + path_step(node.pk)
    below = Organisation.objects.filter(path__gte=old, path__lte=ceiling(old))
    longest = below.aggregate(longest=Max(Length("path")))["longest"]
    if longest - len(old) + len(new) > PATH_LENGTH:
        raise TreeTooDeep(organisation=node.code, limit=DEEPEST)
    below.update(path=Concat(Value(new), Substr(F("path"), len(old) + 1)))
    node.path = new
    write(node, {"parent": parent, "path": new})


def _record(
    action: str,
    node: Organisation,
    by: Actor,
    at: datetime,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str],
) -> None:
    record_change(
        action=f"organisation.{action}",
        subject=f"organisation:{node.code}",
        place=node.path,
        by=by,
        at=at,
        before=before,
        after=after,
    )
