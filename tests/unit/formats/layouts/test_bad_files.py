"""Files that are not what they should be: each is refused whole, with line, column and reason, or read all the same."""

import gzip
import zipfile

import pytest

from tillkeeper.formats.canonical import errors
from tillkeeper.formats.canonical.long_lines import refuse_long_lines
from tillkeeper.formats.canonical.reading import Options
from tillkeeper.formats.catalogue import FORMATS, read_frame, recognise
from tillkeeper.formats.layouts.loading import format_of
from tillkeeper.formats.layouts.parsing import layout_of

HEADER = (
    "清算日期,交易时间,受理商户ID,受理商户多应用,结算商户编号,结算商户多应用类型,交易终端号,交易金额,商户手续费,收单收益,"
    "品牌费,交易类型,卡号,发卡机构,卡种,收单机构bit32,终端流水号bit11,银联系统跟踪号,参考号bit37,授权号,原终端流水号bit11,"
    "原银联系统跟踪号bit11,原bit37,mcc号,是否两条线垫支(0-否1-是),是否分润(0-否1-是),受理点商户号,商户多应用类型,"
    "受理点分润金额,机构分润金额,是否清算（0-成功1-多流水2-待处理）,受理点终端编号,交易发起渠道,发送机构标识码,原清算日期,"
    "服务点输入方式,T0标记,T0手续费,新增字段3,借贷记标记,交换费,转接清算费,新增字段7,新增字段8,新增字段9,订单号"
)
TITLES = HEADER.split(",")
ROW = {
    "清算日期": "20240305",
    "交易时间": "0305101112",
    "结算商户编号": "898310048161234",
    "交易终端号": "10000001",
    "交易金额": "190",
    "商户手续费": "1.14",
    "交易类型": "000000",
    "卡号": "622280*********0000",
    "终端流水号bit11": "000042",
    "参考号bit37": "123456789012",
    "订单号": "A-1",
}


def line(**changed):
    return ",".join({**ROW, **changed}.get(title, "") for title in TITLES)


def bill(tmp_path, *lines, name="bill.csv", end="\n", encoding="utf-8", header=HEADER):
    path = tmp_path / name
    path.write_bytes((end.join([header, *lines]) + end).encode(encoding))
    return path


def refusal(path, kind=errors.BadLine, **told):
    with pytest.raises(kind) as caught:
        read_frame(path, **told)
    return caught.value


def test_the_plain_bill_is_read(tmp_path):
    read, verdict = read_frame(bill(tmp_path, line(), line(交易金额=".54")))
    first = read.row(0, named=True)
    assert (first["line"], first["amount_minor"], first["fee_minor"]) == (2, 19000, 114)
    assert first["at"].isoformat() == "2024-03-05T02:11:12+00:00"
    assert first["card"] == "622280*0000"
    assert read["amount_minor"].to_list() == [19000, 54]
    assert verdict.sums == {"CNY": 19054}
    assert verdict.facts["merchant"] == "898310048161234"


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("交易金额", "1.23456", "is no amount in whole minor units"),
        ("交易金额", "1e5", "is no amount in whole minor units"),
        ("交易金额", "12a", "is no amount in whole minor units"),
        ("交易金额", "", "is empty, and must not be"),
        ("交易金额", "99999999999999999999", "is no amount in whole minor units"),
        ("商户手续费", "0.285", "is no amount in whole minor units"),
        ("交易时间", "0230101112", "is no date and time"),
        ("交易时间", "0305246112", "is no date and time"),
        ("清算日期", "20240230", "is no date"),
        ("交易类型", "moon", "is not a word that this column may hold"),
    ],
)
def test_a_cell_that_does_not_fit_refuses_the_file_with_line_and_column(
    tmp_path, column, value, reason
):
    told = refusal(bill(tmp_path, line(), line(**{column: value})))
    assert (told.line, told.column, told.value, told.reason) == (3, column, value, reason)


def test_a_negative_amount_is_a_refund_with_its_fee_given_back(tmp_path):
    read, _ = read_frame(bill(tmp_path, line(交易金额="-190", 商户手续费="-1.14")))
    assert read.select("kind", "amount_minor", "fee_minor").row(0) == ("refund", 19000, -114)


