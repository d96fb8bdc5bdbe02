"""Orders, facts, the catalogue, exports and labels."""

import io
from datetime import date

import pytest
from django.db import connection
from pypdf import PdfReader
from tests.factories import TerminalFactory, TerminalModelFactory, VendorFactory

from tillkeeper.formats.ledgers.tables import open_table
from tillkeeper.kernel.errors import AlreadyExists, FieldInvalid, Forbidden, NotFound, Stale
from tillkeeper.kernel.models import AuditEntry
from tillkeeper.parties.roles import Role
from tillkeeper.terminals.errors import NotATerminal
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.models import Terminal
from tillkeeper.terminals.selection import Filters, Selection
from tillkeeper.terminals.services.catalogue import create_model, record_approval, update_model
from tillkeeper.terminals.services.exports import EXPORT_COLUMNS, export_terminals
from tillkeeper.terminals.services.facts import (
    add_accessory,
    attach_file,
    attached_file,
    remove_accessory,
    update_terminal,
)
from tillkeeper.terminals.services.label_sheets import label_sheet
from tillkeeper.terminals.services.ordering import Purchase, order_terminals

pytestmark = pytest.mark.django_db


def test_ordered_terminals_are_known_before_they_arrive(branch, administrator, noon):
    model, supplier = TerminalModelFactory(), VendorFactory()
    TerminalFactory(serial="P820001", home=branch)
    purchase = Purchase(
        model=model.code, organisation=branch.code, supplier=supplier.code, price_minor=128000
    )
    outcome = order_terminals(
        serials=["p820002", "P820001", "P820002", "机具"],
        purchase=purchase,
        by=administrator,
        at=noon,
    )
    ordered = Terminal.objects.get(serial="P820002")
    assert (outcome.moved, ordered.state, ordered.origin) == (1, "ordered", outcome.document)
    assert {r.serial: type(r.error) for r in outcome.refused} == {
        "P820001": AlreadyExists,
        "机具": NotATerminal,
    }
    assert (ordered.history.get().to_state, ordered.holder_name) == ("ordered", supplier.name)


def test_a_correction_is_refused_when_somebody_was_quicker(branch, manager, noon):
    terminal = TerminalFactory(home=branch)
    facts = {"serial": terminal.serial, "by": manager, "at": noon}
    changed = update_terminal(
        changes={"remark": "counter 3", "warranty_until": "2028-01-31"}, version=1, **facts
    )
    assert (changed.remark, changed.warranty_until, changed.version) == (
        "counter 3",
        date(2028, 1, 31),
        2,
    )
    with pytest.raises(Stale):
        update_terminal(changes={"remark": "counter 4"}, version=1, **facts)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "active"},
        {"remark": "x" * 201},
        {"warranty_until": "soon"},
        {"tusn": "123"},
        {"price_minor": -1},
    ],
)
def test_what_cannot_be_a_fact_is_refused_with_what_is_expected(changes, branch, manager, noon):
    terminal = TerminalFactory(home=branch)
    with pytest.raises(FieldInvalid) as refused:
        update_terminal(serial=terminal.serial, changes=changes, version=1, by=manager, at=noon)
    assert refused.value.field == next(iter(changes))


def test_only_who_may_edit_edits(branch, hire, noon):
    terminal, technician = TerminalFactory(home=branch), hire(Role.TECHNICIAN, branch)
    with pytest.raises(Forbidden):
        update_terminal(
            serial=terminal.serial, changes={"remark": "x"}, version=1, by=technician, at=noon
        )


def test_accessories_and_files_belong_to_their_terminal(
    branch, neighbour, administrator, manager, noon
):
    terminal, other = TerminalFactory(home=branch), TerminalFactory(home=neighbour)
    added = add_accessory(serial=terminal.serial, kind="base", quantity=2, by=manager, at=noon)
    with pytest.raises(NotFound):
        remove_accessory(serial=other.serial, accessory=added.pk, by=administrator, at=noon)
    remove_accessory(serial=terminal.serial, accessory=added.pk, by=manager, at=noon)
    assert not terminal.accessories.exists()
    row = attach_file(
        serial=terminal.serial,
        title="door",
        name="door.png",
        media_type="image/png",
        stream=io.BytesIO(b"png"),
        by=manager,
        at=noon,
    )
    assert (
        attached_file(serial=terminal.serial, sha256=row.sha256, by=manager).path.read_bytes()
        == b"png"
    )
    with pytest.raises(NotFound):
        attached_file(serial=other.serial, sha256=row.sha256, by=administrator)


