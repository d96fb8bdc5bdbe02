"""Business days and due days: cut-offs, make-up days, merged holidays, month ends, calendars that end."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.calendars import (
    beyond_data,
    business_date,
    business_dates,
    due_dates,
    due_day,
    due_on,
    is_working_day,
)
from tillkeeper.engines.matching.rules.terms import Terms

SOUND = Rules.sound()
RULES = Rules.of_text("""
[channels.alipay]
cycle = "T+0"
[channels.wechat]
cycle = "D+1"
cutoff = "02:00"
[acquirers.0001]
calendar = "us"
zone = "America/New_York"
cutoff = "17:00"
[acquirers.00012]
cycle = "T+3"
""")
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
MOMENTS = st.integers(1_700_000_000, 1_800_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2025, 6, 3), date(2025, 6, 4)),
        (date(2025, 5, 30), date(2025, 6, 3)),  # Friday before the Dragon Boat Monday
        (date(2025, 9, 26), date(2025, 9, 28)),  # Friday; the Sunday is a make-up day
        (date(2025, 9, 27), date(2025, 9, 28)),
        (date(2025, 9, 28), date(2025, 9, 29)),
        (date(2025, 9, 30), date(2025, 10, 9)),  # National Day and Mid-Autumn in one
        (date(2025, 10, 4), date(2025, 10, 9)),
        (date(2025, 10, 8), date(2025, 10, 9)),
        (date(2025, 10, 10), date(2025, 10, 11)),  # Friday; the Saturday is a make-up day
        (date(2025, 12, 31), date(2026, 1, 4)),  # New Year, then a make-up Sunday
        (date(2024, 2, 29), date(2024, 3, 1)),
        (date(2025, 1, 24), date(2025, 1, 26)),  # Spring Festival: the Sunday before is worked
        (date(2025, 1, 27), date(2025, 2, 5)),
    ],
)
def test_the_next_working_day_of_china_pays(day, due):
    assert due_on("card", day, SOUND) == due


def test_cycles_of_other_lengths_and_calendars():
    assert due_on("alipay", date(2025, 6, 3), RULES) == date(2025, 6, 3)
    assert due_on("alipay", date(2025, 5, 31), RULES) == date(2025, 6, 3)  # T+0 on a Saturday
    assert due_on("wechat", date(2025, 5, 31), RULES) == date(2025, 6, 1)  # every day
    assert due_on("card", date(2025, 7, 3), RULES, mid="000100") == date(
        2025, 7, 7
    )  # 4 July, weekend
    assert due_on("card", date(2025, 7, 3), RULES, mid="000120") == date(
        2025, 7, 8
    )  # longest beginning: T+3, cn


def test_rules_name_days_before_the_calendar_does():
    terms = Terms(
        extra_holidays=(date(2025, 6, 4),), extra_workdays=(date(2025, 6, 7), date(2025, 6, 4))
    )
    assert is_working_day(date(2025, 6, 7), terms)
    assert is_working_day(date(2025, 6, 4), terms)  # both named: it is worked
    closed = Terms(extra_holidays=(date(2025, 6, 4), date(2025, 6, 5)))
    assert due_day(date(2025, 6, 3), closed) == date(2025, 6, 6)


def test_beyond_its_data_the_chinese_calendar_knows_weekends_and_says_so():
    assert due_on("card", date(2031, 10, 3), SOUND) == date(2031, 10, 6)  # Friday to Monday
    warned = beyond_data([date(2031, 10, 3), date(2025, 10, 3), date(2031, 1, 1)], SOUND)
    assert len(warned) == 1
    assert "2031" in warned[0]
    assert beyond_data([date(2025, 10, 3)], SOUND) == ()


@pytest.mark.parametrize(
    ("channel", "local", "day"),
    [
        ("card", "2025-05-31T22:59:59+08:00", date(2025, 5, 31)),
        ("card", "2025-05-31T23:00:00+08:00", date(2025, 6, 1)),  # month end, evening
        ("alipay", "2025-05-31T23:59:59+08:00", date(2025, 5, 31)),
        ("alipay", "2025-06-01T00:00:00+08:00", date(2025, 6, 1)),
        ("wechat", "2025-06-01T01:59:00+08:00", date(2025, 5, 31)),
        ("wechat", "2025-06-01T02:00:00+08:00", date(2025, 6, 1)),
        ("something", "2025-06-01T00:30:00+08:00", date(2025, 6, 1)),
    ],
)
def test_the_cut_off_decides_the_business_day(channel, local, day):
    at = datetime.fromisoformat(local)
    assert business_date(at, RULES.terms(channel)) == day


def test_a_moment_without_zone_is_a_mistake():
    with pytest.raises(ValueError, match="zone"):
        business_date(datetime.fromisoformat("2025-06-01T00:00:00"), Terms())


@given(
    st.lists(
        st.tuples(
            MOMENTS,
            st.sampled_from(["card", "wechat", "alipay", "unionpay_qr", ""]),
            st.sampled_from(["000100", "000120", "898", ""]),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_whole_columns_are_judged_as_single_moments_are(rows):
    schema = {"at": pl.Datetime("us", "UTC"), "channel": pl.String, "mid": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(day=business_dates(RULES))
    terms = [RULES.terms(channel, mid) for _, channel, mid in rows]
    told = [business_date(at, agreed) for (at, _, _), agreed in zip(rows, terms, strict=True)]
    assert frame["day"].to_list() == told
    due = [due_day(day, agreed) for day, agreed in zip(told, terms, strict=True)]
    assert due_dates(frame, RULES).to_list() == due


@given(days, st.integers(0, 5))
def test_a_due_day_is_a_working_day_and_later_days_are_never_due_earlier(day, cycle):
    terms = Terms(cycle_days=cycle)
    due = due_day(day, terms)
    assert is_working_day(due, terms)
    assert due >= day + timedelta(days=cycle)
    assert due_day(day + timedelta(days=1), terms) >= due


def test_a_calendar_without_working_days_falls_back_to_calendar_days():
    closed = tuple(date(2025, 6, 1) + timedelta(days=n) for n in range(120))
    assert due_day(date(2025, 6, 3), Terms(extra_holidays=closed)) == date(2025, 6, 4)


def test_a_row_without_a_day_has_no_due_day():
    frame = pl.DataFrame(
        {"channel": ["card"], "mid": [""], "day": [None]}, schema_overrides={"day": pl.Date}
    )
    assert due_dates(frame, SOUND).to_list() == [None]
