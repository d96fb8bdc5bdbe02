"""Regular expressions of layouts, searched in time that grows with the text alone.

A layout comes from whoever may write one, and a pattern such as `(a|a)*$` would hold Python's own engine for hours.
Polars has one without look-around and back-references, and therefore without that trap.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

_WHOLE = "whole_of_what_was_found"


@dataclass(frozen=True, slots=True)
class Found:
    """What a pattern found: its groups, "" for those that took no part."""

    groups: tuple[str, ...]
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern that both engines know. Make it with `pattern_of`."""

    pattern: str
    groups: int = 0
    names: tuple[str, ...] = ()

    def search(self, text: str) -> Found | None:
        """Return the first place that fits; None: there is none."""
        found = pl.Series([text]).str.extract_groups(f"(?P<{_WHOLE}>{self.pattern})")[0]
        if found[_WHOLE] is None:
            return None
        told = {name: value or "" for name, value in found.items() if name != _WHOLE}
        return Found(tuple(told.values()), {name: told[name] for name in self.names})


def pattern_of(text: str) -> Pattern:
    """Return a pattern.

    Raises:
        ValueError: it is none, or needs what the engine does not have; says which in a few words.
    """
    try:
        known = re.compile(text)
        pl.Series([""]).str.extract_groups(f"(?P<{_WHOLE}>{text})")
    except re.error as error:
        raise ValueError(str(error)) from error
    except pl.exceptions.ComputeError as error:
        raise ValueError(str(error).strip().splitlines()[-1].removeprefix("error: ")) from error
    return Pattern(text, known.groups, tuple(known.groupindex))
