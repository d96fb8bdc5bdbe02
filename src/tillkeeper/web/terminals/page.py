"""One terminal: what it is, what may be done next and why the rest may not, and all that happened to it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.discretion import WITHHELD, cost_scope, is_outsider, told
from tillkeeper.terminals.lifecycle import EVIDENCE, FINAL, Prospect, State
from tillkeeper.terminals.queries import approvals_on, prospects_of, terminal, timeline, viewable
from tillkeeper.terminals.services.exports import EXPORT_COLUMNS
from tillkeeper.terminals.services.facts import papers_right
from tillkeeper.terminals.wording import EVIDENCE_LABELS, GUARD_SENTENCES, STATE_LABELS, STEP_LABELS
from tillkeeper.web.live.terminal import voice_of
from tillkeeper.web.parts import Request, answer
from tillkeeper.web.steps.forms import DANGEROUS
from tillkeeper.web.terminals.story import event_of

if TYPE_CHECKING:
    from tillkeeper.terminals.models import Binding, Terminal

STORY_IN_DRAWER: Final = 12
STORY_ON_PAGE: Final = 200
FACTS: Final = (
    "tusn", "owner", "organisation", "purchased_on", "received_on", "installed_on", "warranty_until", "asset_tag",
    "seal_number", "hardware_version", "firmware_version", "app_version", "sim_iccid", "remark",
)  # fmt: skip
IN_DRAWER: Final = ("tusn", "owner", "received_on", "warranty_until")


@dataclass(frozen=True, slots=True)
class Verb:
    """A step as the page offers it, or as it says why not."""

    name: str
    label: str | Promise
    url: str
    danger: bool
    target: str | Promise = ""
    reasons: tuple[str | Promise, ...] = ()


@login_required
def detail(request: Request, serial: str) -> HttpResponse:
    """Show a terminal: in the drawer beside the list, or as a page."""
    found = terminal(viewable(request.actor), serial)
    in_drawer = bool(request.htmx) and request.htmx.target in ("drawer", "terminal-drawer")
    part = "terminals/_drawer.html" if in_drawer else "terminals/_page.html"
    return answer(
        request, "terminals/detail.html", part, shown(request, found, in_drawer=in_drawer)
    )


def shown(request: Request, found: "Terminal", *, in_drawer: bool = False) -> dict[str, Any]:
    """Return all that page and drawer show."""
    by, now = request.actor, timezone.now()
    prospects = prospects_of(found, by=by, at=now)
    scope = viewable(by)
    outside = is_outsider(scope)
    happenings = told(timeline(found, scope=scope, limit=STORY_ON_PAGE), found, by)
    told_here = {
        "terminal": found,
        **voice_of(by, found),
        "state_label": STATE_LABELS[State(found.state)],
        "open": [_verb(found, p) for p in prospects if p.open],
        "stopped": [_verb(found, p) for p in prospects if not p.open and not p.wrong_state],
        "elsewhere": [STEP_LABELS[p.step] for p in prospects if p.wrong_state],
        "proofs": _proofs(found, by),
        "may_mark": not found.tampered
        and State(found.state) not in FINAL
        and by.may(Right.RISK, found.path),
        "may_edit": by.may(Right.EDIT, found.path),
        "outside": outside,
        "cost_seen": cost_scope(by).covers(found.path),
        "facts": _facts(found, IN_DRAWER if in_drawer else FACTS, outside=outside),
        "elements": _elements(found.binding) if found.binding and not outside else [],
        "events": [event_of(one) for one in happenings[: STORY_IN_DRAWER if in_drawer else None]],
        "approval": approvals_on([found.model_id], timezone.localdate(now)).get(found.model_id),
    }
    return told_here if in_drawer else told_here | _belongings(found, by, outside=outside)


def _belongings(found: "Terminal", by: Actor, *, outside: bool) -> dict[str, Any]:
    """Return what belongs to a terminal and fits on its page alone; to outsiders, no papers and no merchants."""
    accessories = list(found.accessories.order_by("pk"))
    if outside:
        return {"accessories": accessories}
    return {
        "accessories": accessories,
        "files": list(found.files.order_by("-at")),
        "may_attach": by.may(papers_right(by), found.path),
        "evidence": [
            {"label": _proof_label(row.kind), "row": row} for row in found.evidence.order_by("-at")
        ],
        "stays": list(found.bindings.select_related("merchant", "site").order_by("-valid_from")),
    }


def _proof_label(kind: str) -> str | Promise:
    return next((label for known, label in EVIDENCE_LABELS.items() if known == kind), kind)


def _verb(found: "Terminal", prospect: Prospect) -> Verb:
    return Verb(
        name=prospect.step.value,
        label=STEP_LABELS[prospect.step],
        url=reverse("web:terminal-step", args=[found.serial, prospect.step.value]),
        danger=prospect.step in DANGEROUS,
        target=STATE_LABELS[prospect.target] if prospect.target else "",
        reasons=tuple(GUARD_SENTENCES[guard] for guard in prospect.failed),
    )


def _proofs(found: "Terminal", by: Actor) -> list[Verb]:
    """Return the proofs that may be recorded in this state with the actor's rights."""
    return [
        Verb(
            kind.value,
            EVIDENCE_LABELS[kind],
            reverse("web:terminal-evidence", args=[found.serial, kind.value]),
            danger=False,
        )
        for kind, rule in EVIDENCE.items()
        if State(found.state) in rule.states and by.may(rule.right, found.path)
    ]


def _facts(
    found: "Terminal", names: tuple[str, ...], *, outside: bool
) -> list[tuple[str | Promise, Any]]:
    def value(name: str) -> Any:
        return found.home.name if name == "organisation" else EXPORT_COLUMNS[name][1](found)

    shown_here = [name for name in names if not (outside and name in WITHHELD)]
    return [(EXPORT_COLUMNS[name][0], value(name)) for name in shown_here]


def _elements(stay: "Binding") -> list[tuple[str | Promise, str, bool]]:
    """Return the five elements: name, value, whether it is there."""
    five = (
        (_("Acquirer code"), stay.acquirer_code),
        (_("Merchant number"), stay.merchant.number),
        (_("Credit code or id number"), stay.holder_code),
        (_("Settlement account"), stay.settlement_account_masked),
        (_("Installation address"), stay.address),
    )
    return [(label, value, bool(value)) for label, value in five]
