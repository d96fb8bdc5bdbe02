"""Where a simulated fleet comes from: the ledger on this machine, or an installation's REST API.

Either lists terminals that stand at a site, and makes activation codes for them.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import quote, urlsplit
from zlib import crc32

import msgspec
from django.utils.timezone import now

from tillkeeper.cli.acting import operator
from tillkeeper.cli.simulation.enrolling import BAD_REQUEST
from tillkeeper.cli.simulation.wire import Unreachable, Wire
from tillkeeper.engines.rehearsal.fleet import Terminal
from tillkeeper.formats.voice.codes import family
from tillkeeper.kernel.audit import unit_of_work
from tillkeeper.kernel.errors import Forbidden, TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.services.enrolments import make_code
from tillkeeper.terminals.queries import matching
from tillkeeper.terminals.selection import Filters

SERVING: Final = "active"
CODES_AT_ONCE: Final = 200
PAGE: Final = 200
DRAWN_FROM: Final = 50  # times as many terminals are looked at as are taken
UNKNOWN_PLACE: Final = (31.2304, 121.4737)
COLUMNS: Final = (
    "serial",
    "model__code",
    "model__form",
    "model__vendor__code",
    "model__vendor__name",
    "site__code",
    "site__province",
    "site__latitude",
    "site__longitude",
)


@dataclass(eq=False, kw_only=True)
class ApiRefused(Forbidden):
    """The REST API does not give what a simulated fleet needs."""

    code = "cli.api_refused"
    sentence = "The REST API at %(address)s answered %(status)s: %(reason)s"
    address: str
    status: int
    reason: str


class Source(Protocol):
    """Lists terminals and makes codes for them."""

    def terminals(self, count: int) -> list[Terminal]:
        """Return up to so many terminals that serve at a site, the same ones each time."""

    def codes(self, serials: Sequence[str]) -> dict[str, str]:
        """Make an activation code for each serial; those that may have none are left out."""


class Ledger:
    """The ledger on this machine, as whoever is logged in here."""

    def terminals(self, count: int) -> list[Terminal]:
        """Return whole sites, drawn from all over the estate, so that a small fleet has neighbours and a map."""
        rows = matching(operator().scope(Right.VIEW), Filters(state=(SERVING,)))
        found = rows.exclude(site=None).order_by("site__code", "serial").values(*COLUMNS)
        drawn = sorted(found[: count * DRAWN_FROM], key=lambda row: _drawn(row["site__code"]))
        return [_of_ledger(row) for row in drawn[:count]]

    def codes(self, serials: Sequence[str]) -> dict[str, str]:
        """Make them in few transactions. A terminal that was enrolled elsewhere gets a new key by it."""
        made: dict[str, str] = {}
        for at in range(0, len(serials), CODES_AT_ONCE):
            with unit_of_work():
                for serial in serials[at : at + CODES_AT_ONCE]:
                    try:
                        one = make_code(serial=serial, by=operator(), at=now(), replaces=True)
                    except TillkeeperError:
                        continue
                    made[serial] = one.code
        return made


def _drawn(site: str) -> tuple[int, str]:
    return crc32(f"drawn {site}".encode()), site


def _of_ledger(row: Mapping[str, Any]) -> Terminal:
    return _made(
        serial=row["serial"],
        model=row["model__code"],
        form=row["model__form"],
        maker=(row["model__vendor__code"], row["model__vendor__name"]),
        site=row["site__code"],
        place=(row["site__province"], row["site__latitude"], row["site__longitude"]),
    )


@dataclass(frozen=True, slots=True)
class Api:
    """The REST API of an installation, with a token of its own."""

    address: str
    token: str

    def terminals(self, count: int) -> list[Terminal]:
        """Return terminals by serial, with their sites and models."""
        return asyncio.run(self._terminals(count))

    def codes(self, serials: Sequence[str]) -> dict[str, str]:
        """Make codes one by one, a few at a time."""
        return asyncio.run(self._codes(serials))

    async def _terminals(self, count: int) -> list[Terminal]:
        async with Wire(self.address, 4) as wire:
            forms = {one["code"]: one async for one in self._pages(wire, "/api/v1/models")}
            found, sites = [], {}
            async for row in self._pages(wire, f"/api/v1/terminals?state={SERVING}"):
                if row["site"] is None:
                    continue
                found.append(row)
                if len(found) >= count:
                    break
            for code in sorted({row["site"]["code"] for row in found}):
                sites[code] = await self._get(wire, f"/api/v1/sites/{quote(code, safe='')}")
        return [_of_api(row, forms, sites) for row in found]

    async def _codes(self, serials: Sequence[str]) -> dict[str, str]:
        made: dict[str, str] = {}
        async with Wire(self.address, 4) as wire:
            for serial in serials:
                path = f"/api/v1/terminals/{quote(serial, safe='')}/enrolment/code"
                said = await wire.ask("POST", path, b'{"replaces": true}', self._headers())
                if said.status < BAD_REQUEST:
                    made[serial] = msgspec.json.decode(said.body)["code"]
        return made

    async def _pages(self, wire: Wire, path: str) -> Any:
        following: str | None = f"{path}{'&' if '?' in path else '?'}limit={PAGE}"
        while following:
            page = await self._get(wire, following)
            rows = page if isinstance(page, list) else page["items"]
            for row in rows:
                yield row
            following = None if isinstance(page, list) else _path(page.get("next"))

    async def _get(self, wire: Wire, path: str) -> Any:
        try:
            said = await wire.ask("GET", path, b"", self._headers())
        except Unreachable as error:
            raise ApiRefused(address=self.address, status=0, reason=str(error)) from None
        if said.status >= BAD_REQUEST:
            reason = said.body[:200].decode(errors="replace")
            raise ApiRefused(address=self.address, status=said.status, reason=reason)
        return msgspec.json.decode(said.body)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}


def _path(address: str | None) -> str | None:
    if not address:
        return None
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def _of_api(row: Mapping[str, Any], forms: Mapping[str, Any], sites: Mapping[str, Any]) -> Terminal:
    model, site = forms.get(row["model"]["code"], {}), sites[row["site"]["code"]]
    vendor = model.get("vendor") or {}
    maker = (
        (vendor.get("code", ""), vendor.get("name", ""))
        if isinstance(vendor, dict)
        else (str(vendor), "")
    )
    return _made(
        serial=row["serial"],
        model=row["model"]["code"],
        form=model.get("form", "android"),
        maker=maker,
        site=site["code"],
        place=(site["province"], site["latitude"], site["longitude"]),
    )


def _made(
    *,
    serial: str,
    model: str,
    form: str,
    maker: tuple[str, str],
    site: str,
    place: tuple[str, Any, Any],
) -> Terminal:
    province, latitude, longitude = place
    opens, closes = _hours(site)
    known = latitude is not None and longitude is not None
    return Terminal(
        serial=serial,
        model=model,
        form=form,
        latitude=float(latitude) if known else UNKNOWN_PLACE[0],
        longitude=float(longitude) if known else UNKNOWN_PLACE[1],
        site=site,
        area=province,
        family=family(*maker),
        opens=opens,
        closes=closes,
    )


def _hours(site: str) -> tuple[float, float]:
    """Return when a site is open: the ledger does not know, so its code decides."""
    drawn = crc32(site.encode())
    if drawn % 20 == 0:
        return 0.0, 0.0  # always
    return 7 + drawn % 7 / 2, 20 + drawn // 7 % 8 / 2


def parted(serials: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Return serials in parts, so that progress can be told."""
    for at in range(0, len(serials), size):
        yield serials[at : at + size]
