"""What differs from line to line of one kind is masked before lines are compared: the better, the fewer templates."""

import re
from typing import Final

LONGEST: Final = 2_000  # characters of a line that are looked at

_B, _E = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"
_CLOCK: Final = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]{1,9})?"
# In this order: what is part of something larger comes after it.
MASKS: Final = tuple(
    (re.compile(pattern, re.ASCII), mask)
    for mask, pattern in (
        ("<CARD>", rf"{_B}[2-6][0-9]{{5}}\*{{3,9}}[0-9]{{4}}{_E}"),
        ("<URL>", r"\b[a-z]{2,9}://[^\s\"'<>]+"),
        (
            "<TIME>",
            rf"{_B}(?:[0-9]{{4}}[-/])?[0-9]{{1,2}}[-/][0-9]{{1,2}}[ T]{_CLOCK}(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?",
        ),
        ("<TIME>", rf"{_B}[0-9]{{1,2}}:[0-9]{{2}}:[0-9]{{2}}(?:[.,][0-9]{{1,9}})?{_E}"),
        ("<DATE>", rf"{_B}(?:20[0-9]{{2}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}|20[0-9]{{6}}){_E}"),
        ("<MAC>", rf"{_B}(?:[0-9A-Fa-f]{{2}}:){{5}}[0-9A-Fa-f]{{2}}{_E}"),
        ("<IP>", rf"{_B}(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}(?::[0-9]{{1,5}})?{_E}"),
        (
            "<ID>",
            rf"{_B}[0-9a-fA-F]{{8}}-[0-9a-fA-F]{{4}}-[0-9a-fA-F]{{4}}-[0-9a-fA-F]{{4}}-[0-9a-fA-F]{{12}}{_E}",
        ),
        ("<PATH>", r"(?<![A-Za-z0-9_<.])(?:/[A-Za-z0-9_.+@:~-]+){2,}/?"),
        ("<HEX>", rf"{_B}0[xX][0-9A-Fa-f]+{_E}"),
        ("<HEX>", rf"{_B}(?=[0-9A-Fa-f]*[0-9])(?=[0-9A-Fa-f]*[A-Fa-f])[0-9A-Fa-f]{{8,}}{_E}"),
        ("<SERIAL>", rf"{_B}(?=[A-Z0-9]*[A-Z])(?=(?:[A-Z]*[0-9]){{5}})[A-Z0-9]{{8,32}}{_E}"),
        (
            "<NUM>",
            r"(?<![A-Za-z0-9_.])[-+]?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?(?=%|ms|s|[KMG]?B|°C|\b)",
        ),
    )
)


def masked(line: str) -> str:
    """Return a line with its times, addresses, numbers, paths and serial numbers masked."""
    text = line[:LONGEST]
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return text
