"""Import: 1,000,000 terminals from CSV. Leaves the estate that the other `million_` measurements look at."""

import tempfile
from pathlib import Path

from ground.estates import MILLION, bring_in, head_office, settle
from ground.homes import on_each_home
from ground.ledgers import write_csv
from ground.lines import line, seconds

LIMIT_S = 360


def measure(home: str) -> None:
    from tillkeeper.terminals.queries import terminals

    by = head_office()
    if terminals(by.scope("estate.view")).exists():
        print(
            f"bench: var/bench has a million already on {home}; remove it to measure the import again"
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "million.csv", MILLION)
        took = seconds(lambda: bring_in(path, by))
    settle()
    line(f"import_million_csv_{home}", took, "s", limit=LIMIT_S, goal="under 6 minutes")
    line(f"import_million_csv_rate_{home}", MILLION / took, "rows/s", goal="shown")


if __name__ == "__main__":
    on_each_home(__file__, measure, keep="million")
