"""The page of a day's matching, as somebody reads it on a screen, on a telephone or on paper."""

import polars as pl

from tillkeeper.engines.matching.reports.page import page

SENTENCE = "Payment 000007 of terminal 10000001 is CNY 400.00 in the journal and CNY 403.00 at the channel."
DIFFERENCE = {
    "class": "amount differs", "amount_minor": 40_000, "currency": "CNY", "mid": "898310154110001", "tid": "10000001",
    "trace": "000007", "order_no": "", "sentence": SENTENCE, "source_file": "journal.csv", "source_line": 7,
}  # fmt: skip
SUMMARY = {
    "classes": {"amount_differs": {"count": 1, "sums": {"CNY": 40_000}}},
    "channels": {"card": {"journal": {"CNY": 40_000}, "bill": {"CNY": 40_300}, "classes": {}}},
    "files": [],
    "versions": {"rules": "sound-1"},
}


def test_the_head_of_a_column_of_figures_stands_over_them_and_a_sentence_keeps_its_width():
    told = page(SUMMARY, pl.DataFrame([DIFFERENCE]), str)
    assert '<th class="n">Journal</th>' in told
    assert "\n.n { text-align: right" in told
    assert f'<td class="s">{SENTENCE}</td>' in told
    assert "<td>amount differs</td>" in told
