"""Declared layouts: written as versions, proved by samples, known downwards, and read by when files come in."""

from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, transaction
from tests.factories import OrganisationFactory
from tests.money_days import billed, paid, written

from tillkeeper.formats.canonical.errors import BadLine, TooLarge
from tillkeeper.formats.layouts.catalogue import FOLDER
from tillkeeper.formats.layouts.errors import BadLayout
from tillkeeper.formats.layouts.trials import MOST_BYTES
from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.kernel.models import AuditEntry
from tillkeeper.parties.roles import Right
from tillkeeper.parties.roles import Role as Job
from tillkeeper.settlement.errors import FiguresDisagree, LayoutNameTaken
from tillkeeper.settlement.models import Layout
from tillkeeper.settlement.queries.layouts import (
    declared_formats,
    format_known,
    layout,
    layouts_in_force,
    newest_layouts,
)
from tillkeeper.settlement.services.files import store_of
from tillkeeper.settlement.services.layouts import (
    Sample,
    draft,
    preview,
    take_out_of_use,
    write_layout,
)

pytestmark = pytest.mark.django_db
TEXT = """name = "acme"
role = "bill"
title = "Acme bill"
source = "letter of Acme, 2026-03"
field = [
    { title = "商编" }, { title = "终端" }, { title = "何时" },
    { title = "多少" }, { title = "何事" }, { title = "凭证" },
]
[file]
shape = "delimited"
delimiter = "|"
[lines]
end = ["合计"]
end_required = true
[canonical]
mid = { from = "商编" }
tid = { from = "终端" }
at = { from = "何时", patterns = "%Y-%m-%d %H:%M:%S" }
amount_minor = { from = "多少", type = "yuan" }
kind = { from = "何事", map = { "收" = "sale", "退" = "refund" } }
trace = { from = "凭证" }
channel = { value = "card" }
[[check]]
name = "rows against the last line"
stated = '合计 (\\d+)'
of = "rows"
"""
SALES = [paid(1), paid(2, 2_550)]
ZONE = ZoneInfo("Asia/Shanghai")
HEAD = "商编|终端|何时|多少|何事|凭证"


def acme(sales=SALES, rows=None, kind="收"):
    """Return a bill of Acme's as it comes."""
    lines = [HEAD]
    for one in sales:
        told = billed(one)
        amount = f"{told['amount_minor'] // 100}.{told['amount_minor'] % 100:02}"
        at = told["at"].astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
        lines.append("|".join([told["mid"], told["tid"], at, amount, kind, told["trace"]]))
    lines.append(f"合计 {len(sales) if rows is None else rows}")
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture
def teach(approver, noon):
    """Return a function that writes a version of a layout."""

    def teach(text=TEXT, *, sample=None, by=None, organisation="SH", why="Acme wrote"):
        given = Sample("acme.txt", sample) if sample is not None else None
        return write_layout(
            organisation=organisation, text=text, why=why, sample=given, by=by or approver, at=noon
        )

    return teach


def test_a_layout_is_written_as_versions_and_the_same_again_is_none(teach, branch):
    one, again = teach(), teach(why="once more")
    two = teach(TEXT.replace("Acme bill", "Bill of Acme"))
    assert (one.pk, one.version, one.proof) == (again.pk, 1, {})
    assert (two.version, two.name, two.organisation) == (2, "acme", branch)
    assert [row.version for row in layouts_in_force(branch.path)] == [2]
    assert AuditEntry.objects.filter(action="layout.write").count() == 2


def test_a_version_is_proved_by_a_sample_and_keeps_what_the_check_said_and_not_the_sample(
    teach, settings
):
    made = teach(sample=acme())
    assert (made.proof["rows"], made.proof["sums"]) == (2, {"CNY": 12_550})
    assert [(c["name"], c["stated"], c["found"]) for c in made.proof["checks"]] == [
        ("rows against the last line", "2", "2")
    ]
    assert made.proof["name"] == "acme.txt"
    kept = [path for path in settings.TILLKEEPER_VAR.rglob("*") if path.is_file()]
    assert all("商编".encode() not in path.read_bytes() for path in kept)


def test_an_unproven_version_is_proved_by_writing_it_again_with_a_sample(teach):
    assert (teach().version, teach(sample=acme()).version, teach(sample=acme()).version) == (
        1,
        2,
        2,
    )


