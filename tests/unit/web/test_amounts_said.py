"""Amounts inside sentences that were kept in English, on a page in another language."""

import pytest
from django.utils import translation

from tillkeeper.web.money.said import in_yuan


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("debits CNY 158,361.80 (91), credits CNY 5.00", "debits ¥158,361.80 (91), credits ¥5.00"),
        ("CNY -240.00.", "−¥240.00."),
        ("CNY 1234567.89", "¥1,234,567.89"),
        ("EUR 1.00 and CNY alone", "EUR 1.00 and CNY alone"),
    ],
)
def test_amounts_read_as_everywhere_else_on_a_chinese_page(text, shown):
    with translation.override("zh-hans"):
        assert in_yuan(text) == shown
    with translation.override("en"):
        assert in_yuan(text) == text
