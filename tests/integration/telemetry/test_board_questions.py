"""What the live board asks: how many were up over a day, where they stand, and which terminals a kind means."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.factories import NOON, LiveFactory, MerchantFactory, SiteFactory, TerminalFactory
from tests.integration.telemetry.voices import Shelf, check_in, reading

from tillkeeper.formats.voice.spooled import SpooledDoubt
from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import StateChange, Tally
from tillkeeper.telemetry.queries.board import check_ins, ids_of, places, shares
from tillkeeper.telemetry.queries.live import (
    attention,
    live_counts,
    live_counts_by,
    live_of,
    not_in_use,
    watched,
)
from tillkeeper.telemetry.services.doubts import note_doubts
from tillkeeper.telemetry.services.writing.line import Line
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


def test_only_those_in_use_are_counted_whoever_looks_and_the_others_by_where_they_are(
    administrator, manager, branch, neighbour, django_assert_num_queries
):
    for home in (branch, neighbour):
        LiveFactory(terminal__home=home)
        LiveFactory(terminal__home=home, state=LiveState.OFFLINE)
        for state in (State.IN_STOCK, State.LOST):
            LiveFactory(terminal__home=home, terminal__state=state, state=LiveState.OFFLINE)
    for who, times in ((administrator, 2), (manager, 1)):
        # One more where it has to be known whether that is all of the estate.
        with django_assert_num_queries(2 if who is manager else 3):
            counts = live_counts(who)
        assert counts == {"online": times, "degraded": 0, "late": 0, "offline": times}
        assert not_in_use(who) == {"in_stock": times, "lost": times}
        assert attention(who)["offline"] == len(watched(who, "offline")) == times
        assert live_counts_by(who, "city")["上海市"] == {"online": times, "offline": times}
        assert shares(who, at=timezone.now())[-1].total == 2 * times


def test_a_doubt_older_than_the_first_check_in_is_a_risk_and_stays_one(
    administrator, hire, branch, neighbour
):
    doubted, heard = (
        TerminalFactory(state=State.ACTIVE, home=branch),
        LiveFactory(terminal__home=branch),
    )
    note_doubts(
        [SpooledDoubt(one, 1, 0, "two_keys", 2, 1) for one in (doubted.pk, heard.terminal_id)], at=NOON
    )  # fmt: skip
    assert [(row.serial, row.state, row.why) for row in watched(administrator, "tamper_risk")] == [
        (heard.terminal.serial, LiveState.ONLINE, ()),
        (doubted.serial, None, ("two_keys",)),
    ]
    assert len(watched(administrator, "tamper_risk", 1)) == 1
    assert attention(administrator)["tamper_risk"] == 2
    found = matching(viewable(administrator), Filters(live="tamper_risk"))
    assert {row.pk for row in found} == {doubted.pk, heard.terminal_id}
    stranger = hire(Role.ESTATE_MANAGER, neighbour)
    assert (watched(stranger, "tamper_risk"), attention(stranger)["tamper_risk"]) == ([], 0)
    line = Line(shelf := Shelf(), 0)
    shelf.say(check_in(doubted.pk, reading(1)))
    line.go_round(at=NOON, wait_s=0)
    assert live_of(administrator, doubted.serial).tamper_risk
    assert attention(administrator)["tamper_risk"] == 2


def test_check_ins_are_summed_over_hours(db):
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    for hours, code in ((0, "check_in"), (1, "check_in"), (0, "unsigned"), (9, "check_in")):
        Tally.objects.create(code=f"{code}", hour=now - timedelta(hours=hours), count=10)
    assert check_ins(since=now - timedelta(hours=1, minutes=-5)) == 20
