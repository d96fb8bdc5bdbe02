"""Facts of one terminal: corrected by people, with what belongs to it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import IO, Any, Final

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.errors import AlreadyExists, FieldInvalid, NotFound, Stale
from tillkeeper.kernel.files import Kept, keep_file, kept_file
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.kernel.retention import RetentionClass
from tillkeeper.parties.queries import vendor
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.discretion import is_outsider
from tillkeeper.terminals.models import Accessory, Terminal, TerminalFile
from tillkeeper.terminals.queries import terminal
from tillkeeper.terminals.services.lines import currency, iccid, line

# Rights of those who work on terminals; who only looks adds nothing.
WORKING: Final = (
    Right.EDIT,
    Right.FIELD,
    Right.STOCK,
    Right.KEYS,
    Right.REPAIR,
    Right.INSPECT,
    Right.RISK,
)
EARLIEST: Final = date(1990, 1, 1)
LATEST: Final = date(2100, 1, 1)
# What people may correct by hand; state, place, holder and binding change by steps alone.
TEXT_FACTS: Final = (
    "owner",
    "asset_tag",
    "seal_number",
    "hardware_version",
    "firmware_version",
    "app_version",
    "sim_iccid",
    "remark",
)
DATE_FACTS: Final = ("purchased_on", "received_on", "installed_on", "warranty_until")
READ_BY: Final = MappingProxyType({"sim_iccid": iccid, "currency": currency})
FACTS: Final = (*TEXT_FACTS, *DATE_FACTS, "tusn", "supplier", "price_minor", "currency")


@verb
def update_terminal(
    *, serial: str, changes: Mapping[str, Any], version: int, by: Actor, at: datetime
) -> Terminal:
    """Correct facts of a terminal; fields not named stay.

    Args:
        serial: which.
        changes: new values by field; `supplier` by the vendor's code.
        version: the version that was read; the change is refused when somebody else was quicker.
        by: who.
        at: when.

    Raises:
        NotFound: not within the actor's view.
        NotAllowed: no right to edit there.
        Stale: changed since it was read.
        FieldInvalid: an unknown field or an unusable value.
        AlreadyExists: the TUSN belongs to another terminal.
    """
    found = _mine(serial, by, Right.EDIT)
    if found.version != version:
        raise Stale(kind="terminal", key=found.serial, current=found.version, given=version)
    before = {}
    after = {}
    for name, value in changes.items():
        old, new = getattr(found, name, None), _clean(found, name, value)
        if old != new:
            before[name], after[name] = str(old or ""), str(new or "")
            setattr(found, name, new)
    if not after:
        return found
    found.version += 1
    found.save(update_fields=[*after, "version"])
    record_change(
        action="terminal.update",
        subject=f"terminal:{found.serial}",
        place=found.path,
        before=before,
        after=after,
        by=by,
        at=at,
    )
    return found


def _clean(found: Terminal, name: str, value: Any) -> Any:
    if name not in FACTS:
        raise FieldInvalid(
            field=name,
            value=str(value)[:80],
            expected=Phrase("one of %(choices)s", choices=", ".join(FACTS)),
        )
    if name in READ_BY:
        return READ_BY[name](value)
    if name in TEXT_FACTS:
        return _text(name, value)
    if name in DATE_FACTS:
        return _date(name, value)
    if name == "supplier":
        return vendor(value) if value else None
    if name == "tusn":
        return _tusn(found, str(value or "").strip())
    return _price(value)


def _text(name: str, value: Any) -> str:
    longest = getattr(Terminal._meta.get_field(name), "max_length", 0)
    return line(name, value, longest)


def _date(name: str, value: Any) -> date | None:
    if value in (None, ""):
        return None
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        day = date.min
    if not EARLIEST <= day <= LATEST:
        raise FieldInvalid(field=name, value=str(value)[:80], expected="a date like 2026-03-05")
    return day


def _tusn(found: Terminal, tusn: str) -> str | None:
    if not tusn:
        return None
    if not (tusn.isascii() and tusn.isdigit() and len(tusn) == 20):
        raise FieldInvalid(field="tusn", value=tusn[:40], expected="20 digits")
    if Terminal.objects.filter(tusn=tusn).exclude(pk=found.pk).exists():
        raise AlreadyExists(kind="TUSN", key=tusn)
    return tusn


def _price(value: Any) -> int | None:
    if value in (None, ""):
        return None
    if not isinstance(value, int) or value < 0:
        raise FieldInvalid(
            field="price_minor",
            value=str(value)[:40],
            expected="a whole number of minor units, not negative",
        )
    return value


@verb
def add_accessory(
    *,
    serial: str,
    kind: str,
    accessory_serial: str = "",
    quantity: int = 1,
    by: Actor,
    at: datetime,
) -> Accessory:
    """Note an accessory of a terminal."""
    found = _mine(serial, by, Right.EDIT)
    if quantity < 1:
        raise FieldInvalid(field="quantity", value=str(quantity), expected="at least 1")
    added = Accessory.objects.create(
        terminal=found,
        kind=line("kind", kind, 60, required=True),
        serial=line("serial", accessory_serial, 40),
        quantity=quantity,
    )
    _note(
        found,
        "accessory_added",
        after={"kind": added.kind, "serial": added.serial, "quantity": quantity},
        by=by,
        at=at,
    )
    return added


@verb
def remove_accessory(*, serial: str, accessory: int, by: Actor, at: datetime) -> None:
    """Strike an accessory off.

    Raises:
        NotFound: the terminal has no such accessory.
    """
    found = _mine(serial, by, Right.EDIT)
    row = found.accessories.filter(pk=accessory).first()
    if row is None:
        raise NotFound(kind="accessory", key=str(accessory))
    _note(
        found,
        "accessory_removed",
        before={"kind": row.kind, "serial": row.serial, "quantity": row.quantity},
        by=by,
        at=at,
    )
    row.delete()


@verb
def attach_file(  # noqa: PLR0913  a file says whose, what, of which kind, by whom and when
    *,
    serial: str,
    title: str,
    name: str,
    media_type: str,
    stream: IO[bytes] | Iterator[bytes],
    by: Actor,
    at: datetime,
) -> TerminalFile:
    """Keep a file (photo, form, certificate) with a terminal."""
    found = _mine(serial, by, papers_right(by))
    kept = keep_file(
        stream, name=name, media_type=media_type, retention=RetentionClass.DOCUMENT, by=by, at=at
    )
    row = TerminalFile.objects.create(
        terminal=found,
        sha256=kept.sha256,
        name=line("name", name[:255], 255),
        media_type=media_type[:120],
        size=kept.size,
        title=line("title", title.strip() or name, 120),
        by=str(by),
        at=at,
    )
    _note(
        found,
        "file",
        after={"title": row.title, "name": row.name, "sha256": row.sha256},
        by=by,
        at=at,
    )
    return row


def papers_right(by: Actor) -> Right:
    """Return the right by which the actor may add papers: that of anybody who works on terminals."""
    return next((right for right in WORKING if by.scope(right).paths), Right.EDIT)


def attached_file(*, serial: str, sha256: str, by: Actor) -> Kept:
    """Return a file of a terminal.

    Raises:
        NotFound: not within the actor's view, or not a file of that terminal; papers are not for a vendor's contact.
    """
    scope = by.scope(Right.VIEW)
    found = terminal(scope, serial)
    if is_outsider(scope) or not found.files.filter(sha256=sha256).exists():
        raise NotFound(kind="file", key=sha256[:12])
    return kept_file(sha256)


def _mine(serial: str, by: Actor, right: Right) -> Terminal:
    """Return a terminal, locked, that the actor may see and has `right` to."""
    found = terminal(by.scope(Right.VIEW), serial)
    by.require(right, found.path)
    return Terminal.objects.select_for_update().get(pk=found.pk)


def _note(
    found: Terminal, what: str, *, by: Actor, at: datetime, before: Any = None, after: Any = None
) -> None:
    record_change(
        action=f"terminal.{what}",
        subject=f"terminal:{found.serial}",
        place=found.path,
        before=before,
        after=after,
        by=by,
        at=at,
    )
