"""What the live board asks: how many were up over a day, where they stand, and which terminals a kind means."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.factories import LiveFactory, MerchantFactory, SiteFactory, TerminalFactory

from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import StateChange, Tally
from tillkeeper.telemetry.queries.board import check_ins, ids_of, places, shares
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import matching, viewable
from tillkeeper.terminals.selection import Filters


def test_the_day_is_counted_back_from_now_by_the_changes_since(administrator, branch):
    now = timezone.now()
    stays = LiveFactory(terminal__home=branch)
    fell = LiveFactory(terminal__home=branch, state=LiveState.OFFLINE)
    fresh = LiveFactory(terminal__home=branch)
    for row, from_state, to_state, hours in (
        (fell, "online", "offline", 2.1),
        (fresh, "", "online", 5.1),
        (stays, "offline", "online", 30),  # longer ago than the day
    ):
        StateChange.objects.create(
            terminal=row.terminal,
            from_state=from_state,
            to_state=to_state,
            at=now - timedelta(hours=hours),
        )
    told = shares(administrator, at=now)
    assert [(s.up, s.total) for s in (told[0], told[-1])] == [(2, 2), (2, 3)]
    by_age = {round((now - s.at).total_seconds() / 1800): (s.up, s.total) for s in told}
    assert by_age[8] == (3, 3)  # four hours ago all three were up
    assert [s.at for s in told] == sorted(s.at for s in told)
    assert 48 <= len(told) <= 50


def test_people_of_a_branch_see_their_own_day(manager, branch, neighbour):
    LiveFactory(terminal__home=branch)
    LiveFactory(terminal__home=neighbour)
    assert shares(manager, at=timezone.now())[-1].total == 1


def test_places_are_cities_with_the_middle_of_their_sites(administrator, branch):
    shop = MerchantFactory(parent=branch)
    for latitude, state in ((31.0, LiveState.ONLINE), (31.2, LiveState.OFFLINE)):
        site = SiteFactory(merchant=shop, city="上海市", latitude=latitude, longitude=121.4)
        LiveFactory(
            terminal=TerminalFactory(state=State.ACTIVE, home=branch, site=site), state=state
        )
    found = places(administrator)
    assert [(p.city, p.total, p.up, p.latitude) for p in found] == [("上海市", 2, 1, 31.1)]


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("late", {"state": LiveState.LATE}),
        ("away", {"away": True}),
        ("tamper_risk", {"tamper_risk": True}),
    ],
)
def test_the_list_narrows_to_a_kind(kind, facts, administrator, branch):
    meant = LiveFactory(terminal__home=branch, **facts)
    LiveFactory(terminal__home=branch)
    found = matching(viewable(administrator), Filters(live=kind))
    assert list(found) == [meant.terminal]


def test_never_heard_are_those_at_a_site_that_never_spoke(administrator, branch):
    silent = TerminalFactory(state=State.ACTIVE, home=branch)
    TerminalFactory(state=State.IN_STOCK, home=branch)
    LiveFactory(terminal__home=branch)
    assert list(ids_of("never").values_list("pk", flat=True)) == [silent.pk]


def test_check_ins_are_summed_over_hours(db):
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    for hours, code in ((0, "check_in"), (1, "check_in"), (0, "unsigned"), (9, "check_in")):
        Tally.objects.create(code=f"{code}", hour=now - timedelta(hours=hours), count=10)
    assert check_ins(since=now - timedelta(hours=1, minutes=-5)) == 20