def test_a_refund_that_is_written_without_sign_gives_its_fee_back(tmp_path):
    read, verdict = read_frame(bill(tmp_path, line(交易类型="退货")))
    assert read.select("kind", "amount_minor", "fee_minor").row(0) == ("refund", 19000, -114)
    assert verdict.sums == {"CNY": -19000}


@pytest.mark.parametrize(
    "amount", ['"1,190.00"', '"1，190.00"', "¥1190", "1190.00000", "１１９０", "+1190"]
)
def test_amounts_as_people_write_them(tmp_path, amount):
    read, _ = read_frame(bill(tmp_path, line(交易金额=amount)))
    assert read["amount_minor"].to_list() == [119000]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_and_line_ends(tmp_path, encoding, end):
    path = bill(tmp_path, line(订单号="订单甲"), encoding=encoding, end=end)
    read, _ = read_frame(path)
    assert read["order_no"].to_list() == ["订单甲"]


def test_tabs_blanks_and_backticks_glued_to_ids_come_off(tmp_path):
    read, _ = read_frame(bill(tmp_path, line(订单号="\tA-1\t ", 终端流水号bit11="`000042 ")))
    assert read.select("order_no", "trace").row(0) == ("A-1", "000042")


def test_quoted_cells_with_delimiters_and_quotes(tmp_path):
    read, _ = read_frame(bill(tmp_path, line(订单号='"A,""1"""')))
    assert read["order_no"].to_list() == ['A,"1"']


def test_brackets_of_titles_may_be_wide_or_narrow(tmp_path):
    wide = (
        HEADER.replace("(0-否1-是)", "（0-否1-是）")
        .replace("（0-成功", "(0-成功")
        .replace("待处理）", "待处理)")
    )
    read, _ = read_frame(
        bill(tmp_path, line(**{"是否清算（0-成功1-多流水2-待处理）": "1"}), header=wide)
    )
    assert read["state"].to_list() == ["host_only"]


def test_missing_columns_are_named(tmp_path):
    header = HEADER.replace("交易金额", "别的").replace(",卡号,", ",又一个,")
    told = refusal(
        bill(tmp_path, line(), header=header), errors.MissingColumns, format=FORMATS["acquirer46"]
    )
    assert (told.line, told.columns) == (1, "交易金额, 卡号")


def test_extra_columns_are_kept_out_and_told(tmp_path):
    path = bill(tmp_path, f"{line()},x", header=f"{HEADER},新列")
    read, verdict = read_frame(path)
    assert read["amount_minor"].to_list() == [19000]
    assert verdict.facts["extra columns"] == "新列"


def test_title_lines_may_stand_above_the_header(tmp_path):
    path = bill(tmp_path, HEADER, line(), header="清算明细（2024年3月）")
    read, verdict = read_frame(path)
    assert read["line"].to_list() == [3]
    assert verdict.facts["title"] == "清算明细（2024年3月）"


def test_blank_lines_are_no_rows_and_count_as_lines(tmp_path):
    read, _ = read_frame(bill(tmp_path, "", line(), "", "", line()))
    assert read["line"].to_list() == [3, 6]


def test_a_doubled_header_is_refused(tmp_path):
    told = refusal(bill(tmp_path, line(), HEADER, line()))
    assert (told.line, told.reason) == (3, "is the header again")


@pytest.mark.parametrize(("row", "found"), [(line() + ",x", 47), (line().rsplit(",", 3)[0], 43)])
def test_a_line_of_another_width_is_refused(tmp_path, row, found):
    told = refusal(bill(tmp_path, line(), row, line()))
    assert (told.line, told.reason) == (3, f"has {found} columns where the file has 46")


def test_one_cell_too_many_does_not_make_up_for_one_too_few(tmp_path):
    told = refusal(bill(tmp_path, line() + ",x", line().rsplit(",", 1)[0]))
    assert told.line == 2


