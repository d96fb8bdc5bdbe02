"""Each way in which a file can be bad, tried on a hand-written file of every format.

Either the file is read as it would be without the harm, or it is refused whole with file, place and reason, or the bad
line is set aside and counted. It is never read as something else.
"""

import gzip
import io
import re
import zipfile

import pytest
from tests.hand import ALL, SUM_MINOR, VERSIONS

from tillkeeper.formats.archives import FREE_OF_RATIO
from tillkeeper.formats.canonical.errors import UnreadableFile
from tillkeeper.formats.canonical.reading import Options
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.catalogue import FORMATS, read_frame, recognise

NAMES = sorted(ALL)
TEXT = [name for name in NAMES if not name.startswith("camt")]
FIXED = {"zm", "zme"}
LINE = re.compile(r"line \d+")
# What a row of the day, an amount and a number look like in one format or another.
DAYS = (
    ("2026-03-02T", "2026-02-30T"), ("2026-03-02", "2026-02-30"), ("20260302", "20260230"), ("260302", "260230"),
    ("0302", "0230"),
)  # fmt: skip
OWN_TOTALS = {
    "ums.headed": ("总笔数：\t2", "总笔数：\t3"),
    "wechat.trade": ("`2,`12469.12", "`2,`12469.13"),
    "wechat.fund": ("`2,`2,`12469.12", "`2,`2,`12469.13"),
    "alipay.trade": ("2笔，商家实收共12469.12", "3笔，商家实收共12469.12"),
    "alipay.account": ("2笔，共12469.12", "2笔，共12469.13"),
    "camt.053": ("13469.12</Amt><CdtDbtInd>CRDT", "13469.13</Amt><CdtDbtInd>CRDT"),
    "mt940": (":62F:C260302CNY13469,12", ":62F:C260302CNY13469,13"),
    "mt942": (":90C:2CNY12469,12", ":90C:2CNY12469,13"),
    "bai2": ("49,2693824,4/", "49,2693825,4/"),
}  # fmt: skip
BALANCES = [name for name in NAMES if name.startswith("bank.")]


def kept(folder, name, data):
    path = folder / ALL[name].name
    path.write_bytes(data)
    return path


def said(name, text, folder, options=None):
    """Return what reading a text in the encoding of the format comes to: the rows and the verdict."""
    path = kept(folder, name, text.encode(ALL[name].encoding))
    return read_frame(path, format=FORMATS[name], options=options or Options())


def usual(name, folder):
    return said(name, ALL[name].text, folder)[0]


def refusal(name, text, folder, options=None):
    with pytest.raises(UnreadableFile) as refused:
        said(name, text, folder, options)
    sentence = str(refused.value)
    assert ALL[name].name in sentence
    assert sentence.endswith(".")
    return sentence


def placed(name, text, folder):
    """Return the verdict of a text, or None where it is refused with the place of what is wrong."""
    try:
        return said(name, text, folder)[1]
    except UnreadableFile as refused:
        error = refused
    assert LINE.search(str(error)), error
    return None


def harmless(name, text, folder):
    """Read a changed file; refused or unsound is as good as read alike, read otherwise is not."""
    before = usual(name, folder).drop("line")
    try:
        after, verdict = said(name, text, folder)
    except UnreadableFile as refused:
        return str(refused)
    if not verdict.sound:
        return "unsound"
    assert after.drop("line").equals(before)
    return "read"


def test_every_format_has_its_file_by_hand():
    by_machine = {
        name for name in FORMATS if name.startswith("parquet.")
    }  # test_converted has those
    assert set(NAMES) | by_machine == set(FORMATS)
    assert len(by_machine) == len(Role)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_written_by_hand_is_recognised_and_read(name, tmp_path):
    hand = ALL[name]
    path = kept(tmp_path, name, hand.data)
    assert recognise(path) is FORMATS[name]
    frame, verdict = read_frame(path)
    assert (verdict.rows, verdict.sums, verdict.sound) == (2, {hand.currency: SUM_MINOR}, True)
    assert frame["amount_minor"].to_list() == [1_234_567, 12_345]
    day = "booked_on" if verdict.role is Role.STATEMENT else "at"
    assert {str(moment)[:10] for moment in frame[day]} == {"2026-03-02"}
    if verdict.role is Role.BILL and name not in {"zme", "wechat.fund", "alipay.account"}:
        assert frame["fee_minor"].to_list() == [4_691, 47]


@pytest.mark.parametrize(("name", "version"), sorted(VERSIONS))
def test_every_version_of_camt_is_read(name, version, tmp_path):
    frame, verdict = said(name, VERSIONS[name, version], tmp_path)
    assert verdict.sums == {"CNY": SUM_MINOR}
    assert frame["booked_on"].null_count() == 0


