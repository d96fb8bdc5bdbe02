"""A draft of a layout from a sample: read by it, the sample loses nothing; whatever cannot be told is said."""

import csv
import io
import string
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tillkeeper.formats.canonical.errors import UnreadableFile
from tillkeeper.formats.canonical.reading import Options
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.layouts.drafts.proposing import propose
from tillkeeper.formats.layouts.drafts.text import SENTENCES, name_for
from tillkeeper.formats.layouts.errors import BadLayout, NothingToPropose
from tillkeeper.formats.layouts.loading import format_of
from tillkeeper.formats.layouts.parsing import layout_of

KINDS = {"sale": ("消费", "sale", "支付"), "refund": ("退货", "refund", "退款")}
TITLES = {
    "day": ("交易日期", "Transaction Date", "日期"),
    "clock": ("交易时间", "Transaction Time", "时间"),
    "at": ("交易时间", "Time", "支付时间"),
    "amount_minor": ("交易金额(元)", "Amount", "金额"),
    "fee_minor": ("手续费", "Fee", "服务费（元）"),
    "kind": ("交易类型", "Transaction Type", "类型"),
    "mid": ("商户号", "Merchant ID", "商编"),
    "tid": ("终端号", "Terminal ID", "终端编号"),
    "trace": ("流水号", "Trace No", "凭证号"),
    "rrn": ("参考号", "RRN", "检索参考号"),
    "card": ("卡号", "Card No", "银行卡号"),
    "text": ("备注", "Remark", "摘要"),
}
SIGNS = string.ascii_letters + "0123456789,|\t;\"'\n\r 金额时间.-\\[]"
DAYS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d")
CLOCKS = ("%H:%M:%S", "%H%M%S", "%H:%M")
DAY = datetime(2024, 3, 5)  # noqa: DTZ001  local times as a file writes them


def read(text, data):
    """Return what the sample is by the draft."""
    import tempfile
    from pathlib import Path

    frames = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample"
        path.write_bytes(data)
        verdict = format_of(layout_of(text.encode(), "draft")).read(path, frames.append, Options())
    return pl.concat(frames), verdict


rows = st.fixed_dictionaries(
    {
        "minute": st.integers(0, 40_000),
        "amount": st.integers(1, 10**8),
        "fee": st.integers(0, 10**5),
        "kind": st.sampled_from(["sale", "refund"]),
        "trace": st.integers(1, 999_999),
        "text": st.text(st.sampled_from("货款退费 ab-"), max_size=6),
    }
)


@st.composite
def files(draw):
    """Give a delimited bill as some acquirer would write it, with its rows as they are meant."""
    told = draw(st.lists(rows, min_size=1, max_size=12))
    joined = draw(st.booleans())
    wanted = ["amount_minor", "kind", "mid", "trace", *(["at"] if joined else ["day", "clock"])]
    wanted += draw(
        st.lists(st.sampled_from(["fee_minor", "tid", "rrn", "card", "text"]), unique=True)
    )
    order = draw(st.permutations(wanted))
    which = draw(st.integers(0, 2))
    titles = [TITLES[one][which] for one in order]
    if len(set(titles)) < len(titles):  # a title twice: another way to call it
        titles = [TITLES[one][2 if one != "clock" else 0] for one in order]
    day, clock = draw(st.sampled_from(DAYS)), draw(st.sampled_from(CLOCKS))
    total = draw(st.booleans())
    style = {
        "delimiter": draw(st.sampled_from(",\t|;^")),
        "encoding": draw(st.sampled_from(["utf-8", "gb18030", "utf-8-sig"])),
        "thousands": draw(st.booleans()),
        "end": draw(st.sampled_from(["\n", "\r\n"])),
        "kinds": which,
    }
    return told, order, titles, (day, clock, joined), total, style


def written(told, order, titles, times, total, style):
    """Return the bytes."""
    day, clock, _joined = times
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=style["delimiter"], lineterminator=style["end"])
    writer.writerow(titles)
    for row in told:
        at = DAY + timedelta(minutes=row["minute"])
        amount = (
            f"{row['amount'] / 100:,.2f}" if style["thousands"] else f"{row['amount'] / 100:.2f}"
        )
        cells = {
            "day": at.strftime(day),
            "clock": at.strftime(clock),
            "at": at.strftime(f"{day} {clock}"),
            "amount_minor": amount,
            "fee_minor": f"{row['fee'] / 100:.2f}",
            "kind": KINDS[row["kind"]][style["kinds"]],
            "mid": "898310154110001",
            "tid": "10000001",
            "trace": f"{row['trace']:06}",
            "rrn": "123456789012",
            "card": "622280******0000",
            "text": row["text"],
        }
        writer.writerow([cells[one] for one in order])
    if total:
        signed = sum(r["amount"] * (-1 if r["kind"] == "refund" else 1) for r in told)
        made.write(
            f"合计{style['delimiter']}笔数：{len(told)}{style['delimiter']}金额：{signed / 100:.2f}{style['end']}"
        )
    return made.getvalue().encode(style["encoding"])


