"""Documents, files, policies and repeated posts."""

import io
from datetime import date, timedelta

import pytest

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import unit_of_work
from tillkeeper.kernel.documents import issue_document, papers
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.files import keep_file, kept_file
from tillkeeper.kernel.idempotency import (
    KeyReused,
    StillRunning,
    first_answer,
    forget_answers,
    keep_answer,
)
from tillkeeper.kernel.policy import policy
from tillkeeper.kernel.retention import RetentionClass, kept_months

pytestmark = pytest.mark.django_db
ADA = Actor.person("ada")


def issue(noon, place="000001", prefix="SU"):
    with unit_of_work():
        return issue_document(prefix=prefix, kind="suspension_form", place=place, by=ADA, at=noon)


def test_numbers_have_no_gaps_even_after_a_rollback(noon):
    first = issue(noon)
    with pytest.raises(ZeroDivisionError), unit_of_work():
        issue_document(prefix="SU", kind="suspension_form", place="000001", by=ADA, at=noon)
        _ = 1 / 0
    assert [first[-4:], issue(noon)[-4:]] == ["0001", "0002"]


def test_numbers_count_by_organisation_kind_and_day(noon):
    assert (
        issue(noon)[-4:]
        == issue(noon, place="000002")[-4:]
        == issue(noon, prefix="IS")[-4:]
        == "0001"
    )
    assert issue(noon + timedelta(days=1))[-4:] == "0001"


def test_two_head_offices_never_give_out_the_same_number(noon):
    here, there = issue(noon), issue(noon, place="00002F000031")
    assert (here, there) == ("SU-20260302-0001", "SU-20260302-2F-0001")


def test_a_day_begins_in_the_zone_of_the_house(noon):
    late = noon.replace(hour=23)  # UTC; already the next day in Shanghai
    assert issue(late).split("-")[1] == (late + timedelta(days=1)).strftime("%Y%m%d")


def test_papers_are_found_by_number_within_the_organisation(noon):
    number = issue(noon)
    assert papers(numbers=[number], root="000001")[number].kind == "suspension_form"
    assert papers(numbers=[number], root="000002") == {}


def test_the_same_content_is_one_file(noon, settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path
    facts = {"media_type": "image/png", "retention": RetentionClass.DOCUMENT, "by": ADA, "at": noon}
    one = keep_file(io.BytesIO(b"photo"), name="a.png", **facts)
    two = keep_file(iter([b"pho", b"to"]), name="b.png", **facts)
    assert one.sha256 == two.sha256
    assert kept_file(one.sha256).path.read_bytes() == b"photo"
    assert [path for path in (tmp_path / "files").iterdir() if path.is_file()] == []


def test_an_interrupted_upload_leaves_nothing(noon, settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path

    def broken():
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        keep_file(
            broken(), name="a", media_type="x", retention=RetentionClass.DOCUMENT, by=ADA, at=noon
        )
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
    with pytest.raises(NotFound):
        kept_file("0" * 64)


def test_a_policy_counts_from_its_day():
    assert kept_months(RetentionClass.SLIP, on=date(2026, 11, 21)) == 24
    with pytest.raises(NotFound):
        policy("retention.slip", on=date(2025, 12, 31))


def test_every_retention_class_has_a_policy():
    assert all(kept_months(kind, on=date(2026, 11, 21)) > 0 for kind in RetentionClass)


def test_the_same_post_again_gets_the_same_answer(noon):
    asked = {"key": "k1", "actor": "person:ada", "request": "r1", "at": noon}
    assert first_answer(**asked) is None
    with pytest.raises(StillRunning):
        first_answer(**asked)
    keep_answer(key="k1", actor="person:ada", status=201, body="{}")
    assert first_answer(**asked) == (201, "{}")
    with pytest.raises(KeyReused):
        first_answer(**{**asked, "request": "r2"})
    assert first_answer(**{**asked, "actor": "person:bo"}) is None


def test_an_answer_of_ours_that_failed_is_forgotten(noon):
    asked = {"key": "k1", "actor": "person:ada", "request": "r1", "at": noon}
    first_answer(**asked)
    keep_answer(key="k1", actor="person:ada", status=500, body="")
    assert first_answer(**asked) is None
    assert forget_answers(before=noon + timedelta(seconds=1)) == 1


def test_a_claim_whose_server_died_is_taken_over_once(noon):
    asked = {"key": "k1", "actor": "person:ada", "request": "r1"}
    first_answer(**asked, at=noon)
    later = noon + timedelta(minutes=11)
    assert first_answer(**asked, at=later) is None
    with pytest.raises(StillRunning):
        first_answer(**asked, at=later)
