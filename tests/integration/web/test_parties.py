"""Merchants, sites and organisations in the console."""

import json

import pytest

from tillkeeper.parties.models import Merchant, Organisation, Site

MERCHANT = {
    "number": "898310154110002",
    "name": "晨光书店",
    "parent_code": "SH",
    "mcc": "5942",
    "phone": "13800001234",
}


def triggers(answer):
    """What htmx is told to announce."""
    return json.loads(answer["HX-Trigger"])


def test_merchants_are_found_by_the_beginning_of_the_number_and_by_part_of_the_name(
    desk, shop, stranger
):
    by_number = desk.get("/merchants/?q=89831").content.decode()
    by_name = desk.get("/merchants/?q=山便利").content.decode()
    assert shop.number in by_number
    assert stranger.number not in by_number
    assert shop.number in by_name


def test_a_filter_that_nothing_matches_leaves_neither_head_nor_pager(desk, shop):
    text = desk.get("/merchants/?q=zzzz").content.decode()
    assert "No merchant matches" in text
    assert "<thead" not in text


def test_an_office_narrows_the_list_to_what_lies_below_it(desk, shop, stranger):
    text = desk.get("/merchants/?organisation=BJ").content.decode()
    assert (stranger.number in text, shop.number in text) == (True, False)


@pytest.mark.parametrize("page", ["", "/edit"])
def test_a_neighbours_merchant_is_not_found(visit, manager, stranger, page):
    assert visit(manager).get(f"/merchants/{stranger.number}{page}").status_code == 404


def test_a_neighbours_site_and_office_are_not_found(visit, manager, neighbour):
    client = visit(manager)
    assert client.get("/sites/NONE").status_code == 404
    assert client.get("/organisations/BJ").status_code == 404
    assert client.get("/organisations/BJ/rename").status_code == 404


def test_the_drawer_and_the_page_of_a_merchant_tell_the_same(desk, shop, htmx):
    drawer = desk.get(f"/merchants/{shop.number}", headers=htmx).content.decode()
    page = desk.get(f"/merchants/{shop.number}").content.decode()
    assert 'id="drawer-title"' in drawer
    for told in (shop.name, shop.uscc, shop.settlement_account_masked):
        assert told in drawer
        assert told in page


def test_a_telephone_number_is_shown_masked_also_in_the_form(desk, branch):
    desk.post("/merchants/new", MERCHANT)
    for page in ("", "/edit"):
        text = desk.get(f"/merchants/{MERCHANT['number']}{page}").content.decode()
        assert MERCHANT["phone"] not in text
        assert "138****1234" in text


def test_a_merchant_is_filed_and_the_browser_is_led_to_it(desk, branch):
    answer = desk.post("/merchants/new", MERCHANT)
    assert answer["Location"] == f"/merchants/{MERCHANT['number']}"
    assert Merchant.objects.get(number=MERCHANT["number"]).organisation.parent.code == "SH"


def test_htmx_is_told_that_a_merchant_was_filed_and_that_lists_have_changed(desk, branch, htmx):
    answer = desk.post("/merchants/new", MERCHANT, headers=htmx)
    assert answer.status_code == 204
    assert "晨光书店" in triggers(answer)["toast"]["text"]
    assert triggers(answer)["changed"] == {"page": f"/merchants/{MERCHANT['number']}"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"number": ""}, "number"),
        ({"uscc": "123"}, "uscc"),
        ({"mcc": "x"}, "mcc"),
        ({"parent_code": "?"}, "parent_code"),
    ],
)
def test_a_wrong_field_is_marked_and_nothing_is_filed(desk, branch, htmx, wrong, field):
    answer = desk.post("/merchants/new", {**MERCHANT, **wrong}, headers=htmx)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert not Merchant.objects.exists()


def test_a_number_that_is_taken_is_said_at_the_number(desk, shop):
    answer = desk.post("/merchants/new", {**MERCHANT, "number": shop.number})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["number"])


