"""My profile: looks and language, password and second factor, API tokens."""

from typing import Any, Final

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tillkeeper.kernel.errors import Invalid
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Right, Role
from tillkeeper.parties.services.preferences import set_preferences
from tillkeeper.parties.services.tokens import DAYS_MAX, issue_token, revoke_token
from tillkeeper.parties.wording import RIGHT_LABELS, ROLE_LABELS
from tillkeeper.web.context import DENSITIES, THEMES, choice
from tillkeeper.web.middleware import remember
from tillkeeper.web.parts import Request, answer, blame, changed

DAYS_USUAL: Final = 90


class LooksForm(forms.Form):
    """Language, theme, density: kept with the account and on this browser."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=[("zh-hans", "中文"), ("en", "English")]
    )
    theme = forms.ChoiceField(
        label=gettext_lazy("Theme"),
        choices=[
            ("auto", gettext_lazy("as the system")),
            ("light", gettext_lazy("light")),
            ("dark", gettext_lazy("dark")),
        ],
    )
    density = forms.ChoiceField(
        label=gettext_lazy("Rows of lists"),
        choices=[
            ("compact", gettext_lazy("compact")), ("normal", gettext_lazy("normal")), ("roomy", gettext_lazy("roomy")),
        ],
    )  # fmt: skip


class TokenForm(forms.Form):
    """A key for a program."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("Which program will use it."),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days until it expires"),
        min_value=1,
        max_value=DAYS_MAX,
        initial=DAYS_USUAL,
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Rights"), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Only rights that you hold yourself; give as few as the program needs."),
    )  # fmt: skip

    def __init__(self, *args: Any, rights: set[str], **kwargs: Any) -> None:
        """Offer the rights that the person holds."""
        super().__init__(*args, **kwargs)
        offered = [(str(right), RIGHT_LABELS[right]) for right in Right if right in rights]
        self.fields["scopes"].choices = offered  # type: ignore[attr-defined]


@login_required
def profile(request: Request) -> HttpResponse:
    """Show everything that is one's own."""
    looks = {
        "language": get_language(),
        "theme": choice(request, "theme", THEMES),
        "density": choice(request, "density", DENSITIES),
    }
    ctx = {
        "form": LooksForm(initial=looks),
        "grants": [
            (grant, ROLE_LABELS[Role(grant.role)]) for grant in queries.grants_of(request.user)
        ],
        "tokens": queries.tokens_of(request.user),
        "second_factor": is_mfa_enabled(request.user),
        "now": timezone.now(),
    }
    return answer(request, "profile/page.html", "profile/_tokens.html", ctx)


@require_POST
def preferences(request: Request) -> HttpResponse:
    """Keep a choice of language, theme or density; works before the sign-in too, on this browser alone."""
    known = {"theme": THEMES, "density": DENSITIES, "language": tuple(dict(settings.LANGUAGES))}
    chosen = {
        name: request.POST[name]
        for name, values in known.items()
        if request.POST.get(name) in values
    }
    if request.user.is_authenticated:
        set_preferences(request.user, **chosen)
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        back, {request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponse(status=204) if request.htmx else redirect(back if safe else "/")
    for name, value in chosen.items():
        remember(response, settings.LANGUAGE_COOKIE_NAME if name == "language" else name, value)
    return response


@never_cache
@login_required
def new_token(request: Request) -> HttpResponse:
    """Issue a token and show it, this once."""
    rights = {right for grant in request.actor.grants for right in grant.rights}
    form = TokenForm(request.POST or None, rights=rights)
    if request.method == "POST" and form.is_valid():
        try:
            row, key = issue_token(
                person=request.user, **form.cleaned_data, by=request.actor, at=timezone.now()
            )
        except Invalid as error:
            blame(form, error)
        else:
            return render(request, "profile/token.html", {"token": row, "key": key})
    ctx = {
        "form": form,
        "title": _("New API token"),
        "submit": _("Issue"),
        "action": reverse("web:profile-token-new"),
        "cancel_url": reverse("web:profile"),
    }
    return render(request, "ui/drawer_form_page.html", ctx, status=422 if form.errors else 200)


@login_required
def end_token(request: Request, prefix: str) -> HttpResponse:
    """Revoke a token, after asking: one's own, or of somebody whom the actor manages."""
    back = request.POST.get("back") or request.GET.get("back", "")
    safe = url_has_allowed_host_and_scheme(
        back, {request.get_host()}, require_https=request.is_secure()
    )
    page = back if safe else reverse("web:profile")
    if request.method == "POST":
        revoke_token(prefix=prefix, by=request.actor, at=timezone.now())
        return changed(request, _("The token is revoked"), page=page)
    ctx = {
        "form": forms.Form(),
        "title": _("Revoke API token %(prefix)s") % {"prefix": prefix},
        "lead": _("Programs that use it are shut out at once. This cannot be undone."),
        "submit": _("Revoke"),
        "danger": True,
        "action": reverse("web:profile-token-revoke", args=[prefix]),
        "cancel_url": page,
    }
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx)


urlpatterns = [
    path("", profile, name="profile"),
    path("preferences", preferences, name="preferences"),
    path("tokens/new", new_token, name="profile-token-new"),
    path("tokens/<str:prefix>/revoke", end_token, name="profile-token-revoke"),
]
