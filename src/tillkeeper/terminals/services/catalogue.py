"""The catalogue of terminal models and their approvals."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.errors import AlreadyExists, FieldInvalid, NotFound, Stale
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.parties.queries import root_organisation, vendor
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.models import ModelApproval, TerminalModel

FORMS: Final = ("countertop", "mobile", "android", "pin_pad", "qr_box", "unattended")
MODEL_FACTS: Final = ("name", "form", "pts_version", "end_of_sale_on", "end_of_support_on")


@verb
def create_model(  # noqa: PLR0913  a model is its facts
    *,
    code: str,
    name: str,
    vendor_code: str,
    form: str = "countertop",
    pts_version: str = "",
    end_of_sale_on: date | None = None,
    end_of_support_on: date | None = None,
    by: Actor,
    at: datetime,
) -> TerminalModel:
    """Add a model to the catalogue.

    Raises:
        NotAllowed: no right to edit anywhere.
        NotFound: no such vendor.
        AlreadyExists: the code is taken.
        FieldInvalid: an unknown form, or no name.
    """
    by.require(Right.EDIT)
    code, name = code.strip().upper(), name.strip()
    if TerminalModel.objects.filter(code=code).exists():
        raise AlreadyExists(kind="terminal model", key=code)
    _check("code", code, 40)
    facts = {"name": name, "form": form, "pts_version": pts_version}
    dates = {"end_of_sale_on": end_of_sale_on, "end_of_support_on": end_of_support_on}
    for field, value in facts.items():
        _check(field, value, 80)
    made = TerminalModel.objects.create(code=code, vendor=vendor(vendor_code), **facts, **dates)
    _note(made.code, "create", after={**facts, **dates, "vendor": vendor_code}, by=by, at=at)
    return made


@verb
def update_model(
    *, code: str, changes: Mapping[str, Any], version: int, by: Actor, at: datetime
) -> TerminalModel:
    """Correct facts of a model.

    Raises:
        NotFound: no such model.
        Stale: somebody else was quicker.
        FieldInvalid: an unknown field or an unusable value.
    """
    by.require(Right.EDIT)
    row = _locked(code)
    if row.version != version:
        raise Stale(kind="terminal model", key=code, current=row.version, given=version)
    before, after = {}, {}
    for name, value in changes.items():
        if name not in MODEL_FACTS:
            raise FieldInvalid(
                field=name,
                value=str(value)[:80],
                expected=Phrase("one of %(choices)s", choices=", ".join(MODEL_FACTS)),
            )
        if not name.endswith("_on"):
            _check(name, value, 80)
        if getattr(row, name) != value:
            before[name], after[name] = getattr(row, name), value
            setattr(row, name, value)
    if after:
        row.version += 1
        row.save(update_fields=[*after, "version"])
        _note(code, "update", before=before, after=after, by=by, at=at)
    return row


@verb
def record_approval(  # noqa: PLR0913  a certificate is its facts
    *,
    code: str,
    scheme: str,
    number: str,
    expires_on: date,
    use_until: date | None = None,
    hardware_version: str = "",
    firmware_version: str = "",
    waiver: str = "",
    source: str = "",
    by: Actor,
    at: datetime,
) -> ModelApproval:
    """Record a certificate of a model, or correct the one of the same scheme and number."""
    by.require(Right.EDIT)
    model = _locked(code)
    _check("scheme", scheme, 24)
    _check("number", number, 40)
    facts = {
        "expires_on": expires_on,
        "use_until": use_until,
        "hardware_version": hardware_version,
        "firmware_version": firmware_version,
        "waiver": waiver,
        "source": source,
    }
    was = model.approvals.filter(scheme=scheme, number=number).values(*facts).first()
    row, _ = model.approvals.update_or_create(scheme=scheme, number=number, defaults=facts)
    _note(
        code,
        "approval",
        before=was,
        after={"scheme": scheme, "number": number, **facts},
        by=by,
        at=at,
    )
    return row


def _locked(code: str) -> TerminalModel:
    row = TerminalModel.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise NotFound(kind="terminal model", key=code)
    return row


def _check(name: str, value: Any, longest: int) -> None:
    text = str(value or "")
    if name == "form" and text not in FORMS:
        raise FieldInvalid(
            field=name,
            value=text[:80],
            expected=Phrase("one of %(choices)s", choices=", ".join(FORMS)),
        )
    if len(text) > longest or (name in ("code", "name", "scheme", "number") and not text):
        raise FieldInvalid(
            field=name, value=text[:80], expected=Phrase("1 to %(most)s characters", most=longest)
        )


def _note(
    code: str, what: str, *, by: Actor, at: datetime, before: Any = None, after: Any = None
) -> None:
    # The catalogue belongs to the installation: its entries stand at the root of the tree.
    root = root_organisation()
    record_change(
        action=f"model.{what}",
        subject=f"model:{code}",
        place=root.path if root else "",
        before=before,
        after=after,
        by=by,
        at=at,
    )
