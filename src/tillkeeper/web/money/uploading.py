"""Bringing money files in: one or many, each with its own verdict."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.formats.canonical.reading import Options
from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import FieldInvalid, TillkeeperError
from tillkeeper.parties.queries import organisation
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import TakenAlready
from tillkeeper.settlement.lifecycle import FileState
from tillkeeper.settlement.queries.layouts import declared_names, format_known
from tillkeeper.settlement.services.files import bring_in
from tillkeeper.web.money.files import checks_of, format_choices, line_of, problem_of
from tillkeeper.web.parts import Request, answer
from tillkeeper.web.places import office_choices
from tillkeeper.web.refusals import sentence_of

if TYPE_CHECKING:
    from tillkeeper.settlement.models import MoneyFile

AT_ONCE_MAX: Final = 50
YEARS: Final = (2000, 2100)


class ManyFiles(forms.FileInput):
    """A field for several files; each is read for itself."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:  # noqa: ARG002  Django's signature
        """Return one of them, for the form to judge that there is any."""
        return files.get(name)


class BringInForm(forms.Form):
    """Whose the files are, and what is known of them from outside. The files themselves are beside the form."""

    organisation = forms.ChoiceField(label=gettext_lazy("Organisation"))
    format = forms.ChoiceField(
        label=gettext_lazy("Format"), required=False,
        help_text=gettext_lazy("Usually told by the content. Choose one only if it is told wrongly."),
    )  # fmt: skip
    year = forms.IntegerField(
        label=gettext_lazy("Year"), required=False, min_value=YEARS[0], max_value=YEARS[1],
        help_text=gettext_lazy("Only for files whose lines carry no year and whose name does not tell it."),
    )  # fmt: skip
    mid = forms.CharField(
        label=gettext_lazy("Merchant number"), required=False, max_length=40,
        help_text=gettext_lazy("If given, a bill of another merchant is refused."),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("Files"), widget=ManyFiles(attrs={"multiple": True}), max_length=255
    )

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        """Offer the offices one may bring files in for, and the formats there are."""
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = office_choices(scope)  # type: ignore[attr-defined]
        guessed = ("", _("told by the content"))
        formats = format_choices(declared_names(scope))
        self.fields["format"].choices = [guessed, *formats]  # type: ignore[attr-defined]
        self._scope = scope

    def clean(self) -> dict[str, Any] | None:
        """Find the format: a declared layout is known to some offices and not to others."""
        given = super().clean()
        if given is not None and "organisation" in given and "format" in given:
            node = organisation(self._scope, given["organisation"])
            try:
                given["form"] = format_known(node, given["format"])
            except FieldInvalid:
                self.add_error("format", _("This organisation knows no layout of that name."))
        return given

    def options(self) -> Options:
        """Return what is known from outside."""
        given = self.cleaned_data
        return Options(year=given.get("year"), mid=given.get("mid", ""))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one file."""

    name: str
    file: "MoneyFile | None" = None
    sentence: str = ""
    other: str = ""  # number of the file that holds the same

    @property
    def taken(self) -> bool:
        """True when it counts now."""
        return self.file is not None and self.file.state == FileState.TAKEN

    @property
    def line(self) -> dict[str, Any]:
        """What a table shows of the file."""
        return line_of(self.file) if self.file else {}

    @property
    def failing(self) -> list[dict[str, Any]]:
        """Its own figures that do not hold."""
        checks = checks_of(self.file) if self.file else []
        return [check for check in checks if not check["holds"]]


@login_required
def new(request: Request) -> HttpResponse:
    """Take files; with scripts each is sent by itself, without them all at once."""
    request.actor.require(Right.MONEY_WORK)
    sent = request.FILES.getlist("file")
    form = BringInForm(
        request.POST or None,
        request.FILES or None,
        scope=request.actor.scope(Right.MONEY_WORK),
        initial={"organisation": request.GET.get("organisation", "")},
    )
    verdicts: list[Verdict] = []
    if request.method == "POST" and form.is_valid():
        if len(sent) > AT_ONCE_MAX:
            too_many = _("At most %(n)s files at a time; choose fewer.") % {"n": AT_ONCE_MAX}
            form.add_error("file", too_many)
        else:
            verdicts = [_verdict(request, file, form) for file in sent]
    ctx = {"form": form, "verdicts": verdicts, "most": AT_ONCE_MAX}
    status = 422 if form.errors else 200
    return answer(request, "money/file_new.html", "money/_verdicts.html", ctx, status)


def _verdict(request: Request, sent: "UploadedFile[bytes]", form: BringInForm) -> Verdict:
    name = sent.name or "file"
    given = form.cleaned_data
    try:
        file = bring_in(
            stream=sent.open("rb"),
            name=name,
            organisation=given["organisation"],
            form=given["form"],
            options=form.options(),
            by=request.actor,
            at=timezone.now(),
        )
    except TakenAlready as known:
        return Verdict(name, sentence=sentence_of(known), other=known.other)
    except TillkeeperError as refused:
        return Verdict(name, sentence=sentence_of(refused))
    return Verdict(name, file, problem_of(file))
