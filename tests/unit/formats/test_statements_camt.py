import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.formats.statement_frames import plainly, read, statements, written

from tillkeeper.formats.canonical.errors import (
    BadLine,
    Hostile,
    TooLarge,
    Truncated,
    UnreadableFile,
)
from tillkeeper.formats.catalogue import FORMATS, recognise

ENTRY = """<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{more}<Sts>{status}</Sts>
<BookgDt><Dt>{day}</Dt></BookgDt></Ntry>"""


def entry(amount="8.85", sign="CRDT", *, more="", status="BOOK", day="2026-03-02"):
    return ENTRY.format(amount=amount, sign=sign, more=more, status=status, day=day)


def reversal(amount, sign):
    return entry(amount, sign, more="<RvslInd>true</RvslInd>")


def balance(kind, amount, sign="CRDT", currency="EUR"):
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>'
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>"
    )


def document(*within, version="02", message="053", prolog=""):
    root, name = {
        "053": ("BkToCstmrStmt", "Stmt"),
        "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    }[message]
    body = "\n".join(within)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{prolog}'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version}"><{root}><{name}>\n'
        f"<Acct><Id><IBAN>NL26VAYB8060476890</IBAN></Id></Acct>\n{body}\n</{name}></{root}></Document>"
    )


def camt(tmp_path, *within, **how):
    return written(tmp_path / "a.xml", "camt.053", document(*within, **how))


@pytest.mark.parametrize("name", ["camt.053", "camt.054"])
@given(frame=statements(moments=True))
def test_what_is_written_is_read_again(tmp_path_factory, name, frame):
    path = tmp_path_factory.mktemp("camt") / "a.xml"
    FORMATS[name].write(frame, path)
    found, verdict = read(path, name)
    assert plainly(found, "balance_minor").equals(plainly(frame, "balance_minor"))
    assert verdict.sound
    assert recognise(path).name == name
    assert verdict.sums == {frame["currency"][0]: frame["amount_minor"].sum()}


@given(frame=statements(), share=st.floats(0, 0.999))
def test_a_file_that_is_cut_anywhere_is_refused(tmp_path_factory, frame, share):
    path = tmp_path_factory.mktemp("camt") / "a.xml"
    FORMATS["camt.053"].write(frame, path)
    whole = path.read_bytes().rstrip()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UnreadableFile):
        read(path, "camt.053")


@given(
    junk=st.binary(max_size=300), begin=st.sampled_from([b"", b"<?xml version='1.0'?><Document>"])
)
def test_junk_gives_no_errors_but_our_own(tmp_path_factory, junk, begin):
    path = tmp_path_factory.mktemp("camt") / "a.xml"
    path.write_bytes(begin + junk)
    with pytest.raises(UnreadableFile):
        read(path, "camt.053")


@pytest.mark.parametrize("version", ["02", "03", "04", "08", "13"])
@pytest.mark.parametrize("message", ["053", "054"])
def test_every_version_reads_alike(tmp_path, version, message):
    path = tmp_path / "a.xml"
    path.write_text(document(entry(), version=version, message=message))
    assert recognise(path).name == f"camt.{message}"
    frame, verdict = read(path, f"camt.{message}")
    assert (verdict.format, frame["amount_minor"].to_list()) == (f"camt.{message}", [885])


def test_a_prefix_for_the_namespace_or_none_at_all_changes_nothing(tmp_path):
    plain = document(entry()).replace(' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"', "")
    assert written(tmp_path / "a.xml", "camt.053", plain)[0].height == 1
    prefixed = plain.replace("</", "</c:").replace("<", "<c:").replace("<c:/c:", "</c:")
    prefixed = prefixed.replace("<c:?xml", "<?xml").replace(
        "<c:Document", '<c:Document xmlns:c="urn:x"'
    )
    assert written(tmp_path / "b.xml", "camt.053", prefixed)[0].height == 1


def test_source_lines_stay_right_in_long_files(tmp_path):
    frame, _verdict = camt(tmp_path, "\n" * 70_000, entry())
    assert frame["line"].to_list() == [70_005]


def test_opening_and_entries_make_the_closing_balance(tmp_path):
    within = [balance("OPBD", "10.00"), entry("8.85"), entry("0.85", "DBIT")]
    frame, verdict = camt(tmp_path, *within, balance("CLBD", "18.00"))
    assert (frame.height, verdict.sound) == (2, True)
    facts = {"opening_minor": "1000", "closing_minor": "1800", "account": "NL26VAYB8060476890"}
    assert facts.items() <= verdict.facts.items()
    _frame, verdict = camt(tmp_path, *within, balance("CLBD", "18.01"))
    (check,) = [check for check in verdict.checks if not check.holds]
    assert (check.stated, check.found, check.line) == ("1801 EUR", "1800 EUR", 9)


