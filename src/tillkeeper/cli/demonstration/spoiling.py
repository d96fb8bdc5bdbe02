"""Rows that are wrong on purpose, each in a way that real ledgers are, so that the import has something to refuse."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

Row = dict[str, Any]
# A card number that card schemes publish for tests: no card has it.
TEST_CARD: Final = "4111 1111 1111 1111"


def _excel_damage(row: Row) -> None:
    row["serial"] = "8.20031E+11"


def _no_such_day(row: Row) -> None:
    row["received_on"] = "2022-13-45"


def _two_days(row: Row) -> None:
    row["received_on"] = "03/04/2022"


def _mistyped_credit_code(row: Row) -> None:
    code = row.get("uscc") or "91110000DEM000001X"
    row["uscc"] = code[:-1] + ("0" if code[-1] != "0" else "1")


def _card_in_remark(row: Row) -> None:
    row["remark"] = f"客户退款卡号 {TEST_CARD}"


def _unheard_of_state(row: Row) -> None:
    row["state"] = "不详"


def _no_model(row: Row) -> None:
    row["model"] = ""


def _no_price(row: Row) -> None:
    row["price"] = "面议"


def _somebodys_terminal_id(row: Row) -> None:
    row["terminal_id"] = row["taken_terminal_id"]


def _somebodys_serial(row: Row) -> None:
    row["serial"], row["remark"] = row["taken_serial"], "重复登记"


SPOILERS: Final[Sequence[Callable[[Row], None]]] = (
    _excel_damage,
    _somebodys_serial,
    _no_such_day,
    _mistyped_credit_code,
    _card_in_remark,
    _unheard_of_state,
    _somebodys_terminal_id,
    _no_model,
    _two_days,
    _no_price,
)


def spoiled(rows: Sequence[Row], count: int, start: int) -> Iterator[Row]:
    """Return `count` rows beside the good ones, each like a good one and wrong in one way.

    Their serials and terminal ids are nobody's, so that only what is wrong on purpose is.
    """
    bound = [row for row in rows if row.get("terminal_id")]
    for at in range(min(count, len(bound))):
        like = bound[at * len(bound) // count]
        row = {
            **like,
            "serial": f"{like['serial'][:4]}99{start + at:06d}",
            "tusn": "",
            "terminal_id": f"9{start + at:07d}",
            "taken_serial": like["serial"],
            "taken_terminal_id": like["terminal_id"],
        }
        SPOILERS[(start + at) % len(SPOILERS)](row)
        yield row
