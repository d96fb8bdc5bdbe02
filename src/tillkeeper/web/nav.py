"""The console's areas, as the sidebar and the palette list them."""

from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right


@dataclass(frozen=True, slots=True)
class Area:
    """One entry of the sidebar; shown to whoever holds any of its rights somewhere."""

    name: str
    one: str  # what pages of one thing are called: `merchant`, `merchant-edit`
    label: str | Promise
    icon: str
    rights: tuple[Right, ...]
    group: int

    @property
    def url(self) -> str:
        """Return the area's address."""
        return reverse(f"web:{self.name}")


AREAS: Final = (
    Area("board", "board", _("Board"), "layout-dashboard", (Right.VIEW,), 1),
    Area("terminals", "terminal", _("Terminals"), "tablet-smartphone", (Right.VIEW,), 1),
    Area("alerts", "alert", _("Alerts"), "bell-ring", (Right.VIEW,), 1),
    Area("actions", "action", _("Remote actions"), "radio-tower", (Right.VIEW,), 1),
    Area("logs", "log", _("Terminal logs"), "scroll-text", (Right.VIEW,), 1),
    Area("merchants", "merchant", _("Merchants"), "store", (Right.PARTIES_VIEW,), 1),
    Area("sites", "site", _("Sites"), "map-pin", (Right.PARTIES_VIEW,), 1),
    Area("models", "model", _("Models"), "cpu", (Right.VIEW,), 1),
    Area("organisations", "organisation", _("Organisations"), "network", (Right.PARTIES_VIEW,), 1),
    Area("money", "money", _("Money"), "wallet", (Right.MONEY_VIEW,), 2),
    Area("cases", "case", _("Cases"), "inbox", (Right.MONEY_VIEW,), 2),
    Area("troubles", "trouble", _("Cannot settle"), "route", (Right.MONEY_VIEW,), 2),
    Area("money_files", "money_file", _("Money files"), "files", (Right.MONEY_VIEW,), 2),
    Area("runs", "run", _("Matching runs"), "git-compare", (Right.MONEY_VIEW,), 2),
    Area("ledger", "posting", _("Money ledger"), "book-open", (Right.MONEY_VIEW,), 2),
    Area("rules", "rule", _("Rules and fees"), "scale", (Right.MONEY_VIEW,), 2),
    Area("layouts", "layout", _("Layouts"), "file-code", (Right.MONEY_VIEW,), 2),
    Area(
        "imports", "import", _("Imports and exports"), "file-input", (Right.IMPORT, Right.EXPORT), 3
    ),
    Area("labels", "label", _("Labels"), "qr-code", (Right.VIEW,), 3),
    Area("people", "person", _("People"), "users", (Right.PEOPLE,), 4),
    Area("audit", "audit", _("Audit"), "shield-check", (Right.AUDIT,), 4),
    Area(
        "settings",
        "settings",
        _("Settings"),
        "settings",
        (Right.PEOPLE, Right.AUDIT, Right.EDIT),
        4,
    ),
)


def areas_of(actor: Actor) -> list[Area]:
    """Return the areas that this actor may enter and that have a page."""
    held = {right for grant in actor.grants for right in grant.rights}
    return [area for area in AREAS if held.intersection(area.rights) and _has_page(area)]


def _has_page(area: Area) -> bool:
    try:
        return bool(area.url)
    except NoReverseMatch:
        return False


def area_of(url_name: str | None) -> Area | None:
    """Return the area a page belongs to, by the first word of its name."""
    word = (url_name or "").partition("-")[0]
    return next((area for area in AREAS if word in (area.name, area.one)), None)
