"""One form per step, with just the fields that the step needs."""

from typing import Any, Final

from django import forms
from django.urls import reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.kernel.actor import Actor
from tillkeeper.terminals.lifecycle import STEPS, Step
from tillkeeper.terminals.services.orders import NEEDS, Elements, Order
from tillkeeper.web.places import office_choices

# What cannot be taken back, or calls people out: the serial number, or the number of terminals, is typed.
DANGEROUS: Final = frozenset(
    {Step.SCRAP, Step.WRITE_OFF, Step.REPORT_LOST, Step.SEAL, Step.REJECT, Step.CANCEL}
)
WITH_DUE_DAY: Final = frozenset({Step.LEND, Step.ISSUE})
BINDING: Final = frozenset({Step.ACTIVATE, Step.ARRIVE})
SEARCH_DELAY: Final = "input changed delay:200ms"


class PickerInput(forms.TextInput):
    """A text field that proposes what fits while one types; what it takes is the code, so it works without scripts."""

    def __init__(self, url: Any, **attrs: Any) -> None:
        """Take the address that answers with options."""
        self.url = url
        super().__init__(attrs={"autocomplete": "off", "spellcheck": "false", **attrs})

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Draw the field with its list of proposals."""
        options = f"{(attrs or {}).get('id', name)}_options"
        asks = {
            "list": options, "hx-get": str(self.url), "hx-trigger": SEARCH_DELAY, "hx-target": f"#{options}",
            "hx-sync": "this:replace", "hx-params": name,
        }  # fmt: skip
        field = super().render(name, value, {**(attrs or {}), **asks}, renderer)
        return format_html('{}<datalist id="{}"></datalist>', field, options)


class ReasonForm(forms.Form):
    """A reason, and nothing else."""

    why = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


CUSTODIANS: Final[dict[Step, Any]] = {
    Step.ISSUE: gettext_lazy("Issued to (person)"),
    Step.LEND: gettext_lazy("Lent to (person)"),
    Step.SEND_TO_REPAIR: gettext_lazy("Repairer"),
}


class StepForm(forms.Form):
    """What a person says with a step. Fields that the step does not need are not there."""

    merchant = forms.CharField(
        label=gettext_lazy("Merchant number"),
        max_length=20,
        widget=PickerInput(reverse_lazy("web:terminals-merchants")),
    )
    site = forms.CharField(
        label=gettext_lazy("Site"), max_length=40, widget=PickerInput(reverse_lazy("web:terminals-sites")),
        help_text=gettext_lazy("Type a part of the name or address, or the site's code."),
    )  # fmt: skip
    tid = forms.CharField(label=gettext_lazy("Terminal id"), max_length=15)
    acquirer_code = forms.CharField(label=gettext_lazy("Acquirer code"), max_length=11)
    network_reference = forms.CharField(
        label=gettext_lazy("Network entry reference"), max_length=40, required=False
    )
    refiling_reference = forms.CharField(
        label=gettext_lazy("Re-filing reference"), max_length=40, required=False
    )
    organisation = forms.ChoiceField(
        label=gettext_lazy("To which organisation"), widget=forms.Select(attrs={"data-search": ""})
    )
    custodian = forms.CharField(label=gettext_lazy("Custodian"), max_length=120)
    due_back_on = forms.DateField(
        label=gettext_lazy("Due back on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    why = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)
    document = forms.CharField(
        label=gettext_lazy("Paper"), max_length=40, required=False,
        help_text=gettext_lazy("Number of a paper that exists already; left empty, one is numbered here."),
    )  # fmt: skip

    def __init__(self, *args: Any, step: Step, by: Actor, **kwargs: Any) -> None:
        """Keep the fields of one step."""
        super().__init__(*args, **kwargs)
        self.step = step
        for name in set(self.fields) - _fields(step) - {"confirm", "version"}:
            del self.fields[name]
        self.fields["why"].required = "why" in NEEDS.get(step, ())
        if "organisation" in self.fields:
            choices = office_choices(by.scope(STEPS[step].right))
            self.fields["organisation"].choices = [("", _("Choose…")), *choices]  # type: ignore[attr-defined]
        if "custodian" in self.fields:
            self.fields["custodian"].label = CUSTODIANS[step]

    def order(self) -> Order:
        """Return what was said as the service takes it."""
        given = self.cleaned_data
        return Order(
            why=given["why"],
            document=given["document"],
            custodian=given.get("custodian", ""),
            organisation=given.get("organisation", ""),
            due_back_on=given.get("due_back_on"),
            site=given.get("site", "") if self.step is Step.INSTALL else "",
            elements=self._elements() if self.step in BINDING else None,
        )

    def _elements(self) -> Elements:
        given = self.cleaned_data
        return Elements(
            merchant=given["merchant"].strip(),
            site=given["site"].strip(),
            tid=given["tid"].strip(),
            acquirer_code=given["acquirer_code"].strip(),
            network_reference=given["network_reference"],
            refiling_reference=given["refiling_reference"],
        )


def _fields(step: Step) -> set[str]:
    """Return the names of the fields that a step is asked with."""
    names = {"why", "document", *NEEDS.get(step, ())}
    if step in BINDING:
        names |= {
            "merchant",
            "site",
            "tid",
            "acquirer_code",
            "network_reference",
            "refiling_reference",
        }
    return names | ({"due_back_on"} if step in WITH_DUE_DAY else set())


class SerialMixin(forms.Form):
    """Dangerous verbs ask for the serial number to be typed."""

    confirm = forms.CharField(
        label=gettext_lazy("Type the serial number to confirm"), max_length=40
    )
    serial: str

    def clean_confirm(self) -> str:
        """Compare with the terminal's."""
        typed = str(self.cleaned_data["confirm"]).strip().upper()
        if typed != self.serial:
            raise forms.ValidationError(
                _("That is not the serial number of this terminal (%(serial)s).")
                % {"serial": self.serial}
            )
        return typed


class OneStepForm(SerialMixin, StepForm):
    """A step of one terminal, with the version that was on screen."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class OneReasonForm(SerialMixin, ReasonForm):
    """The reason for a mark on one terminal."""


def fit_serial(form: SerialMixin, serial: str, *, needed: bool) -> None:
    """Ask for the serial number at the end of a form, or not at all."""
    form.serial = serial
    if not needed:
        del form.fields["confirm"]
        return
    form.fields["confirm"].widget.attrs |= {
        "autocomplete": "off",
        "spellcheck": "false",
        "placeholder": serial,
    }
    form.order_fields([name for name in form.fields if name != "confirm"])


class SwapForm(forms.Form):
    """One terminal out, another in, in its place."""

    new = forms.CharField(
        label=gettext_lazy("Serial number of the new terminal"), max_length=40,
        widget=PickerInput(reverse_lazy("web:terminals-issued")),
        help_text=gettext_lazy("It must be issued, keyed and untampered."),
    )  # fmt: skip
    why = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    acceptance = forms.CharField(
        label=gettext_lazy("Acceptance reference"), max_length=80,
        help_text=gettext_lazy("Of the merchant's signature and the test transaction on the new terminal."),
    )  # fmt: skip
    network_reference = forms.CharField(
        label=gettext_lazy("Network entry reference"), max_length=40, required=False
    )
