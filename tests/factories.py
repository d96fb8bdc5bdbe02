"""Rows for the tests, made straight in the tables: what they hold is true, how they came is not told."""

from datetime import UTC, date, datetime
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from tillkeeper.parties.models import Merchant, Organisation, Person, RoleGrant, Site, Vendor
from tillkeeper.parties.roles import Role
from tillkeeper.settlement.lifecycle import CaseState, FileState, RunState
from tillkeeper.settlement.models import Case, MatchingRun, MoneyFile, RuleBook
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.models import Live
from tillkeeper.terminals.lifecycle import AT_A_SITE, BOUND, Holder, State
from tillkeeper.terminals.models import Binding, ModelApproval, Terminal, TerminalModel

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # noon in Shanghai
PASSWORD = "correct horse 9 battery"
USCC = "91310000MA1FL0BX03"
HOLDERS = {
    State.ORDERED: Holder.SUPPLIER,
    State.STAGING: Holder.BENCH,
    State.ISSUED: Holder.PERSON,
    State.RETURNING: Holder.TRANSIT,
    State.REPAIR: Holder.VENDOR,
    State.EVIDENCE: Holder.SEALED,
    State.LOST: Holder.NOBODY,
    State.SCRAPPED: Holder.NOBODY,
    State.CANCELLED: Holder.NOBODY,
    State.REJECTED: Holder.SUPPLIER,
}


class OrganisationFactory(DjangoModelFactory):
    """A branch below `parent`; without a parent it is a head office."""

    class Meta:
        model = Organisation

    parent = None
    kind = factory.LazyAttribute(lambda node: "branch" if node.parent else "head_office")
    code = factory.Sequence(lambda n: f"ORG{n:04d}")
    name = factory.LazyAttribute(lambda node: f"Place {node.code}")

    @classmethod
    def _create(cls, model_class: type[Organisation], *args: Any, **kwargs: Any) -> Organisation:
        # The path is made of the id: a stand-in first.
        node = model_class(**kwargs, path=f"?{kwargs['code']}")
        node.save()
        node.place()
        node.save(update_fields=["path"])
        return node


def grow_tree(*names: str) -> list[Organisation]:
    """Make a head office and a line of branches, each below the one before; codes are the names."""
    line: list[Organisation] = []
    for name in names:
        line.append(OrganisationFactory(code=name, name=name, parent=line[-1] if line else None))
    return line


class VendorFactory(DjangoModelFactory):
    class Meta:
        model = Vendor

    code = factory.Sequence(lambda n: f"V{n:03d}")
    name = factory.LazyAttribute(lambda vendor: f"Maker {vendor.code}")


class MerchantFactory(DjangoModelFactory):
    """A merchant with its node below `parent`."""

    class Meta:
        model = Merchant

    class Params:
        parent = factory.SubFactory(OrganisationFactory)

    number = factory.Sequence(lambda n: f"8983101{n:08d}")
    name = factory.LazyAttribute(lambda merchant: f"Merchant {merchant.number}")
    uscc = USCC
    settlement_account_masked = "***************0123"
    settlement_account_hash = "0" * 64
    mcc = "5411"
    organisation = factory.LazyAttribute(
        lambda merchant: OrganisationFactory(
            kind="merchant", code=f"M{merchant.number}", name=merchant.name, parent=merchant.parent
        )
    )


class SiteFactory(DjangoModelFactory):
    """A store of `merchant`, with its node below the merchant's."""

    class Meta:
        model = Site

    merchant = factory.SubFactory(MerchantFactory)
    code = factory.Sequence(lambda n: f"ST{n:05d}")
    name = factory.LazyAttribute(lambda site: f"Store {site.code}")
    address = "上海市黄浦区南京东路1号"
    province = "上海市"
    city = "上海市"
    organisation = factory.LazyAttribute(
        lambda site: OrganisationFactory(
            kind="store", code=f"S{site.code}", name=site.name, parent=site.merchant.organisation
        )
    )


