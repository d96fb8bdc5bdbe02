"""The editor of layouts in the console: list, draft, preview, write, versions, out of use."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.factories import OrganisationFactory

from tillkeeper.formats.layouts.trials import MOST_BYTES
from tillkeeper.parties.roles import Role
from tillkeeper.settlement.models import Layout, MoneyFile
from tillkeeper.settlement.services.layouts import write_layout

NEW = "/money/layouts/-/new"
SAMPLE = (
    "交易时间,金额,类型,终端号\n2026-03-02 10:11:12,100.00,消费,10000001\n"
    "2026-03-02 10:12:12,20.00,退货,10000001\n合计,80.00,2笔,\n"
)
TEXT = """name = "acme"
role = "bill"
title = "Bill of Acme"
source = "letter, page 2"
field = [{ title = "交易时间" }, { title = "金额" }, { title = "类型" }, { title = "终端号" }]
[file]
shape = "delimited"
[lines]
end = ["合计"]
[canonical]
at = { from = "交易时间", patterns = "%Y-%m-%d %H:%M:%S" }
amount_minor = { from = "金额", type = "yuan" }
kind = { from = "类型", map = { "消费" = "sale", "退货" = "refund" } }
tid = { from = "终端号" }
"""


def sample(text=SAMPLE, name="acme_20260302.csv"):
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


@pytest.fixture
def acme(branch, approver, noon):
    """A layout of the branch, in two versions."""
    given = {"organisation": "SH", "by": approver, "at": noon}
    write_layout(text=TEXT, why="their letter", **given)
    return write_layout(
        text=TEXT.replace("Bill of Acme", "Acme's bill"), why="a better title", **given
    )


def test_the_list_shows_ones_own_and_the_formats_of_the_product(counter_desk, acme):
    shown = counter_desk.get("/money/layouts/?organisation=SH").content.decode()
    assert reverse("web:layout", args=["SH", "acme"]) in shown
    for word in (
        "Acme&#x27;s bill",
        "unproven",
        "UnionPay merchant file ZM",
        "Bank statement MT940",
    ):
        assert word in shown
    assert "Start from this" not in shown  # a clerk may not write


def test_who_may_write_can_start_from_a_layout_of_the_product(second_desk, branch):
    assert "Start from this" in second_desk.get("/money/layouts/").content.decode()
    begun = second_desk.get(f"{NEW}?from=zm&organisation=SH")
    assert 'name = "zm.own"' in begun.context["form"].initial["text"]
    assert second_desk.get(f"{NEW}?from=mt940").status_code == 404
    shown = second_desk.get("/money/layouts/-/formats/mt940").content.decode()
    assert "read by a reader of its own" in shown
    assert second_desk.get("/money/layouts/-/formats/nothing").status_code == 404


def test_a_draft_comes_into_the_text_and_the_sample_is_shown_as_it_is_read(
    second_desk, branch, htmx
):
    answer = second_desk.post(
        NEW, {"organisation": "SH", "sample": sample(), "deed": "draft"}, headers=htmx
    )
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert 'hx-swap-oob="true"' in shown
    for word in (
        "name = &quot;acme&quot;",
        "is a draft made from the sample",
        "read whole and agrees",
        "¥100.00",
        "2026-03-02 10:11:12",
    ):
        assert word in shown
    assert not Layout.objects.exists()


def test_without_a_sample_there_is_no_draft(second_desk, branch, htmx):
    answer = second_desk.post(NEW, {"organisation": "SH", "deed": "draft"}, headers=htmx)
    assert (answer.status_code, "Choose a sample file first" in answer.content.decode()) == (
        422,
        True,
    )


def test_a_preview_tells_the_line_that_is_wrong_and_keeps_nothing(
    second_desk, branch, htmx, settings
):
    given = {
        "organisation": "SH",
        "text": TEXT,
        "sample": sample(SAMPLE.replace("退货", "加倍")),
        "deed": "try",
    }
    shown = second_desk.post(NEW, given, headers=htmx).content.decode()
    for word in ("Line 3", "类型", "加倍", "Lines that cannot be used", "¥100.00"):
        assert word in shown
    assert not Layout.objects.exists()
    assert not [path for path in settings.TILLKEEPER_VAR.rglob("*") if path.is_file()]


def test_figures_that_do_not_hold_are_shown_beside_what_was_found(second_desk, branch, htmx):
    check = (
        TEXT
        + '[[check]]\nname = "sum"\nstated = \'合计,([\\d.]+)\'\nof = "amount_minor"\ntype = "yuan"\n'
    )
    given = {
        "organisation": "SH",
        "text": check,
        "sample": sample(SAMPLE.replace("80.00", "81.00")),
        "deed": "try",
    }
    shown = second_desk.post(NEW, given, headers=htmx).content.decode()
    assert "its own figures do not agree with its rows" in shown
    assert "8100" in shown
    assert "8000" in shown


@pytest.mark.parametrize("deed", ["try", "write"])
def test_a_wrong_text_is_refused_with_the_way_to_its_line(second_desk, branch, htmx, deed):
    given = {
        "organisation": "SH",
        "text": TEXT.replace('"sale"', '"sail"'),
        "why": "x",
        "deed": deed,
    }
    answer = second_desk.post(NEW, given, headers=htmx)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert 'data-goto="13"' in shown
    assert "canonical.kind.map.消费" in shown
    assert not Layout.objects.exists()


def test_a_text_without_a_sample_is_said_to_be_a_layout(second_desk, branch, htmx):
    given = {"organisation": "SH", "text": TEXT, "deed": "try"}
    assert "This is a layout" in second_desk.post(NEW, given, headers=htmx).content.decode()


def test_a_version_is_written_with_its_proof_and_then_files_are_read_by_it(
    second_desk, counter_desk, branch, htmx
):
    given = {
        "organisation": "SH",
        "text": TEXT,
        "why": "their letter",
        "sample": sample(),
        "deed": "write",
    }
    answer = second_desk.post(NEW, given, headers=htmx)
    page = reverse("web:layout", args=["SH", "acme"])
    assert (answer.status_code, answer["HX-Redirect"]) == (204, page)
    shown = counter_desk.get(page).content.decode()
    for word in ("proven", "acme_20260302.csv", "their letter", "letter, page 2"):
        assert word in shown
    counter_desk.post("/money/files/new", {"organisation": "SH", "file": sample()})
    file = MoneyFile.objects.get()
    assert (file.state, file.format, file.facts["layout"]) == ("taken", "acme", "SH/acme/1")
    told = counter_desk.get(reverse("web:money_file", args=[file.number])).content.decode()
    assert "SH/acme/1" in told
    listed = counter_desk.get("/money/files/?format=acme").content.decode()
    assert file.number in listed


def test_without_scripts_the_same_form_works(second_desk, branch):
    drafted = second_desk.post(NEW, {"organisation": "SH", "sample": sample(), "deed": "draft"})
    assert "name = &quot;acme&quot;" in drafted.content.decode()
    given = {"organisation": "SH", "text": TEXT, "why": "their letter", "deed": "write"}
    assert second_desk.post(NEW, given).status_code == 302
    assert second_desk.post(NEW, given | {"why": ""}).status_code == 422


def test_a_format_may_be_named_when_a_file_is_brought_in_and_only_where_it_is_known(
    counter_desk, acme, hire, neighbour, visit
):
    given = {"organisation": "SH", "file": sample(), "format": "acme"}
    assert counter_desk.post("/money/files/new", given).status_code == 200
    assert MoneyFile.objects.get().facts["layout"] == "SH/acme/2"
    beyond = visit(hire(Role.SETTLEMENT_CLERK, neighbour))
    answer = beyond.post(
        "/money/files/new", {"organisation": "BJ", "file": sample(), "format": "acme"}
    )
    assert answer.status_code == 422


def test_versions_differ_line_by_line(counter_desk, acme):
    shown = counter_desk.get(reverse("web:layout-compare", args=["SH", "acme", 1, 2]))
    lines = [(line.kind, line.text) for line in shown.context["lines"] if line.kind != "same"]
    assert lines == [("gone", 'title = "Bill of Acme"'), ("come", 'title = "Acme\'s bill"')]
    assert (
        counter_desk.get(reverse("web:layout-compare", args=["SH", "acme", 2, 2])).status_code
        == 404
    )
    older = counter_desk.get(reverse("web:layout-version", args=["SH", "acme", 1])).content.decode()
    assert "the newest is" in older


def test_a_layout_is_taken_out_of_use_with_a_reason(second_desk, acme, htmx):
    path = reverse("web:layout-out", args=["SH", "acme"])
    assert second_desk.post(path, {"why": ""}, headers=htmx).status_code == 422
    assert second_desk.post(path, {"why": "they ceased"}, headers=htmx).status_code == 204
    assert "out of use" in second_desk.get("/money/layouts/").content.decode()
    again = second_desk.get(reverse("web:layout-edit", args=["SH", "acme"]))
    assert "Acme's bill" in again.context["form"].initial["text"]


def test_a_sample_has_an_end(second_desk, branch, htmx):
    given = {
        "organisation": "SH",
        "text": TEXT,
        "deed": "try",
        "sample": sample(b"x" * (MOST_BYTES + 1)),
    }
    answer = second_desk.post(NEW, given, headers=htmx)
    assert (answer.status_code, "larger than 8 MiB" in answer.content.decode()) == (422, True)


def test_rights_and_scope(counter_desk, acme, hire, neighbour, visit, htmx):
    for path in (
        NEW,
        reverse("web:layout-edit", args=["SH", "acme"]),
        reverse("web:layout-out", args=["SH", "acme"]),
    ):
        assert counter_desk.get(path).status_code == 403
    beyond = visit(hire(Role.SETTLEMENT_APPROVER, neighbour))
    for name, args in (("layout", ["SH", "acme"]), ("layout-edit", ["SH", "acme"]), ("layout-out", ["SH", "acme"]),
                       ("layout-version", ["SH", "acme", 1]), ("layout-compare", ["SH", "acme", 1, 2])):  # fmt: skip
        assert beyond.get(reverse(f"web:{name}", args=args)).status_code == 404
    assert "acme" not in beyond.get("/money/layouts/").content.decode()
    given = {"organisation": "SH", "text": TEXT, "why": "x", "deed": "write"}
    assert beyond.post(NEW, given, headers=htmx).status_code == 422
    assert Layout.objects.count() == 2


def test_a_branch_sees_and_may_not_change_what_its_head_office_taught(
    second_desk, counter_desk, hire, head_office, branch, noon
):
    top = hire(Role.SETTLEMENT_APPROVER, head_office)
    write_layout(organisation="HQ", text=TEXT, why="all of us", by=top, at=noon)
    assert (
        reverse("web:layout", args=["HQ", "acme"])
        in counter_desk.get("/money/layouts/?organisation=SH").content.decode()
    )
    assert second_desk.get(reverse("web:layout", args=["HQ", "acme"])).status_code == 200
    assert second_desk.get(reverse("web:layout-edit", args=["HQ", "acme"])).status_code == 403


def test_the_list_asks_as_much_for_many_layouts_as_for_one(
    counter_desk, approver, acme, noon, branch
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        counter_desk.get("/money/layouts/")
    for n in range(12):
        text = TEXT.replace('"acme"', f'"acme{n}"')
        write_layout(organisation="SH", text=text, why="x", by=approver, at=noon)
    OrganisationFactory(code="SH9", parent=branch, kind="agent")
    with CaptureQueriesContext(connection) as many:
        counter_desk.get("/money/layouts/")
    assert len(many) == len(few)
