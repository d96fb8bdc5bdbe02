"""Merchants, sites and vendors: filed, changed, found; and what is not kept of them."""

from decimal import Decimal

import pytest
from tests.factories import USCC, MerchantFactory, SiteFactory, VendorFactory

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import AlreadyExists, FieldInvalid, NotAllowed, NotFound, Stale
from tillkeeper.kernel.models import AuditEntry
from tillkeeper.kernel.trail import trail
from tillkeeper.parties import queries
from tillkeeper.parties.errors import HolderTwice, PlacementRefused
from tillkeeper.parties.models import Merchant, Organisation, Vendor
from tillkeeper.parties.roles import Right, Role
from tillkeeper.parties.sealing import sealed
from tillkeeper.parties.services.merchants import create_merchant, update_merchant
from tillkeeper.parties.services.sites import create_site, update_site
from tillkeeper.parties.services.vendors import create_vendor, update_vendor

pytestmark = pytest.mark.django_db
MID = "898310154110001"
ID_NUMBER = "110105199003071239"
CARD = "6222021000012345673"
PHONE = "13912345678"
EVERYWHERE = Scope(("",))


@pytest.fixture
def filed(manager, branch, noon) -> Merchant:
    """A merchant as a person filed it."""
    return create_merchant(
        number=MID,
        name="南京路 百货",
        parent_code="SH",
        id_number=ID_NUMBER,
        settlement_account=CARD,
        mcc="5311",
        phone=PHONE,
        by=manager,
        at=noon,
    )


def test_a_merchant_gets_its_node_below_its_branch(filed, branch):
    node = filed.organisation
    assert (node.code, node.kind, node.parent) == (f"M{MID}", "merchant", branch)
    assert node.path.startswith(branch.path)
    assert node.name == filed.name


def test_of_personal_numbers_only_mask_and_hash_are_kept(filed):
    assert filed.id_number_masked == "110*************39"
    assert filed.id_number_hash == sealed(ID_NUMBER)
    assert filed.settlement_account_masked == "622202*********5673"
    assert filed.settlement_account_hash == sealed(CARD)


def test_no_personal_number_is_in_the_audit_trail_nor_in_a_repr(filed, manager, noon):
    other = "6217001210024455220"
    changes = {"settlement_account": other, "phone": "13812345679", "id_number": ""}
    update_merchant(number=MID, changes=changes, version=1, by=manager, at=noon)
    entries = AuditEntry.objects.all()
    written = " ".join(entry.before + entry.after for entry in entries) + repr(filed)
    assert len(entries) == 2
    for secret in (ID_NUMBER, CARD, other, PHONE, "13812345679", sealed(CARD)):
        assert secret not in written
    assert "138****5679" in written


def test_a_new_account_that_looks_the_same_is_still_in_the_trail(manager, branch, noon):
    merchant = MerchantFactory(parent=branch)
    for number, version in (("1111110123", 1), ("2222220123", 2)):
        update_merchant(
            number=merchant.number,
            changes={"settlement_account": number},
            version=version,
            by=manager,
            at=noon,
        )
    newest = trail(scope=EVERYWHERE, subject=f"merchant:{merchant.number}")[0]
    assert newest.changes == [("settlement_account_masked", "******0123", "******0123")]


def test_a_merchant_has_a_credit_code_or_an_id_number(filed, manager, noon):
    with pytest.raises(HolderTwice):
        update_merchant(number=MID, changes={"uscc": USCC}, version=1, by=manager, at=noon)
    both = {"uscc": USCC, "id_number": ""}
    row = update_merchant(number=MID, changes=both, version=1, by=manager, at=noon)
    assert (row.uscc, row.id_number_hash, row.id_number_masked) == (USCC, "", "")
    with pytest.raises(HolderTwice):
        create_merchant(
            number="1",
            name="X",
            parent_code="SH",
            uscc=USCC,
            id_number=ID_NUMBER,
            by=manager,
            at=noon,
        )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uscc", "91310000MA1FL0BX04"),
        ("id_number", "110105199003071230"),
        ("settlement_account", "12345"),
        ("mcc", "53111"),
        ("phone", "call me"),
        ("name", " "),
        ("contact", "x" * 61),
    ],
)
def test_a_value_that_fails_its_check_is_refused_by_name(manager, branch, noon, field, value):
    facts = {"name": "X", "number": MID, "parent_code": "SH", field: value}
    with pytest.raises(FieldInvalid) as refused:
        create_merchant(**facts, by=manager, at=noon)
    assert refused.value.field == field
    assert not Organisation.objects.filter(kind="merchant").exists()


def test_a_number_is_given_once(filed, manager, noon):
    with pytest.raises(AlreadyExists) as refused:
        create_merchant(number=MID, name="X", parent_code="SH", by=manager, at=noon)
    assert refused.value.facts() == {"kind": "merchant", "key": MID}


def test_a_merchant_does_not_stand_below_a_merchant(filed, manager, noon):
    with pytest.raises(PlacementRefused):
        create_merchant(number="2", name="X", parent_code=f"M{MID}", by=manager, at=noon)


