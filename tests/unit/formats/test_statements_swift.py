import io
import warnings
from contextlib import suppress
from decimal import Decimal

import mt940
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.formats.statement_frames import plainly, read, statements, written

from tillkeeper.formats.canonical.errors import BadLine, TooLarge, Truncated, UnreadableFile
from tillkeeper.formats.canonical.reading import Options
from tillkeeper.formats.catalogue import FORMATS, recognise
from tillkeeper.formats.statements.amounts import major_of

KINDS = st.sampled_from(["NTRF", "NMSC", "FCHG", "S103"])
SILENT = ("balance_minor",)


def page(*lines, opening="C260301EUR100,00", closing="C260302EUR110,00", head=""):
    body = "\n".join(lines)
    return (
        f"{head}:20:START\n:25:10200123456\n:28C:1/1\n:60F:{opening}\n{body}\n:62F:{closing}\n-\n"
    )


def swift(tmp_path, text, name="mt940", encoding="utf-8"):
    return written(tmp_path / "a.sta", name, text.encode(encoding))


@pytest.mark.parametrize("name", ["mt940", "mt942"])
@given(frame=statements(kinds=KINDS))
def test_what_is_written_is_read_again(tmp_path_factory, name, frame):
    path = tmp_path_factory.mktemp("swift") / "a.sta"
    FORMATS[name].write(frame, path)
    found, verdict = read(path, name)
    assert plainly(found, *SILENT).equals(plainly(frame, *SILENT))
    assert (verdict.sound, verdict.format, recognise(path).name) == (True, name, name)


@given(frame=statements(kinds=KINDS))
def test_another_reader_finds_the_same_amounts(tmp_path_factory, frame):
    path = tmp_path_factory.mktemp("swift") / "a.sta"
    FORMATS["mt940"].write(frame, path)
    with warnings.catch_warnings(action="ignore"):
        theirs = mt940.parse(io.StringIO(path.read_text()))
    ours, _verdict = read(path, "mt940")
    currency = frame["currency"][0]
    told = [
        Decimal(major_of(minor, currency)) * (-1 if minor < 0 else 1)
        for minor in ours["amount_minor"]
    ]
    assert [one.data["amount"].amount for one in theirs] == told