def test_yesterdays_closing_balance_stands_in_for_the_opening_one(tmp_path):
    _frame, verdict = camt(
        tmp_path, balance("PRCD", "1.00"), entry("1.00"), balance("CLBD", "3.00")
    )
    assert not verdict.sound


def test_pending_entries_are_read_and_do_not_count_in_the_balance(tmp_path):
    pending = entry("5.00", status="<Cd>PDNG</Cd>")
    frame, verdict = camt(
        tmp_path, balance("OPBD", "1.00"), pending, entry("1.00"), balance("CLBD", "2.00")
    )
    assert frame["status"].to_list() == ["pending", "booked"]
    assert verdict.sound


def test_an_entry_for_information_is_set_aside(tmp_path):
    frame, verdict = camt(tmp_path, entry(status="INFO"))
    assert (frame.height, len(verdict.set_aside), verdict.sums) == (0, 1, {})


@pytest.mark.parametrize(
    ("closing", "amounts"),
    [("6.00", [1000, -400]), ("14.00", [1000, 400])],  # turned; as written
)
def test_a_reversal_has_the_sign_with_which_the_balances_add_up(tmp_path, closing, amounts):
    within = [
        balance("OPBD", "0.00"),
        entry("10.00"),
        reversal("4.00", "CRDT"),
        balance("CLBD", closing),
    ]
    frame, verdict = camt(tmp_path, *within)
    assert (frame["amount_minor"].to_list(), verdict.sound) == (amounts, True)


def test_a_reversal_that_no_balance_explains_turns_its_sign(tmp_path):
    frame, _verdict = camt(tmp_path, reversal("4.00", "CRDT"), reversal("5.00", "DBIT"))
    assert frame["amount_minor"].to_list() == [-400, 500]


def test_a_batch_booking_is_one_line_that_keeps_its_payments_references(tmp_path):
    payments = "".join(
        f"<TxDtls><Refs><EndToEndId>E{n}</EndToEndId></Refs></TxDtls>" for n in range(3)
    )
    details = f"<NtryDtls><Btch><NbOfTxs>3</NbOfTxs></Btch>{payments}</NtryDtls></Ntry>"
    frame, verdict = camt(tmp_path, entry().replace("</Ntry>", details), entry())
    assert frame["reference"].to_list() == ["E0 E1 E2", ""]
    assert verdict.facts["batches"] == '[{"line": 4, "payments": 3, "found": 3}]'


@pytest.mark.parametrize("version", ["02", "08"])
def test_the_other_side_is_the_debtor_of_a_credit_and_the_creditor_of_a_debit(tmp_path, version):
    def named(name):
        return f"<Nm>{name}</Nm>" if version == "02" else f"<Pty><Nm>{name}</Nm></Pty>"

    parties = (
        f"<NtryDtls><TxDtls><RltdPties><Dbtr>{named('Payer')}</Dbtr><Cdtr>{named('Payee')}</Cdtr>"
        "<CdtrAcct><Id><Othr><Id>77</Id></Othr></Id></CdtrAcct></RltdPties></TxDtls></NtryDtls></Ntry>"
    )
    both = [entry(sign=sign).replace("</Ntry>", parties) for sign in ("CRDT", "DBIT")]
    frame, _verdict = camt(tmp_path, *both, version=version)
    assert frame["counterparty"].to_list() == ["Payer", "Payee"]
    assert frame["counterparty_account"].to_list() == ["", "77"]


def test_five_decimals_pass_only_as_zeros(tmp_path):
    frame, _verdict = camt(tmp_path, entry("8.85000"))
    assert frame["amount_minor"].to_list() == [885]
    with pytest.raises(BadLine) as refused:
        camt(tmp_path, entry("8.85001"))
    assert (refused.value.line, refused.value.column, refused.value.value) == (
        4,
        "Ntry/Amt",
        "8.85001",
    )


@pytest.mark.parametrize(
    "day", ["2026-03-02T23:59:59+08:00", "2026-03-02T15:59:59Z", "2026-03-02T23:59:59"]
)
def test_a_day_may_hold_a_moment(tmp_path, day):
    frame, _verdict = camt(tmp_path, entry(day=day))
    assert str(frame["booked_on"][0]) == "2026-03-02"
    assert frame["at"].dt.to_string("%H:%M:%S").to_list() == ["15:59:59"]


