"""Ledgers of models, merchants, sites and bindings."""

import pytest
from tests.factories import NOON
from tests.integration.imports.conftest import BOUND, STOCK, codes, counts, row

from tillkeeper.parties.models import Merchant, Site
from tillkeeper.terminals.models import Binding, ModelApproval, StepTaken, Terminal, TerminalModel
from tillkeeper.terminals.services import imports

pytestmark = pytest.mark.django_db

USCC = "91310000MA1FL0BX03"


def test_models_come_in_with_vendor_approval_and_dates_and_are_changed_by_the_next_ledger(
    bring_in, manager_of_all
):
    titles = ("型号", "型号名称", "厂商", "形态", "认证编号", "认证到期日", "停售日期")
    line = ("M1", "Model one", "Acme", "台式", "4-10001", "2027-04-30", "2026-01-01")
    done = bring_in(
        [line, line, ("M1", "other", "Acme", "", "", "", "")], titles=titles, kind="models"
    )
    assert counts(done) == (1, 0, 1, 1)
    model = TerminalModel.objects.get()
    assert (model.name, model.form, str(model.end_of_sale_on)) == (
        "Model one",
        "countertop",
        "2026-01-01",
    )
    assert str(ModelApproval.objects.get().expires_on) == "2027-04-30"
    assert counts(bring_in([line], titles=titles, kind="models")) == (0, 0, 1, 0)
    changed = bring_in([("M1", "Renamed", "", "", "", "", "")], titles=titles, kind="models")
    assert counts(changed) == (0, 1, 0, 0)
    imports.undo_import(number=changed.number, by=manager_of_all, at=NOON)
    assert TerminalModel.objects.get().name == "Model one"


def test_merchants_come_in_with_a_site_where_an_address_is_given(bring_in, manager_of_all, branch):
    titles = ("商户号", "商户名称", "统一社会信用代码", "地址", "所属机构")
    done = bring_in(
        [("898310100000001", "南京路店", USCC, "南京东路1号", "SH")],
        titles=titles,
        kind="merchants",
    )
    assert (counts(done), done.result["made"]["sites"]) == ((1, 0, 0, 0), 1)
    merchant = Merchant.objects.get()
    assert (merchant.uscc, merchant.organisation.parent) == (USCC, branch)
    renamed = [("898310100000001", "南京路旗舰店", "", "南京东路1号", "")]
    changed = bring_in(renamed, titles=titles, kind="merchants")
    assert counts(changed) == (0, 1, 0, 0)
    merchant.refresh_from_db()
    assert (merchant.name, merchant.uscc, merchant.organisation.name) == (
        "南京路旗舰店",
        USCC,
        "南京路旗舰店",
    )
    assert counts(bring_in(renamed, titles=titles, kind="merchants")) == (0, 0, 1, 0)
    imports.undo_import(number=changed.number, by=manager_of_all, at=NOON)
    assert Merchant.objects.get().organisation.name == "南京路店"


def test_two_merchants_of_one_name_and_one_number_twice_are_refused(bring_in):
    rows = [
        ("898310100000001", "A"),
        ("898310100000002", "A"),
        ("898310100000001", "B"),
        ("898310100000001", "A"),
    ]
    done = bring_in(rows, titles=("商户号", "商户名称"), kind="merchants")
    assert codes(done) == [
        (3, "ledger.merchant_numbered_differently"),
        (4, "ledger.merchant_twice"),
    ]
    assert counts(done) == (1, 0, 1, 2)


def test_sites_find_their_merchant_by_number_or_by_name(bring_in):
    bring_in([("898310100000001", "A")], titles=("商户号", "商户名称"), kind="merchants")
    titles = ("门店编号", "门店名称", "地址", "商户号", "商户名称", "纬度", "经度")
    rows = [
        ("S1", "One", "南京东路1号", "898310100000001", "", "31.2", "121.4"),
        ("S2", "Two", "南京东路2号", "", "A", "", ""),
        ("S3", "Three", "南京东路3号", "", "", "", ""),
        ("S4", "Four", "南京东路4号", "898310100000009", "", "", ""),
        ("S5", "Five", "南京东路5号", "898310100000008", "H", "", ""),
    ]
    done = bring_in(rows, titles=titles, kind="sites")
    assert codes(done) == [(4, "ledger.merchant_missing"), (5, "ledger.merchant_unknown")]
    assert set(Site.objects.values_list("code", "merchant__name")) == {
        ("S1", "A"),
        ("S2", "A"),
        ("S5", "H"),
    }
    again = [("S1", "One", "南京东路100号", "898310100000001", "", "31.2", "121.4"), rows[1]]
    assert counts(bring_in(again, titles=titles, kind="sites")) == (0, 1, 1, 0)
    assert Site.objects.get(code="S1").address == "南京东路100号"


BINDING_TITLES = ("序列号", "商户号", "商户名称", "终端号", "安装地址")
FIRST = ("SN000002", "898440000000007", "罗湖书店", "T0000007", "人民南路7号")


def test_terminals_and_then_their_bindings_make_an_estate_in_two_files(bring_in, manager_of_all):
    bring_in([STOCK])
    done = bring_in([FIRST], titles=BINDING_TITLES, kind="bindings")
    assert (counts(done), done.result["made"]["bindings"]) == ((1, 0, 0, 0), 1)
    terminal = Terminal.objects.get()
    assert (terminal.state, terminal.binding.tid, terminal.site.address) == (
        "active",
        "T0000007",
        "人民南路7号",
    )
    assert counts(bring_in([FIRST], titles=BINDING_TITLES, kind="bindings")) == (0, 0, 1, 0)
    imports.undo_import(number=done.number, by=manager_of_all, at=NOON)
    terminal = Terminal.objects.get()
    assert (terminal.state, terminal.binding_id, terminal.site_id) == ("in_stock", None, None)
    assert (Binding.objects.count(), StepTaken.objects.count(), Merchant.objects.count()) == (
        0,
        1,
        0,
    )


def test_a_bound_terminal_is_bound_anew_and_the_old_binding_ends(bring_in, manager_of_all):
    bring_in([BOUND])
    moved = ("SN000001", "898440000000007", "罗湖书店", "T0000007", "人民南路7号")
    done = bring_in([moved], titles=BINDING_TITLES, kind="bindings")
    assert counts(done) == (0, 1, 0, 0)
    terminal = Terminal.objects.get()
    assert terminal.binding.merchant.number == "898440000000007"
    assert Binding.objects.get(tid="T0000001").valid_to == NOON
    imports.undo_import(number=done.number, by=manager_of_all, at=NOON)
    terminal.refresh_from_db()
    assert (terminal.binding.tid, terminal.binding.valid_to) == ("T0000001", None)


def test_unknown_terminals_taken_terminal_ids_and_lives_under_way_are_refused(bring_in):
    bring_in([BOUND, STOCK, row(STOCK, 机身号="SN000005", 状态="维修")])
    rows = [
        ("SN999999", "898440000000007", "罗湖书店", "T0000007", "人民南路7号"),
        ("SN000002", "898440000000007", "罗湖书店", "T0000001", "人民南路7号"),
        ("SN000005", "898440000000007", "罗湖书店", "T0000008", "人民南路7号"),
    ]
    done = bring_in(rows, titles=BINDING_TITLES, kind="bindings")
    assert codes(done) == [
        (2, "ledger.terminal_unknown"),
        (3, "ledger.terminal_id_taken"),
        (4, "ledger.binding_needs_steps"),
    ]
    assert not Merchant.objects.filter(number="898440000000007").exists()
