"""Bringing a ledger in from the console, from the upload to taking it back."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from tillkeeper.kernel import progress
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.models import Import, Terminal

LEDGER = (
    "机身号,型号,厂商,入库日期,甲乙丙\nQ10000001,N9,Maker,2025-03-01,a\nQ10000002,N9,Maker,昨天,b\n"
)
MAPPED = {
    "column_0": "serial",
    "column_1": "model",
    "column_2": "vendor",
    "column_3": "received_on",
    "column_4": "",
}


@pytest.fixture
def desk(desk, django_capture_on_commit_callbacks):
    """The administrator's browser; what a post queues is worked on as if its transaction had been committed."""
    post = desk.post

    def post_and_work(*args, **facts):
        with django_capture_on_commit_callbacks(execute=True):
            return post(*args, **facts)

    desk.post = post_and_work
    return desk


def upload(client, text=LEDGER, **more):
    file = SimpleUploadedFile("台账.csv", text.encode("gb18030"), "text/csv")
    sent = {"file": file, "kind": "terminals", "organisation": "HQ", **more}
    return client.post(reverse("web:imports-new"), sent)


@pytest.fixture
def draft(desk):
    assert upload(desk).status_code == 302
    return Import.objects.get()


def page(record, name="import"):
    return reverse(f"web:{name}", args=[record.number])


def test_the_columns_are_proposed_with_values_of_the_first_rows(desk, draft):
    shown = desk.get(page(draft)).content.decode()
    assert "机身号" in shown
    assert "Q10000001" in shown
    assert '<option value="serial" selected>' in shown
    assert "4 of 5 columns are used" in shown


def test_a_dry_run_tells_row_column_value_and_reason_and_writes_nothing(desk, draft):
    desk.post(page(draft, "import-mapping"), {**MAPPED, "deed": "check"})
    shown = desk.get(page(draft)).content.decode()
    assert "nothing is written yet" in shown
    assert "入库日期" in shown
    assert "昨天" in shown
    assert "write it as 2024-03-05" in shown
    assert not Terminal.objects.exists()


@pytest.mark.parametrize("deed", ["check", "apply"])
def test_a_file_of_titles_alone_says_that_it_holds_no_rows(desk, deed):
    assert upload(desk, LEDGER.splitlines()[0] + "\n").status_code == 302
    record = Import.objects.get()
    desk.post(page(record, "import-mapping"), {**MAPPED, "deed": deed})
    assert "titles but no rows below them" in desk.get(page(record)).content.decode()


def test_good_rows_come_in_and_the_refused_ones_come_back_as_a_file(desk, draft):
    desk.post(page(draft, "import-mapping"), {**MAPPED, "deed": "check"})
    desk.post(page(draft, "import-apply"))
    assert Terminal.objects.get().serial == "Q10000001"
    shown = desk.get(page(draft)).content.decode()
    assert "Take back" in shown
    refused = b"".join(desk.get(page(draft, "import-refused")).streaming_content).decode("gb18030")
    assert "Q10000002" in refused
    assert "Q10000001" not in refused


def test_all_or_nothing_brings_in_nothing_if_a_row_is_bad(desk, draft):
    desk.post(page(draft, "import-mapping"), {**MAPPED, "deed": "apply", "all_or_nothing": "1"})
    assert not Terminal.objects.exists()
    shown = desk.get(page(draft)).content.decode()
    assert "all or nothing" in shown
    assert "write it as 2024-03-05" in shown  # the row that stopped the others, and how to mend it


@pytest.mark.parametrize(
    ("chosen", "ledger", "offered"),
    [("1", LEDGER, False), ("", LEDGER, True), ("1", LEDGER.replace("昨天", "2025-03-02"), True)],
)
def test_all_or_nothing_is_not_offered_once_a_row_is_refused(desk, chosen, ledger, offered):
    assert upload(desk, ledger).status_code == 302
    record = Import.objects.get()
    desk.post(page(record, "import-mapping"), {**MAPPED, "deed": "check", "all_or_nothing": chosen})
    shown = desk.get(page(record)).content.decode()
    assert (page(record, "import-apply") in shown) is offered
    assert ("1 row is refused: bringing this in would change nothing" in shown) is not offered


