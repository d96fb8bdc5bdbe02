"""Declared layouts as versions, each proved by a sample where one is given; the sample itself is never kept."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tillkeeper.formats.canonical.reading import Options, Verdict
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.catalogue import FORMATS
from tillkeeper.formats.layouts.declaration import Layout as Declaration
from tillkeeper.formats.layouts.drafts.proposing import propose
from tillkeeper.formats.layouts.parsing import layout_of
from tillkeeper.formats.layouts.trials import Trial, plain_sample, try_layout
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.parties.queries import organisation as organisation_named
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import FiguresDisagree, LayoutNameTaken
from tillkeeper.settlement.models import Layout
from tillkeeper.settlement.queries.layouts import newest_version
from tillkeeper.settlement.services.files import plain_name
from tillkeeper.settlement.services.ledger import keep_others_out

NAME: Final = "layout.toml"  # what refusals call the text
LONGEST: Final = 200_000  # characters of a layout
LONGEST_NAME: Final = 60
LONGEST_WHY: Final = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """A file that a layout is tried on: nothing of it is kept but its name, its hash and what was counted."""

    name: str
    data: bytes

    @contextmanager
    def laid(self) -> Iterator[Path]:
        """Give it as a file while it lasts, under its own name: some layouts tell the day by it."""
        with TemporaryDirectory(prefix="tillkeeper-") as folder:
            path = Path(folder) / plain_name(self.name)
            path.write_bytes(self.data)
            yield path


def loaded(text: str) -> Declaration:
    """Return what a text declares.

    Raises:
        BadLayout: it declares what cannot be; says the line and the column.
        FieldInvalid: it is longer than any layout.
        LayoutNameTaken: it is called as a format of the product is.
    """
    if len(text) > LONGEST:
        raise FieldInvalid(field="text", value="…", expected=f"at most {LONGEST} characters")
    made = layout_of(text.encode(), NAME)
    if len(made.name) > LONGEST_NAME:
        raise FieldInvalid(
            field="name", value=made.name, expected=f"at most {LONGEST_NAME} characters"
        )
    if made.name in FORMATS:
        raise LayoutNameTaken(layout=made.name, proposed=f"{made.name}.own")
    return made


def preview(text: str, sample: Sample, year: int | None = None) -> Trial:
    """Read a sample by a text that is not written yet; nothing is kept.

    Raises:
        BadLayout, FieldInvalid, LayoutNameTaken: as `loaded`.
    """
    made = loaded(text)
    with sample.laid() as path:
        return try_layout(made, path, Options(year=year))


def draft(sample: Sample, *, role: Role | None = None, say: Callable[[str], str] = str) -> str:
    """Return the text of a layout that a sample suggests; nothing is kept.

    Raises:
        UnreadableFile: a subclass: no layout can be proposed for it.
    """
    with sample.laid() as path, plain_sample(path) as plain:
        data = plain.read_bytes()
    return propose(data, sample.name, role=role, taken=tuple(FORMATS), say=say)


@verb
def write_layout(  # noqa: PLR0913  a version says whose, what, proved by what, why, by whom and when
    *,
    organisation: str,
    text: str,
    why: str,
    by: Actor,
    at: datetime,
    sample: Sample | None = None,
    year: int | None = None,
) -> Layout:
    """Write the next version of a layout; files that come later are read by it. The same again is no new version.

    Args:
        organisation: code of the node whose bills it describes; all below it know it too.
        text: TOML, see docs/how-to/teach-a-format.md. Its `name` says which layout it is a version of.
        why: for whoever reads the history.
        by: who.
        at: when.
        sample: a real file. It is checked whole, and the version is written only if it is sound; without one the
            version is unproven.
        year: where the sample's lines carry none.

    Raises:
        NotFound, NotAllowed: the organisation is none of the actor's.
        BadLayout, FieldInvalid, LayoutNameTaken: the text is no layout, or no reason is given.
        UnreadableFile, FiguresDisagree: the sample is not read by it, or does not agree with its own figures.
    """
    _refuse_reasonless(why)
    node = organisation_named(by.scope(Right.MONEY_RULES), organisation)
    by.require(Right.MONEY_RULES, node.path)
    made = loaded(text)
    proof = _proof(made, sample, year) if sample else {}
    keep_others_out(node.pk)
    before = newest_version(node.pk, made.name)
    if before is not None and before.text == text and (not proof or before.proof == proof):
        return before
    return _write(node, made.name, text, proof, before, why=why, by=by, at=at)


@verb
def take_out_of_use(*, organisation: str, name: str, why: str, by: Actor, at: datetime) -> Layout:
    """Let a layout read no more files. Its versions stay, and what was read by them; a new one takes it up again.

    Raises:
        NotFound: there is no such layout in use, or the organisation is none of the actor's.
        FieldInvalid: no reason is given.
    """
    _refuse_reasonless(why)
    node = organisation_named(by.scope(Right.MONEY_RULES), organisation)
    by.require(Right.MONEY_RULES, node.path)
    keep_others_out(node.pk)
    before = newest_version(node.pk, name)
    if before is None or not before.text:
        raise NotFound(kind="layout", key=f"{organisation}/{name}")
    return _write(node, name, "", {}, before, why=why, by=by, at=at)


def _write(  # noqa: PLR0913  as `write_layout`
    node: Any,
    name: str,
    text: str,
    proof: dict[str, Any],
    before: Layout | None,
    *,
    why: str,
    by: Actor,
    at: datetime,
) -> Layout:
    made = Layout.objects.create(
        organisation=node,
        path=node.path,
        name=name,
        version=before.version + 1 if before else 1,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        proof=proof,
        why=why.strip()[:LONGEST_WHY],
        by=by.name,
        at=at,
    )
    record_change(
        action="layout.write" if text else "layout.take_out_of_use",
        subject=f"layout:{node.code}/{name}/{made.version}",
        place=node.path,
        by=by,
        at=at,
        before={"sha256": before.sha256} if before else None,
        after={"sha256": made.sha256, "proven": bool(proof), "why": why},
    )
    return made


def _proof(made: Declaration, sample: Sample, year: int | None) -> dict[str, Any]:
    """Return what the check of a sound sample said.

    Raises:
        UnreadableFile, FiguresDisagree: it is not sound.
    """
    with sample.laid() as path:
        trial = try_layout(made, path, Options(year=year))
    if trial.refused is not None:
        raise trial.refused
    verdict = trial.verdict
    if verdict is None or not verdict.sound:
        raise _disagreement(sample.name, verdict)
    return {
        "name": sample.name[-200:],
        "sha256": hashlib.sha256(sample.data).hexdigest(),
        "size": len(sample.data),
        "rows": verdict.rows,
        "sums": verdict.sums,
        "checks": [asdict(one) for one in verdict.checks],
        "set_aside_count": len(verdict.set_aside),
        "facts": verdict.facts,
    }


def _disagreement(name: str, verdict: Verdict | None) -> FiguresDisagree:
    wrong = next(one for one in (verdict.checks if verdict else ()) if not one.holds)
    return FiguresDisagree(name=name, check=wrong.name, stated=wrong.stated, found=wrong.found)


def _refuse_reasonless(why: str) -> None:
    if not why.strip():
        raise FieldInvalid(field="why", value="", expected="a reason")
