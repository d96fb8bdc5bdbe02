"""A mixed ledger of terminals: what it makes, what it leaves alone, what it refuses."""

import pytest
from tests.integration.imports.conftest import BOUND, STOCK, TITLES, codes, counts, row

from tillkeeper.kernel.trail import trail
from tillkeeper.parties.models import Merchant, Organisation, Site, Vendor
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.lifecycle import Holder, State
from tillkeeper.terminals.models import Binding, StepTaken, Terminal, TerminalModel
from tillkeeper.terminals.services import imports

pytestmark = pytest.mark.django_db


def test_one_mixed_ledger_makes_vendor_model_merchant_site_terminal_and_binding(
    bring_in, head_office
):
    done = bring_in([BOUND, STOCK])
    assert counts(done) == (2, 0, 0, 0)
    assert done.result["made"] == {
        "models": 1,
        "merchants": 1,
        "sites": 1,
        "vendors": 1,
        "bindings": 1,
    }
    terminal = Terminal.objects.select_related("binding", "site", "model__vendor").get(
        serial="SN000001"
    )
    assert (terminal.state, terminal.holder, terminal.keyed, terminal.accepted) == (
        State.ACTIVE,
        Holder.SITE,
        True,
        True,
    )
    assert (terminal.site.code, terminal.model.vendor.name) == ("ST1", "Acme")
    assert terminal.organisation == terminal.site.organisation
    assert terminal.path == terminal.site.organisation.path
    assert terminal.site.organisation.parent == Merchant.objects.get().organisation
    assert terminal.home == head_office
    binding = terminal.binding
    assert (binding.tid, binding.acquirer_code, binding.address) == ("T0000001", "HQ", "科技园1号")
    assert binding.document == done.number


def test_what_stands_in_stock_is_held_by_its_branch_and_bound_to_nobody(bring_in, head_office):
    bring_in([STOCK])
    terminal = Terminal.objects.get()
    assert (terminal.state, terminal.holder, terminal.binding_id) == (
        State.IN_STOCK,
        Holder.WAREHOUSE,
        None,
    )
    assert (terminal.organisation, terminal.holder_name) == (head_office, head_office.name)
    assert str(terminal.received_on) == "2024-03-05"


def test_each_new_terminal_has_an_opening_history_row_and_an_audit_entry(bring_in, system):
    done = bring_in([BOUND])
    step = StepTaken.objects.get()
    assert (step.step, step.from_state, step.to_state, step.document) == (
        "open",
        "",
        "active",
        done.number,
    )
    entries = trail(scope=system.scope("any"), subject="terminal:SN000001")
    assert [entry.action for entry in entries] == ["terminal.open"]
    assert entries[0].after["document"] == done.number
    assert (
        trail(scope=system.scope("any"), subject="merchant:898440000000001")[0].action
        == "merchant.import"
    )


def test_without_a_state_column_what_has_merchant_and_terminal_id_is_active_and_the_rest_in_stock(
    bring_in,
):
    bring_in([row(BOUND, 状态=""), row(STOCK, 状态="")])
    assert list(Terminal.objects.order_by("serial").values_list("state", flat=True)) == [
        "active",
        "in_stock",
    ]


def test_installed_has_a_site_but_no_binding(bring_in):
    done = bring_in([row(BOUND, 状态="已装待开通")])
    terminal = Terminal.objects.get()
    assert (terminal.state, terminal.binding_id, terminal.site.code) == ("installed", None, "ST1")
    assert [note["code"] for note in done.result["notes"]] == ["ledger.terminal_id_not_used"]


def test_the_same_file_again_changes_nothing(bring_in):
    bring_in([BOUND, STOCK])
    before = list(Terminal.objects.order_by("pk").values())
    again = bring_in([BOUND, STOCK])
    assert counts(again) == (0, 0, 2, 0)
    assert list(Terminal.objects.order_by("pk").values()) == before
    assert (Merchant.objects.count(), Site.objects.count(), Binding.objects.count()) == (1, 1, 1)


