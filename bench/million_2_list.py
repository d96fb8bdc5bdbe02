"""At a million terminals: the list page with two filters and a sort, page 1 and page 500, whole requests."""

import secrets
from functools import partial

from ground.estates import million
from ground.homes import on_each_home
from ground.lines import line, p95, seconds

ROUNDS, LIMIT_MS = 4, 200
FILTERS = (
    {"state": "active", "model": ""},
    {"state": "in_stock", "model": ""},
    {"state": "active", "province": "四川省"},
    {"state": "active", "organisation": "HQ"},
    {"model": "", "received_from": "2024-01-01"},
)
SORTS = ("serial", "-serial", "-state_since", "received_on")


def measure(home: str) -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client

    from tillkeeper.terminals.queries import terminal_models

    million()
    client = Client()
    client.force_login(_viewer(get_user_model()))
    model = terminal_models()[3].code
    for page in (1, 500):
        times = []
        for number in range(ROUNDS + 1):
            for filters in FILTERS:
                for sort in SORTS:
                    query = {**filters, "sort": sort, "page": page}
                    if "model" in query:
                        query["model"] = model
                    took = seconds(partial(_get, client, query))
                    if number:  # the first round warms the caches
                        times.append(took * 1000)
        line(
            f"list_page_{page}_p95_{home}",
            p95(times),
            "ms",
            limit=LIMIT_MS,
            goal="p95 under 200 ms, two filters and a sort",
            runs=len(times),
        )
    connection.close()


def _get(client, query):  # noqa: ANN001, ANN202
    answer = client.get("/terminals/", query, headers={"HX-Request": "true"})
    if answer.status_code != 200:
        raise SystemExit(f"the list answered {answer.status_code}")


def _viewer(people):  # noqa: ANN001, ANN202
    from datetime import UTC, datetime

    from tillkeeper.kernel.actor import Actor
    from tillkeeper.parties.services.people import create_person, grant_role

    if not (found := people.objects.filter(username="bench").first()):
        by, at = Actor.system("bench"), datetime.now(UTC)
        found = create_person(
            username="bench", display_name="", password=secrets.token_urlsafe(16), by=by, at=at
        )
        grant_role(username="bench", role="administrator", organisation_code="HQ", by=by, at=at)
    return found


if __name__ == "__main__":
    on_each_home(__file__, measure, keep="million")
