"""A case's evidence in words; and what an address asks for that nothing can be made of."""

import ast
import json
import re
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from django.utils import translation

from tillkeeper import formats
from tillkeeper.engines.matching.differences import SHOWN
from tillkeeper.engines.matching.payments import PASSES
from tillkeeper.engines.matching.payouts.residuals import RESIDUALS
from tillkeeper.engines.matching.payouts.verdicts import ROW_LESS, ROW_MORE, _evidence
from tillkeeper.web.asking import day_of, minor_of, unread
from tillkeeper.web.money.check_words import CHECKS
from tillkeeper.web.money.evidence_words import (
    EXPLAINED_BY,
    FACTS,
    FOUND_BY,
    LEFT_OUT,
    ROW_IS,
    evidence_of,
)
from tillkeeper.web.money.file_facts import accounts_of, facts_told, figure_of, told_of

CHECK = re.compile(r"[a-z][a-z ]+ against [a-z0-9: C-D]+", re.ASCII)
PAYOUT = (  # columns of a judged payout
    "net", "credited", "residual", "why", "rows", "fee", "surcharge", "refund", "refund_fee", "plan_fee", "how",
    "several", "lines", "day", "due_on", "booked", "row_is", "row_file", "row_line", "row_number", "row_minor",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def told(**evidence):
    case = SimpleNamespace(evidence=evidence, currency="CNY")
    return dict(evidence_of(case)["facts"])


def test_every_fact_that_the_engine_names_has_its_words():
    assert set(SHOWN) | {"channel_rows"} <= FACTS.keys() | LEFT_OUT
    assert {step.name for step in PASSES} == set(FOUND_BY)
    assert set(RESIDUALS) == set(EXPLAINED_BY)
    assert {*ROW_LESS, *ROW_MORE} == set(ROW_IS)


def test_every_fact_of_a_payout_has_its_words():
    made = pl.DataFrame({name: [1] for name in PAYOUT}).select(_evidence()).to_series()
    assert json.loads(made[0]).keys() <= FACTS.keys()


def test_amounts_days_and_counts_read_as_people_write_them():
    assert told(
        expected_minor=227_307, residual_minor=-5, payments=1_234, settled_on="2026-10-30"
    ) == {
        "Should have come": "¥2,273.07",
        "Difference": "−¥0.05",
        "Settled on": "2026-10-30",
        "Payments in it": "1,234",
    }
    assert told(explained_by="plan_fee", paired_by="merchant", rate_millionths=3_800) == {
        "The difference is": "the plan fee",
        "Put together by": "merchant, amount and day",
        "Rate": "0.38 %",
    }
    assert told(twin_minutes=1.083) == {"Time between the two": "1 minute"}
    assert told(twin_minutes=0.2) == {"Time between the two": "less than a minute"}


def test_what_is_not_known_is_left_out_and_what_is_newer_is_shown_as_it_is():
    assert told(credited_minor=None, explained_by="", gap=False, clues={"chip": True}) == {}
    assert told(of_tomorrow="x", by="of_tomorrow") == {
        "Found by": "of_tomorrow",
        "of_tomorrow": "x",
    }


def test_unread_filters_are_named_with_what_was_asked():
    known = {
        "state": ("State", {"open": "open"}),
        "day": ("Day", day_of),
        "amount": ("Amount", minor_of),
    }
    assert unread({"state": "open", "day": "2026-03-02", "amount": "0"}, known) == []
    assert unread({}, known) == unread({"state": ""}, known) == []
    asked = {"state": "nope", "day": "02.03.2026", "amount": "much", "other": "x"}
    assert unread(asked, known) == [("State", "nope"), ("Day", "02.03.2026"), ("Amount", "much")]
    assert unread({"state": "x" * 99}, known) == [("State", "x" * 40)]


@pytest.mark.parametrize(
    ("stated", "shown"),
    [("33974475 CNY", "¥339,744.75"), ("3 12345 CNY", "3 · ¥123.45"), ("-5 JPY", "−JPY 5"), ("17", "17"),
     ("holds", "holds"), ("", "")],
)  # fmt: skip
def test_a_files_own_figures_read_as_amounts(stated, shown):
    assert figure_of(stated) == shown


def test_a_file_of_several_accounts_lists_them_and_one_of_one_does_not():
    facts = {
        "statements": '[{"account": "A"}, {"account": "B"}]',
        "opening_minor": "150",
        "currency": "CNY",
    }
    file = SimpleNamespace(facts=facts)
    assert [one["account"] for one in accounts_of(file)] == ["A", "B"]
    assert [text for _name, text in told_of(file)] == ["CNY", "¥1.50"]
    assert accounts_of(SimpleNamespace(facts={"statements": '[{"account": "A"}]'})) == []
    assert accounts_of(SimpleNamespace(facts={"statements": "broken"})) == []


def test_every_figure_that_a_reader_checks_has_its_words():
    told = {
        node.value
        for path in Path(formats.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {one for one in told if CHECK.fullmatch(one)} == {
        one for one in CHECKS if " against " in one
    }
    assert set(CHECKS) <= told


def test_the_times_of_a_file_are_told_as_earliest_and_latest_in_the_local_zone():
    facts = {"to": "2025-06-01T01:09:00+00:00", "from": "2025-06-01T01:01:00+00:00"}
    assert [(str(name), text) for name, text in facts_told(facts)] == [
        ("Earliest row", "2025-06-01 09:01:00"),
        ("Latest row", "2025-06-01 09:09:00"),
    ]
