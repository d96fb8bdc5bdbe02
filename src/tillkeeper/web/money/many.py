"""What may be done with many cases at once: for each verb its form, its deed and its words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import CaseStep, Remedy
from tillkeeper.settlement.services import deeds
from tillkeeper.settlement.services.settling import Confirm, Refuse
from tillkeeper.settlement.wording import REMEDY_LABELS, remedies
from tillkeeper.web.money.case import people_with
from tillkeeper.web.money.forms import DisputeForm, HoldForm, OwnerForm, ReasonForm, WordForm

Given = Mapping[str, Any]


class ManyDecideForm(forms.Form):
    """What is decided about all that is at stake in each, and why."""

    remedy = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    why = forms.CharField(
        label=_("Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, difference: str = "", **kwargs: Any) -> None:
        """Put what usually settles the class first, where the queue shows one class."""
        super().__init__(*args, **kwargs)
        choices = [(one.value, REMEDY_LABELS[one]) for one in remedies(difference)]
        self.fields["remedy"].choices = choices  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """A verb for many cases."""

    title: str | Promise
    right: Right
    step: CaseStep | None  # whose origins may take it; None: any state
    form: Callable[[Any, Actor, str], forms.Form]  # of what was sent, who asks, the queue's class
    deed: Callable[[Given, Actor], deeds.Deed]
    done: Callable[[int], str]
    lead: str | Promise = ""
    danger: bool = False  # asks for the number of cases to be typed where all that match are meant


def _plain(kind: type[forms.Form]) -> Callable[[Any, Actor, str], forms.Form]:
    return lambda sent, _by, _difference: kind(sent)


def _owners(sent: Any, by: Actor, _difference: str) -> forms.Form:
    names = {name for path in by.scope(Right.MONEY_WORK).paths for name in _workers(path)}
    return OwnerForm(sent, people=sorted(names))


def _workers(path: str) -> list[str]:
    return people_with(Right.MONEY_WORK, path)


def _decided(given: Given, _by: Actor) -> deeds.Deed:
    return deeds.Decide(deeds.Proposal(remedy=Remedy(given["remedy"]), why=given["why"]))


VERBS: Final[Mapping[str, Many]] = MappingProxyType(
    {
        "hold": Many(
            title=_("Hold"),
            right=Right.MONEY_WORK,
            step=CaseStep.HOLD,
            form=_plain(HoldForm),
            deed=lambda given, _by: deeds.Hold(until=given["until"], why=given["why"]),
            done=lambda n: ngettext("%(n)s case is on hold", "%(n)s cases are on hold", n),
            lead=_("They come back to the queue by themselves on that day."),
        ),
        "resume": Many(
            title=_("Take up again"),
            right=Right.MONEY_WORK,
            step=CaseStep.RESUME,
            form=_plain(WordForm),
            deed=lambda given, _by: deeds.Resume(why=given["why"]),
            done=lambda n: ngettext(
                "%(n)s case is taken up again", "%(n)s cases are taken up again", n
            ),
        ),
        "assign": Many(
            title=pgettext_lazy("to a person", "Assign"),
            right=Right.MONEY_WORK,
            step=None,
            form=_owners,
            deed=lambda given, _by: deeds.Assign(owner=given["owner"]),
            done=lambda n: ngettext("%(n)s case is assigned", "%(n)s cases are assigned", n),
        ),
        "take": Many(
            title=_("Assign to me"),
            right=Right.MONEY_WORK,
            step=None,
            form=_plain(forms.Form),
            deed=lambda _given, by: deeds.Assign(owner=by.name),
            done=lambda n: ngettext("%(n)s case is yours", "%(n)s cases are yours", n),
        ),
        "dispute": Many(
            title=_("Dispute"),
            right=Right.MONEY_WORK,
            step=CaseStep.DISPUTE,
            form=_plain(DisputeForm),
            deed=lambda given, _by: deeds.Dispute(deadline=given["deadline"], why=given["why"]),
            done=lambda n: ngettext("%(n)s case is disputed", "%(n)s cases are disputed", n),
        ),
        "decide": Many(
            title=_("Decide"),
            right=Right.MONEY_WORK,
            step=CaseStep.CLOSE,
            form=lambda sent, _by, difference: ManyDecideForm(sent, difference=difference),
            deed=_decided,
            done=lambda n: ngettext("%(n)s case is decided", "%(n)s cases are decided", n),
            lead=_(
                "The same is decided about all that is at stake in each. What lies above your limit is proposed to a "
                "second person; the rest is posted at once."
            ),
            danger=True,
        ),
        "confirm": Many(
            title=_("Confirm"),
            right=Right.MONEY_APPROVE,
            step=CaseStep.CONFIRM,
            form=_plain(WordForm),
            deed=lambda given, _by: Confirm(given["why"]),
            done=lambda n: ngettext(
                "%(n)s decision is confirmed and posted",
                "%(n)s decisions are confirmed and posted",
                n,
            ),
            lead=_("Your own proposals and hand matches are left as they are."),
            danger=True,
        ),
        "refuse": Many(
            title=_("Refuse"),
            right=Right.MONEY_APPROVE,
            step=CaseStep.REFUSE,
            form=_plain(ReasonForm),
            deed=lambda given, _by: Refuse(given["why"]),
            done=lambda n: ngettext("%(n)s decision is refused", "%(n)s decisions are refused", n),
            lead=_("Your own proposals and hand matches are left as they are."),
            danger=True,
        ),
    }
)
