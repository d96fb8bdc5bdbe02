"""What `tillkeeper up` starts ends with it, however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

SERVE = """
import sys
from tillkeeper.cli.serving import serve
commands = {name: f"echo $$ > {sys.argv[1]}/{name}; exec sleep 300" for name in ("web", "worker")}
sys.exit(serve(commands, {"PATH": "/usr/bin:/bin"}))
"""


def _soon(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not holds() and time.monotonic() < until:
        time.sleep(0.1)
    return holds()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(  # noqa: S603  our own command
        ["/bin/ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return bool(state.strip()) and not state.startswith("Z")


def _started(tmp_path) -> tuple[subprocess.Popen[bytes], list[int]]:
    up = subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-c", SERVE, str(tmp_path)], stdout=subprocess.DEVNULL
    )
    told = [tmp_path / "web", tmp_path / "worker"]
    assert _soon(lambda: all(path.exists() and path.read_text().strip() for path in told))
    return up, [int(path.read_text()) for path in told]


def test_nothing_is_left_running_when_it_is_killed(tmp_path):
    up, children = _started(tmp_path)
    assert all(_runs(pid) for pid in children)
    up.kill()
    up.wait(timeout=10)
    assert _soon(lambda: not any(_runs(pid) for pid in children))


def test_it_still_stops_on_purpose_at_once(tmp_path):
    up, children = _started(tmp_path)
    up.send_signal(signal.SIGTERM)
    assert up.wait(timeout=10) == 0
    assert not any(_runs(pid) for pid in children)


def test_it_stops_though_it_has_only_begun(tmp_path):
    up = subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-c", SERVE, str(tmp_path)], stdout=subprocess.DEVNULL
    )
    assert _soon(lambda: any(tmp_path.iterdir()))
    up.send_signal(signal.SIGTERM)
    assert up.wait(timeout=20) == 0
    children = [int(path.read_text() or 0) for path in tmp_path.iterdir()]
    assert not any(pid and _runs(pid) for pid in children)


def test_when_one_ends_by_itself_the_other_is_stopped_and_it_is_said(tmp_path):
    up, children = _started(tmp_path)
    os.kill(children[0], signal.SIGKILL)
    assert up.wait(timeout=10) == 1
    assert _soon(lambda: not any(_runs(pid) for pid in children))
