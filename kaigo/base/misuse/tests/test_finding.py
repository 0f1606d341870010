"""The real path: events in PostgreSQL, the job, alerts in the table; twice the same day, late events, owners."""

from __future__ import annotations

import json
from datetime import date, timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from psycopg.types.range import Range

from kaigo.base.jobs.run import run
from kaigo.base.keys.index import index, rotate
from kaigo.base.misuse import decide, finding, gather, read
from kaigo.base.misuse.models import Alert, AlertEvent, AlertReason, Tie
from kaigo.base.misuse.relations import compute, word
from kaigo.base.misuse.staff import Staff as Known
from kaigo.base.misuse.tests.town import CARE, PRIVACY, WEDNESDAY, Staff, event, use
from kaigo.base.misuse.values import values
from kaigo.base.records.context import Context, acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.base.records.watermarks import Span
from kaigo.base.staff.can import EVERYWHERE
from kaigo.base.staff.marks import own_number, own_words
from kaigo.insurance.counter.models import Ticket
from kaigo.insurance.qualification.tests.builders import born, context, fact, lives
from kaigo.insurance.residents.merging import merge
from kaigo.insurance.residents.models import (
    AddresseeNumber,
    Household,
    Membership,
    Particulars,
    Person,
    Protection,
)

THURSDAY = WEDNESDAY + timedelta(days=1)


@pytest.fixture
def staff(street):
    """1 and 2 are clerks, 3 their head, 4 keeps personal data, 5 is lent by a contract, 6 left the section."""
    use(street)
    made = Staff(street)
    for member in (1, 2):
        made.member(member)
    made.member(3)
    made.member(4, PRIVACY)
    made.member(5, contract="2")
    made.member(6, "住民課")
    made.post(6, CARE, ends=date(2026, 4, 1))
    made.holds(3, "課長")
    made.holds(4, "個人情報保護", PRIVACY)
    return made


def night(day=THURSDAY):
    run(Context("job:misuse.daily", "audit", day), "misuse.daily")


def watch(day=WEDNESDAY):
    return run(Context("job:misuse.watch", "audit", day), "misuse.watch").result


def found() -> set[tuple[int, str]]:
    return set(AlertReason.objects.values_list("alert__member", "rule"))


def somebody(
    name="見本 花子", kana="ミホン ハナコ", birth="1950-05-05", household=None, address="", number=""
) -> int:
    with acting(context("2026-01-01")):
        person = Person.objects.create().id
        whole = Range(date(1900, 1, 1), None)
        believe_rows(Particulars, [fact(Particulars, person_id=person, name=name, kana=kana, birth_date=date.fromisoformat(birth),
                                        sex="2", resident_kind="1", effective=whole)])  # fmt: skip
        if household:
            believe_rows(
                Membership,
                [
                    fact(
                        Membership,
                        person_id=person,
                        household_id=household,
                        relationship="02",
                        effective=whole,
                    )
                ],
            )
        if number:
            AddresseeNumber.objects.create(person_id=person, number=number)
    if address:
        lives(person, "2000-01-01", address=address)
    return person


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


def answer(alert: Alert, outcome: str, day=WEDNESDAY) -> None:
    with acting(context(day.isoformat())):
        decide.review(
            Context("account:40", "audit", day), alert, 4, EVERYWHERE, outcome, "受付簿の記録と一致した"
        )


def test_whoever_was_asked_and_answered_is_not_free_for_the_rest_of_the_day(staff):
    """He looks, is asked within minutes, the head answers at once; then he looks again, and goes on at night."""
    own = somebody(birth="1980-01-01")
    staff.marked(1, own_words("ミホン ハナコ", date(1980, 1, 1)))
    compute(context("2026-07-15"))
    first = event(1, [own], at="09:00", case="ticket:5")
    assert watch()["alerts"] == 1
    answer(Alert.objects.get(), "fine")
    # What is found again and was answered stays answered.
    night(WEDNESDAY)
    assert Alert.objects.count() == 1
    again = event(1, [own], at="10:00", case="ticket:5")
    assert watch()["alerts"] == 1
    two = Alert.objects.get(turn=2)
    assert set(two.events.values_list("event", flat=True)) == {again} and two.critical
    assert set(Alert.objects.get(turn=1).events.values_list("event", flat=True)) == {first}
    # As long as it is only looked into, it learns; of three hundred accesses all.
    answer(two, "inquiry")
    more = {event(1, [own], at=f"11:{n // 60:02}:{n % 60:02}", case="ticket:5") for n in range(300)}
    assert watch()["alerts"] == 0
    night()
    assert Alert.objects.count() == 2 and set(two.events.values_list("event", flat=True)) == more | {again}