def test_other_facts_of_a_known_terminal_are_changed_and_blank_cells_erase_nothing(
    bring_in, system
):
    bring_in([row(STOCK, 备注="old")])
    done = bring_in([row(STOCK, 备注="new", 入库日期="")])
    assert counts(done) == (0, 1, 0, 0)
    terminal = Terminal.objects.get()
    assert (terminal.remark, str(terminal.received_on), terminal.version) == (
        "new",
        "2024-03-05",
        2,
    )
    entry = trail(scope=system.scope("any"), subject="terminal:SN000002")[0]
    assert (entry.action, entry.before, entry.after) == (
        "terminal.update",
        {"remark": "old"},
        {"remark": "new"},
    )


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"状态": "维修"}, "ledger.state_differs"),
        ({"型号": "M2"}, "ledger.model_differs"),
        ({"状态": "", "商户号": "898440000000009", "商户名称": "x"}, "ledger.binding_differs"),
    ],
)
def test_state_model_and_binding_of_a_known_terminal_are_never_changed_by_an_import(
    bring_in, cells, code
):
    bring_in([STOCK])
    again = bring_in([row(STOCK, **cells)])
    assert codes(again) == [(2, code)]
    assert Terminal.objects.get().version == 1


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"终端号": ""}, "ledger.binding_incomplete"),
        ({"商户号": ""}, "ledger.binding_incomplete"),
        ({"安装地址": ""}, "ledger.address_missing"),
        ({"状态": "在库"}, "ledger.binding_in_stock_state"),
        ({"备注": "x" * 201}, "ledger.too_long"),
        ({"机身号": ""}, "ledger.required_missing"),
        ({"状态": "飞走了"}, "ledger.unknown_state"),
        ({"机身号": "8.20E+11"}, "ledger.scientific_notation"),
    ],
)
def test_a_row_that_cannot_stand_is_refused_and_the_good_ones_come_in(bring_in, cells, code):
    done = bring_in([row(BOUND, **cells), STOCK])
    assert codes(done) == [(2, code)]
    assert counts(done) == (1, 0, 0, 1)
    assert list(Terminal.objects.values_list("serial", flat=True)) == ["SN000002"]
    assert not Merchant.objects.exists()


def test_every_refusal_says_row_column_value_and_how_to_mend_it(bring_in):
    done = bring_in([row(BOUND, 状态="在库")])
    (cell,) = imports.refusal_rows(done.number)
    assert (cell["row"], cell["column"], cell["value"]) == (2, "商户号", "898440000000001")
    assert "Clear them, or correct the state" in cell["reason"]


def test_of_a_serial_twice_in_a_file_the_first_stands_and_the_later_ones_are_refused(bring_in):
    done = bring_in([STOCK, row(STOCK, 备注="other"), STOCK])
    assert counts(done) == (1, 0, 1, 1)
    (cell,) = imports.refusal_rows(done.number)
    assert (cell["row"], cell["code"]) == (3, "ledger.serial_twice")
    assert "line 2" in cell["reason"]


def test_a_terminal_id_twice_in_a_file_or_bound_already_is_refused(bring_in):
    other = row(BOUND, 机身号="SN000003")
    assert codes(bring_in([BOUND, other])) == [(3, "ledger.terminal_id_twice")]
    assert codes(bring_in([other])) == [(2, "ledger.terminal_id_taken")]
    assert Binding.objects.count() == 1


def test_a_tusn_twice_in_a_file_or_on_another_terminal_is_refused(bring_in):
    titles = ("机身号", "TUSN", "型号")
    tusn = "00000304491234567890"
    first, second = ("SN000001", tusn, "M1"), ("SN000002", tusn, "M1")
    assert codes(bring_in([first, second], titles=titles)) == [(3, "ledger.tusn_twice")]
    assert codes(bring_in([second], titles=titles)) == [(2, "ledger.tusn_taken")]
    other = ("SN000001", "00000304491234567891", "M1")
    assert codes(bring_in([other], titles=titles)) == [(2, "ledger.tusn_differs")]


def test_a_merchant_named_twice_with_different_numbers_is_refused_and_so_is_one_number_with_two_names(
    bring_in,
):
    renumbered = row(
        BOUND, 机身号="SN000003", 终端号="T3", 商户号="898440000000002", 门店编号="ST3"
    )
    renamed = row(BOUND, 机身号="SN000004", 终端号="T4", 商户名称="福田便利店")
    done = bring_in([BOUND, renumbered, renamed])
    assert codes(done) == [
        (3, "ledger.merchant_numbered_differently"),
        (4, "ledger.merchant_named_differently"),
    ]
    assert Merchant.objects.count() == 1
    assert codes(bring_in([renumbered])) == [(2, "ledger.merchant_numbered_differently")]


