"""`tillkeeper import`: the JSON is one object, the exit code says whether anything was refused."""

import json

import pytest

pytestmark = pytest.mark.django_db

LEDGER = """序列号,型号,供应商,入库日期,保管
P82000001,N910,新大陆,2024-03-05,张三
P82000002,N910,新大陆,2024-03-05,李四
"""


@pytest.fixture
def ledger(tmp_path, head_office):
    def write(text: str = LEDGER, name: str = "ledger.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_good_ledger_comes_in_whole_and_a_second_time_changes_nothing(tillkeeper, ledger):
    path = ledger()
    first = tillkeeper("import", "terminals", path, "--json")
    assert first.exit_code == 0, first.output
    assert _counts(first) == (2, 0, 0, 0)
    assert _counts(tillkeeper("import", "terminals", path, "--json")) == (0, 0, 2, 0)


def test_a_dry_run_writes_nothing(tillkeeper, ledger):
    assert _counts(tillkeeper("import", "terminals", ledger(), "--dry-run", "--json")) == (
        2,
        0,
        0,
        0,
    )
    assert _serials(tillkeeper) == []


def test_a_bad_row_is_refused_and_the_good_one_stands(tillkeeper, ledger):
    path = ledger(
        LEDGER.replace("P82000002,N910,新大陆,2024-03-05", "P82000002,N910,新大陆,2024/13/05")
    )
    result = tillkeeper("import", "terminals", path, "--json")
    assert result.exit_code == 1
    assert _counts(result) == (1, 0, 0, 1)
    refused = json.loads(result.stdout)["refused"][0]
    assert set(refused) == {"row", "column", "value", "code", "reason"}
    assert (refused["row"], refused["column"], refused["code"]) == (
        3,
        "入库日期",
        "ledger.not_a_date",
    )


def test_all_or_nothing_writes_nothing_when_a_row_is_refused(tillkeeper, ledger):
    path = ledger(
        LEDGER.replace("P82000002,N910,新大陆,2024-03-05", "P82000002,N910,新大陆,2024/13/05")
    )
    result = tillkeeper("import", "terminals", path, "--all-or-nothing", "--json")
    assert result.exit_code == 1
    assert _counts(result) == (0, 0, 0, 1)
    made = {"models": 0, "merchants": 0, "sites": 0, "vendors": 0, "bindings": 0}
    assert json.loads(result.stdout)["made"] == made
    assert "nothing was written" in result.stderr
    assert _serials(tillkeeper) == []


@pytest.mark.parametrize("choices", [("--dry-run",), ()])
def test_a_ledger_of_titles_alone_says_that_it_holds_no_rows(tillkeeper, ledger, choices):
    path = ledger(LEDGER.splitlines()[0] + "\n")
    told = tillkeeper("import", "terminals", path, *choices)
    assert (told.exit_code, "no rows below them" in " ".join(told.stdout.split())) == (0, True)
    notes = json.loads(tillkeeper("import", "terminals", path, "--json", *choices).stdout)["notes"]
    assert [text for text in notes if "no rows below them" in text] == notes != []


def test_the_refused_rows_can_be_had_as_a_file_to_mend(tillkeeper, ledger, tmp_path):
    path = ledger(LEDGER.replace("P82000002", "P8.2E+13"))
    target = tmp_path / "refused.csv"
    tillkeeper("import", "terminals", path, "--refused", target)
    lines = target.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("序列号,型号")
    assert len(lines) == 2


def test_a_column_can_be_mapped_by_its_title(tillkeeper, ledger):
    result = tillkeeper("import", "terminals", ledger(), "--map", "保管=remark", "--json")
    assert _counts(result) == (2, 0, 0, 0)


@pytest.mark.parametrize(
    "options",
    [
        ["--map", "无此列=remark"],
        ["--map", "保管"],
        ["--map", "保管=no_such_field"],
        ["--sheet", "no such sheet"],
    ],
)
def test_a_mapping_that_does_not_fit_is_wrong_usage(tillkeeper, ledger, options):
    assert tillkeeper("import", "terminals", ledger(), *options).exit_code == 2


def test_what_is_no_ledger_is_unreadable_input(tillkeeper, ledger):
    assert tillkeeper("import", "terminals", ledger("hello\n")).exit_code == 2
    assert tillkeeper("import", "terminals", "/no/such/file.csv").exit_code == 2
    assert tillkeeper("import", "cars", ledger()).exit_code == 2


def test_without_any_organisation_it_says_what_to_do_first(tillkeeper, tmp_path):
    path = tmp_path / "ledger.csv"
    path.write_text(LEDGER, encoding="utf-8")
    result = tillkeeper("import", "terminals", path)
    assert result.exit_code == 2
    assert "tillkeeper organisation add" in result.stderr


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7 ...", "ledger.wrong_type"),
        (b"", "ledger.file_empty"),
        (None, "kernel.field_invalid"),
    ],
)
def test_with_json_a_file_that_cannot_be_read_is_one_object(
    tillkeeper, ledger, tmp_path, content, code
):
    path = tmp_path / "other.csv"
    if content is not None:
        path.write_bytes(content)
    result = tillkeeper("import", "terminals", path, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 2
    assert set(told) == {"code", "sentence", "facts"}
    assert told["code"] == code
    assert "other.csv" in json.dumps(told["facts"])
    assert told["sentence"] in result.stderr


def test_with_json_an_estate_without_any_organisation_is_one_object(tillkeeper, tmp_path, db):
    path = tmp_path / "ledger.csv"
    path.write_text(LEDGER, encoding="utf-8")
    result = tillkeeper("import", "terminals", path, "--json")
    assert (result.exit_code, json.loads(result.stdout)["code"]) == (2, "cli.no_organisation_yet")


def test_an_organisation_that_is_not_there_is_wrong_usage(tillkeeper, ledger):
    result = tillkeeper("import", "terminals", ledger(), "--organisation", "NOPE", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 2
    assert (told["code"], told["facts"]["field"]) == ("kernel.field_invalid", "--organisation")
    assert _serials(tillkeeper) == []


def _counts(result):
    told = json.loads(result.stdout)
    return told["new"], told["changed"], told["same"], len(told["refused"])


def _serials(tillkeeper):
    found = tillkeeper("find", "P8200", "--json")
    return [hit["key"] for hit in json.loads(found.stdout)]
