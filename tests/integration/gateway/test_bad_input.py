"""Whatever comes in: refused with a code of its own, counted, never a failure of ours, and nobody else suffers."""

import json
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.factories import TerminalFactory
from tests.integration.gateway.test_check_ins import check_in, kept
from tests.integration.telemetry.speaking import Voice

from tillkeeper.formats.voice.messages import BODY_MAX
from tillkeeper.gateway import application as over_http
from tillkeeper.gateway.memory import Knocks
from tillkeeper.gateway.refusals import REFUSALS
from tillkeeper.telemetry.bearers import Bearer, Mint
from tillkeeper.telemetry.services.proofs import mint

WAYS = (
    "check-in",
    "token",
    "enrol",
    "logs",
    "actions/1/result",
    "health",
    "openapi.json",
    "",
    "x/y",
)


def _json(message) -> bytes:
    return msgspec.json.encode(message)


DEEP = b'{"counter":1,"clock":1,"readings":' + b"[" * 60_000 + b"]" * 60_000 + b"}"
BODIES = {
    "truncated": (_json(check_in(1))[:-20], 400, "truncated"),
    "empty": (b"", 400, "truncated"),
    "no JSON": (b"counter=1&clock=2", 400, "malformed"),
    "deeply nested": (DEEP, 400, "too_deep"),
    "deep where nobody looks": (b'{"x":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001, 400, "too_deep"),
    "NaN": (
        b'{"counter":1,"clock":1,"readings":[{"seq":1,"at":1,"values":{"csq":NaN}}]}',
        400,
        "malformed",
    ),
    "a wrong kind": (b'{"counter":"1","clock":1,"readings":[]}', 422, "invalid"),
    "a field missing": (b'{"counter":1,"readings":[]}', 422, "invalid"),
    "a list instead": (b"[]", 422, "invalid"),
    "too many readings": (_json(check_in(1, *range(201))), 422, "invalid"),
    "too many signals": (_json(check_in(1, **{f"s{n}": n for n in range(65)})), 422, "invalid"),
    "a value too long": (_json(check_in(1, carrier="x" * 65)), 422, "invalid"),
    "a negative counter": (_json(check_in(1) | {"counter": -1}), 422, "invalid"),
    "a counter past all numbers": (_json(check_in(1) | {"counter": 2**53}), 422, "invalid"),
    "a clock past all years": (_json(check_in(1) | {"clock": 10**15}), 422, "invalid"),
    "values that are lists": (_json(check_in(1, csq=[1])), 422, "invalid"),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_no_check_in_says_what_is_wrong(body, ask, terminal, spool):
    raw, status, code = BODIES[body]
    answer = ask("check-in", raw, token=terminal[1])
    assert (answer.status, answer.code) == (status, code)
    assert answer.said["sentence"]
    assert ask.door.tallies.take()[code] == 1
    assert kept(spool) == []


def test_infinity_in_messagepack_is_kept_for_the_writer_to_refuse_per_field(ask, terminal, spool):
    said = check_in(1, latency=float("inf"), csq=float("nan"), battery_level=50.0)
    assert ask("check-in", said, token=terminal[1], kind="application/msgpack").status == 200
    assert kept(spool)[0].said.readings[0].values["battery_level"] == 50.0


def test_another_content_type_is_refused(ask, terminal):
    answer = ask("check-in", b"<x/>", token=terminal[1], headers={"content-type": "text/xml"})
    assert (answer.status, answer.code) == (415, "unsupported_type")


@pytest.mark.parametrize("way", ["check-in", "enrol", "token", "actions/1/result", "logs"])
def test_what_is_too_long_is_refused_by_its_word_and_as_it_comes(way, ask, terminal):
    query = b"upload=12345678&index=0&pieces=1"
    long = {"content-length": str(10**9)}
    said = ask(way, b"", token=terminal[1], headers=long, query=query)
    assert (said.status, said.code) == (413, "too_large")
    chunks = [b" " * 65_536] * (BODY_MAX // 65_536 + 1)
    comes = ask(way, b"", token=terminal[1], chunks=chunks, query=query)
    assert (comes.status, comes.code) == (413, "too_large")


def test_a_body_that_trickles_in_is_given_up_and_nobody_waits_for_it(ask, terminal, monkeypatch):
    monkeypatch.setattr(over_http, "BODY_S", 0.2)
    slow, quick = ask.many(
        [
            ("check-in", b"", {"token": terminal[1], "chunks": [b"{"], "ends": False}),
            ("check-in", check_in(1), {"token": terminal[1]}),
        ]
    )
    assert (slow.status, slow.code, quick.status) == (408, "too_slow", 200)


def _tokens(voice, key) -> dict[str, tuple[str, str]]:
    enrolment, soon = int(voice.enrolment), int(time.time()) + 600
    mine = Bearer(key, voice.serial, enrolment, soon)
    good = mint().token(mine)
    return {
        "none": ("", "token_missing"),
        "not ours": (Mint("another server").token(mine), "token_invalid"),
        "unsigned": (good.rpartition(".")[0] + ".", "token_invalid"),
        "changed": (good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1], "token_invalid"),
        "junk": ("x" * 5_000, "token_invalid"),
        "expired": (
            mint().token(Bearer(key, voice.serial, enrolment, soon - 700)),
            "token_expired",
        ),
    }


@pytest.mark.parametrize("which", ["none", "not ours", "unsigned", "changed", "junk", "expired"])
def test_who_cannot_say_who_they_are_is_refused(which, ask, terminal):
    voice, _token, key = terminal
    token, code = _tokens(voice, key)[which]
    answer = ask("check-in", check_in(1), token=token)
    assert (answer.status, answer.code) == (401, code)


def test_proofs_that_are_replayed_stale_or_forged_are_refused_and_the_time_is_told(ask, terminal):
    voice, _token, _key = terminal
    now = datetime.now(UTC)
    asked = voice.ask(now)
    assert ask("token", asked).status == 200
    cases = {
        "nonce_used": asked,
        "clock_stale": voice.ask(now - timedelta(hours=1)),
        "proof_refused": Voice(voice.serial, enrolment=voice.enrolment).ask(now),
        "enrolment_unknown": voice.ask(now, enrolment="123456"),
    }
    for code, message in cases.items():
        answer = ask("token", message)
        assert (answer.status in {403, 409}, answer.code) == (True, code)
        assert abs(answer.said["time"] - time.time() * 1000) < 5_000


def test_a_terminal_with_a_wrong_clock_sets_it_by_the_refusal(ask, terminal):
    voice, _token, _key = terminal
    wrong = datetime.now(UTC) - timedelta(days=400)
    told = ask("token", voice.ask(wrong))
    right = datetime.fromtimestamp(told.said["time"] / 1000, UTC)
    assert (told.code, ask("token", voice.ask(right)).status) == ("clock_stale", 200)


def test_a_terminal_unknown_to_the_ledger_is_told(ask, branch):
    answer = ask("enrol", Voice("NEVERSEEN").enrol("7K2M9-QXD4T", datetime.now(UTC)))
    assert (answer.status, answer.code) == (403, "terminal_unknown")


def test_guessing_codes_soon_has_to_wait(ask, branch):
    known = TerminalFactory(organisation=branch, state="in_stock")
    voice = Voice(known.serial)
    codes = [
        ask("enrol", voice.enrol(f"7K2M9-QXD{n:02}", datetime.now(UTC))).code for n in range(14)
    ]
    assert codes[0] == "code_refused"
    assert codes[-1] == "too_often"


def test_a_flood_from_one_terminal_is_turned_away_and_nobody_else_notices(
    ask, enrolled, terminal, spool
):
    _voice, flooding, _key = terminal
    other = enrolled()[1]
    requests = [("check-in", check_in(n), {"token": flooding}) for n in range(1, 400)]
    answers = ask.many([*requests, ("check-in", check_in(1), {"token": other})])
    refused = [answer for answer in answers if answer.code == "too_often"]
    assert answers[-1].status == 200
    assert len(refused) >= 300
    assert {answer.status for answer in refused} == {429}
    assert all(1 <= answer.said["after_s"] <= 60 for answer in refused)
    assert ask.door.tallies.take()["too_often"] == len(refused)


def test_the_wrong_method_and_the_wrong_address_are_told(ask):
    assert ask("check-in", method="GET").code == "method_not_allowed"
    assert ask("health", method="POST").code == "method_not_allowed"
    for address in ("nothing", "/", "/device/v2/check-in", "actions//result/", "actions/1/other"):
        assert ask(address).code == "not_found"


def test_a_result_for_what_is_no_action_is_refused(ask, terminal):
    result = {"outcome": "confirmed", "clock": 1}
    for action in ("x", "-1", "1" * 40, "%31", ""):
        assert ask(f"actions/{action}/result", result, token=terminal[1]).code == "not_found"
    result["outcome"] = "perhaps"
    assert ask("actions/1/result", result, token=terminal[1]).code == "invalid"


def test_pieces_of_logs_say_what_they_are(ask, terminal):
    for query in (
        b"",
        b"upload=short&index=0&pieces=1",
        b"upload=12345678&index=1&pieces=1",
        b"upload=12345678&index=x&pieces=1",
        b"\xff",
        b"upload=12345678&index=0&pieces=1001",
    ):
        assert ask("logs", b"line\n", token=terminal[1], query=query).code == "invalid"


def test_the_description_is_made_of_the_messages(ask):
    told = ask("openapi.json", method="GET").said
    assert set(told["paths"]) == {
        f"/device/v1/{way}"
        for way in (
            "enrol",
            "token",
            "check-in",
            "actions/{id}/result",
            "logs",
            "health",
            "openapi.json",
        )
    }
    assert told["components"]["schemas"]["Refused"]["properties"]["code"]["enum"] == sorted(
        REFUSALS
    )
    assert json.dumps(told)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "counter": JSONS | st.integers(0, 10),
        "clock": JSONS | st.integers(0, 2**41),
        "readings": JSONS
        | st.lists(
            st.fixed_dictionaries(
                {
                    "seq": st.integers(0, 9) | JSONS,
                    "at": st.integers(0, 2**41) | JSONS,
                    "values": JSONS,
                }
            ),
            max_size=3,
        ),
        "serial": JSONS,
        "code": JSONS,
        "nonce": st.text(max_size=70) | JSONS,
        "public_key": st.text("AZaz09_-", max_size=50) | JSONS,
        "proof": st.text("AZaz09_-", max_size=100) | JSONS,
        "enrolment": st.text("0123456789", max_size=25) | JSONS,
        "outcome": st.sampled_from(["confirmed", "failed"]) | JSONS,
    },
)
RAW = (
    st.binary(max_size=200)
    | NEARLY.map(lambda m: json.dumps(m).encode())
    | NEARLY.map(lambda m: b"" if _too_big(m) else msgspec.msgpack.encode(m))
)