@pytest.mark.parametrize(
    "day", ["2026-02-30", "2026-02-30T10:00:00", "2026-02-28T25:00:00", "tomorrow"]
)
def test_a_day_that_does_not_exist_is_refused_with_its_line(tmp_path, day):
    with pytest.raises(BadLine, match="line 4"):
        camt(tmp_path, entry(day=day))


def test_a_statement_without_entries_is_a_sound_empty_day(tmp_path):
    frame, verdict = camt(tmp_path, balance("OPBD", "5.00"), balance("CLBD", "5.00"))
    assert (frame.height, verdict.rows, verdict.sound) == (0, 0, True)
    assert verdict.facts["period"] == "2026-03-02/2026-03-02"
    assert not camt(tmp_path, balance("OPBD", "5.00"), balance("CLBD", "5.01"))[1].sound


def test_two_currencies_in_one_account_are_unsound(tmp_path):
    dollars = entry().replace('Ccy="EUR"', 'Ccy="USD"')
    frame, verdict = camt(tmp_path, entry(), dollars)
    assert (frame.height, verdict.sound, verdict.sums) == (2, False, {"EUR": 885, "USD": 885})


def test_a_summary_that_does_not_add_up_is_told(tmp_path):
    summary = (
        "<TxsSummry><TtlNtries><NbOfNtries>{}</NbOfNtries><Sum>{}</Sum></TtlNtries></TxsSummry>"
    )
    assert camt(tmp_path, summary.format(2, "9.85"), entry(), entry("1.00", "DBIT"))[1].sound
    _frame, verdict = camt(tmp_path, summary.format(3, "9.86"), entry(), entry("1.00", "DBIT"))
    assert [check.holds for check in verdict.checks] == [False, False]


def test_card_numbers_are_cut(tmp_path):
    told = "<AddtlNtryInf>card 6222021234567890123 ok</AddtlNtryInf></Ntry>"
    frame, _verdict = camt(tmp_path, entry().replace("</Ntry>", told))
    assert frame["text"].to_list() == ["card 622202******0123 ok"]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "prolog",
    [
        f'<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]>\n',
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n',
        '<!DOCTYPE d SYSTEM "http://127.0.0.1:1/x.dtd">\n',
        '<!DOCTYPE d [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_it_is_read(tmp_path, prolog, encoding):
    text = document(entry(more="<AddtlNtryInf>&l9;&x;</AddtlNtryInf>"), prolog=prolog)
    data = text.replace("UTF-8", encoding.upper()).encode(encoding)
    with pytest.raises(Hostile):
        written(tmp_path / "a.xml", "camt.053", data)


def test_an_entity_that_nobody_declares_is_refused(tmp_path):
    with pytest.raises(BadLine):
        camt(tmp_path, entry(more="<AddtlNtryInf>&x;</AddtlNtryInf>"))


def test_elements_too_deep_are_refused(tmp_path):
    with pytest.raises(Hostile):
        camt(tmp_path, "<a>" * 100_000 + "</a>" * 100_000)


def test_bulk_that_is_no_entry_is_refused(tmp_path):
    with pytest.raises(TooLarge):
        camt(tmp_path, "<a>junk</a>" * 1_800_000)
    with pytest.raises(TooLarge):
        camt(tmp_path, "<a>" + "x" * (11 << 20) + "</a>")


def test_a_document_on_one_line_is_read(tmp_path):
    frame, _verdict = camt(tmp_path, *(entry().replace("\n", "") for _ in range(9_000)))
    assert frame.height == 9_000


def test_a_truncated_document_says_where(tmp_path):
    whole = document(entry())
    with pytest.raises(Truncated) as refused:
        written(tmp_path / "a.xml", "camt.053", whole[: whole.index("</Ntry>")])
    assert refused.value.line == 5


def test_several_statements_are_told_apart(tmp_path):
    one = document(balance("OPBD", "0.00"), entry("1.00"), balance("CLBD", "1.00"))
    page = one[one.index("<Stmt>") : one.index("</BkToCstmrStmt>")]
    other = page.replace("NL26VAYB8060476890", "NL56AGDH9619008421").replace(">1.00<", ">2.00<")
    text = one.replace("</Stmt>", "</Stmt>" + other)
    frame, verdict = written(tmp_path / "a.xml", "camt.053", text)
    assert frame["account"].n_unique() == 2
    assert frame.group_by("account").agg(pl.col("amount_minor").sum()).height == 2
    assert verdict.sound
    assert "account" not in verdict.facts
