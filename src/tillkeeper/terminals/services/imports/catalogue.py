"""Vendors and terminal models that rows name: found, or made."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from django.db.models import Q

from tillkeeper.formats.ledgers.refusals import Entry
from tillkeeper.kernel.bulk import insert_rows
from tillkeeper.parties.queries import vendors
from tillkeeper.parties.services import intake
from tillkeeper.terminals.models import TerminalModel
from tillkeeper.terminals.services.imports.run import RowRefused, Run

CODE_MAX: Final = 40
UNSTATED: Final = ("UNSTATED", "未注明厂商")  # a model needs a maker; ledgers often leave it out
MODEL_COLUMNS: Final = (
    "id",
    "vendor_id",
    "code",
    "name",
    "form",
    "pts_version",
    "origin",
    "version",
)


@dataclass(slots=True)
class Vendor:
    """A maker or supplier; `id` is 0 until it is written."""

    code: str
    name: str
    id: int = 0


@dataclass(slots=True)
class Model:
    """A terminal model; `id` is 0 until it is written."""

    code: str
    vendor: Vendor
    id: int = 0


def short_code(name: str) -> str:
    """Return a code for a name: the name itself, or its beginning and a digest where it is too long."""
    if len(name) <= CODE_MAX:
        return name
    return f"{name[: CODE_MAX - 9]}-{sha256(name.encode()).hexdigest()[:8]}"


class Catalogue:
    """Vendors and models are few: what was seen once is remembered for the whole file."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._vendors: dict[str, Vendor | None] = {}
        self._models: dict[str, Model | None] = {}
        self._new_vendors: list[Vendor] = []
        self._new_models: list[Model] = []

    def load(self, entries: Iterable[Entry]) -> None:
        """Look up the vendors and models that these rows name."""
        makers = {UNSTATED[1]}
        models = set()
        for entry in entries:
            values = entry.values
            makers.update(name for field in ("vendor", "supplier") if (name := values.get(field)))
            models.add(values.get("model"))
        self._load_vendors(makers - self._vendors.keys())
        self._load_models({name for name in models if name} - self._models.keys())

    def model(self, name: str, vendor: str | None) -> Model | None:
        """Return a known model; None if it is not in the ledger yet.

        Raises:
            RowRefused: the ledger has it under another vendor.
        """
        found = self._models.get(name)
        if found and vendor and vendor not in (found.vendor.name, found.vendor.code):
            raise RowRefused("vendor", "ledger.model_of_another_vendor", now=found.vendor.name)
        return found

    def add_model(self, name: str, vendor: str | None) -> Model:
        """Make a model that is in nobody's list yet."""
        made = Model(name, self.vendor(vendor or UNSTATED[1]))
        self._models[name] = made
        self._new_models.append(made)
        return made

    def vendor(self, name: str) -> Vendor:
        """Return the vendor of that name or code, made if need be."""
        found = self._vendors.get(name)
        if found is None:
            code = UNSTATED[0] if name == UNSTATED[1] else short_code(name)
            found = self._vendors[name] = Vendor(code, name)
            self._new_vendors.append(found)
        return found

    def write(self) -> None:
        """Write what was made since the last time."""
        run = self._run
        for vendor, pk in zip(
            self._new_vendors, run.keys("vendor", len(self._new_vendors)), strict=True
        ):
            vendor.id = pk
            run.record(
                "vendor.import", f"vendor:{vendor.code}", run.node.path, after={"name": vendor.name}
            )
        for model, pk in zip(
            self._new_models, run.keys(TerminalModel, len(self._new_models)), strict=True
        ):
            model.id = pk
            facts = {"vendor": model.vendor.code}
            run.record("model.import", f"model:{model.code}", run.node.path, after=facts)
        if run.writes:
            intake.bring_in(
                "vendor", [(v.id, v.code, v.name, "", run.number, 1) for v in self._new_vendors]
            )
            rows = [
                (m.id, m.vendor.id, m.code, m.code, "countertop", "", run.number, 1)
                for m in self._new_models
            ]
            insert_rows(TerminalModel, MODEL_COLUMNS, rows)
        run.counts.made["vendors"] += len(self._new_vendors)
        run.counts.made["models"] += len(self._new_models)
        self._new_vendors, self._new_models = [], []

    def _load_vendors(self, names: set[str]) -> None:
        if not names:
            return
        self._vendors |= dict.fromkeys(names)
        rows = vendors().filter(Q(name__in=names) | Q(code__in=names))
        for pk, code, name in rows.values_list("id", "code", "name"):
            known = Vendor(code, name, pk)
            for key in names & {code, name}:
                self._vendors[key] = known

    def _load_models(self, names: set[str]) -> None:
        if not names:
            return
        self._models |= dict.fromkeys(names)
        rows = TerminalModel.objects.filter(Q(code__in=names) | Q(name__in=names))
        columns = ("id", "code", "name", "vendor__code", "vendor__name", "vendor_id")
        found = rows.order_by("code").values_list(*columns)
        for pk, code, name, vendor_code, vendor_name, vendor_id in found:
            known = Model(code, Vendor(vendor_code, vendor_name, vendor_id), pk)
            if code in names:
                self._models[code] = known
            if name in names and self._models[name] is None:
                self._models[name] = known
