"""Commands on an installation that is not ready: each says so, none answers as though all were well."""

import os
import subprocess
import sys

import pytest


@pytest.fixture
def fresh(tmp_path):
    """Return a function that runs a command in an installation that was never migrated."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.run(  # noqa: S603  our own command
            [sys.executable, "-m", "tillkeeper.cli.main", *arguments],
            env={**kept, "TILLKEEPER_VAR": str(tmp_path), **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.mark.parametrize("text", ["x", "xyz"])
def test_finding_without_tables_says_that_there_are_none(fresh, text):
    found = fresh("find", text)
    assert found.returncode == 2
    assert "no such table" in found.stderr
    assert "tillkeeper doctor" in found.stderr


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"TILLKEEPER_LANGUAGE": "zh-hans"}, "检查项"),
        ({"TILLKEEPER_LANGUAGE": "en", "LANG": "zh_CN.UTF-8"}, "Check"),
        ({"LC_ALL": "zh_CN.UTF-8"}, "检查项"),
        ({}, "Check"),
    ],
)
def test_the_language_is_the_one_that_was_set_or_else_the_shells(fresh, variables, says):
    assert says in fresh("doctor", PYTHONIOENCODING="utf-8", **variables).stdout


@pytest.mark.parametrize(
    "variables",
    [{"TILLKEEPER_PORT": "abc"}, {"TILLKEEPER_PORT": "99999"}, {"TILLKEEPER_HOST": "http://x"}],
)
def test_the_doctor_finds_a_place_to_listen_at_that_is_none(fresh, variables):
    (name,) = variables
    doctor = fresh("doctor", "--json", **variables)
    assert doctor.returncode == 1
    assert f"{name} is not usable; expected" in doctor.stdout
    started = fresh("up", **variables)
    assert started.returncode == 2
    assert f"{name} is not usable; expected" in started.stderr
