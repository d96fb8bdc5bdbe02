from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.formats.files import CARD, CARD_19, MAX, codes, csv_file, read, xlsx_file

from tillkeeper.formats.identifiers import id_check_character, passes_luhn
from tillkeeper.formats.ledgers import errors
from tillkeeper.formats.ledgers.cells import CellRefused, cleaner
from tillkeeper.formats.ledgers.columns import FIELDS, KINDS, propose, rivals
from tillkeeper.formats.ledgers.reading import read_entries
from tillkeeper.formats.ledgers.refusals import SENTENCES
from tillkeeper.formats.ledgers.secret import Secret
from tillkeeper.formats.ledgers.state_words import STATES
from tillkeeper.formats.ledgers.tables import open_table
from tillkeeper.formats.ledgers.templates import template_rows

MARCH_5 = date(2024, 3, 5)


@pytest.mark.parametrize(
    "cell",
    [
        *("2024-03-05", "2024/3/5", "2024.3.5", "20240305", "2024年3月5日", "5-Mar-2024"),
        *("2024-03-05 10:20:30", "2024年3月5日 10:20", "2024-03-05T10:20:30+08:00", "45356"),
        *("２０２４-０３-０５", " 2024-03-05\u00a0", "Mar 5, 2024", "2024/03/05 9:05"),
        *(45356, 45356.75, 20240305.0, MARCH_5, datetime(2024, 3, 5, 10, 20)),  # noqa: DTZ001
    ],
)
def test_a_date_is_read_in_every_style(cell):
    assert cleaner("date")(cell) == MARCH_5


def test_a_date_with_the_day_first_is_read_where_it_can_only_be_that():
    assert cleaner("date")("25/03/2024") == cleaner("date")("03/25/2024") == date(2024, 3, 25)


@pytest.mark.parametrize(
    ("kind", "cell", "code"),
    [
        ("date", "05/03/2024", "ledger.ambiguous_date"),
        ("date", "2024-02-30", "ledger.not_a_date"),
        ("date", "1889-01-01", "ledger.not_a_date"),
        ("date", "soon", "ledger.not_a_date"),
        ("date", float("nan"), "ledger.not_a_date"),
        ("serial", "8.2E+11", "ledger.scientific_notation"),
        ("serial", 8.2e20, "ledger.scientific_notation"),
        ("code", 1234567890123456.0, "ledger.scientific_notation"),
        ("serial", "AB 1", "ledger.not_a_serial"),
        ("serial", "序列号0001", "ledger.not_a_serial"),
        ("serial", True, "ledger.serial_changed"),
        ("serial", False, "ledger.serial_changed"),
        ("serial", "TRUE", "ledger.serial_changed"),
        ("serial", 12345.5, "ledger.serial_changed"),
        ("serial", "12345.5", "ledger.serial_changed"),
        ("serial", MARCH_5, "ledger.serial_changed"),
        ("money", "12.345", "ledger.too_many_decimals"),
        ("money", "-1", "ledger.not_money"),
        ("money", "1,28.00", "ledger.not_money"),
        ("latitude", "90.1", "ledger.not_a_coordinate"),
        ("mcc", "12345", "ledger.not_an_mcc"),
        ("uscc", "91350100M000100Y44", "ledger.not_a_uscc"),
        ("id_number", "110105194912310021", "ledger.not_an_id_number"),
        ("state", "飞了", "ledger.unknown_state"),
        ("account", "6222******1234", "ledger.masked_value"),
        ("text", "x" * 201, "ledger.too_long"),
    ],
)
def test_a_bad_cell_is_refused_with_its_code(kind, cell, code):
    with pytest.raises(CellRefused) as refused:
        cleaner(kind)(cell)
    assert refused.value.code == code
    assert code in SENTENCES


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("serial", "ｓｎ０００１ \u200b", "SN0001"),
        ("serial", 12345678.0, "12345678"),
        ("serial", "A920.0012.5", "A920.0012.5"),
        ("serial", "TRUE-1", "TRUE-1"),
        ("serial", '="00012345"', "00012345"),
        ("serial", "'00012345", None),
        ("code", "N/A", None),
        ("text", " 深圳（南山）店　Ａ１ ", "深圳（南山）店 A1"),
        ("text", "'=1+1", "=1+1"),
        ("money", "¥1,280.00", 128000),
        ("money", "１２８０．５元", 128050),
        ("money", 1280.5, 128050),
        ("money", 0.29, 29),
        ("mcc", 742, "0742"),
        ("phone", "0755-26001234", "0755-26001234"),
        ("latitude", "22.5430961", 22.543096),
        ("state", "在用", "active"),
        ("state", "In Stock", "in_stock"),
        ("state", "待报废", "scrap_pending"),
        ("form", "移动POS", "mobile"),
        ("currency", "人民币", "CNY"),
    ],
)
def test_a_cell_is_cleaned_into_its_value(kind, cell, value):
    if value is None and cell.startswith("'"):
        with pytest.raises(CellRefused):
            cleaner(kind)(cell)
    else:
        assert cleaner(kind)(cell) == value


