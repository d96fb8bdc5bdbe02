import contextlib
import zipfile

import msoffcrypto.format.ooxml
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.formats.files import MAX, codes, csv_file, read, xlsx_file

from tillkeeper.formats.ledgers import errors
from tillkeeper.formats.ledgers.sheet_xml import scan_sheet
from tillkeeper.formats.ledgers.tables import open_table
from tillkeeper.kernel.errors import Invalid

ROWS = [["序列号", "型号", "商户名称"], ["SN0001", "甲-1", "南山店"], ["SN0002", "甲-1", "福田店"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_is_read_in_every_usual_encoding_and_delimiter(tmp_path, encoding, delimiter):
    path = csv_file(tmp_path, ROWS, encoding=encoding, delimiter=delimiter, name="any.dat")
    with open_table(path, max_bytes=MAX) as table:
        assert (table.layout.encoding, table.layout.delimiter) == (encoding, delimiter)
        assert [list(row) for _line, row in table.rows()] == ROWS[1:]
        assert table.fraction == 1.0


def test_all_kinds_of_file_with_the_same_titles_have_one_fingerprint(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("台账")
    for line, row in enumerate(ROWS):
        for column, cell in enumerate(row):
            sheet.write(line, column, cell)
    book.save(str(tmp_path / "old.xls"))
    paths = [csv_file(tmp_path, ROWS), xlsx_file(tmp_path, ROWS), tmp_path / "old.xls"]
    prints, kinds = set(), []
    for path in paths:
        with open_table(path, max_bytes=MAX) as table:
            prints.add(table.layout.fingerprint)
            kinds.append(table.layout.kind)
            assert [row for _line, row in table.rows()] == [tuple(row) for row in ROWS[1:]]
    assert len(prints) == 1
    assert kinds == ["csv", "xlsx", "xls"]


def test_line_numbers_are_those_of_the_editor(tmp_path):
    path = tmp_path / "quoted.csv"
    path.write_text('SN,型号,备注\nSN0001,A,"one\ntwo"\n\nSN0002,A,x\n', encoding="utf-8")
    entries, refused = read(path)
    assert [entry.line for entry in entries] == [2, 5]
    assert not refused


def test_a_banner_above_the_titles_is_skipped(tmp_path):
    rows = [["南山支行POS机具台账", "", ""], ["", "", ""], *ROWS]
    banner = xlsx_file(tmp_path, rows, lambda sheet: sheet.merge_cells("A1:C1"))
    for path in (csv_file(tmp_path, rows), banner):
        with open_table(path, max_bytes=MAX) as table:
            assert table.layout.header_line == 3
        assert [entry.line for entry in read(path)[0]] == [4, 5]


def test_excels_own_sep_line_names_the_delimiter(tmp_path):
    path = tmp_path / "sep.csv"
    path.write_text("sep=;\nSN;型号\nSN0001;A,B\n", encoding="utf-8")
    assert read(path)[0][0].values == {"serial": "SN0001", "model": "A,B"}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", errors.FileEmpty),
        (b"\xef\xbb\xbf\r\n\r\n", errors.FileEmpty),
        (b",,,\n,,\n", errors.NoHeader),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), errors.WrongType),
        (b"%PDF-1.7\n", errors.WrongType),
        (b"<html><table><tr><td>SN</td></tr></table></html>", errors.WrongType),
        (bytes(range(256)), errors.WrongType),
        (b"PK\x03\x04" + b"junk" * 99, errors.Damaged),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"junk" * 999, errors.Damaged),
    ],
)
def test_what_is_no_ledger_is_refused_by_name(tmp_path, content, error):
    path = tmp_path / "ledger.xlsx"
    path.write_bytes(content)
    with pytest.raises(error) as refused:
        open_table(path, max_bytes=MAX)
    assert refused.value.facts()["name"] == "ledger.xlsx"
    assert "ledger.xlsx" in str(refused.value)


@pytest.mark.parametrize("member", ["word/document.xml", "ppt/slides.xml", "readme.txt"])
def test_other_zip_archives_are_refused_as_what_they_are(tmp_path, member):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "x")
    with pytest.raises((errors.WrongType, errors.Damaged)):
        open_table(path, max_bytes=MAX)


def test_a_password_protected_workbook_is_refused(tmp_path):
    plain, locked = xlsx_file(tmp_path, ROWS), tmp_path / "locked.xlsx"
    with plain.open("rb") as source, locked.open("wb") as target:
        msoffcrypto.format.ooxml.OOXMLFile(source).encrypt("secret", target)
    with pytest.raises(errors.PasswordProtected):
        open_table(locked, max_bytes=MAX)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_workbook_cut_off_on_its_way_is_refused(tmp_path, share):
    whole = xlsx_file(tmp_path, ROWS).read_bytes()
    path = tmp_path / "cut.xlsx"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(errors.Damaged):
        open_table(path, max_bytes=MAX)


def test_a_file_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(2 << 30)  # sparse: takes no room
    with pytest.raises(errors.FileTooLarge) as refused:
        open_table(path, max_bytes=100 << 20)
    assert refused.value.facts() == {"name": "huge.csv", "limit_mib": 100}
    assert "more than 100 MiB" in str(refused.value)
    assert "Split it into several files" in str(refused.value)
    assert "CSV" not in str(refused.value)  # it is one


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_two_hundred_columns_are_refused(tmp_path, make):
    path = make(tmp_path, [[f"列{n}" for n in range(200)], ["x"] * 200])
    with pytest.raises(errors.TooManyColumns) as refused:
        open_table(path, max_bytes=MAX)
    assert refused.value.columns == 200


