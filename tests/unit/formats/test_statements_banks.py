import io
import zipfile
from contextlib import suppress
from datetime import date, datetime

import polars as pl
import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.formats.statement_frames import plainly, read, statements, written

from tillkeeper.formats.canonical.errors import (
    BadLine,
    BrokenArchive,
    Hostile,
    MissingColumns,
    TooLarge,
    Truncated,
    UnreadableFile,
)
from tillkeeper.formats.catalogue import FORMATS, recognise
from tillkeeper.formats.statements.banks.profiles import BANKS

NAMES = [bank.name for bank in BANKS]
HELD = {bank.name: {field for _title, field in bank.columns} for bank in BANKS}
CMB = "记账日期,货币,交易金额,联机余额,交易摘要,对手信息,客户摘要"
ICBC = (
    "交易日期,摘要,交易详情,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,"
    "记账金额(收入),记账金额(支出),记账币种,余额,对方户名,对方账户"
)


def lost(bank):
    """Return the canonical columns that a bank's export has no column for."""
    held = HELD[bank]
    names = {"time": "at", "balance": "balance_minor"}
    fields = (
        "time",
        "kind",
        "reference",
        "bank_reference",
        "counterparty",
        "counterparty_account",
        "text",
        "balance",
    )
    both = {"counterparty", "counterparty_account"} if "both" in held else set()
    return ["valued_on", "account", *(names.get(f, f) for f in fields if f not in held | both)]


def comparable(frame, bank):
    held = HELD[bank]
    named = held & {"currency", "currency_word"}
    if not named:
        frame = frame.filter(pl.col("currency") == "CNY")
    return plainly(frame, *lost(bank))


def cmb(tmp_path, *lines, titles=CMB, name="a.csv", encoding="utf-8"):
    text = "\n".join([titles, *lines]) + "\n"
    return written(tmp_path / name, "bank.cmb", text.encode(encoding))


@pytest.mark.parametrize("bank", NAMES)
@settings(max_examples=15)  # of each of eight banks
@given(
    frame=statements(moments=True, most=4),
    newest_first=st.booleans(),
    ending=st.sampled_from(["csv", "xlsx"]),
)
def test_what_is_written_is_read_again(tmp_path_factory, bank, newest_first, ending, frame):
    if not HELD[bank] & {"currency", "currency_word"}:
        frame = frame.with_columns(currency=pl.lit("CNY"))
    path = tmp_path_factory.mktemp("bank") / f"a.{ending}"
    FORMATS[bank].write(frame.reverse() if newest_first else frame, path)
    found, verdict = read(path, bank)
    found = found.reverse() if newest_first else found
    assert comparable(found, bank).equals(comparable(frame, bank))
    assert (verdict.sound, recognise(path).name) == (True, bank)
    opening = frame["balance_minor"][0] - frame["amount_minor"][0]
    assert (verdict.facts["opening_minor"], verdict.facts["closing_minor"]) == (
        str(opening),
        str(frame["balance_minor"][-1]),
    )


@given(
    junk=st.lists(
        st.sampled_from(
            [
                CMB,
                "\n",
                "2026-03-01,",
                "2026-02-30",
                "1.00",
                '"',
                "CNY,",
                "合计",
                "-,",
                "\x00",
                "é",
                "\t",
            ]
        ),
        max_size=30,
    )
)
def test_junk_gives_no_errors_but_our_own(tmp_path_factory, junk):
    path = tmp_path_factory.mktemp("bank") / "a.csv"
    path.write_bytes("".join(junk).encode())
    with suppress(UnreadableFile):
        read(path, "bank.cmb")


@given(junk=st.binary(max_size=200))
def test_broken_workbooks_give_no_errors_but_our_own(tmp_path_factory, junk):
    path = tmp_path_factory.mktemp("bank") / "a.xlsx"
    for begin in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        path.write_bytes(begin + junk)
        with pytest.raises(UnreadableFile):
            read(path, "bank.cmb")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_encodings_and_delimiters_make_no_difference(tmp_path, encoding, delimiter):
    text = f"招商银行镕\n{CMB}\n2026-03-01,人民币,1.00,1.00,转账,镕记商行,".replace(",", delimiter)
    frame, _verdict = written(tmp_path / "a.csv", "bank.cmb", text.encode(encoding))
    assert frame["counterparty"].to_list() == ["镕记商行"]
    assert recognise(tmp_path / "a.csv").name == "bank.cmb"