def test_what_turns_out_to_be_urgent_is_asked_anew_with_its_own_day(staff):
    """A relative of whom a colleague took the call; then he stands on the list, and is looked at without a call."""
    mother = somebody(birth="1948-01-01", number="000000000000123")
    staff.declared(1, word(own_words("ミホン ハナコ", date(1948, 1, 1))))
    with acting(context("2026-07-15")):
        ticket = Ticket.objects.create(
            person_id=mother,
            kind="call",
            subject="x",
            state="open",
            taken_on=WEDNESDAY,
            taken_by="account:20",
        )
    event(1, [mother], at="09:00", case=f"ticket:{ticket.id}")
    night(WEDNESDAY)
    plain = Alert.objects.get()
    assert (plain.critical, plain.due_on) == (False, date(2026, 7, 23))
    staff.confirmed(staff.listed(word(own_number("000000000000123"))))
    compute(context("2026-07-15"))
    event(1, [mother], at="15:00", case="access:1", unexplained=True)
    assert watch()["alerts"] == 1
    urgent = Alert.objects.get(turn=2)
    assert (urgent.critical, urgent.due_on) == (True, THURSDAY)
    night()
    assert Alert.objects.count() == 2


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


OLD = """
INSERT INTO audit_event (event, outcome, why, actor, member, permission, grants, purpose, "case", unexplained, place,
    object, fields, subject_key, subjects, opened, trace, program, details, created_at)
SELECT 'page.read', 'done', '', 'account:10', 1, 'counter.view', '{7}', 'inquiry', 'ticket:1', false, '', 'person', '{}',
    1, 1, '{}', '', '', '{}', now() - n * interval '3 minutes' FROM generate_series(1, 30000) n"""


def test_what_is_new_is_found_without_reading_the_log(staff):
    """However old the log is: the cost of a run is that of what it has new, and of the days that this is about."""
    with connection.cursor() as cursor:
        cursor.execute(OLD)
        cursor.execute("SELECT max(tx::text::bigint) FROM audit_event")
        ((last,),) = cursor.fetchall()
    person = born("1950-05-05")
    event(1, [person], case="access:1", unexplained=True)
    span, asked = Span(last + 1, 2**62), []
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_event")
    with connection.execute_wrapper(
        lambda run, sql, params, many, how: asked.append((sql, params)) or run(sql, params, many, how)
    ):
        assert gather.touched(span) == [WEDNESDAY]
        assert len(gather.new_events(span)) == len(gather.events_of(WEDNESDAY)) == 1
    for query, params in asked:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", params)
            assert read_by(cursor.fetchone()[0]) < 100, query


