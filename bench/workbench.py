"""The workbench with 100,000 open cases: the queue filtered, sorted and paged, whole requests; and the whole page."""

import random
import secrets
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from ground.estates import head_office, settle
from ground.homes import on_each_home
from ground.lines import line, p95, seconds

COUNT, ROUNDS, LIMIT_MS, SEED = 100_000, 4, 200, 20_261_122
CLASSES = (
    "charged_without_slip", "slip_without_charge", "duplicate_charge", "amount_differs", "fee_differs",
    "reversal_lost", "refund_not_returned", "held",
)  # fmt: skip
OWNERS = ("", "", "bench", "陈静", "李伟", "王芳")
CHANNELS = ("card", "wechat", "alipay", "unionpay_qr")
FILTERS: tuple[dict[str, str], ...] = (
    {},
    {"difference": "charged_without_slip"},
    {"difference": "held", "channel": "wechat"},
    {"owner": "me"},
    {"owner": "-", "amount": "500.00"},
    {"state": "open", "older": "7"},
)
SORTS = ("-size_minor", "opened_at", "-opened_at", "size_minor")
PAGES = (1, 50)


def measure(home: str) -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    call_command("collectstatic", interactive=False, verbosity=0)
    by = head_office()
    _fill(by)
    settle()
    client = Client()
    client.force_login(_clerk(get_user_model(), by))
    for page in PAGES:
        times = [
            took * 1000
            for turn in range(ROUNDS + 1)
            for filters in FILTERS
            for sort in SORTS
            if (took := seconds(partial(_get, client, {**filters, "sort": sort, "page": page})))
            and turn  # the first round warms the caches
        ]
        _told(
            f"workbench_page_{page}_p95_{home}",
            times,
            "queue of 100,000 open cases, filter and page",
        )
    whole = [seconds(lambda: _get(client, {}, part=False)) * 1000 for _ in range(21)][1:]
    _told(f"workbench_whole_p95_{home}", whole, "the page with its piles and choices")
    overview = [seconds(lambda: _get(client, {}, "/money/", part=False)) * 1000 for _ in range(21)][
        1:
    ]
    _told(f"money_overview_p95_{home}", overview, "the overview over them")


def _told(name: str, times: list[float], goal: str) -> None:
    line(name, p95(times), "ms", limit=LIMIT_MS, goal=f"p95 under 200 ms: {goal}", runs=len(times))


def _get(
    client: Any, query: dict[str, Any], url: str = "/money/cases/", *, part: bool = True
) -> None:
    answer = client.get(url, query, headers={"HX-Request": "true"} if part else {})
    if answer.status_code != 200:
        raise SystemExit(f"{url} answered {answer.status_code}")


def _fill(by: Any) -> None:
    """Write the cases that a bad day leaves: of 2,000 merchants, most open, some held, some settled long ago."""
    from tillkeeper.kernel.bulk import chunks
    from tillkeeper.parties.queries import root_organisation
    from tillkeeper.settlement.models import Case, MatchingRun, MoneyFile

    root, now, chance = root_organisation(), datetime.now(UTC), random.Random(SEED)  # noqa: S311  cases, not secrets
    assert root is not None
    home = {"organisation": root, "path": root.path}
    run = MatchingRun.objects.create(
        number="MR-1", day=now.date(), as_of=now.date(), state="done", by=by.name, at=now, **home
    )
    file = MoneyFile.objects.create(
        number="MF-1", role="journal", format="canonical.journal", name="journal.csv", sha256="0" * 64, size=1,
        state="taken", by=by.name, at=now, **home,
    )  # fmt: skip
    made = (_case(number, run, file, home, now, chance) for number in range(2 * COUNT))
    for some in chunks(made, 2_000):
        Case.objects.bulk_create([Case(**facts) for facts in some])


def _case(
    number: int, run: Any, file: Any, home: dict[str, Any], now: datetime, chance: random.Random
) -> dict[str, Any]:
    difference, amount = chance.choice(CLASSES), chance.randrange(100, 500_000)
    opened = now - timedelta(minutes=chance.randrange(60 * 24 * 40))
    settled = number >= COUNT  # as many again stand closed behind them
    state = "closed" if settled else "held" if difference == "held" else "open"
    return {
        **home, "key": f"{number:064x}", "run": run, "first_run": run, "difference": difference,
        "cause": "printer_failed", "confidence": 90, "mid": f"8983101541{number % 2_000:05d}",
        "tid": f"{10_000_000 + number % 9_000}", "batch": "000001", "trace": f"{number % 1_000_000:06d}",
        "rrn": f"{number:012d}", "channel": chance.choice(CHANNELS), "currency": "CNY", "amount_minor": amount,
        "at_stake_minor": amount, "size_minor": amount, "at": opened, "day": opened.date(), "source_file": file,
        "source_line": number + 2, "sentence": "The payment was charged and its slip was never printed.",
        "state": state, "owner": chance.choice(OWNERS), "opened_at": opened, "closed_at": now if settled else None,
    }  # fmt: skip


def _clerk(people: Any, by: Any) -> Any:
    from tillkeeper.parties.services.people import create_person, grant_role

    if not (found := people.objects.filter(username="bench").first()):
        at = datetime.now(UTC)
        found = create_person(
            username="bench", display_name="", password=secrets.token_urlsafe(16), by=by, at=at
        )
        grant_role(username="bench", role="administrator", organisation_code="HQ", by=by, at=at)
    return found


if __name__ == "__main__":
    on_each_home(__file__, measure)