@given(files())
def test_a_delimited_file_is_read_by_its_draft_without_loss(file):
    told, order, *_rest = file
    data = written(*file)
    text = propose(data, "bill_20240305.csv")
    frame, verdict = read(text, data)
    assert (verdict.rows, verdict.sound, verdict.set_aside) == (len(told), True, ())
    assert frame["amount_minor"].to_list() == [row["amount"] for row in told]
    assert frame["kind"].to_list() == [row["kind"] for row in told]
    assert frame["trace"].to_list() == [f"{row['trace']:06}" for row in told]
    assert frame["mid"].unique().to_list() == ["898310154110001"]
    local = frame["at"].dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone(None).to_list()
    assert local == [DAY + timedelta(minutes=row["minute"]) for row in told]
    if "fee_minor" in order:
        assert frame["fee_minor"].abs().to_list() == [row["fee"] for row in told]
    for column, value in (("tid", "10000001"), ("rrn", "123456789012"), ("card", "622280*0000")):
        assert frame[column].unique().to_list() == [value if column in order else ""]


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(st.sampled_from(SIGNS), max_size=400).map(str.encode),
    ),
    st.sampled_from(Role),
)  # fmt: skip
@example(b'a,"b\n1,2\n3,4\n', Role.BILL)
@example("金额,金额\n1,2\n".encode(), Role.BILL)
def test_whatever_the_sample_the_draft_loads_but_for_gaps_that_it_points_at(data, role):
    try:
        text = propose(data, "x.csv", role=role)
    except NothingToPropose:
        return
    if (gap := refusal(text)) is None:
        return
    assert (gap.found, gap.expected) == ("?", "the title of a [[field]]")
    assert text.split("\n")[gap.line - 1][gap.column - 1 :].startswith("from")
    assert SENTENCES["missing"] in text.split("\n")[gap.line - 1]


def refusal(text):
    """Return why a text is no layout, None where it is one."""
    try:
        layout_of(text.encode(), "draft")
    except BadLayout as refused:
        return refused
    return None


@pytest.mark.parametrize(
    "data", [b"", b"   \n\n", b"PK\x03\x04\x00", b"one line of words\nand one more\n"]
)
def test_what_is_no_table_is_refused_with_what_to_do_instead(data):
    with pytest.raises(NothingToPropose) as caught:
        propose(data, "x.bin")
    assert "begin with an existing layout" in str(caught.value)
    assert isinstance(caught.value, UnreadableFile)


def test_words_that_are_not_known_are_named_and_refuse_the_sample_until_somebody_says_what_they_are():
    data = "时间,金额,类型\n2024-03-05 10:11,1.00,消费\n2024-03-05 10:12,2.00,加倍\n".encode()
    text = propose(data, "x.csv")
    assert "Not known, say what they are: 加倍" in text
    with pytest.raises(UnreadableFile) as refused:
        read(text, data)
    assert (refused.value.line, refused.value.column) == (3, "类型")
    mended = text.replace('"消费" = "sale"', '"消费" = "sale", "加倍" = "refund"')
    assert read(mended, data)[1].rows == 2


def test_a_statement_with_two_columns_of_amounts_gets_one_with_signs():
    data = "记账日期|收入|支出|余额|对方户名\n20240305|100.00|-|1100.00|甲\n20240306|-|50.00|1050.00|乙\n"
    text = propose(data.encode("gb18030"), "x.txt")
    frame, verdict = read(text, data.encode("gb18030"))
    assert verdict.role is Role.STATEMENT
    assert frame["amount_minor"].to_list() == [10_000, -5_000]
    assert frame["balance_minor"].to_list() == [110_000, 105_000]


def test_records_of_fixed_width_are_cut_where_all_of_them_have_blanks():
    data = b"20240305 101112 10000001 000000010000 S22\r\n20240306 101213 10000001 000000020000 S30\r\n"
    frame, verdict = read(propose(data, "x.txt"), data)
    assert (verdict.rows, frame["amount_minor"].to_list()) == (2, [10_000, 20_000])
    assert [f"{at:%m-%d %H:%M:%S}" for at in frame["at"]] == ["03-05 02:11:12", "03-06 02:12:13"]


def test_the_samples_own_totals_become_checks_only_where_they_hold():
    head = "交易时间,交易金额,终端号\n2024-03-05 10:11:12,100.00,1\n2024-03-05 10:11:13,50.00,2\n"
    good = propose(f"{head}总笔数：2 总金额：150.00\n".encode(), "x.csv")
    assert [one.of for one in layout_of(good.encode(), "d").checks] == ["rows", "amount_minor"]
    bad = propose(f"{head}总笔数：7 总金额：9.00\n".encode(), "x.csv")
    assert layout_of(bad.encode(), "d").checks == ()


def test_a_name_is_made_of_the_files_and_kept_off_those_that_are_taken():
    assert name_for("Acme_Trade-20240305.CSV") == "acme_trade"
    assert name_for("20240305.csv") == "mine"
    assert name_for("zm.txt", ("zm", "zm.own")) == "zm.own.own"
