"""A database of its own for each measurement, on SQLite and on PostgreSQL where one answers.

A script calls `on_each_home(__file__, measure)`. The first time it is the parent: it makes each database and starts
itself once for each; the child sets Django up and calls `measure(home)`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POSTGRES_URLS = (
    os.environ.get("TILLKEEPER_TEST_POSTGRES_URL", ""),
    "postgresql://postgres@127.0.0.1/postgres",
    "postgresql:///postgres",
)


def on_each_home(script: str, measure: Callable[[str], None], *, keep: str = "") -> None:
    """Call `measure` in a process of its own for each kind of database.

    Args:
        script: the calling file.
        measure: takes the name of the home, `sqlite` or `postgresql`.
        keep: name of an estate that several scripts share; blank: a fresh one that is thrown away.
    """
    if home := os.environ.get("BENCH_HOME"):
        _set_up()
        measure(home)
        return
    only = sys.argv[1:]
    for name, url in _homes(keep or Path(script).stem):
        if only and name not in only:
            continue
        folder = _folder(name, keep)
        environment = _environment(name, url, folder)
        try:
            if not (folder / "made").exists():
                _make(name, url, environment)
                (folder / "made").touch()
            subprocess.run([sys.executable, script], env=environment, check=True)
        finally:
            if not keep:
                shutil.rmtree(folder, ignore_errors=True)


def _homes(label: str) -> list[tuple[str, str]]:
    homes = [("sqlite", "")]
    if base := _postgres():
        homes.append(("postgresql", base.rsplit("/", 1)[0] + f"/tillkeeper_bench_{label}"))
    else:
        print("bench: no PostgreSQL answers; SQLite alone is measured", file=sys.stderr)
    return homes


def _postgres() -> str:
    import psycopg

    for url in POSTGRES_URLS:
        try:
            if url:
                psycopg.connect(url, connect_timeout=3).close()
                return url
        except psycopg.Error:
            continue
    return ""


def _folder(name: str, keep: str) -> Path:
    if keep:
        kept = ROOT / "var" / "bench" / f"{keep}-{name}"
        kept.mkdir(parents=True, exist_ok=True)
        return kept
    return Path(tempfile.mkdtemp(prefix="tillkeeper-bench-"))


def _environment(name: str, url: str, folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TILLKEEPER_")}
    return kept | {
        "BENCH_HOME": name,
        "TILLKEEPER_VAR": str(folder),
        "TILLKEEPER_SECRET_KEY": "only for measuring",
        "TILLKEEPER_DATABASE_URL": url or f"sqlite://{folder}/bench.sqlite3",
        "TILLKEEPER_TASKS_AT_ONCE": "1",
        "TILLKEEPER_HOSTS": "testserver,localhost",
        "DJANGO_SETTINGS_MODULE": "tillkeeper.config.settings",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'bench'}",
    }


def _make(name: str, url: str, environment: dict[str, str]) -> None:
    if name == "postgresql":
        import psycopg

        database = url.rsplit("/", 1)[1]
        with psycopg.connect(_postgres(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}"')
            connection.execute(f'CREATE DATABASE "{database}"')
    migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    subprocess.run(migrate, env=environment, check=True)


def _set_up() -> None:
    import django
    from django.conf import settings

    django.setup()
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # looked for by the first request
