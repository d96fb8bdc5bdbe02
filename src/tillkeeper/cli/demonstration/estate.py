"""The estate as those who work in it know it: who serves where, what lies ready, and how to take a step with them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from django.utils import timezone

from tillkeeper.cli.demonstration.catalogue import MODELS, Model
from tillkeeper.cli.demonstration.clock import Calendar
from tillkeeper.cli.demonstration.places import CITIES, City
from tillkeeper.cli.demonstration.sellers import ACQUIRER, Shop
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import ONE_BY_ONE, EvidenceKind, Step
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.evidence import record_evidence
from tillkeeper.terminals.services.orders import Elements, Order
from tillkeeper.terminals.services.steps import take_step, take_steps

SOUTH: Final = "44"  # the province whose own technician goes out
TIDS_FROM: Final = 30_000_000
MODEL: Final[Mapping[str, Model]] = {model.code: model for model in MODELS}


@dataclass(eq=False, slots=True)
class Unit:
    """A terminal, as far as the story must remember it."""

    serial: str
    model: str
    city: str = ""  # code of the city that answers for it; "" at the head office
    shop: Shop | None = None
    tid: str = ""


@dataclass(slots=True)
class Estate:
    """Everything that a process of the story may reach for."""

    calendar: Calendar
    chance: Random
    staff: Mapping[Role, Actor]
    shops: Mapping[str, list[Shop]]  # by city
    serving: dict[str, list[Unit]] = field(default_factory=lambda: defaultdict(list))
    vans: dict[str, list[Unit]] = field(default_factory=lambda: defaultdict(list))  # issued
    stock: dict[str, list[Unit]] = field(default_factory=lambda: defaultdict(list))
    quarantine: list[Unit] = field(default_factory=list)  # taken in, not examined yet
    tids: int = TIDS_FROM
    serials: int = 0

    @property
    def now(self) -> datetime:
        """The moment of the story."""
        return self.calendar.now

    @property
    def today(self) -> date:
        """The day of the story."""
        return timezone.localdate(self.now)

    def usable(self, unit: Unit, *, margin_days: int = 0) -> bool:
        """Say whether a unit may (still) go into service."""
        end = timezone.localdate(self.calendar.end)
        return MODEL[unit.model].usable(self.today + timedelta(days=margin_days), end)

    def pick(self, region: str, count: int) -> list[Unit]:
        """Take some units of a region out of those that serve; the caller says what becomes of them."""
        cities = [c for c in CITIES if CITIES[c].region == region and self.serving[c]]
        picked: list[Unit] = []
        while cities and len(picked) < count:
            city = self.chance.choices(cities, [len(self.serving[c]) for c in cities])[0]
            picked.append(self.pick_in(city))
            cities = [c for c in cities if self.serving[c]]
        return picked

    def pick_in(self, city: str) -> Unit:
        """Take one serving unit of a city."""
        here = self.serving[city]
        at = self.chance.randrange(len(here))
        here[at], here[-1] = here[-1], here[at]
        return here.pop()

    def serve(self, units: Iterable[Unit]) -> None:
        """Put units among those that serve."""
        for unit in units:
            self.serving[unit.city].append(unit)

    def at_random_city(self) -> City:
        """Return a city, the busy ones more often."""
        return self.chance.choices(list(CITIES.values()), [c.weight for c in CITIES.values()])[0]

    def some(self, units: Sequence[Unit], share: float) -> tuple[list[Unit], list[Unit]]:
        """Part units by chance: about `share` of them, and the rest."""
        chosen = [unit for unit in units if self.chance.random() < share]
        return chosen, [unit for unit in units if unit not in chosen]

    def field_actor(self, city: str) -> Actor:
        """Return who goes out in a city."""
        there = city in CITIES and CITIES[city].province == SOUTH
        return self.staff[Role.TECHNICIAN if there else Role.DISPATCHER]

    def new_tid(self) -> str:
        """Return a terminal id that nobody has."""
        self.tids += 1
        return str(self.tids)

    def elements(self, unit: Unit, reference: str = "") -> Elements:
        """Return the five elements of a unit at its shop."""
        if unit.shop is None:
            raise ValueError(f"{unit.serial} stands nowhere")
        return Elements(
            merchant=unit.shop.seller.number,
            site=unit.shop.code,
            tid=unit.tid,
            acquirer_code=ACQUIRER,
            network_reference=f"RW{unit.tid}",
            refiling_reference=reference,
        )

    def step(self, units: Sequence[Unit], step: Step, role: Role, **order: Any) -> None:
        """Take a step with units; the story is told so that none is refused.

        Raises:
            RuntimeError: one was: the story is wrong, and the estate would be too.
        """
        if not units:
            return
        outcome = take_steps(
            selection=_named(units),
            step=step,
            order=Order(**order),
            by=self.staff[role],
            at=self.now,
        )
        for refused in outcome.refused:
            raise RuntimeError(f"{step} {refused.serial}: {refused.error}")

    def step_one(self, unit: Unit, step: Step, by: Actor, **order: Any) -> None:
        """Take a step whose facts are the unit's own."""
        if step not in ONE_BY_ONE:
            raise ValueError(step)
        take_step(serial=unit.serial, step=step, order=Order(**order), by=by, at=self.now)

    def prove(
        self,
        units: Sequence[Unit],
        kind: EvidenceKind,
        by: Actor | Role,
        reference: str,
        **facts: Any,
    ) -> None:
        """Record a proof for units."""
        if not units:
            return
        outcome = record_evidence(
            selection=_named(units),
            kind=kind,
            reference=reference,
            facts=facts,
            by=self.staff[by] if isinstance(by, Role) else by,
            at=self.now,
        )
        for refused in outcome.refused:
            raise RuntimeError(f"{kind} {refused.serial}: {refused.error}")

    def paper(self, prefix: str) -> str:
        """Return a reference as a paper from outside bears it."""
        return f"{prefix}-{self.today:%y%m%d}-{self.chance.randrange(1000):03d}"


def _named(units: Sequence[Unit]) -> Selection:
    return Selection(serials=tuple(unit.serial for unit in units))