@given(frame=statements(kinds=KINDS), share=st.floats(0, 0.999))
def test_a_file_that_is_cut_loses_no_line_unnoticed(tmp_path_factory, frame, share):
    path = tmp_path_factory.mktemp("swift") / "a.sta"
    FORMATS["mt940"].write(frame, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    try:
        found, verdict = read(path, "mt940")
    except UnreadableFile:
        return
    assert not verdict.sound or found["amount_minor"].equals(frame["amount_minor"])


@given(
    junk=st.lists(
        st.sampled_from(
            [
                ":20:",
                ":25:",
                ":60F:",
                ":61:",
                ":86:",
                "\n",
                "C260301EUR1,",
                "-",
                "?20",
                "é",
                "2603010301D1,NTRF",
                ":62F:",
                ":90D:",
            ]
        ),
        max_size=30,
    )
)
def test_junk_gives_no_errors_but_our_own(tmp_path_factory, junk):
    path = tmp_path_factory.mktemp("swift") / "a.sta"
    path.write_bytes("".join(junk).encode())
    with suppress(UnreadableFile):
        read(path, "mt940")


@pytest.mark.parametrize(
    ("line", "amount"),
    [
        (":61:2603020302C10,00NTRFREF//BANK", 1000),
        (":61:2603020302D10,5NTRFREF", -1050),
        (":61:2603020302RC10,NTRFREF", -1000),  # a credit taken back
        (":61:2603020302RD10,NTRFREF", 1000),  # a debit taken back
        (":61:2603020302DR10,NTRFREF", -1000),  # R is the funds code here
        (":61:260302C10,00NTRFREF", 1000),  # no entry date
        (":61:260302    C10,00NTRFREF", 1000),  # a blank one
        (":61:2603020302CN0000000010,00NTRFREF", 1000),
        (":61:2603020302C1.234,56NTRFREF", 123456),
        (":61:2603020302C10,00000NTRFREF", 1000),
    ],
)
def test_statement_lines_of_all_kinds_are_read(tmp_path, line, amount):
    frame, _verdict = swift(tmp_path, page(line))
    assert frame["amount_minor"].to_list() == [amount]
    assert [str(day) for day in frame["booked_on"]] == ["2026-03-02"]
    assert (frame["line"][0], frame["reference"][0]) == (5, "REF")


@pytest.mark.parametrize(
    "line", [":61:what", ":61:2603020302C10,001NTRFREF", ":61:2603020302X10,NTRF"]
)
def test_a_line_that_is_none_is_refused_with_its_number(tmp_path, line):
    with pytest.raises(BadLine) as refused:
        swift(tmp_path, page(line))
    assert (refused.value.line, refused.value.column) == (5, ":61:")


def test_opening_and_lines_make_the_closing_balance(tmp_path):
    assert swift(tmp_path, page(":61:2603020302C10,NTRFREF"))[1].sound
    _frame, verdict = swift(tmp_path, page(":61:2603020302C10,01NTRFREF"))
    (check,) = verdict.checks
    assert (check.stated, check.found, check.line) == ("11000 EUR", "11001 EUR", 6)


def test_a_closing_balance_in_another_currency_is_unsound(tmp_path):
    text = page(":61:2603020302C10,NTRFREF", closing="C260302USD110,00")
    assert not swift(tmp_path, text)[1].sound


def test_a_statement_without_lines_is_a_sound_empty_day(tmp_path):
    frame, verdict = swift(tmp_path, page(closing="C260302EUR100,00"))
    assert (frame.height, verdict.sound, verdict.facts["period"]) == (
        0,
        True,
        "2026-03-01/2026-03-02",
    )


def test_30_february_is_booked_on_the_day_that_the_entry_date_gives(tmp_path):
    frame, verdict = swift(tmp_path, page(":61:2602300302C10,NTRFREF"))
    assert (str(frame["booked_on"][0]), frame["valued_on"][0]) == ("2026-03-02", None)
    assert verdict.facts["lines_with_a_day_that_does_not_exist"] == "5"
    assert verdict.sound


def test_an_entry_date_that_does_not_exist_gives_way_to_the_value_date(tmp_path):
    frame, _verdict = swift(tmp_path, page(":61:2603020230C10,NTRFREF"))
    assert str(frame["booked_on"][0]) == "2026-03-02"


@pytest.mark.parametrize("days", ["260230", "2602300230"])
def test_a_line_whose_days_do_not_exist_is_set_aside_and_counted(tmp_path, days):
    frame, verdict = swift(tmp_path, page(f":61:{days}C10,NTRFREF"))
    assert (frame.height, verdict.rows, verdict.sound) == (0, 0, True)
    assert [(aside.line, aside.column) for aside in verdict.set_aside] == [(5, ":61:")]


@pytest.mark.parametrize(
    ("days", "booked"), [("2512310102", "2026-01-02"), ("2601021231", "2025-12-31")]
)
def test_an_entry_date_across_new_year_finds_its_year(tmp_path, days, booked):
    frame, _verdict = swift(tmp_path, page(f":61:{days}C10,NTRFREF"))
    assert str(frame["booked_on"][0]) == booked


@pytest.mark.parametrize("code", ["166", ""])  # some banks leave it out
def test_structured_information_is_taken_apart(tmp_path, code):
    information = f":86:{code}?00SEPA?20REF 1?21OF TODAY?30COBADEFF?31DE1234?32SHOP?33 LTD\n?34000"
    frame, _verdict = swift(tmp_path, page(":61:2603020302C10,NTRFREF", information))
    row = frame.row(0, named=True)
    assert (row["text"], row["counterparty"], row["counterparty_account"]) == (
        "SEPA REF 1 OF TODAY",
        "SHOP LTD",
        "DE1234",
    )


def test_wrapped_lines_and_several_informations_are_joined(tmp_path):
    full = "x" * 65
    lines = [":61:2603020302C10,NTRFREF", "supplement", f":86:{full}", "y z", ":86:more"]
    frame, _verdict = swift(tmp_path, page(*lines))
    assert frame["text"].to_list() == [f"supplement {full}y z more"]


def test_a_statement_line_that_is_wrapped_is_read(tmp_path):
    frame, _verdict = swift(tmp_path, page(":61:2603020302C10,", "NTRFREF"))
    assert frame["reference"].to_list() == ["REF"]


@pytest.mark.parametrize(
    "head",
    [
        "{1:F01BANK}{2:O940}{4:\n",
        "{1:F01BANK}{4:",
        ":940:\n",
        "BANKNL2A\n940\nBANKNL2A\n",
        "\x01\n",
    ],
)
def test_headers_of_all_kinds_are_passed_over(tmp_path, head):
    frame, verdict = swift(
        tmp_path, page(":61:2603020302C10,NTRFREF", head=head).replace("\n-\n", "\n-}\n")
    )
    assert (frame.height, verdict.sound) == (1, True)
    assert recognise(tmp_path / "a.sta").name == "mt940"


def test_28_stands_for_28c(tmp_path):
    _frame, verdict = swift(
        tmp_path, page().replace(":28C:1/1", ":28:7").replace("EUR110", "EUR100")
    )
    assert '"number": "7"' in verdict.facts["statements"]


def test_pages_of_one_statement_must_follow_from_each_other(tmp_path):
    first = page(":61:2603020302C10,NTRFREF").replace(":62F:", ":62M:")
    second = page(
        ":61:2603020302C1,NTRFREF", opening="C260302EUR110,00", closing="C260302EUR111,00"
    )
    frame, verdict = swift(tmp_path, first + second.replace(":60F:", ":60M:"))
    assert (frame.height, verdict.sound) == (2, True)
    assert (verdict.facts["opening_minor"], verdict.facts["closing_minor"]) == ("10000", "11100")
    gap = page(":61:2603020302C1,NTRFREF", opening="C260302EUR111,00", closing="C260302EUR112,00")
    assert not swift(tmp_path, first + gap.replace(":60F:", ":60M:"))[1].sound


def test_a_line_behind_the_end_is_set_aside(tmp_path):
    frame, verdict = swift(
        tmp_path, page(":61:2603020302C10,NTRFREF") + ":61:2603020302C99,NTRFREF\n"
    )
    assert (frame.height, len(verdict.set_aside), verdict.sound) == (1, 1, True)


def test_a_statement_without_its_end_is_truncated(tmp_path):
    whole = page(":61:2603020302C10,NTRFREF")
    with pytest.raises(Truncated, match=r"line 5.*:62F:"):
        swift(tmp_path, whole[: whole.index(":62F:")])
    with pytest.raises(Truncated):
        swift(tmp_path, whole[: whole.index(":62F:")] + whole)


def test_an_interim_report_states_number_and_sum(tmp_path):
    head = ":20:A\n:25:1\n:28C:1\n:34F:PLN0,\n:13D:2603021200+0100\n"
    lines = ":61:260302C1,NTRFREF\n:61:260302EC2,NTRFREF\n"
    text = f"{head}{lines}:90D:0PLN0,\n:90C:2PLN3,\n-\n"
    frame, verdict = swift(tmp_path, text, "mt942")
    assert (frame["currency"].to_list(), frame["status"].to_list()) == (
        ["PLN", "PLN"],
        ["booked", "pending"],
    )
    assert (verdict.sound, verdict.format) == (True, "mt942")
    assert not swift(tmp_path, text.replace(":90C:2", ":90C:3"), "mt942")[1].sound


@pytest.mark.parametrize(
    ("encoding", "said"), [("gb18030", "工资入账"), ("latin-1", "Überweisung")]
)
def test_other_encodings_are_read(tmp_path, encoding, said):
    text = page(":61:2603020302C10,NTRFREF", f":86:{said}")
    frame, _verdict = swift(tmp_path, text, encoding=encoding)
    assert frame["text"].to_list() == [said]


def test_a_currency_that_no_tag_names_comes_from_the_options(tmp_path):
    text = ":20:A\n:25:1\n:13D:2603021200+0100\n:61:260302C1,NTRFREF\n-\n"
    frame, _verdict = written(tmp_path / "a.sta", "mt942", text)
    assert frame["currency"].to_list() == ["CNY"]
    frame, _verdict = read(tmp_path / "a.sta", "mt942", Options(currency="JPY"))
    assert frame["amount_minor"].to_list() == [1]


def test_10_mb_on_one_line_are_refused(tmp_path):
    with pytest.raises(TooLarge):
        swift(tmp_path, page(":86:" + "x" * 10_000_000))


def test_card_numbers_are_cut(tmp_path):
    frame, _verdict = swift(
        tmp_path, page(":61:2603020302C10,NTRFREF", ":86:card 6222021234567890123")
    )
    assert frame["text"].to_list() == ["card 622202******0123"]
