"""`tillkeeper money layout` as the operator of an installation uses it."""

import json

import pytest

from tillkeeper.settlement.models import Layout, MoneyFile

pytestmark = pytest.mark.django_db
SAMPLE = "交易时间,金额,类型\n2026-03-02 10:11:12,100.00,消费\n2026-03-02 10:12:12,20.00,退货\n"


@pytest.fixture
def taught(tillkeeper, tmp_path, head_office):
    """A layout that was drafted from a sample, and the sample."""
    sample = tmp_path / "acme.csv"
    sample.write_bytes(SAMPLE.encode("gb18030"))
    drafted = tillkeeper("money", "layout", "draft", sample)
    assert drafted.exit_code == 0, drafted.output
    layout = tmp_path / "acme.toml"
    layout.write_text(drafted.stdout)
    return layout, sample


def test_a_layout_is_drafted_checked_added_listed_and_shown(tillkeeper, taught):
    layout, sample = taught
    checked = tillkeeper("money", "layout", "check", layout, sample, "--json")
    assert (checked.exit_code, json.loads(checked.stdout)["rows"]) == (0, 2), checked.output
    assert "2 rows" in tillkeeper("money", "layout", "check", layout, sample).stdout
    assert not Layout.objects.exists()
    added = tillkeeper(
        "money", "layout", "add", layout, "--sample", sample, "--why", "their letter"
    )
    assert (added.exit_code, added.stdout.strip()) == (0, "HQ/acme/1: proven"), added.output
    (one,) = json.loads(tillkeeper("money", "layout", "list", "--json").stdout)
    assert (one["name"], one["version"], one["proven"], one["in_use"]) == ("acme", 1, True, True)
    assert "acme" in tillkeeper("money", "layout", "list").stdout
    assert layout.read_text().strip() in tillkeeper("money", "layout", "show", "acme").stdout
    assert (
        json.loads(tillkeeper("money", "layout", "show", "acme", "--json").stdout)["proof"]["rows"]
        == 2
    )


def test_files_are_brought_in_by_it_recognised_or_named(tillkeeper, taught, tmp_path):
    layout, sample = taught
    tillkeeper("money", "layout", "add", layout, "--why", "x")
    taken = tillkeeper("money", "bring-in", sample, "--as", "acme", "--json")
    assert (taken.exit_code, json.loads(taken.stdout)[0]["format"]) == (0, "acme"), taken.output
    other = tmp_path / "b.csv"
    other.write_text(SAMPLE.replace("100.00", "101.00"))
    assert tillkeeper("money", "bring-in", other).exit_code == 0
    assert [file.facts["layout"] for file in MoneyFile.objects.all()] == ["HQ/acme/1"] * 2
    gone = tillkeeper("money", "layout", "out", "acme", "--why", "ceased")
    assert gone.exit_code == 0
    other.write_text(SAMPLE.replace("100.00", "102.00"))
    assert tillkeeper("money", "bring-in", other).exit_code == 2
    assert tillkeeper("money", "bring-in", other, "--as", "acme").exit_code == 2
    assert "out of use" in tillkeeper("money", "layout", "list").stdout


def test_what_is_wrong_ends_with_two_and_says_where(tillkeeper, taught, tmp_path):
    layout, sample = taught
    sample.write_text(SAMPLE.replace("退货", "加倍"))
    refused = tillkeeper("money", "layout", "check", layout, sample)
    assert refused.exit_code == 2
    assert "line 3" in refused.stderr
    layout.write_text(layout.read_text().replace('"yuan"', '"dollar"'))
    added = tillkeeper("money", "layout", "add", layout, "--why", "x")
    assert added.exit_code == 2
    assert "canonical.amount_minor.type" in added.stderr
    (tmp_path / "x.bin").write_bytes(b"\x00")
    assert tillkeeper("money", "layout", "draft", tmp_path / "x.bin").exit_code == 2
    assert tillkeeper("money", "layout", "draft", sample, "--role", "tale").exit_code == 2
    assert tillkeeper("money", "layout", "show", "nothing").exit_code == 1
    assert not Layout.objects.exists()
