"""The truth table of "charged but no slip", each row injected by hand into one small day, as a newcomer would write it.

A journal with its evidence, an export of 25 columns, a WeChat bill: nothing of ours made them.
"""

import csv

import pytest
from tests.hand import MID, TID
from tests.hand.acquirers import JOURNAL_HEAD
from tests.hand.wallets import WECHAT_HEAD, WECHAT_SUMS

EVIDENCE = "reversal_reason,reversal_answer,reversed_at,batch_closed_at,cryptogram,entry"
CLOSED = "2026-03-02T22:00:00+08:00"
# Number in the truth table -> trace, class, cause. The first, the second and the seventh end well.
TRUTH = {
    3: (15, "reversal_lost", "answer_and_reversal_lost"),
    4: (20, "charged_without_slip", "terminal_restarted"),
    5: (25, "charged_without_slip", "printer_failed"),
    6: (30, "reversal_lost", "answer_mac_wrong"),
    8: (40, "reversal_lost", "reversal_overtook_sale"),
    9: (45, "slip_without_charge", "host_reversed_alone"),
    10: (50, "duplicate_charge", "swiped_again"),
    11: (55, "reversal_lost", "chip_refused"),
    12: (60, "reversal_late", "batch_closed_first"),
    13: (65, "slip_without_charge", "batch_upload_incomplete"),
    14: (70, "charged_without_slip", "code_charged_unqueried"),
    15: (75, "reversal_lost", "code_revoke_lost"),
    16: (80, "slip_without_charge", "offline_not_uploaded"),
    17: (185, "duplicate_charge", "request_sent_twice"),
    18: (90, "wrong_terminal", "credited_elsewhere"),
}
PAGE = {66: TRUTH[13][1:], 67: TRUTH[13][1:]}  # the lost page held three payments


def clock(number, second=0):
    return f"{10 + number // 60:02}:{number % 60:02}:{second:02}"


class Day:
    """The lines of the three files."""

    def __init__(self):
        self.journal, self.bill, self.wechat = [], [], []

    def paid(
        self, number, minor, state="approved", slip="printed", *, evidence=",,", order="", card=0
    ):
        """Add a payment to the journal: `evidence` is the reversal's reason, answer and moment."""
        rrn = f"0601100{number:05}" if state == "approved" else ""
        channel, masked = ("wechat", "") if order else ("card", f"622280*{card or number:04}")
        entry = "" if order else "051"
        self.journal.append(
            f"{MID},{TID},000001,{number:06},{rrn},{order},sale,{minor},CNY,{masked},2026-03-02T{clock(number)}+08:00,"
            f"{state},{slip},01,,,{channel},{evidence},{CLOSED},,{entry}"
        )

    def charged(self, number, minor, kind="消费", *, rrn="", second=0, tid=TID, card=0, at=0):
        """Add a row to the acquirer's bill."""
        yuan, masked = f"{minor / 100:.2f}", f"622280*********{card or number:04}"
        self.bill.append("\t".join([
            "20260302", "2026-03-02", clock(at or number, second), yuan, tid, "一店", yuan, "0.00", f"{number:06}",
            kind, rrn or f"0601100{number:05}", masked, MID, "上海咖啡", "农业银行", "借记卡", "", "", "有卡支付",
            yuan, "", "", "0.00", "0.00", "POS",
        ]))  # fmt: skip

    def scanned(self, order, number, minor):
        """Add a row to WeChat's bill."""
        yuan = f"{minor / 100:.2f}"
        self.wechat.append([
            f"2026-03-02 {clock(number)}", "wx8888888888888888", "1900000109", "0", TID, f"42000011{number}", order,
            "o1", "MICROPAY", "SUCCESS", "CMB_DEBIT", "CNY", yuan, "0.00", "0", "0", "0.00", "0.00", "", "", "咖啡", "",
            "0.00000", "0.38%", yuan, "0.00", "",
        ])  # fmt: skip

    def write(self, folder):
        """Write the files; return the arguments that name them."""
        total = f"{sum(float(row[12]) for row in self.wechat):.2f}"
        sums = [str(len(self.wechat)), total, "0.00", "0.00", "0.00000", total, "0.00"]
        ticked = [",".join("`" + cell for cell in row) for row in (*self.wechat, sums)]
        wechat = [WECHAT_HEAD, *ticked[:-1], WECHAT_SUMS, ticked[-1]]
        told = {
            "journal.csv": [f"{JOURNAL_HEAD},{EVIDENCE}", *self.journal], "ums.txt": self.bill, "wechat.csv": wechat,
        }  # fmt: skip
        for name, lines in told.items():
            (folder / name).write_text("\n".join(lines) + "\n")
        files = [folder / name for name in told]
        return ["--journal", files[0], "--bill", files[1], "--bill", files[2]]


