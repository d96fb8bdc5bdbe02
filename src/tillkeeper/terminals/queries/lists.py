"""Questions about the estate: lists, one terminal, and what its guards look at."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.policy import policy
from tillkeeper.kernel.search import Beside, contains, first_hits
from tillkeeper.parties.queries import below, merchants, organisations, sites, within
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.lifecycle import STEPS, Facts, Prospect, State, prospects
from tillkeeper.terminals.models import Binding, ModelApproval, Terminal, TerminalModel
from tillkeeper.terminals.narrowing import keys_of
from tillkeeper.terminals.selection import Filters

SORTS: Final = (
    "serial",
    "-serial",
    "state_since",
    "-state_since",
    "received_on",
    "-received_on",
    "warranty_until",
    "-warranty_until",
)
ROW_JOINS: Final = (
    "model",
    "model__vendor",
    "supplier",
    "organisation",
    "home",
    "site",
    "binding",
    "binding__merchant",
)
BY_TIME: Final = ("state_since", "received_on")  # sorts whose index holds the model too
COUNT_LIMIT: Final = 10_000
FEW_SITES: Final = 100  # up to here their own index is the quickest way to the terminals


def visible(scope: Scope) -> Q:
    """Return the condition that a terminal lies inside a scope."""
    seen = within(scope)
    return seen & Q(model__vendor_id=scope.vendor_id) if scope.vendor_id is not None else seen


def terminals(
    scope: Scope, filters: Filters | None = None, sort: str = "serial"
) -> QuerySet[Terminal]:
    """Return terminals with all that a list row shows, one statement; sorted stably.

    Args:
        scope: what the asker may see.
        filters: what to narrow to.
        sort: one of SORTS; anything else sorts by serial.
    """
    order = sort if sort in SORTS else "serial"
    tie = "-id" if order.startswith("-") else "id"
    rows = matching(scope, filters or Filters(), sort).select_related(*ROW_JOINS)
    return rows.order_by(order) if order.lstrip("-") == "serial" else rows.order_by(order, tie)


def matching(scope: Scope, filters: Filters, sort: str = "") -> QuerySet[Terminal]:
    """Return the bare terminals that match, unordered: for counting, for sets, or to be sorted by `sort`."""
    rows = Terminal.objects.filter(visible(scope))
    exact = {
        "state__in": filters.state,
        "holder": filters.holder,
        "origin": filters.origin,
        "received_on__gte": filters.received_from,
        "received_on__lte": filters.received_to,
        "tampered": filters.tampered,
    }
    rows = rows.filter(
        **{name: value for name, value in exact.items() if value not in ("", (), None)}
    )
    if filters.overdue_on:
        rows = rows.filter(state=State.ISSUED, due_back_on__lt=filters.overdue_on)
    if filters.slow_on:
        rows = rows.filter(_slow(filters.slow_on))
    if filters.live:
        heard = keys_of("live", filters.live)
        rows = rows.none() if heard is None else rows.filter(pk__in=heard)
    narrowed = _by_model(_by_text(rows, scope, filters.q), filters, sort)
    return _by_place(narrowed, scope, filters)


def _slow(on: date) -> Q:
    """Return the condition that a terminal is longer in its state than the policy of that day allows."""
    late = Q(pk__in=[])
    for state, days in policy("estate.slow_days", on=on).items():
        late |= Q(state=state, state_since__date__lt=on - timedelta(days=days))
    return late


def _by_text(rows: QuerySet[Terminal], scope: Scope, text: str) -> QuerySet[Terminal]:
    """Narrow to a part of the serial number, the start of a terminal id, or a merchant's number or part of its name."""
    needle = text.strip()
    if not needle:
        return rows
    if scope.vendor_id is not None:  # whom a terminal serves is not its vendor's to find out
        return rows.filter(_with_serial(needle.upper()))
    named = merchants(scope).filter(contains("parties_merchant", "name", needle) | Q(number=needle))
    bound = Binding.objects.filter(valid_to=None)
    by_merchant = bound.filter(merchant__in=named)
    by_tid = bound.filter(tid=needle)
    return rows.filter(
        _with_serial(needle.upper())
        | Q(pk__in=by_merchant.values("terminal"))
        | Q(pk__in=by_tid.values("terminal"))
    )


def _with_serial(needle: str) -> Q:
    """Return the condition that the serial number has `needle` inside it.

    What more terminals have than anybody pages through is met soon on the way through the sorted list itself.
    """
    hits = first_hits("terminals_terminal", "serial", needle, COUNT_LIMIT + 1)
    if hits is None:
        return contains("terminals_terminal", "serial", needle)
    return Q(pk__in=hits) if len(hits) <= COUNT_LIMIT else Q(serial__contains=needle)


def _by_model(rows: QuerySet[Terminal], filters: Filters, sort: str) -> QuerySet[Terminal]:
    models = TerminalModel.objects.all()
    if filters.model:
        models = models.filter(code=filters.model)
    if filters.vendor:
        models = models.filter(vendor__code=filters.vendor)
    if filters.approval_until:
        models = models.annotate(ends=Max("approvals__expires_on")).filter(
            ends__lte=filters.approval_until
        )
    if not (filters.model or filters.vendor or filters.approval_until):
        return rows
    # The ids themselves, not a subquery: both planners then take the index that begins with the model.
    wanted = list(models.values_list("pk", flat=True))
    if sort.lstrip("-") in BY_TIME:
        return rows.alias(made=Beside("model")).filter(made__in=wanted)
    return rows.filter(model_id__in=wanted)


