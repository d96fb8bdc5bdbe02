"""What rules need to know of terminals beside their readings. Read in one statement, and only when a rule asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tillkeeper.engines.alerting.beside import distance_m, faults_told
from tillkeeper.engines.alerting.limits import ALLOWED_M, fault_of
from tillkeeper.formats.voice.codes import TABLES, family
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.bulk import among
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.heard import Batch
from tillkeeper.terminals.lifecycle import AT_A_SITE
from tillkeeper.terminals.queries import matching
from tillkeeper.terminals.selection import Filters

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
AWAY_M: Final = "away_m"
COLUMNS: Final = (
    "pk",
    "path",
    "model_id",
    "model__vendor__code",
    "model__vendor__name",
    "site_id",
    "site__latitude",
    "site__longitude",
    "site__city",
    "site__province",
    "state",
    "live__carrier",
    "live__app_version",
    "binding__acquirer_code",
)
EVERYTHING: Final = Actor.system("telemetry").scope(Right.VIEW)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledger and the live state say of a terminal."""

    path: str
    model: str
    maker: str
    site: str
    latitude: float
    longitude: float
    city: bool
    province: str
    at_a_site: bool
    carrier: str
    version: str
    host: str  # whom it asks for payments: by its acquirer

    def peers_by(self, name: str) -> str:
        """Return what makes it a peer of others."""
        return {
            "model": self.model,
            "site": self.site,
            "carrier": self.carrier,
            "version": self.version,
            "host": self.host,
        }[name]


def facts_of(terminals: Sequence[int]) -> dict[int, Facts]:
    """Return what is known of terminals; one statement."""
    rows = matching(EVERYTHING, Filters()).filter(pk__in=among(list(terminals)))
    return {row["pk"]: _facts(row) for row in rows.values(*COLUMNS)}


def _facts(row: dict[str, Any]) -> Facts:
    return Facts(
        path=row["path"],
        model=str(row["model_id"]),
        maker=family(row["model__vendor__code"], row["model__vendor__name"]),
        site=str(row["site_id"] or ""),
        latitude=_degrees(row["site__latitude"]),
        longitude=_degrees(row["site__longitude"]),
        city=bool(row["site__city"]),
        province=row["site__province"] or "",
        at_a_site=row["state"] in AT_A_SITE,
        carrier=row["live__carrier"] or "",
        version=row["live__app_version"] or "",
        host=row["binding__acquirer_code"] or "",
    )


def _degrees(value: object) -> float:
    return float("nan") if value is None else float(str(value))


class Estate:
    """The facts of a batch's terminals, read once if anybody asks."""

    def __init__(self, terminals: Sequence[int]) -> None:
        self._terminals = terminals
        self._known: dict[int, Facts] | None = None

    @property
    def known(self) -> dict[int, Facts]:
        """What is known, by terminal."""
        if self._known is None:
            self._known = facts_of(self._terminals)
        return self._known

    def paths(self, terminals: Ints) -> list[str]:
        """Return the places of terminals; one that is not in the ledger is nowhere."""
        known = self.known
        return [known[one].path if one in known else "?" for one in terminals.tolist()]


def beside(batch: Batch, estate: Estate, allowed: dict[str, float]) -> dict[str, Floats]:
    """Return the columns that the server works out: distances, and the faults that makers' codes stand for."""

    def maker(row: int) -> str:
        facts = estate.known.get(int(batch.terminal[row]))
        return facts.maker if facts else ""

    found: dict[str, Floats] = {}
    for signal in TABLES:
        if signal in batch.values:
            found[fault_of(signal)] = faults_told(signal, batch.values[signal], maker)
    latitude = batch.values.get("latitude")
    if latitude is not None and "longitude" in batch.values:
        found |= _distances(batch, estate, allowed)
    return found


def _distances(batch: Batch, estate: Estate, allowed: dict[str, float]) -> dict[str, Floats]:
    latitude, longitude = batch.values["latitude"], batch.values["longitude"]
    away, limit = np.full(len(latitude), np.nan), np.full(len(latitude), np.nan)
    rows = np.flatnonzero(~np.isnan(latitude) & ~np.isnan(longitude))
    if not len(rows):
        return {}
    known = estate.known
    sites = [known.get(one) for one in batch.terminal[rows].tolist()]
    home = np.array([(f.latitude, f.longitude) if f else (np.nan, np.nan) for f in sites])
    away[rows] = distance_m((latitude[rows], longitude[rows]), (home[:, 0], home[:, 1]))
    if (accuracy := batch.values.get("accuracy")) is not None:
        away -= np.nan_to_num(accuracy)  # it may be so much nearer
    limit[rows] = [allowed["city" if f and f.city else "rural"] for f in sites]
    return {AWAY_M: away, ALLOWED_M: limit}
