"""What is known of lines before anybody judged one: phrases that mean a fault, and makers' codes inside lines. Pure.

A phrase counts wherever it stands, whoever wrote the line; a code counts with its maker. Sources: practice.md sections
9 and 10.2.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tillkeeper.engines.log_patterns.phrases import PHRASES_TEXT
from tillkeeper.formats.voice.codes import PRINTER_WORDS, meaning


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that mean a fault. `name` is stable: what people decide about it is kept under it."""

    name: str
    pattern: re.Pattern[str]
    fault: str


@dataclass(frozen=True, slots=True)
class Sign:
    """A known sign in a line: its stable key, how it reads, and the fault it stands for."""

    key: str
    reads: str
    fault: str


def _phrases() -> Iterator[Phrase]:
    for block in PHRASES_TEXT.strip().split("\n\n"):
        head, *patterns = block.splitlines()
        fault, name = head[1:].split("] ", 1)
        yield Phrase(name, re.compile("|".join(patterns), re.IGNORECASE), fault)


PHRASES: Final = tuple(_phrases())
_NUMBER: Final = r"(?P<code>0[xX][0-9A-Fa-f]{1,4}|-?[0-9]{1,5})(?![0-9A-Za-z.])"
_TOLD: Final = (
    r"[^0-9\n]{0,40}?(?:code|status|ret(?:urn(?:ed)?)?|result|err(?:or|no)?|state|状态|返回|错误码?)"
    r"\w*\s*[:=(\[]?\s*"
)
CODES: Final = (
    ("printer_code", re.compile(rf"(?:print|prn|打印)\w*{_TOLD}{_NUMBER}", re.IGNORECASE)),
    (
        "ped_code",
        re.compile(rf"\b(?:ped|pinpad|pin pad|密码键盘)\w*{_TOLD}{_NUMBER}", re.IGNORECASE),
    ),
)
# Answers of an acquirer's host that say that the host itself has trouble (ISO 8583 field 39).
_HOST: Final = re.compile(
    r"\b(?:response|resp|f?39|应答码)[ _]?(?:code)?\s*[:=]\s*[\"']?(?P<code>91|96|98)\b",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(rf"\b({'|'.join(sorted(PRINTER_WORDS))})\b")
_SERIOUS: Final = re.compile(
    r"\b(?:error|err|fatal|fail(?:ed|ure|s)?|exception|panic|crash(?:ed)?|denied|refused|timeout"
    r"|timed out|abort(?:ed)?)\b|(?:^|\s)[EF][/ ]|\[(?:E|F|ERR)\]|错误|失败|异常|超时",
    re.IGNORECASE,
)


def coded(line: str, maker: str) -> Sign | None:
    """Return what a maker's code or name in a line stands for; None: there is none, or all is well.

    Args:
        line: as it stands in the log.
        maker: family of the maker's codes (see formats.voice.codes.family); blank: not known.
    """
    for signal, pattern in CODES:
        for found in pattern.finditer(line):
            code = int(found["code"], 16 if found["code"][:2] in {"0x", "0X"} else 10)
            told = meaning(signal, maker, code)
            if told is not None and told.fault:
                reads = f"{signal} {found['code']}: {told.word}"
                return Sign(f"code:{maker}:{signal}:{code}", reads, told.fault)
    if (host := _HOST.search(line)) is not None:
        return Sign(f"host:{host['code']}", f"response code {host['code']}", "B-HOST")
    if (named := _NAMED.search(line)) is not None:
        return Sign(f"name:{named[1]}", named[1], PRINTER_WORDS[named[1]])
    return None


def phrased(masked: str) -> Sign | None:
    """Return what the words of a masked line stand for; None: nothing that is known."""
    for phrase in PHRASES:
        if phrase.pattern.search(masked):
            return Sign(f"phrase:{phrase.name}", phrase.name, phrase.fault)
    return None


def serious(masked: str) -> bool:
    """Say whether a masked line speaks of something going wrong."""
    return _SERIOUS.search(masked) is not None