def test_a_field_given_twice_is_marked_and_nothing_is_lost(desk, draft):
    response = desk.post(
        page(draft, "import-mapping"), {**MAPPED, "column_4": "serial", "deed": "check"}
    )
    shown = response.content.decode()
    assert response.status_code == 422
    assert shown.count('class="is-twice"') == 2


def test_a_mapping_that_somebody_chose_is_remembered_for_such_a_file(desk, draft):
    desk.post(page(draft, "import-mapping"), {**MAPPED, "column_4": "remark", "deed": "check"})
    upload(desk, LEDGER.replace("Q1", "Q2"))
    shown = desk.get(page(Import.objects.latest("pk"))).content.decode()
    assert "was brought in before" in shown
    assert '<option value="remark" selected>' in shown


def test_progress_asks_again_each_second_and_ends_by_loading_the_page(desk, draft, htmx):
    Import.objects.update(status="running")
    progress.report(draft.number, share=0.25, rows=1000, stage="running")
    shown = desk.get(page(draft)).content.decode()
    assert 'hx-trigger="every 1s"' in shown
    assert "25 %" in desk.get(page(draft, "import-progress"), headers=htmx).content.decode()
    assert desk.post(page(draft, "import-stop"), headers=htmx).status_code == 204
    assert progress.asked_to_stop(draft.number)
    Import.objects.update(status="done")
    ended = desk.get(page(draft, "import-progress"), headers=htmx)
    assert ended["HX-Redirect"] == page(draft)


def test_an_import_is_taken_back_once_its_number_is_typed(desk, draft, htmx):
    desk.post(page(draft, "import-mapping"), {**MAPPED, "deed": "apply"})
    assert (
        desk.post(page(draft, "import-undo"), {"confirm": "IM-0"}, headers=htmx).status_code == 422
    )
    response = desk.post(page(draft, "import-undo"), {"confirm": draft.number}, headers=htmx)
    assert response["HX-Redirect"] == page(draft)
    assert not Terminal.objects.exists()
    assert "Taken back" in desk.get(page(draft)).content.decode()


def test_a_file_of_another_kind_is_refused_at_its_field(desk):
    response = desk.post(
        reverse("web:imports-new"),
        {
            "file": SimpleUploadedFile("a.pdf", b"%PDF-1.7 x"),
            "kind": "terminals",
            "organisation": "HQ",
        },
    )
    assert response.status_code == 422
    assert b'id="id_file_error"' in response.content
    assert not Import.objects.exists()


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "序列号*"), ("en", "Serial number*")])
def test_templates_come_in_both_languages(desk, language, title):
    response = desk.get(reverse("web:imports-template", args=["terminals", language]))
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    assert book.active["A1"].value == title


def test_others_imports_are_not_found_and_the_list_shows_ones_own(
    desk, visit, hire, neighbour, draft
):
    assert draft.file_name in desk.get(reverse("web:imports")).content.decode()
    other = visit(hire(Role.ESTATE_MANAGER, neighbour))
    assert other.get(page(draft)).status_code == 404
    assert draft.file_name not in other.get(reverse("web:imports")).content.decode()
    for name in ("import-apply", "import-stop", "import-mapping"):
        assert other.post(page(draft, name)).status_code == 404


def test_whoever_may_not_import_is_told_so(visit, hire, branch):
    assert (
        visit(hire(Role.SUPPORT_AGENT, branch)).get(reverse("web:imports-new")).status_code == 403
    )


def test_a_file_with_a_card_number_shows_what_was_refused_and_offers_no_second_look(desk):
    upload(desk, LEDGER.replace(",a\n", ",4111111111111111\n"))
    record = Import.objects.get()
    desk.post(page(record, "import-mapping"), {**MAPPED, "deed": "check"})
    shown = desk.get(page(record)).content.decode().partition("<main")[2]
    assert "Card numbers were found" in shown
    assert "looks like a bank card" in shown
    assert "4111111111111111" not in shown
    assert reverse("web:imports-new") in shown
    assert page(record, "import-mapping") not in shown
    assert page(record, "import-apply") not in shown
