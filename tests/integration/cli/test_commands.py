"""The command line as its users see it: what comes out where, and the exit code."""

import json

import pytest
from tests.factories import TerminalFactory

from tillkeeper.cli.main import COMMANDS
from tillkeeper.kernel.models import AuditEntry
from tillkeeper.parties.queries import person
from tillkeeper.terminals.lifecycle import State

pytestmark = pytest.mark.django_db


def test_the_help_names_every_command_and_loads_none(tillkeeper):
    result = tillkeeper("--help")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(set(COMMANDS)))
def test_every_command_explains_itself(tillkeeper, name):
    result = tillkeeper(name, "--help")
    assert result.exit_code == 0, result.output
    assert "Usage" in result.stdout


def test_an_unknown_command_is_wrong_usage(tillkeeper):
    assert tillkeeper("sell").exit_code == 2


def test_the_first_administrator_is_made_here(tillkeeper):
    assert tillkeeper("organisation", "add", "HQ", "总部", "--kind", "head_office").exit_code == 0
    made = tillkeeper(
        "user",
        "add",
        "olga",
        "--role",
        "administrator@HQ",
        "--password-file",
        "-",
        input="correct horse 9\n",
    )
    assert made.exit_code == 0, made.output
    assert person("olga").check_password("correct horse 9")
    listed = json.loads(tillkeeper("user", "list", "--json").stdout)
    assert listed[0]["roles"] == [{"role": "administrator", "organisation": "HQ"}]


def test_a_token_stands_alone_on_stdout(tillkeeper, administrator):
    result = tillkeeper("user", "token", "ada", "--name", "nightly", "--scope", "estate.view")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("tk_")
    assert len(result.stdout.split()) == 1


def test_a_weak_password_is_refused_with_a_sentence(tillkeeper, head_office):
    result = tillkeeper("user", "add", "olga", "--password-file", "-", input="123\n")
    assert result.exit_code == 2
    assert "password" in result.stderr
    assert "Traceback" not in result.output


def test_what_is_not_there_is_refused_with_a_sentence(tillkeeper, head_office):
    result = tillkeeper("user", "grant", "nobody", "technician", "HQ")
    assert result.exit_code == 1
    assert "nobody" in result.stderr


def test_a_step_moves_a_terminal_and_says_on_which_paper(tillkeeper, head_office):
    terminal = TerminalFactory(state=State.IN_STOCK)
    result = tillkeeper("step", terminal.serial, "propose_scrap", "--why", "worn out", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["moved"] == 1
    terminal.refresh_from_db()
    assert terminal.state == State.SCRAP_PENDING
    assert AuditEntry.objects.latest("pk").actor.startswith("system:cli:")


def test_a_refused_step_names_each_terminal_and_its_reason(tillkeeper, head_office):
    there = TerminalFactory(state=State.IN_STOCK)
    result = tillkeeper("step", there.serial, "NOWHERE1", "resume", "--json")
    refused = json.loads(result.stdout)["refused"]
    assert result.exit_code == 1
    assert {line["serial"]: line["code"] for line in refused} == {
        there.serial: "terminals.step_refused",
        "NOWHERE1": "kernel.not_found",
    }


def test_a_step_that_does_not_exist_is_wrong_usage(tillkeeper, head_office):
    assert tillkeeper("step", "P82000001", "sell").exit_code == 2


def test_finding_nothing_exits_with_one(tillkeeper, head_office):
    terminal = TerminalFactory()
    found = tillkeeper("find", terminal.serial, "--json")
    assert found.exit_code == 0
    assert json.loads(found.stdout)[0]["key"] == terminal.serial
    assert tillkeeper("find", "no such thing").exit_code == 1


def test_a_text_too_short_to_look_for_is_said_to_be_so(tillkeeper, head_office):
    short = tillkeeper("find", "x", "--json")
    assert (short.exit_code, json.loads(short.stdout)["code"]) == (2, "kernel.field_invalid")
    assert "two characters or more" in short.stderr


def test_a_chain_that_holds_is_said_to_hold(tillkeeper):
    tillkeeper("organisation", "add", "HQ", "总部", "--kind", "head_office")
    result = tillkeeper("audit", "verify")
    assert result.exit_code == 0
    assert "holds" in result.stdout


def test_verify_names_the_first_broken_entry(tillkeeper):
    tillkeeper("organisation", "add", "HQ", "总部", "--kind", "head_office")
    tillkeeper("organisation", "add", "SH", "上海", "--below", "HQ")
    AuditEntry.objects.filter(sequence=1).delete()
    result = tillkeeper("audit", "verify")
    assert result.exit_code == 1
    assert "entry 1" in result.stderr


def test_the_trail_shows_what_was_changed(tillkeeper):
    tillkeeper("organisation", "add", "HQ", "总部", "--kind", "head_office")
    entries = json.loads(
        tillkeeper("audit", "trail", "--subject", "organisation:HQ", "--json").stdout
    )
    assert [entry["action"] for entry in entries] == ["organisation.create"]


def test_policies_come_with_their_source(tillkeeper):
    rules = json.loads(tillkeeper("policies", "--json").stdout)
    assert rules
    assert all(rule["source"] and rule["effective_from"] for rule in rules)


def test_an_export_writes_the_filtered_terminals(tillkeeper, head_office, tmp_path):
    TerminalFactory(state=State.READY), TerminalFactory(state=State.IN_STOCK)
    target = tmp_path / "ready.csv"
    result = tillkeeper(
        "export", "terminals", "--to", target, "--state", "ready", "--columns", "serial"
    )
    assert result.exit_code == 0, result.output
    assert len(target.read_text("utf-8-sig").splitlines()) == 2
    assert str(target) in result.stdout


def test_an_export_beside_oneself_says_where_the_file_is(
    tillkeeper, head_office, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = tillkeeper("export", "terminals", "--to", "all.csv")
    assert result.exit_code == 0, result.output
    assert str(tmp_path / "all.csv") in result.stdout


@pytest.mark.parametrize("name", ["estate.doc", "nowhere/estate.xlsx"])
def test_an_export_into_the_wrong_file_is_wrong_usage(tillkeeper, head_office, tmp_path, name):
    assert tillkeeper("export", "terminals", "--to", tmp_path / name).exit_code == 2


def test_labels_become_a_pdf(tillkeeper, head_office, tmp_path):
    terminal = TerminalFactory()
    target = tmp_path / "labels.pdf"
    assert tillkeeper("label", terminal.serial, "--to", target).exit_code == 0
    assert target.read_bytes().startswith(b"%PDF")


def test_labels_for_everything_are_not_made_by_accident(tillkeeper, head_office, tmp_path):
    assert tillkeeper("label", "--to", tmp_path / "labels.pdf").exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", "terminals", "--to", "estate.csv", "--organisation", "NOPE"),
        ("label", "--to", "labels.pdf", "--organisation", "NOPE"),
        ("step", "P82000001", "transfer", "--to", "NOPE"),
        ("organisation", "add", "SH", "上海", "--below", "NOPE"),
    ],
)
def test_an_option_that_names_no_organisation_is_wrong_usage(tillkeeper, head_office, arguments):
    result = tillkeeper(*arguments)
    assert result.exit_code == 2
    assert "NOPE" in result.stderr


def test_with_json_a_refused_command_prints_one_object(tillkeeper, head_office):
    result = tillkeeper("step", "P82000001", "sell", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["code"]) == (2, "kernel.field_invalid")
    assert told["facts"]["value"] == "sell"