def _by_place(rows: QuerySet[Terminal], scope: Scope, filters: Filters) -> QuerySet[Terminal]:
    if filters.organisation:
        path = (
            organisations(scope)
            .filter(code=filters.organisation)
            .values_list("path", flat=True)
            .first()
        )
        rows = rows.filter(below(path)) if path else rows.none()
    if scope.vendor_id is not None and (filters.merchant or filters.site):
        return rows.none()
    if filters.merchant:
        rows = rows.filter(binding__merchant__number=filters.merchant)
    if filters.site:
        rows = rows.filter(site__code=filters.site)
    place = {"province": filters.province, "city": filters.city}
    if named := {field: value for field, value in place.items() if value}:
        rows = _at_sites(rows, sites().filter(**named))
    return rows


def _at_sites(rows: QuerySet[Terminal], places: QuerySet[Any]) -> QuerySet[Terminal]:
    """Narrow to sites: a few lead to their terminals, many are only looked at beside the sort."""
    if places.count() <= FEW_SITES:
        return rows.filter(site__in=places)
    return rows.alias(placed=Beside("site")).filter(placed__in=places)


def terminal(scope: Scope, serial: str) -> Terminal:
    """Return one terminal with all its page shows.

    Raises:
        NotFound: no such terminal, or not within the scope.
    """
    rows = Terminal.objects.filter(visible(scope)).select_related(
        *ROW_JOINS, "supplier", "site__merchant"
    )
    found = rows.filter(serial=serial.strip().upper()).first()
    if found is None:
        raise NotFound(kind="terminal", key=serial)
    return found


def counts_by_state(scope: Scope, filters: Filters) -> dict[str, int]:
    """Return how many terminals of each state match, whatever state the filters name."""
    stateless = replace(filters, state=())
    counted = matching(scope, stateless).order_by().values_list("state").annotate(n=Count("pk"))
    return dict(counted)


def count_up_to(rows: QuerySet[Terminal], limit: int = COUNT_LIMIT) -> tuple[int, bool]:
    """Return (how many, whether that is exact): past `limit` counting stops, since nobody reads on and it costs."""
    counted = rows.order_by()[: limit + 1].count()
    return min(counted, limit), counted <= limit


def terminal_models(vendor: str = "") -> QuerySet[TerminalModel]:
    """Return the catalogue, with the day the last approval of each model ends (`approved_until`)."""
    rows = TerminalModel.objects.select_related("vendor").annotate(
        approved_until=Max("approvals__expires_on")
    )
    return (rows.filter(vendor__code=vendor) if vendor else rows).order_by("vendor__name", "name")


def terminal_model(code: str) -> TerminalModel:
    """Return one model with its approvals at hand.

    Raises:
        NotFound: no such model.
    """
    found = terminal_models().filter(code=code).prefetch_related("approvals").first()
    if found is None:
        raise NotFound(kind="terminal model", key=code)
    return found


def approvals_on(model_ids: Iterable[int], day: date) -> dict[int, tuple[bool, bool]]:
    """Return per model whether it may be (bought, used) on a day. A model without any approval row is not judged."""
    judged: dict[int, tuple[bool, bool]] = {}
    for approval in ModelApproval.objects.filter(model__in=set(model_ids)):
        bought, used = judged.get(approval.model_id, (False, False))
        buyable = approval.expires_on >= day or bool(approval.waiver)
        usable = approval.use_until is None or approval.use_until >= day
        judged[approval.model_id] = (bought or buyable, used or usable)
    return judged


def prospects_of(subject: Terminal, *, by: Actor, at: datetime) -> tuple[Prospect, ...]:
    """Return what may be done next and why the rest may not, as far as the actor has the right."""
    buyable, usable = approvals_on([subject.model_id], timezone.localdate(at)).get(
        subject.model_id, (True, True)
    )
    facts = Facts(
        tampered=subject.tampered,
        keyed=subject.keyed,
        wiped=subject.wiped,
        tamper_cleared=subject.tamper_cleared,
        accepted=subject.accepted,
        refiled=subject.refiled,
        case_closed=subject.case_closed,
        on_loan=subject.on_loan,
        approval_buyable=buyable,
        approval_usable=usable,
        five_elements=_may_be_bound(subject),
        last_actor=subject.last_actor,
        actor=by.name,
    )
    seen = prospects(State(subject.state), facts)
    return tuple(prospect for prospect in seen if by.may(STEPS[prospect.step].right, subject.path))


def _may_be_bound(subject: Terminal) -> bool:
    """Say whether the place where a terminal is being installed has what a binding needs; elsewhere nobody asks yet."""
    if State(subject.state) is not State.INSTALLED or subject.site is None:
        return True
    owner = subject.site.merchant
    known = owner.uscc or owner.id_number_hash
    return bool(owner.number and known and owner.settlement_account_masked and subject.site.address)


def viewable(by: Actor) -> Scope:
    """Return what the actor may see of the estate."""
    return by.scope(Right.VIEW)


def without_approval(scope: Scope) -> QuerySet[TerminalModel]:
    """Return models in the estate that have no approval row at all: nothing guards their use."""
    mine = Terminal.objects.filter(visible(scope), model=OuterRef("pk"))
    return TerminalModel.objects.filter(Exists(mine), approvals=None)
