import pytest
from bai2 import bai2
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.formats.statement_frames import plainly, read, statements, written

from tillkeeper.formats.canonical.errors import BadLine, TooLarge, Truncated, UnreadableFile
from tillkeeper.formats.catalogue import FORMATS, recognise

SILENT = ("balance_minor", "kind", "counterparty", "counterparty_account")
DETAILS = ["16,195,1000,V,260301,,BANKREF,CUSTREF,PAYOUT, OF TODAY/", "16,495,400,Z,,,FEE/"]


def account(*details, figures="010,500,,,015,1100,,,100,1000,1,,400,400,1,", name="12345", extra=0):
    amounts = [int(cell) for cell in figures.split(",")[1::4]] if figures else []
    amounts += [int(line.split(",")[2]) for line in details if line.startswith("16,")]
    lines = [f"03,{name},USD,{figures}/", *details]
    return [*lines, f"49,{sum(amounts) + extra},{len(lines) + 1}/"]


def file_of(*accounts, group="02,ME,BANK,1,260302,0000,USD,2/"):
    lines = [line for one in accounts for line in one]
    total = sum(int(line.split(",")[1]) for line in lines if line.startswith("49,"))
    head = ["01,BANK,ME,260303,0100,1,,,2/", group]
    tail = [f"98,{total},{len(accounts)},{len(lines) + 2}/", f"99,{total},1,{len(lines) + 4}/"]
    return "\n".join([*head, *lines, *tail]) + "\n"


def read_text(tmp_path, text):
    return written(tmp_path / "a.bai", "bai2", text)


@given(frame=statements())
def test_what_is_written_is_read_again(tmp_path_factory, frame):
    path = tmp_path_factory.mktemp("bai2") / "a.bai"
    FORMATS["bai2"].write(frame, path)
    found, verdict = read(path, "bai2")
    assert plainly(found, *SILENT).equals(plainly(frame, *SILENT))
    assert (verdict.sound, recognise(path).name) == (True, "bai2")


@given(frame=statements(words=st.just("")))
def test_another_reader_accepts_what_is_written(tmp_path_factory, frame):
    path = tmp_path_factory.mktemp("bai2") / "a.bai"
    FORMATS["bai2"].write(frame, path)
    with path.open() as file:  # it checks control totals and counts itself
        theirs = bai2.parse_from_file(file)
    found = [d.amount for g in theirs.children for a in g.children for d in a.children]
    assert found == [abs(minor) for minor in frame["amount_minor"]]


