"""Facts: one truth per day and moment, nothing rewritten, late corrections keep what we believed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection
from psycopg.types.range import Range

from kaigo.base.feeds.models import Delivery, Line
from kaigo.base.records import facts
from kaigo.base.records.bulk import copy_rows
from kaigo.base.records.context import acting
from kaigo.base.records.facts import as_of, believe, believe_rows, incoming
from kaigo.base.records.freeze import freeze
from kaigo.base.records.statements import restate, stating
from kaigo.base.records.tests.waiting import wait_for_readers
from kaigo.base.records.watermarks import NEW, reading
from kaigo.insurance.residents.models import Household, Membership, Person


def state(person, household, start, end=None, relationship="02"):
    return {
        "person_id": person.id,
        "household_id": household.id,
        "relationship": relationship,
        "effective": Range(start, end),
        "source": "test:1",
    }


@pytest.fixture
def people(street, ctx):
    with acting(ctx):
        person = Person.objects.create()
        homes = [Household.objects.create(number=f"{n:015}") for n in (1, 2)]
    return person, *homes


def believed(on, known_at=None):
    where = as_of(Membership, known_at="%(known_at)s" if known_at else None)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT household_id FROM residents_membership f WHERE {where}", {"on": on, "known_at": known_at}
        )
        return [row[0] for row in cursor.fetchall()]


def another():
    """A second connection of the same role."""
    parameters = connection.get_connection_params()
    return psycopg.connect(
        **{k: parameters[k] for k in ("dbname", "user", "password", "host") if k in parameters}
    )


MEMBER = (
    "INSERT INTO residents_membership (person_id, household_id, relationship, effective, source) "
    "VALUES (%s, %s, '02', %s, 'test')"
)
FROM_2020 = Range(date(2020, 1, 1), None)


def moment():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def test_late_correction_changes_what_we_believe_not_what_we_believed(people, ctx):
    person, first, second = people
    with acting(ctx):
        believe_rows(Membership, [state(person, first, date(2020, 1, 1))])
    before = moment()
    with acting(ctx):
        done = believe_rows(Membership, [state(person, second, date(2026, 3, 1), date(2026, 5, 1))])
    assert (done.closed, done.added) == (1, 3)
    assert believed(date(2026, 4, 1)) == [second.id]
    assert believed(date(2026, 6, 1)) == [first.id]
    assert believed(date(2026, 4, 1), before) == [first.id]


def test_stating_the_same_again_changes_nothing(people, ctx):
    person, first, _ = people
    for _ in range(2):
        with acting(ctx):
            done = believe_rows(Membership, [state(person, first, date(2020, 1, 1))])
    assert (done.unchanged, done.closed, done.added) == (1, 0, 0)


def test_two_changes_in_one_transaction_fold_into_one(people, ctx):
    person, first, second = people
    with acting(ctx):
        believe_rows(Membership, [state(person, first, date(2020, 1, 1))])
        believe_rows(Membership, [state(person, second, date(2020, 1, 1))])
    assert list(Membership.objects.values_list("household_id", flat=True)) == [second.id]


def test_void_takes_a_belief_back(people, ctx):
    person, first, _ = people
    with acting(ctx):
        believe_rows(Membership, [state(person, first, date(2020, 1, 1))])
    with acting(ctx):
        believe_rows(Membership, [state(person, first, date(2026, 1, 1)) | {"void": True}])
    assert believed(date(2025, 12, 31)) == [first.id]
    assert believed(date(2026, 1, 1)) == []


def test_overlapping_statements_are_refused_as_a_whole(people, ctx):
    person, first, second = people
    with pytest.raises(IntegrityError) as caught, acting(ctx):
        believe_rows(
            Membership, [state(person, first, date(2020, 1, 1)), state(person, second, date(2021, 1, 1))]
        )
    assert "DETAIL" not in str(caught.value)
    assert Membership.objects.count() == 0


@pytest.mark.parametrize("overlapping", [True, False])
def test_writers_about_one_person_wait_and_see_each_other(people, overlapping):
    """Two truths do not get in by being written at the same time; another person's facts wait for nobody."""
    person, first, second = people
    stranger = Person.objects.create()
    period = Range(date(2021, 1, 1), None) if overlapping else Range(None, date(2020, 1, 1))
    with another() as one, another() as two, ThreadPoolExecutor(1) as aside:
        one.execute(MEMBER, [person.id, first.id, FROM_2020])
        two.execute(MEMBER, [stranger.id, first.id, FROM_2020])
        two.commit()
        waiting = aside.submit(two.execute, MEMBER, [person.id, second.id, period])
        with pytest.raises(TimeoutError):
            waiting.result(0.5)
        one.commit()
        if overlapping:
            with pytest.raises(psycopg.errors.ExclusionViolation):
                waiting.result(10)
        else:
            waiting.result(10)
    assert Membership.objects.filter(person=person).count() == (1 if overlapping else 2)


