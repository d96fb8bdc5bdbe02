"""A ledger through the API: upload, map, try out, bring in, mend what was refused."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.integration.api.conftest import problem

from tillkeeper.terminals.models import Terminal

# Work is queued when the transaction has ended, so it must end.
pytestmark = pytest.mark.django_db(transaction=True)
LEDGER = (
    "序列号,型号,厂商,备注甲\n"
    "P820000001,Model X,Maker X,a\n"
    "8.2E+11,Model X,Maker X,b\n"
    "P820000003,Model X,Maker X,c\n"
)


def bring(caller, content=LEDGER, **fields):
    file = SimpleUploadedFile("ledger.csv", content.encode(), content_type="text/csv")
    answered = caller.upload("/imports", file=file, organisation="HQ", **fields)
    assert answered.status_code == 201, answered.content
    return answered.json()


def test_a_ledger_is_mapped_tried_out_and_brought_in(ada, head_office):
    draft = bring(ada)
    number = draft["number"]
    assert draft["status"] == "draft"
    assert draft["layout"]["titles"] == ["序列号", "型号", "厂商", "备注甲"]
    assert [draft["mapping"][index] for index in "012"] == ["serial", "model", "vendor"]
    assert "serial" in draft["required"]
    mapped = ada.post(
        f"/imports/{number}/mapping", {"mapping": {**draft["mapping"], "3": "remark"}}
    ).json()
    assert mapped["mapping"]["3"] == "remark"
    assert ada.post(f"/imports/{number}/check").status_code == 202
    checked = ada.get(f"/imports/{number}").json()
    assert (checked["status"], checked["dry_run"]["new"], checked["dry_run"]["refused"]) == (
        "checked",
        2,
        1,
    )
    assert not Terminal.objects.exists()
    assert ada.post(f"/imports/{number}/apply").status_code == 202
    done = ada.get(f"/imports/{number}").json()
    assert (done["status"], done["result"]["new"], done["progress"]) == ("done", 2, None)
    assert {row["serial"] for row in ada.walk("/terminals")} == {"P820000001", "P820000003"}
    refused = ada.walk(f"/imports/{number}/refusals?limit=1")
    assert [(cell["line"], cell["value"]) for cell in refused] == [(3, "8.2E+11")]
    assert refused[0]["reason"]
    assert "8.2E+11" in ada.download(f"/imports/{number}/refused").decode("utf-8-sig")
    problem(ada.post(f"/imports/{number}/apply"), 409, "terminals.import_not_ready")


def test_all_or_nothing_brings_in_nothing(ada, head_office):
    number = bring(ada)["number"]
    ada.post(f"/imports/{number}/mapping", {"all_or_nothing": True})
    ada.post(f"/imports/{number}/apply")
    told = ada.get(f"/imports/{number}").json()
    assert told["status"] == "failed"
    assert told["problem"]
    assert not Terminal.objects.exists()


def test_a_draft_can_be_put_away(ada, head_office):
    number = bring(ada)["number"]
    assert ada.post(f"/imports/{number}/cancel").json()["status"] == "cancelled"


def test_an_import_can_be_undone(ada, head_office):
    number = bring(ada)["number"]
    ada.post(f"/imports/{number}/apply")
    assert Terminal.objects.count() == 2
    assert ada.post(f"/imports/{number}/undo").json()["status"] == "undone"
    assert not Terminal.objects.exists()


def test_what_is_no_ledger_is_refused(ada, head_office):
    file = SimpleUploadedFile("photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    problem(ada.upload("/imports", file=file, organisation="HQ"), 422, "ledger.wrong_type")
    problem(ada.upload("/imports", organisation="HQ"), 422, "api.body_invalid")


def test_a_file_too_large_is_refused(ada, head_office, settings):
    settings.TILLKEEPER_IMPORT_MAX_MIB = 0
    file = SimpleUploadedFile("ledger.csv", LEDGER.encode())
    problem(ada.upload("/imports", file=file, organisation="HQ"), 413, "api.too_large")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_template_is_an_empty_ledger(ada, head_office, form):
    content = ada.download(f"/imports/template?kind=terminals&form={form}")
    assert content.startswith(b"PK" if form == "xlsx" else "\ufeff".encode())
