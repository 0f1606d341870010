"""What is found late or known by other words: open transactions, what was taken back, changed keys, merged records."""

from __future__ import annotations

import json
from datetime import date, timedelta

import psycopg
import pytest
from django.db import connection
from psycopg.types.range import Range

from kaigo.base.keys.index import rotate
from kaigo.base.misuse import decide, gather
from kaigo.base.misuse.models import AlertReason, Habit
from kaigo.base.misuse.relations import compute, word
from kaigo.base.misuse.tests.town import (
    THURSDAY,
    WEDNESDAY,
    analysed_log,
    event,
    found,
    night,
    somebody,
    watch,
)
from kaigo.base.records.context import Context, acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.base.records.watermarks import Span
from kaigo.base.staff.marks import own_number, own_words
from kaigo.insurance.qualification.tests.builders import born, context, fact
from kaigo.insurance.residents.merging import merge
from kaigo.insurance.residents.models import Protection

OLD = """
INSERT INTO audit_event (event, outcome, why, actor, member, permission, grants, purpose, "case", unexplained, place,
    object, fields, subject_key, subjects, opened, trace, program, details, created_at)
SELECT 'page.read', 'done', '', 'account:10', 1, 'counter.view', '{7}', 'inquiry', 'ticket:1', false, '', 'person', '{}',
    1, 1, '{}', '', '', '{}', now() - n * interval '3 minutes' FROM generate_series(1, 30000) n"""