class PersonFactory(DjangoModelFactory):
    """Somebody who signs in with `PASSWORD`, with a role if `role` and `at` (a node) are given."""

    class Meta:
        model = Person
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    display_name = factory.LazyAttribute(lambda person: person.username.title())
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def role(self, create: bool, extracted: Role | None, **kwargs: Any) -> None:
        """Used as PersonFactory(role=Role.X, role__at=node, role__vendor=None)."""
        if extracted:
            grant(self, extracted, kwargs["at"], kwargs.get("vendor"))


def grant(person: Any, role: Role, at: Organisation, vendor: Vendor | None = None) -> RoleGrant:
    """Give a person a role at a node."""
    return RoleGrant.objects.create(
        person=person,
        role=role,
        organisation=at,
        vendor=vendor,
        granted_by="system:test",
        granted_at=NOON,
    )


class TerminalModelFactory(DjangoModelFactory):
    class Meta:
        model = TerminalModel

    vendor = factory.SubFactory(VendorFactory)
    code = factory.Sequence(lambda n: f"T{n:03d}")
    name = factory.LazyAttribute(lambda model: f"Model {model.code}")
    pts_version = "6.x"


class ModelApprovalFactory(DjangoModelFactory):
    class Meta:
        model = ModelApproval

    model = factory.SubFactory(TerminalModelFactory)
    scheme = "pci_pts"
    number = factory.Sequence(lambda n: f"4-{n:05d}")
    expires_on = date(2030, 4, 30)


class TerminalFactory(DjangoModelFactory):
    """A terminal in `state`: with a site exactly while it is at one, bound exactly while in service.

    A merchant and a site are made below `home` where one is needed and none is given; `elements` are
    facts of the binding that shall differ from those of `bind`.
    """

    class Meta:
        model = Terminal

    state = State.IN_STOCK
    serial = factory.Sequence(lambda n: f"P82{n:07d}")
    model = factory.SubFactory(TerminalModelFactory)
    home = factory.SubFactory(OrganisationFactory)
    site = factory.LazyAttribute(
        lambda terminal: (
            SiteFactory(merchant=MerchantFactory(parent=terminal.home))
            if terminal.state in AT_A_SITE
            else None
        )
    )
    organisation = factory.LazyAttribute(
        lambda terminal: terminal.site.organisation if terminal.site else terminal.home
    )
    path = factory.LazyAttribute(lambda terminal: terminal.organisation.path)
    holder = factory.LazyAttribute(
        lambda terminal: (
            Holder.SITE if terminal.site else HOLDERS.get(State(terminal.state), Holder.WAREHOUSE)
        )
    )
    state_since = NOON
    held_since = NOON
    # Fit for service, so that a test has to say what is missing.
    keyed = factory.LazyAttribute(lambda t: t.state in AT_A_SITE | {State.READY, State.ISSUED})
    accepted = factory.LazyAttribute(lambda terminal: terminal.state in BOUND)
    tampered = False

    @classmethod
    def _create(cls, model_class: type[Terminal], *args: Any, **kwargs: Any) -> Terminal:
        state, elements = State(kwargs["state"]), kwargs.pop("elements", {})
        if state not in BOUND:
            return model_class.objects.create(**kwargs)
        # A binding points at its terminal, and only a bound one may be in service: installed first.
        terminal = model_class.objects.create(**{**kwargs, "state": State.INSTALLED})
        terminal.binding = bind(terminal, **elements)
        terminal.state = state
        terminal.save(update_fields=["binding", "state"])
        return terminal


def bind(terminal: Terminal, **elements: Any) -> Binding:
    """Write an open binding of a terminal to the merchant of its site."""
    site = terminal.site
    return Binding.objects.create(
        **{
            "terminal": terminal,
            "merchant": site.merchant,
            "site": site,
            "acquirer_code": "48021000",
            "tid": f"{terminal.pk % 10**8:08d}",
            "holder_code": site.merchant.uscc or site.merchant.id_number_masked,
            "settlement_account_masked": site.merchant.settlement_account_masked,
            "settlement_account_hash": site.merchant.settlement_account_hash,
            "address": site.address,
            "document": "AV-20260302-0001",
            "valid_from": NOON,
            **elements,
        }
    )


