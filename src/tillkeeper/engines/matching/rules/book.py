"""The rules of a match: calendars, cut-offs, tolerances, windows and fee plans. Read from TOML, refused where unclear.

`sha256` is that of the rules themselves: the order of keys and tables, comments and blanks do not count.
docs/reference/rules.md names every key.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Final

from tillkeeper.engines.matching.rules.errors import NoToml
from tillkeeper.engines.matching.rules.keys import Keys
from tillkeeper.engines.matching.rules.plans import FeePlan
from tillkeeper.engines.matching.rules.reading_plans import PLAN_KEYS, read_plans
from tillkeeper.engines.matching.rules.reading_terms import TERM_KEYS, read_terms
from tillkeeper.engines.matching.rules.terms import PayoutTerms, Terms, Tolerance, Windows
from tillkeeper.formats.canonical.tables import Channel

SOUND: Final = "sound-1"  # the version of the rules that stand where no file is given
UNIONPAY_CUTOFF_MINUTES: Final = 23 * 60  # about 23:00, per acquirer (payments.md 3.5)
AT_TERMINAL: Final = "/"  # between a merchant number and the terminal it is meant at
SECTIONS: Final = (
    "version", "settlement", "channels", "acquirers", "merchants", "tolerance", "windows", "payouts", "fees",
)  # fmt: skip
TOLERANCE_KEYS: Final = (
    "above_minor", "below_minor", "above_percent", "below_percent", "days_before", "days_after",
)  # fmt: skip
WINDOW_KEYS: Final = ("duplicate_minutes", "retransmission_minutes")
PAYOUT_KEYS: Final = ("days_after", "late_after_days", "payers")
MERCHANT: Final = re.compile(rf"^[^\s{AT_TERMINAL}]+({AT_TERMINAL}[^\s{AT_TERMINAL}]+)?$")
MOST_DAYS: Final = 366
MOST_MINUTES: Final = 7 * 24 * 60
EXACT: Final = Tolerance()
USUAL_WINDOWS: Final = Windows()
USUAL_PAYOUTS: Final = PayoutTerms()


@dataclass(frozen=True)
class Rules:
    """What was agreed, and how exactly it must be kept. Rules that are equal have one hash."""

    version: str
    channels: tuple[tuple[str, Terms], ...]
    acquirers: tuple[
        tuple[str, tuple[tuple[str, Terms], ...]], ...
    ] = ()  # by beginning of the mid, longest first
    tolerance: Tolerance = EXACT
    windows: Windows = USUAL_WINDOWS
    payouts: PayoutTerms = USUAL_PAYOUTS
    plans: tuple[FeePlan, ...] = ()
    merchants: tuple[
        tuple[str, str], ...
    ] = ()  # a channel's own number, or that and a terminal's, and ours

    @classmethod
    def sound(cls) -> "Rules":
        """Return the rules that stand where no file is given: T+1 by the Chinese calendar, fees not judged."""
        return cls(version=SOUND, channels=tuple(_sound_channels().items()))

    @classmethod
    def of_file(cls, path: Path) -> "Rules":
        """Read a rules file.

        Raises:
            NoToml, BadRule, UnknownRule, RivalPlans: see each; nothing of the file is used then.
        """
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise NoToml(name=path.name, reason=f"byte {error.start} is not UTF-8") from error
        return cls.of_text(text, name=path.name)

    @classmethod
    def of_text(cls, text: str, *, name: str = "R.toml") -> "Rules":
        """Read rules from TOML text; `name` is what refusals call it.

        Raises:
            NoToml, BadRule, UnknownRule, RivalPlans: as `of_file`.
        """
        try:
            values = tomllib.loads(text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            raise NoToml(name=name, reason=str(error)) from error
        return _rules(Keys(name, "", values, SECTIONS))

    def terms(self, channel: str, mid: str = "") -> Terms:
        """Return what was agreed: with the acquirer whose beginning of the mid is longest, else for the channel."""
        named = next(
            (terms for prefix, terms in self.acquirers if mid.startswith(prefix)), self.channels
        )
        found = dict(named)
        return found.get(channel, found[""])

    @cached_property
    def sha256(self) -> str:
        """Hash of what the rules say, version included."""
        said = {**asdict(self), "plans": sorted(_canonical(asdict(plan)) for plan in self.plans)}
        if not self.merchants:  # rules that name none keep the hash they had before there were any
            del said["merchants"]
        return hashlib.sha256(_canonical(said).encode()).hexdigest()


def _rules(keys: Keys) -> Rules:
    channels = _channels(keys)
    acquirers = keys.values.get("acquirers", {})
    named = keys.table("acquirers", tuple(acquirers) if isinstance(acquirers, dict) else ())
    return Rules(
        version=keys.text("version", "unnamed"),
        channels=tuple(channels.items()),
        acquirers=tuple(
            (prefix, _overlaid(channels, named.table(prefix, TERM_KEYS)))
            for prefix in sorted(named.values, key=lambda prefix: (-len(prefix), prefix))
        ),
        tolerance=_tolerance(keys.table("tolerance", TOLERANCE_KEYS)),
        windows=_windows(keys.table("windows", WINDOW_KEYS)),
        payouts=_payouts(keys.table("payouts", PAYOUT_KEYS)),
        plans=read_plans(keys.name, keys.tables("fees", PLAN_KEYS, "[[fees]]")),
        merchants=_merchants(keys),
    )


def _merchants(keys: Keys) -> tuple[tuple[str, str], ...]:
    """Return the pairs of [merchants]. Ours may not be theirs of another pair: nothing is renamed twice."""
    told = keys.values.get("merchants", {})
    named = keys.table("merchants", tuple(told) if isinstance(told, dict) else ())
    for theirs in named.values:
        if not MERCHANT.match(theirs) or named.text(theirs) in named.values:
            named.refuse(theirs, "merchants", '"1900000109" = "898310154110001"')
    return tuple(sorted((theirs, named.text(theirs)) for theirs in named.values))


def _sound_channels() -> dict[str, Terms]:
    unionpay = Terms(cutoff_minutes=UNIONPAY_CUTOFF_MINUTES)
    return {
        "": Terms(),  # a channel of which nothing is known
        Channel.CARD.value: unionpay,
        Channel.WECHAT.value: Terms(),
        Channel.ALIPAY.value: Terms(),
        Channel.UNIONPAY_QR.value: unionpay,
    }


def _channels(keys: Keys) -> dict[str, Terms]:
    general = keys.table("settlement", TERM_KEYS)
    special = keys.table("channels", tuple(Channel))
    told = {channel: read_terms(general, terms) for channel, terms in _sound_channels().items()}
    for channel in special.values:
        told[channel] = read_terms(special.table(channel, TERM_KEYS), told[channel])
    return told


def _overlaid(channels: Mapping[str, Terms], keys: Keys) -> tuple[tuple[str, Terms], ...]:
    return tuple((channel, read_terms(keys, terms)) for channel, terms in channels.items())


def _tolerance(keys: Keys) -> Tolerance:
    return Tolerance(
        above_minor=keys.minor("above_minor"),
        below_minor=keys.minor("below_minor"),
        above_millionths=keys.millionths("above_percent"),
        below_millionths=keys.millionths("below_percent"),
        days_before=keys.count("days_before", EXACT.days_before, most=MOST_DAYS),
        days_after=keys.count("days_after", EXACT.days_after, most=MOST_DAYS),
    )


def _windows(keys: Keys) -> Windows:
    return Windows(
        keys.count("duplicate_minutes", USUAL_WINDOWS.duplicate_minutes, most=MOST_MINUTES),
        keys.count(
            "retransmission_minutes", USUAL_WINDOWS.retransmission_minutes, most=MOST_MINUTES
        ),
    )


def _payouts(keys: Keys) -> PayoutTerms:
    return PayoutTerms(
        days_after=keys.count("days_after", USUAL_PAYOUTS.days_after, most=MOST_DAYS),
        late_after_days=keys.count(
            "late_after_days", USUAL_PAYOUTS.late_after_days, most=MOST_DAYS
        ),
        payers=keys.texts("payers"),
    )


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str, ensure_ascii=False, separators=(",", ":"))
