"""Ledgers through the import that people use: the opening, merchants that came later, a stocktake."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from django.conf import settings

from tillkeeper.cli.demonstration.catalogue import MODELS
from tillkeeper.cli.demonstration.estate import Estate, Unit
from tillkeeper.cli.demonstration.ledgers import (
    MERCHANTS,
    SITES,
    STOCKTAKE,
    STYLES,
    UTF8_BOM,
    Style,
    write_ledger,
)
from tillkeeper.cli.demonstration.opening import Line, firmware, seller_facts, site_facts
from tillkeeper.cli.demonstration.people import HEAD_OFFICE
from tillkeeper.cli.demonstration.places import CITIES
from tillkeeper.cli.demonstration.sellers import Shop
from tillkeeper.cli.demonstration.spoiling import spoiled
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.services.imports import (
    apply_import,
    refusal_rows,
    run_apply,
    start_import,
)

SPOILED_A_LEDGER: Final = 10
MISCOUNTED: Final = 3


def folder() -> Path:
    """Return where the ledgers lie, to be looked at and brought in again."""
    made = Path(settings.TILLKEEPER_VAR) / "demo"
    made.mkdir(parents=True, exist_ok=True)
    return made


def bring_in(path: Path, kind: str, *, new: int, by: Actor, at: datetime) -> None:
    """Bring a ledger in: its columns are recognised by their titles, and all good rows are taken.

    Raises:
        RuntimeError: not as many rows as meant were new; the story would go on with what is not there.
    """
    with path.open("rb") as stream:
        draft = start_import(
            stream=stream, name=path.name, kind=kind, organisation=HEAD_OFFICE, by=by, at=at
        )
    apply_import(number=draft.number, by=by, at=at, queue=False)
    done = run_apply(number=draft.number, by=by, at=at)
    if done.result["new"] != new:
        first = [cell["reason"] for cell in islice(refusal_rows(draft.number), 20)]
        raise RuntimeError(f"{path.name}: {done.result}, {first}")


def bring_in_opening(estate: Estate, lines: Sequence[Line]) -> None:
    """Bring in the ledgers of the regions, and remember whose terminals are where."""
    for at, (region, style) in enumerate(STYLES.items()):
        rows = [line.values for line in lines if line.city.region == region]
        wrong = spoiled(rows, SPOILED_A_LEDGER - at, at * SPOILED_A_LEDGER)
        path = write_ledger(folder(), style, [*rows, *wrong])
        bring_in(
            path, "terminals", new=len(rows), by=estate.staff[Role.ESTATE_MANAGER], at=estate.now
        )
    for line in lines:
        if line.state == "active":
            estate.serve([line.unit])
        elif line.state == "issued":
            estate.vans[line.unit.city].append(line.unit)


def bring_in_sellers(estate: Estate, shops: Sequence[Shop], batch: int) -> None:
    """Bring in merchants that were won since, and their sites: a ledger each."""
    sellers = {shop.seller.number: shop for shop in shops}
    files = (
        (
            "merchants",
            Style(f"新增商户-{batch}.xlsx", "", MERCHANTS),
            [seller_facts(shop) for shop in sellers.values()],
        ),
        (
            "sites",
            Style(f"新增门店-{batch}.csv", UTF8_BOM, SITES),
            [site_facts(shop) for shop in shops],
        ),
    )
    for kind, style, rows in files:
        path = write_ledger(folder(), style, rows)
        bring_in(path, kind, new=len(rows), by=estate.staff[Role.ESTATE_MANAGER], at=estate.now)


def bring_in_stocktake(estate: Estate, count: int) -> None:
    """Bring in what was read off terminals in service: some have new firmware, some are as they were."""
    here = sorted((u for units in estate.serving.values() for u in units), key=lambda u: u.serial)
    seen = sorted(estate.chance.sample(here, min(count, len(here))), key=lambda unit: unit.serial)
    rows = [_counted(at, unit) for at, unit in enumerate(seen)]
    for row in rows[:MISCOUNTED]:
        row["state"] = "in_stock"  # the ledger says it serves: only a step may change that
    style = Style("年度盘点.xlsx", "", STOCKTAKE, STYLES["east"].states)
    path = write_ledger(folder(), style, rows)
    bring_in(path, "terminals", new=0, by=estate.staff[Role.ESTATE_MANAGER], at=estate.now)


def _counted(at: int, unit: Unit) -> dict[str, str]:
    model = next(model for model in MODELS if model.code == unit.model)
    return {
        "serial": unit.serial,
        "model": unit.model,
        "state": "active",
        "firmware_version": firmware(model, 1 if at % 3 == 0 else 2),
        "asset_tag": "" if at % 3 == 0 else f"ZC{at:06d}",
    }


def cities_of(shops: Sequence[Shop]) -> dict[str, list[Shop]]:
    """Return the shops by the code of their city."""
    return {city: [s for s in shops if s.seller.city.code == city] for city in CITIES}