def test_the_catalogue_keeps_models_and_their_approvals(administrator, noon):
    vendor = VendorFactory()
    create_model(code="s90", name="S90", vendor_code=vendor.code, by=administrator, at=noon)
    with pytest.raises(AlreadyExists):
        create_model(code="S90", name="other", vendor_code=vendor.code, by=administrator, at=noon)
    update_model(
        code="S90",
        changes={"end_of_sale_on": date(2027, 1, 1)},
        version=1,
        by=administrator,
        at=noon,
    )
    with pytest.raises(Stale):
        update_model(code="S90", changes={"name": "S91"}, version=1, by=administrator, at=noon)
    for day in (date(2027, 4, 30), date(2028, 4, 30)):
        approval = record_approval(
            code="S90", scheme="pci_pts", number="4-1", expires_on=day, by=administrator, at=noon
        )
    assert (approval.model.approvals.count(), approval.expires_on) == (1, date(2028, 4, 30))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_holds_exactly_what_is_filtered(kind, branch, neighbour, manager, noon, tmp_path):
    here = [TerminalFactory(state=State.ACTIVE, home=branch, remark="=1+1") for _ in range(3)]
    TerminalFactory(state=State.IN_STOCK, home=branch)
    TerminalFactory(state=State.ACTIVE, home=neighbour)
    path = tmp_path / f"out.{kind}"
    count = export_terminals(
        selection=Selection(filters=Filters(state=("active",))),
        path=path,
        kind=kind,
        columns=["serial", "state", "remark"],
        by=manager,
        at=noon,
        language="zh-hans",
    )
    with open_table(path, max_bytes=10**7) as table:
        rows = [cells for _, cells in table.rows()]
    assert count == 3
    assert {row[0] for row in rows} == {terminal.serial for terminal in here}
    assert all(str(row[2]).startswith("'=") for row in rows)


@pytest.mark.django_db(transaction=True)
def test_an_export_keeps_nobody_from_writing(branch, manager, noon, tmp_path, monkeypatch):
    TerminalFactory(home=branch)
    held = []
    watched = (EXPORT_COLUMNS["serial"][0], lambda _row: held.append(connection.in_atomic_block))
    monkeypatch.setitem(EXPORT_COLUMNS, "serial", watched)
    selection = Selection(filters=Filters())
    export_terminals(selection=selection, path=tmp_path / "o.csv", kind="csv", by=manager, at=noon)
    assert held == [False]
    assert AuditEntry.objects.filter(action="terminals.export").count() == 1


def test_an_export_is_a_right_and_knows_its_columns(branch, hire, manager, noon, tmp_path):
    asked = {"selection": Selection(filters=Filters()), "path": tmp_path / "o.csv", "at": noon}
    with pytest.raises(FieldInvalid):
        export_terminals(kind="csv", columns=["pin"], by=manager, **asked)
    with pytest.raises(Forbidden):
        export_terminals(kind="csv", by=hire(Role.TECHNICIAN, branch), **asked)
    assert export_terminals(kind="csv", columns=list(EXPORT_COLUMNS), by=manager, **asked) == 0


def test_a_label_sheet_names_every_selected_terminal(branch, neighbour, manager, noon):
    mine = [TerminalFactory(home=branch, owner="上海分公司") for _ in range(2)]
    theirs = TerminalFactory(home=neighbour)
    serials = tuple(t.serial for t in (*mine, theirs))
    pdf = label_sheet(selection=Selection(serials=serials), sheet="a4-3x8", by=manager, at=noon)
    pages = PdfReader(io.BytesIO(pdf)).pages
    text = "".join("".join(page.extract_text().replace("\0", "").split()) for page in pages)
    assert all(t.serial in text for t in mine)
    assert theirs.serial not in text
    assert "上海分公司" in text