@pytest.mark.parametrize(
    ("sample", "kind"),
    [
        (acme(kind="送"), BadLine),
        (acme(rows=3), FiguresDisagree),
        (b"x" * (MOST_BYTES + 1), TooLarge),
    ],
    ids=["a word that is not known", "another number of rows", "too large"],
)
def test_a_sample_that_is_not_sound_keeps_the_version_from_being_written(teach, sample, kind):
    with pytest.raises(kind):
        teach(sample=sample)
    assert Layout.objects.count() == 0


@pytest.mark.parametrize(
    ("old", "new", "line", "there"),
    [
        ('"sale"', '"sail"', 20, '"收" = "sail"'),
        ("[canonical]", "[canonical", 15, ""),
        ('type = "yuan"', 'type = "dollar"', 19, 'type = "dollar"'),
        ('role = "bill"', "", 1, "name ="),
    ],
)
def test_a_bad_text_is_refused_with_line_and_column(teach, old, new, line, there):
    text = TEXT.replace(old, new)
    with pytest.raises(BadLayout) as refused:
        teach(text)
    told = refused.value
    assert told.line == line
    assert text.split("\n")[line - 1][told.column - 1 :].startswith(there)
    assert f"line {line}, column {told.column}" in str(told)
    assert Layout.objects.count() == 0


def test_no_layout_is_called_as_a_format_of_the_product_is(teach):
    with pytest.raises(LayoutNameTaken) as refused:
        teach(TEXT.replace('"acme"', '"zm"'))
    assert "zm.own" in str(refused.value)


def test_a_reason_is_needed_and_a_text_has_an_end(teach):
    with pytest.raises(FieldInvalid):
        teach(why=" ")
    with pytest.raises(FieldInvalid):
        teach(TEXT + "#" * 200_000)


def test_only_who_writes_rules_of_the_organisation_writes_its_layouts(teach, clerk, hire, neighbour, noon):  # fmt: skip
    with pytest.raises(NotFound):
        teach(by=clerk)
    with pytest.raises(NotFound):
        teach(by=hire(Job.SETTLEMENT_APPROVER, neighbour))
    teach()
    for who in (clerk, hire(Job.SETTLEMENT_APPROVER, neighbour)):
        with pytest.raises(NotFound):
            take_out_of_use(organisation="SH", name="acme", why="x", by=who, at=noon)


def test_a_version_is_never_changed(teach):
    made = teach()
    made.text = "other"
    with pytest.raises(DatabaseError), transaction.atomic():
        made.save()


def test_a_layout_is_known_to_the_organisation_and_all_below_it_and_the_nearest_counts(
    teach, hire, head_office, branch, neighbour
):
    top = hire(Job.SETTLEMENT_APPROVER, head_office)
    teach(by=top, organisation="HQ")
    agent = OrganisationFactory(code="SH1", parent=branch, kind="agent")
    assert [one.version for one in declared_formats(agent.path)] == ["HQ/acme/1"]
    teach(TEXT.replace("Acme bill", "Nearer"))
    assert [one.version for one in declared_formats(agent.path)] == ["SH/acme/1"]
    assert [one.version for one in declared_formats(neighbour.path)] == ["HQ/acme/1"]
    assert [one.version for one in declared_formats(head_office.path)] == ["HQ/acme/1"]


def test_people_see_layouts_above_and_below_them_and_not_their_neighbours(
    teach, hire, head_office, branch, neighbour, clerk
):
    teach(by=hire(Job.SETTLEMENT_APPROVER, head_office), organisation="HQ")
    teach()
    other = TEXT.replace('"acme"', '"other"')
    teach(other, by=hire(Job.SETTLEMENT_APPROVER, neighbour), organisation="BJ")
    scope = clerk.scope(Right.MONEY_VIEW)
    seen = [(row.organisation.code, row.name) for row in newest_layouts(scope)]
    assert seen == [("HQ", "acme"), ("SH", "acme")]
    assert layout(scope, "HQ", "acme").version == 1
    with pytest.raises(NotFound):
        layout(scope, "BJ", "other")
    with pytest.raises(NotFound):
        layout(scope, "SH", "acme", 2)


def test_a_file_is_recognised_and_read_by_the_declared_layout_and_says_by_which_version(
    teach, bring
):
    assert bring("", acme(), name="a.txt").problem["code"] == "formats.unrecognised"
    teach()
    teach(TEXT.replace("Acme bill", "Bill of Acme"))
    file = bring("", acme(), name="a.txt")
    assert (file.state, file.format, file.rows) == ("taken", "acme", 2)
    assert file.facts["layout"] == "SH/acme/2"
    assert "layout" not in bring("journal", SALES).facts


