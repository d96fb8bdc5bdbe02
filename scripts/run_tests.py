"""Run the tests: on SQLite, then on PostgreSQL if one answers; say which, and what is left out and why.

Tests that touch no database run with the first one only.

    python scripts/run_tests.py [--database sqlite|postgresql|both] [--] [pytest's own arguments]
    python scripts/run_tests.py --look all|postgresql|nats|mqtt   only say what is there, exit 2 if it is not

PostgreSQL is looked for at TILLKEEPER_TEST_POSTGRES_URL, else on this machine; so are NATS with JetStream
(TILLKEEPER_TEST_NATS) and an MQTT broker (TILLKEEPER_TEST_MQTT). Browser tests need a Chromium, the tests of real files
../shared/samples (or TILLKEEPER_TEST_SAMPLES). With CI=true nothing may be missing or skipped.
Exit 0: all passed; 1: some failed; 2: something is missing that may not be.
"""

import argparse
import getpass
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg

ROOT: Final = Path(__file__).resolve().parent.parent
IN_CI: Final = os.environ.get("CI", "").lower() in {"1", "true"}
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_DATABASE: Final = ("tests/unit", "tests/architecture")
NO_TESTS: Final = 5  # pytest's code for "nothing was collected"


@dataclass
class Surroundings:
    """What this machine has, and what the tests do without."""

    postgresql: str = ""
    chromium: str = ""
    samples: str = ""
    nats: str = ""
    mqtt: str = ""
    missing: list[str] = field(default_factory=list)