def test_a_stray_cell_in_the_last_corner_does_not_fill_the_memory(tmp_path):
    path = xlsx_file(tmp_path, ROWS, lambda sheet: sheet.cell(1_048_576, 100, "x"))
    with pytest.raises(errors.UnpacksTooLarge):
        open_table(path, max_bytes=MAX)


def test_a_wrong_encoding_is_refused_with_byte_and_line(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes(b"SN,Model\nSN0001,caf\xe9,\xff\n")
    with pytest.raises(errors.WrongEncoding) as refused:
        open_table(path, max_bytes=MAX)
    assert (refused.value.line, refused.value.offset) == (2, 19)


TRADITIONAL = [
    ["序號", "型號", "商戶名稱", "安裝地址"],
    ["SN0001", "A920", "南山便利店", "香港九龍彌敦道一號"],
]


def test_big5_is_refused_and_said_how_to_mend(tmp_path):
    path = csv_file(tmp_path, TRADITIONAL, encoding="cp950")
    with pytest.raises(errors.ImplausibleText) as refused:
        open_table(path, max_bytes=MAX)
    assert refused.value.line == 2
    assert refused.value.sample in path.read_bytes().decode("gb18030")
    assert "Big5" in str(refused.value)
    assert "CSV UTF-8" in str(refused.value)


def test_western_text_is_not_read_as_chinese(tmp_path):
    rows = [["SN", "Modell"], ["SN0001", "grün"], ["SN0002", "für Köln"], ["SN0003", "Bär"]]
    rows += [["SN0004", "château"]]
    with pytest.raises(errors.ImplausibleText):
        open_table(csv_file(tmp_path, rows, encoding="cp1252"), max_bytes=MAX)


@pytest.mark.parametrize(
    "rows",
    [TRADITIONAL, ROWS, [["SN", "Contact"], ["SN0001", "王镕"], ["SN0002", "李珺"], ["SN3", "喆"]]],
)
def test_traditional_characters_and_rare_names_in_gb18030_are_read(tmp_path, rows):
    path = csv_file(tmp_path, rows, encoding="gb18030")
    with open_table(path, max_bytes=MAX) as table:
        assert table.layout.encoding == "gb18030"
        assert list(table.layout.titles) == rows[0]


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(errors.NoSuchSheet) as refused:
        open_table(xlsx_file(tmp_path, ROWS), sheet="台账", max_bytes=MAX)
    assert refused.value.sheets == "Sheet"


def test_merged_cells_refuse_their_rows_and_keep_the_rest(tmp_path):
    rows = [*ROWS, ["SN0003", "甲-1", "罗湖店"]]
    path = xlsx_file(tmp_path, rows, lambda sheet: sheet.merge_cells("C2:C3"))
    entries, refused = read(path)
    assert [entry.values["serial"] for entry in entries] == ["SN0003"]
    assert [row.line for row in refused] == [2, 3]
    assert set(codes(refused)) == {"ledger.merged_cells"}


def test_error_values_and_formulas_never_computed_refuse_their_row(tmp_path):
    rows = [*ROWS, ["SN0003", "甲-1", "#REF!"], ["SN0004", "=A2", "x"]]
    entries, refused = read(xlsx_file(tmp_path, rows))
    assert [entry.line for entry in entries] == [2, 3]
    assert [(row.line, row.cells[0].column, row.cells[0].code) for row in refused] == [
        (4, "商户名称", "ledger.error_value"),
        (5, "型号", "ledger.formula_without_result"),
    ]


def test_an_open_quote_refuses_the_rest_and_keeps_what_was_before(tmp_path):
    path = tmp_path / "quote.csv"
    path.write_text('SN,型号\nSN0001,A\nSN0002,"A\nSN0003,A\n', encoding="utf-8")
    entries, refused = read(path)
    assert [entry.line for entry in entries] == [2]
    assert [(row.line, row.cells[0].code) for row in refused] == [(3, "ledger.unclosed_quote")]


def test_a_row_with_more_cells_than_titles_is_refused(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("SN,型号\nSN0001,A,B\nSN0002,A,\nSN0003\n", encoding="utf-8")
    entries, refused = read(path)
    assert [entry.line for entry in entries] == [3]
    assert codes(refused) == ["ledger.too_many_cells", "ledger.required_missing"]


@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"\xff\xfe", b"SN,MODEL\n"]))
def test_junk_gives_only_our_own_errors(tmp_path_factory, junk, start):
    path = tmp_path_factory.mktemp("junk") / "junk"
    path.write_bytes(start + junk)
    assert_only_our_own_errors(path)


places = st.integers(
    0, 999_999
)  # as a share of the file: its length differs by when it was written


@given(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_workbook_gives_only_our_own_errors(tmp_path_factory, scratches):
    path = xlsx_file(tmp_path_factory.mktemp("damaged"), ROWS)
    content = bytearray(path.read_bytes())
    for place, byte in scratches:
        content[place * len(content) // 1_000_000] = byte
    path.write_bytes(content)
    assert_only_our_own_errors(path)


def assert_only_our_own_errors(path):
    with contextlib.suppress(Invalid), open_table(path, max_bytes=MAX) as table:
        list(table.rows())


def test_the_scan_finds_the_sheet_that_is_read(tmp_path):
    scan = scan_sheet(xlsx_file(tmp_path, ROWS), name="x", position=0)
    assert scan.last_row == 3
