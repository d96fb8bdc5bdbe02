"""Weather by place, season and hour: not a forecast, only so that the north freezes and the south is damp."""

from dataclasses import dataclass

import numpy as np

from tillkeeper.engines.rehearsal.fleet.terminals import Floats

DAY_S, YEAR_DAYS = 86_400.0, 365.25
WARMEST_DAY, WARMEST_HOUR = 202, 15
FRONT_DAYS = np.array([2.9, 4.7, 8.3])  # how long warm and cold spells last


@dataclass(frozen=True, slots=True)
class Weather:
    """The climate of each terminal's place, with spells that neighbours share."""

    latitude: Floats
    longitude: Floats
    phases: Floats  # of the spells: three rows

    @classmethod
    def over(cls, latitude: Floats, longitude: Floats, seed: int) -> "Weather":
        """Draw the spells. They travel eastward, so places near one another have them together."""
        chance = np.random.Generator(np.random.SFC64([seed, 2]))
        start = chance.uniform(0, 2 * np.pi, (3, 1))
        return cls(latitude, longitude, start - longitude * 0.12 + latitude * 0.05)

    def outdoors(self, at: float) -> tuple[Floats, Floats]:
        """Return temperature in degrees and relative humidity in per cent."""
        north = np.abs(self.latitude)
        day = at / DAY_S % YEAR_DAYS - WARMEST_DAY + np.where(self.latitude < 0, YEAR_DAYS / 2, 0)
        season = np.cos(2 * np.pi * day / YEAR_DAYS)
        hour = (at / 3600 + self.longitude / 15) % 24
        sun = np.cos(2 * np.pi * (hour - WARMEST_HOUR) / 24)
        turns = 2 * np.pi * at / DAY_S / FRONT_DAYS
        spell = np.sin(turns[:, None] + self.phases).sum(axis=0)
        temperature = 36 - 0.62 * north + 0.45 * north * season + 4.5 * sun + 2.2 * spell
        humidity = 74 - 0.55 * (north - 22) + 9 * season - 11 * sun - 6 * spell
        return temperature.clip(-35, 44), humidity.clip(12, 97)
