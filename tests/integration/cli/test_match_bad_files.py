"""Bad files at the doors of the command line: doubled, overlapping, of somebody else, and a disk that is full."""

import csv
import json
import os
import resource
import subprocess
import sys

import pytest
from tests.hand import ALL, MID

JOURNAL, BILL = ALL["journal"], ALL["acquirer46"]


@pytest.fixture
def files(tmp_path):
    """Return a function that writes texts as files and returns their paths."""

    def files(**texts):
        paths = []
        for name, text in texts.items():
            path = tmp_path / f"{name}.csv"
            path.write_text(text)
            paths.append(path)
        return paths

    return files


@pytest.fixture
def matched(tillkeeper, tmp_path):
    """Return a function that matches files: exit code, and what it says."""

    def matched(journals, bills, *more):
        named = [part for path in journals for part in ("--journal", path)]
        named += [part for path in bills for part in ("--bill", path)]
        out = tmp_path / "out"
        result = tillkeeper("match", *named, *more, "--as-of", "2026-03-10", "--out", out, "--json")
        return result, json.loads(result.stdout)

    return matched


def test_bills_of_overlapping_periods_count_each_row_once(files, matched):
    titles, first, second = BILL.text.splitlines()
    journal, one, two = files(
        journal=JOURNAL.text,
        one=f"{titles}\n{first}\n",
        two=f"{titles}\n{first}\n{second}\n",
    )
    result, told = matched([journal], [one, two])
    assert (result.exit_code, told["agrees"]) == (0, True)
    assert told["balance"]["CNY"]["bill"] == 1_246_912
    assert {one["name"]: one["repeated"] for one in told["sources"]} == {
        "journal.csv": 0, "one.csv": 0, "two.csv": 1,
    }  # fmt: skip
    assert told["rows"]["bill"]["repeated"] == 1


def test_journals_of_overlapping_periods_count_each_row_once(files, matched):
    titles, first, _ = JOURNAL.text.splitlines()
    both, one, bill = files(both=JOURNAL.text, one=f"{titles}\n{first}\n", bill=BILL.text)
    result, told = matched([both, one], [bill])
    assert (result.exit_code, told["balance"]["CNY"]["journal"]) == (0, 1_246_912)


def test_the_same_rows_under_another_name_and_other_line_ends_are_refused(files, matched):
    lines = BILL.text.splitlines()
    turned = "\r\n".join([lines[0], *reversed(lines[1:])]) + "\r\n"
    journal, one, two = files(journal=JOURNAL.text, one=BILL.text, two=turned)
    result, told = matched([journal], [one, two])
    assert (result.exit_code, told["code"]) == (2, "matching.given_twice")
    assert "two.csv" in told["sentence"]
    assert "one.csv" in told["sentence"]


def test_the_same_figures_in_another_currency_do_not_agree(files, matched, tmp_path):
    titles, first, second = JOURNAL.text.splitlines()
    journal, bill = files(
        journal=f"{titles}\n{first.replace('CNY', 'USD')}\n{second}\n", bill=BILL.text
    )
    result, told = matched([journal], [bill])
    assert result.exit_code == 1
    assert {name: of["count"] for name, of in told["classes"].items()} == {"amount_differs": 1}
    assert {code: of["unexplained"] for code, of in told["balance"].items()} == {"CNY": 0, "USD": 0}
    with (tmp_path / "out" / "differences.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    assert "USD 12,345.67" in row["sentence"]
    assert "CNY 12,345.67" in row["sentence"]


def test_a_bill_for_another_merchant_is_refused_where_one_is_named(files, matched):
    journal, bill = files(journal=JOURNAL.text, bill=BILL.text.replace(MID, "898310154119999"))
    result, told = matched([journal], [bill], "--mid", MID)
    assert result.exit_code == 2
    bad = {one["name"]: one for one in told["files"]}["bill.csv"]
    assert (bad["sound"], bad["facts"]["line"]) == (False, 2)
    assert "898310154119999" in result.stderr


@pytest.mark.parametrize(
    "name", sorted(name for name, hand in ALL.items() if hand.empty is not None)
)
def test_an_empty_day_of_every_format_is_matched(tillkeeper, name, tmp_path):
    """Nothing on one side: what stands on the other is missing, and nobody breaks."""
    hand, out = ALL[name], tmp_path / "out"
    empty = tmp_path / hand.name
    empty.write_bytes(hand.empty.encode(hand.encoding))
    side = "--journal" if name == "journal" else "--bill"
    if name.startswith(("camt", "mt", "bai", "bank")) or name.endswith(".statement"):
        side = "--statement"
    other = BILL if side != "--bill" else JOURNAL
    path = tmp_path / f"other-{other.name}"
    path.write_bytes(other.data)
    given = [side, empty, "--bill" if side != "--bill" else "--journal", path]
    result = tillkeeper("match", *given, "--as-of", "2026-03-10", "--out", out, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1, result.output
    assert {one["name"]: one["rows"] for one in told["files"]} == {empty.name: 0, path.name: 2}
    assert sum(of["count"] for of in told["classes"].values()) in (1, 2)  # one payout, two payments


def test_converting_on_a_full_disk_is_told_and_leaves_nothing(files, tmp_path):
    (bill,) = files(bill=BILL.text)
    done = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-m", "tillkeeper.cli.main", "formats", "convert", bill, "--to", "csv"],
        env={**os.environ, "TILLKEEPER_VAR": str(tmp_path), "LC_ALL": "C.UTF-8"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("There is no room")
    assert [path.name for path in tmp_path.glob("bill.csv*")] == ["bill.csv"]