@pytest.mark.parametrize("name", [name for name in NAMES if ALL[name].empty is not None])
def test_a_day_without_payments_is_sound_and_empty(name, tmp_path):
    path = kept(tmp_path, name, ALL[name].empty.encode(ALL[name].encoding))
    frame, verdict = read_frame(path)
    assert (verdict.format, verdict.rows, frame.height, verdict.sound) == (name, 0, 0, True)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_within_its_last_row_is_refused(name, tmp_path):
    data = ALL[name].data.rstrip()
    path = kept(tmp_path, name, data[: len(data) - 12])
    try:
        _, verdict = read_frame(path, format=FORMATS[name])
    except UnreadableFile:
        return
    # The row ends in texts nobody needs, or the bank states a balance that its rows do not come to.
    assert verdict.sums == {ALL[name].currency: SUM_MINOR} or not verdict.sound


@pytest.mark.parametrize("name", sorted(OWN_TOTALS))
def test_a_wrong_trailer_or_summary_makes_the_file_unsound(name, tmp_path):
    old, new = OWN_TOTALS[name]
    assert old in ALL[name].text
    verdict = placed(name, ALL[name].text.replace(old, new), tmp_path)
    assert verdict is None or not verdict.sound


@pytest.mark.parametrize("name", BALANCES)
def test_a_running_balance_that_does_not_follow_makes_the_file_unsound(name, tmp_path):
    text = ALL[name].text.replace("13469.12", "13469.13")
    assert not said(name, text, tmp_path)[1].sound


@pytest.mark.parametrize("name", NAMES)
def test_the_30th_of_february_refuses_the_file_or_sets_the_line_aside(name, tmp_path):
    """Banks write it as a value date; then it is no day that anything is booked on."""
    text, hand = ALL[name].text, ALL[name]
    for day, none in DAYS:
        if day in text and name not in FIXED:
            text = text.replace(day, none)
            break
    else:
        text = text.replace("0302", "0230")
    assert text != hand.text
    verdict = placed(name, text, tmp_path)
    if verdict is None:
        return
    assert verdict.rows + len(verdict.set_aside) == 2
    assert verdict.set_aside or "lines_with_a_day_that_does_not_exist" in verdict.facts


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FIXED])
def test_five_decimals_are_never_rounded_away(name, tmp_path):
    comma = name.startswith("mt")
    for amount in ("123,45" if comma else "123.45", "12345"):
        if amount in ALL[name].text:
            break
    longer = amount + ("678" if "." in amount or "," in amount else ".00678")
    text = re.sub(rf"(?<![\d.]){re.escape(amount)}(?![\d.])", longer, ALL[name].text)
    assert text != ALL[name].text
    sentence = refusal(name, text, tmp_path)
    assert LINE.search(sentence)
    assert longer in sentence


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FIXED])
def test_thousands_separators_are_read_or_refused(name, tmp_path):
    """In quotation marks where the comma parts cells."""
    plain, fen = "12345.67", "1234567"
    text = ALL[name].text
    if plain in text:
        apart = (
            re.sub(r"\+?12345\.67", '"12,345.67"', text)
            if f",{plain}" in text or f"+{plain}" in text
            else ""
        )
        assert harmless(name, apart or text.replace(plain, "12,345.67"), tmp_path)
        text = text.replace(plain, "12,345.67")  # without the marks it is a cell too many
    else:
        text = re.sub(rf"(?<!\d){fen}(?!\d)", "1,234,567", text).replace("12345,67", "12.345,67")
    assert harmless(name, text, tmp_path)


# The mark is UTF-8's, and fixed places have no room for it.
MARKED = [n for n in NAMES if ALL[n].encoding == "utf-8" and n not in FIXED]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("name", "mark"), [*((n, "") for n in NAMES), *((n, "\ufeff") for n in MARKED)]
)
def test_line_ends_and_a_byte_order_mark_change_nothing(name, mark, end, tmp_path):
    text = mark + ALL[name].text.replace("\r\n", "\n").replace("\n", end)
    assert harmless(name, text, tmp_path) == "read"


ENGLISH = {"stripe.payout", "adyen.settlement"}  # they have no wide brackets
BRACKETED = [n for n in TEXT if n not in ENGLISH and ("（" in ALL[n].text or "(" in ALL[n].text)]


@pytest.mark.parametrize("name", BRACKETED)
def test_brackets_of_titles_are_wide_or_narrow(name, tmp_path):
    other = {ord("（"): "(", ord("）"): ")", ord("("): "（", ord(")"): "）"}
    assert harmless(name, ALL[name].text.translate(other), tmp_path) == "read"


