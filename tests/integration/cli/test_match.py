"""`tillkeeper match` and `formats` as somebody uses them who has files, a folder, and no database."""

import csv
import json

import pytest

# Written by hand from the published layouts.
JOURNAL_HEAD = (
    "mid,tid,batch,trace,rrn,order_no,kind,amount_minor,currency,card,at,state,slip,operator,"
    "original_trace,original_rrn,channel"
)
JOURNAL = f"""{JOURNAL_HEAD}
898310154110001,10000001,000001,000001,061011000001,,sale,12800,CNY,622280*0000,2026-03-02T10:00:00+08:00,approved,printed,01,,,card
898310154110001,10000001,000001,000002,061011000002,,sale,9900,CNY,622280*0001,2026-03-02T10:05:00+08:00,approved,failed,01,,,card
898310154110001,10000001,000001,000003,061011000003,,sale,5000,CNY,622280*0002,2026-03-02T10:09:00+08:00,approved,printed,01,,,card
"""
BILL = """商户号,终端号,流水号,参考号,交易金额,手续费,交易时间
898310154110001,10000001,000001,061011000001,128.00,0.77,2026-03-02 10:00:00
898310154110001,10000001,000002,061011000002,99.00,0.59,2026-03-02 10:05:00
"""
LAYOUT = """
name = "house.bill"
role = "bill"
title = "A bill of ours"
source = "our bank"
field = [
    { title = "商户号" }, { title = "终端号" }, { title = "流水号" }, { title = "参考号" },
    { title = "交易金额" }, { title = "手续费" }, { title = "交易时间" },
]
[file]
shape = "delimited"
encoding = "utf-8"
delimiter = ","
[lines]
header = "always"
[canonical]
mid = { from = "商户号" }
tid = { from = "终端号" }
trace = { from = "流水号" }
rrn = { from = "参考号" }
amount_minor = { from = "交易金额", type = "yuan" }
fee_minor = { from = "手续费", type = "yuan" }
at = { from = "交易时间", patterns = "%Y-%m-%d %H:%M:%S" }
kind = { value = "sale" }
state = { value = "success" }
channel = { value = "card" }
"""
WECHAT_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT = f"""{WECHAT_HEAD}
`2026-03-02 10:03:00,`wx0000000000000000,`1900000109,`0,`10000001,`4200001,`TK0000000003,`o1,`MICROPAY,`SUCCESS,\
`OTHERS,`CNY,`100.00,`0.00,`0,`0,`0.00,`0.00,`,`,`coffee,`,`0.60000,`0.60%,`100.00,`0.00,`
总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额
`1,`100.00,`0.00,`0.00,`0.60000,`100.00,`0.00
"""
COLUMNS = (
    "class", "cause", "confidence", "mid", "tid", "batch", "trace", "rrn", "order_no", "channel", "amount_minor",
    "other_minor", "fee_minor", "expected_fee_minor", "at", "source_file", "source_line", "other_file", "other_line",
    "sentence",
)  # fmt: skip
FOUR = ["differences.csv", "differences.xlsx", "report.html", "summary.json"]


@pytest.fixture
def day(tmp_path):
    """The files, and the arguments that name them."""
    (tmp_path / "journal.csv").write_text(JOURNAL)
    (tmp_path / "bill.csv").write_text(BILL)
    (tmp_path / "house.toml").write_text(LAYOUT)
    return [
        "match", "--journal", tmp_path / "journal.csv", "--bill", tmp_path / "bill.csv",
        "--as", f"bill.csv={tmp_path / 'house.toml'}", "--as-of", "2026-03-10", "--out", tmp_path / "out",
    ]  # fmt: skip


def test_differences_are_written_four_ways_and_the_exit_code_says_so(tillkeeper, day, tmp_path):
    result = tillkeeper(*day, "--json")
    assert result.exit_code == 1, result.output
    told = json.loads(result.stdout)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FOUR
    assert json.loads((tmp_path / "out" / "summary.json").read_text()) == told
    assert told["agrees"] is False
    assert {name: of["count"] for name, of in told["classes"].items()} == {
        "charged_without_slip": 1, "slip_without_charge": 1,
    }  # fmt: skip
    assert told["classes"]["slip_without_charge"]["sums"] == {"CNY": 5_000}
    files = {of["name"]: of for of in told["files"]}
    assert (files["journal.csv"]["rows"], files["journal.csv"]["sums"]) == (3, {"CNY": 27_700})
    assert (files["bill.csv"]["rows"], files["bill.csv"]["format"]) == (2, "house.bill")
    assert all(of["sound"] and len(of["sha256"]) == 64 for of in files.values())
    assert {"tillkeeper", "polars", "rules", "rules_sha256"} <= set(told["versions"])
    assert told["balance"]["CNY"]["unexplained"] == 0


