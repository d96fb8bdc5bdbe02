"""Forms of what is done with a case."""

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tillkeeper.kernel.money import Money
from tillkeeper.settlement.wording import REMEDY_LABELS, SENSIBLE, remedies
from tillkeeper.web.asking import minor_of

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Case

FILE_MAX_MIB: Final = 20
DAY: Final = {"type": "date"}


class FileField(forms.FileField):
    """A file that people hang on a case."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Refuse what is too large."""
        file = super().clean(data, initial)
        if file and file.size > FILE_MAX_MIB * 1024 * 1024:
            raise forms.ValidationError(
                _("The file is larger than %(n)s MiB.") % {"n": FILE_MAX_MIB}
            )
        return file


class StepForm(forms.Form):
    """Something done with a case as it was looked at: what changed meanwhile is refused."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class DecideForm(StepForm):
    """What is decided: the remedy, about how much, and why."""

    remedy = forms.ChoiceField(label=gettext_lazy("Decision"), widget=forms.RadioSelect)
    amount = forms.CharField(label=gettext_lazy("Amount"), max_length=24, required=False)
    why = forms.CharField(
        label=gettext_lazy("Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 3})
    )
    evidence = FileField(
        label=gettext_lazy("Evidence"), required=False, max_length=255,
        help_text=gettext_lazy("A slip, a letter of the channel, a screenshot; kept with the decision."),
    )  # fmt: skip

    def __init__(self, *args: Any, case: "Case", **kwargs: Any) -> None:
        """Put what usually settles such a case first, and say how much is at stake."""
        super().__init__(*args, **kwargs)
        self.case = case
        choices = [(remedy.value, REMEDY_LABELS[remedy]) for remedy in remedies(case.difference)]
        self.fields["remedy"].choices = choices  # type: ignore[attr-defined]
        if SENSIBLE.get(case.difference):
            self.fields["remedy"].initial = choices[0][0]
        if case.at_stake_minor:
            whole = Money(abs(case.at_stake_minor), case.currency)
            told = _("Empty: all that is at stake, %(amount)s.") % {"amount": whole}
            self.fields["amount"].help_text = told
        else:
            del self.fields["amount"]

    def clean_amount(self) -> int | None:
        """Return minor units with the sign of what is at stake; None means all of it."""
        typed = self.cleaned_data["amount"].strip()
        if not typed:
            return None
        minor = minor_of(typed, self.case.currency)
        if minor is None:
            raise forms.ValidationError(_("Write an amount such as 12.34."))
        return -minor if self.case.at_stake_minor < 0 else minor


class HoldForm(StepForm):
    """Until when a case is put aside."""

    until = forms.DateField(label=gettext_lazy("Until"), widget=forms.DateInput(attrs=DAY))
    why = forms.CharField(label=gettext_lazy("Reason"), max_length=400)


class DisputeForm(StepForm):
    """By when the channel or the bank must have answered."""

    deadline = forms.DateField(label=gettext_lazy("Deadline"), widget=forms.DateInput(attrs=DAY))
    why = forms.CharField(label=gettext_lazy("What is disputed, and with whom"), max_length=400)


class NoteForm(forms.Form):
    """A word, a file, or both."""

    text = forms.CharField(
        label=gettext_lazy("Note"), max_length=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    file = FileField(label=gettext_lazy("File"), required=False, max_length=255)


class ReasonForm(StepForm):
    """Why."""

    why = forms.CharField(label=gettext_lazy("Reason"), max_length=400)


class WordForm(StepForm):
    """Why, for whoever likes to say."""

    why = forms.CharField(label=gettext_lazy("Remark"), max_length=400, required=False)


class OwnerForm(forms.Form):
    """Whose a case shall be."""

    owner = forms.ChoiceField(label=pgettext_lazy("of a case", "Owner"), required=False)

    def __init__(self, *args: Any, people: list[str], **kwargs: Any) -> None:
        """Offer whoever may work on the case, and nobody."""
        super().__init__(*args, **kwargs)
        choices = [("", _("nobody")), *((name, name) for name in people)]
        self.fields["owner"].choices = choices  # type: ignore[attr-defined]
