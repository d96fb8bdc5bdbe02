"""Who may give and take what: the rules above roles, for grants, passwords and accounts alike."""

from tillkeeper.kernel.actor import STEP_WIDTH, Actor
from tillkeeper.kernel.errors import NotAllowed
from tillkeeper.parties.errors import LastAdministrator, OwnAccount
from tillkeeper.parties.models import Organisation, Person, RoleGrant
from tillkeeper.parties.queries import people, root_organisation
from tillkeeper.parties.roles import RIGHTS, Right, Role
from tillkeeper.parties.services.rows import locked


def person_managed(username: str, by: Actor, *, version: int | None = None) -> Person:
    """Return a person, locked, whom the actor may manage.

    The actor sees them and holds every right they hold, wherever they hold it; otherwise whoever
    may set a password could become anybody.

    Raises:
        NotAllowed: the actor manages nobody, or not this person.
        NotFound: the actor does not see the person.
        Stale: `version` is not the person's any more.
    """
    row = person_seen(username, by, version=version)
    held = RoleGrant.objects.filter(person=row).values_list("role", "organisation__path")
    for role, path in held:
        require_may_give(Role(role), path, by)
    return row


def person_seen(username: str, by: Actor, *, version: int | None = None) -> Person:
    """Return a person, locked, who has a role where the actor manages people, or none anywhere."""
    by.require(Right.PEOPLE)
    rows = people(by.scope(Right.PEOPLE)).filter(username=username)
    return locked(rows, kind="person", key=username, given=version)


def require_may_give(role: Role, path: str, by: Actor) -> None:
    """Refuse unless the actor manages people at `path` and holds every right of `role` there.

    Raises:
        NotAllowed: names the first right that is missing.
    """
    by.require(Right.PEOPLE, path)
    missing = sorted(right for right in RIGHTS[role] if not by.may(right, path))
    if missing:
        raise NotAllowed(right=missing[0])


def refuse_oneself(person: Person, by: Actor) -> None:
    """Refuse what nobody may do to their own account, neither in person nor by a token."""
    if by.person_id == person.pk:
        raise OwnAccount(person=person.username)


def keep_an_administrator(person: Person, organisation: Organisation | None = None) -> None:
    """Refuse if a person is the last active administrator of a head office; of this one, or of any.

    All administrators' grants there are locked first and looked at afterwards: of two that shut
    each other out at the same moment one stays.
    """
    grants = RoleGrant.objects.filter(role=Role.ADMINISTRATOR, organisation__parent=None)
    if organisation is not None:
        grants = grants.filter(organisation=organisation)
    list(grants.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    active = grants.filter(person__is_active=True)
    tops = dict(active.filter(person=person).values_list("organisation_id", "organisation__code"))
    kept = active.exclude(person=person).values_list("organisation_id", flat=True)
    for left_alone in tops.keys() - set(kept):
        raise LastAdministrator(person=person.username, organisation=tops[left_alone])


def place_of(person: Person, by: Actor) -> str:
    """Return where a person's changes are filed: their outermost place, or the actor's."""
    held = RoleGrant.objects.filter(person=person).values_list("organisation__path", flat=True)
    places = sorted(held) or sorted(by.scope(Right.PEOPLE).paths) or [""]
    root = root_organisation() if len(places[0]) < STEP_WIDTH else None
    return root.path if root else places[0]
