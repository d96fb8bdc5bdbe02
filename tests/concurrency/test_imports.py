"""Two imports of the same new serials at the same moment: one waits, none doubles."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from tests.factories import NOON, OrganisationFactory

from tillkeeper.kernel.actor import Actor
from tillkeeper.terminals.models import Binding, StepTaken, Terminal
from tillkeeper.terminals.services import imports

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
]

ROWS = 200


def _asked(by: Actor, name: str) -> str:
    lines = ["SN,型号,商户号,终端号,地址"]
    lines += [
        f"SN{i:06d},M1,898440000000{i % 20:03d},T{i:07d},Street {i % 20}" for i in range(ROWS)
    ]
    record = imports.start_import(
        stream=io.BytesIO("\n".join([*lines, f"{name},M1,,,"]).encode()), name=f"{name}.csv", kind="terminals",
        organisation="HQ", by=by, at=NOON,
    )  # fmt: skip
    with transaction.atomic():
        imports.apply_import(number=record.number, by=by, at=NOON)
        transaction.get_connection().run_on_commit.clear()  # the task is started by hand below
    return record.number


def test_of_two_imports_of_the_same_serials_one_waits_and_none_doubles():
    OrganisationFactory(code="HQ")
    by = Actor.system("test")
    numbers = [_asked(by, "LEFT"), _asked(by, "RIGHT")]
    gate = threading.Barrier(2)

    def work(number: str) -> dict[str, int]:
        try:
            gate.wait(timeout=10)
            return imports.run_apply(number=number, by=by, at=NOON).result
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(work, numbers))
    assert sorted(result["new"] for result in results) == [1, ROWS + 1]
    assert sorted(result["same"] for result in results) == [0, ROWS]
    assert all(result["refused"] == 0 for result in results)
    assert Terminal.objects.count() == StepTaken.objects.count() == ROWS + 2
    assert Binding.objects.count() == ROWS