def test_the_table_names_payment_file_and_line(tillkeeper, day, tmp_path):
    tillkeeper(*day)
    with (tmp_path / "out" / "differences.csv").open(encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        rows = list(reader)
    assert set(COLUMNS) <= set(reader.fieldnames or ())
    told = {row["class"]: row for row in rows}
    alone = told["slip_without_charge"]
    assert (alone["trace"], alone["amount_minor"], alone["source_line"]) == ("000003", "5000", "4")
    assert (alone["source_file"], alone["other_file"]) == ("journal.csv", "")
    charged = told["charged_without_slip"]
    assert (charged["other_file"], charged["other_line"]) == ("bill.csv", "3")
    assert all(row["sentence"].endswith(".") and 0 <= float(row["confidence"]) <= 1 for row in rows)


def test_people_read_a_summary(tillkeeper, day):
    shown = tillkeeper(*day).stdout
    assert all(
        word in shown for word in ("journal.csv", "bill.csv", "slip without charge", "CNY 50.00")
    )


def test_a_day_that_agrees_ends_with_nought(tillkeeper, day, tmp_path):
    lines = JOURNAL.replace("approved,failed", "approved,printed").splitlines()[:3]
    (tmp_path / "journal.csv").write_text("\n".join(lines) + "\n")
    result = tillkeeper(*day)
    assert result.exit_code == 0, result.output
    assert "Everything agrees" in result.stdout
    assert (tmp_path / "out" / "differences.csv").read_text().count("\n") == 1


def test_what_is_not_due_is_held(tillkeeper, day, tmp_path):
    day[day.index("2026-03-10")] = "2026-03-02"
    told = json.loads(tillkeeper(*day, "--json").stdout)
    assert told["classes"]["held"]["count"] == 1


def test_the_same_day_is_written_byte_for_byte_the_same(tillkeeper, day, tmp_path):
    tillkeeper(*day)
    first = [(tmp_path / "out" / name).read_bytes() for name in ("differences.csv", "summary.json")]
    lines = JOURNAL.splitlines()
    tillkeeper(*day, "--workers", "2")
    assert [
        (tmp_path / "out" / n).read_bytes() for n in ("differences.csv", "summary.json")
    ] == first
    assert len(lines) == 4


def test_an_unsound_file_stops_everything_with_two(tillkeeper, day, tmp_path):
    (tmp_path / "bill.csv").write_text(BILL.replace("99.00,", "99.00001,"))
    result = tillkeeper(*day, "--json")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    bad = {of["name"]: of for of in told["files"]}["bill.csv"]
    assert (told["agrees"], bad["sound"], bad["code"]) == (False, False, "formats.bad_line")
    assert (bad["facts"]["line"], bad["facts"]["column"]) == (3, "交易金额")
    assert "bill.csv, line 3" in result.stderr
    assert not (tmp_path / "out" / "differences.csv").exists()


def test_a_summary_that_does_not_add_up_is_unsound(tillkeeper, tmp_path):
    journal, bill = tmp_path / "journal.csv", tmp_path / "1900000109All2026-03-02.csv"
    journal.write_text(JOURNAL)
    bill.write_text(WECHAT.replace("\n`1,`100.00", "\n`2,`100.00"))
    result = tillkeeper(
        "match", "--journal", journal, "--bill", bill, "--out", tmp_path / "o", "--json"
    )
    assert result.exit_code == 2
    told = {of["name"]: of for of in json.loads(result.stdout)["files"]}[bill.name]
    assert [one["name"] for one in told["checks"] if not one["holds"]] == [
        "rows against the summary"
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        ["--as-of", "yesterday"],
        ["--bill", "nowhere.csv"],
        ["--as", "bill.csv"],
        ["--as", "bill.csv=papyrus"],
        ["--as", "other.csv=journal"],
        ["--rules", "nowhere.toml"],
        ["--workers", "0"],
        ["--colour", "red"],
        ["--out", "/dev/null/x"],
    ],
)
def test_wrong_usage_ends_with_three(tillkeeper, day, wrong):
    result = tillkeeper(*day, *wrong)
    assert result.exit_code == 3, result.output
    assert result.stderr


