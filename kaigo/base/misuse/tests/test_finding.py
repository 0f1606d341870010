"""The real path: events in PostgreSQL, the job, alerts in the table; who is near to whom, owners, days."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
import pytest
from django.db import connection

from kaigo.base.keys.index import index
from kaigo.base.misuse import finding, gather
from kaigo.base.misuse.models import Alert, AlertEvent, AlertReason, Tie
from kaigo.base.misuse.relations import compute, word
from kaigo.base.misuse.staff import Staff as Known
from kaigo.base.misuse.tests.town import CARE, PRIVACY, THURSDAY, WEDNESDAY, event, found, night, somebody
from kaigo.base.records.context import acting
from kaigo.base.staff.marks import own_words
from kaigo.insurance.counter.models import Ticket
from kaigo.insurance.qualification.tests.builders import born, context
from kaigo.insurance.residents.models import Household


def test_no_answer_is_due_before_the_look_itself(staff):
    """Where the business date runs behind the clock of the record, as in the demo."""
    person = born("1950-05-05")
    for minute in range(3):
        event(1, [person], at=f"10:{minute:02}", case="access:1", unexplained=True)
    night(date(2026, 7, 1))
    assert Alert.objects.get().due_on == date(
        2026, 7, 23
    )  # five business days after the look; the 20th is a holiday


def test_one_question_a_member_person_and_day_and_none_the_second_time(staff):
    person = born("1950-05-05")
    for minute in range(3):
        event(1, [person], at=f"10:{minute:02}", case="access:1", unexplained=True)
    night()
    (alert,) = Alert.objects.all()
    assert (alert.member, alert.day, alert.kind, alert.critical) == (1, WEDNESDAY, "day", False)
    assert AlertEvent.objects.filter(alert=alert).count() == 3 and found() == {(1, "R8")}
    assert (alert.section, alert.owner, alert.due_on) == (
        CARE,
        "head",
        date(2026, 7, 24),
    )  # the 20th is a holiday
    night()
    # Something new on the same day: judged again as a whole, still one question.
    event(1, [person], at="15:00", case="access:1", unexplained=True)
    night()
    assert Alert.objects.count() == 1 and AlertReason.objects.count() == 1
    assert AlertEvent.objects.filter(alert=alert).count() == 4


def test_cases_explain_looks_by_who_took_them(staff):
    mother = somebody(birth="1948-01-01")
    staff.declared(1, word(own_words("ミホン ハナコ", date(1948, 1, 1))))
    with acting(context("2026-07-15")):
        tickets = [
            Ticket.objects.create(
                person_id=mother, kind="call", subject="x", state="open", taken_on=WEDNESDAY, taken_by=actor
            )
            for actor in ("account:11", "account:20")
        ]
    event(1, [mother], case=f"ticket:{tickets[0].id}", day=WEDNESDAY - timedelta(days=1))
    night()
    assert not Alert.objects.exists(), "his own, taken by his second account"
    event(1, [mother], case=f"ticket:{tickets[1].id}")
    night()
    assert found() == {(1, "R3")}, "an open contact that somebody else took"


def test_ties_come_from_what_the_systems_know_and_say_nothing_to_who_reads_them(staff):
    with acting(context("2026-01-01")):
        home, next_door = Household.objects.create(number="1").id, Household.objects.create(number="2").id
    at = "東京都見本区桜台一丁目1番{}号"
    me = somebody("見本 太郎", "ミホン タロウ", "1980-01-01", home, at.format(1))
    mother = somebody("見本 花子", "ミホン ハナコ", "1950-05-05", home, at.format(1))
    lodger = somebody("試験 一郎", "シケン イチロウ", "1960-05-05", home, at.format(1))
    aunt = somebody("見本 梅子", "ミホン ウメコ", "1952-05-05", next_door, at.format(12))
    namesake = somebody("見本 遠子", "ミホン トオコ", "1952-05-06", next_door, "東京都見本区桜台二丁目1番1号")
    neighbour = somebody("試験 隣子", "シケン トナリコ", "1952-05-07", next_door, at.format(12))
    staff.marked(1, own_words("ミホン タロウ", date(1980, 1, 1)))
    for person in (me, mother, lodger, aunt, namesake, neighbour):
        event(1, [person], case="ticket:999999")
        event(2, [person], case="ticket:999999")
        event(6, [person], case="ticket:999999")
        event(4, [person], case="ticket:999999")
    with acting(context("2026-07-15")):
        for person in (me, mother, lodger, aunt, namesake, neighbour):
            Ticket.objects.create(
                id=900000 + person,
                person_id=person,
                kind="call",
                subject="x",
                state="open",
                taken_on=WEDNESDAY,
                taken_by="account:999",
            )
    compute(context("2026-07-16"))
    assert sorted(Tie.objects.values_list("member", "tie")) == [
        (1, "address"), (1, "address"), (1, "family"), (1, "family"), (1, "own"), (1, "staff"), (1, "staff"), (1, "staff"),
    ]  # fmt: skip
    again = compute(context("2026-07-17"))
    assert (again["new"], again["gone"]) == (0, 0)
    for member in (1, 2, 4, 6):
        for person in (me, mother, lodger, aunt, namesake, neighbour):
            event(member, [person], at="11:00", case=f"ticket:{900000 + person}", day=THURSDAY)
    night(date(2026, 7, 17))
    of = {rule: set() for rule in ("R1", "R2", "R4", "R5")}
    for member, rule, thing in AlertReason.objects.filter(alert__day=THURSDAY).values_list(
        "alert__member", "rule", "alert__thing"
    ):
        of[rule].add((member, bytes(thing)))
    assert len(of["R1"]) == 1 and len(of["R2"]) == 2 and len(of["R5"]) == 2
    # Clerk 2 works with him, 6 did until April; 4 never.
    assert {member for member, _ in of["R4"]} == {2, 6} and len(of["R4"]) == 6
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        read = staff.dsn.replace(
            "dbname=" + staff.dsn.split("dbname=")[1].split()[0], "dbname=" + connection.settings_dict["NAME"]
        )
        with psycopg.connect(read, autocommit=True) as admin:
            admin.execute("SET ROLE read_insurance_131997")
            admin.execute("SELECT digest FROM misuse_tie")


def test_pages_searches_prints_and_reasons_are_told_apart(staff):
    person = born("1950-05-05")
    # Writing the reason is no work for him; a note of a call is.
    event(1, [person], case="access:1", unexplained=True)
    event(1, [person], what="page.act", place="insurance:counter.Why")
    event(2, [person], case="access:1", unexplained=True)
    event(2, [person], what="page.act", place="insurance:counter.NewTicket", case="ticket:1")
    # Paper is asked for by a POST too, and is none.
    for member, made in ((7, "ledger.print"), (8, "traces.tell")):
        staff.member(member)
        event(member, [person], case="access:1", unexplained=True)
        event(member, [person], what="page.act", place="x", case="access:1", unexplained=True, trace=made)
        event(member, [person], what=made, place="x", case="access:1", trace=made)
    # One's own page is about nobody; lists at night are.
    event(3, at="22:00", place="insurance:traces.Mine")
    event(4, at="22:00", place="insurance:counter.TicketList", subjects=50)
    for n in range(10):
        event(6, what="page.act", place="insurance:counter.Search", trace=f"s{n}")
        if n < 6:
            event(6, what="counter.search", place="insurance:counter.Search", trace=f"s{n}", hits=0)
    night()
    assert found() == {(1, "R8"), (4, "R9"), (6, "R12"), (7, "R8"), (8, "R8")}
    assert AlertReason.objects.get(rule="R12").facts["misses"] == 6


def test_what_is_usual_is_read_from_the_days_before_and_numbers_from_their_order(staff):
    from kaigo.insurance.qualification.models import InsuredNumber

    people = [born("1950-05-05") for _ in range(25)]
    with acting(context("2026-01-01")):
        for place, person in enumerate(people):
            InsuredNumber.objects.create(person_id=person, number=f"{place:010}")
    for back in range(1, 7):
        for person in people[:6]:
            event(1, [person], day=WEDNESDAY - timedelta(days=back), case="residents.hold:1")
    night(WEDNESDAY)
    assert not Alert.objects.exists()
    with acting(context("2026-07-15")):
        for person in people:
            Ticket.objects.create(
                id=500 + person,
                person_id=person,
                kind="call",
                subject="x",
                state="open",
                taken_on=WEDNESDAY,
                taken_by="account:20",
            )
    for place, person in enumerate(people):
        event(1, [person], at=f"10:{place:02}", case=f"ticket:{500 + person}")
    night()
    assert found() == {(1, "R10"), (1, "R11")}
    facts = {r.rule: r.facts for r in AlertReason.objects.all()}
    assert (facts["R10"]["persons"], facts["R10"]["usual"], facts["R11"]["run"]) == (25, 6, 25)


def test_leaving_and_the_end_of_permissions(staff):
    person = born("1950-05-05")
    staff.member(7, ends=WEDNESDAY + timedelta(days=14))
    staff.member(8, ends=WEDNESDAY + timedelta(days=15))
    staff.member(9)
    staff.revoked(2, WEDNESDAY - timedelta(days=20))
    staff.revoked(9, WEDNESDAY - timedelta(days=20), ruled=True)
    for member in (1, 2, 7, 8, 9):
        event(member, [person], case="access:1", unexplained=True)
    night()
    assert {member for member, rule in found() if rule == "R14"} == {2, 7}, "9 has long got other work"


def test_the_night_shift_is_who_has_its_duty_on_the_day(staff):
    staff.member(7)
    staff.member(8)
    staff.holds(7, "運用", until=WEDNESDAY)
    staff.holds(8, "運用", until=THURSDAY)
    for member in (7, 8):
        event(member, at="22:00", place="insurance:counter.TicketList", subjects=50)
    night()
    assert found() == {(7, "R9")}


def test_a_day_ends_at_midnight_in_tokyo(staff):
    person = born("1950-05-05")
    late = event(1, [person], at="23:59:59", case="access:1", unexplained=True)
    next_day = event(1, [person], at="24:00", case="access:1", unexplained=True)
    assert [[row.id for row in gather.events_of(day)] for day in (WEDNESDAY, THURSDAY)] == [
        [late],
        [next_day],
    ]
    night()
    assert set(Alert.objects.values_list("day", flat=True)) == {WEDNESDAY, THURSDAY}


def test_nobody_is_asked_about_himself(staff):
    staff.member(9, PRIVACY)
    known = Known(WEDNESDAY)
    owners = {member: known.owner(member, WEDNESDAY) for member in (1, 3, 4, 5, 6)}
    assert owners == {
        1: (CARE, "head"), 3: (CARE, "office"), 4: (PRIVACY, "heads"), 5: (CARE, "office"), 6: ("住民課", "office"),
    }  # fmt: skip
    staff.holds(9, "個人情報保護", PRIVACY)
    assert Known(WEDNESDAY).owner(4, WEDNESDAY) == (PRIVACY, "office")
    # A second head of the section looks into clerks, not into the one beside him.
    staff.member(10)
    staff.holds(10, "課長")
    known = Known(WEDNESDAY)
    assert [known.owner(member, WEDNESDAY) for member in (1, 3, 10)] == [
        (CARE, "head"),
        (CARE, "office"),
        (CARE, "office"),
    ]


def test_a_head_does_not_look_into_who_looked_at_him_and_his(staff):
    """Nor is he told who it was before the office has looked."""
    with acting(context("2026-01-01")):
        home = Household.objects.create(number="1").id
    at = "東京都見本区桜台一丁目1番1号"
    head = somebody("見本 太郎", "ミホン タロウ", "1950-01-01", home, at)
    wife = somebody("見本 花子", "ミホン ハナコ", "1950-05-05", home, at)
    stranger = somebody("試験 一郎", "シケン イチロウ", "1960-05-05")
    colleague = somebody("試験 二郎", "シケン ジロウ", "1961-05-05")
    staff.marked(3, own_words("ミホン タロウ", date(1950, 1, 1)))
    staff.marked(2, own_words("シケン ジロウ", date(1961, 5, 5)))
    staff.confirmed(staff.listed(word(own_words("シケン イチロウ", date(1960, 5, 5)))))
    for person in (head, wife, stranger, colleague):
        event(1, [person], case="access:1", unexplained=True)
    night()
    owners = {bytes(alert.thing): alert.owner for alert in Alert.objects.filter(kind="person")}
    digests = index("subjects").digests(f"person:{person}" for person in (head, wife, stranger, colleague))
    assert [owners[digest] for digest in digests] == ["office", "office", "head", "head"]


@pytest.mark.parametrize(("days", "on"), [(1, date(2026, 7, 21)), (5, date(2026, 7, 27))])
def test_due_days_are_business_days(days, on):
    assert finding.due(date(2026, 7, 17), days) == on
