"""allauth's forms as this console shows them: labels only, and no reset by mail, which few installations can send."""

from typing import Any

from allauth.account.forms import LoginForm, ReauthenticateForm
from django import forms


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
