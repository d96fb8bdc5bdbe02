import io
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.formats.files import MAX, csv_file, read, xlsx_file

from tillkeeper.formats.ledgers.cells import unguarded
from tillkeeper.formats.ledgers.tables import open_table
from tillkeeper.formats.ledgers.writing import (
    FORMULA_STARTS,
    RefusedWriter,
    guarded,
    suffix_for,
    write_csv,
    write_xlsx,
)

ADDED = ("原行号", "原因")
words = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12
)
# Without what Excel makes of a serial number: TRUE, 123.5. Those are refused (test_ledger_reading).
serials = st.from_regex(r"[A-Z0-9][A-Z0-9\-_/.]{3,31}", fullmatch=True).filter(
    lambda text: re.fullmatch(r"TRUE|FALSE|\d+\.\d+", text, re.ASCII) is None
)


@given(st.text() | st.from_regex(r"'*[=+\-@]\w*", fullmatch=True))
def test_the_guard_comes_off_as_it_went_on(text):
    assert not guarded(text).startswith(FORMULA_STARTS)
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
@given(
    rows=st.lists(
        st.tuples(serials, st.sampled_from(["+A", "=1+1", "@x", "-9", "型号"])), max_size=5
    )
)
def test_what_is_written_reads_back_equal(tmp_path_factory, write, rows):
    path = tmp_path_factory.mktemp("out") / "out"
    write(path, ["SN", "型号"], rows)
    entries, refused = read(path)
    assert not refused
    assert [(e.values["serial"], e.values["model"]) for e in entries] == rows


@given(st.lists(words, min_size=1, max_size=5))
def test_any_text_survives_a_workbook(texts):
    buffer = io.BytesIO()
    write_xlsx(buffer, ["SN", "备注"], [("SN0001", text) for text in texts])
    assert buffer.getvalue().startswith(b"PK")


def test_numbers_stay_numbers_and_long_ones_become_text(tmp_path):
    path = tmp_path / "out.xlsx"
    write_xlsx(path, ["SN", "价格", "入库日期", "长"], [("00123", 12.5, date(2024, 3, 5), 10**18)])
    with open_table(path, max_bytes=MAX) as table:
        ((_line, row),) = table.rows()
    assert row == ("00123", 12.5, date(2024, 3, 5), str(10**18))


@pytest.mark.parametrize(
    ("make", "options"),
    [(csv_file, {"encoding": "gb18030", "delimiter": ";"}), (xlsx_file, {})],
)
def test_refused_rows_come_back_in_their_layout_and_can_be_mended(tmp_path, make, options):
    rows = [["机身号", "型号", "天气", "入库日期"], ["SN0001", "A", "晴", "明天"]]
    source = make(tmp_path, rows, **options)
    with open_table(source, max_bytes=MAX) as table:
        layout = table.layout
    _entries, refused = read(source)
    target = tmp_path / f"refused{suffix_for(layout)}"
    for _twice in range(2):
        with RefusedWriter(target, layout, added=ADDED, render=lambda row: row.reason) as writer:
            for row in refused:
                writer.write(row)
        with open_table(target, max_bytes=MAX) as table:
            again, ((_line, row),) = table.layout, list(table.rows())
        assert again.titles == (*layout.titles[:4], *ADDED)
        assert (again.kind, again.encoding, again.delimiter) == (
            (layout.kind, layout.encoding, layout.delimiter)
        )
        assert row[:4] == ("SN0001", "A", "晴", "明天")
        assert "is not a date" in row[5]
        layout, refused = again, read(target)[1]


def test_cells_beyond_the_titles_are_kept_with_a_refused_row_and_come_back_again(tmp_path):
    source = csv_file(tmp_path, [["SN", "型号"], ["SN0001", "A", "科技园1号", "二楼"]])
    with open_table(source, max_bytes=MAX) as table:
        layout = table.layout
    refused = read(source)[1]
    target = tmp_path / "refused.csv"
    for _twice in range(2):
        with RefusedWriter(target, layout, added=ADDED, render=lambda row: row.reason) as writer:
            for row in refused:
                writer.write(row)
        with open_table(target, max_bytes=MAX) as table:
            layout, ((_line, row),) = table.layout, list(table.rows())
        assert (*row[:2], *row[4:]) == ("SN0001", "A", "科技园1号", "二楼")
        refused = read(target)[1]
        assert [cell.code for cell in refused[0].cells] == ["ledger.too_many_cells"]