def _too_big(message) -> bool:
    try:
        msgspec.msgpack.encode(message)
    except (OverflowError, ValueError):
        return True
    return False


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(
    way=st.sampled_from(WAYS),
    raw=RAW,
    kind=st.sampled_from(["application/json", "application/msgpack", "", "text/plain"]),
    known=st.booleans(),
    method=st.sampled_from(["POST", "POST", "POST", "GET", "PUT"]),
    query=st.binary(max_size=60) | st.just(b"upload=12345678&index=0&pieces=1"),
)
def test_no_bytes_whatever_are_a_failure_of_ours(  # noqa: PLR0917  what hypothesis draws
    ask, terminal, way, raw, kind, known, method, query
):
    if way == "logs" and known and b"upload=1234" in query:
        return  # that is a good one
    ask.door._rates.allow(per_minute=10**6, at_once=10**6)
    ask.door._knocks = Knocks(per_minute=10**6, at_once=10**6)
    token = terminal[1] if known else ""
    headers = {"content-type": kind}
    answer = ask(way, raw, token=token, headers=headers, method=method, query=query)
    if answer.status == 200:
        return
    assert 400 <= answer.status < 500 or answer.status == 503
    assert answer.code in REFUSALS.keys() - {"busy"}
    assert set(answer.said) == {"code", "sentence", "after_s", "time"}
