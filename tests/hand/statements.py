"""Statements of banks: the two payments as credits, from 1,000.00 to 13,469.12."""

from collections.abc import Mapping
from typing import Final

from tests.hand.files import Hand, delimited, lines

OTHER = "31001234000012345678"


def _camt(version: str, *entries: str, kind: str = "053") -> str:
    message, one = (
        ("BkToCstmrStmt", "Stmt") if kind == "053" else ("BkToCstmrDbtCdtNtfctn", "Ntfctn")
    )
    closing = "13469.12" if entries else "1000.00"
    balances = [_balance("OPBD", "1000.00"), _balance("CLBD", closing)] if kind == "053" else []
    return lines(
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}">',
        f"<{message}><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-03T06:00:00</CreDtTm></GrpHdr>",
        f"<{one}><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2026-03-03T06:00:00</CreDtTm>",
        f"<Acct><Id><Othr><Id>{OTHER}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>", *balances, *entries,
        f"</{one}></{message}></Document>",
    )  # fmt: skip


def _balance(code: str, amount: str) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{amount}</Amt>'
        "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>"
    )


def _entry(version: str, amount: str, number: str) -> str:
    status = "<Sts><Cd>BOOK</Cd></Sts>" if version == "08" else "<Sts>BOOK</Sts>"
    return (
        f'<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>{status}'
        "<BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-02</Dt></ValDt>"
        f"<AcctSvcrRef>A{number}</AcctSvcrRef><BkTxCd/><NtryDtls><TxDtls><Refs><EndToEndId>E{number}</EndToEndId></Refs>"
        "<RmtInf><Ustrd>SETTLEMENT</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def _notices(version: str, kind: str) -> str:
    return _camt(
        version, _entry(version, "12345.67", "1"), _entry(version, "123.45", "2"), kind=kind
    )


def _mt(*movements: str, closing: str) -> str:
    return lines(
        ":20:STMT", f":25:{OTHER}", ":28C:1/1", ":60F:C260301CNY1000,00", *movements, f":62F:C260302CNY{closing}", "-"
    )  # fmt: skip


MOVED = (
    ":61:2603020302C12345,67NTRFNONREF//B1", ":86:SETTLEMENT", ":61:2603020302C123,45NTRFNONREF//B2", ":86:SETTLEMENT",
)  # fmt: skip
INTERIM = (":20:INTERIM", f":25:{OTHER}", ":28C:1/1", ":34F:CNY0,", ":13D:2603021800+0800")
BAI2_HEAD = ("01,BANK,CUST,260302,1800,1,80,,2/", "02,CUST,BANK,1,260302,1800,CNY,2/")
BANKS = {
    "bank.cmb": "记账日期,货币,交易金额,联机余额,交易摘要,对手信息,客户摘要|2026-03-02,CNY,{},{},银联清算,银联商务,",
    "bank.boc": (
        "记账日期,记账时间,币别,金额,余额,交易名称,渠道,网点名称,附言,对方账户名,对方卡号/账号,对方开户行|"
        f"2026-03-02,10:00:00,人民币,{{}},{{}},转账,网银,上海,清算款,银联商务,{OTHER},中国银行"
    ),
    "bank.abc": (
        "交易日期,交易时间,交易摘要,交易金额,本次余额,对手信息,日志号,交易渠道,交易附言|"
        "20260302,100000,转存,+{},{},银联商务,123456,网银,清算款"
    ),
    "bank.bocom": (
        "交易日期,交易时间,交易类型,借贷,交易金额,余额,对方账号,对方户名,交易地点,摘要|"
        f"2026-03-02,10:00:00,转账,贷 Cr,{{}},{{}},{OTHER},银联商务,上海,清算款"
    ),
    "bank.icbc": (
        "交易日期,摘要,交易详情,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,记账金额(收入),"
        "记账金额(支出),记账币种,余额,对方户名,对方账户|"
        "2026-03-02\t,转账  ,-,清算款 ,CHN,钞,-,-,人民币,{},-,人民币,{},银联商务 ,-"
    ),
    "bank.ccb": (
        "摘要,币别,钞汇,交易日期,交易金额,账户余额,交易地点/附言,对方账号与户名|"
        f"转账,人民币,钞,20260302,{{}},{{}},清算款,{OTHER}/银联商务"
    ),
    "bank.psbc": (
        "交易日期,交易时间,摘要,收入金额,支出金额,账户余额,对方户名,对方账号,备注|"
        f"2026-03-02,10:00:00,转账,{{}},,{{}},银联商务,{OTHER},清算款"
    ),
    "bank.spdb": (
        "交易日期,交易时间,凭证号,借方金额,贷方金额,余额,摘要,对方账号,对方户名,附言|"
        f"20260302,100000,1,,{{}},{{}},转账,{OTHER},银联商务,清算款"
    ),
}


def _export(name: str) -> Hand:
    titles, _, row = BANKS[name].partition("|")
    rows = [row.format("12345.67", "13345.67"), row.format("123.45", "13469.12")]
    return Hand(f"{name.removeprefix('bank.')}.csv", lines(titles, *rows), empty=titles + "\n")


STATEMENT_HEAD = (
    "line,account,booked_on,valued_on,at,amount_minor,currency,balance_minor,status,kind,reference,bank_reference,"
    "counterparty,counterparty_account,text"
)
CANONICAL = [
    [
        "4",
        OTHER,
        "2026-03-02",
        "2026-03-02",
        "",
        "1234567",
        "CNY",
        "1334567",
        "booked",
        "转账",
        "R1",
        "B1",
        "银联商务",
        "",
        "清算款",
    ],
    [
        "5",
        OTHER,
        "2026-03-02",
        "2026-03-02",
        "",
        "12345",
        "CNY",
        "1346912",
        "booked",
        "转账",
        "R2",
        "B2",
        "银联商务",
        "",
        "清算款",
    ],
]


STATEMENTS: Final[Mapping[str, Hand]] = {
    "canonical.statement": Hand(
        "converted.csv", delimited(STATEMENT_HEAD, CANONICAL), empty=STATEMENT_HEAD + "\n"
    ),
    "camt.053": Hand("stmt.xml", _notices("02", "053"), empty=_camt("02")),
    "camt.054": Hand("notice.xml", _notices("08", "054"), empty=_camt("08", kind="054")),
    "mt940": Hand("stmt.sta", _mt(*MOVED, closing="13469,12"), empty=_mt(closing="1000,00")),
    "mt942": Hand(
        "interim.sta", lines(*INTERIM, *MOVED, ":90D:0CNY0,", ":90C:2CNY12469,12", "-"),
        empty=lines(*INTERIM, ":90D:0CNY0,", ":90C:0CNY0,", "-"),
    ),
    "bai2": Hand(
        "stmt.bai",
        lines(*BAI2_HEAD, f"03,{OTHER},CNY,010,100000,,,015,1346912,,/", "16,142,1234567,Z,B1,C1,SETTLEMENT/",
              "16,142,12345,Z,B2,C2,SETTLEMENT/", "49,2693824,4/", "98,2693824,1,6/", "99,2693824,1,8/"),
        empty=lines(*BAI2_HEAD, f"03,{OTHER},CNY,010,100000,,,015,100000,,/", "49,200000,2/", "98,200000,1,4/",
                    "99,200000,1,6/"),
    ),
    **{name: _export(name) for name in BANKS},
}  # fmt: skip
VERSIONS: Final = {  # of CAMT, by format and version
    (f"camt.{kind}", version): _notices(version, kind)
    for kind in ("053", "054")
    for version in ("02", "03", "04", "08")
}