@given(st.sampled_from(sorted({f.cell for f in FIELDS.values()})), st.text(max_size=30))
def test_any_text_is_cleaned_or_refused_and_nothing_else(kind, text):
    try:
        value = cleaner(kind)(text)
    except CellRefused as refused:
        assert refused.code in SENTENCES  # noqa: PT017
    else:
        assert value is None or value != ""


@given(st.floats() | st.integers() | st.datetimes() | st.times() | st.timedeltas() | st.booleans())
def test_any_workbook_value_is_cleaned_or_refused(cell):
    for kind in sorted({field.cell for field in FIELDS.values()}):
        try:
            cleaner(kind)(cell)
        except CellRefused as refused:
            assert refused.code in SENTENCES  # noqa: PT017


def test_every_state_is_a_word_of_its_own():
    assert [cleaner("state")(state) for state in STATES] == list(STATES)


@pytest.mark.parametrize(
    ("titles", "fields"),
    [
        (["机身号*", "机型", "MID", "TID"], ["serial", "model", "merchant_no", "terminal_id"]),
        (
            ["S/N", "价格(元)", "入库时间：", "供货商"],
            ["serial", "price", "received_on", "supplier"],
        ),
        (["SN", "序列号", "天气", ""], [None, "serial", None, None]),
        (["编号（SN）", "装机地址", "Serial No."], [None, "address", "serial"]),
    ],
)
def test_columns_are_proposed_by_the_titles_people_use(titles, fields):
    assert list(propose(titles, "terminals").values()) == fields


def test_columns_of_one_field_are_named_beside_the_one_that_is_read():
    titles = ["SN", "序列号", "型号", "机型", "天气"]
    proposed = propose(titles, "terminals")
    assert rivals(titles, proposed, "terminals") == {"serial": (0, 1), "model": (2, 3)}
    assert rivals(titles[1:3], propose(titles[1:3], "terminals"), "terminals") == {}
    by_hand = {0: "asset_tag", 1: "serial", 2: "model", 3: None, 4: "remark"}
    assert rivals(titles, by_hand, "terminals") == {"model": (2, 3)}


def test_no_title_stands_for_two_fields_of_one_kind():
    for kind in KINDS.values():
        titles = [title for name in kind.fields for title in FIELDS[name].titles]
        for title in titles:
            (found,) = propose([title], kind.name).values()
            assert title in FIELDS[found].titles


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_example_of_every_template_reads_back(tmp_path, kind, language):
    titles, example = template_rows(kind, language)
    for path in (
        xlsx_file(tmp_path, [list(titles), list(example)]),
        csv_file(tmp_path, [titles, example]),
    ):
        entries, refused = read(path, kind)
        assert [row.reason for row in refused] == []
        assert set(entries[0].values) == set(KINDS[kind].fields)


