"""What moves on its own, as pages: the board's live part, the list's columns, one terminal's voice."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.factories import LiveFactory, PersonFactory, TerminalFactory

from tillkeeper.formats.voice.spooled import SpooledDoubt
from tillkeeper.parties.queries import actor_of
from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import Alert, AlertRule, StateChange
from tillkeeper.telemetry.services.doubts import note_doubts
from tillkeeper.terminals.lifecycle import State

BOARD = reverse("web:board")
NUMBERS = reverse("web:board-numbers")
LIST = reverse("web:terminals")


@pytest.fixture
def rule(head_office):
    return AlertRule.objects.create(
        organisation=head_office, path=head_office.path, code="hot", name="Too hot", severity="critical",
        by="system:test", at=timezone.now(),
    )  # fmt: skip


def alert(rule, terminal):
    now = timezone.now()
    return Alert.objects.create(
        rule=rule, terminal=terminal, state="open", severity=rule.severity, began_at=now, at=now
    )


def test_the_board_shows_how_terminals_are_heard_and_leads_to_their_lists(desk, branch, rule):
    LiveFactory(terminal__home=branch)
    late = LiveFactory(terminal__home=branch, state=LiveState.LATE)
    alert(rule, late.terminal)
    shown = desk.get(BOARD).content.decode()
    assert '<strong data-number="counts.online">1</strong>' in shown
    assert '<strong data-number="alerts.critical">1</strong>' in shown
    for state in LiveState:
        assert f"{LIST}?live={state}" in shown
    listed = desk.get(LIST, {"live": "late"}).content.decode()
    assert late.terminal.serial in listed
    assert "1–1" in listed or "1 – 1" in listed or listed.count("data-row") == 1


def test_before_anything_was_heard_the_board_says_how_to_let_terminals_speak(desk, branch):
    TerminalFactory(home=branch)
    shown = desk.get(BOARD).content.decode()
    assert "No terminal has been heard yet" in shown
    assert "data-number" not in shown


def test_the_big_screen_has_the_live_part_alone(desk, branch):
    LiveFactory(terminal__home=branch)
    shown = desk.get(BOARD, {"kiosk": "1"}).content.decode()
    assert "counts.online" in shown
    assert 'id="menu"' not in shown


def test_the_numbers_are_there_for_pages_that_no_stream_reaches(desk, branch, rule):
    row = LiveFactory(terminal__home=branch, tamper_risk=True)
    alert(rule, row.terminal)
    answer = desk.get(NUMBERS)
    told = answer.json()
    assert told["counts"] == {"online": 1, "degraded": 0, "late": 0, "offline": 0}
    assert told["faults"] == [["hot", "Too hot", 1]]
    assert [need[0] for need in told["needs"]] == ["alert", "risk"]
    assert told["share"][-1][1:] == [1, 1]
    assert told["places"][0][2:4] == [1, 1]
    assert answer["Cache-Control"] == "no-store"


def test_each_gets_the_numbers_of_their_own_branch(visit, manager, branch, neighbour):
    LiveFactory(terminal__home=branch)
    LiveFactory(terminal__home=neighbour)
    told = visit(manager).get(NUMBERS).json()
    assert told["counts"]["online"] == 1
    assert told["share"][-1][1:] == [1, 1]
    assert told["rate"] is None  # nobody counts check-ins by place


def test_a_plain_server_says_that_nothing_streams(desk):
    assert desk.get(reverse("web:board-stream")).status_code == 204


def test_numbers_need_the_right_to_look(visit, head_office, db):
    nobody = PersonFactory()
    answer = visit(actor_of(nobody, source="test")).get(NUMBERS)
    assert answer.status_code == 403


def test_numbers_are_asked_for_once_for_all_who_see_the_same(
    desk, branch, django_assert_num_queries
):
    LiveFactory(terminal__home=branch)
    desk.get(NUMBERS)
    with django_assert_num_queries(3):  # session, person, grants: the numbers are kept
        desk.get(NUMBERS)


def test_the_list_shows_how_each_is_heard_at_one_statement_more(desk, branch, django_assert_num_queries):  # fmt: skip
    columns = "live,heard,battery,strength,running,away,serial"
    now = timezone.now()

    def grow(number):
        for _ in range(number):
            LiveFactory(
                terminal__home=branch, state=LiveState.OFFLINE, since=now - timedelta(hours=5), app_version="3.2.1",
                signals={"battery_level": 4, "rsrp": -118}, away_m=12_500, away=True,
            )  # fmt: skip

    def statements():
        with django_assert_num_queries(expected):
            return desk.get(
                LIST, {"columns": columns}, headers={"HX-Request": "true", "HX-Target": "table"}
            )

    grow(1)
    TerminalFactory(home=branch)  # never heard
    expected = 7
    shown = statements().content.decode()
    for text in (
        "offline",
        "5 h",
        "4 %",
        "−118 dBm",
        "3.2.1",
        "12.5 km",
        "never heard",
        'data-tone="bad"',
    ):
        assert text in shown
    grow(4)
    statements()


def test_an_unknown_kind_narrows_nothing(desk, branch):
    row = TerminalFactory(home=branch)
    assert row.serial in desk.get(LIST, {"live": "sleepy"}).content.decode()


def test_live_columns_do_not_go_into_files(desk, branch):
    LiveFactory(terminal__home=branch)
    answer = desk.get(
        reverse("web:terminals-export"), {"kind": "csv", "columns": "live,serial,battery"}
    )
    assert answer.status_code == 200
    head = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[0]
    assert head.count(",") == 0


def test_drawer_and_page_say_how_it_is_heard_and_why(desk, branch, rule):
    row = LiveFactory(
        terminal__home=branch, state=LiveState.DEGRADED, why=["hot"], signals={"battery_level": 12}
    )
    address = reverse("web:terminal", args=[row.terminal.serial])
    for headers in ({}, {"HX-Request": "true", "HX-Target": "drawer"}):
        shown = desk.get(address, headers=headers).content.decode()
        assert "Too hot" in shown
        assert "degraded" in shown
        assert "12 %" in shown


def test_the_live_page_tells_readings_alerts_and_changes(desk, branch, rule):
    row = LiveFactory(
        terminal__home=branch, state=LiveState.OFFLINE, why=["silent"],
        signals={"battery_level": 3, "paper_out": True, "carrier": "China Mobile", "latency": 240.5},
        refused={"humidity": 4},
    )  # fmt: skip
    StateChange.objects.create(
        terminal=row.terminal, from_state="online", to_state="offline", why=["silent"], at=timezone.now()
    )  # fmt: skip
    alert(rule, row.terminal)
    shown = desk.get(reverse("web:terminal-live", args=[row.terminal.serial])).content.decode()
    for text in (
        "nothing was heard when it was due",
        "China Mobile",
        "240 ms",
        "Too hot",
        "humidity",
        "No key is in force",
    ):
        assert text in shown
    chartable = re.findall(r'<option value="(\w+)"', shown)
    assert "battery_level" in chartable
    assert "carrier" not in chartable


def test_the_live_page_asks_a_fixed_number_of_times(desk, branch, rule, django_assert_max_num_queries):  # fmt: skip
    row = LiveFactory(terminal__home=branch, signals={"battery_level": 80})
    for _ in range(5):
        StateChange.objects.create(
            terminal=row.terminal, from_state="late", to_state="online", at=timezone.now()
        )
    with django_assert_max_num_queries(22):
        desk.get(reverse("web:terminal-live", args=[row.terminal.serial]))


def test_a_terminal_that_never_spoke_is_led_to_its_enrolment(desk, branch):
    silent = TerminalFactory(state=State.ACTIVE, home=branch)
    shown = desk.get(reverse("web:terminal-live", args=[silent.serial])).content.decode()
    assert "Never heard" in shown
    assert reverse("web:terminal-code", args=[silent.serial]) in shown


def test_terminals_back_in_the_warehouse_are_not_counted_and_the_board_says_where_they_are(
    desk, branch
):
    LiveFactory(terminal__home=branch)
    for state in (State.IN_STOCK, State.IN_STOCK, State.REPAIR):
        LiveFactory(terminal__home=branch, terminal__state=state, state=LiveState.OFFLINE)
    silent = TerminalFactory(home=branch, state=State.IN_STOCK)  # never heard
    shown = desk.get(BOARD).content.decode()
    assert '<strong data-number="counts.online">1</strong>' in shown
    assert '<strong data-number="counts.offline">0</strong>' in shown
    assert 'data-number="elsewhere.in_stock">2</span>' in shown
    assert 'data-number="elsewhere.repair">1</span>' in shown
    told = desk.get(NUMBERS).json()
    assert (told["counts"]["offline"], told["elsewhere"]) == (0, {"in_stock": 2, "repair": 1})
    (address,) = re.findall(r'href="([^"]*live=heard&amp;state=in_stock)"', shown)
    listed = desk.get(address.replace("&amp;", "&")).content.decode()
    assert (listed.count("data-row"), silent.serial in listed) == (2, False)


def test_with_all_that_spoke_in_the_warehouse_the_board_still_says_so(desk, branch):
    LiveFactory(terminal__home=branch, terminal__state=State.IN_STOCK)
    shown = desk.get(BOARD).content.decode()
    assert "No terminal has been heard yet" not in shown
    assert 'data-number="elsewhere.in_stock">1</span>' in shown


def test_a_figure_leads_to_as_many_terminals_as_it_says(desk, branch):
    LiveFactory(terminal__home=branch, state=LiveState.OFFLINE)
    LiveFactory(terminal__home=branch, terminal__state=State.IN_STOCK, state=LiveState.OFFLINE)
    shown = desk.get(BOARD).content.decode()
    (address,) = re.findall(rf'href="({LIST}\?live=offline[^"]*)"', shown)
    assert desk.get(address.replace("&amp;", "&")).content.decode().count("data-row") == 1


@pytest.fixture
def doubted(branch, noon):
    """A terminal that was never heard, and may exist twice."""
    terminal = TerminalFactory(state=State.ACTIVE, home=branch)
    note_doubts([SpooledDoubt(terminal.pk, 1, 0, "two_keys", 2, 1)] * 2, at=noon)
    return terminal


def test_a_doubt_older_than_the_first_check_in_is_seen_everywhere(desk, doubted):
    live = reverse("web:terminal-live", args=[doubted.serial])
    for address, headers in (
        (live, {}),
        (live, {"HX-Request": "true"}),
        (reverse("web:terminal", args=[doubted.serial]), {}),
        (reverse("web:terminal", args=[doubted.serial]), {"HX-Request": "true", "HX-Target": "drawer"}),
    ):  # fmt: skip
        assert "may exist twice" in desk.get(address, headers=headers).content.decode()
    assert "a second key asked to enrol" in desk.get(live).content.decode()
    listed = desk.get(LIST, {"live": "tamper_risk"}).content.decode()
    assert (listed.count("data-row"), doubted.serial in listed) == (1, True)
    assert [need[:2] for need in desk.get(NUMBERS).json()["needs"]] == [["risk", doubted.serial]]


def test_a_doubt_is_settled_on_the_page_with_what_was_found_out(desk, doubted):
    doubt = doubted.doubts.get()
    address = reverse("web:terminal-doubt", args=[doubted.serial, doubt.pk])
    assert address in desk.get(reverse("web:terminal-live", args=[doubted.serial])).content.decode()
    assert desk.get(address).status_code == 200
    assert desk.post(address, {"why": " "}).status_code == 422
    assert desk.post(address, {"why": "seen in the shop"}).status_code == 302
    shown = desk.get(reverse("web:terminal-live", args=[doubted.serial])).content.decode()
    assert "seen in the shop" in shown
    assert "may exist twice" not in shown
    assert desk.post(address, {"why": "again"}).status_code == 404


def test_doubts_are_settled_by_those_who_may_where_they_may(
    visit, hire, branch, neighbour, doubted
):
    address = reverse("web:terminal-doubt", args=[doubted.serial, doubted.doubts.get().pk])
    assert visit(hire(Role.ESTATE_MANAGER, neighbour)).get(address).status_code == 404
    assert visit(hire(Role.DISPATCHER, branch)).get(address).status_code == 403


def test_htmx_gets_the_part_that_changes_alone(desk, branch):
    row = LiveFactory(terminal__home=branch, signals={"battery_level": 80})
    address = reverse("web:terminal-live", args=[row.terminal.serial])
    shown = desk.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "80 %" in shown
    assert "<html" not in shown


@pytest.mark.parametrize("name", ["terminal-live", "terminal-wear", "terminal-readings"])
def test_terminals_of_others_are_not_found(name, visit, manager, neighbour):
    row = LiveFactory(terminal__home=neighbour)
    answer = visit(manager).get(reverse(f"web:{name}", args=[row.terminal.serial]))
    assert answer.status_code == 404


def test_history_without_readings_is_empty_and_no_error(desk, branch):
    row = LiveFactory(terminal__home=branch)
    address = reverse("web:terminal-readings", args=[row.terminal.serial])
    told = desk.get(address, {"signals": "battery_level,nonsense", "span": "7d"}).json()
    assert [(s["signal"], s["points"]) for s in told["series"]] == [("battery_level", [])]
    assert told["ends"] - told["begins"] == pytest.approx(7 * 86_400, abs=1)


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ("2026-03-02T09:30", "2026-03-02T09:00"),
        ("yesterday", "2026-03-02T09:00"),
        ("2026-13-40T99:00", "2026-03-02"),
        ("2020-01-01T00:00", "2026-01-01T00:00"),
        ("", ""),
    ],
)
def test_a_span_that_is_none_is_refused(begins, ends, desk, branch):
    row = LiveFactory(terminal__home=branch)
    address = reverse("web:terminal-readings", args=[row.terminal.serial])
    answer = desk.get(address, {"span": "own", "from": begins, "to": ends})
    assert answer.status_code == 422


def test_a_code_is_made_shown_once_and_taken_back(desk, branch):
    silent = TerminalFactory(state=State.ACTIVE, home=branch)
    made = desk.post(reverse("web:terminal-code", args=[silent.serial]))
    shown = made.content.decode()
    assert "<svg" in shown
    assert 'id="activation-code"' in shown
    live = reverse("web:terminal-live", args=[silent.serial])
    assert "An activation code waits" in desk.get(live).content.decode()
    desk.post(reverse("web:terminal-code-withdraw", args=[silent.serial]))
    assert "An activation code waits" not in desk.get(live).content.decode()


def test_ending_a_key_wants_its_serial_number_typed(desk, branch):
    silent = TerminalFactory(state=State.ACTIVE, home=branch)
    address = reverse("web:terminal-revoke", args=[silent.serial])
    assert desk.post(address, {"why": "lost", "confirm": "something"}).status_code == 422
    refused = desk.post(address, {"why": "lost", "confirm": silent.serial})
    assert "no enrolment in force" in refused.content.decode()


def test_whoever_may_not_enrol_makes_no_code(visit, hire, branch):
    silent = TerminalFactory(state=State.ACTIVE, home=branch)
    agent = visit(hire(Role.SUPPORT_AGENT, branch))
    assert agent.get(reverse("web:terminal-code", args=[silent.serial])).status_code == 403
    shown = agent.get(reverse("web:terminal-live", args=[silent.serial])).content.decode()
    assert reverse("web:terminal-code", args=[silent.serial]) not in shown


def test_the_words_of_the_page_are_in_its_language(desk, branch):
    LiveFactory(terminal__home=branch)
    desk.cookies["django_language"] = "zh-hans"
    shown = desk.get(BOARD).content.decode()
    words = json.loads(
        re.search(r'id="live-words" type="application/json">(.*?)</script>', shown)[1]
    )
    assert words["pause"] == "暂停"
