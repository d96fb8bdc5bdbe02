"""The organisation: head office, provincial branches, city branches and agents. Merchants come with ledgers."""

from datetime import datetime
from typing import Final

from tillkeeper.cli.demonstration.people import HEAD_OFFICE
from tillkeeper.cli.demonstration.places import CITIES, PROVINCES, City
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.services.organisations import create_organisation

TOP: Final = "岁禾支付（演示数据）Suihe Payments (demo)"


def plant_tree(*, by: Actor, at: datetime) -> None:
    """Make the nodes from the top down."""
    create_organisation(kind="head_office", code=HEAD_OFFICE, name=TOP, by=by, at=at)
    for province in PROVINCES.values():
        create_organisation(
            kind="branch",
            code=province.node,
            name=f"{province.short}分公司",
            parent_code=HEAD_OFFICE,
            by=by,
            at=at,
        )
    for city in CITIES.values():
        create_organisation(
            kind="agent" if city.by_agent else "branch",
            code=city.node,
            name=node_name(city),
            parent_code=PROVINCES[city.province].node,
            by=by,
            at=at,
        )


def node_name(city: City) -> str:
    """Return the name of a city's branch or agent."""
    if city.by_agent:
        return f"{city.short}惠付通代理"
    if city.short == PROVINCES[city.province].short:
        return f"{city.short}城区支公司"
    return f"{city.short}支公司"