def test_one_bad_row_never_stops_the_good_ones(tmp_path):
    rows = [["SN", "型号", "入库日期", "价格"], ["SN0001", "A", "2024-03-05", "1"]]
    rows += [["SN0002", "", "明天", "很多"], ["SN0003", "A", "", ""]]
    entries, refused = read(csv_file(tmp_path, rows))
    assert [entry.values["serial"] for entry in entries] == ["SN0001", "SN0003"]
    assert "received_on" not in entries[1].values
    (row,) = refused
    assert (row.line, row.raw) == (3, ("SN0002", "", "明天", "很多"))
    assert {(cell.column, cell.value, cell.code) for cell in row.cells} == {
        ("型号", "", "ledger.required_missing"),
        ("入库日期", "明天", "ledger.not_a_date"),
        ("价格", "很多", "ledger.not_money"),
    }
    assert "明天 is not a date; write it as 2024-03-05." in row.reason


def test_equal_rows_have_equal_digests(tmp_path):
    rows = [["SN", "型号"], ["SN0001", "A"], ["SN0001", "A"], ["SN0001", "B"]]
    first, again, other = (entry.digest for entry in read(csv_file(tmp_path, rows))[0])
    assert first == again != other


@pytest.mark.parametrize("column", ["备注", "商户名称", "卡号", "商户号", "SN"])
@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_card_number_is_refused_and_shown_masked_only(tmp_path, make, column):
    titles = ["SN", "型号", "备注", "商户名称", "卡号", "商户号"]
    good = ["NL0000001", "A", "", "南山店", "", "898440354110001"]
    bad = ["NL0000002", "A", "", "南山店", "", "898440354110001"]
    bad[titles.index(column)] = CARD
    entries, refused = read(make(tmp_path, [titles, good, bad, good]))
    assert len(entries) == 2
    assert codes(refused) == ["ledger.card_number"]
    assert refused[0].cells[0].value == "411111******1111"
    assert CARD not in f"{refused!r} {refused[0].raw} {refused[0].reason}"


@pytest.mark.parametrize("written", ["4111.1111.1111.1111", "4111 - 1111 - 1111 - 1111"])
@pytest.mark.parametrize("column", ["备注", "卡号", "商户号"])
def test_a_card_number_with_separators_is_refused_too(tmp_path, column, written):
    titles = ["SN", "型号", "备注", "卡号", "商户号"]
    good = ["NL0000001", "A", "2024.03.05-2025.03.04", "", "898440354110001"]
    bad = [written if title == column else cell for title, cell in zip(titles, good, strict=True)]
    entries, refused = read(csv_file(tmp_path, [titles, good, bad]))
    assert (len(entries), codes(refused)) == (1, ["ledger.card_number"])
    assert written not in f"{refused!r} {refused[0].raw} {refused[0].reason}"
    assert refused[0].cells[0].value == "411111******1111"


def test_a_card_number_that_excel_made_a_number_is_refused_too(tmp_path):
    rows = [["SN", "型号", "备注"], ["SN0001", "A", int(CARD)], ["SN0002", "A", f"卡 {CARD}"]]
    _entries, refused = read(xlsx_file(tmp_path, rows))
    assert codes(refused) == ["ledger.card_number"] * 2
    assert CARD not in f"{refused!r} {[row.raw for row in refused]}"


@pytest.mark.parametrize("column", ["内部流水", "SN", "商户号", "入库日期", "经度"])
def test_a_card_number_within_any_columns_text_is_refused(tmp_path, column):
    titles = ["SN", "型号", "内部流水", "商户号", "入库日期", "经度"]
    good = ["NL0000001", "A", "批次 4", "898440354110001", "2024-03-05 10:11:12", "121.47"]
    bad = [f"退卡{CARD_19}已收" if title == column else "" for title in titles]
    entries, refused = read(csv_file(tmp_path, [titles, good, bad]))
    assert len(entries) == 1
    assert "ledger.card_number" in codes(refused)
    assert CARD_19 not in f"{refused!r} {[row.raw for row in refused]}"


