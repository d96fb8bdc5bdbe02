"""Forms of the catalogue."""

from types import MappingProxyType
from typing import Any, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.parties.queries import vendors
from tillkeeper.terminals.services.catalogue import FORMS

FORM_LABELS: Final[MappingProxyType[str, str | Promise]] = MappingProxyType(
    {
        "countertop": _("countertop"),
        "mobile": _("mobile"),
        "android": _("smart terminal"),
        "pin_pad": _("PIN pad"),
        "qr_box": _("QR box"),
        "unattended": _("unattended"),
    }
)
SCHEMES: Final = (
    ("pci_pts", "PCI PTS"),
    ("unionpay", _("UnionPay")),
    ("national", _("national")),
    ("emv", "EMV"),
)


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ModelForm(forms.Form):
    """The facts of a model."""

    code = forms.CharField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=80)
    vendor_code = forms.ChoiceField(label=_("Vendor"))
    form = forms.ChoiceField(
        label=_("Form"), choices=[(form, FORM_LABELS.get(form, form)) for form in FORMS]
    )
    pts_version = forms.CharField(label=_("PTS version"), max_length=8, required=False)
    end_of_sale_on = forms.DateField(label=_("End of sale"), required=False, widget=_day())
    end_of_support_on = forms.DateField(label=_("End of support"), required=False, widget=_day())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the vendors."""
        super().__init__(*args, **kwargs)
        if "vendor_code" in self.fields:
            rows = vendors().order_by("name")
            offered = [("", "–"), *((row.code, row.name) for row in rows)]
            self.fields["vendor_code"].choices = offered  # type: ignore[attr-defined]


class ModelChangeForm(ModelForm):
    """The same facts of a model that is there; code and maker never change."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Leave out what stays."""
        super().__init__(*args, **kwargs)
        for name in ("code", "vendor_code"):
            del self.fields[name]


class ApprovalForm(forms.Form):
    """One certificate."""

    scheme = forms.ChoiceField(label=_("Scheme"), choices=SCHEMES)
    number = forms.CharField(label=_("Certificate number"), max_length=40)
    expires_on = forms.DateField(
        label=_("Ends on"),
        widget=_day(),
        help_text=_("From then on it may not be bought, unless somebody waives it."),
    )
    use_until = forms.DateField(
        label=_("May be used until"),
        required=False,
        widget=_day(),
        help_text=_("Left empty: no end is known."),
    )
    hardware_version = forms.CharField(label=_("Hardware version"), max_length=40, required=False)
    firmware_version = forms.CharField(label=_("Firmware version"), max_length=40, required=False)
    waiver = forms.CharField(
        label=_("Waiver"),
        max_length=200,
        required=False,
        help_text=_("Who allowed buying after its end, and why."),
    )
    source = forms.CharField(label=_("Source"), max_length=200, required=False)