def test_a_layout_out_of_use_reads_no_more_until_it_is_taken_up_again(teach, bring, approver, noon):
    teach()
    gone = take_out_of_use(organisation="SH", name="acme", why="old", by=approver, at=noon)
    assert (gone.version, gone.text) == (2, "")
    assert bring("", acme(), name="a.txt").state == "refused"
    with pytest.raises(NotFound):
        take_out_of_use(organisation="SH", name="acme", why="old", by=approver, at=noon)
    assert teach().version == 3
    assert bring("", acme(), name="b.txt").facts["layout"] == "SH/acme/3"


def test_a_neighbours_layout_reads_no_file_of_ours(teach, bring, hire, neighbour, branch):
    teach(by=hire(Job.SETTLEMENT_APPROVER, neighbour), organisation="BJ")
    assert bring("", acme(), name="a.txt").state == "refused"
    with pytest.raises(FieldInvalid):
        format_known(branch, "acme")
    assert format_known(branch, "") is None
    assert format_known(neighbour, "acme").version == "BJ/acme/1"


def test_two_layouts_that_fit_equally_well_refuse_the_file_and_are_named(teach, bring, branch):
    teach()
    teach(TEXT.replace('"acme"', '"twin"'))
    file = bring("", acme(), name="a.txt")
    assert (file.state, file.problem["code"]) == ("refused", "formats.ambiguous")
    assert file.problem["facts"]["formats"] == "acme, twin"


def test_a_layout_of_ones_own_goes_before_a_format_that_fits_as_well(teach, bring):
    own = (FOLDER / "acquirer46.toml").read_text().replace('"acquirer46"', '"acquirer46.own"')
    teach(own)
    file = bring("acquirer46", [billed(row) for row in SALES])
    assert (file.format, file.facts["layout"]) == ("acquirer46.own", "SH/acquirer46.own/1")


def test_a_run_is_the_same_when_its_layout_has_changed_since(teach, bring, matched, approver, noon):
    teach()
    bring("journal", [*SALES, paid(3, 777)])
    file = bring("", acme(), name="a.txt")
    before = {path.name: path.read_bytes() for path in store_of(file).iterdir()}
    first = matched(files=())
    teach(TEXT.replace('"收" = "sale"', '"收" = "refund"').replace('type = "yuan"', 'type = "fen"'))
    second = matched(files=())
    take_out_of_use(organisation="SH", name="acme", why="old", by=approver, at=noon)
    third = matched(files=())
    assert first.state == second.state == third.state == "done"
    assert first.differences_sha256 == second.differences_sha256 == third.differences_sha256
    assert first.summary == second.summary == third.summary
    assert before == {path.name: path.read_bytes() for path in store_of(file).iterdir()}
    assert file.facts["layout"] == "SH/acme/1"


def test_a_preview_keeps_nothing_and_tells_every_line_that_cannot_be_used(settings):
    data = acme(kind="送").replace("送".encode(), "收".encode(), 1)
    trial = preview(TEXT, Sample("a.txt", data))
    assert (trial.refused.line, trial.refused.column) == (3, "何事")
    assert [one.line for one in trial.set_aside] == [3]
    assert [row["amount_minor"] for row in trial.rows] == [10_000]
    assert trial.lines[0] == HEAD
    assert not trial.sound
    assert preview(TEXT, Sample("a.txt", acme())).sound
    assert not list(settings.TILLKEEPER_VAR.rglob("*"))


def test_a_preview_shows_no_card_number(settings):
    data = acme().replace(b"|000001", b"|6222800000000000", 1)
    trial = preview(TEXT, Sample("a.txt", data))
    assert "622280******0000" in trial.lines[1]
    assert "6222800000000000" not in str(trial.lines)


@pytest.mark.parametrize("pattern", ["(a|a)*$", "(x+x+)+y", "合计( *)*(\\\\d+)!"])
def test_no_pattern_holds_the_reader_up(pattern):
    text = TEXT.replace("合计 (\\d+)", f"({pattern})")
    data = acme().replace("合计 2".encode(), b"\xe5\x90\x88\xe8\xae\xa1" + b"ax  " * 5_000)
    trial = preview(text, Sample("a.txt", data))
    assert not trial.sound


def test_a_draft_is_named_apart_from_the_products_formats():
    sample = Sample("zm.txt", written("acquirer46", [billed(row) for row in SALES]).getvalue())
    assert 'name = "zm.own"' in draft(sample)