def test_a_snapshot_older_than_the_wait_may_not_write_facts(people):
    person, first, _ = people
    with another() as one:
        one.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(psycopg.errors.ActiveSqlTransaction):
            one.execute(MEMBER, [person.id, first.id, FROM_2020])


def test_a_fact_about_nobody_is_refused(people, ctx):
    _, first, _ = people
    with pytest.raises(IntegrityError), acting(ctx), connection.cursor() as cursor:
        cursor.execute(MEMBER, [0, first.id, FROM_2020])


def test_the_app_role_can_only_close_a_fact(people, ctx):
    person, first, _ = people
    with acting(ctx):
        believe_rows(Membership, [state(person, first, date(2020, 1, 1))])
    for forbidden in (
        "UPDATE residents_membership SET relationship = '99'",
        "DELETE FROM residents_membership",
        "TRUNCATE residents_membership",
        "UPDATE residents_person SET id = id",
    ):
        with pytest.raises(ProgrammingError), connection.cursor() as cursor:
            cursor.execute(forbidden)


def test_nobody_dates_his_own_knowledge(people, ctx):
    person, first, _ = people
    with acting(ctx), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO residents_membership (person_id, household_id, relationship, effective, known, source) "
            "VALUES (%s, %s, '02', '[2020-01-01,)', '[2001-01-01,)', 'test') RETURNING lower(known) = now()",
            [person.id, first.id],
        )
        assert cursor.fetchone() == (True,)


def test_nobody_dates_a_row_of_a_bulk_table(people, ctx):
    """Its references are looked up in sets, and so is its date."""
    delivery = Delivery.objects.create(
        layout="x", name="x", sequence=1, digest="", lines=1, received_on=ctx.on, actor=ctx.actor
    )
    line = "INSERT INTO feeds_line (delivery_id, layout, number, values, tx) VALUES (%s, 'x', 1, '{}', %s::text::xid8)"
    with pytest.raises(ProgrammingError, match="nobody dates"), acting(ctx), connection.cursor() as cursor:
        cursor.execute(line, [delivery.id, "3"])
    with pytest.raises(IntegrityError, match="not there"), acting(ctx):
        Line.objects.create(delivery_id=0, layout="x", number=1, values=[])
    assert Line.objects.count() == 0


def test_a_reader_never_loses_a_late_commit(people, ctx):
    """A writer that began first and commits last is still found by the next reading."""
    person, first, second = people
    other = Person.objects.create()
    with another() as late:
        late.execute(
            "INSERT INTO residents_membership (person_id, household_id, relationship, effective, source) "
            "VALUES (%s, %s, '02', '[2020-01-01,)', 'late')",
            [other.id, first.id],
        )
        with acting(ctx):
            believe_rows(Membership, [state(person, second, date(2020, 1, 1))])
        found = read_new(ctx)
        late.commit()
    wait_for_readers()
    found += read_new(ctx)
    assert sorted(found) == sorted([person.id, other.id])


def test_what_is_no_longer_believed_is_found_by_the_next_reading(people, ctx):
    person, first, _ = people
    with acting(ctx):
        believe_rows(Membership, [state(person, first, date(2020, 1, 1))])
    wait_for_readers()
    assert read_new(ctx) == [person.id]
    with acting(ctx):
        believe_rows(Membership, [state(person, first, date(2020, 1, 1)) | {"void": True}])
    wait_for_readers()
    assert read_new(ctx) == [person.id]
    assert read_new(ctx) == []


def read_new(ctx):
    with acting(ctx), reading("test", "residents_membership") as span, connection.cursor() as cursor:
        cursor.execute(f"SELECT person_id FROM residents_membership WHERE {NEW}", span._asdict())
        return [row[0] for row in cursor.fetchall()]


def test_a_transaction_begun_before_a_freeze_begins_again(people, ctx):
    person, first, _ = people
    with another() as early:
        early.execute("SELECT now()")
        with acting(ctx):
            taken = freeze(ctx, "test")
        with pytest.raises(psycopg.errors.SerializationFailure):
            early.execute(
                "INSERT INTO residents_membership (person_id, household_id, relationship, effective, source) "
                "VALUES (%s, %s, '02', '[2020-01-01,)', 'early')",
                [person.id, first.id],
            )
    assert taken.cutoff is not None


