"""Last touches that make single pages worth a look: views, papers, corrected facts."""

from io import BytesIO
from itertools import islice
from typing import Final

from tillkeeper.cli.demonstration.estate import Estate
from tillkeeper.cli.demonstration.people import HEAD_OFFICE
from tillkeeper.parties.queries import merchant, person
from tillkeeper.parties.roles import Right, Role
from tillkeeper.parties.services.merchants import update_merchant
from tillkeeper.parties.services.views import save_view
from tillkeeper.terminals.services.facts import add_accessory, attach_file

VIEWS: Final = (
    ("待处理故障 / Open faults", "state=faulty&sort=state_since"),
    ("在途与隔离 / On the way back", "state=returning&state=quarantine"),
    ("在库可用 / In stock", "state=in_stock&state=ready"),
)
SHOWN: Final = 12
FORM: Final = (
    "装机验收单（演示数据）\nAcceptance form (demonstration data)\nSerial: {serial}\nTID: {tid}\n"
)


def finishing_touches(estate: Estate) -> None:
    """Give a few terminals papers, share a few views, correct a few merchants."""
    at, by = estate.now, estate.staff[Role.ESTATE_MANAGER]
    serving = (unit for city in sorted(estate.serving) for unit in estate.serving[city])
    for unit in islice(serving, SHOWN):
        form = FORM.format(serial=unit.serial, tid=unit.tid).encode()
        attach_file(
            serial=unit.serial,
            title="装机验收单 / Acceptance form",
            name=f"{unit.serial}.txt",
            media_type="text/plain",
            stream=BytesIO(form),
            by=by,
            at=at,
        )
        add_accessory(serial=unit.serial, kind="底座 / Base", by=by, at=at)
    for name, query in VIEWS:
        save_view(
            person=person(by.name),
            page="terminals",
            name=name,
            query=query,
            columns=[],
            shared_at_code=HEAD_OFFICE,
            by=by,
            at=at,
        )
    numbers = sorted({shop.seller.number for shops in estate.shops.values() for shop in shops})
    for number in numbers[:5]:
        row = merchant(by.scope(Right.PARTIES_VIEW), number)
        update_merchant(
            number=number, changes={"contact": "新店长"}, version=row.version, by=by, at=at
        )
