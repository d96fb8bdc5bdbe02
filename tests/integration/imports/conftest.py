"""Bringing a small ledger in, in one line."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.core.cache import cache
from tests.factories import NOON

from tillkeeper.kernel.actor import Actor
from tillkeeper.terminals.models import Import
from tillkeeper.terminals.services import imports

TITLES = (
    "机身号",
    "型号",
    "厂商",
    "商户号",
    "商户名称",
    "终端号",
    "门店编号",
    "安装地址",
    "状态",
    "入库日期",
    "备注",
)
BOUND = (
    "SN000001",
    "M1",
    "Acme",
    "898440000000001",
    "南山便利店",
    "T0000001",
    "ST1",
    "科技园1号",
    "在用",
    "2024-03-05",
    "",
)
STOCK = ("SN000002", "M1", "Acme", "", "", "", "", "", "在库", "2024-03-05", "")

Ledger = Callable[..., Import]


def csv_of(rows: Sequence[Sequence[str]], titles: Sequence[str] = TITLES) -> io.BytesIO:
    return io.BytesIO("\n".join(",".join(row) for row in [titles, *rows]).encode())


def row(base: Sequence[str], **cells: str) -> tuple[str, ...]:
    """Return `base` with some cells changed, by title."""
    return tuple(cells.get(title, cell) for title, cell in zip(TITLES, base, strict=True))


@pytest.fixture(autouse=True)
def _fresh_progress():
    cache.clear()


@pytest.fixture
def manager_of_all(hire, head_office) -> Actor:
    from tillkeeper.parties.roles import Role

    return hire(Role.ESTATE_MANAGER, head_office, username="max")


@pytest.fixture
def draft(head_office, manager_of_all) -> Ledger:
    """Return a function that starts an import of rows."""

    def make(
        rows: Sequence[Sequence[str]],
        *,
        titles: Sequence[str] = TITLES,
        kind: str = "terminals",
        by: Actor | None = None,
        organisation: str = "HQ",
        **choices: Any,
    ) -> Import:
        who = by or manager_of_all
        record = imports.start_import(
            stream=csv_of(rows, titles),
            name="ledger.csv",
            kind=kind,
            organisation=organisation,
            by=who,
            at=NOON,
        )
        if choices:
            imports.choose_mapping(number=record.number, by=who, at=NOON, **choices)
        return record

    return make


@pytest.fixture
def bring_in(draft, manager_of_all) -> Ledger:
    """Return a function that brings rows in for real."""

    def make(rows: Sequence[Sequence[str]], *, by: Actor | None = None, **facts: Any) -> Import:
        who = by or manager_of_all
        record = draft(rows, by=who, **facts)
        imports.apply_import(number=record.number, by=who, at=NOON)
        return imports.run_apply(number=record.number, by=who, at=NOON)

    return make


@pytest.fixture
def check(draft, manager_of_all) -> Ledger:
    """Return a function that does the dry run."""

    def make(rows: Sequence[Sequence[str]], *, by: Actor | None = None, **facts: Any) -> Import:
        who = by or manager_of_all
        record = draft(rows, by=who, **facts)
        imports.check_import(number=record.number, by=who, at=NOON)
        return imports.run_check(number=record.number, by=who, at=NOON)

    return make


def counts(record: Import, which: str = "result") -> tuple[int, int, int, int]:
    found = getattr(record, which)
    return found["new"], found["changed"], found["same"], found["refused"]


def codes(record: Import) -> list[tuple[int, str]]:
    return [(cell["row"], cell["code"]) for cell in imports.refusal_rows(record.number)]