def test_believe_in_bulk(people, ctx):
    _, first, _ = people
    with acting(ctx):
        crowd = Person.objects.bulk_create([Person() for _ in range(500)])
        table = incoming(Membership)
        copy_rows(
            table,
            ("person_id", "household_id", "relationship", "effective", "source"),
            ((p.id, first.id, "99", Range(date(2020, 1, 1), None), "test") for p in crowd),
        )
        done = believe(Membership, table)
    assert done.added == 500


def test_a_first_load_builds_constraints_afterwards_and_keeps_them(people, ctx, monkeypatch):
    person, first, second = people
    monkeypatch.setattr(facts, "FILL_FROM", 2)
    definitions = (
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'residents_membership'::regclass "
        "UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'residents_membership' ORDER BY 1, 2"
    )
    with connection.cursor() as cursor:
        cursor.execute(definitions)
        before = cursor.fetchall()
    two = [state(person, first, date(2020, 1, 1), date(2021, 1, 1)), state(person, second, date(2021, 1, 1))]
    with acting(ctx):
        done = believe_rows(Membership, two)
    assert done.added == 2
    with connection.cursor() as cursor:
        cursor.execute(definitions)
        assert cursor.fetchall() == before
    assert believed(date(2020, 6, 1)) == [first.id]


def test_a_first_load_of_overlapping_statements_is_refused_as_a_whole(people, ctx, monkeypatch):
    person, first, second = people
    monkeypatch.setattr(facts, "FILL_FROM", 2)
    with pytest.raises(IntegrityError), acting(ctx):
        believe_rows(
            Membership, [state(person, first, date(2020, 1, 1)), state(person, second, date(2021, 1, 1))]
        )
    assert Membership.objects.count() == 0


def test_a_first_load_about_nobody_is_refused(people, ctx, monkeypatch):
    person, first, _ = people
    monkeypatch.setattr(facts, "FILL_FROM", 2)
    nobody = state(person, first, date(2020, 1, 1)) | {"person_id": 0}
    with pytest.raises(IntegrityError), acting(ctx):
        believe_rows(Membership, [state(person, first, date(2020, 1, 1)), nobody])
    assert Membership.objects.count() == 0


def test_a_first_load_is_dated_by_the_server(people, ctx, monkeypatch):
    person, first, second = people
    monkeypatch.setattr(facts, "FILL_FROM", 2)
    two = [state(person, first, date(2020, 1, 1), date(2021, 1, 1)), state(person, second, date(2021, 1, 1))]
    with acting(ctx):
        believe_rows(Membership, two)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM residents_membership WHERE known = tstzrange(now(), NULL) "
                "AND tx = pg_current_xact_id()"
            )
            assert cursor.fetchone() == (2,)
    with acting(ctx), connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'residents_membership'::regclass "
                       "AND tgenabled = 'D'")  # fmt: skip
        assert cursor.fetchall() == []


def test_only_an_empty_table_is_filled_and_only_from_a_plain_temporary_table(people, ctx):
    person, first, _ = people
    with acting(ctx):
        believe_rows(Membership, [state(person, first, date(2020, 1, 1))])
    for source, target, why in (
        ("CREATE TEMP TABLE s AS SELECT * FROM residents_membership", "residents_membership", "not empty"),
        ("CREATE TEMP VIEW s AS SELECT 1 AS person_id", "residents_hold", "plain temporary"),
        ("CREATE TEMP TABLE s (id bigint)", "records_watermark", "cannot be filled"),
    ):
        with pytest.raises(ProgrammingError, match=why), acting(ctx), connection.cursor() as cursor:
            cursor.execute(source)
            facts.fill(target, "s")


def test_restating_takes_back_what_files_said_and_leaves_what_people_entered(people, ctx):
    person, first, second = people
    with acting(ctx):
        believe_rows(
            Membership,
            [
                state(person, first, date(2020, 1, 1), date(2024, 1, 1)) | {"source": "feed:1:1"},
                state(person, second, date(2024, 1, 1), date(2025, 1, 1)) | {"source": "case:1"},
            ],
        )
    for fresh, expected in ((False, second.id), (True, first.id)):
        with acting(ctx):
            table = stating(Membership)
            copy_rows(
                table,
                ("person_id", "household_id", "relationship", "effective", "source", "fresh"),
                [(person.id, first.id, "02", Range(date(2022, 1, 1), date(2026, 1, 1)), "feed:2:1", fresh)],
            )
            with connection.cursor() as cursor:
                cursor.execute(
                    "CREATE TEMP TABLE subjects ON COMMIT DROP AS SELECT %s::bigint AS person_id", [person.id]
                )
            restate(Membership, table, "subjects")
        assert believed(date(2021, 1, 1)) == []  # no file says it any more
        assert believed(date(2023, 1, 1)) == [first.id]
        assert believed(date(2024, 6, 1)) == [expected]
        assert believed(date(2025, 6, 1)) == [first.id]
