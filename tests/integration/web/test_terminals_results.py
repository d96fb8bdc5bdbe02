"""What came of an order for many: each terminal has its result, and refusals are told by reason."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.factories import TerminalFactory, TerminalModelFactory

from tillkeeper.terminals.lifecycle import State, Step


@pytest.fixture
def make(branch):
    model = TerminalModelFactory()

    def terminals(state: State, count: int, **more):
        return [
            TerminalFactory(state=state, home=branch, model=model, **more).serial
            for _ in range(count)
        ]

    return terminals


@pytest.fixture
def issue(desk):
    """Issue terminals and return the address of the result."""

    def issued(serials) -> str:
        url = reverse("web:terminals-bulk-step", args=[Step.ISSUE.value])
        sent = {"serial": serials, "confirmed": "1", "custodian": "Wang"}
        return desk.post(url, sent)["Location"]

    return issued


def rows_of(desk, page) -> list[dict[str, str]]:
    text = b"".join(desk.get(f"{page}/results.csv").streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_file_holds_every_terminal_once_with_its_result(desk, make, issue):
    ready, faulty = make(State.READY, 3), make(State.FAULTY, 2)
    tampered, unknown = make(State.READY, 1, tampered=True), ["NOSUCH01"]
    rows = rows_of(desk, issue([*ready, *faulty, *tampered, *unknown]))
    told = {row["Serial number"]: (row["Result"], row["Code"]) for row in rows}
    assert len(rows) == len(told)
    assert told == (
        dict.fromkeys(ready, ("Done", ""))
        | dict.fromkeys(faulty, ("Refused", "terminals.step_refused"))
        | dict.fromkeys(tampered, ("Refused", "terminals.guard_failed"))
        | dict.fromkeys(unknown, ("Refused", "kernel.not_found"))
    )
    assert all(bool(row["Why"]) == (row["Result"] == "Refused") for row in rows)


def test_refusals_are_grouped_by_reason_without_naming_a_terminal(desk, make, issue):
    faulty, tampered = make(State.FAULTY, 4), make(State.READY, 2, tampered=True)
    page = issue([*make(State.READY, 1), *faulty, *tampered, "NOSUCH01"])
    reasons = desk.get(page).context["told"].reasons
    assert [n for _reason, n in reasons] == [4, 2, 1]
    assert reasons[0][0] == "are “faulty”: not possible from there"
    assert reasons[1][0].startswith("it is marked as tampered")
    assert reasons[2][0].startswith("are not in your view")
    spoken = " ".join(reason for reason, _n in reasons)
    assert not [serial for serial in (*faulty, *tampered, "NOSUCH01") if serial in spoken]


def test_the_done_ones_are_listed_page_by_page_and_by_result(desk, htmx, make, issue):
    ready, faulty = make(State.READY, 51), make(State.FAULTY, 1)
    page = issue([*ready, *faulty])
    first = desk.get(page).content.decode()
    assert faulty[0] in first
    second = desk.get(page, {"page": "2"}).content.decode()
    listed = [serial for serial in ready if serial in first or serial in second]
    assert listed == ready
    refused = desk.get(page, {"state": "refused"}, headers=htmx).content.decode()
    assert "<html" not in refused
    assert faulty[0] in refused
    assert not [serial for serial in ready if serial in refused]


def test_what_was_so_already_is_told_too(desk, make):
    marked, clean = make(State.READY, 1, tampered=True), make(State.READY, 1)
    url = reverse("web:terminals-bulk-tampered")
    sent = {"serial": [*marked, *clean], "confirmed": "1", "confirm": "2", "why": "Opened case"}
    rows = rows_of(desk, desk.post(url, sent)["Location"])
    told = {row["Serial number"]: row["Result"] for row in rows}
    assert told == {marked[0]: "Nothing to do", clean[0]: "Done"}


def test_a_card_number_in_an_order_is_shown_masked(desk, branch):
    model, card = TerminalModelFactory(), "4111111111111111"
    sent = {
        "serials": card, "model": model.code, "organisation": branch.code, "supplier": model.vendor.code,
        "currency": "CNY",
    }  # fmt: skip
    page = desk.post(reverse("web:terminals-order"), sent)["Location"]
    assert [row["Code"] for row in rows_of(desk, page)] == ["terminals.card_number"]
    assert card not in str(rows_of(desk, page))
    assert card not in desk.get(page).content.decode()


@pytest.mark.parametrize("suffix", ["", "/results.csv"])
def test_a_result_takes_as_many_queries_for_few_as_for_many(desk, make, issue, suffix):
    def asked(page) -> int:
        with CaptureQueriesContext(connection) as queries:
            response = desk.get(f"{page}{suffix}")
            b"".join(response.streaming_content if suffix else [response.content])
        return len(queries)

    few, many = issue(make(State.READY, 1)), issue(make(State.READY, 30) + make(State.FAULTY, 30))
    asked(few)
    assert asked(few) == asked(many)