@pytest.mark.parametrize(
    "name", [n for n in TEXT if n not in FIXED and not n.startswith(("mt", "bai"))]
)
def test_tabs_glued_to_cells_are_taken_off(name, tmp_path):
    """Where a tab parts the cells it cannot be glued to one: then the row has a cell too many, and is refused."""
    for number in ("060110000101", "TK000101", "txn_000101", "E1", "银联商务"):
        if number in ALL[name].text:
            break
    text = ALL[name].text.replace(number, number + "\t")
    told = harmless(name, text, tmp_path)
    assert told == "read" or name.startswith("ums.") or name == "stripe.payout"


NAMING = [n for n in NAMES if ALL[n].currency in ALL[n].text or ALL[n].currency.lower() in ALL[n].text]  # fmt: skip


@pytest.mark.parametrize("name", NAMING)
def test_a_currency_that_nobody_knows_is_refused(name, tmp_path):
    code = ALL[name].currency
    text = ALL[name].text.replace(code, "QQQ").replace(code.lower(), "qqq")
    assert re.search("(?i)qqq", refusal(name, text, tmp_path))


UNHEADED = {"ums.headless", "ums.25", "bai2", "mt940", "mt942", *FIXED}
HEADED = [name for name in TEXT if ALL[name].empty and name not in UNHEADED]
AMOUNT = re.compile(
    "^(记账金额|交易金额$|应结订单金额|订单金额（|金额|amount_minor|gross|收支金额|收入金额|贷方金额)"
    "|Gross Credit"
)


def _head(name):
    """Return number of the header line, its delimiter and its titles."""
    empty = ALL[name].text.splitlines()
    for number, line in enumerate(empty):
        for delimiter in (",", "\t", "|"):
            if len(cells := line.split(delimiter)) >= 7 and not any(
                c.strip().isdigit() for c in cells
            ):
                return number, delimiter, cells
    raise AssertionError(name)


@pytest.mark.parametrize("name", HEADED)
def test_a_missing_column_is_named(name, tmp_path):
    number, delimiter, titles = _head(name)
    amount = next(i for i, title in enumerate(titles) if AMOUNT.search(title))
    lines = ALL[name].text.splitlines()
    lines[number] = delimiter.join(t if i != amount else "某" for i, t in enumerate(titles))
    sentence = refusal(name, "\r\n".join(lines) + "\r\n", tmp_path)
    assert (
        re.split("[(（]", titles[amount])[0] in sentence
        or "交易金额" in sentence
        or "title line" in sentence
    )


@pytest.mark.parametrize("name", HEADED)
def test_an_extra_column_is_passed_over(name, tmp_path):
    number, delimiter, titles = _head(name)
    lines = ALL[name].text.splitlines()
    for at in range(number, len(lines)):
        if lines[at].count(delimiter) >= len(titles) - 1:
            ticked = "`" if name.startswith("wechat") else ""
            lines[at] += delimiter + ("新列" if at == number else ticked + "x")
    assert harmless(name, "\r\n".join(lines) + "\r\n", tmp_path) == "read"


BILLS_WITH_MID = [
    n for n in NAMES if FORMATS[n].role is Role.BILL and n not in {"stripe.payout", "wechat.fund"}
]


@pytest.mark.parametrize("name", BILLS_WITH_MID)
def test_a_bill_for_another_merchant_is_refused(name, tmp_path):
    sentence = refusal(name, ALL[name].text, tmp_path, Options(mid="898310154119999"))
    assert "898310154119999" in sentence


@pytest.mark.parametrize("name", NAMES)
def test_ten_megabytes_on_one_line_are_refused_or_read_without_their_memory(name, tmp_path):
    """XML has no lines: there it is one text of ten megabytes that is refused."""
    data, filling = ALL[name].data, b"x" * (10 << 20)
    if name.startswith("camt"):
        data = data.replace(b"SETTLEMENT", filling)
    else:
        first, _, rest = data.partition(b"\n")
        data = first + b"\n" + filling + b"\n" + rest
    with pytest.raises(UnreadableFile) as refused:
        read_frame(kept(tmp_path, name, data), format=FORMATS[name])
    assert "bytes" in str(refused.value)


@pytest.fixture(scope="module")
def bombs():
    """More zeros than are unpacked unasked, in a zip of one member and in a gzip file."""
    zeros = bytes(FREE_OF_RATIO + 1)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", zeros)
    return packed.getvalue(), gzip.compress(zeros, 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_bomb_is_refused(name, bombs, tmp_path):
    for data in bombs:
        with pytest.raises(UnreadableFile):
            read_frame(kept(tmp_path, name, data), format=FORMATS[name])