@given(frame=statements(), share=st.floats(0, 0.999))
def test_a_file_that_is_cut_loses_no_line_unnoticed(tmp_path_factory, frame, share):
    path = tmp_path_factory.mktemp("bai2") / "a.bai"
    FORMATS["bai2"].write(frame, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    try:
        found, verdict = read(path, "bai2")
    except UnreadableFile:
        return
    assert not verdict.sound or found["amount_minor"].equals(frame["amount_minor"])


@given(
    junk=st.lists(
        st.sampled_from(
            [
                "01,",
                "02,",
                "03,",
                "16,",
                "49,",
                "88,",
                "98,",
                "99,",
                "/",
                "\n",
                "195,",
                "D,9999,",
                "260302,",
                "1,",
                "é",
                "/ 16,",
            ]
        ),
        max_size=30,
    )
)
def test_junk_gives_no_errors_but_our_own(tmp_path_factory, junk):
    path = tmp_path_factory.mktemp("bai2") / "a.bai"
    path.write_bytes("".join(junk).encode())
    with pytest.raises(UnreadableFile) as refused:
        read(path, "bai2")
    assert str(refused.value)


def test_a_detail_gives_its_day_references_and_text_with_commas(tmp_path):
    frame, verdict = read_text(tmp_path, file_of(account(*DETAILS)))
    row = frame.row(0, named=True)
    assert (row["line"], str(row["booked_on"]), str(row["valued_on"])) == (
        4,
        "2026-03-02",
        "2026-03-01",
    )
    assert (row["reference"], row["bank_reference"], row["kind"]) == ("CUSTREF", "BANKREF", "195")
    assert row["text"] == "PAYOUT, OF TODAY"
    assert frame["amount_minor"].to_list() == [1000, -400]
    assert (verdict.sound, verdict.facts["opening_minor"], verdict.facts["closing_minor"]) == (
        True,
        "500",
        "1100",
    )


@pytest.mark.parametrize(
    ("code", "amounts"),
    [
        ("100", [7]),
        ("399", [7]),
        ("400", [-7]),
        ("699", [-7]),
        ("700", []),
        ("099", []),
        ("XYZ", []),
    ],
)
def test_the_type_code_says_credit_or_debit_or_sets_the_line_aside(tmp_path, code, amounts):
    frame, verdict = read_text(tmp_path, file_of(account(f"16,{code},7,Z,,,X/", figures="")))
    assert frame["amount_minor"].to_list() == amounts
    assert (len(verdict.set_aside), verdict.sound) == (1 - len(amounts), True)


def test_continuations_go_on_with_figures_and_text(tmp_path):
    lines = [
        "03,12345,USD,010,500,,/",
        "88,015,500,,,100,7,1,V,260301,/",
        "16,195,7,Z,,,FIRST/",
        "88,SECOND, THIRD/",
        "49,1014,5/",
    ]
    frame, verdict = read_text(tmp_path, file_of(lines))
    assert frame["text"].to_list() == ["FIRST SECOND, THIRD"]
    names = [check.name for check in verdict.checks if not check.holds]
    assert names == ["opening balance and details against the closing balance"]


def test_records_joined_by_blanks_and_texts_over_line_ends_are_read(tmp_path):
    text = (
        file_of(account(*DETAILS))
        .replace("/\n16,495", "/   16,495")
        .replace("OF TODAY", "OF\nTODAY")
    )
    frame, verdict = read_text(tmp_path, text)
    assert (frame["text"].to_list(), verdict.sound) == (["PAYOUT, OF TODAY", "FEE"], True)
    assert frame["line"].to_list() == [4, 5]


@pytest.mark.parametrize(
    "funds", ["0", "1", "2", "Z", "", "V,260301,1200", "S,1,2,3", "D,2,1,3,2,4"]
)
def test_every_funds_type_leaves_the_text_where_it_is(tmp_path, funds):
    frame, _verdict = read_text(
        tmp_path, file_of(account(f"16,195,7,{funds},B,C,TEXT/", figures=""))
    )
    assert (frame["text"][0], frame["reference"][0], frame["bank_reference"][0]) == (
        "TEXT",
        "C",
        "B",
    )


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("49,4400,", "49,4401,", "control total of the account"),
        ("98,4400,1,", "98,4400,2,", "accounts against the group trailer"),
        ("99,4400,1,8", "99,4400,1,9", "records of the file"),
        (",400,400,1,", ",400,400,2,", "number of the debits"),
    ],
)
def test_a_trailer_that_does_not_add_up_is_told(tmp_path, old, new, name):
    text = file_of(account(*DETAILS))
    assert old in text
    _frame, verdict = read_text(tmp_path, text.replace(old, new))
    assert name in [check.name for check in verdict.checks if not check.holds]


def test_a_detail_that_is_missing_or_doubled_is_found(tmp_path):
    text = file_of(account(*DETAILS))
    assert not read_text(tmp_path, text.replace(DETAILS[1] + "\n", ""))[1].sound
    assert not read_text(tmp_path, text.replace(DETAILS[1], DETAILS[1] + "\n" + DETAILS[1]))[
        1
    ].sound


@pytest.mark.parametrize("trailer", ["49,", "98,", "99,"])
def test_a_trailer_that_is_missing_is_truncation(tmp_path, trailer):
    lines = file_of(account(*DETAILS)).splitlines()
    kept = [line for line in lines if not line.startswith(trailer)]
    with pytest.raises(Truncated):
        read_text(tmp_path, "\n".join(kept))


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("16,495,400", "16,495,4.00", "amount"),
        ("02,ME,BANK,1,260302", "02,ME,BANK,1,260230", "as-of date"),
        ("V,260301", "V,260230", "value date"),
        ("02,ME,BANK,1", "02,ME,BANK,4", "group status"),
        (",,,2/\n02", ",,,3/\n02", "version"),
        ("03,12345", "16,195,1,Z,,,X/\n03,12345", "record code"),
    ],
)
def test_what_is_wrong_is_refused_with_line_and_column(tmp_path, old, new, column):
    with pytest.raises(BadLine) as refused:
        read_text(tmp_path, file_of(account(*DETAILS)).replace(old, new))
    assert refused.value.column == column


def test_a_quiet_account_is_a_sound_empty_day(tmp_path):
    quiet = account(figures="010,00,,,015,00,,,100,00,0,,400,00,0,")
    frame, verdict = read_text(tmp_path, file_of(quiet))
    assert (frame.height, verdict.sound) == (0, True)


def test_two_currencies_are_two_accounts(tmp_path):
    euros = [line.replace("USD", "EUR") for line in account(*DETAILS)]
    _frame, verdict = read_text(tmp_path, file_of(account(*DETAILS), euros))
    assert (verdict.sums, verdict.sound) == ({"USD": 600, "EUR": 600}, True)


def test_10_mb_on_one_line_are_refused(tmp_path):
    with pytest.raises(TooLarge):
        read_text(tmp_path, file_of(account("16,195,1000,Z,,," + "x" * 10_000_000)))
