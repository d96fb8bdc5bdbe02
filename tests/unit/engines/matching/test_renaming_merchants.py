"""A channel's own merchant numbers: named in the rules, a bill's rows are ours wherever a number counts."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engines.matching.days import AS_OF, MID, TID, charge, frame, sale, stored

from tillkeeper.engines.matching.renaming import our_mid
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.errors import BadRule
from tillkeeper.engines.matching.run import match
from tillkeeper.formats.canonical.tables import Role

WECHAT = "1900000109"
SAYING = Rules.of_text(f'[merchants]\n{WECHAT} = "{MID}"\n')
BY_TERMINAL = Rules.of_text(
    f'[merchants]\n"{WECHAT}" = "{MID}"\n"{WECHAT}/10000002" = "898310154110002"\n'
)
PLAN = '[[fees]]\nname = "ours"\nmid = "898310*"\npercent = 0.6\n'


def scanned(number, **more):
    """Return the same wallet payment for journal and bill."""
    return {"order_no": f"TK{number}", "channel": "wechat", "card": "", "rrn": "", **more}


def told(folder, journal, bill, rules, *statements):
    sources = [
        [stored(folder, role, frame(rows, role)) for rows in given]
        for role, given in zip(Role, ([journal], [bill], statements), strict=True)
    ]
    return match(*sources, rules=rules, as_of=AS_OF)


def test_a_charge_that_nobody_knows_is_told_under_our_number(tmp_path):
    bill = [charge(1, mid=WECHAT, **scanned(1)), charge(2, mid=WECHAT, **scanned(2))]
    outcome = told(tmp_path, [sale(1, **scanned(1))], bill, SAYING)
    assert outcome.differences.select("class", "mid", "order_no").rows() == [
        ("charged_without_slip", MID, "TK2")
    ]
    without = told(tmp_path / "again", [sale(1, **scanned(1))], bill, Rules.sound())
    assert without.differences["mid"].to_list() == [WECHAT]


def test_a_bill_of_an_aggregator_is_matched_by_terminal_and_trace(tmp_path):
    """Its own number would make every payment one that was credited to another merchant."""
    journal = [sale(number) for number in range(1, 4)]
    bill = [charge(number, mid=WECHAT) for number in range(1, 4)]
    assert told(tmp_path, journal, bill, SAYING).agrees
    alone = told(tmp_path / "again", journal, bill, Rules.sound())
    assert set(alone.differences["class"]) == {"wrong_merchant"}


def test_one_number_for_a_chain_is_told_apart_by_terminal(tmp_path):
    bill = [
        charge(1, mid=WECHAT, **scanned(1)),
        charge(2, mid=WECHAT, **scanned(2, tid="10000002")),
    ]
    outcome = told(tmp_path, [sale(9, **scanned(9))], bill, BY_TERMINAL)
    lost = outcome.differences.filter(pl.col("class") == "charged_without_slip")
    assert dict(lost.select("order_no", "mid").rows()) == {"TK1": MID, "TK2": "898310154110002"}


def test_fee_plans_of_a_merchant_hold_for_the_channels_number(tmp_path):
    rules = Rules.of_text(f'{PLAN}[merchants]\n"{WECHAT}" = "{MID}"\n')
    bill = [charge(1, mid=WECHAT, fee_minor=1, amount_minor=10_000, **scanned(1))]
    journal = [sale(1, amount_minor=10_000, **scanned(1))]
    outcome = told(tmp_path, journal, bill, rules)
    assert outcome.differences.select("class", "mid", "expected_fee_minor").rows() == [
        ("fee_differs", MID, 60)
    ]


@pytest.mark.parametrize("number", [WECHAT, MID])
def test_a_payout_is_known_by_either_number(tmp_path, number):
    rows = [charge(n, mid=WECHAT, net_minor=10_000, **scanned(n)) for n in (1, 2)]
    rows.append(charge(3, mid="898310154119999", net_minor=20_000, **scanned(3)))
    paid = {"booked_on": date(2026, 11, 19), "amount_minor": 20_000, "text": f"{number} 1118"}
    line = [{"line": 2, "status": "booked", "currency": "CNY", "account": "62220001", **paid}]
    journal = [sale(n, **scanned(n)) for n in (1, 2)]
    outcome = told(tmp_path, journal, rows, SAYING, line)
    missing = outcome.differences.filter(pl.col("class") == "payout_missing")
    assert missing["mid"].to_list() == ["898310154119999"]


def test_the_file_stays_the_same_file(tmp_path):
    bill = [charge(1, mid=WECHAT, **scanned(1))]
    journal = [sale(1, **scanned(1))]
    hashes = [
        {one["name"]: one["content"] for one in told(tmp_path / n, journal, bill, rules).summary["sources"]}
        for n, rules in (("with", SAYING), ("without", Rules.sound()))
    ]  # fmt: skip
    assert hashes[0] == hashes[1]


@given(
    mids=st.lists(st.sampled_from([WECHAT, MID, "", "2088000000000156"]), min_size=1),
    tid=st.sampled_from([TID, "10000002", ""]),
)
def test_renaming_twice_is_renaming_once(mids, tid):
    frame = pl.DataFrame({"mid": mids, "tid": [tid] * len(mids)})
    once = frame.with_columns(our_mid(BY_TERMINAL))
    assert once.with_columns(our_mid(BY_TERMINAL)).equals(once)
    assert WECHAT not in once["mid"].to_list()


@pytest.mark.parametrize(
    "wrong",
    [
        'merchants = "x"',
        "[merchants]\n1900000109 = 898310154110001",
        '[merchants]\n1900000109 = ""',
        '[merchants]\n"" = "898310154110001"',
        '[merchants]\n"19/10000001/2" = "898310154110001"',
        '[merchants]\n1 = "2"\n2 = "3"',
        '[merchants]\n1 = "1"',
    ],
)
def test_pairs_that_cannot_be_are_refused_with_their_key(wrong):
    with pytest.raises(BadRule) as refused:
        Rules.of_text(wrong)
    assert refused.value.key.startswith("merchants")


def test_rules_without_merchants_keep_their_hash_and_order_does_not_count():
    plain = Rules.of_text('version = "1"')
    one, other = (
        Rules.of_text(f'version = "1"\n[merchants]\n{pairs}')
        for pairs in ('1 = "3"\n2 = "3"', '2 = "3"\n1 = "3"')
    )
    assert one.sha256 == other.sha256 != plain.sha256