def read_by(plan) -> int:
    """The rows that a plan reads of the log, also those it then throws away."""
    most, nodes = 0, [(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", ())
        if node.get("Relation Name") == "audit_event":
            most = max(most, node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
    return most


def test_an_event_that_is_saved_late_is_still_judged(staff):
    """Its transaction began before the job and ended after it: the watermark waits for it."""
    person = born("1950-05-05")
    event(2, [person], case="access:1", unexplained=True)
    other = psycopg.connect(
        staff.dsn.replace(staff.dsn.split("dbname=")[1].split()[0], connection.settings_dict["NAME"])
    )
    with other:
        # What holds a transaction id open, holds the watermark.
        other.execute("SELECT pg_current_xact_id()")
        event(1, [person], case="access:1", unexplained=True, day=WEDNESDAY - timedelta(days=1))
        night()
        assert found() == {(2, "R8")}
    night()
    assert found() == {(1, "R8"), (2, "R8")}


def test_what_an_open_transaction_kept_back_for_days_is_still_judged(staff):
    """A night's work that hangs keeps the watermark where it is; jobs go on ending well and find nothing new."""
    person, first = born("1950-05-05"), WEDNESDAY - timedelta(days=9)
    night(first)
    hanging = psycopg.connect(
        staff.dsn.replace(staff.dsn.split("dbname=")[1].split()[0], connection.settings_dict["NAME"])
    )
    with hanging:
        hanging.execute("SELECT pg_current_xact_id()")
        event(1, [person], case="access:1", unexplained=True, day=first)
        for back in range(8, 0, -1):
            night(WEDNESDAY - timedelta(days=back))
            watch(WEDNESDAY - timedelta(days=back))
        assert not found()
    assert watch()["events"] == 1
    night(WEDNESDAY)
    assert found() == {(1, "R8")}


def test_what_is_new_is_found_without_reading_the_log(staff):
    """However old the log is: the cost of a run is that of what it has new, and of the days that this is about."""
    with connection.cursor() as cursor:
        cursor.execute(OLD)
        cursor.execute("SELECT max(tx::text::bigint) FROM audit_event")
        ((last,),) = cursor.fetchall()
    person = born("1950-05-05")
    event(1, [person], case="access:1", unexplained=True)
    span, asked = Span(last + 1, 2**62), []
    analysed_log()
    with connection.execute_wrapper(
        lambda run, sql, params, many, how: asked.append((sql, params)) or run(sql, params, many, how)
    ):
        assert gather.touched(span) == [WEDNESDAY]
        assert len(gather.new_events(span)) == len(gather.events_of(WEDNESDAY)) == 1
    for query, params in asked:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", params)
            assert read_by(cursor.fetchone()[0]) < 100, query


@pytest.mark.parametrize(("days", "asked"), [(0, True), (30, True), (31, False)])
def test_what_is_taken_back_after_the_look_still_asks_about_it(staff, days, asked):
    """Looked at by day, taken back in the evening, gone at night: so nobody is spared."""
    mother, councillor = somebody(birth="1948-01-01"), somebody(birth="1955-02-02", number="000000000000123")
    staff.declared(1, word(own_words("ミホン ハナコ", date(1948, 1, 1))))
    entry = staff.listed(word(own_number("000000000000123")))
    staff.confirmed(entry)
    staff.took_back(1, WEDNESDAY)
    staff.taken_off(entry, WEDNESDAY)
    day = WEDNESDAY + timedelta(days=days)
    for person in (mother, councillor):
        event(1, [person], day=day, case="access:1", unexplained=True)
    night(day)
    assert (1, "R8") in found()
    assert found() & {(1, "R3"), (1, "R6")} == ({(1, "R3"), (1, "R6")} if asked else set())


def test_who_was_under_protection_on_the_day_of_the_look_is_asked_about(staff):
    """Also when it ended at midnight, before the night's run."""
    ended, begins = somebody(birth="1956-03-03"), somebody(birth="1957-03-03")
    spans = {ended: Range(date(2026, 7, 1), THURSDAY), begins: Range(THURSDAY, None)}
    with acting(context("2026-07-01")):
        for person, span in spans.items():
            believe_rows(Protection, [fact(Protection, person_id=person, measure="01", effective=span)])
    event(1, [ended], case="access:1", unexplained=True)
    event(2, [begins], case="access:2", unexplained=True, day=WEDNESDAY - timedelta(days=1))
    night()
    assert found() == {(1, "R7"), (1, "R8"), (2, "R7"), (2, "R8")}


@pytest.mark.parametrize("when", ["before the night", "after it"])
def test_a_change_of_keys_forgets_nobody(staff, when):
    """Marks, declarations and the list were kept under the keys of their time, and so was the log of yesterday."""
    from kaigo.insurance.qualification.models import InsuredNumber

    me, mother = somebody(birth="1980-01-01"), somebody(birth="1948-01-01")
    councillor = somebody(birth="1955-02-02", number="000000000000123")
    staff.marked(1, own_words("ミホン ハナコ", date(1980, 1, 1)))
    staff.declared(1, word(own_words("ミホン ハナコ", date(1948, 1, 1))))
    staff.confirmed(staff.listed(word(own_number("000000000000123"))))
    row = [born("1950-05-05") for _ in range(6)]
    with acting(context("2026-01-01")):
        for place, person in enumerate(row):
            InsuredNumber.objects.create(person_id=person, number=f"{place:010}")
    if when == "after it":
        compute(context("2026-07-15"))
    for minute, person in enumerate((me, mother, councillor, *row)):
        event(1, [person], at=f"10:{minute:02}", case="access:1", unexplained=True)
    for key in ("self", "misuse", "subjects"):
        rotate(key)
    if when == "after it":
        watch()
        assert found() == {(1, "R1"), (1, "R6")}, "the ties are those of the old keys until the night"
    night()
    assert {rule for _, rule in found()} == {"R1", "R3", "R6", "R8", "R11"}


def test_two_records_that_turned_out_to_be_one_are_one_person_for_the_rules(staff):
    """Known by the number of the record that was merged; looked at as the one that remained, and before as the other."""
    guest, me = somebody("", "", number="000000000000123"), somebody(birth="1980-01-01")
    staff.marked(1, own_number("000000000000123"))
    staff.declared(2, word(own_number("000000000000123")))
    staff.confirmed(staff.listed(word(own_words("ミホン ハナコ", date(1980, 1, 1)))))
    with acting(context("2026-07-15")):
        merge(context("2026-07-15"), guest, me, "氏名・生年月日が一致")
    for member in (1, 2):
        event(member, [me], case="access:1", unexplained=True)
        event(member, [guest], case="access:1", unexplained=True, day=WEDNESDAY - timedelta(days=1))
    night()
    reasons = AlertReason.objects.filter(alert__kind="person").values_list(
        "alert__day", "alert__member", "rule"
    )
    for day in (WEDNESDAY - timedelta(days=1), WEDNESDAY):
        assert {(day, 1, "R1"), (day, 1, "R6"), (day, 2, "R3"), (day, 2, "R6")} <= set(reasons)


def test_whom_somebody_declared_or_entered_under_an_older_key_is_not_taken_twice(staff):
    ctx, words = Context("account:10", "staff", WEDNESDAY), own_words("ミホン ハナコ", date(1948, 1, 1))
    entry = {"words": words, "reason": "議員であるため、注意を要する"}
    with acting(ctx):
        decide.declare(ctx, 1, words)
        decide.enter(ctx, 4, **entry)
        rotate("misuse")
        with pytest.raises(Refused, match="もう届け出て"):
            decide.declare(ctx, 1, words)
        with pytest.raises(Refused, match="もう名簿に"):
            decide.enter(ctx, 4, **entry)


def test_a_day_is_counted_once_and_anew_when_the_log_has_something_new_of_it(staff):
    """What is usual is read from the days before: a night does not read thirty days of the log again."""
    people = [born("1950-05-05") for _ in range(4)]
    for back in (1, 2):
        for person in people[:back]:
            event(1, [person], day=WEDNESDAY - timedelta(days=back), case="residents.hold:1")
    # None of these is somebody whom he opened: a list, a search, the page that asks why, another's refused look.
    event(1, [people[3]], day=WEDNESDAY - timedelta(days=1), case="worklist:1")
    event(1, [people[3]], day=WEDNESDAY - timedelta(days=1), what="page.act", place="insurance:counter.Why")
    event(1, [people[0]], case="residents.hold:1")

    def asked() -> int:
        """How many days the night reads from the log."""
        queries = []
        with connection.execute_wrapper(
            lambda go, query, *more: queries.append(str(query)) or go(query, *more)
        ):
            night(WEDNESDAY)
        return sum("count(DISTINCT d)" in query for query in queries)

    def kept() -> set:
        return set(Habit.objects.filter(member=1).values_list("day", "persons"))

    assert asked() > 30
    assert kept() == {(WEDNESDAY - timedelta(days=1), 1), (WEDNESDAY - timedelta(days=2), 2)}
    # The days without anybody are the only ones that are asked for again: there is nothing to read of them.
    event(1, [people[0]], at="11:00", case="residents.hold:1")
    assert asked() == 28
    event(1, [people[3]], day=WEDNESDAY - timedelta(days=2), case="residents.hold:1")
    assert asked() > 28
    event(1, [people[0]], at="12:00", case="residents.hold:1")
    night(WEDNESDAY)
    assert kept() == {(WEDNESDAY - timedelta(days=1), 1), (WEDNESDAY - timedelta(days=2), 3)}
