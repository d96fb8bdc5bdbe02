"""`tillkeeper match` with its rows in a bucket and its buckets on a cluster, and what the doctor says of both."""

import json

import pytest
from tests.farm import BUCKET
from tests.integration.cli.test_match import BILL, JOURNAL, LAYOUT

NOBODY = "ray://127.0.0.1:9"
WRITTEN = ("differences.csv", "summary.json")


@pytest.fixture
def matched(tillkeeper, tmp_path):
    """Return a function that matches a day, and returns the result and what was written."""
    for name, text in (("journal.csv", JOURNAL), ("bill.csv", BILL), ("house.toml", LAYOUT)):
        (tmp_path / name).write_text(text)
    out = tmp_path / "out"

    def match(*more):
        result = tillkeeper(
            "match", "--journal", tmp_path / "journal.csv", "--bill", tmp_path / "bill.csv",
            "--as", f"bill.csv={tmp_path / 'house.toml'}", "--as-of", "2026-03-10", "--out", out, *more,
        )  # fmt: skip
        return result, [(out / name).read_text() for name in WRITTEN if (out / name).exists()]

    return match


@pytest.fixture
def findings(tillkeeper):
    """Return a function that asks the doctor, and returns what it found by what it looked at."""

    def ask():
        return {one["check"]: one for one in json.loads(tillkeeper("doctor", "--json").stdout)}

    return ask


def test_in_a_bucket_the_same_is_written_and_nothing_is_left_there(matched, storage):
    _, usual = matched()
    result, told = matched("--lake", f"s3://{BUCKET}/scratch")
    assert (result.exit_code, told) == (1, usual)
    assert [name for name in storage.names("scratch") if not name.endswith("/")] == []


@pytest.mark.cluster
@pytest.mark.django_db
def test_on_a_cluster_the_same_is_written_and_the_doctor_finds_it(
    matched, findings, farm, settings
):
    _, usual = matched()
    result, told = matched("--on", farm.address)
    assert (result.exit_code, told) == (1, usual)
    settings.TILLKEEPER_MATCH_ON = farm.address
    assert "2 processors" in findings()["matching"]["says"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--on", NOBODY], NOBODY),
        (["--on", "10.0.0.1"], "begins with ray://"),
        (["--lake", f"s3://{BUCKET}-that-is-not/there"], f"s3://{BUCKET}-that-is-not/there"),
    ],
)
def test_what_does_not_answer_ends_with_3_and_a_sentence(more, said, matched, storage):
    result, told = matched(*more, "--json")
    assert (result.exit_code, told) == (3, [])
    assert said in json.loads(result.stdout)["sentence"]


@pytest.mark.django_db
def test_the_doctor_tells_a_lake_and_a_cluster_that_do_not_answer(findings, settings, storage):
    settings.TILLKEEPER_LAKE = f"s3://{BUCKET}/lake"
    assert findings()["lake"]["grade"] == "ok"
    settings.TILLKEEPER_LAKE, settings.TILLKEEPER_MATCH_ON = "s3://nobody/lake", NOBODY
    found = findings()
    assert (found["lake"]["grade"], found["matching"]["grade"]) == ("problem", "problem")
    assert "s3://nobody/lake" in found["lake"]["says"]


@pytest.mark.django_db
def test_the_doctor_tells_a_lake_that_cannot_be_written_to(findings, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.TILLKEEPER_LAKE = str(tmp_path / "file")
    assert findings()["lake"]["grade"] == "problem"