def test_what_was_kept_masked_stays_when_left_empty(desk, shop):
    kept = shop.settlement_account_masked
    given = {"name": "新名称", "uscc": shop.uscc, "mcc": "5411", "version": shop.version}
    assert desk.post(f"/merchants/{shop.number}/edit", given).status_code == 302
    shop.refresh_from_db()
    assert (shop.name, shop.settlement_account_masked) == ("新名称", kept)


def test_of_two_editors_the_second_is_shown_both_in_the_drawer_and_overwrites_nothing(
    desk, shop, htmx
):
    given = {"name": "first", "uscc": shop.uscc, "mcc": "5411", "version": shop.version}
    desk.post(f"/merchants/{shop.number}/edit", given)
    answer = desk.post(f"/merchants/{shop.number}/edit", {**given, "name": "second"}, headers=htmx)
    shown = answer.content.decode()
    assert (answer.status_code, "<html" in shown) == (422, False)
    assert "<td>first</td><td>second</td>" in shown
    shop.refresh_from_db()
    assert shop.name == "first"


def test_a_site_is_filed_with_its_merchant_and_changed(desk, shop):
    given = {
        "merchant_number": shop.number,
        "code": "ST9",
        "name": "二店",
        "address": "人民路1号",
        "city": "上海市",
    }
    assert desk.post("/sites/new", given)["Location"] == "/sites/ST9"
    site = Site.objects.get(code="ST9")
    changes = {"name": "三店", "address": "人民路2号", "version": site.version}
    assert desk.post("/sites/ST9/edit", changes).status_code == 302
    site.refresh_from_db()
    assert (site.name, site.address) == ("三店", "人民路2号")


def test_a_site_of_a_merchant_that_is_not_there_is_refused(desk, head_office, htmx):
    given = {"merchant_number": "nobody", "code": "ST9", "name": "x", "address": "y"}
    assert desk.post("/sites/new", given, headers=htmx).status_code == 404
    assert not Site.objects.exists()


def test_sites_are_filtered_by_province_and_merchant(desk, counter, shop):
    assert counter.code in desk.get("/sites/?province=上海市").content.decode()
    assert counter.code not in desk.get("/sites/?province=江苏省").content.decode()
    assert counter.code in desk.get(f"/sites/?merchant={shop.number}").content.decode()


def test_an_office_is_made_renamed_and_moved(desk, branch, neighbour):
    assert (
        desk.post(
            "/organisations/SH/new", {"kind": "agent", "code": "SH-A", "name": "Agent"}
        ).status_code
        == 302
    )
    made = Organisation.objects.get(code="SH-A")
    desk.post("/organisations/SH-A/rename", {"name": "Other", "version": made.version})
    desk.post("/organisations/SH-A/move", {"parent_code": "BJ"})
    made.refresh_from_db()
    assert (made.name, made.parent.code) == ("Other", "BJ")
    assert made.path.startswith(neighbour.path)


def test_an_office_is_not_offered_a_place_below_itself(desk, branch):
    desk.post("/organisations/SH/new", {"kind": "branch", "code": "PD", "name": "Pudong"})
    answer = desk.post("/organisations/SH/move", {"parent_code": "PD"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["parent_code"])


def test_the_tree_nests_what_lies_below(desk, branch, neighbour):
    (top,) = desk.get("/organisations/").context["nodes"]
    assert [child.organisation.code for child in top.children] == ["SH", "BJ"]


def test_the_search_finds_merchants_while_their_number_is_typed(desk, shop, htmx):
    text = desk.get("/find/?q=8983101", headers=htmx).content.decode()
    assert f'href="/merchants/{shop.number}"' in text


def test_the_search_does_not_reach_beyond_the_persons_view(visit, manager, stranger, htmx):
    assert (
        stranger.number not in visit(manager).get("/find/?q=89811", headers=htmx).content.decode()
    )
