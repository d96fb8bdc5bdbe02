"""At a million terminals: find by any five characters inside a serial number, or by a merchant's name."""

import random
from functools import partial

from ground.estates import million
from ground.homes import on_each_home
from ground.lines import line, p95, seconds

ROUNDS, LIMIT_MS = 100, 100


def measure(home: str) -> None:
    from tillkeeper.terminals.queries import find

    by = million()
    chance = random.Random(5)  # noqa: S311
    for kind, needle in (
        ("serial", lambda: _inside(f"P{82_000_000_000 + chance.randrange(1_000_000)}", chance)),
        (
            "merchant",
            lambda: f"{chance.choice(('便利店', '火锅店', '眼镜店'))}{chance.randrange(3_000)}",
        ),
    ):
        times = []
        for number in range(ROUNDS + 10):
            text = needle()
            took = seconds(partial(find, text, by=by))
            if number >= 10:
                times.append(took * 1000)
        line(
            f"find_by_{kind}_p95_{home}",
            p95(times),
            "ms",
            limit=LIMIT_MS,
            goal="p95 under 100 ms",
            runs=ROUNDS,
        )


def _inside(serial: str, chance: random.Random) -> str:
    begin = chance.randrange(len(serial) - 4)
    return serial[begin : begin + 5]


if __name__ == "__main__":
    on_each_home(__file__, measure, keep="million")
