"""Columns that the server works out beside readings: distances, and the faults that makers' codes stand for. Pure."""

from collections.abc import Callable
from typing import Final

import numpy as np

from tillkeeper.engines.alerting.looks import Floats
from tillkeeper.formats.voice.codes import meaning
from tillkeeper.formats.voice.faults import NUMBER

EARTH_M: Final = 6_371_008.8
NONE: Final = -1.0


def faults_told(signal: str, codes: Floats, maker: Callable[[int], str]) -> Floats:
    """Return the fault that each code stands for, as its place in the fault table; -1: none; NaN: no code was told.

    Args:
        signal: printer_code or ped_code.
        codes: as terminals report them.
        maker: whose codes a row's terminal speaks; asked for codes that are not 0 only.
    """
    found = np.where(np.isnan(codes), np.nan, NONE)
    for row in np.flatnonzero(np.nan_to_num(codes) != 0).tolist():
        said = meaning(signal, maker(row), int(codes[row]))
        found[row] = NUMBER[said.fault] if said and said.fault else NONE
    return found


def distance_m(here: tuple[Floats, Floats], there: tuple[Floats, Floats]) -> Floats:
    """Return great-circle distances in metres between places (latitude, longitude in degrees), by haversines."""
    one, other = np.radians(here[0]), np.radians(there[0])
    across = np.sin(np.radians(there[1] - here[1]) / 2) ** 2
    half = np.sin((other - one) / 2) ** 2 + np.cos(one) * np.cos(other) * across
    metres: Floats = 2 * EARTH_M * np.arcsin(np.sqrt(half.clip(0, 1)))
    return metres