def read_by(plan) -> int:
    """The rows that a plan reads of the log, also those it then throws away."""
    most, nodes = 0, [(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", ())
        if node.get("Relation Name") == "audit_event":
            most = max(most, node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
    return most


def test_cases_explain_looks_by_who_took_them(staff):
    mother = somebody(birth="1948-01-01")
    Tie.objects.all()
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


def test_critical_rules_are_found_by_the_watch_and_once(staff):
    own, councillor, hidden = (
        somebody(birth="1980-01-01"),
        somebody(birth="1955-02-02", number="000000000000123"),
        somebody(birth="1956-03-03"),
    )
    staff.marked(1, own_words("ミホン ハナコ", date(1980, 1, 1)))
    with acting(context("2026-07-01")):
        believe_rows(
            Protection,
            [fact(Protection, person_id=hidden, measure="01", effective=Range(date(2026, 7, 1), None))],
        )
    entry = staff.listed(word(own_number("000000000000123")))
    compute(context("2026-07-15"))
    event(1, [own], case="ticket:5")
    event(2, [councillor], case="access:1", unexplained=True)
    event(2, [hidden], case="access:2", unexplained=True)
    assert watch()["alerts"] == 2, "the entry of the list waits for another"
    assert found() == {(1, "R1"), (2, "R7")}
    assert set(Alert.objects.values_list("critical", "due_on")) == {(True, THURSDAY)}
    staff.confirmed(entry)
    compute(context("2026-07-15"))
    event(2, [councillor], at="11:00", case="access:1", unexplained=True)
    assert watch()["alerts"] == 1 and (2, "R6") in found()
    assert watch() == {"events": 0, "alerts": 0}
    night()
    assert Alert.objects.filter(critical=True).count() == 3
    assert found() == {(1, "R1"), (2, "R6"), (2, "R7"), (2, "R8")}, (
        "the night adds what it knows to the same questions"
    )


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


def test_the_command_watches_and_says_how_it_stands(staff, settings, capsys):
    from kaigo.site.commands import misuse

    settings.BUSINESS_DATE = "2026-07-15"
    person = somebody(birth="1980-01-01")
    staff.marked(1, own_words("ミホン ハナコ", date(1980, 1, 1)))
    assert misuse.main(["status"]) == 1 and "最後の解析 なし" in capsys.readouterr().out
    night(WEDNESDAY)
    assert misuse.main(["status"]) == 0
    event(1, [person], case="ticket:1")
    capsys.readouterr()
    assert misuse.main(["status"]) == 1 and "調べていない閲覧あり" in capsys.readouterr().out
    assert misuse.main(["watch", "--once"]) == 0 and "1件" in capsys.readouterr().out
    assert misuse.main(["status"]) == 0, "asked about, and its day has not come"
    capsys.readouterr()
    settings.BUSINESS_DATE = "2026-07-17"
    assert misuse.main(["status", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["open"], told["overdue"], told["stale"], told["late"]) == (1, 1, False, False)


def test_the_watch_is_behind_when_an_access_waits_for_longer_than_its_minutes(staff):
    assert not read.late(WEDNESDAY), "nobody has looked at anybody"
    person, now = born("1950-05-05"), timezone.localtime()
    minutes = timedelta(minutes=values(WEDNESDAY)["critical_minutes"])
    for ago, behind in ((minutes - timedelta(seconds=30), False), (minutes + timedelta(seconds=1), True)):
        event(1, [person], at=f"{now - ago:%H:%M:%S}", day=(now - ago).date(), case="ticket:1")
        assert read.late(WEDNESDAY) == behind
    watch()
    assert not read.late(WEDNESDAY)


def test_a_turn_that_fails_is_told_and_the_watch_goes_on(staff, monkeypatch, capsys):
    """Whatever it was: also keys that do not answer."""
    from kaigo.base.keys.store import StoreDown
    from kaigo.site.commands import misuse

    person = somebody(birth="1980-01-01")
    staff.marked(1, own_words("ミホン ハナコ", date(1980, 1, 1)))
    compute(context("2026-07-15"))
    event(1, [person], case="ticket:1")
    turns = iter((StoreDown("x"), ValueError("x"), None, KeyboardInterrupt))

    def wait(seconds):
        error = next(turns)
        if error is KeyboardInterrupt:
            raise error
        monkeypatch.setattr(finding, "gather", _raising(error) if error else gather.gather)

    monkeypatch.setattr(misuse.time, "sleep", wait)
    monkeypatch.setattr(finding, "gather", _raising(ValueError("x")))
    assert misuse.main(["watch"]) == 0
    told = capsys.readouterr()
    assert told.err.count("次の回にもう一度") == 3 and "StoreDown" in told.err and "1件" in told.out


def _raising(error):
    def fails(*_, **__):
        raise error

    return fails


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
    event(1, [person], at="23:59:59", case="access:1", unexplained=True)
    event(1, [person], at="24:00", case="access:1", unexplained=True)
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