def test_padding_separators_dashes_and_preambles_are_understood(tmp_path):
    pad = "   \t"
    row = [
        f"2026-03-0{{}}{pad}",
        "工资",
        "",
        "深圳",
        "CHN",
        "钞",
        "-",
        "-",
        "-",
        "{}",
        "{}",
        "人民币",
        "{}",
        "张三",
        "6222021234567890123",
    ]
    line = ",".join(f'"{cell}{pad}"' for cell in row) + ","
    lines = [
        line.format(2, "-", "1,234.56", "98,765.44"),
        line.format(1, "100,000.00", "", "100,000.00"),
    ]
    preamble = [
        "明细查询文件下载",
        "",
        '卡号: 6222****0123,"起止日期: 2026-03-01 至 2026-03-31"',
        "",
    ]
    total = "人民币合计,,,,,,,,,100000.00,1234.56,,,,"
    text = "\n".join([*preamble, ICBC, *lines, " ", total, "共2笔"])
    frame, verdict = written(tmp_path / "a.csv", "bank.icbc", text)
    assert frame["amount_minor"].to_list() == [-123456, 10000000]
    assert frame["line"].to_list() == [6, 7]
    assert frame["counterparty_account"].to_list() == ["622202******0123"] * 2
    assert (verdict.sound, len(verdict.checks)) == (True, 4)
    assert {
        "account": "6222****0123",
        "period": "2026-03-01/2026-03-31",
        "opening_minor": "0",
        "closing_minor": "9876544",
    }.items() <= verdict.facts.items()


def test_a_total_line_or_a_number_of_rows_that_does_not_hold_is_told(tmp_path):
    row, totals = "2026-03-01,a,,,,,,,,5.00,-,人民币,5.00,,", "合计,,,,,,,,,6.00,0.00,,,,"
    text = f"{ICBC}\n{row}\n{totals}\n总笔数：2"
    _frame, verdict = written(tmp_path / "a.csv", "bank.icbc", text)
    told = {(check.name, check.line) for check in verdict.checks if not check.holds}
    assert told == {("income against the total line", 3), ("rows against the number stated", 4)}


@pytest.mark.parametrize(
    ("word", "amount", "minor"),
    [
        ("贷 Cr", "5.00", 500),
        ("借 Dr", "5.00", -500),
        ("借方", "-5.00", -500),
        ("收入", "5", 500),
        ("D", "5", -500),
    ],
)
def test_a_direction_column_gives_the_sign(tmp_path, word, amount, minor):
    text = f"交易日期 Trans Date,借贷 Dc Flg,交易金额 Trans Amt\n2026-03-01,{word},{amount}"
    assert written(tmp_path / "a.csv", "bank.bocom", text)[0]["amount_minor"].to_list() == [minor]
    assert recognise(tmp_path / "a.csv").name == "bank.bocom"


@pytest.mark.parametrize(
    ("day", "clock", "moment"),
    [
        ("20260301", "093015", "01:30:15"),
        ("20260301", "93015", "01:30:15"),
        ("2026/3/1", "09:30", "01:30:00"),
        ("2026年03月01日", "2026-03-01 09:30:15", "01:30:15"),
    ],
)
def test_days_and_times_of_all_kinds_are_read(tmp_path, day, clock, moment):
    text = f"交易日期,交易时间,交易金额,本次余额\n{day},{clock},+10000.00,10000.00"
    frame, _verdict = written(tmp_path / "a.csv", "bank.abc", text)
    assert str(frame["booked_on"][0]) == "2026-03-01"
    assert frame["at"].dt.to_string("%H:%M:%S").to_list() == [moment]
    assert frame["amount_minor"].to_list() == [1000000]


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_balance_that_does_not_follow_is_told_with_its_line(tmp_path, newest_first):
    lines = [f"2026-03-0{n},CNY,1.00,{n}.00,,," for n in range(1, 8)]
    lines = lines[::-1] if newest_first else lines
    assert cmb(tmp_path, *lines)[1].sound
    del lines[3]
    _frame, verdict = cmb(tmp_path, *lines)
    assert [(check.found, check.line) for check in verdict.checks] == [("1", 5)]