def test_a_card_number_right_of_the_last_title_is_refused(tmp_path):
    rows = [["SN", "型号"], ["NL0000001", "A"], ["NL0000002", "A", f"卡 {CARD_19}"]]
    _entries, refused = read(csv_file(tmp_path, rows))
    assert codes(refused) == ["ledger.too_many_cells", "ledger.card_number"]
    assert CARD_19 not in f"{refused!r} {[row.raw for row in refused]}"


def test_numbers_within_text_that_pass_luhn_by_chance_are_kept(tmp_path):
    numbered = [[f"NL{n:07}", "A", f"单号 42000000{n:08} 已签"] for n in range(200)]
    known = [[f"ID{n:07}", "A", f"身份证 {id_number(n)}"] for n in range(200)]
    stamped = [[f"TS{n:07}", "A", "", f"20240305{n:06}"] for n in range(200)]
    rows = [["SN", "型号", "内部流水", "入库日期"], *numbered, *known, *stamped]
    _entries, refused = read(csv_file(tmp_path, rows))
    assert "ledger.card_number" not in codes(refused)


def test_serials_that_pass_luhn_by_chance_are_kept(tmp_path):
    rows = [["SN", "型号"], *([f"42000000{n:08}", "A"] for n in range(200))]
    entries, refused = read(csv_file(tmp_path, rows))
    assert (len(entries), refused) == (200, [])


def test_a_card_number_among_serials_is_found(tmp_path):
    rows = [["SN", "型号"], *([f"31000000{n:08}", "A"] for n in range(50)), [CARD, "A"]]
    entries, refused = read(csv_file(tmp_path, rows))
    assert (len(entries), codes(refused)) == (50, ["ledger.card_number"])


def test_a_settlement_account_is_kept_secret(tmp_path):
    rows = [
        ["SN", "型号", "结算账户"],
        ["SN0001", "A", CARD_19],
        ["SN0002", "A", "755900000012345"],
    ]
    entries, refused = read(csv_file(tmp_path, rows))
    card, company = (entry.values["settlement_account"] for entry in entries)
    assert not refused
    assert card.reveal() == CARD_19
    assert (card.masked, company.masked) == ("622202*********0128", "***********2345")
    shown = f"{card!r} {card} {entries!r} {entries[0].raw}"
    assert CARD_19 not in shown
    assert card == Secret(CARD_19)


def test_a_mapping_that_does_not_fit_is_refused_before_the_first_row(tmp_path):
    path = csv_file(tmp_path, [["SN", "型号"], ["SN0001", "A"]])
    with open_table(path, max_bytes=MAX) as table:
        with pytest.raises(errors.ColumnsMissing):
            read_entries(table, {0: "serial"}, "terminals")
        for wrong in ({0: "serial", 1: "serial"}, {0: "weather"}, {7: "serial"}):
            with pytest.raises(errors.MappingWrong):
                read_entries(table, wrong, "terminals")
        with pytest.raises(errors.UnknownKind):
            read_entries(table, {}, "bills")


def id_number(order):
    body = f"31010119900101{order:03d}"
    return body + id_check_character(body)


def test_an_id_number_that_passes_luhn_by_chance_is_no_card_number(tmp_path):
    numbers = [number for number in map(id_number, range(400)) if passes_luhn(number)][:5]
    rows = [
        ["商户号", "商户名称", "负责人身份证号"],
        *([f"M{i}", f"店{i}", n] for i, n in enumerate(numbers)),
    ]
    with open_table(csv_file(tmp_path, rows), max_bytes=MAX) as table:
        kept = list(read_entries(table, propose(table.layout.titles, "merchants"), "merchants"))
    assert [row.values["id_number"] for row in kept] == numbers
