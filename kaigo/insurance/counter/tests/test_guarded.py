"""緊急閲覧 opens nobody under 支援措置: not his page, not a list that he is on; whoever has a role goes on as ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from psycopg.types.range import Range

from kaigo.base.desk.refs import ref
from kaigo.base.records.facts import believe_rows
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.collection.tests.builders import on, person
from kaigo.insurance.counter.decide import take
from kaigo.insurance.counter.tests.visitor import CLERK, TODAY, last, page_of, visit
from kaigo.insurance.qualification.tests.builders import fact
from kaigo.insurance.residents.models import Household, Membership, Protection

pytestmark = pytest.mark.django_db
HURRIED = replace(someone(day=TODAY), grants=(), emergency=5)


@pytest.fixture
def somebody() -> int:
    made = person("綾小路 桜子", "アヤノコウジ サクラコ")
    take(on(TODAY), made, "call", "火災のこと", "", False)
    return made


def protect(who: int, since: date, until: date | None = None) -> None:
    believe_rows(Protection, [fact(Protection, person_id=who) | {"effective": Range(since, until)}])


def test_an_emergency_opens_whom_nothing_guards_and_nobody_else(somebody):
    assert visit(page_of(somebody), staff=HURRIED).status_code == 200
    assert last().emergency == 5
    protect(somebody, date(2026, 7, 1))
    answer = visit(page_of(somebody), staff=HURRIED)
    html = answer.content.decode()
    assert answer.status_code == 403 and "支援措置の人は、緊急閲覧では開けません。" in html
    assert "綾小路" not in html and "アヤノコウジ" not in html
    event = last()
    assert (event.outcome, event.why, event.emergency, event.subjects) == ("refused", "guarded", 5, 1)
    assert visit(page_of(somebody), staff=someone(CLERK, day=TODAY)).status_code == 200, "with a role as ever"


@pytest.mark.parametrize(
    ("since", "until"), [(date(2026, 7, 16), None), (date(2026, 1, 1), date(2026, 7, 15))]
)
def test_only_while_the_protection_lasts(somebody, since, until):
    protect(somebody, since, until)
    assert visit(page_of(somebody), staff=HURRIED).status_code == 200


def test_a_list_with_somebody_guarded_is_not_answered(somebody):
    person("綾小路 桜子", "アヤノコウジ サクラコ")
    search = {"words": "綾小路 桜子"}
    found = visit("/search", search, staff=HURRIED)
    assert found.status_code == 200 and "綾小路" in found.content.decode()
    protect(somebody, date(2026, 7, 1))
    answer = visit("/search", search, staff=HURRIED)
    assert answer.status_code == 403 and "支援措置の人が含まれる画面" in answer.content.decode()
    assert "アヤノコウジ" not in answer.content.decode()
    assert (last().outcome, last().why) == ("refused", "guarded")


def test_a_page_of_one_shows_nobody_guarded_who_lives_with_him(somebody):
    """The address names a person whom nothing guards; what the page shows beside him is looked at too."""
    guarded, one = person("綾小路 桜子", "アヤノコウジ サクラコ"), Household.objects.create(number="77")
    alone = person("別家 一郎", "ベッケ イチロウ")
    take(on(TODAY), alone, "call", "火災のこと", "", False)
    whole = {"household_id": one.id, "effective": Range(date(2020, 1, 1), None)}
    believe_rows(Membership, [fact(Membership, person_id=each) | whole for each in (alone, guarded)])
    address = f"/residents/{ref('person', alone)}/household/"
    assert "綾小路" in visit(address, staff=HURRIED).content.decode()
    protect(guarded, date(2026, 7, 1))
    answer = visit(address, staff=HURRIED)
    assert answer.status_code == 403 and "綾小路" not in answer.content.decode()
    assert (last().outcome, last().why) == ("refused", "guarded")
