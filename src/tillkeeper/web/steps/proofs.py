"""Forms for the proofs that guards ask for."""

from types import MappingProxyType
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from tillkeeper.terminals.lifecycle import EvidenceKind

# Metadata only: never a key, never a PIN.
MORE: Final = MappingProxyType(
    {
        EvidenceKind.KEY_INJECTION: {
            "kcv": _("Key check value"),
            "custodians": _("Key custodians (two)"),
        },
        EvidenceKind.WIPE: {"method": _("How it was wiped")},
        EvidenceKind.TAMPER_CHECK: {"seal_number": _("Seal number found")},
        EvidenceKind.ACCEPTANCE: {
            "signed_by": _("Signed by"),
            "test_transaction": _("Test transaction reference"),
        },
    }
)
KCV_LENGTHS: Final = (4, 6)


class EvidenceForm(forms.Form):
    """The reference of a proof, with what its kind adds."""

    reference = forms.CharField(
        label=_("Reference"),
        max_length=80,
        help_text=_("Number of the paper, run or certificate that proves it."),
    )

    def __init__(self, *args: Any, kind: EvidenceKind, **kwargs: Any) -> None:
        """Add the fields of one kind."""
        super().__init__(*args, **kwargs)
        self.more = MORE.get(kind, {})
        for name, label in self.more.items():
            self.fields[name] = forms.CharField(label=label, max_length=80, required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse what is longer than a check value: it could be a key."""
        given = super().clean() or {}
        kcv = given.get("kcv", "")
        if kcv and (
            len(kcv) not in KCV_LENGTHS or not all(c in "0123456789abcdefABCDEF" for c in kcv)
        ):
            self.add_error(
                "kcv", _("A key check value has 4 or 6 hexadecimal digits. Never enter a key.")
            )
        return given

    def facts(self) -> dict[str, str]:
        """Return what was added, blank fields left out."""
        return {name: self.cleaned_data[name] for name in self.more if self.cleaned_data.get(name)}