def test_lines_without_a_balance_are_stepped_over(tmp_path):
    lines = [
        "2026-03-01,CNY,1.00,1.00,,,",
        "2026-03-02,CNY,1.00,-,,,",
        "2026-03-03,CNY,1.00,3.00,,,",
    ]
    assert cmb(tmp_path, *lines)[1].sound
    assert not cmb(tmp_path, *lines[:2], lines[2].replace("3.00", "2.00"))[1].sound


def test_a_balance_that_the_bank_blacks_out_is_no_fault(tmp_path):
    frame, verdict = cmb(tmp_path, "2026-03-01,CNY,1.00,****,,,")
    assert (frame["balance_minor"].to_list(), verdict.facts["balances_hidden"]) == ([None], "1")


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("2026-02-30,CNY,1.00,1.00,,,", "记账日期"),
        (",CNY,1.00,1.00,,,", "记账日期"),
        ("2026-03-01,CNY,1.00001,1.00,,,", "交易金额"),
        ("2026-03-01,CNY,1.0.0,1.00,,,", "交易金额"),
        ("2026-03-01,CNY,,1.00,,,", "交易金额"),
        ("2026-03-01,CNY,1.00,1.0x,,,", "联机余额"),
        ("2026-03-01,贝壳,1.00,1.00,,,", "货币"),
    ],
)
def test_a_wrong_cell_refuses_the_file_with_line_and_column(tmp_path, line, column):
    with pytest.raises(BadLine) as refused:
        cmb(tmp_path, "2026-03-01,CNY,1.00000,1.00,,,", line)
    assert (refused.value.line, refused.value.column) == (3, column)


def test_mixed_currencies_are_unsound(tmp_path):
    frame, verdict = cmb(tmp_path, "2026-03-01,CNY,1.00,1.00,,,", "2026-03-01,美元,1.00,2.00,,,")
    assert (verdict.sums, verdict.sound) == ({"CNY": 100, "USD": 100}, False)
    assert frame.height == 2


def test_each_row_is_counted_in_its_own_currency(tmp_path):
    frame, _verdict = cmb(tmp_path, "2026-03-01,JPY,100,100,,,")
    assert frame["amount_minor"].to_list() == [100]


def test_an_empty_day_is_sound(tmp_path):
    frame, verdict = cmb(tmp_path)
    assert (frame.height, verdict.rows, verdict.sound, verdict.sums) == (0, 0, True, {})


def test_columns_that_are_missing_are_named_and_extra_ones_passed_over(tmp_path):
    with pytest.raises(MissingColumns) as refused:
        cmb(tmp_path, titles="记账日期,货币,交易摘要")
    assert (refused.value.line, refused.value.columns) == (1, "交易金额")
    with pytest.raises(MissingColumns):
        cmb(tmp_path, titles="nothing,known")
    frame, _verdict = cmb(tmp_path, "2026-03-01,CNY,1.00,1.00,,,,more", titles=f"{CMB},更多")
    assert frame.height == 1


def test_full_width_titles_are_known(tmp_path):
    titles = "记账日期，货币".replace("，", ",") + ",交易金额（元）,联机余额（元）"
    frame, _verdict = cmb(tmp_path, "2026-03-01,CNY,１．００,1.00", titles=titles)
    assert frame["amount_minor"].to_list() == [100]


def test_a_quotation_that_is_not_closed_is_truncation(tmp_path):
    with pytest.raises(Truncated):
        cmb(tmp_path, "2026-03-01,CNY,1.00,1.00,,,", '2026-03-01,CNY,1.00,2.00,,,"cut')
    with pytest.raises(BadLine):
        cmb(tmp_path, '2026-03-01,CNY,1.00,1.00,,,"open', *["2026-03-01,CNY,1.00,2.00,,,"] * 99)


def test_a_cell_over_two_lines_keeps_the_line_where_its_row_begins(tmp_path):
    frame, _verdict = cmb(
        tmp_path, '2026-03-01,CNY,1.00,1.00,,,"a\nb"', "2026-03-01,CNY,1.00,2.00,,,c"
    )
    assert frame["line"].to_list() == [2, 4]
    assert frame["text"].to_list() == ["a b", "c"]


def test_10_mb_on_one_line_are_refused(tmp_path):
    with pytest.raises(TooLarge):
        cmb(tmp_path, "x" * 10_000_000)


def sheet(path, rows, *, sheets=1):
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for _number in range(sheets):
            page = book.add_worksheet()
            for line, row in enumerate(rows):
                for column, cell in enumerate(row):
                    page.write(line, column, cell)