def test_a_new_name_is_the_nodes_name_too(filed, manager, noon):
    row = update_merchant(number=MID, changes={"name": "New"}, version=1, by=manager, at=noon)
    assert (row.version, Organisation.objects.get(code=f"M{MID}").name) == (2, "New")
    with pytest.raises(Stale):
        update_merchant(number=MID, changes={"name": "Old"}, version=1, by=manager, at=noon)


def test_a_site_is_a_store_below_its_merchant(filed, manager, noon):
    site = create_site(
        merchant_number=MID,
        code="ST1",
        name="一店",
        address="南京东路 1 号",
        latitude="31.2400001",
        longitude=121.48,
        by=manager,
        at=noon,
    )
    node = site.organisation
    assert (node.code, node.kind, node.parent) == ("SST1", "store", filed.organisation)
    assert (site.latitude, site.longitude) == (Decimal("31.240000"), Decimal("121.480000"))
    changed = update_site(
        code="ST1", changes={"address": "新址", "latitude": None}, version=1, by=manager, at=noon
    )
    assert (changed.address, changed.latitude, changed.version) == ("新址", None, 2)
    actions = [entry.action for entry in trail(scope=EVERYWHERE, subject="site:ST1")]
    assert actions == ["site.update", "site.create"]


def test_a_site_needs_an_address(filed, manager, noon):
    with pytest.raises(FieldInvalid) as refused:
        create_site(merchant_number=MID, code="S", name="X", address="", by=manager, at=noon)
    assert refused.value.field == "address"


def test_a_site_code_is_given_once(filed, manager, noon):
    facts = {"merchant_number": MID, "code": "S", "name": "X", "address": "Y"}
    create_site(**facts, by=manager, at=noon)
    with pytest.raises(AlreadyExists) as refused:
        create_site(**facts, by=manager, at=noon)
    assert refused.value.facts() == {"kind": "site", "key": "S"}


def test_a_neighbours_merchant_and_site_can_not_be_touched(manager, neighbour, noon):
    site = SiteFactory(merchant=MerchantFactory(parent=neighbour))
    number = site.merchant.number
    calls = [
        lambda: update_merchant(
            number=number, changes={"name": "X"}, version=1, by=manager, at=noon
        ),
        lambda: update_site(code=site.code, changes={"name": "X"}, version=1, by=manager, at=noon),
        lambda: create_site(
            merchant_number=number, code="N", name="X", address="Y", by=manager, at=noon
        ),
        lambda: create_merchant(number="3", name="X", parent_code="BJ", by=manager, at=noon),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call()


def test_whoever_only_looks_files_nothing(hire, branch, noon):
    technician = hire(Role.TECHNICIAN, branch)
    with pytest.raises(NotAllowed):
        create_merchant(number="3", name="X", parent_code="SH", by=technician, at=noon)


def test_merchants_are_found_by_number_and_by_part_of_their_name(manager, branch):
    seen = manager.scope(Right.PARTIES_VIEW)
    shop = MerchantFactory(parent=branch, number="8981", name="永安百货商店")
    MerchantFactory(parent=branch, number="7771", name="Other")
    for text in ("89", "8981", "安百货", " 百货商店 "):
        assert queries.find_merchants(seen, text) == [shop]
    assert queries.find_merchants(seen, "") == []
    assert len(queries.find_merchants(Scope(("",)), "8", limit=1)) == 1


def test_sites_are_found_by_code_name_and_address(manager, branch):
    seen = manager.scope(Right.PARTIES_VIEW)
    site = SiteFactory(
        merchant=MerchantFactory(parent=branch),
        code="Q7",
        name="徐家汇门店",
        address="肇嘉浜路99号",
    )
    for text in ("Q7", "家汇门", "嘉浜路"):
        assert queries.find_sites(seen, text) == [site]


def test_a_vendor_is_kept_by_whoever_may_change_the_catalogue(hire, branch, noon):
    purchaser = hire(Role.PURCHASER, branch)
    create_vendor(code="ACME", name="Acme", by=purchaser, at=noon)
    row = update_vendor(code="ACME", changes={"contact": "Li"}, version=1, by=purchaser, at=noon)
    assert (row.contact, row.version) == ("Li", 2)
    assert queries.vendor("ACME") == row
    [newest, _] = trail(scope=Scope((branch.path[:6],)), subject="vendor:ACME")
    assert newest.changes == [("contact", "", "Li")]


def test_a_vendors_code_and_name_are_given_once(manager, noon):
    taken = VendorFactory()
    for facts in ({"code": taken.code, "name": "New"}, {"code": "NEW", "name": taken.name}):
        with pytest.raises(AlreadyExists):
            create_vendor(**facts, by=manager, at=noon)
    other = VendorFactory()
    with pytest.raises(AlreadyExists):
        update_vendor(code=other.code, changes={"name": taken.name}, version=1, by=manager, at=noon)


def test_a_technician_adds_no_vendor(hire, branch, noon):
    with pytest.raises(NotAllowed):
        create_vendor(code="X", name="X", by=hire(Role.TECHNICIAN, branch), at=noon)
    with pytest.raises(NotFound):
        queries.vendor("X")
    assert not Vendor.objects.exists()
