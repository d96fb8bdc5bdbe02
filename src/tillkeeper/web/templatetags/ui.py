"""Links that keep the filters, numbers and times as people read them."""

from base64 import urlsafe_b64decode
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tillkeeper.kernel.money import Money
from tillkeeper.web.fact_words import fact_told
from tillkeeper.web.live.wording import span_told
from tillkeeper.web.trail_words import SOURCES, system_name
from tillkeeper.web.wording import action_label, fact_label, field_label, kind_label

register = template.Library()

SUBJECT_PAGES = {"merchant": "web:merchant", "site": "web:site", "terminal": "web:terminal", "person": "web:person",
                 "organisation": "web:organisation", "import": "web:import", "model": "web:model",
                 "case": "web:case", "money_file": "web:money_file", "run": "web:run",
                 "posting": "web:posting", "trouble": "web:trouble"}  # fmt: skip
MINUTE, HOUR, DAY = 60, 3600, 86_400
RELATIVE_DAYS = 7

register.filter("action_label", action_label)
register.filter("fact", fact_told)
register.filter("fact_label", fact_label)
register.filter("field_label", field_label)
register.filter("kind_label", kind_label)


@register.simple_tag(takes_context=True)
def here(context: Context, target: str, **change: Any) -> SafeString:
    """Return this URL with some query values changed, as a link for people and for htmx. None drops a value."""
    url = _changed(context, change)
    return format_html('href="{0}" hx-get="{0}" hx-target="{1}" hx-push-url="true"', url, target)


@register.simple_tag(takes_context=True)
def here_url(context: Context, **change: Any) -> str:
    """Return the bare URL of `here`."""
    return _changed(context, change)


@register.inclusion_tag("ui/_sort.html", takes_context=True)
def sort_head(context: Context, field: str, label: str, target: str = "#table") -> dict[str, Any]:
    """Return a column head that sorts: first up, then down. The view names the sort in force in `sort`."""
    now = str(context.get("sort") or "")
    upward = now == field
    return {
        "request": context["request"],
        "label": label,
        "target": target,
        "url": _changed(context, {"sort": f"-{field}" if upward else field, "page": None}),
        "direction": "ascending" if upward else "descending" if now == f"-{field}" else "none",
    }


def _changed(context: Context, change: dict[str, Any]) -> str:
    request = context["request"]
    query = request.GET.copy()
    for name, value in change.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = value
    encoded = query.urlencode()
    return f"{request.path}?{encoded}" if encoded else str(request.path)


@register.filter
def comma(value: Any) -> str:
    """Group thousands; Django's own filter does not under zh-hans."""
    return f"{value:,}" if isinstance(value, int) else str(value)


@register.filter
def money(minor: int | None, currency: str = "CNY") -> str:
    """Return an amount of minor units as people write it."""
    if minor is None:
        return "–"
    amount = str(Money(abs(minor), currency or "CNY")).replace("CNY ", "¥", 1)
    return f"−{amount}" if minor < 0 else amount


@register.filter
def when(at: datetime | None) -> SafeString | str:
    """Return a time relative to now if it is recent, with the exact one in its title, in the local zone."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        local.strftime("%Y-%m-%d %H:%M:%S %z"),
        _relative(timezone.now() - at, local),
    )


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """Return an exact time, `MM-DD HH:mm:ss`, with the year in its title."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    pattern = "%m-%d %H:%M:%S" if local.year == timezone.localtime().year else "%Y-%m-%d %H:%M"
    return format_html(
        '<time class="mono" datetime="{0}" title="{0}">{1}</time>',
        local.isoformat(timespec="seconds"),
        local.strftime(pattern),
    )


@register.filter
def age(at: datetime | None) -> str:
    """Return how long ago, as short as a table's cell wants it."""
    return span_told((timezone.now() - at).total_seconds()) if at else ""


@register.filter
def span_s(seconds: float) -> str:
    """Return a length of time as short as `age` does."""
    return span_told(float(seconds))


@register.filter
def thumbprint(public_key: str) -> str:
    """Return what people compare of a public key: the SHA-256 of its bytes, the first 16 hex digits in fours."""
    raw = urlsafe_b64decode(public_key + "=" * (-len(public_key) % 4))
    digits = sha256(raw).hexdigest()[:16]
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def _relative(age: timedelta, local: datetime) -> str:
    seconds = int(age.total_seconds())
    if abs(seconds) < MINUTE:
        return _("just now")
    if abs(seconds) >= RELATIVE_DAYS * DAY:
        return str(date_format(local, "Y-m-d"))
    size, past, future = _unit(abs(seconds))
    count = abs(seconds) // size
    return str((past if seconds > 0 else future)(count) % {"n": count})


def _unit(seconds: int) -> tuple[int, Any, Any]:
    if seconds < HOUR:
        return (
            MINUTE,
            lambda n: ngettext("%(n)d minute ago", "%(n)d minutes ago", n),
            lambda n: ngettext("in %(n)d minute", "in %(n)d minutes", n),
        )
    if seconds < DAY:
        return (
            HOUR,
            lambda n: ngettext("%(n)d hour ago", "%(n)d hours ago", n),
            lambda n: ngettext("in %(n)d hour", "in %(n)d hours", n),
        )
    return (
        DAY,
        lambda n: ngettext("%(n)d day ago", "%(n)d days ago", n),
        lambda n: ngettext("in %(n)d day", "in %(n)d days", n),
    )


@register.simple_tag
def from_now(span: timedelta) -> datetime:
    """Return the time a span from now."""
    return timezone.now() + span


@register.filter
def who(actor: str) -> str:
    """Return an actor as people call it: the name, and what it is unless it is a person."""
    kind, _colon, name = actor.partition(":")
    if kind == "person" or not name:
        return name or actor
    return (
        _("API token %(name)s") % {"name": name}
        if kind == "token"
        else _("system (%(name)s)") % {"name": system_name(name)}
    )


@register.filter
def came_from(source: str) -> str:
    """Return where a change came from: an address as it is, a part of the software in words."""
    return str(SOURCES.get(source, source))


@register.simple_tag
def subject_link(subject: str) -> SafeString | str:
    """Return an audit subject as kind and key, linked to its page if it has one."""
    kind, _colon, key = subject.partition(":")
    try:
        url = reverse(SUBJECT_PAGES[kind], args=[key])
    except (KeyError, NoReverseMatch):
        return format_html('{} <span class="mono">{}</span>', kind_label(kind), key)
    return format_html('{} <a class="mono" href="{}">{}</a>', kind_label(kind), url, key)


@register.filter
def widget_kind(field: Any) -> str:
    """Return how a form's field is drawn: check, select, or input."""
    name = type(field.field.widget).__name__.lower()
    if "checkboxselect" in name or "radioselect" in name:
        return "choices"
    return "check" if "checkbox" in name else "select" if "select" in name else "input"


@register.filter
def of(values: Any, key: Any) -> Any:
    """Return what a mapping holds for a key that is only known in the template."""
    return values.get(key)