def reversed_at(number):
    return f"2026-03-02T{clock(number, 40)}+08:00"


@pytest.fixture
def day():
    """120 payments, 18 of which go wrong as the truth table says; the rest agree."""
    day = Day()
    rest(day)
    reversed_ones(day)
    others(day)
    return day


def rest(day):
    touched = {5, 10, 35, 50, 51, 85, *PAGE, *(trace for trace, *_ in TRUTH.values())}
    for number in set(range(1, 121)) - touched:
        day.paid(number, 1_000 + number)
        day.charged(number, 1_000 + number)


def reversed_ones(day):
    lost = ("reversed", "none")
    exhausted = ("reversal_exhausted", "none")
    day.paid(5, 20_005, *lost, evidence=f"98,25,{reversed_at(5)}")  # 1
    day.paid(10, 20_010, *lost, evidence=f"98,00,{reversed_at(10)}")  # 2
    day.charged(10, 20_010)
    day.charged(10, 20_010, "消费冲正", rrn="060119900010", second=41)
    day.paid(15, 20_015, *exhausted, evidence="98,,")  # 3
    day.charged(15, 20_015)
    day.paid(30, 20_030, *exhausted, evidence="A0,,")  # 6
    day.charged(30, 20_030)
    day.paid(35, 20_035, *lost, evidence=f"98,00,{reversed_at(35)}")  # 7
    day.charged(35, 20_035, "消费冲正", rrn="060119900035", second=30)
    day.charged(35, 20_035, second=50)
    day.paid(40, 20_040, *lost, evidence=f"98,25,{reversed_at(40)}")  # 8
    day.charged(40, 20_040, second=55)
    day.paid(55, 20_055, *exhausted, evidence="06,,")  # 11
    day.charged(55, 20_055)
    day.paid(60, 20_060, *lost, evidence="98,95,2026-03-02T22:30:00+08:00")  # 12
    day.charged(60, 20_060)


def others(day):
    day.charged(20, 20_020)  # 4
    day.paid(25, 20_025, slip="failed")  # 5
    day.charged(25, 20_025)
    day.paid(45, 20_045)  # 9
    day.charged(45, 20_045)
    day.charged(45, 20_045, "消费冲正", rrn="060119900045", second=20)
    day.paid(50, 20_050, "unknown", "none")  # 10
    day.charged(50, 20_050)
    day.paid(51, 20_050, card=50)
    day.charged(51, 20_050, card=50)
    for number in (65, 66, 67):  # 13
        day.paid(number, 20_000 + number)
    day.paid(70, 20_070, "unknown", "none", order="WX0070")  # 14
    day.scanned("WX0070", 70, 20_070)
    day.paid(75, 20_075, "reversal_exhausted", "none", evidence="98,,", order="WX0075")  # 15
    day.scanned("WX0075", 75, 20_075)
    day.paid(80, 20_080)  # 16
    day.paid(85, 20_085)  # 17
    day.charged(85, 20_085)
    day.charged(185, 20_085, at=85, second=30, card=85)
    day.paid(90, 20_090)  # 18
    day.charged(90, 20_090, tid="10000009")


def test_all_eighteen_are_found_and_named_and_nobody_else_is_accused(tillkeeper, day, tmp_path):
    out = tmp_path / "out"
    result = tillkeeper("match", *day.write(tmp_path), "--as-of", "2026-03-10", "--out", out)
    assert result.exit_code == 1, result.output
    with (out / "differences.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    found = {int(row["trace"]): (row["class"], row["cause"]) for row in rows}
    assert found == {trace: tuple(named) for trace, *named in TRUTH.values()} | PAGE
    assert len(rows) == len(found)
    assert all(float(row["confidence"]) > 0.4 for row in rows)
    assert all("  " not in row["sentence"] for row in rows)