def test_one_side_alone_is_wrong_usage(tillkeeper, day, tmp_path):
    result = tillkeeper("match", "--journal", tmp_path / "journal.csv", "--out", tmp_path / "o")
    assert result.exit_code == 3
    assert tillkeeper("match", "--journal", tmp_path / "journal.csv").exit_code == 3  # no --out


def test_a_bill_given_as_a_statement_is_wrong_usage(tillkeeper, day, tmp_path):
    day[day.index("--bill")] = "--statement"
    result = tillkeeper(*day)
    assert result.exit_code == 3
    assert "bill" in result.stderr


def test_rules_that_are_none_are_wrong_usage_and_say_where(tillkeeper, day, tmp_path):
    (tmp_path / "r.toml").write_text("[tolerance]\nabove_minor = 'much'\n")
    result = tillkeeper(*day, "--rules", tmp_path / "r.toml")
    assert result.exit_code == 3
    assert "above_minor" in result.stderr


def test_the_same_file_twice_is_refused_not_counted_twice(tillkeeper, day, tmp_path):
    (tmp_path / "again.csv").write_text(JOURNAL)
    result = tillkeeper(*day, "--journal", tmp_path / "again.csv")
    assert result.exit_code == 2
    assert "again.csv" in result.stderr
    assert not (tmp_path / "out" / "differences.csv").exists()


def test_fees_are_judged_by_plans_and_sums_explained(tillkeeper, day, tmp_path):
    plan = '[[fees]]\nname = "card"\nfrom = 2026-01-01\npercent = 0.5\n'
    (tmp_path / "r.toml").write_text(plan)
    result = tillkeeper(*day, "--rules", tmp_path / "r.toml", "--json")
    assert result.exit_code == 1, result.output
    assert json.loads(result.stdout)["classes"]["fee_differs"]["count"] == 1


def test_formats_are_listed_and_shown(tillkeeper):
    listed = tillkeeper("formats").stdout
    assert all(
        name in listed for name in ("zm", "wechat.trade", "camt.053", "journal", "acquirer46")
    )
    told = json.loads(tillkeeper("formats", "show", "acquirer46", "--json").stdout)
    assert (told["role"], told["name"]) == ("bill", "acquirer46")
    assert {"file": "交易金额", "canonical": "amount_minor"} in told["columns"]
    assert tillkeeper("formats", "show", "papyrus").exit_code == 2


def test_a_file_is_checked(tillkeeper, tmp_path):
    bill = tmp_path / "1900000109All2026-03-02.csv"
    bill.write_text(WECHAT)
    result = tillkeeper("formats", "check", bill, "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["format"], told["rows"], told["sound"]) == (
        0,
        "wechat.trade",
        1,
        True,
    )
    assert told["sums_minor"] == {"CNY": 10_000}
    assert all(check["holds"] for check in told["checks"])
    bill.write_text(WECHAT.replace("\n`1,`100.00", "\n`1,`100.01"))
    bad = tillkeeper("formats", "check", bill)
    assert bad.exit_code == 2
    assert "100.01" in bad.stdout + bad.stderr


def test_a_layout_file_teaches_a_format(tillkeeper, day, tmp_path):
    bill, layout = tmp_path / "bill.csv", tmp_path / "house.toml"
    result = tillkeeper("formats", "check", bill, "--as", layout, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["rows"] == 2
    assert tillkeeper("formats", "check", tmp_path / "bill.csv").exit_code == 2


@pytest.mark.parametrize("to", ["csv", "parquet"])
def test_a_file_is_converted(tillkeeper, day, tmp_path, to):
    import polars as pl

    result = tillkeeper(
        "formats", "convert", tmp_path / "journal.csv", "--to", to, "--out", tmp_path / "j"
    )
    assert result.exit_code == 0, result.output
    frame = pl.read_csv(tmp_path / "j") if to == "csv" else pl.read_parquet(tmp_path / "j")
    assert frame["amount_minor"].to_list() == [12_800, 9_900, 5_000]
    assert frame["line"].to_list() == [2, 3, 4]


def test_a_conversion_that_fails_leaves_nothing(tillkeeper, day, tmp_path):
    (tmp_path / "journal.csv").write_text(JOURNAL.replace("5000,CNY", "50.5,CNY"))
    out = tmp_path / "j.csv"
    result = tillkeeper("formats", "convert", tmp_path / "journal.csv", "--to", "csv", "--out", out)
    assert result.exit_code == 2
    assert "line 4" in result.stderr
    assert sorted(p.name for p in tmp_path.glob("j.csv*")) == []
    assert tillkeeper("formats", "convert", tmp_path / "journal.csv", "--to", "xml").exit_code == 2
