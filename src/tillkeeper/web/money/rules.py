"""Rules of matching: the text in force, its calendars and fee plans as tables, its versions, an editor."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.plans import MILLION, FeePlan
from tillkeeper.engines.matching.rules.terms import Terms
from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.kernel.money import Money
from tillkeeper.parties import queries as parties
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.queries.rulebooks import newest_rules, rulebooks
from tillkeeper.settlement.services.rulebooks import write_rules
from tillkeeper.settlement.wording import CHANNEL_LABELS
from tillkeeper.web.money.rule_words import CARD_TYPES, calendar_told, rules_told
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.places import office_choices
from tillkeeper.web.refusals import sentence_of

if TYPE_CHECKING:
    from tillkeeper.parties.models import Organisation
    from tillkeeper.settlement.models import RuleBook

NAME: Final = "R.toml"  # what refusals call the text
VERSIONS_SHOWN: Final = 50
LONGEST: Final = 200_000  # characters
EXAMPLE: Final = """version = "{day}"

[settlement]
cutoff = "00:00"

[[fees]]
name = "debit"
percent = 0.38
cap_minor = 1300
"""


class RulesForm(forms.Form):
    """The text of the next version, and why it is written."""

    text = forms.CharField(
        label=gettext_lazy("Rules (TOML)"), max_length=LONGEST, strip=False,
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "false", "class": "code"}),
    )  # fmt: skip
    why = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, required=False,
        help_text=gettext_lazy("For whoever reads the history: which contract, whose letter."),
    )  # fmt: skip


@login_required
def index(request: Request) -> HttpResponse:
    """Show the rules in force for one organisation, and every version it had."""
    request.actor.require(Right.MONEY_VIEW)
    scope = request.actor.scope(Right.MONEY_VIEW)
    node = _node(scope, request.GET.get("organisation", ""))
    book = newest_rules(node.pk) if node else None
    rules = Rules.of_text(book.text, name=NAME) if book else Rules.sound()
    ctx = {
        "node": node,
        "book": book,
        **tables_of(rules),
        "versions": list(_versions(scope, node)[:VERSIONS_SHOWN]) if node else [],
        "offices": office_choices(scope),
        "may_write": bool(node and request.actor.may(Right.MONEY_RULES, node.path)),
    }
    return render(request, "money/rules.html", ctx)


def _node(scope: Scope, code: str) -> "Organisation | None":
    """Return the organisation that is asked for; else the one whose rules were written last, else the first."""
    if code:
        return parties.organisation(scope, code)
    if newest := rulebooks(scope).first():
        return newest.organisation
    first = office_choices(scope)
    return parties.organisation(scope, first[0][0]) if first else None


def _versions(scope: Scope, node: "Organisation") -> "QuerySet[RuleBook]":
    return rulebooks(scope).filter(organisation=node).order_by("-version")


@login_required
def version(request: Request, code: str, number: int) -> HttpResponse:
    """Show one version as it was written."""
    scope = request.actor.scope(Right.MONEY_VIEW)
    node = parties.organisation(scope, code)
    book = _versions(scope, node).filter(version=number).first()
    if book is None:
        raise NotFound(kind="rules", key=f"{code}/{number}")
    ctx = {"node": node, "book": book, **tables_of(Rules.of_text(book.text, name=NAME))}
    return render(request, "money/rule.html", ctx)


@login_required
def edit(request: Request, code: str) -> HttpResponse:
    """Check a text as often as one likes, then write it as the next version."""
    node = parties.organisation(request.actor.scope(Right.MONEY_VIEW), code)
    request.actor.require(Right.MONEY_RULES, node.path)
    book = newest_rules(node.pk)
    example = EXAMPLE.format(day=timezone.localdate())
    form = RulesForm(request.POST or None, initial={"text": book.text if book else example})
    ctx: dict[str, Any] = {"node": node, "book": book, "form": form}
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        if request.POST.get("deed") == "check":
            ctx |= _checked(form, text)
        elif (written := _written(request, form, code)) is not None:
            return written
    status = 422 if form.errors else 200
    return answer(request, "money/rules_edit.html", "money/_rules_edit.html", ctx, status)


def _checked(form: RulesForm, text: str) -> dict[str, Any]:
    try:
        return {"checked": True, **tables_of(Rules.of_text(text, name=NAME))}
    except TillkeeperError as refused:
        form.add_error("text", sentence_of(refused))
        return {}


def _written(request: Request, form: RulesForm, code: str) -> HttpResponse | None:
    try:
        book = write_rules(
            organisation=code, by=request.actor, at=timezone.now(), **form.cleaned_data
        )
    except TillkeeperError as refused:
        field = "why" if refused.facts().get("field") == "why" else "text"
        if field == "why":
            blame(form, refused)
        else:
            form.add_error(field, sentence_of(refused))
        return None
    page = f"{reverse('web:rules')}?organisation={code}"
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    text = _("Version %(version)s of the rules is in force") % {"version": book.version}
    return changed(request, text, page=page)


def tables_of(rules: Rules) -> dict[str, Any]:
    """Return the calendars and fee plans of rules as rows of tables."""
    named = [("", rules.channels), *rules.acquirers]
    return {
        "rules": rules,
        "rules_words": rules_told(rules.version),
        "terms": [
            _terms(prefix, channel, terms) for prefix, channels in named for channel, terms in channels
        ],
        "plans": [_plan(plan) for plan in rules.plans],
        "tolerance": rules.tolerance,
    }  # fmt: skip


def _terms(prefix: str, channel: str, terms: Terms) -> dict[str, Any]:
    hour, minute = divmod(terms.cutoff_minutes, 60)
    return {
        "acquirer": f"{prefix}…" if prefix else "",
        "channel": CHANNEL_LABELS.get(channel, channel) or _("any other"),
        "cutoff": f"{hour:02d}:{minute:02d}",
        "calendar": calendar_told(terms.calendar),
        "terms": terms,
    }


def _plan(plan: FeePlan) -> dict[str, Any]:
    code = plan.scope.currency
    return {
        "name": plan.name,
        "whom": _whom(plan),
        "days": _days(plan.scope.first_day, plan.scope.last_day),
        "rate": _rate(plan, code),
        "flat": _money(plan.flat_minor, code),
        "floor": _money(plan.floor_minor, code),
        "cap": _money(plan.cap_minor, code),
        "returns": plan.refund_returns_fee,
        "further": _further(plan, code),
    }


def _whom(plan: FeePlan) -> list[tuple[str | Promise, str]]:
    scope = plan.scope
    channels = tuple(str(CHANNEL_LABELS.get(name, name)) for name in scope.channels)
    cards = tuple(str(CARD_TYPES.get(name, name)) for name in scope.card_types)
    parts = (
        (gettext_lazy("merchant"), scope.mids), (gettext_lazy("MCC"), scope.mccs),
        (gettext_lazy("card type"), cards), (gettext_lazy("channel"), channels),
    )  # fmt: skip
    return [(label, ", ".join(values)) for label, values in parts if values]


def _days(first: date, last: date) -> str:
    since = "" if first == date.min else first.isoformat()
    until = "" if last == date.max else last.isoformat()
    return f"{since} – {until}" if since or until else "–"


def _rate(plan: FeePlan, currency: str) -> str:
    if not plan.charges:
        return "–"
    if not plan.tiers:
        return percent(plan.rate)
    told = (f"≥ {Money(tier.from_minor, currency)}: {percent(tier.rate)}" for tier in plan.tiers)
    return "; ".join(told)


def percent(rate: int) -> str:
    """Return millionths as per cent: 3,800 is "0.38 %"."""
    whole, behind = divmod(rate, MILLION // 100)
    text = f"{whole}.{behind:04d}".rstrip("0").rstrip(".")
    return f"{text} %"


def _money(minor: int | None, currency: str) -> str:
    return str(Money(minor, currency)) if minor else "–"


def _further(plan: FeePlan, currency: str) -> list[str]:
    told = []
    if plan.surcharge:
        surcharge: Mapping[str, str] = {
            "flat": str(Money(plan.surcharge.flat_minor, currency)),
            "rate": percent(plan.surcharge.rate),
        }
        told.append(_("instant payout: %(flat)s and %(rate)s") % surcharge)
    if plan.plan_fee:
        each = {"amount": str(Money(plan.plan_fee.amount_minor, currency))}
        told.append(
            _("%(amount)s a month") % each
            if plan.plan_fee.period == "month"
            else _("%(amount)s a year") % each
        )
    return told
