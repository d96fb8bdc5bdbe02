"""A line of a file as it stands there: whatever the format, the packing and the encoding."""

import gzip
import zipfile
from io import BytesIO

import polars as pl
import pytest
import xlsxwriter
from tests.money_days import DAY, billed, credited, frame, paid, scanned, written

from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.catalogue import FORMATS
from tillkeeper.formats.statements.lines import decoded
from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.files import forget_file
from tillkeeper.settlement.models import MoneyFile
from tillkeeper.settlement.queries.lines import source_line
from tillkeeper.settlement.services.files import store_of

pytestmark = pytest.mark.django_db
ZM = "INN26030288ZM_898310154110001"
SALES = [paid(number) for number in range(1, 7)]


def test_a_line_comes_with_its_neighbours(bring):
    file = bring("journal", SALES, name="j.csv")
    lines = written("journal", SALES).getvalue().decode().splitlines()
    told = source_line(file, 4)
    assert (told.name, told.line, told.first, told.text) == ("j.csv", 4, 2, lines[3])
    assert (told.before, told.after) == (tuple(lines[1:3]), tuple(lines[4:6]))
    first, last = source_line(file, 1, around=1), source_line(file, 7, around=3)
    assert (first.before, first.text, first.after) == ((), lines[0], (lines[1],))
    assert (last.before, last.after) == (tuple(lines[3:6]), ())
    assert source_line(file, 2, around=0).before == ()


@pytest.mark.parametrize("line", [0, -3, 8, 10**9])
def test_there_is_no_line_beyond_the_file(bring, line):
    with pytest.raises(NotFound):
        source_line(bring("journal", SALES), line)


def test_a_file_whose_bytes_are_gone_is_not_there(bring):
    file = bring("journal", SALES)
    forget_file(file.sha256)
    with pytest.raises(NotFound):
        source_line(file, 1)


@pytest.mark.parametrize(
    "form", ["zm", "acquirer46", "wechat.trade", "mt940", "bai2", "camt.053", "bank.cmb"]
)
def test_every_row_of_a_taken_file_is_found_by_its_line(bring, form):
    one = FORMATS[form]
    if one.role == Role.STATEMENT:
        rows = [credited(9_940 + n, on=DAY, text=f"payout {n}") for n in range(3)]
    else:
        rows = [billed(scanned(n) if "wechat" in form else paid(n)) for n in (1, 2, 3)]
    content = written(form, rows).getvalue()
    file = bring("", content, name=ZM if form == "zm" else "")
    assert file.state == "taken", file.problem
    lines = [decoded(line).strip() for line in content.splitlines()]
    told = pl.read_parquet(sorted(store_of(file).glob("part-*")))["line"].to_list()
    assert len(told) == 3
    assert [source_line(file, n).text.strip() for n in told] == [lines[n - 1] for n in told]
    assert len({source_line(file, n).text for n in told}) == 3


@pytest.mark.parametrize("pack", ["gzip", "zip", "zip of two"])
def test_archives_are_opened(bring, pack):
    plain = written("journal", SALES).getvalue()
    target = BytesIO()
    if pack == "gzip":
        target = BytesIO(gzip.compress(plain))
    else:
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("账单.csv", plain)
            if pack == "zip of two":
                archive.writestr("汇总.csv", b"1,2\n")
    file = bring("", target.getvalue(), name="packed")
    assert source_line(file, 2).text == plain.decode().splitlines()[1]


def test_chinese_of_either_encoding_is_read(bring):
    text = "商户,终端\n上海镕金,一二三\n"
    for encoding in ("utf-8-sig", "gb18030"):
        file = bring("", text.encode(encoding), name=encoding)
        assert source_line(file, 2).text == "上海镕金,一二三"
        assert source_line(file, 1).text == "商户,终端"


def test_a_workbooks_row_is_its_cells(bring):
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(
            (["交易日", "收入", "支出", "余额"], ["2026-03-02", "99.40", "", "99.40"])
        ):
            sheet.write_row(number, 0, row)
    file = bring("", target.getvalue(), name="s.xlsx")
    MoneyFile.objects.filter(pk=file.pk).update(format="bank.cmb")
    file.refresh_from_db()
    assert source_line(file, 2).text == "2026-03-02\t99.40\t\t99.40"


def test_card_numbers_are_cut(bring):
    file = bring("", b"x\n622280" + b"1234560000" + b",100.00\n", name="x")
    told = source_line(file, 2)
    assert told.text == "622280******0000,100.00"


def test_a_line_without_end_costs_nothing(bring):
    file = bring("", b"<a>" + b"x" * 5_000_000 + b"</a>\nsecond\n", name="x.xml")
    assert len(source_line(file, 1).text) == 4_000
    assert source_line(file, 2).text == "second"


def test_frames_are_numbered_as_they_stand():
    assert frame(SALES, Role.JOURNAL)["line"].to_list() == [2, 3, 4, 5, 6, 7]