def test_a_cut_last_line_is_told_as_such(tmp_path):
    path = bill(tmp_path, line(), line())
    path.write_bytes(path.read_bytes()[:-40])
    assert refusal(path, errors.Truncated).line == 3


def test_an_open_quotation_is_refused(tmp_path):
    told = refusal(bill(tmp_path, line(), line(订单号='"A')))
    assert (told.line, told.reason) == (3, "has quotation marks that do not close")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = bill(tmp_path, line(), line(订单号="X"))
    path.write_bytes(path.read_bytes().replace(b"X", b"\xff\xff"))
    told = refusal(path, format=FORMATS["acquirer46"])
    assert (told.line, told.reason) == (3, "is not text in the encoding of the file")


def test_an_empty_day_has_no_rows(tmp_path):
    read, verdict = read_frame(bill(tmp_path))
    assert (read.height, verdict.rows, verdict.sums) == (0, 0, {})


def test_a_bill_for_another_merchant_is_refused(tmp_path):
    path = bill(tmp_path, line(), line(结算商户编号="898310048169999"))
    options = Options(mid="898310048161234")
    told = refusal(path, errors.WrongMerchant, options=options)
    assert (told.line, told.found, told.expected) == (3, "898310048169999", "898310048161234")


def test_whole_card_numbers_never_leave(tmp_path):
    card = "6222801234567890"
    read, _ = read_frame(bill(tmp_path, line(卡号=card)))
    assert read["card"].to_list() == ["622280*7890"]
    told = refusal(bill(tmp_path, line(卡号=card, 交易金额=card + "x")))
    assert card not in str(told)


def test_a_line_of_ten_megabytes_is_refused_unread(tmp_path):
    told = refusal(bill(tmp_path, line(), line(订单号="A" * 10_000_000)), errors.TooLarge)
    assert (told.what, told.limit) == ("a line", 1 << 20)
    assert told.found > 10_000_000


def test_the_year_of_a_trade_in_december_settled_in_january(tmp_path):
    read, _ = read_frame(bill(tmp_path, line(清算日期="20240101", 交易时间="1231235959")))
    assert read["at"][0].isoformat() == "2023-12-31T15:59:59+00:00"


def test_the_29th_of_february_needs_a_leap_year(tmp_path):
    read, _ = read_frame(bill(tmp_path, line(清算日期="20240301", 交易时间="0229235959")))
    assert read["at"][0].isoformat() == "2024-02-29T15:59:59+00:00"
    assert (
        refusal(bill(tmp_path, line(清算日期="20250301", 交易时间="0230235959"))).column
        == "交易时间"
    )


@pytest.mark.parametrize("name", ["bill.csv.gz", "bill.zip"])
def test_archives_of_one_file_are_opened(tmp_path, name):
    data = bill(tmp_path, line()).read_bytes()
    path = tmp_path / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(data))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("明细.csv", data)
    assert recognise(path).name == "acquirer46"
    read, _ = read_frame(path)
    assert read["amount_minor"].to_list() == [19000]


@pytest.mark.parametrize("outer", ["gz", "zip"])
def test_bombs_are_refused_before_they_fill_the_disk(tmp_path, outer):
    path = tmp_path / f"bomb.{outer}"
    zeros = (line() + "\n").encode() * 1_000_000
    if outer == "gz":
        path.write_bytes(gzip.compress(HEADER.encode() + b"\n" + zeros, 9))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("bill.csv", HEADER.encode() + b"\n" + zeros)
    told = refusal(path, errors.TooLarge)
    assert told.what == "what it unpacks to"


@pytest.mark.parametrize("inner", [gzip.compress(b"x"), b"PK\x03\x04rest"], ids=["gz", "zip"])
def test_an_archive_within_an_archive_is_refused(tmp_path, inner):
    path = tmp_path / "nested.gz"
    path.write_bytes(gzip.compress(inner))
    refusal(path, errors.Hostile)
    path = tmp_path / "nested.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "1")
        archive.writestr("b.gz", inner)
    refusal(path, errors.Hostile)


