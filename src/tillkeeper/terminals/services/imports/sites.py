"""Sites that rows name: by code, or by merchant and address; found, or made with their node below the merchant's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.kernel.actor import path_step
from tillkeeper.kernel.bulk import among, as_stored
from tillkeeper.parties.queries import sites
from tillkeeper.parties.services import intake
from tillkeeper.terminals.services.imports.merchants import Merchant
from tillkeeper.terminals.services.imports.run import RowRefused, Run

NODE_PREFIX: Final = "S"
CODE_MAX: Final = 39  # the node's code is one longer
LIMITS: Final = {
    "site_code": CODE_MAX,
    "site_name": 120,
    "address": 200,
    "province": 40,
    "city": 40,
}
FACTS: Final = ("province", "city", "latitude", "longitude", "contact", "phone")


@dataclass(slots=True)
class Site:
    """What rows need to know of a site; `id` is 0 until it is written."""

    code: str
    name: str
    address: str
    merchant_id: int = 0
    node_id: int = 0
    path: str = ""
    version: int = 1
    id: int = 0
    province: str = ""
    city: str = ""
    latitude: Any = None
    longitude: Any = None
    contact: str = ""
    phone: str = ""
    line: int = 0  # of the row that made it
    merchant: Merchant | None = None  # of a site made here


LOOKED_UP: Final = (
    "code", "name", "address", "merchant_id", "organisation_id", "organisation__path", "version", "id", *FACTS,
)  # fmt: skip


class Sites:
    """Looks up a chunk's sites in one question; remembers only what the file itself adds."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._by_code: dict[str, Site] = {}
        self._by_place: dict[tuple[int, str], Site] = {}
        self._made_by_code: dict[str, Site] = {}
        self._made_by_place: dict[tuple[str, str], Site] = {}
        self._new: list[Site] = []

    def load(self, entries: Iterable[Entry], merchants: Iterable[Merchant]) -> None:
        """Look up what these rows name; the rows' merchants are known already."""
        codes = {code for entry in entries if (code := entry.values.get("site_code"))}
        addresses = {address for entry in entries if (address := entry.values.get("address"))}
        owners = {merchant.id for merchant in merchants if merchant.id}
        asked = Q(code__in=among(list(codes) or [""])) | Q(
            merchant__in=owners, address__in=among(list(addresses) or [""])
        )
        rows = sites().filter(asked).order_by("-id").values_list(*LOOKED_UP)
        found = [Site(*row) for row in rows]
        self._by_code = {site.code: site for site in found}
        self._by_place = {(site.merchant_id, site.address): site for site in found}

    def find(self, values: Mapping[str, Any], merchant: Merchant | None) -> Site | None:
        """Return the site of a row, None if it would have to be made.

        Raises:
            RowRefused: it is outside the actor's view or another merchant's, or the row contradicts what is known.
        """
        address = values.get("address")
        if code := values.get("site_code"):
            found = self._made_by_code.get(code) or self._by_code.get(code)
            if found is not None:
                self._check(found, values, merchant)
                return found
        elif address and merchant:
            made = self._made_by_place.get((merchant.number, address))
            if found := made or self._by_place.get((merchant.id, address)):
                return found
        if not address:
            raise RowRefused("address", "ledger.address_missing")
        return None

    def known(self, values: Mapping[str, Any], merchant: Merchant | None) -> Site | None:
        """Return the site of a row of a ledger of sites: it may change the address of one that has a code.

        Raises:
            RowRefused: it is outside the actor's view, or another merchant's.
        """
        without = {name: value for name, value in values.items() if name != "address"}
        if "site_code" in values:
            code = values["site_code"]
            return (
                self.find(without, merchant)
                if code in self._by_code or code in self._made_by_code
                else None
            )
        return self.find(values, merchant) if merchant else None

    def add(self, entry: Entry, merchant: Merchant) -> Site:
        """Make the site of a row."""
        values = entry.values
        made = Site(
            values.get("site_code", ""),
            values.get("site_name") or merchant.name,
            values["address"],
            line=entry.line,
            merchant=merchant,
            **{name: values[name] for name in FACTS if name in values},
        )
        if made.code:
            self._made_by_code[made.code] = made
        self._made_by_place.setdefault((merchant.number, made.address), made)
        self._new.append(made)
        return made

    def write(self) -> None:
        """Write what was made since the last time; the merchants are written already."""
        run, count = self._run, len(self._new)
        for site, pk, node in zip(
            self._new, run.keys("site", count), run.keys("organisation", count), strict=True
        ):
            owner = site.merchant
            if owner is None:
                raise ValueError("a site is made with its merchant")
            site.id, site.node_id, site.merchant_id = pk, node, owner.id
            site.path = owner.path + path_step(node)
            site.code = site.code or f"{owner.number}-{pk}"
            facts = {
                "name": site.name,
                "address": site.address,
                "merchant": owner.number,
                "document": run.number,
            }
            run.record("site.import", f"site:{site.code}", site.path, after=facts)
        if run.writes:
            intake.bring_in("organisation", [_node_row(site, run.number) for site in self._new])
            intake.bring_in("site", [_row(site, run.number) for site in self._new])
        run.counts.made["sites"] += count
        self._new = []

    def _check(self, found: Site, values: Mapping[str, Any], merchant: Merchant | None) -> None:
        if not found.line and not self._run.seen.covers(found.path):
            raise RowRefused("site_code", "ledger.not_yours")
        theirs = found.merchant.number == merchant.number if found.merchant and merchant else None
        if theirs is None:
            theirs = merchant is not None and merchant.id == found.merchant_id
        if merchant is not None and not theirs:
            raise RowRefused("site_code", "ledger.site_of_another_merchant")
        address = values.get("address")
        if address and address != found.address:
            raise RowRefused("address", "ledger.site_addressed_differently", now=found.address)


def degrees(value: Any) -> Any:
    """Return a coordinate in the form the driver wants it."""
    if value is None:
        return None
    field = sites().model._meta.get_field("latitude")
    return as_stored(field, Decimal(str(value)))


def _node_row(site: Site, origin: str) -> tuple[Any, ...]:
    owner = site.merchant
    parent = owner.node_id if owner else None
    return (site.node_id, "store", NODE_PREFIX + site.code, site.name, parent, site.path, origin, 1)


def _row(s: Site, origin: str) -> tuple[Any, ...]:
    return (
        s.id, s.node_id, s.merchant_id, s.code, s.name, s.address, s.province, s.city, degrees(s.latitude),
        degrees(s.longitude), s.contact, s.phone, origin, 1,
    )  # fmt: skip