class _PlacedFactory(DjangoModelFactory):
    """A row of the money rooms: it belongs to a node and carries its path."""

    class Meta:
        abstract = True

    organisation = factory.SubFactory(OrganisationFactory)
    path = factory.LazyAttribute(lambda row: row.organisation.path)
    by = "clerk"
    at = NOON


class MoneyFileFactory(_PlacedFactory):
    """A file that was taken; its bytes and its store are not there (see `bring_in` for one that has both)."""

    class Meta:
        model = MoneyFile

    number = factory.Sequence(lambda n: f"MF-20260302-{n:04d}")
    role = "bill"
    format = "zm"
    name = factory.Sequence(lambda n: f"bill-{n}.txt")
    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    size = 4_096
    rows = 2
    sums = factory.LazyFunction(lambda: {"CNY": 30_000})
    first_day = date(2026, 3, 2)
    last_day = date(2026, 3, 2)
    state = FileState.TAKEN


class RuleBookFactory(_PlacedFactory):
    """One version of an organisation's rules."""

    class Meta:
        model = RuleBook

    version = 1
    text = 'version = "2026-03"\n'
    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    why = "a new contract"


class MatchingRunFactory(_PlacedFactory):
    """A run that is done; give its files as `files=[...]`."""

    class Meta:
        model = MatchingRun
        skip_postgeneration_save = True

    number = factory.Sequence(lambda n: f"MR-20260302-{n:04d}")
    day = date(2026, 3, 2)
    as_of = date(2026, 3, 3)
    state = RunState.DONE
    finished_at = NOON

    @factory.post_generation
    def files(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        """Say which files it used."""
        self.files.set(extracted or ())


class CaseFactory(DjangoModelFactory):
    """A charge without a slip of 100.00, open and nobody's, found by a run of its organisation."""

    class Meta:
        model = Case

    organisation = factory.SubFactory(OrganisationFactory)
    path = factory.LazyAttribute(lambda case: case.organisation.path)
    key = factory.Sequence(lambda n: f"{n:064x}")
    run = factory.LazyAttribute(lambda case: MatchingRunFactory(organisation=case.organisation))
    first_run = factory.LazyAttribute(lambda case: case.run)
    difference = "charged_without_slip"
    cause = "printer_failed"
    confidence = 90
    mid = "898310154110001"
    tid = "10000001"
    batch = "000001"
    trace = factory.Sequence(lambda n: f"{n % 10**6:06d}")
    rrn = factory.Sequence(lambda n: f"{n:012d}")
    channel = "card"
    currency = "CNY"
    amount_minor = 10_000
    at_stake_minor = factory.LazyAttribute(lambda case: case.amount_minor)
    size_minor = factory.LazyAttribute(lambda case: abs(case.at_stake_minor))
    sentence = "The payment was charged and its slip was never printed."
    # A case moves on from here by the verbs of `settlement.services.cases`.
    state = CaseState.OPEN
    opened_at = NOON
    closed_at = factory.LazyAttribute(
        lambda case: NOON if case.state in {CaseState.CLOSED, CaseState.VANISHED} else None
    )


class LiveFactory(DjangoModelFactory):
    """A terminal that was heard just now; its signals as `signals={"battery_level": 87}`."""

    class Meta:
        model = Live

    terminal = factory.SubFactory(TerminalFactory, state=State.ACTIVE)
    state = LiveState.ONLINE
    since = factory.LazyFunction(timezone.now)
    heard_at = factory.LazyFunction(timezone.now)
    read_at = factory.LazyAttribute(lambda row: row.heard_at)
    interval_s = 300

    @classmethod
    def _create(cls, model_class: type[Live], *args: Any, **kwargs: Any) -> Live:
        at = kwargs["heard_at"].timestamp()
        told = kwargs.pop("signals", {})
        kwargs["signals"] = {name: [value, at] for name, value in told.items()}
        return model_class.objects.create(**kwargs)
