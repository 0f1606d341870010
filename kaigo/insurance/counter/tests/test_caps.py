"""Mass reading (security.md T-24): whoever opens or lists people is stopped at the limit of the day, whatever he holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from psycopg.types.range import Range

from kaigo.base.audit.write import KEY
from kaigo.base.desk.refs import ref
from kaigo.base.keys.index import index, rotate
from kaigo.base.records.context import Context
from kaigo.base.records.facts import believe_rows
from kaigo.base.staff.tables import limits
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.collection.tests.builders import person
from kaigo.insurance.counter import caps
from kaigo.insurance.counter.decide import take
from kaigo.insurance.counter.explained import joined
from kaigo.insurance.counter.models import Ticket
from kaigo.insurance.counter.tests.visitor import CLERK, TODAY, last, visit
from kaigo.insurance.qualification.tests.builders import fact
from kaigo.insurance.residents.models import Household, Membership

pytestmark = [pytest.mark.django_db, pytest.mark.asks]
ME = Context("account:1", "inquiry", TODAY)
EVENT = """
INSERT INTO audit_event (event, outcome, why, actor, member, permission, grants, purpose, "case", unexplained, place,
    object, fields, subject_key, subjects, opened, trace, program, details, created_at)
SELECT 'page.read', %(outcome)s, '', 'account:1', %(member)s, 'counter.view', '{7}', 'inquiry', CASE WHEN %(case)s = '' THEN '' ELSE %(case)s || n END, false, '',
    'person', '{}', 1, 1, ARRAY[(%(people)s::bytea[])[1 + n %% array_length(%(people)s::bytea[], 1)]], '', '', '{}',
    now() - %(ago)s::interval FROM generate_series(1, %(events)s) n"""
FIRST = 1_000_000


def opened(
    people: int, events: int, ago: str = "0", member: int = 1001, outcome: str = "done", case: str = "ticket:"
) -> None:
    """Events as pages leave them: `events` looks, each for another case, at the people FIRST + 0, 1, … `people` - 1;
    without a case lists of one."""
    digests = index(KEY).digests(f"person:{FIRST + n}" for n in range(people))
    with connection.cursor() as cursor:
        told = {"ago": ago, "member": member, "outcome": outcome, "case": case}
        cursor.execute(EVENT, {"people": digests, "events": events, **told})


def spent(*people: int, case: str = "ticket:1") -> str:
    return caps.spent(replace(ME, case=case), someone(CLERK), people)


def called(count: int) -> list[int]:
    people = [person(f"見本 {n}", "ミホン") for n in range(count)]
    for one in people:
        take(ME, one, "call", "x", "", False)
    return people


def tickets_of(who: int) -> str:
    return f"/person/{ref('person', who)}/tickets/"


def test_a_clerk_who_opens_one_after_the_other_is_stopped_at_the_limit():
    most = limits()["opened_per_day"]
    people = called(most + 3)
    answers = [visit(tickets_of(who)) for who in people]
    assert [a.status_code for a in answers] == [200] * most + [429] * 3
    assert (last().outcome, last().why) == ("refused", "cap")
    stopped = answers[-1].content.decode()
    assert "上限" in stopped and "作業一覧" in stopped and f"見本 {most + 2}" not in stopped
    # A second account of the same person is no second allowance; somebody else has his own.
    again = replace(someone(CLERK, account=2), member=1001)
    assert visit(tickets_of(people[-1]), staff=again).status_code == 429
    assert visit(tickets_of(people[-1]), staff=someone(CLERK, account=3)).status_code == 200
    # Whom he opened today he may go on with.
    assert visit(tickets_of(people[0])).status_code == 200


def test_another_day_another_people_and_refusals_do_not_count():
    most, (who,) = limits()["opened_per_day"], called(1)
    opened(most, most, ago="1 day")
    opened(most, most, member=1002)
    opened(most, most, outcome="refused")
    opened(most - 1, 5 * most)
    assert visit(tickets_of(who)).status_code == 200
    assert visit(tickets_of(called(1)[0])).status_code == 429


def test_people_of_a_work_list_neither_count_nor_stop():
    most = limits()["opened_per_day"]
    opened(most, most, case="worklist:")
    assert spent(1) == ""
    opened(most, most)
    assert spent(1, case="worklist:1") == ""
    assert spent(FIRST) == ""
    assert spent(1)
    # A page about two, one of them on a list: the other one counts.
    case, _ = joined({1: ("worklist:1", False), 2: ("zzz:1", False)})
    assert spent(1, 2, case=case)


def test_a_page_about_several_counts_each_of_them():
    most = limits()["opened_per_day"]
    opened(most - 1, most - 1)
    assert spent(1) == "" and spent(FIRST, 1) == ""
    assert spent(1, 2)


def test_one_person_for_two_cases_is_one_person(monkeypatch):
    """By a call, another call, and after the key of the digests was changed."""
    monkeypatch.setattr(caps, "limits", lambda: {"opened_per_day": 2, "listed_per_day": 5000})
    who, other, third = called(3)
    assert visit(tickets_of(who)).status_code == 200
    first = last().case
    take(replace(ME, on=TODAY), who, "counter", "y", "", False)
    Ticket.objects.filter(id=int(first.split(":")[1])).update(state="done", taken_by="account:9")
    assert visit(tickets_of(who)).status_code == 200
    assert last().case != first
    # Twice the same is one, and leaves one more.
    assert visit(tickets_of(other)).status_code == 200
    assert visit(tickets_of(third)).status_code == 429
    rotate(KEY)
    assert visit(tickets_of(who)).status_code == 200
    assert visit(tickets_of(third)).status_code == 429


def test_whom_a_page_shows_beside_the_person_is_not_opened(monkeypatch):
    """His household: seen, so they stand in the event, and none of them uses up the day."""
    monkeypatch.setattr(caps, "limits", lambda: {"opened_per_day": 2, "listed_per_day": 0})
    who, partner = called(2)
    one = Household.objects.create(number="77")
    whole = {"household_id": one.id, "effective": Range(date(2020, 1, 1), None)}
    believe_rows(Membership, [fact(Membership, person_id=each) | whole for each in (who, partner)])
    assert visit(f"/residents/{ref('person', who)}/household/").status_code == 200
    assert last().subjects == 2
    assert visit(tickets_of(called(1)[0])).status_code == 200
    assert visit(tickets_of(partner)).status_code == 429


def test_lists_end_at_their_limit_and_show_nobody_beyond_it(monkeypatch):
    monkeypatch.setattr(caps, "limits", lambda: {"opened_per_day": 200, "listed_per_day": 5})
    for _ in range(3):
        person("綾小路 桜子", "ミシリ")
    # Another day's, another person's, what was refused, and whom he opened himself.
    opened(9, 9, case="", ago="1 day")
    opened(9, 9, case="", member=1002)
    opened(9, 9, case="", outcome="refused")
    opened(9, 9)
    first = visit("/search", {"words": "ミシリ"})
    assert first.status_code == 200 and first.content.decode().count("綾小路") == 3
    second = visit("/search", {"words": "ミシリ"})
    assert second.status_code == 429
    assert "一覧できる人数の上限" in second.content.decode() and "綾小路" not in second.content.decode()
    assert (last().outcome, last().why) == ("refused", "cap")
    # What shows nobody is answered.
    assert visit("/search", {"words": "ソンナヒトハイナイ"}).status_code == 200
