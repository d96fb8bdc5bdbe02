"""Makers' own codes of printers and PIN pads, told as faults of the one table. Codes: practice.md section 10.2. Pure.

A code means something only with its maker: 8 is heat with one and paper running out with another. A maker that nobody
knows is read by what all known makers agree on; what they do not agree on stays unsaid.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

OK: Final = ""  # nothing is wrong, or nothing that outlasts the slip


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says: the maker's word for it, and the fault it stands for, blank for none."""

    word: str
    fault: str = OK


def _table(*rows: tuple[int, str, str]) -> "MappingProxyType[int, Meaning]":
    return MappingProxyType({code: Meaning(word, fault) for code, word, fault in rows})


_PAPER, _HEAT, _HEAD = "H-PRT-PAPER", "H-PRT-HEAT", "H-PRT-HEAD"
_MOTOR, _JAM, _POWER = "H-PRT-MOTOR", "H-PRT-JAM", "H-PWR-ADP"
_OS, _SET, _KEY = "S-OS", "U-SET", "S-KEY"
PRINTER: Final = MappingProxyType(
    {
        "pax": _table(
            (0, "ok", OK),
            (1, "busy", OK),
            (2, "out of paper", _PAPER),
            (3, "packet format", OK),
            (4, "malfunction", _MOTOR),
            (8, "overheat", _HEAT),
            (9, "low voltage", _POWER),
            (240, "unfinished", OK),
            (-16, "unfinished", OK),
            (252, "no font", _OS),
            (-4, "no font", _OS),
            (254, "data too long", OK),
            (-2, "data too long", OK),
            (-5, "cover open", _PAPER),
            (-6, "cut jam", _JAM),
        ),
        "landi": _table(
            (0x00, "ok", OK),
            (0xE1, "low voltage", _POWER),
            (0xF0, "paper out", _PAPER),
            (0xF2, "hardware", _MOTOR),
            (0xF3, "overheat", _HEAT),
            (0xF4, "paper ending", OK),
            (0xF5, "buffer overflow", OK),
            (0xFB, "motor", _MOTOR),
            (0xFC, "position not found", _PAPER),
        ),
        "sunmi": _table(
            (0, "ready", OK),
            (-1, "offline", _MOTOR),
            (-2, "communication", _OS),
            (-1000, "paper out", _PAPER),
            (-1001, "jam", _JAM),
            (-1002, "mismatch", _PAPER),
            (-1010, "printer hot", _HEAT),
            (-1011, "motor hot", _MOTOR),
            (-1020, "cover open", _PAPER),
            (-1021, "cover incomplete", _PAPER),
            (-1030, "cutter", _JAM),
        ),
        "imin": _table(
            (-1, "init fail", _OS),
            (0, "normal", OK),
            (1, "not powered", _POWER),
            (2, "library mismatch", _OS),
            (3, "door open", _PAPER),
            (4, "cutter", _JAM),
            (5, "overheat", _HEAT),
            (6, "black label", _PAPER),
            (7, "no paper feed", _PAPER),
            (8, "paper running out", OK),
            (99, "other", _MOTOR),
        ),
    }
)
# Names that newer interfaces tell in their logs instead of numbers.
PRINTER_WORDS: Final = MappingProxyType(
    {
        "ABNORMAL_COMMUNICATION": _OS,
        "OUT_OF_PAPER": _PAPER,
        "OVERHEATED": _HEAT,
        "OPEN_THE_LID": _PAPER,
        "PAPER_CUTTER_ABNORMAL": _JAM,
        "NO_BLACK_MARK": _PAPER,
        "NO_PRINTER_DETECTED": _MOTOR,
        "FAILED_TO_UPGRADE_FIRMWARE": _OS,
        "READER_TAMPERED": "H-TAMPER",
        "TAP_TO_PAY_DEVICE_TAMPERED": "H-TAMPER",
    }
)
PED: Final = MappingProxyType(
    {
        "pax": _table(
            (0, "ok", OK),
            (-301, "no key", _KEY),
            (-302, "key index", _KEY),
            (-303, "derive level", _KEY),
            (-304, "key check value fails", _KEY),
            (-305, "no PIN input", OK),
            (-306, "cancelled", OK),
            (-307, "called too soon", OK),
            (-308, "key check value mode", _SET),
            (-309, "no right to use the key", _KEY),
            (-310, "key type", _KEY),
        )
    }
)
TABLES: Final = MappingProxyType({"printer_code": PRINTER, "ped_code": PED})
# Other names of the same families of codes, by the beginning of a maker's code or name in lower case.
FAMILIES: Final = (
    ("pax", "pax"),
    ("百富", "pax"),
    ("landi", "landi"),
    ("联迪", "landi"),
    ("verifone", "landi"),
    ("惠尔丰", "landi"),
    ("sunmi", "sunmi"),
    ("商米", "sunmi"),
    ("imin", "imin"),
)


def family(*names: str) -> str:
    """Return whose codes a terminal speaks, by its maker's code or name; blank: nobody knows."""
    for name in names:
        small = name.strip().lower()
        for begin, found in FAMILIES:
            if small.startswith(begin):
                return found
    return ""


def meaning(signal: str, maker: str, code: int) -> Meaning | None:
    """Return what a code means; None: nobody knows.

    Args:
        signal: printer_code or ped_code.
        maker: from `family`; blank: by what all makers that have this code agree on.
        code: as the terminal reports it.
    """
    tables = TABLES.get(signal, MappingProxyType({}))
    if maker in tables:
        return tables[maker].get(code)
    found = [table[code] for table in tables.values() if code in table]
    return found[0] if found and len({one.fault for one in found}) == 1 else None