def test_a_site_is_known_by_its_code_or_by_merchant_and_address(bring_in):
    same_code = row(BOUND, 机身号="SN000003", 终端号="T3")
    same_place = row(BOUND, 机身号="SN000004", 终端号="T4", 门店编号="")
    elsewhere = row(BOUND, 机身号="SN000005", 终端号="T5", 门店编号="", 安装地址="科技园2号")
    moved = row(BOUND, 机身号="SN000006", 终端号="T6", 安装地址="科技园9号")
    done = bring_in([BOUND, same_code, same_place, elsewhere, moved])
    assert codes(done) == [(6, "ledger.site_addressed_differently")]
    assert Site.objects.count() == 2
    assert counts(bring_in([elsewhere])) == (0, 0, 1, 0)


def test_a_model_under_another_vendor_is_refused_and_a_model_without_vendor_gets_one(bring_in):
    done = bring_in(
        [
            STOCK,
            row(STOCK, 机身号="SN000003", 厂商="Other"),
            row(STOCK, 机身号="SN000004", 型号="M9", 厂商=""),
        ]
    )
    assert codes(done) == [(3, "ledger.model_of_another_vendor")]
    assert TerminalModel.objects.get(code="M9").vendor == Vendor.objects.get(code="UNSTATED")


def test_the_organisation_column_says_where_rows_come_in_and_an_unknown_name_is_noted(
    bring_in, branch, head_office
):
    titles = ("SN", "型号", "所属机构")
    done = bring_in(
        [("SN01", "M1", "Shanghai"), ("SN02", "M1", "SH"), ("SN03", "M1", "Atlantis")],
        titles=titles,
    )
    homes = dict(Terminal.objects.values_list("serial", "home__code"))
    assert homes == {"SN01": "SH", "SN02": "SH", "SN03": "HQ"}
    (told,) = done.result["notes"]
    assert (told["code"], told["values"]) == ("ledger.organisation_unknown", ["Atlantis"])
    assert "Atlantis" in imports.note(told["code"], told)


def test_a_terminal_outside_the_actors_view_is_refused_without_saying_where_it_is(
    bring_in, neighbour, manager, hire
):
    theirs = hire(Role.ESTATE_MANAGER, neighbour, username="bo")
    bring_in([BOUND], by=theirs, organisation="BJ")
    done = bring_in([BOUND], by=manager, organisation="SH")
    (cell,) = imports.refusal_rows(done.number)
    assert cell["code"] == "ledger.not_yours"
    assert "Beijing" not in cell["reason"]
    assert "BJ" not in cell["reason"]


def test_nobody_places_terminals_under_an_organisation_they_may_not_import_at(
    bring_in, neighbour, manager
):
    done = bring_in(
        [("SN01", "M1", "BJ")], titles=("SN", "型号", "所属机构"), by=manager, organisation="SH"
    )
    assert Terminal.objects.get().home.code == "SH"
    assert done.result["notes"][0]["code"] == "ledger.organisation_unknown"


def test_accessories_are_kept_one_by_one(bring_in):
    bring_in([("SN01", "M1", "电源；底座、扫码枪")], titles=("SN", "型号", "配件"))
    kinds = Terminal.objects.get().accessories.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["电源", "底座", "扫码枪"]


def test_settlement_accounts_are_kept_masked_and_sealed(bring_in):
    titles = (*TITLES, "结算账户")
    bring_in([(*BOUND, "6222021234567890128")], titles=titles)
    binding = Binding.objects.get()
    assert "1234567890" not in binding.settlement_account_masked
    assert len(binding.settlement_account_hash) == 64
    assert counts(bring_in([(*BOUND, "6222021234567890128")], titles=titles)) == (0, 0, 1, 0)


def test_a_card_number_in_a_column_is_refused_and_kept_nowhere(bring_in, system):
    done = bring_in([row(STOCK, 备注="6222021234567890128")])
    assert codes(done) == [(2, "ledger.card_number")]
    refused = imports.refused_file(number=done.number, by=system, at=done.at)
    assert b"6222021234567890128" not in refused.path.read_bytes()


def test_places_of_the_tree_are_named_as_the_verbs_for_one_name_them(bring_in):
    bring_in([BOUND])
    assert set(Organisation.objects.exclude(code="HQ").values_list("code", flat=True)) == {
        "M898440000000001",
        "SST1",
    }
