"""What people are told: in the words of their own file, and how to mend it."""

import datetime as dt
import io

import pytest
from django.utils import translation
from tests.factories import NOON
from tests.integration.imports.conftest import BOUND, STOCK, TITLES, codes, counts, row

from tillkeeper.formats.ledgers.errors import ColumnsRival
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.services import imports
from tillkeeper.terminals.services.imports.errors import ImportBuiltOn

pytestmark = pytest.mark.django_db
TODAY = NOON.date()
TOMORROW = str(TODAY + dt.timedelta(days=2))  # two: whatever the zone


@pytest.mark.parametrize(
    ("cells", "column", "value", "told"),
    [
        ({"终端号": ""}, "状态", "使用中", "终端号"),
        ({"商户号": ""}, "状态", "使用中", "商户号"),
        ({"状态": "在库"}, "商户号", "898440000000001", "no merchant"),
    ],
)
def test_a_refusal_for_a_state_shows_the_files_own_title_and_word(
    bring_in, cells, column, value, told
):
    done = bring_in([row(BOUND, **{"状态": "使用中", **cells})])
    (cell,) = imports.refusal_rows(done.number)
    assert (cell["column"], cell["value"]) == (column, value)
    assert told in cell["reason"]
    assert "merchant_no" not in cell["reason"]
    assert "terminal_id" not in cell["reason"]


def test_what_is_needed_is_named_in_the_readers_language_where_the_file_has_no_such_column(
    bring_in,
):
    done = bring_in([("SN000001", "M1", "在用")], titles=("机身号", "型号", "机具状态"))
    ((english,), chinese) = list(imports.refusal_rows(done.number)), []
    with translation.override("zh-hans"):
        chinese = [cell["reason"] for cell in imports.refusal_rows(done.number)]
    assert "Merchant number" in english["reason"]
    assert "商户号" in chinese[0]


def test_a_state_of_the_ledger_is_named_by_its_label(bring_in):
    bring_in([STOCK])
    (cell,) = imports.refusal_rows(bring_in([row(STOCK, 状态="返厂维修")]).number)
    assert (cell["column"], cell["value"]) == ("状态", "返厂维修")
    assert "has this terminal as in stock" in cell["reason"]


def test_a_settlement_account_that_differs_is_named_and_stays_masked(bring_in):
    titles = (*TITLES, "结算账号")
    bring_in([(*BOUND, "755900000012345")], titles=titles)
    other = row(BOUND, 机身号="SN000003", 终端号="T3")
    (cell,) = imports.refusal_rows(bring_in([(*other, "755900000099999")], titles=titles).number)
    assert (cell["column"], cell["value"]) == ("结算账号", "***********9999")
    assert "Settlement account" in cell["reason"]


@pytest.mark.parametrize("title", ["入库日期", "采购日期", "安装日期"])
def test_what_happened_cannot_lie_in_the_future(bring_in, title):
    titles = ("机身号", "型号", title)
    rows = [("SN000001", "M1", TOMORROW), ("SN000002", "M1", str(TODAY))]
    done = bring_in(rows, titles=titles)
    (cell,) = imports.refusal_rows(done.number)
    assert (cell["row"], cell["column"], cell["value"]) == (2, title, TOMORROW)
    assert cell["code"] == "ledger.date_in_future"
    assert list(Terminal.objects.values_list("serial", flat=True)) == ["SN000002"]


def test_a_known_terminal_gets_no_day_in_the_future_either(bring_in):
    bring_in([STOCK])
    assert codes(bring_in([row(STOCK, 入库日期=TOMORROW)])) == [(2, "ledger.date_in_future")]


def test_a_warranty_may_end_in_the_future(bring_in):
    done = bring_in([("SN000001", "M1", TOMORROW)], titles=("机身号", "型号", "保修到期日"))
    assert counts(done) == (1, 0, 0, 0)


def test_two_columns_of_one_field_are_named_until_somebody_says_which_one_counts(
    draft, bring_in, manager_of_all
):
    titles, rows = ("SN", "型号", "序列号"), [("SN000001", "M1", "SN000002")]
    record = draft(rows, titles=titles)
    for ask in (imports.check_import, imports.apply_import):
        with pytest.raises(ColumnsRival, match="“SN”, “序列号”"):
            ask(number=record.number, by=manager_of_all, at=NOON)
    imports.choose_mapping(
        number=record.number, mapping={"0": "serial", "1": "model"}, by=manager_of_all, at=NOON
    )
    imports.apply_import(number=record.number, by=manager_of_all, at=NOON)
    done = imports.run_apply(number=record.number, by=manager_of_all, at=NOON)
    assert counts(done) == (1, 0, 0, 0)
    assert counts(bring_in(rows, titles=titles)) == (0, 0, 1, 0)  # remembered
    assert Terminal.objects.get().serial == "SN000001"


def test_an_undo_that_is_refused_names_things_as_people_do(bring_in, manager_of_all):
    bring_in([row(STOCK, 备注="one")])
    second = bring_in([row(STOCK, 备注="two")])
    bring_in([row(STOCK, 备注="three")])
    with pytest.raises(ImportBuiltOn) as refused:
        imports.undo_import(number=second.number, by=manager_of_all, at=NOON)
    assert refused.value.first == "SN000002"


def test_a_refused_row_with_more_cells_than_titles_comes_back_whole(
    head_office, manager_of_all, system
):
    text = "机身号,型号\nSN000001,M1,科技园1号,二楼\n"
    record = imports.start_import(
        stream=io.BytesIO(text.encode()), name="wide.csv", kind="terminals", organisation="HQ",
        by=manager_of_all, at=NOON,
    )  # fmt: skip
    imports.apply_import(number=record.number, by=manager_of_all, at=NOON)
    imports.run_apply(number=record.number, by=manager_of_all, at=NOON)
    kept = imports.refused_file(number=record.number, by=system, at=NOON).path
    assert kept.read_text(encoding="utf-8").splitlines()[1].endswith(",科技园1号,二楼")
