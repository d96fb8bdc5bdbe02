"""What must outlive a power cut: a few facts, readings not yet heard, results not yet told."""

import json
import sqlite3
import time
from pathlib import Path

READINGS_MAX = 200  # in one check-in
KEPT_MAX = 50_000  # readings; then the oldest go


class Memory:
    """A small database of its own, on the disk before a call goes out."""

    def __init__(self, home: Path) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.home = home
        self.base = sqlite3.connect(home / "memory.sqlite3", isolation_level=None)
        self.base.executescript(
            """PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
            CREATE TABLE IF NOT EXISTS reading (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);
            CREATE TABLE IF NOT EXISTS result (action TEXT PRIMARY KEY, body TEXT, told INTEGER NOT NULL);"""
        )

    def close(self) -> None:
        self.base.close()

    def get(self, name: str, otherwise: object = None) -> object:
        row = self.base.execute("SELECT value FROM fact WHERE name = ?", [name]).fetchone()
        return json.loads(row[0]) if row else otherwise

    def put(self, **facts: object) -> None:
        rows = [(name, json.dumps(value)) for name, value in facts.items()]
        self.base.executemany("INSERT OR REPLACE INTO fact VALUES (?, ?)", rows)

    def next(self, name: str) -> int:
        """Count on. The new number is on the disk before it is used, so it never comes twice."""
        number = int(self.get(name, 0)) + 1
        self.put(**{name: number})
        return number

    def keep(self, reading: dict) -> None:
        self.base.execute(
            "INSERT INTO reading VALUES (?, ?)", [reading["seq"], json.dumps(reading)]
        )
        self.base.execute("DELETE FROM reading WHERE seq <= ?", [reading["seq"] - KEPT_MAX])

    def oldest(self) -> list[dict]:
        rows = self.base.execute("SELECT body FROM reading ORDER BY seq LIMIT ?", [READINGS_MAX])
        return [json.loads(body) for (body,) in rows]

    def forget(self, readings: list[dict]) -> None:
        self.base.executemany("DELETE FROM reading WHERE seq = ?", [[r["seq"]] for r in readings])


def log(home: Path, text: str) -> None:
    line = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}"
    print(line, flush=True)
    with (home / "agent.log").open("a") as file:
        file.write(line + "\n")