@pytest.mark.parametrize(
    "data",
    [b"\x1f\x8b\x08broken", b"PK\x03\x04broken", gzip.compress(b"a" * 99)[:-6]],
    ids=["gz", "zip", "cut"],
)
def test_damaged_archives_are_refused(tmp_path, data):
    path = tmp_path / "bill.gz"
    path.write_bytes(data)
    refusal(path, errors.BrokenArchive)


def test_what_no_format_fits_is_said_with_its_beginning(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear acquirer, card 6222801234567890 was charged twice\n")
    told = refusal(path, errors.Unrecognised)
    assert told.begins == "Dear acquirer, card 622280******7890 was charged twice"


# Fixed width


def zm_rows(count=2):
    from tests.unit.formats.layouts.frames import LAYOUTS

    layout = LAYOUTS["zm"]
    told = {
        "交易代码": "S22",
        "系统跟踪号": "000042",
        "交易传输时间": "0305101112",
        "账号": "622280*********0000",
        "交易金额": "000000019000",
        "查询流水号": "202403051011120000421",
        "商户手续费": "D000000000114",
        "清算净额": "C000000018886",
        "商户代码": "898310048161234",
        "终端号": "10000001",
        "商户自定义域": "甲乙丙",
    }
    row = bytearray(b" " * layout.record)
    for title, value in told.items():
        one = layout.field(title)
        row[one.offset : one.offset + one.length] = value.encode("gb18030").ljust(one.length)
    return [bytes(row)] * count


def zm(tmp_path, rows, end=b"\n", name="INN24030588ZM_898310048161234"):
    path = tmp_path / name
    path.write_bytes(b"".join(row + end for row in rows))
    return path


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_zm_is_cut_by_bytes_before_it_is_decoded(tmp_path, end):
    path = zm(tmp_path, zm_rows(), end)
    read, verdict = read_frame(path)
    first = read.row(0, named=True)
    assert verdict.rows == 2
    assert (first["tid"], first["text"], first["kind"]) == ("10000001", "甲乙丙", "sale")
    assert (first["amount_minor"], first["fee_minor"], first["net_minor"]) == (19000, 114, 18886)
    assert str(first["settled_on"]) == "2024-03-05"
    path.write_bytes(path.read_bytes()[: -len(end)])
    assert read_frame(path)[1].rows == 2


def test_a_zm_record_of_another_length_is_refused(tmp_path):
    rows = zm_rows(3)
    told = refusal(zm(tmp_path, [rows[0], rows[1] + b"x", rows[2]]))
    assert (told.line, told.reason) == (2, "has 608 bytes where a record has 607")


def test_two_broken_zm_records_do_not_make_a_whole_one(tmp_path):
    rows = zm_rows(3)
    broken = rows[1][:300] + b"\n" + rows[1][301:]
    told = refusal(zm(tmp_path, [rows[0], broken, rows[2]]))
    assert (told.line, told.reason) == (2, "has 300 bytes where a record has 607")


def test_a_cut_zm_file_is_refused(tmp_path):
    path = zm(tmp_path, zm_rows(3))
    path.write_bytes(path.read_bytes()[:-100])
    assert refusal(path, errors.Truncated).line == 3


def test_an_empty_zm_day_is_known_by_its_name(tmp_path):
    read, verdict = read_frame(zm(tmp_path, []))
    assert (verdict.format, read.height) == ("zm", 0)


def test_a_short_time_needs_a_year_from_somewhere(tmp_path):
    rows = [row.replace(b"202403051011120000421", b" " * 21) for row in zm_rows()]
    nameless = zm(tmp_path, rows, name="today.txt")
    assert refusal(nameless).reason == "has no year; say the year of the file"
    read, _ = read_frame(nameless, options=Options(year=2023))
    assert read["at"][0].isoformat() == "2023-03-05T02:11:12+00:00"
    read, _ = read_frame(zm(tmp_path, rows))
    assert read["at"][0].isoformat() == "2024-03-05T02:11:12+00:00"


# Summary lines, lines set aside: what a user's layout may declare


SUMMED = """
name = "mine"
role = "bill"
title = "Mine"
source = "made up"
field = [{ title = "时间" }, { title = "金额" }, { title = "类型" }]
[file]
shape = "delimited"
delimiter = "\\t"
[lines]
end = ["合计"]
end_required = true
wrong = "WRONG"
[canonical]
at = { from = "时间", patterns = "%Y-%m-%d %H:%M" }
amount_minor = { from = "金额", type = "yuan" }
kind = { from = "类型", map = { "消费" = "sale", "退货" = "refund" } }
[[check]]
name = "rows against the total line"
stated = '笔数：(\\d+)'
of = "rows"
[[check]]
name = "amounts against the total line"
stated = '金额：([-\\d.,]+)'
of = "amount_minor"
type = "yuan"
"""


def mine(tmp_path, *lines, wrong="refuse"):
    layout = format_of(layout_of(SUMMED.replace("WRONG", wrong).encode(), "mine.toml"))
    path = tmp_path / "mine.txt"
    path.write_text("\n".join(["时间\t金额\t类型", *lines]) + "\n")
    return layout, path


SALE, REFUND = "2024-03-05 10:11\t1,000.00\t消费", "2024-03-05 10:12\t-10.00\t退货"


def test_the_files_own_totals_are_held_against_its_rows(tmp_path):
    layout, path = mine(tmp_path, SALE, REFUND, "", "合计\t笔数：2\t金额：990.00")
    _, verdict = read_frame(path, format=layout)
    assert verdict.sound
    assert [(one.stated, one.found, one.line) for one in verdict.checks] == [
        ("2", "2", 5),
        ("99000", "99000", 5),
    ]


@pytest.mark.parametrize("total", ["合计\t笔数：3\t金额：990.00", "合计\t笔数：2\t金额：991.00"])
def test_a_wrong_total_is_not_sound(tmp_path, total):
    layout, path = mine(tmp_path, SALE, REFUND, total)
    assert not read_frame(path, format=layout)[1].sound


@pytest.mark.parametrize("lines", [(SALE,), (SALE, "合计\t笔数：1")])
def test_a_missing_total_is_a_cut_file(tmp_path, lines):
    layout, path = mine(tmp_path, *lines)
    refusal(path, errors.Truncated, format=layout)


def test_lines_may_be_set_aside_and_are_counted(tmp_path):
    bad = ("2024-02-30 10:11\t1.00\t消费", "2024-03-05 10:11\t1.00", "2024-03-05 10:11\tx\t消费")
    total = "合计\t笔数：5\t金额：992.00"
    layout, path = mine(tmp_path, SALE, *bad, REFUND, total, wrong="set_aside")
    read, verdict = read_frame(path, format=layout)
    assert read["line"].to_list() == [2, 6]
    assert sorted((one.line, one.column) for one in verdict.set_aside) == [
        (3, "时间"),
        (4, ""),
        (5, "金额"),
    ]
    assert all(one.reason.startswith("“") for one in verdict.set_aside)
    assert not verdict.sound


def test_a_layout_of_ones_own_is_recognised_among_others(tmp_path):
    layout, path = mine(tmp_path, SALE, "合计\t笔数：1\t金额：1000.00")
    assert recognise(path, [*FORMATS.values(), layout]) is layout
    with pytest.raises(errors.Ambiguous) as refused:
        recognise(path, [layout, layout])
    assert refused.value.formats == "mine, mine"


@pytest.mark.parametrize("before", [0, 1, 300_000, 524_288, 700_000, 1_048_576])
def test_the_longest_line_is_taken_and_one_byte_more_is_not(tmp_path, before):
    path = tmp_path / "lines.txt"
    for length, behind in ((1 << 20, b"\nx"), (1 << 20, b""), ((1 << 20) - 1, b"\n")):
        path.write_bytes(b"a\n" * before + b"b" * length + behind)
        refuse_long_lines(path)
    for behind in (b"\nx", b""):
        path.write_bytes(b"a\n" * before + b"b" * ((1 << 20) + 1) + behind)
        with pytest.raises(errors.TooLarge) as caught:
            refuse_long_lines(path)
        assert caught.value.found == (1 << 20) + 1
