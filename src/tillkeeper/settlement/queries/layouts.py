"""Questions about the layouts that organisations declared for bills of their own.

A layout is known to the organisation that wrote it and to all below it. Of the same name the nearest counts.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

from tillkeeper.formats.canonical.reading import Format
from tillkeeper.formats.catalogue import FORMATS
from tillkeeper.formats.layouts.declaration import Layout as Declaration
from tillkeeper.formats.layouts.errors import BadLayout
from tillkeeper.formats.layouts.loading import format_of
from tillkeeper.formats.layouts.parsing import layout_of
from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.parties.queries import within
from tillkeeper.parties.tree import above
from tillkeeper.settlement.models import Layout

if TYPE_CHECKING:
    from tillkeeper.parties.models import Organisation


def layouts(scope: Scope) -> QuerySet[Layout]:
    """Return all versions that are known within a scope: its own, those below it and those above, the newest first."""
    rows = Layout.objects.select_related("organisation").order_by("-at", "-pk")
    if "" in scope.paths:  # everything
        return rows
    return rows.filter(
        within(scope) | Q(path__in=[one for path in scope.paths for one in above(path)])
    )


def newest_layouts(scope: Scope) -> QuerySet[Layout]:
    """Return the newest version of each layout within a scope, by name; those out of use too."""
    return layouts(scope).filter(_newest()).order_by("name", "path")


def versions(scope: Scope, organisation: str, name: str) -> QuerySet[Layout]:
    """Return every version of one layout, the newest first."""
    return layouts(scope).filter(organisation__code=organisation, name=name).order_by("-version")


def layout(scope: Scope, organisation: str, name: str, version: int | None = None) -> Layout:
    """Return one version of a layout; the newest if none is named.

    Raises:
        NotFound: no such layout or version within the scope.
    """
    rows = versions(scope, organisation, name)
    found = (rows.filter(version=version) if version is not None else rows).first()
    if found is None:
        key = f"{organisation}/{name}" + ("" if version is None else f"/{version}")
        raise NotFound(kind="layout", key=key)
    return found


def newest_version(organisation_id: int, name: str) -> Layout | None:
    """Return the newest version of a layout of one organisation's own, whoever asks."""
    rows = Layout.objects.filter(organisation_id=organisation_id, name=name)
    return rows.order_by("-version").first()


def layouts_in_force(path: str) -> list[Layout]:
    """Return the layouts that files of an organisation are read by, by name; of one name the nearest."""
    rows = Layout.objects.filter(_newest(), path__in=above(path)).exclude(text="")
    nearest = {row.name: row for row in rows.select_related("organisation").order_by("path")}
    return [nearest[name] for name in sorted(nearest)]


def declared_formats(path: str) -> tuple[Format, ...]:
    """Return the layouts that files of an organisation are read by, as formats, each with its version.

    One that an older version of the product took and this one refuses is left out: it must not keep others from being
    used. Its page says so.
    """
    made: list[Format] = []
    for row in layouts_in_force(path):
        with suppress(BadLayout):
            made.append(form_of(row))
    return tuple(made)


def formats_known(node: "Organisation") -> Mapping[str, Format]:
    """Return every format that files of an organisation may be in, by name: the product's and the declared."""
    return MappingProxyType({**FORMATS, **{one.name: one for one in declared_formats(node.path)}})


def format_known(node: "Organisation", name: str) -> Format | None:
    """Return a format by its name; None for a blank one: it is to be recognised.

    Raises:
        FieldInvalid: an organisation's files are in no such format.
    """
    if not name:
        return None
    known = formats_known(node)
    if name not in known:
        raise FieldInvalid(field="form", value=name[:60], expected=", ".join(sorted(known)))
    return known[name]


def form_of(row: Layout) -> Format:
    """Return a version that is in use as a format that knows which version it is."""
    return _form(row.text, f"{row.organisation.code}/{row.name}/{row.version}")


def declared_names(scope: Scope) -> list[str]:
    """Return the names of the layouts known within a scope, those out of use too, each once."""
    return sorted(set(layouts(scope).order_by().values_list("name", flat=True)))


@lru_cache(maxsize=512)
def declaration(text: str, name: str) -> Declaration:
    """Return what a text declares; the same text is read once.

    Raises:
        BadLayout: it declares what cannot be.
    """
    return layout_of(text.encode(), name)


@lru_cache(maxsize=512)
def _form(text: str, version: str) -> Format:
    return replace(format_of(declaration(text, version)), version=version)


def _newest() -> Q:
    later = Layout.objects.filter(
        organisation=OuterRef("organisation"),
        name=OuterRef("name"),
        version__gt=OuterRef("version"),
    )
    return Q(~Exists(later))
