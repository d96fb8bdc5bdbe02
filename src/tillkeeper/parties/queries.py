"""Questions about the parties."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, TypeVar

from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from tillkeeper.kernel.actor import STEP_WIDTH, Actor, Grant, Scope, ceiling
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.search import contains
from tillkeeper.parties.models import (
    ApiToken,
    Merchant,
    Organisation,
    Person,
    RoleGrant,
    SavedView,
    Site,
    Vendor,
)
from tillkeeper.parties.roles import RIGHTS, Role
from tillkeeper.parties.tree import OFFICES, above, depth

Row = TypeVar("Row", bound=Model)
TREE_MAX: Final = 5_000  # rows of a tree that a page can still show


def within(scope: Scope, field: str = "path") -> Q:
    """Return the condition that a path column lies inside a scope."""
    if "" in scope.paths:
        return Q()
    inside = Q(pk__in=[])
    for path in scope.paths:
        inside |= below(path, field)
    return inside


def below(path: str, field: str = "path") -> Q:
    """Return the condition that a path column lies at or below a node.

    Below a head office lies nearly everything. A range would lead SQLite to the index on place, and then to sort all
    of it; a prefix is only looked at beside the index that the rest of the question asks for.
    """
    if len(path) <= STEP_WIDTH:
        return Q(**{f"{field}__startswith": path})
    return Q(**{f"{field}__gte": path, f"{field}__lte": ceiling(path)})


def organisations(scope: Scope | None = None) -> QuerySet[Organisation]:
    """Return the nodes of the tree, within a scope if one is given."""
    return Organisation.objects.filter(within(scope)) if scope else Organisation.objects.all()


def merchants(scope: Scope | None = None) -> QuerySet[Merchant]:
    """Return merchants, within a scope if one is given."""
    every = Merchant.objects.all()
    return every.filter(within(scope, "organisation__path")) if scope else every


def sites(scope: Scope | None = None) -> QuerySet[Site]:
    """Return sites, within a scope if one is given."""
    every = Site.objects.all()
    return every.filter(within(scope, "organisation__path")) if scope else every


def vendors() -> QuerySet[Vendor]:
    """Return every vendor: makers are nobody's secret."""
    return Vendor.objects.all()


def organisation(scope: Scope, code: str) -> Organisation:
    """Return one node with its parent, or raise NotFound."""
    rows = organisations(scope).select_related("parent")
    return _one(rows.filter(code=code), "organisation", code)


def merchant(scope: Scope, number: str) -> Merchant:
    """Return one merchant with its node and the one above, or raise NotFound."""
    rows = merchants(scope).select_related("organisation__parent")
    return _one(rows.filter(number=number), "merchant", number)


def site(scope: Scope, code: str) -> Site:
    """Return one site with its merchant and node, or raise NotFound."""
    rows = sites(scope).select_related("merchant", "organisation")
    return _one(rows.filter(code=code), "site", code)


def vendor(code: str) -> Vendor:
    """Return one vendor, or raise NotFound."""
    return _one(Vendor.objects.filter(code=code), "vendor", code)


def root_organisation() -> Organisation | None:
    """Return the head office, the first one if there are several; None before there is any."""
    return Organisation.objects.filter(parent=None).order_by("pk").first()


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A node as a line of an indented list."""

    organisation: Organisation
    depth: int  # below the outermost place in view


def organisation_tree(scope: Scope, kinds: Collection[str] = OFFICES) -> list[TreeRow]:
    """Return the nodes of some kinds in the order of the tree, at most `TREE_MAX`.

    Merchants and stores are left out unless asked for: there are far too many for a list.
    """
    rows = list(organisations(scope).filter(kind__in=list(kinds)).order_by("path")[:TREE_MAX])
    top = min((depth(row.path) for row in rows), default=0)
    return [TreeRow(row, depth(row.path) - top) for row in rows]


def find_merchants(scope: Scope, text: str, limit: int = 10) -> list[Merchant]:
    """Return merchants by the beginning of their number or any part of their name."""
    if not (text := text.strip()):
        return []
    seen = merchants(scope).order_by("number")
    found = list(seen.filter(_begins("number", text))[:limit])
    if left := limit - len(found):
        named = seen.filter(contains("parties_merchant", "name", text))
        found += named.exclude(pk__in=[row.pk for row in found])[:left]
    return found


def find_sites(scope: Scope, text: str, limit: int = 10) -> list[Site]:
    """Return sites by the beginning of their code or any part of their name or address."""
    if not (text := text.strip()):
        return []
    seen = sites(scope).select_related("merchant").order_by("code")
    found = list(seen.filter(_begins("code", text))[:limit])
    for column in ("name", "address"):
        if left := limit - len(found):
            rows = seen.filter(contains("parties_site", column, text))
            found += rows.exclude(pk__in=[row.pk for row in found])[:left]
    return found


def people(scope: Scope) -> QuerySet[Person]:
    """Return people with a role inside a scope, and those who have none anywhere.

    Whoever has no role yet belongs to nobody, and somebody must be able to give the first one.
    """
    if not scope.paths:
        return Person.objects.none()
    grants = RoleGrant.objects.filter(person=OuterRef("pk"))
    seen = Exists(grants.filter(within(scope, "organisation__path"))) | ~Exists(grants)
    return Person.objects.filter(seen).order_by("username")


def person(username: str, scope: Scope | None = None) -> Person:
    """Return one person, or raise NotFound; without a scope, whoever it is."""
    rows = people(scope) if scope is not None else Person.objects.all()
    return _one(rows.filter(username=username), "person", username)


def grants_of(person: Person) -> QuerySet[RoleGrant]:
    """Return the roles a person holds, with their places, from the top down."""
    rows = RoleGrant.objects.filter(person=person).select_related("organisation", "vendor")
    return rows.order_by("organisation__path", "role")


def actor_of(person: Person, *, source: str) -> Actor:
    """Return a person as an actor with what their roles let them do; one query."""
    return Actor(
        kind="person",
        name=person.username,
        grants=_held(person),
        source=source,
        person_id=person.pk,
    )


def _held(person: Person) -> tuple[Grant, ...]:
    if not person.is_active:
        return ()
    rows = RoleGrant.objects.filter(person=person)
    held = rows.values_list("role", "organisation__path", "vendor_id")
    return tuple(
        Grant(role, path, frozenset(map(str, RIGHTS[Role(role)])), vendor_id)
        for role, path, vendor_id in held
    )


def tokens_of(person: Person) -> QuerySet[ApiToken]:
    """Return a person's API tokens, newest first, expired and revoked ones too."""
    return ApiToken.objects.filter(person=person).order_by("-created_at", "-pk")


def saved_views(person: Person, page: str) -> QuerySet[SavedView]:
    """Return the views of a page that are a person's own, or shared above their roles."""
    held = RoleGrant.objects.filter(person=person).values_list("organisation__path", flat=True)
    places = {place for path in held for place in above(path)}
    mine = Q(person=person) | Q(shared_at__path__in=places)
    rows = SavedView.objects.filter(mine, page=page).select_related("shared_at", "person")
    return rows.order_by("name", "pk")


def _one(rows: QuerySet[Row], kind: str, key: str) -> Row:
    row = rows.first()
    if row is None:
        raise NotFound(kind=kind, key=key)
    return row


def _begins(column: str, text: str) -> Q:
    # SQLite cannot use an index for LIKE with an ESCAPE; a range of its binary order can.
    if connection.vendor == "sqlite":
        return Q(**{f"{column}__gte": text, f"{column}__lt": text + "\U0010ffff"})
    return Q(**{f"{column}__startswith": text})
