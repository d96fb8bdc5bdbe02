"""The fields of a ledger, as data, and the guess which column holds which field.

Synonyms are the titles found in real ledgers of acquirers, agents and merchants, in Chinese and
English; the better a title names the field, the further left it stands. They are compared after
`normalise_title`, so case, blanks, brackets, stars and colons do not matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from tillkeeper.formats.ledgers.errors import UnknownKind
from tillkeeper.formats.ledgers.field_table import FIELDS, Field
from tillkeeper.formats.ledgers.layout import bracketed_parts, normalise_title

__all__ = ["FIELDS", "KINDS", "Field", "LedgerKind", "kind_named", "knows", "propose", "rivals"]


@dataclass(frozen=True, slots=True)
class LedgerKind:
    """One kind of ledger: the fields it may have, and those every row must have."""

    name: str
    zh: str
    en: str
    fields: tuple[str, ...]
    required: tuple[str, ...]


_TERMINAL: Final = (
    *("serial", "tusn", "model", "vendor", "supplier", "organisation", "state", "owner"),
    *("received_on", "purchased_on", "warranty_until", "price", "currency"),
    *("firmware_version", "hardware_version", "app_version", "sim_iccid"),
    *("asset_tag", "seal_number", "accessories", "remark"),
)
_MERCHANT: Final = (
    *("merchant_no", "merchant_name", "uscc", "id_number", "settlement_account", "mcc"),
    *("acquirer_code", "contact", "phone"),
)
_SITE: Final = ("site_code", "site_name", "address", "province", "city", "latitude", "longitude")
_MODEL: Final = (
    *("model_code", "model_name", "vendor", "form", "pts_version"),
    *("approval_no", "approval_expires_on", "end_of_sale_on", "end_of_support_on", "remark"),
)

KINDS: Final[Mapping[str, LedgerKind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            LedgerKind(
                name="terminals",
                zh="终端台账",
                en="Terminals",
                fields=(
                    *_TERMINAL,
                    *_MERCHANT,
                    *("terminal_id", "network_reference", "installed_on"),
                    *_SITE,
                ),
                required=("serial", "model"),
            ),
            LedgerKind(
                name="models",
                zh="机型台账",
                en="Terminal models",
                fields=_MODEL,
                required=("model_code",),
            ),
            LedgerKind(
                name="merchants",
                zh="商户台账",
                en="Merchants",
                fields=(*_MERCHANT, "organisation", "address", "province", "city", "remark"),
                required=("merchant_no", "merchant_name"),
            ),
            LedgerKind(
                name="sites",
                zh="网点门店台账",
                en="Sites",
                fields=(
                    *_SITE,
                    *("merchant_no", "merchant_name", "organisation"),
                    *("contact", "phone", "remark"),
                ),
                required=("site_name", "address"),
            ),
            LedgerKind(
                name="bindings",
                zh="绑定台账",
                en="Bindings",
                fields=(
                    *("serial", "tusn", "terminal_id", "network_reference", "installed_on"),
                    *_MERCHANT,
                    *_SITE,
                    *("organisation", "remark"),
                ),
                required=("serial", "merchant_no", "terminal_id"),
            ),
        )
    }
)


def kind_named(name: str) -> LedgerKind:
    """Return the kind of ledger of that name.

    Raises:
        UnknownKind: there is none.
    """
    if name not in KINDS:
        raise UnknownKind(kind=name, kinds=", ".join(KINDS))
    return KINDS[name]


def knows(title: str) -> bool:
    """Say whether `title` is one that some field of some ledger goes by."""
    words = _known_words()
    return normalise_title(title) in words or any(w in words for w in bracketed_parts(title))


def propose(titles: Sequence[str], kind: str) -> dict[int, str | None]:
    """Return for each column the field it most likely holds, or None.

    Every field is given at most once: to the column whose title names it best, and among equals
    to the first. What stands inside brackets counts only where nothing outside was known.
    """
    ranks = _ranks(kind_named(kind).name)
    best: dict[str, tuple[int, int]] = {}
    for index, title in enumerate(titles):
        for field, rank in _meanings(title, ranks):
            best[field] = min(best.get(field, (rank, index)), (rank, index))
    proposed: dict[int, str | None] = dict.fromkeys(range(len(titles)))
    for field, (_rank, index) in best.items():
        proposed[index] = field
    return proposed


def rivals(
    titles: Sequence[str], mapping: Mapping[int, str | None], kind: str
) -> dict[str, tuple[int, ...]]:
    """Return the mapped fields for which columns stand by that are not read but have a title of the same field.

    Returns:
        field: the columns from 0, in the order of the file, the mapped one among them.
    """
    ranks = _ranks(kind_named(kind).name)
    column_of = {field: index for index, field in mapping.items() if field}
    found: dict[str, list[int]] = {}
    for index, title in enumerate(titles):
        for field, _rank in _meanings(title, ranks):
            if field in column_of and (index == column_of[field] or not mapping.get(index)):
                found.setdefault(field, []).append(index)
    return {
        field: tuple(sorted({*columns, column_of[field]}))
        for field, columns in found.items()
        if {*columns} - {column_of[field]}
    }


def _meanings(title: str, ranks: Mapping[str, tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Return the one field a title stands for, with its rank, or nothing."""
    outside = ranks.get(normalise_title(title))
    if outside is not None:
        return (outside,)
    inside = (ranks[part] for part in bracketed_parts(title) if part in ranks)
    return tuple((field, rank + 1000) for field, rank in inside)[:1]


@cache
def _ranks(kind: str) -> Mapping[str, tuple[str, int]]:
    """Return {normalised title: (field, rank)} for one kind of ledger."""
    ranks: dict[str, tuple[str, int]] = {}
    for name in KINDS[kind].fields:
        for rank, title in enumerate(FIELDS[name].titles):
            ranks.setdefault(normalise_title(title), (name, rank))
    return ranks


@cache
def _known_words() -> frozenset[str]:
    return frozenset(normalise_title(t) for field in FIELDS.values() for t in field.titles)