def main() -> int:
    """Look around, run, and return the worst exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--look", choices=["all", "postgresql", "nats", "mqtt"])
    options, rest = parser.parse_known_args()
    here = look_around()
    if options.look not in (None, "all"):
        return 0 if getattr(here, options.look) else 2
    for line in here.missing:
        print(f"tests: {line}")
    if here.missing and IN_CI:
        return 2
    if options.look:
        return 0
    chosen = {"sqlite": [""], "postgresql": [here.postgresql], "both": [""]}[options.database]
    if options.database == "both" and here.postgresql:
        chosen.append(here.postgresql)
    if options.database == "postgresql" and not here.postgresql:
        return 2
    told = [part for part in rest if part != "--"]
    again = [*(f"--ignore={folder}" for folder in NO_DATABASE), *told]
    return max(run(here, url, words) for url, words in zip(chosen, (told, again), strict=False))


def look_around() -> Surroundings:
    """Find PostgreSQL, a browser and the samples."""
    here = Surroundings(
        postgresql=find_postgresql(),
        chromium=find_chromium(),
        samples=find_samples(),
        nats=find_nats(),
        mqtt=find_mqtt(),
    )
    if not here.postgresql:
        here.missing.append(
            "PostgreSQL left out: none answers (install it, or set TILLKEEPER_TEST_POSTGRES_URL to one where "
            "databases may be created)"
        )
    if not here.chromium:
        here.missing.append(
            "browser tests left out: no Chromium found (on Debian: apt-get install chromium)"
        )
    if not here.samples:
        here.missing.append(
            "tests of real files left out: there is no ../shared/samples (set TILLKEEPER_TEST_SAMPLES)"
        )
    if not here.nats:
        here.missing.append(
            "tests with NATS left out: no server with JetStream answers (on Debian: apt-get install nats-server, "
            "nats-server -js; or set TILLKEEPER_TEST_NATS)"
        )
    if not here.mqtt:
        here.missing.append(
            "tests with MQTT left out: no broker answers (on Debian: apt-get install mosquitto; or set "
            "TILLKEEPER_TEST_MQTT)"
        )
    return here


def find_nats() -> str:
    """Return the address of a NATS server with JetStream, or nothing."""
    url = os.environ.get("TILLKEEPER_TEST_NATS", "nats://127.0.0.1:4222")
    return url if b'"jetstream":true' in _greeting(url) else ""


def find_mqtt() -> str:
    """Return the address of an MQTT broker, or nothing."""
    url = os.environ.get("TILLKEEPER_TEST_MQTT", "mqtt://127.0.0.1:1883")
    # MQTT 5: CONNECT with a clean start and an empty name; the answer begins with CONNACK.
    hello = b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x1e\x00\x00\x00"
    return url if _greeting(url, hello).startswith(b"\x20") else ""


def _greeting(url: str, hello: bytes = b"") -> bytes:
    at = urlsplit(url)
    try:
        with socket.create_connection((at.hostname or "", at.port or 0), timeout=3) as line:
            line.sendall(hello)
            return line.recv(4096)
    except OSError:
        return b""


def find_postgresql() -> str:
    """Return the address of a PostgreSQL where this user may create databases, or nothing."""
    user = getpass.getuser()
    given = os.environ.get("TILLKEEPER_TEST_POSTGRES_URL", "")
    local = [
        f"postgresql://{user}@/postgres?host=/var/run/postgresql",
        "postgresql://postgres@/postgres?host=/var/run/postgresql",
        "postgresql://postgres@127.0.0.1/postgres",
        f"postgresql://{user}@127.0.0.1/postgres",
    ]
    return next((url for url in ([given] if given else local) if may_create_databases(url)), "")


def may_create_databases(url: str) -> bool:
    """Say whether a server answers there and lets this user create databases."""
    right = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(right).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def find_chromium() -> str:
    """Return the path of a Chromium, or nothing."""
    given = os.environ.get("TILLKEEPER_TEST_CHROMIUM", "")
    return given or next((path for name in BROWSERS if (path := shutil.which(name))), "")


def find_samples() -> str:
    """Return the folder of real files, or nothing."""
    folder = Path(os.environ.get("TILLKEEPER_TEST_SAMPLES", ROOT.parent / "shared" / "samples"))
    return str(folder) if folder.is_dir() else ""


def run(here: Surroundings, url: str, rest: list[str]) -> int:
    """Run pytest on one database: what needs the Ray cluster, by one process; then browsers; then the others.

    A driven browser keeps an event loop running in its process: tests with a loop of their own cannot share it.
    """
    left_out = [
        *([] if url else ["postgres"]),
        *([] if here.chromium else ["browser"]),
        *([] if here.samples else ["samples"]),
    ]
    print(f"tests: on {'PostgreSQL' if url else 'SQLite'}", flush=True)
    processes = os.environ.get("TILLKEEPER_TEST_PROCESSES", "2")
    at_once = [] if any(part.startswith("-n") for part in rest) else ["-n", processes]
    others = [f"not {marker}" for marker in left_out]
    rounds = [([], ["cluster"]), (at_once, ["browser"]), (at_once, ["not cluster", "not browser"])]
    return max(
        _pytest(here, url, rest, how, [*markers, *others])
        for how, markers in rounds
        if here.chromium or markers != ["browser"]
    )


def _pytest(
    here: Surroundings, url: str, rest: list[str], how: list[str], markers: list[str]
) -> int:
    command = [sys.executable, "-m", "pytest", *how, "-m", " and ".join(markers)]
    if IN_CI:
        command += ["-p", "scripts.no_skips"]
    code = subprocess.run(
        [*command, *rest], cwd=ROOT, env=environment(here, url), check=False
    ).returncode
    return 0 if code == NO_TESTS and rest else int(code != 0)


def environment(here: Surroundings, url: str) -> dict[str, str]:
    """Return the tests' environment: nothing of the caller's settings, and where the things are that were found."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("TILLKEEPER_")}
    found = {
        "TILLKEEPER_DATABASE_URL": url,
        "TILLKEEPER_TEST_CHROMIUM": here.chromium,
        "TILLKEEPER_TEST_SAMPLES": here.samples,
        "TILLKEEPER_TEST_NATS": here.nats,
        "TILLKEEPER_TEST_MQTT": here.mqtt,
    }
    return {**ours, **{name: value for name, value in found.items() if value}}


if __name__ == "__main__":
    sys.exit(main())
