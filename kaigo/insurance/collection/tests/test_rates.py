"""収納率と未納: of what was due, what came in; by method, by stage, by age."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.desk.tests.asking import ask, text
from kaigo.insurance.collection import rates, screens
from kaigo.insurance.collection.models import Instalment
from kaigo.insurance.collection.tests.builders import YEAR, assess, insured, mandate, on, person
from kaigo.insurance.collection.tests.test_plan import JULY, continuing, plan_on
from kaigo.insurance.ledger.post import Line, post

pytestmark = pytest.mark.django_db
SEPTEMBER = date(YEAR, 9, 15)


def pays(who: int, way: str, number: int, yen: int, sort: str = "receipt") -> None:
    key = f"{who}:{way}:{number}:{sort}:{yen}"
    post(on(SEPTEMBER), [Line(who, "test:1", key, yen, YEAR, YEAR, sort, way, number, "slip")])


@pytest.fixture
def people() -> tuple[int, int]:
    """One by slips, one by mandate; 66,000 yen each in eight terms."""
    found = []
    for place in range(2):
        who = person()
        insured(who)
        if place:
            mandate(who, date(YEAR, 4, 1))
        assess(on(JULY), who, 66_000)
        found.append(who)
    plan_on(JULY)
    return found[0], found[1]


def due(who: int) -> list[Instalment]:
    return list(Instalment.objects.filter(person_id=who, due_on__lte=SEPTEMBER).order_by("due_on"))


def test_only_what_is_due_counts_and_what_went_back_did_not_come_in(people):
    slips, debits = people
    first, second = due(slips)
    pays(slips, "slip", first.number, first.yen)
    pays(slips, "slip", second.number, 1_000)
    pays(slips, "slip", second.number, 400, "refund")
    pays(debits, "debit", due(debits)[0].number, due(debits)[0].yen)
    ctx = on(SEPTEMBER)
    levied = first.yen + second.yen
    by_way = {rate.key: rate for rate in rates.by_way(ctx, YEAR)}
    assert by_way["slip"] == rates.Rate("slip", 2, levied, first.yen + 600, 0, second.yen - 600)
    assert (by_way["debit"].kept, by_way["debit"].open_yen) == (first.yen, second.yen)
    (stage,) = rates.by_stage(ctx, YEAR)
    assert (stage.key, stage.terms, stage.levied) == ("5", 4, 2 * levied)
    assert stage.kept == sum(rate.kept for rate in by_way.values())
    assert rates.by_way(on(JULY), YEAR) == []
    # What is paid beyond a term does not make up for another.
    pays(slips, "slip", first.number, 50_000)
    beyond = {rate.key: rate for rate in rates.by_way(ctx, YEAR)}["slip"]
    assert (beyond.kept, beyond.collected) == (first.yen + 50_600, first.yen + 600)


def test_the_age_of_what_is_open_is_counted_from_its_due_day(people):
    slips, _ = people
    first, second = due(slips)
    pays(slips, "slip", first.number, first.yen)
    ages = {age.label: age for age in rates.ages(on(SEPTEMBER))}
    late = [(SEPTEMBER - part.due_on).days for part in (first, second)]
    assert late[1] <= 30 < late[0] <= 90
    assert ages["1か月まで"] == rates.Age("1か月まで", 2, 2, 2 * second.yen)
    assert ages["3か月まで"] == rates.Age("3か月まで", 1, 1, first.yen)
    assert sum(age.terms for age in ages.values()) == 3
    # A term is not overdue on its own due day.
    assert sum(age.terms for age in rates.ages(on(first.due_on))) == 0
    old = {age.label: age.terms for age in rates.ages(on(date(YEAR + 3, 9, 15)))}
    assert old["2年を超える"] > 0


def test_the_page_shows_rates_as_charts_and_tables(people):
    continuing(yen=53_700, feb=13_750)
    slips, _ = people
    first, _ = due(slips)
    pays(slips, "slip", first.number, first.yen)
    html = text(ask(screens, "rates", may={"collection.view"}, day=SEPTEMBER, year=YEAR))
    for word in ("収納率", "第5段階", "納付書", "口座振替", "特別徴収", "3か月まで", f"{first.yen:,}"):
        assert word in html
    assert ask(screens, "rates", may={"collection.view"}, day=SEPTEMBER, year=1999).status_code == 404
    assert ask(screens, "rates", may=set(), day=SEPTEMBER, year=YEAR).status_code == 404
