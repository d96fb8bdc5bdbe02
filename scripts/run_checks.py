"""Run every check that is not a test, two at a time, and print a line for each and the output of those that fail.

`python scripts/run_checks.py [NAME ...]` runs some. Exit 0: all is well; 1: some check failed; 2: no such check.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
BIN: Final = Path(sys.executable).parent
# A lock file that names a registry, or a package lock that does, would send every reader there.
NO_HOSTS: Final = r"""
if grep -nE '^--|://' requirements/*.txt; then exit 1; fi
if grep -n '"resolved"' assets/package-lock.json; then exit 1; fi
"""
CHECKS: Final[dict[str, list[str]]] = {
    "mypy": ["mypy"],
    "layers": ["lint-imports"],
    "ruff": ["ruff", "check", "--quiet", "--output-format=concise", "."],
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "templates": ["djlint", "--lint", "--quiet", "src/tillkeeper"],
    "migrations": ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
    "translations": ["python", "scripts/check_translations.py"],
    "states": ["python", "scripts/states_page.py", "--check"],
    "openapi": ["python", "scripts/openapi_snapshot.py", "--check"],
    "bench": ["mypy", "--config-file", "bench/mypy.ini"],
    "locks": ["bash", "-ec", NO_HOSTS],
    "architecture": [
        "python",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/architecture",
    ],
    "docs": ["mkdocs", "build", "--strict", "--quiet", "--site-dir", "build/site"],
}


def main(wanted: list[str]) -> int:
    """Run the wanted checks, or all."""
    unknown = sorted(set(wanted) - set(CHECKS))
    if unknown:
        print(
            f"no such check: {', '.join(unknown)}; there are {', '.join(CHECKS)}", file=sys.stderr
        )
        return 2
    with ThreadPoolExecutor(max_workers=2) as pool:
        passed = list(pool.map(run, wanted or CHECKS))
    return int(not all(passed))


def run(name: str) -> bool:
    """Run one check and say how it went."""
    program, *rest = CHECKS[name]
    path = BIN / program
    began = time.monotonic()
    done = subprocess.run(
        [str(path) if path.exists() else program, *rest],
        cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    verdict = "ok" if done.returncode == 0 else "FAILED"
    report = f"{name:<13} {verdict:<7} {time.monotonic() - began:5.1f} s"
    print(report if done.returncode == 0 else f"{report}\n{done.stdout.rstrip()}\n", flush=True)
    return done.returncode == 0


def environment() -> dict[str, str]:
    """Return an environment of their own: the checks touch nobody's data."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("TILLKEEPER_")}
    return {**ours, "TILLKEEPER_VAR": str(ROOT / "build" / "check-var"), "NO_MKDOCS_2_WARNING": "1"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
