"""`tillkeeper match` killed in the middle, and on a full disk: nothing half done, and the same again afterwards."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.hand import ALL, MID
from tests.hand.acquirers import JOURNAL_HEAD

ANSWERS = ["differences.csv", "differences.xlsx", "report.html", "summary.json"]
COMPARED = ["differences.csv", "summary.json"]
ROWS = 8_000


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """A journal in which one payment in four has no slip, and its bill: enough rows to be killed among."""
    folder = tmp_path_factory.mktemp("day")
    titles, first, *_ = ALL["acquirer46"].text.splitlines()
    journal, bill = [JOURNAL_HEAD], [titles]
    for number in range(1, ROWS + 1):
        trace, clock = f"{number:06}", f"{number // 3600:02}{number // 60 % 60:02}{number % 60:02}"
        at = f"2026-03-02T{clock[:2]}:{clock[2:4]}:{clock[4:]}+08:00"
        slip = "failed" if number % 4 == 0 else "printed"
        card = f"{number % 10_000:04}"
        journal.append(
            f"{MID},10000001,000001,{trace},0601{trace}11,,sale,1234567,CNY,622280*{card},{at},approved,{slip}"
            ",01,,,card"
        )
        row = first.replace("060110000101", f"0601{trace}11").replace("000101", trace)
        row = row.replace("*1234,", f"*{card},")
        bill.append(row.replace("0302100000", f"0302{clock}"))
    (folder / "journal.csv").write_text("\n".join(journal) + "\n")
    (folder / "bill.csv").write_text("\n".join(bill) + "\n")
    return folder


def command(day, out):
    return [
        sys.executable, "-m", "tillkeeper.cli.main", "match", "--journal", day / "journal.csv",
        "--bill", day / "bill.csv", "--as-of", "2026-03-10", "--out", out,
    ]  # fmt: skip


def surroundings(folder):
    return {**os.environ, "LC_ALL": "C.UTF-8", "TILLKEEPER_VAR": str(folder), "TMPDIR": str(folder)}


def run(day, out, **more):
    return subprocess.run(  # noqa: S603  our own command
        command(day, out), env=surroundings(day), capture_output=True, text=True, timeout=120, check=False, **more
    )  # fmt: skip


def begun(day, out):
    """Return a run that has begun to read."""
    process = subprocess.Popen(  # noqa: S603  our own command
        command(day, out), env=surroundings(day), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    while not list(out.glob("tillkeeper-*/files/*")) and process.poll() is None:
        time.sleep(0.01)
    return process


@pytest.fixture(scope="module")
def undisturbed(day):
    """What the run writes when nobody disturbs it."""
    out = day / "undisturbed"
    done = run(day, out)
    assert done.returncode == 1, done.stderr
    return {name: (out / name).read_bytes() for name in COMPARED}


def written(out):
    return sorted(path.name for path in out.iterdir() if path.name in ANSWERS)


@pytest.mark.parametrize("seconds", [0.0, 0.2, 0.6])
def test_a_killed_run_leaves_nothing_half_done_and_is_the_same_again(
    day, undisturbed, seconds, tmp_path
):
    out = tmp_path / "out"
    process = begun(day, out)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert written(out) in ([], ANSWERS)
    again = run(day, out)
    assert again.returncode == 1, again.stderr
    assert {name: (out / name).read_bytes() for name in COMPARED} == undisturbed
    assert sorted(path.name for path in out.iterdir()) == ANSWERS


def small_files(limit):
    """Return what makes a process unable to write files of more than so many bytes, as a full disk does."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def test_a_full_disk_is_told_and_the_answer_from_before_stays(day, tmp_path):
    out = tmp_path / "out"
    assert run(day, out).returncode == 1
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    full = run(day, out, preexec_fn=small_files(50_000))
    assert full.returncode == 3, full.stderr
    assert "expected a folder with room" in full.stderr
    assert "Traceback" not in full.stderr
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_an_answer_that_does_not_fit_leaves_no_part_of_it(day, tmp_path):
    """The rows fit here and the table of differences does not."""
    out = tmp_path / "out"
    full = run(day, out, preexec_fn=small_files(600_000))
    assert full.returncode == 3, full.stderr
    assert list(Path(out).iterdir()) == []


def test_a_folder_of_a_run_that_goes_on_is_left_alone(day, tmp_path):
    out = tmp_path / "out"
    process = begun(day, out)
    process.send_signal(signal.SIGSTOP)
    try:
        theirs = list(out.glob("tillkeeper-*"))
        assert run(day, out).returncode == 1
        assert list(out.glob("tillkeeper-*")) == theirs
    finally:
        process.send_signal(signal.SIGCONT)
        assert process.wait(timeout=120) == 1
