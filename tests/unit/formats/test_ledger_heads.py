"""The head of a workbook, the sheet that is chosen, and workbooks made to fill the memory."""

import subprocess
import sys
import zipfile
from io import BytesIO

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.formats.files import MAX, read, xlsx_file

from tillkeeper.formats.ledgers import errors
from tillkeeper.formats.ledgers.tables import open_layout, open_table

TITLES = ["序列号", "型号", "商户名称"]
ROWS = [TITLES, *([f"SN{n:05}", "甲-1", f"店{n}"] for n in range(3_000))]


def sheets_file(folder, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / "sheets.xlsx"
    book.save(path)
    book.close()
    return path


def shared_texts_file(folder, rows):
    path = folder / "shared.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("台账")
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    return path


@pytest.mark.parametrize("make", [xlsx_file, shared_texts_file])
@pytest.mark.parametrize("above", [[], [["南山支行POS机具台账"], []]])
def test_the_head_has_the_layout_of_the_whole_and_about_its_rows(tmp_path, make, above):
    path = make(tmp_path, [*above, *ROWS])
    with (
        open_layout(path, max_bytes=MAX) as head,
        open_table(path, max_bytes=MAX) as whole,
    ):
        assert head.layout == whole.layout
        assert head.sheets == whole.sheets
        assert 2_400 < head.estimated_rows < 3_600
        assert whole.estimated_rows == 3_000
        first = [row for row, _n in zip(head.rows(), range(300), strict=False)]
        assert first == [row for row, _n in zip(whole.rows(), range(300), strict=False)]
        assert len(list(head.rows())) < 500


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=8)
cells = texts | st.integers(0, 10**9) | st.booleans() | st.none()


@given(st.lists(st.lists(cells, max_size=6), min_size=1, max_size=30))
def test_the_head_of_any_small_workbook_is_read_as_the_whole(tmp_path_factory, rows):
    path = xlsx_file(tmp_path_factory.mktemp("any"), rows)
    found = []
    for open_it in (open_layout, open_table):
        try:
            with open_it(path, max_bytes=MAX) as table:
                found.append((table.layout, list(table.rows())))
        except (errors.FileEmpty, errors.NoHeader) as refused:
            found.append(type(refused))
    assert found[0] == found[1]


def test_titles_far_down_are_found_all_the_same(tmp_path):
    path = xlsx_file(
        tmp_path, [], lambda sheet: [sheet.cell(600, n + 1, t) for n, t in enumerate(TITLES)]
    )
    with open_layout(path, max_bytes=MAX) as table:
        assert (table.layout.header_line, table.layout.titles) == (600, tuple(TITLES))


def test_a_cover_sheet_is_passed_over_for_the_sheet_with_the_ledger(tmp_path):
    cover = [["XX支行机具台账"], ["填表人", "张三"], ["日期", "2024-03-05"]]
    sheets = {"封面": cover, "空": [], "台账": ROWS[:3], "说明": [["字段", "说明"]]}
    path = sheets_file(tmp_path, sheets)
    for open_it in (open_layout, open_table):
        with open_it(path, max_bytes=MAX) as table:
            assert table.layout.sheet == "台账"
            assert table.sheets == tuple(sheets)
        with open_it(path, sheet="说明", max_bytes=MAX) as table:
            assert table.layout.titles == ("字段", "说明")
    assert len(read(path)[0]) == 2


def test_among_sheets_without_known_titles_the_first_that_has_any_is_read(tmp_path):
    path = sheets_file(tmp_path, {"空": [], "一": [["甲", "乙"]], "二": [["丙", "丁"]]})
    with open_table(path, max_bytes=MAX) as table:
        assert table.layout.sheet == "一"


def test_a_sheet_that_cannot_be_read_keeps_nobody_from_the_ledger_but_is_no_ledger_passed_over(
    tmp_path,
):
    wide = [[f"列{n}" for n in range(200)]]
    with open_table(sheets_file(tmp_path, {"宽": wide, "台账": ROWS[:3]}), max_bytes=MAX) as table:
        assert table.layout.sheet == "台账"
    path = sheets_file(tmp_path, {"宽": wide, "说明": [["甲", "乙"]]})
    with pytest.raises(errors.TooManyColumns):
        open_table(path, max_bytes=MAX)


def rewritten(path, part, change):
    """Put another content in the place of one part of a workbook."""
    made = BytesIO()
    with (
        zipfile.ZipFile(path) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            if info.filename == part:
                with new.open(info.filename, "w", force_zip64=True) as target:
                    change(target)
            else:
                new.writestr(info.filename, old.read(info))
    path.write_bytes(made.getvalue())


def one_huge_text(before, after, mebibytes=300):
    def write(target):
        target.write(before)
        for _n in range(mebibytes):
            target.write(b"x" * (1 << 20))
        target.write(after)

    return write


SHEET = "xl/worksheets/sheet1.xml"
TEXTS = "xl/sharedStrings.xml"
IN_THE_SHEET = one_huge_text(
    b'<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>',
    b"</t></is></c></row></sheetData></worksheet>",
)
IN_THE_TEXTS = one_huge_text(b"<sst><si><t>", b"</t></si></sst>")
OPENS_IT = """
import resource, sys
from pathlib import Path
from tillkeeper.formats.ledgers.tables import open_layout, open_table
from tillkeeper.kernel.errors import Invalid
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for open_it in (open_layout, open_table):
    try:
        open_it(Path(sys.argv[1]), max_bytes=1 << 30)
    except Invalid as error:
        print(error.code)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize(("part", "write"), [(SHEET, IN_THE_SHEET), (TEXTS, IN_THE_TEXTS)])
def test_a_workbook_with_a_cell_of_300_mebibytes_is_refused_in_little_memory(tmp_path, part, write):
    path = shared_texts_file(tmp_path, ROWS[:3])
    rewritten(path, part, write)
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", OPENS_IT, str(path)],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    *codes, mebibytes = done.stdout.split()
    assert codes == ["ledger.unpacks_too_large"] * 2
    assert int(mebibytes) < 64


def test_a_long_text_is_refused_while_it_is_unpacked_where_the_ratio_tells_nothing(tmp_path):
    path = shared_texts_file(tmp_path, ROWS[:3])
    rewritten(path, SHEET, one_huge_text(b"<worksheet>", b"</worksheet>", mebibytes=3))
    with pytest.raises(errors.UnpacksTooLarge) as refused:
        open_table(path, max_bytes=MAX)
    assert refused.value.unit == "bytes in one cell"


def test_a_cell_as_long_as_excel_allows_is_read(tmp_path):
    long = "“" * 32_767
    path = shared_texts_file(tmp_path, [*ROWS[:3], ["SN99999", "甲-1", long]])
    with open_table(path, max_bytes=MAX) as table:
        assert list(table.rows())[-1][1][2] == long


def test_a_workbook_that_says_less_than_it_unpacks_to_is_refused(tmp_path):
    path = shared_texts_file(tmp_path, ROWS[:300])
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo(TEXTS).file_size
    content = path.read_bytes()
    assert content.count(size.to_bytes(4, "little")) >= 1
    path.write_bytes(content.replace(size.to_bytes(4, "little"), (64).to_bytes(4, "little")))
    for open_it in (open_layout, open_table):
        with pytest.raises(errors.Damaged):
            open_it(path, max_bytes=MAX)
