"""People: list, one with roles, new, roles given and taken, password, account closed and opened."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import AlreadyExists, Invalid, Stale
from tillkeeper.parties import queries
from tillkeeper.parties.errors import PasswordRefused
from tillkeeper.parties.roles import Right, Role
from tillkeeper.parties.services import people as services
from tillkeeper.parties.wording import ROLE_LABELS
from tillkeeper.web.conflicts import over_theirs
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.places import office_choices
from tillkeeper.web.refusals import sentence_of
from tillkeeper.web.stories import story_of

if TYPE_CHECKING:
    from tillkeeper.parties.models import Person

SORTS: Final = ("username", "-username", "last_login", "-last_login")


class PasswordField(forms.CharField):
    """A new password; nothing is taken off its ends."""

    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})

    def __init__(self, **kwargs: Any) -> None:
        """Keep it as typed."""
        super().__init__(strip=False, max_length=128, **kwargs)


class NewForm(forms.Form):
    """An account; roles are given afterwards."""

    username = forms.CharField(label=gettext_lazy("User name"), max_length=60)
    display_name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    password = PasswordField(
        label=gettext_lazy("First password"),
        help_text=gettext_lazy(
            "At least 8 characters; tell the person to change it at the first sign-in."
        ),
    )


class PersonForm(forms.Form):
    """What may be changed of an account."""

    display_name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    email = forms.EmailField(label=gettext_lazy("Mail address"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


class NewPasswordForm(forms.Form):
    """A password set by an administrator."""

    password = PasswordField(label=gettext_lazy("New password"))


class GrantForm(forms.Form):
    """A role at a place."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=[(str(role), ROLE_LABELS[role]) for role in Role]
    )
    organisation_code = forms.ChoiceField(
        label=gettext_lazy("At"), widget=forms.Select(attrs={"data-search": ""}),
        help_text=gettext_lazy("The role counts there and everywhere below."),
    )  # fmt: skip
    vendor_code = forms.ChoiceField(
        label=gettext_lazy("Vendor"), required=False,
        help_text=gettext_lazy("Only for a vendor contact: whose terminals they see."),
    )  # fmt: skip

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        """Offer the places where the actor manages people."""
        super().__init__(*args, **kwargs)
        vendors = queries.vendors().order_by("name").values_list("code", "name")
        self.fields["organisation_code"].choices = office_choices(scope)  # type: ignore[attr-defined]
        self.fields["vendor_code"].choices = [("", "–"), *vendors]  # type: ignore[attr-defined]


@login_required
def index(request: Request) -> HttpResponse:
    """List the people whom the actor manages."""
    request.actor.require(Right.PEOPLE)
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "username"
    found, tab = _matching(request), request.GET.get("state", "")
    tabs = _tabs(found)
    kept = {"active": Q(is_active=True), "closed": Q(is_active=False), "without": Q(grants=None)}
    rows = found.filter(kept[tab]) if tab in kept else found
    page = page_of(rows.order_by(sort, "pk"), request)
    ctx = {
        "page": page,
        "roles": {person.pk: _roles(person) for person in page.rows},
        "tabs": tabs,
        "tab": tab,
        "sort": sort,
        "filtered": bool(request.GET.get("q") or tab),
    }
    return answer(request, "people/list.html", "people/_table.html", ctx)


def _matching(request: Request) -> "QuerySet[Person]":
    rows = queries.people(request.actor.scope(Right.PEOPLE)).prefetch_related(
        "grants__organisation"
    )
    if text := request.GET.get("q", "").strip():
        rows = rows.filter(Q(username__icontains=text) | Q(display_name__icontains=text))
    return rows


def _tabs(rows: "QuerySet[Person]") -> list[tuple[str, str, int]]:
    counts = rows.order_by().aggregate(
        all=Count("pk", distinct=True),
        active=Count("pk", filter=Q(is_active=True), distinct=True),
        without=Count("pk", filter=Q(grants=None), distinct=True),
    )
    return [
        ("", _("All"), counts["all"]),
        ("active", _("Active"), counts["active"]),
        ("closed", _("Closed"), counts["all"] - counts["active"]),
        ("without", _("Without a role"), counts["without"]),
    ]


def _roles(person: "Person") -> list[tuple[Any, str]]:
    return [
        (ROLE_LABELS[Role(grant.role)], grant.organisation.name) for grant in person.grants.all()
    ]


@login_required
def detail(request: Request, username: str) -> HttpResponse:
    """Show one person: account, roles, tokens, what happened."""
    request.actor.require(Right.PEOPLE)
    scope = request.actor.scope(Right.PEOPLE)
    person = queries.person(username, scope)
    grants = [
        (grant, ROLE_LABELS[Role(grant.role)], scope.covers(grant.organisation.path))
        for grant in queries.grants_of(person)
    ]
    ctx = {
        "person": person,
        "grants": grants,
        "tokens": queries.tokens_of(person),
        "second_factor": is_mfa_enabled(person),
        "events": story_of(f"person:{username}", scope),
        "oneself": person.pk == request.actor.person_id,
        "now": timezone.now(),
    }
    return answer(request, "people/detail.html", "people/_drawer.html", ctx)


@sensitive_post_parameters("password")
@login_required
def new(request: Request) -> HttpResponse:
    """Open an account."""
    request.actor.require(Right.PEOPLE)
    form = NewForm(request.POST or None)
    deed = lambda given: services.create_person(**given, by=request.actor, at=timezone.now())  # noqa: E731
    ctx = {"title": _("New person"), "submit": _("Add"), "action": reverse("web:people-new")}
    return _run(request, form, deed, ctx, done=_("The account has been opened; now give it a role"))


