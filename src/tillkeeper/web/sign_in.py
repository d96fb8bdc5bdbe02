"""allauth's forms as this console shows them: labels only, and no reset by mail, which few installations can send.

Labels that allauth leaves without a translation, or with a word that means another thing here, are given anew.
"""

from typing import Any

from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ConfirmCodeForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


def plain(form: forms.BaseForm) -> None:
    """Drop placeholders that repeat the label, and the link to a reset by mail."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
        field.help_text = ""


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth has no types
    """User name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make it plain."""
        super().__init__(*args, **kwargs)
        plain(self)


class ConfirmForm(ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The password again, before something sensitive."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make it plain."""
        super().__init__(*args, **kwargs)
        plain(self)


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """The second factor: a code of the authenticator, or one that was kept for its loss."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say what kind of code."""
        super().__init__(*args, **kwargs)
        ask_for_code(self)


class CodeAgainForm(ConfirmCodeForm):  # type: ignore[misc]
    """The same, before something sensitive."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say what kind of code."""
        super().__init__(*args, **kwargs)
        ask_for_code(self)


def ask_for_code(form: forms.BaseForm) -> None:
    """Label the field of a second factor's code."""
    plain(form)
    form.fields["code"].label = _("Verification code, or a recovery code")


class NewKeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A security key, with a name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Label the name."""
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")


class RenameKeyForm(EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a security key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Label the name."""
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
