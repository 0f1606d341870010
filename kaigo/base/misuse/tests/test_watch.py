"""The critical rules within minutes: found once, asked anew after an answer, and how the watch itself stands."""

from __future__ import annotations

import json
from datetime import date, timedelta

from django.utils import timezone
from psycopg.types.range import Range

from kaigo.base.misuse import decide, finding, gather, read
from kaigo.base.misuse.models import Alert
from kaigo.base.misuse.relations import compute, word
from kaigo.base.misuse.tests.town import THURSDAY, WEDNESDAY, event, found, night, somebody, watch
from kaigo.base.misuse.values import values
from kaigo.base.records.context import Context, acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.staff.can import EVERYWHERE
from kaigo.base.staff.marks import own_number, own_words
from kaigo.insurance.counter.models import Ticket
from kaigo.insurance.qualification.tests.builders import born, context, fact
from kaigo.insurance.residents.models import Protection


def answer(alert: Alert, outcome: str, day=WEDNESDAY) -> None:
    with acting(context(day.isoformat())):
        decide.review(
            Context("account:40", "audit", day), alert, 4, EVERYWHERE, outcome, "受付簿の記録と一致した"
        )


def _raising(error):
    def fails(*_, **__):
        raise error

    return fails


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
