"""Shapes of terminals: a row of the list, the whole of one, its past and what may come next."""

from datetime import date, datetime
from typing import Any

from ninja import Field, Schema

from tillkeeper.api.schemas import Asked, Day, MerchantRef, OrganisationRef, SiteRef, VendorRef
from tillkeeper.terminals.lifecycle import Guard, Holder, State, Step
from tillkeeper.terminals.selection import Filters
from tillkeeper.terminals.wording import GUARD_SENTENCES, STATE_LABELS, STEP_LABELS


class ModelRef(Schema):
    """A model of terminal, in short."""

    code: str
    name: str
    vendor: VendorRef


class BindingOut(Schema):
    """The present stay with a merchant: the five elements. The account is masked."""

    merchant: MerchantRef
    acquirer_code: str
    tid: str = Field(description="Terminal id.")
    holder_code: str = Field(description="Unified credit code, or the masked id number.")
    settlement_account: str = Field(alias="settlement_account_masked", description="Masked.")
    address: str
    network_reference: str
    refiling_reference: str
    document: str
    valid_from: datetime
    valid_to: datetime | None


class TerminalOut(Schema):
    """A terminal as a row of the list."""

    serial: str
    tusn: str | None
    model: ModelRef
    state: State
    state_label: str
    state_since: datetime
    organisation: OrganisationRef
    home: OrganisationRef
    site: SiteRef | None
    merchant: MerchantRef | None = Field(None, alias="binding.merchant")
    tid: str | None = Field(None, alias="binding.tid", description="Terminal id.")
    holder: Holder
    holder_name: str
    due_back_on: Day
    tampered: bool
    received_on: Day
    installed_on: Day
    warranty_until: Day
    version: int

    @staticmethod
    def resolve_state_label(row: Any) -> str:
        """The state in the reader's language."""
        return str(STATE_LABELS[State(row.state)])


class AccessoryOut(Schema):
    """Something that belongs to a terminal."""

    id: int
    kind: str
    serial: str
    quantity: int


class FileOut(Schema):
    """A file that belongs to a terminal."""

    id: int
    title: str
    name: str
    media_type: str
    size: int
    sha256: str
    by: str
    at: datetime


class TerminalDetail(TerminalOut):
    """All that is known of a terminal."""

    binding: BindingOut | None
    held_since: datetime
    owner: str
    supplier: VendorRef | None
    price_minor: int | None
    currency: str
    purchased_on: Day
    asset_tag: str
    seal_number: str
    hardware_version: str
    firmware_version: str
    app_version: str
    sim_iccid: str
    remark: str
    keyed: bool
    wiped: bool
    tamper_cleared: bool
    accepted: bool
    refiled: bool
    case_closed: bool
    on_loan: bool
    origin: str
    accessories: list[AccessoryOut]
    files: list[FileOut]

    @staticmethod
    def resolve_accessories(row: Any) -> list[Any]:
        """In the order they were added."""
        return list(row.accessories.order_by("pk"))

    @staticmethod
    def resolve_files(row: Any) -> list[Any]:
        """Newest first."""
        return list(row.files.order_by("-pk"))


class FiltersIn(Asked):
    """What a list, an export or a batch is narrowed to; what is left out means any."""

    q: str = Field(
        "", max_length=60, description="Part of a serial number, a terminal id, a merchant."
    )
    state: list[State] = Field([], max_length=len(State))
    model: str = Field("", max_length=40, description="Code.")
    vendor: str = Field("", max_length=40, description="Code.")
    organisation: str = Field("", max_length=40, description="Code: at or below.")
    merchant: str = Field("", max_length=20, description="Number.")
    site: str = Field("", max_length=40, description="Code.")
    province: str = Field("", max_length=40)
    city: str = Field("", max_length=40)
    holder: Holder | None = None
    tampered: bool | None = None
    origin: str = Field("", max_length=40, description="Number of the import or order behind it.")
    received_from: date | None = None
    received_to: date | None = None
    overdue_on: date | None = Field(None, description="Out, and due back before that day.")
    slow_on: date | None = Field(
        None, description="On that day longer in its state than the policy allows."
    )
    approval_until: date | None = Field(
        None, description="Models whose last approval ends by then."
    )

    def filters(self) -> Filters:
        """Return them as the estate's services take them."""
        given = self.model_dump()
        return Filters(**{**given, "state": tuple(self.state), "holder": self.holder or ""})


class ProspectOut(Schema):
    """One step as it looks from here: may be taken, or why not."""

    step: Step
    label: str
    open: bool
    target: State | None
    wrong_state: bool
    failed: list[Guard]
    reasons: list[str] = Field(description="The failed guards in words.")

    @staticmethod
    def resolve_label(prospect: Any) -> str:
        """The step in the reader's language."""
        return str(STEP_LABELS[prospect.step])

    @staticmethod
    def resolve_reasons(prospect: Any) -> list[str]:
        """What to do about each, in the reader's language."""
        return [str(GUARD_SENTENCES[guard]) for guard in prospect.failed]


class HappeningOut(Schema):
    """One thing that happened to a terminal; `name` is the step, the kind of proof or the action."""

    at: datetime
    kind: str
    name: str
    by: str
    document: str
    why: str
    facts: dict[str, Any]


class TerminalChanges(Asked):
    """Facts that people may correct by hand; null or blank takes a fact away."""

    owner: str = Field("", max_length=120)
    asset_tag: str = Field("", max_length=40)
    seal_number: str = Field("", max_length=40)
    hardware_version: str = Field("", max_length=40)
    firmware_version: str = Field("", max_length=40)
    app_version: str = Field("", max_length=40)
    sim_iccid: str = Field("", max_length=22)
    remark: str = Field("", max_length=200)
    purchased_on: Day = None
    received_on: Day = None
    installed_on: Day = None
    warranty_until: Day = None
    tusn: str | None = Field(None, max_length=20)
    supplier: str | None = Field(None, max_length=40, description="The vendor's code.")
    price_minor: int | None = Field(None, ge=0, le=2**53)
    currency: str = Field("CNY", pattern="^[A-Za-z]{3}$")
