"""/money/layouts: declared layouts and their versions; checking a text on a sample, and drafting one from it."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.timezone import now
from django.utils.translation import gettext
from ninja import Field, File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from tillkeeper.api.authentication import actor
from tillkeeper.api.files import within
from tillkeeper.api.money import seen
from tillkeeper.api.money_schemas import CheckOut, ProblemKept, SetAsideOut, WhyIn
from tillkeeper.api.paging import Page, Paging, page_of
from tillkeeper.api.problems import LISTING, READING, WRITING
from tillkeeper.api.throttles import HEAVY
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.layouts.trials import MOST_BYTES, Trial
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.queries import layouts as queries
from tillkeeper.settlement.services import layouts as services
from tillkeeper.settlement.services.layouts import Sample

router = Router(tags=["money"])
Side = Literal["journal", "bill", "statement"]  # `Role` is what a person has, in the description


class DeclaredLayoutOut(Schema):
    """A version of a declared layout."""

    organisation: str = Field(alias="organisation.code")
    name: str
    version: int
    in_use: bool = Field(description="False: this version takes the layout out of use.")
    proven: bool = Field(description="A sample was checked whole when it was written.")
    sha256: str
    why: str
    by: str
    at: datetime

    @staticmethod
    def resolve_in_use(row: Any) -> bool:
        """A blank text takes the layout out of use."""
        return bool(row.text)

    @staticmethod
    def resolve_proven(row: Any) -> bool:
        """There is a proof."""
        return bool(row.proof)


class DeclaredLayoutDetail(DeclaredLayoutOut):
    """With its text and what its sample proved."""

    text: str = Field(description="TOML; blank where it is out of use.")
    proof: dict[str, Any] = Field(
        description="Name, hash, rows, sums and checks of the sample; {} where there was none."
    )


class TrialOut(Schema):
    """What a sample is by a layout. Nothing of it is kept."""

    sound: bool = Field(description="Read whole, and its own figures hold.")
    rows: int
    sums: dict[str, int]
    checks: list[CheckOut]
    set_aside: list[SetAsideOut] = Field(description="The first lines that cannot be used.")
    problem: ProblemKept
    lines: list[str] = Field(description="The first of the file as they stand; card numbers cut.")
    read: list[dict[str, Any]] = Field(description="The first canonical rows.")


class DraftOut(Schema):
    """A layout that a sample suggests, for a person to mend."""

    text: str


@router.get("", response={200: Page[DeclaredLayoutOut], **LISTING})
def list_layouts(request: HttpRequest, paging: Query[Paging]) -> dict[str, Any]:
    """List the newest version of each layout: one's own, those above and those below."""
    return page_of(request, queries.newest_layouts(seen(request)), sort="-id", paging=paging)


@router.post("", response={201: DeclaredLayoutDetail, **WRITING}, throttle=[HEAVY])
def write_next_layout(
    request: HttpRequest,
    organisation: Form[str],
    text: Form[str],
    why: Form[str],
    year: Form[int | None] = None,
    sample: File[UploadedFile | None] = None,
) -> Status[Any]:
    """Write the next version of a layout; with a sample it is proven first, and refused where that is not sound."""
    made = services.write_layout(
        organisation=organisation,
        text=text,
        why=why,
        sample=_sample(sample) if sample else None,
        year=year,
        by=actor(request),
        at=now(),
    )
    return Status(201, made)


@router.post("/check", response={200: TrialOut, **WRITING}, throttle=[HEAVY])
def check_layout(
    request: HttpRequest,
    text: Form[str],
    sample: File[UploadedFile],
    year: Form[int | None] = None,
) -> Any:
    """Read a sample by a text that is not written yet, and say what comes of it. Nothing is kept."""
    actor(request).require(Right.MONEY_RULES)
    return told_of(services.preview(text, _sample(sample), year))


@router.post("/draft", response={200: DraftOut, **WRITING}, throttle=[HEAVY])
def draft_layout(
    request: HttpRequest, sample: File[UploadedFile], role: Form[Side | None] = None
) -> Any:
    """Propose a layout from a sample, with a remark at whatever needs a look. Nothing is kept."""
    actor(request).require(Right.MONEY_RULES)
    return {"text": services.draft(_sample(sample), role=Role(role) if role else None, say=gettext)}


@router.get("/{organisation}/{name}", response={200: DeclaredLayoutDetail, **READING})
def get_layout(
    request: HttpRequest, organisation: str, name: str, version: int | None = None
) -> Any:
    """Show a layout with its text: the newest version, or one of them."""
    return queries.layout(seen(request), organisation, name, version)


@router.get("/{organisation}/{name}/versions", response={200: Page[DeclaredLayoutOut], **READING})
def list_versions(
    request: HttpRequest, organisation: str, name: str, paging: Query[Paging]
) -> dict[str, Any]:
    """List every version of a layout, the newest first."""
    scope = seen(request)
    queries.layout(scope, organisation, name)
    rows = queries.versions(scope, organisation, name)
    return page_of(request, rows, sort="-id", paging=paging)


@router.post("/{organisation}/{name}/out", response={200: DeclaredLayoutDetail, **WRITING})
def take_layout_out_of_use(request: HttpRequest, organisation: str, name: str, body: WhyIn) -> Any:
    """Let a layout read no more files; a new version takes it up again."""
    return services.take_out_of_use(
        organisation=organisation, name=name, why=body.why, by=actor(request), at=now()
    )


def told_of(trial: Trial) -> dict[str, Any]:
    """Return a trial as JSON has it."""
    verdict, refused = trial.verdict, trial.refused
    return {
        "sound": trial.sound,
        "rows": verdict.rows if verdict else 0,
        "sums": verdict.sums if verdict else {},
        "checks": list(verdict.checks) if verdict else [],
        "set_aside": list(trial.set_aside),
        "problem": {"code": refused.code, "sentence": str(refused), "facts": refused.facts()}
        if refused
        else {},
        "lines": list(trial.lines),
        "read": [{key: _plain(value) for key, value in row.items()} for row in trial.rows],
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _sample(sent: UploadedFile) -> Sample:
    within(MOST_BYTES // 2**20, sent)
    return Sample(sent.name or "sample", sent.read())
