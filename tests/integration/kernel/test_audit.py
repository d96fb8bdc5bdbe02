"""The audit chain: whole, or the first broken entry is named."""

import pytest
from django.db import DatabaseError, connection, transaction

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.kernel.audit import check_heads, record_change, unit_of_work, verify_chains
from tillkeeper.kernel.trail import trail

pytestmark = pytest.mark.django_db
ADA = Actor.person("ada", source="10.0.0.7")


def write(noon, count=3, root="000001"):
    for number in range(count):
        with unit_of_work():
            record_change(
                action="thing.change",
                subject=f"thing:{number}",
                place=root,
                by=ADA,
                at=noon,
                before={"a": number},
                after={"a": number + 1},
            )


def tamper(sql):
    """Change a row as somebody with the database in hand would: past the trigger."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no trigger may be pending
            cursor.execute(
                "ALTER TABLE kernel_auditentry DISABLE TRIGGER kernel_auditentry_written_once"
            )
        else:
            cursor.execute("DROP TRIGGER kernel_auditentry_written_once")
        cursor.execute(sql)


def test_a_whole_chain_verifies(noon):
    write(noon, 5)
    (verdict,) = verify_chains()
    assert (verdict.entries, verdict.broken) == (5, None)


def test_every_organisation_has_a_chain_of_its_own(noon):
    write(noon, 2, root="000001")
    write(noon, 1, root="000002")
    assert [(v.root, v.entries) for v in verify_chains()] == [("000001", 2), ("000002", 1)]


@pytest.mark.parametrize(
    ("sql", "sequence", "reason"),
    [
        ("UPDATE kernel_auditentry SET after = '{}' WHERE sequence = 2", 2, "altered"),
        ("UPDATE kernel_auditentry SET actor = 'person:bo' WHERE sequence = 3", 3, "altered"),
        ("DELETE FROM kernel_auditentry WHERE sequence = 2", 2, "missing"),
        ("DELETE FROM kernel_auditentry WHERE sequence = 4", 4, "cut_off"),
    ],
)
def test_the_first_broken_entry_is_named(noon, sql, sequence, reason):
    write(noon, 4)
    tamper(sql)
    (verdict,) = verify_chains()
    assert (verdict.broken.sequence, verdict.broken.reason) == (sequence, reason)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("UPDATE kernel_auditentry SET actor = 'person:bo' WHERE sequence = 4", "altered"),
        ("DELETE FROM kernel_auditentry WHERE sequence = 3", "missing"),
        ("DELETE FROM kernel_auditentry WHERE sequence = 4", "cut_off"),
        ("DELETE FROM kernel_auditentry", "cut_off"),
        ("UPDATE kernel_auditchain SET digest = 'x'", "altered"),
    ],
)
def test_what_was_done_to_the_end_of_a_chain_is_seen_in_two_rows(
    noon, sql, reason, django_assert_num_queries
):
    write(noon, 4)
    tamper(sql)
    with django_assert_num_queries(2):
        (verdict,) = check_heads()
    assert verdict.broken.reason == reason


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_end_of_a_whole_chain_holds(noon, count):
    write(noon, count)
    (verdict,) = check_heads()
    assert (verdict.entries, verdict.broken) == (count, None)


def test_the_database_refuses_to_change_an_entry(noon):
    write(noon, 1)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_auditentry SET actor = 'person:bo'")


def test_a_change_that_fails_leaves_no_entry(noon):
    with pytest.raises(ZeroDivisionError), unit_of_work():
        record_change(action="a", subject="thing:1", place="000001", by=ADA, at=noon)
        _ = 1 / 0
    assert verify_chains() == []


def test_a_change_outside_a_verb_is_a_programmers_mistake(noon):
    with pytest.raises(RuntimeError):
        record_change(action="a", subject="thing:1", place="000001", by=ADA, at=noon)


def test_units_inside_a_unit_join_it(noon):
    with unit_of_work():
        write(noon, 2)
        assert trail(scope=Scope(("",))) == []
    assert len(trail(scope=Scope(("",)))) == 2


def test_the_trail_shows_before_and_after_within_the_scope(noon):
    write(noon, 1, root="000001")
    write(noon, 1, root="000002")
    (entry,) = trail(scope=Scope(("000001",)))
    assert entry.changes == [("a", 0, 1)]
    assert (entry.actor, entry.source) == ("person:ada", "10.0.0.7")


def test_a_chain_whose_head_was_taken_away_is_told(noon):
    write(noon, 2)
    tamper("DELETE FROM kernel_auditchain")
    (verdict,) = verify_chains()
    assert verdict.broken.reason == "headless"
