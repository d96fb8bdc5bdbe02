"""`tillkeeper doctor` finds what is wrong and says how to mend it."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils.timezone import now

from tillkeeper.cli import checkup_here
from tillkeeper.cli.heartbeat import beat
from tillkeeper.kernel.models import AuditChain, Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    """Leave out what depends on how the checkout was set up."""
    kept = [
        check for check in checkup_here.CHECKS if check.__name__ not in {"assets", "translations"}
    ]
    monkeypatch.setattr(checkup_here, "CHECKS", tuple(kept))
    cache.clear()


def test_a_sound_installation_has_no_problems(tillkeeper, settings):
    settings.TILLKEEPER_UNKNOWN_VARIABLES = []
    result = tillkeeper("doctor")
    assert result.exit_code == 0, result.output


def test_a_misspelt_variable_is_named_with_the_one_that_was_meant(tillkeeper, settings):
    settings.TILLKEEPER_UNKNOWN_VARIABLES = ["TILLKEEPER_DATABSE_URL"]
    result = tillkeeper("doctor", "--json")
    found = _problems(result)
    assert result.exit_code == 1
    assert "TILLKEEPER_DATABSE_URL" in found["settings"]["says"]
    assert "TILLKEEPER_DATABASE_URL" in found["settings"]["mend"]


def test_a_secret_key_that_others_can_read_is_a_problem(tillkeeper, settings, tmp_path):
    settings.TILLKEEPER_UNKNOWN_VARIABLES = []
    key = tmp_path / "secret_key"
    key.write_text("x", encoding="ascii")
    key.chmod(0o644)
    assert "chmod 600" in _problems(tillkeeper("doctor", "--json"))["secret key"]["mend"]
    key.chmod(0o600)
    assert tillkeeper("doctor").exit_code == 0


def test_a_full_disk_is_a_problem(tillkeeper, monkeypatch):
    monkeypatch.setattr(checkup_here, "LEAST_FREE", 2**80)
    assert "disk" in _problems(tillkeeper("doctor", "--json"))


def test_an_audit_chain_whose_head_does_not_hold_is_a_problem(tillkeeper, settings):
    settings.TILLKEEPER_UNKNOWN_VARIABLES = []
    AuditChain.objects.create(root="000001", sequence=3, digest="0" * 64)
    assert _problems(tillkeeper("doctor", "--json"))["audit"]["mend"] == "tillkeeper audit verify"


def test_work_that_waits_without_a_worker_is_a_problem(tillkeeper):
    at = now() - timedelta(minutes=1)
    Delivery.objects.create(event_id="0" * 32, handler="nobody", body={}, due_at=at)
    assert "worker" in _problems(tillkeeper("doctor", "--json"))
    beat(now())
    assert "worker" not in _problems(tillkeeper("doctor", "--json"))


def test_settings_that_cannot_be_read_are_a_finding_and_no_traceback(tmp_path):
    done = _alone(tmp_path, "doctor", "--json", TILLKEEPER_LOCKOUT_AFTER="many")
    assert done.returncode == 1
    assert "TILLKEEPER_LOCKOUT_AFTER" in json.loads(done.stdout)[0]["says"]


def test_wrong_settings_stop_every_other_command_with_a_sentence(tmp_path):
    done = _alone(tmp_path, "policies", TILLKEEPER_LOCKOUT_AFTER="many")
    assert done.returncode == 2
    assert done.stderr.strip().endswith("expected a whole number from 3 to 20.")


def test_a_database_that_does_not_answer_is_said_in_a_sentence(tmp_path):
    done = _alone(
        tmp_path, "policies", TILLKEEPER_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing"
    )
    assert done.returncode == 2
    assert "tillkeeper doctor" in done.stderr
    assert "Traceback" not in done.stderr


def test_with_json_wrong_settings_are_one_object(tmp_path):
    done = _alone(tmp_path, "policies", "--json", TILLKEEPER_LOCKOUT_AFTER="many")
    assert done.returncode == 2
    assert json.loads(done.stdout)["code"] == "cli.settings_unusable"


def _alone(folder, *arguments, **variables):
    ours = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("TILLKEEPER_", "DJANGO_", "LC_", "LANG"))
    }
    environment = {**ours, "TILLKEEPER_VAR": str(folder), **variables}
    return subprocess.run(  # noqa: S603  our own command

        [sys.executable, "-m", "tillkeeper.cli.main", *arguments],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def _problems(result):
    return {line["check"]: line for line in json.loads(result.stdout) if line["grade"] == "problem"}


@pytest.mark.parametrize(
    ("header", "count", "grade"),
    [
        (None, 0, "ok"),
        (("HTTP_X_FORWARDED_PROTO", "https"), 0, "note"),
        (("HTTP_X_FORWARDED_PROTO", "https"), 1, "ok"),
    ],
)
def test_a_proxy_whose_number_is_not_set_is_noted(tillkeeper, settings, header, count, grade):
    settings.SECURE_PROXY_SSL_HEADER, settings.TILLKEEPER_PROXIES = header, count
    lines = json.loads(tillkeeper("doctor", "--json").stdout)
    (found,) = [line for line in lines if line["check"] == "proxies"]
    assert found["grade"] == grade
