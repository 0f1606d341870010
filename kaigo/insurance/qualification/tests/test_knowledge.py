"""Over time, with real commits: late corrections, the daily run, what was believed before."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection

from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import NotReady
from kaigo.base.jobs.run import run
from kaigo.base.records.context import Context, acting
from kaigo.base.records.tests.waiting import wait_for_readers
from kaigo.insurance.qualification import read
from kaigo.insurance.qualification.decide import decide_all
from kaigo.insurance.qualification.tests.builders import (
    INSURER,
    born,
    context,
    day,
    decided,
    in_force,
    left,
    lives,
)


def decide(on):
    with acting(context(on)):
        return decide_all(context(on), INSURER)


def moment():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def believed(person, known_at=None):
    ctx = context("2026-07-01", known_at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT acquired_on, lost_on FROM ({read.in_force_sql(ctx)}) q WHERE person_id = %(person)s",
            {"person": person, "known_at": known_at},
        )
        return [tuple(d.isoformat() if d else None for d in row) for row in cursor.fetchall()]


def test_a_late_correction_changes_the_decision_and_keeps_what_was_decided(street):
    person = born("1950-05-05")
    lives(person, "1990-01-01")
    left(person, "2026-06-10")
    decide("2026-06-12")
    before = moment()
    left(person, "2026-06-30", taken_on="2026-06-30")
    lives(person, "2026-06-10", "2026-06-30", became_resident_on="1990-01-01")
    decide("2026-07-03")
    assert believed(person) == [("2015-05-04", "2026-06-30")]
    assert believed(person, before) == [("2015-05-04", "2026-06-11")]
    old = read.periods_in_force(context("2026-07-01", before), person)
    assert [p.lost_on.isoformat() for p in old] == ["2026-06-11"]
    assert [p.lost_on.isoformat() for p in read.periods_in_force(context("2026-07-01"), person)] == [
        "2026-06-30"
    ]


@pytest.fixture
def taken(street):
    """The job before ours has run on these days."""

    def done(*days):
        for on in days:
            Run.objects.create(job="residents.take", on=day(on), state="done", actor="test")

    return done


def daily(on):
    wait_for_readers()
    return run(Context("job:test", "operations", day(on)), "qualification.daily").result


def test_the_daily_run_looks_only_at_changed_people_and_birthdays(taken):
    taken("2026-06-01", "2026-06-04", "2026-06-12", "2026-06-13", "2026-07-01")
    settled, mover, coming = born("1950-05-05"), born("1951-05-05"), born("1961-06-13")
    for person in (settled, mover, coming):
        lives(person, "1990-01-01")
    first = daily("2026-06-01")
    assert (first["whole"], first["acquired"]) == (True, 2)
    assert daily("2026-06-04")["looked_at"] == 0
    left(mover, "2026-06-10")
    second = daily("2026-06-12")
    assert (second["whole"], second["changed"], second["acquired"]) == (False, 1, 1)
    assert in_force(coming) == [("2026-06-12", "02", None, "")]
    assert in_force(mover)[0][2] == "2026-06-11"
    assert daily("2026-06-13")["changed"] == 0
    assert daily("2026-07-01")["whole"] is True
    assert len(decided(settled)) == 1


def test_the_daily_run_sees_a_record_that_was_taken_back(taken):
    from psycopg.types.range import Range

    from kaigo.base.records.facts import believe_rows
    from kaigo.insurance.qualification.tests.builders import fact
    from kaigo.insurance.residents.models import Residence

    taken("2026-06-01", "2026-06-20")
    person = born("1950-05-05")
    lives(person, "2026-05-10", event="01")
    daily("2026-06-01")
    with acting(context("2026-06-20")):
        believe_rows(
            Residence,
            [fact(Residence, person_id=person, effective=Range(day("2026-05-10"), None), void=True)],
        )
    assert daily("2026-06-20")["cancelled"] == 1
    assert in_force(person) == []


def test_the_daily_run_waits_for_the_residents(street):
    with pytest.raises(NotReady):
        daily("2026-06-01")
    assert settings.INSURER == INSURER
