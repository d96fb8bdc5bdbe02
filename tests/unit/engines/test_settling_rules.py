"""Rules from TOML: what is read, what is refused, and that only what they say counts."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.errors import BadRule, NoToml, RivalPlans, UnknownRule
from tillkeeper.engines.matching.rules.terms import EVERY_DAY

WHOLE = """
version = "2026-11"

[settlement]
zone = "Asia/Shanghai"
cycle = "T+1"
extra_holidays = [2027-02-08, 2027-02-05]

[channels.wechat]
cycle = "D+1"
cutoff = "00:30"

[acquirers.898310]
cutoff = "22:30"
hold_days = 2

[tolerance]
below_minor = 1
above_percent = 0.01

[windows]
duplicate_minutes = 5

[payouts]
payers = "银联商务"

[[fees]]
name = "debit"
card_type = "debit"
percent = 0.5
cap_minor = 2000

[[fees]]
name = "all"
percent = 0.6
"""


def test_a_file_says_what_differs_from_the_sound_rules():
    rules, sound = Rules.of_text(WHOLE), Rules.sound()
    assert rules.version == "2026-11"
    assert rules.terms("wechat").calendar == EVERY_DAY
    assert rules.terms("wechat").cutoff_minutes == 30
    assert rules.terms("card").extra_holidays == (date(2027, 2, 5), date(2027, 2, 8))
    assert rules.terms("card").cutoff_minutes == sound.terms("card").cutoff_minutes == 23 * 60
    assert rules.terms("card", "898310054110001").cutoff_minutes == 22 * 60 + 30
    assert rules.terms("card", "898310054110001").hold_days == 2
    assert rules.terms("card", "898320054110001").hold_days == 0
    assert (rules.tolerance.below(100), rules.tolerance.above(1_000_000)) == (1, 100)
    assert (rules.windows.duplicate_minutes, rules.windows.retransmission_minutes) == (5, 2)
    assert rules.payouts.payers == ("银联商务",)
    assert [plan.rate for plan in rules.plans] == [6_000, 5_000]  # by name: all, debit


def test_without_a_file_fees_are_not_judged_and_nothing_is_tolerated():
    sound = Rules.sound()
    assert sound.plans == ()
    assert sound.tolerance.above(10**9) == sound.tolerance.below(10**9) == 0
    assert sound == Rules.sound()
    assert sound.sha256 == Rules.sound().sha256


def test_order_comments_and_blanks_do_not_change_the_hash():
    first, second = WHOLE.split("[[fees]]")[1:]
    head = WHOLE.split("[[fees]]", maxsplit=1)[0].replace(
        "2027-02-08, 2027-02-05", "2027-02-05,2027-02-08"
    )
    turned = f"# other order\n{head}\n[[fees]]{second}  # note\n[[fees]]{first}"
    assert Rules.of_text(turned).sha256 == Rules.of_text(WHOLE).sha256
    assert Rules.of_text("\r\n".join(WHOLE.splitlines())).sha256 == Rules.of_text(WHOLE).sha256


@pytest.mark.parametrize(
    ("said", "other"),
    [("0.6", "0.61"), ("2026-11", "2026-12"), ("22:30", "22:31"), ("2027-02-08", "2027-02-09")],
)
def test_what_the_rules_say_changes_the_hash(said, other):
    assert Rules.of_text(WHOLE.replace(said, other)).sha256 != Rules.of_text(WHOLE).sha256


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[settlement]\ncutoff = "25:00"', "settlement.cutoff"),
        ("[settlement]\ncutoff = 23", "settlement.cutoff"),
        ('[channels.card]\ncycle = "T1"', "channels.card.cycle"),
        ('[channels.card]\ncalendar = "xx"', "channels.card.calendar"),
        ('[settlement]\nzone = "Peking"', "settlement.zone"),
        ("[settlement]\nhold_days = -1", "settlement.hold_days"),
        ("[settlement]\nhold_days = true", "settlement.hold_days"),
        ("[settlement]\nextra_holidays = [2025-06-02T00:00:00]", "settlement.extra_holidays"),
        ("settlement = 1", "settlement"),
        ("acquirers = 1", "acquirers"),
        ("[acquirers]\n898 = 1", "acquirers.898"),
        ("[tolerance]\nabove_percent = 0.00001", "tolerance.above_percent"),
        ("[tolerance]\nabove_percent = nan", "tolerance.above_percent"),
        ("[tolerance]\nbelow_minor = 0.5", "tolerance.below_minor"),
        ("[payouts]\npayers = [1]", "payouts.payers"),
        ("version = 3", "version"),
        ("fees = 1", "fees"),
        ("[[fees]]\npercent = 1", "fees[1].name"),
        ('[[fees]]\nname = "a"', "fees[1].percent"),
        ('[[fees]]\nname = "a"\npercent = 101', "fees[1].percent"),
        ('[[fees]]\nname = "a"\npercent = 1\nmid = "89*31"', "fees[1].mid"),
        ('[[fees]]\nname = "a"\npercent = 1\ncard_type = "gold"', "fees[1].card_type"),
        ('[[fees]]\nname = "a"\npercent = 1\nfloor_minor = 5\ncap_minor = 4', "fees[1].cap_minor"),
        ('[[fees]]\nname = "a"\npercent = 1\nfrom = 2025-01-02\nuntil = 2025-01-01', "fees[1].until"),
        ('[[fees]]\nname = "a"\npercent = 1\nrefund_returns_fee = 1', "fees[1].refund_returns_fee"),
        ('[[fees]]\nname = "a"\nsurcharge_minor = 200', "fees[1].percent"),
        ('[[fees]]\nname = "a"\nplan_fee_period = "year"', "fees[1].plan_fee_minor"),
        ('[[fees]]\nname = "a"\ntiers = [{ from_minor = 1, percent = 1 }]', "fees[1].tiers"),
        ('[[fees]]\nname = "a"\ntiers = [{ from_minor = 0, percent = 1000 }]', "fees[1].tiers[1].percent"),
        ('[[fees]]\nname = "a"\npercent = 1\n[[fees]]\nname = "a"\npercent = 2\nmid = "8"', "fees[2].name"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_by_the_path_of_its_key(text, key):
    with pytest.raises(BadRule) as refused:
        Rules.of_text(text)
    assert refused.value.key == key
    assert refused.value.expected
    assert refused.value.example in str(refused.value)


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ('[settlement]\ncutof = "23:00"', "settlement.cutof", "settlement.cutoff"),
        ("[tolerances]\nabove_minor = 1", "tolerances", "tolerance"),
        ('[channels.wechatpay]\ncycle = "T+1"', "channels.wechatpay", "channels.wechat"),
        ('[[fees]]\nname = "a"\npercnt = 1', "fees[1].percnt", "fees[1].percent"),
        ('[[fees]]\nname = "a"\ntiers = [{ above = 1 }]', "fees[1].tiers[1].above", None),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(text, key, nearest):
    with pytest.raises(UnknownRule) as refused:
        Rules.of_text(text)
    assert refused.value.key == key
    assert nearest in {None, refused.value.nearest}


@pytest.mark.parametrize("text", ["[a", "a = ", 'a = "x', "[a]\n[a]", "\x00"])
def test_what_is_no_toml_is_refused_with_its_line(text):
    with pytest.raises(NoToml):
        Rules.of_text(text)


@given(st.text(max_size=80))
def test_junk_gives_rules_or_one_of_the_refusals(text):
    with contextlib.suppress(NoToml, BadRule, UnknownRule, RivalPlans):
        assert Rules.of_text(text).plans == ()


def test_a_file_in_another_encoding_is_refused_and_a_byte_order_mark_is_not(tmp_path):
    path = tmp_path / "R.toml"
    path.write_bytes('version = "规则"'.encode("gb18030"))
    with pytest.raises(NoToml):
        Rules.of_file(path)
    path.write_bytes(b"\xef\xbb\xbf" + 'version = "一"'.encode())
    assert Rules.of_file(path).version == "一"


PLAN = '[[fees]]\nname = "%s"\npercent = 1\n%s\n'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", ""),
        ('mid = ["1", "2"]', 'mid = ["2", "3"]'),
        ('mcc = "5411"\nfrom = 2025-01-01', 'mcc = "5411"\nuntil = 2025-01-01'),
        ('mid = "898*"\ncurrency = "cny"', 'mid = "898*"'),
    ],
)
def test_two_plans_with_the_same_right_are_refused(one, other):
    with pytest.raises(RivalPlans) as refused:
        Rules.of_text(PLAN % ("a", one) + PLAN % ("b", other))
    assert {refused.value.one, refused.value.other} == {"a", "b"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", 'channel = "card"'),
        ('mid = "898*"', 'mid = "8983*"'),
        ('mcc = "5411"\nfrom = 2025-01-02', 'mcc = "5411"\nuntil = 2025-01-01'),
        ('card_type = "debit"', 'channel = "card"'),
        ("", 'currency = "USD"'),
    ],
)
def test_plans_that_differ_in_rank_or_in_time_stand_together(one, other):
    assert len(Rules.of_text(PLAN % ("a", one) + PLAN % ("b", other)).plans) == 2


def test_a_plan_fee_stands_beside_the_plan_that_charges():
    text = PLAN % ("a", "") + '[[fees]]\nname = "b"\nplan_fee_minor = 9900\n'
    charging, owning = Rules.of_text(text).plans
    assert charging.charges
    assert not owning.charges
    assert owning.plan_fee is not None
    assert owning.plan_fee.amount_minor == 9_900