@login_required
def edit(request: Request, username: str) -> HttpResponse:
    """Change an account's facts; if somebody else was quicker, show both and let the person decide."""
    person = _person(request, username)
    form = PersonForm(request.POST or None, initial=_facts(person))

    def deed(given: dict[str, Any]) -> None:
        version = given.pop("version")
        services.update_person(
            username=username, changes=given, version=version, by=request.actor, at=timezone.now()
        )

    ctx = {"title": _("Change %(name)s") % {"name": person}, "submit": _("Save")}
    return _run(
        request,
        form,
        deed,
        ctx | _action("person-edit", username),
        done=_("Saved"),
        present=lambda: _facts(_person(request, username)),
    )


def _facts(person: "Person") -> dict[str, Any]:
    return {
        "display_name": person.display_name,
        "email": person.email,
        "version": person.version,
    }


@sensitive_post_parameters("password")
@login_required
def password(request: Request, username: str) -> HttpResponse:
    """Set another person's password."""
    person = _person(request, username)
    form = NewPasswordForm(request.POST or None)
    deed = lambda given: services.set_password(  # noqa: E731
        username=username, **given, by=request.actor, at=timezone.now()
    )
    ctx = {
        "title": _("Set the password of %(name)s") % {"name": person},
        "lead": _("Wherever they are signed in, they are signed out."),
        "submit": _("Set password"),
    }
    return _run(
        request,
        form,
        deed,
        ctx | _action("person-password", username),
        done=_("The password has been set"),
    )


@login_required
def grant(request: Request, username: str) -> HttpResponse:
    """Give a role."""
    person = _person(request, username)
    form = GrantForm(request.POST or None, scope=request.actor.scope(Right.PEOPLE))
    deed = lambda given: services.grant_role(  # noqa: E731
        username=username, **given, by=request.actor, at=timezone.now()
    )
    ctx = {"title": _("Give %(name)s a role") % {"name": person}, "submit": _("Give role")}
    return _run(
        request,
        form,
        deed,
        ctx | _action("person-grant", username),
        done=_("The role counts from now on"),
    )


@login_required
def revoke(request: Request, username: str, role: str, code: str) -> HttpResponse:
    """Take a role away, after asking."""
    person = _person(request, username)
    deed = lambda _given: services.revoke_role(  # noqa: E731
        username=username, role=role, organisation_code=code, by=request.actor, at=timezone.now()
    )
    ctx = {
        "title": _("Take a role from %(name)s") % {"name": person},
        "lead": _("%(role)s at %(place)s") % {"role": ROLE_LABELS.get(role, role), "place": code},  # type: ignore[call-overload]
        "submit": _("Take away"),
        "danger": True,
        "action": reverse("web:person-revoke", args=[username, role, code]),
        "cancel_url": reverse("web:person", args=[username]),
    }
    return _run(
        request, forms.Form(request.POST or None), deed, ctx, done=_("The role has been taken away")
    )


@login_required
def close(request: Request, username: str) -> HttpResponse:
    """Close an account, or open a closed one again, after asking."""
    person = _person(request, username)
    service = services.deactivate_person if person.is_active else services.reactivate_person
    deed = lambda _given: service(username=username, by=request.actor, at=timezone.now())  # noqa: E731
    if person.is_active:
        ctx = {
            "title": _("Close the account of %(name)s") % {"name": person},
            "lead": _(
                "They are signed out and their API tokens stop working. Their roles are kept for a return."
            ),
            "submit": _("Close account"),
            "danger": True,
        }
    else:
        ctx = {
            "title": _("Open the account of %(name)s again") % {"name": person},
            "submit": _("Open account"),
        }
    return _run(
        request,
        forms.Form(request.POST or None),
        deed,
        ctx | _action("person-close", username),
        done=_("Done"),
    )


def _person(request: Request, username: str) -> "Person":
    request.actor.require(Right.PEOPLE)
    return queries.person(username, request.actor.scope(Right.PEOPLE))


def _action(page: str, username: str) -> dict[str, str]:
    return {
        "action": reverse(f"web:{page}", args=[username]),
        "cancel_url": reverse("web:person", args=[username]),
    }


def _run(
    request: Request,
    form: forms.Form,
    deed: Callable[[dict[str, Any]], Any],
    ctx: dict[str, Any],
    *,
    done: str,
    present: Callable[[], Mapping[str, Any]] = dict,
) -> HttpResponse:
    """Show a dialog's form; do the deed when it is sent; write what is not usable into the form.

    `present` answers with what stands there now, for forms that have a version.
    """
    asked, back = request.method == "POST", ctx.get("cancel_url", reverse("web:people"))
    form.is_bound = asked  # a form without fields is bound by being sent at all
    if asked and form.is_valid():
        try:
            deed(dict(form.cleaned_data))
        except PasswordRefused as error:
            form.add_error("password", sentence_of(error))
        except Stale as error:
            ctx["theirs"] = over_theirs(form, present(), error)
        except (Invalid, AlreadyExists) as error:
            blame(form, error)
        else:
            return changed(request, done, page=back)
    return answer(
        request,
        "ui/form_page.html",
        "ui/_form.html",
        {"cancel_url": back, **ctx, "form": form},
        422 if asked else 200,
    )


urlpatterns = [
    path("", index, name="people"),
    path("new", new, name="people-new"),
    path("<str:username>", detail, name="person"),
    path("<str:username>/edit", edit, name="person-edit"),
    path("<str:username>/password", password, name="person-password"),
    path("<str:username>/roles", grant, name="person-grant"),
    path("<str:username>/roles/<str:role>/<str:code>/revoke", revoke, name="person-revoke"),
    path("<str:username>/close", close, name="person-close"),
]
