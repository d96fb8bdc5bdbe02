"""Alerts with one cause become a group; groups whose alerts are all over are closed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from django.db.models import Exists, OuterRef

from tillkeeper.engines.alerting.counts import CounterRate
from tillkeeper.engines.alerting.joining import Joined, Lone, join
from tillkeeper.kernel.actor import STEP_WIDTH
from tillkeeper.kernel.bulk import among
from tillkeeper.kernel.outbox import publish
from tillkeeper.parties.queries import organisations, sites
from tillkeeper.parties.tree import above
from tillkeeper.telemetry.events import AlertsCleared
from tillkeeper.telemetry.lifecycle import Severity
from tillkeeper.telemetry.models import Alert, AlertGroup
from tillkeeper.telemetry.services.alerts.estate import Facts, facts_of
from tillkeeper.telemetry.services.alerts.numbers import Numbers
from tillkeeper.telemetry.services.alerts.rulebook import Rulebook, Written
from tillkeeper.telemetry.services.alerts.usual import usual_of
from tillkeeper.terminals.queries import terminal_models

AT_ONCE: Final = 20_000  # alerts looked at in a round
NAMED_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Candidate:
    """An alert that belongs to no group."""

    number: int
    rule: int
    terminal: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """Alerts of a rule that were found to have one cause."""

    one: Written
    joined: Joined
    paths: tuple[str, ...]


def join_alerts(book: Rulebook, set_by_people: Numbers, *, at: datetime) -> int:
    """Join alerts that were raised of late; return how many found a group. Some statements, however many alerts."""
    joinable = {one.row.pk: one for one in book.written if one.row.join}
    windows = {pk: _window(one, set_by_people) for pk, one in joinable.items()}
    if not joinable:
        return 0
    candidates = _candidates(windows, at)
    if not candidates:
        return 0
    facts = facts_of(sorted({one.terminal for one in candidates}))
    candidates = [one for one in candidates if one.terminal in facts]
    known = _Open.of(joinable, windows, at)
    left = known.take(joinable, candidates, facts)
    found = _found(joinable, left, facts, windows, at)
    _open_groups([one for one in found if not known.take_found(one)], at)
    known.write(at)
    return len(candidates) - len(left) + sum(len(one.joined.numbers) for one in found)


def _window(one: Written, set_by_people: Numbers) -> timedelta:
    terms = one.rule.terms
    slow = timedelta(seconds=2 * terms.window_s) if isinstance(terms, CounterRate) else timedelta()
    return max(set_by_people.join, slow)


def _candidates(windows: dict[int, timedelta], at: datetime) -> list[Candidate]:
    rows = Alert.objects.filter(
        cleared_at=None, group=None, rule_id__in=list(windows), at__gt=at - max(windows.values())
    )
    told = rows.order_by("pk").values_list("pk", "rule_id", "terminal_id", "at")[:AT_ONCE]
    every = [Candidate(*row) for row in told]
    return [one for one in every if one.at > at - windows[one.rule]]


def groups_of(one: Written, facts: Facts) -> list[tuple[str, str]]:
    """Return the groups that a terminal's alert could belong to, as (by, key).

    A carrier fails in a province or everywhere. A group lies within one head office: others are not to learn of it.
    """
    root, found = facts.path[:STEP_WIDTH], []
    for by in one.row.join:
        if name := facts.peers_by(by)[:NAMED_MAX]:
            found.append((by, f"{root}/{name}"))
            if by == "carrier" and facts.province:
                found.append((by, f"{root}/{name}/{facts.province}"[:80]))
    return found


@dataclass(slots=True)
class _Open:
    """Groups that are open, and the alerts that join them. One that grew of late takes whoever could belong to it."""

    rows: dict[tuple[int, str, str], AlertGroup]
    growing: set[int]
    taken: dict[int, list[tuple[int, str]]]  # numbers and places, by group

    @classmethod
    def of(cls, joinable: dict[int, Written], windows: dict[int, timedelta], at: datetime) -> Self:
        """Return those of some rules."""
        rows = AlertGroup.objects.filter(closed_at=None, rule_id__in=list(joinable))
        found = {(row.rule_id, row.joined_by, row.key): row for row in rows.order_by("pk")}
        growing = {
            row.pk
            for row in found.values()
            if at.timestamp() - row.facts.get("last", 0) <= windows[row.rule_id].total_seconds()
        }
        return cls(found, growing, defaultdict(list))

    def take(
        self, joinable: dict[int, Written], candidates: Sequence[Candidate], facts: dict[int, Facts]
    ) -> list[Candidate]:
        """Have alerts join groups that still grow; return the others."""
        left: list[Candidate] = []
        for one in candidates:
            keys = groups_of(joinable[one.rule], facts[one.terminal])
            homes = (self.rows.get((one.rule, *key)) for key in keys)
            home = next((row for row in homes if row and row.pk in self.growing), None)
            if home is None:
                left.append(one)
            else:
                self.taken[home.pk].append((one.number, facts[one.terminal].path))
        return left

    def take_found(self, found: Found) -> bool:
        """Have alerts that were found together join the open group of their key, if there is one that had rested."""
        home = self.rows.get((found.one.row.pk, found.joined.by, found.joined.key))
        if home is not None:
            self.taken[home.pk] += zip(found.joined.numbers, found.paths, strict=True)
        return home is not None

    def write(self, at: datetime) -> None:
        """Write who joined, and widen the place of a group to cover them: three statements for each that grew."""
        for row in self.rows.values():
            if not (joined := self.taken.get(row.pk)):
                continue
            row.facts |= {"joined": row.facts["joined"] + len(joined), "last": at.timestamp()}
            wider = covering_path([row.path, *(path for _, path in joined)])
            if wider != row.path:
                row.path, row.organisation_id = wider, organisations().get(path=wider).pk
            row.save(update_fields=["facts", "path", "organisation"])
            Alert.objects.filter(pk__in=among([number for number, _ in joined])).update(group=row)


def _found(
    joinable: dict[int, Written],
    candidates: Sequence[Candidate],
    facts: dict[int, Facts],
    windows: dict[int, timedelta],
    at: datetime,
) -> list[Found]:
    by_rule: dict[int, list[Lone]] = defaultdict(list)
    terminal_of = {one.number: one.terminal for one in candidates}
    for one in candidates:
        keys = tuple(groups_of(joinable[one.rule], facts[one.terminal]))
        by_rule[one.rule].append(Lone(one.number, one.at.timestamp(), keys))
    usual = usual_of(by_rule, windows, at=at)
    found: list[Found] = []
    for rule, alerts in by_rule.items():
        for joined in join(alerts, usual.get(rule, {})):
            paths = tuple(facts[terminal_of[number]].path for number in joined.numbers)
            found.append(Found(joinable[rule], joined, paths))
    return found


def _open_groups(found: Sequence[Found], at: datetime) -> None:
    if not found:
        return
    names = _names(found)
    covering = {one.joined: covering_path(one.paths) for one in found}
    nodes = dict(organisations().filter(path__in=set(covering.values())).values_list("path", "pk"))
    groups = [_group(one, names, covering[one.joined], nodes, at) for one in found]
    AlertGroup.objects.bulk_create(groups)
    member = {
        number: group.pk
        for one, group in zip(found, groups, strict=True)
        for number in one.joined.numbers
    }
    for group_pk in set(member.values()):
        mine = sorted(number for number, group in member.items() if group == group_pk)
        Alert.objects.filter(pk__in=among(mine)).update(group_id=group_pk)


def _group(
    found: Found, names: dict[str, str], path: str, nodes: dict[str, int], at: datetime
) -> AlertGroup:
    joined, row = found.joined, found.one.row
    name = joined.key.partition("/")[2]
    return AlertGroup(
        rule=row,
        joined_by=joined.by,
        key=joined.key,
        title=names.get(f"{joined.by}/{name}", name)[:120],
        facts={
            "joined": len(joined.numbers),
            "of": joined.terminals,
            "expected": float(f"{joined.expected:.3g}"),
            "last": at.timestamp(),
        },
        organisation_id=nodes[path],
        path=path,
        opened_at=at,
    )


def covering_path(paths: Sequence[str]) -> str:
    """Return the path of the node that covers all of these."""
    first, last = min(paths), max(paths)  # what these two share, all share
    return max((path for path in above(first) if last.startswith(path)), key=len)


def _names(found: Iterable[Found]) -> dict[str, str]:
    """Return what people call sites and models; two statements."""
    keys: dict[str, set[int]] = {"site": set(), "model": set()}
    for one in found:
        if one.joined.by in keys:
            keys[one.joined.by].add(int(one.joined.key.partition("/")[2]))
    named = sites().filter(pk__in=keys["site"]).values_list("pk", "name") if keys["site"] else []
    models = terminal_models().filter(pk__in=keys["model"]) if keys["model"] else []
    return {f"site/{pk}": name for pk, name in named} | {f"model/{m.pk}": m.name for m in models}


def close_groups(*, at: datetime) -> int:
    """Close groups of which no alert is open any more, and say so once; three statements at most."""
    waiting = Alert.objects.filter(group=OuterRef("pk"), cleared_at=None)
    over = AlertGroup.objects.filter(~Exists(waiting), closed_at=None)
    rows = list(over.values_list("pk", "facts", "rule__severity"))
    if not rows:
        return 0
    AlertGroup.objects.filter(pk__in=[row[0] for row in rows]).update(closed_at=at)
    told = tuple(
        pk for pk, facts, severity in rows if "told" in facts and severity != Severity.INFO
    )
    if told:
        publish(AlertsCleared(groups=told, at=at))
    return len(rows)