ROWS = [
    ["招商银行交易流水"],
    CMB.split(","),
    [date(2026, 3, 1), "CNY", 0.1, 0.1, "转账", "张三", ""],
    [datetime(2026, 3, 1, 9, 30), "CNY", 0.2, 0.1 + 0.2, "转账", "张三", ""],  # noqa: DTZ001 - as a sheet has it
]


def test_a_workbook_with_dates_and_floats_is_read_exactly(tmp_path):
    sheet(tmp_path / "a.xlsx", ROWS)
    assert recognise(tmp_path / "a.xlsx").name == "bank.cmb"
    frame, verdict = read(tmp_path / "a.xlsx", "bank.cmb")
    assert (frame["amount_minor"].to_list(), frame["balance_minor"].to_list()) == (
        [10, 20],
        [10, 30],
    )
    assert (frame["line"].to_list(), verdict.sound) == ([3, 4], True)


def test_a_workbook_larger_than_the_looked_at_beginning_is_recognised(tmp_path):
    rows = [
        [date(2026, 3, 1), "CNY", 1, n + 1, f"k{n * 7919}", f"n{n * 104729}", ""]
        for n in range(4_000)
    ]
    sheet(tmp_path / "a.xlsx", [*ROWS[:2], *rows])
    assert (tmp_path / "a.xlsx").stat().st_size > 64 * 1024
    assert recognise(tmp_path / "a.xlsx").name == "bank.cmb"


def test_an_old_workbook_is_read(tmp_path):
    book = xlwt.Workbook()
    page = book.add_sheet("a")
    for line, row in enumerate([ROWS[1], ["2026-03-01", "CNY", "1.00", 1.0, "转账", "", ""]]):
        for column, cell in enumerate(row):
            page.write(line, column, cell)
    book.save(str(tmp_path / "a.xls"))
    assert recognise(tmp_path / "a.xls").name == "bank.cmb"
    assert read(tmp_path / "a.xls", "bank.cmb")[0]["amount_minor"].to_list() == [100]


def test_lines_on_a_second_sheet_are_not_lost_unnoticed(tmp_path):
    sheet(tmp_path / "a.xlsx", ROWS, sheets=2)
    with pytest.raises(BadLine, match="Sheet2"):
        read(tmp_path / "a.xlsx", "bank.cmb")


def bomb(tmp_path, change):
    """Return a workbook whose sheet was put through `change`."""
    sheet(tmp_path / "good.xlsx", ROWS)
    held = io.BytesIO()
    with (
        zipfile.ZipFile(tmp_path / "good.xlsx") as good,
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for member in good.namelist():
            data = good.read(member)
            bad.writestr(member, change(data) if member.endswith("sheet1.xml") else data)
    (tmp_path / "a.xlsx").write_bytes(held.getvalue())
    return tmp_path / "a.xlsx"


def test_a_zip_bomb_is_refused_unread(tmp_path):
    path = bomb(tmp_path, lambda data: data + b" " * (200 << 20))
    with pytest.raises(TooLarge):
        read(path, "bank.cmb")


def test_a_size_that_lies_is_found_out(tmp_path):
    path = bomb(tmp_path, lambda data: data + b" " * (1 << 20))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
    path.write_bytes(bytes(data).replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(BrokenArchive):
        read(path, "bank.cmb")


def test_a_document_type_in_a_workbook_is_refused(tmp_path):
    laughs = b'<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    path = bomb(tmp_path, lambda data: data.replace(b"<worksheet", laughs + b"<worksheet", 1))
    with pytest.raises(Hostile):
        read(path, "bank.cmb")


def test_a_stray_cell_in_the_last_corner_is_refused(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        page = book.add_worksheet()
        page.write_row(0, 0, CMB.split(","))
        page.write(1_048_575, 100, "x")
    with pytest.raises(TooLarge):
        read(tmp_path / "a.xlsx", "bank.cmb")


@pytest.mark.parametrize("name", ["工行流水.csv", "icbc-2026.csv"])
def test_a_bank_without_titles_of_its_own_is_told_by_name(tmp_path, name):
    text = "日期,金额,余额\n2026-03-01,1.00,1.00"
    (tmp_path / name).write_text(text)
    assert recognise(tmp_path / name).name == "bank.icbc"
    (tmp_path / "a.csv").write_text("邮储银行\n" + text)
    assert recognise(tmp_path / "a.csv").name == "bank.psbc"
