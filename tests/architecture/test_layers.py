"""The rules of the house that import-linter cannot see, and that those it can see are seen when broken."""

import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent.parent
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]


def test_no_module_imports_another_modules_models():
    graph = grimp.build_graph("tillkeeper", exclude_type_checking_imports=True, cache_dir=None)
    trespasses = [
        f"{importer} -> {models}"
        for models in graph.modules
        if models.split(".")[2:3] == ["models"]
        for importer in graph.find_modules_that_directly_import(models)
        if importer.split(".")[1] != models.split(".")[1]
    ]
    assert trespasses == []


def test_foreign_keys_point_down():
    """Imports are linted; a ForeignKey("app.Model") string is not, so look at the tables."""
    rows = enumerate(LINTER["contracts"][0]["layers"])
    depth = {name.strip(" ()"): row for row, layer in rows for name in layer.split("|")}
    tables = apps.get_models(include_auto_created=True)  # many-to-many tables too
    ours = [model for model in tables if model.__module__.startswith("tillkeeper.")]
    upward = [
        f"{model._meta.label}.{field.name}"
        for model in ours
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model in ours
        if model._meta.app_label != field.related_model._meta.app_label
        if depth[model._meta.app_label] >= depth[field.related_model._meta.app_label]
    ]
    assert upward == []


def test_what_runs_on_one_database_only_asks_none():
    asked = "django_" + "db"
    folders = (ROOT / folder for folder in ("tests/unit", "tests/architecture"))
    files = (path for folder in folders for path in folder.rglob("*.py"))
    assert [str(path) for path in files if asked in path.read_text(encoding="utf-8")] == []


# One trespass for each contract, as somebody in a hurry would write it.
TRESPASSES = {
    "Modules depend downwards only": ("kernel/money.py", "import tillkeeper.parties.roles"),
    "Inside a module, outside in": ("parties/models.py", "import tillkeeper.parties.queries"),
    "Doors call services and queries, never models": ("api/board.py", "import tillkeeper.terminals.models"),
    "Specifications stay pure": ("formats/identifiers.py", "import django"),
    "The terminals' room needs nothing of matching": ("telemetry/annals.py", "import tillkeeper.engines.matching.run"),
    "Settings are read through django.conf": ("web/apps.py", "import tillkeeper.config.environment"),
}  # fmt: skip


def test_every_contract_has_its_trespass():
    assert set(TRESPASSES) == {contract["name"] for contract in LINTER["contracts"]}


@pytest.mark.parametrize("contract", TRESPASSES)
def test_breaking_a_contract_is_seen(contract, copied_house):
    path, line = TRESPASSES[contract]
    file = copied_house / "src" / "tillkeeper" / path
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(f"{before}\n{line}\n", encoding="utf-8")
        said = lint(copied_house)
    finally:
        file.write_text(before, encoding="utf-8")
    assert f"{contract} BROKEN" in said


def test_the_house_as_it_stands_keeps_every_contract(copied_house):
    said = lint(copied_house)
    assert "BROKEN" not in said
    assert f"{len(LINTER['contracts'])} kept, 0 broken" in said


@pytest.fixture(scope="module")
def copied_house(tmp_path_factory):
    """A copy of the code to break: other tests read the real one at the same time."""
    house = tmp_path_factory.mktemp("house")
    for name in [ROOT / "pyproject.toml", *(ROOT / "src").rglob("*.py")]:
        copy = house / name.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(name.read_bytes())
    return house


def lint(house):
    """Return what import-linter says of a copy; a process of its own, or it would import the real one."""
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(  # noqa: S603  our own program
        [program, "--no-cache"],
        cwd=house,
        env={"PYTHONPATH": str(house / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr
