"""特例減免 of all: who is on the list and who is not, a second person, decisions and plans that agree to the yen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection

from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.decide import plan_all
from kaigo.insurance.collection.models import Plan, ReliefLine, Remission, Task
from kaigo.insurance.collection.remission import bulk
from kaigo.insurance.collection.remission.tests import two
from kaigo.insurance.collection.tests.builders import INSURER, YEAR, insured, on, person

pytestmark = pytest.mark.django_db
BEFORE = date(YEAR - 1, 7, 1)


def raised(stage: int, before: int | tuple, **more) -> int:
    """Somebody whose stage of the year before was another one."""
    who = two.payer(stage)
    two.assess(who, before, BEFORE, YEAR - 1, **more)
    return who


def test_those_whose_households_stayed_untaxed_are_lowered_to_their_stage_of_the_year_before():
    one, other = raised(6, 1), raised(5, 3, members=[two.UNTAXED])
    taxed = raised(6, 1, members=[two.TAXED])
    raised(3, 3)
    mixed = raised(6, (1,) * 6 + (2,) * 6)
    unknown = raised(6, 1, status=["undeclared"])
    nobody = two.payer(6)
    shown = bulk.shadow(two.first(two.AUGUST), INSURER, YEAR)
    assert shown.totals["people"] == 2 and shown.totals["unclear"] == 2
    lines = {line.person_id: line for line in ReliefLine.objects.filter(bulk=shown)}
    assert {who: line.outcome for who, line in lines.items()} == {
        one: "granted", other: "granted", mixed: "unclear", unknown: "unclear",
    }  # fmt: skip
    line = lines[one]
    assert (line.from_stage, line.to_stage, line.annual_yen, line.after_yen) == (
        6,
        1,
        two.of_stage(6),
        two.of_stage(1),
    )
    assert "前の年度の段階" in bulk.unclear_of(lines[mixed])
    assert Remission.objects.count() == 0
    with pytest.raises(Refused, match="一覧を作った本人"):
        bulk.approve(two.first(two.AUGUST), shown)
    done = bulk.approve(two.second(two.AUGUST), shown)
    assert done == {
        "decisions": 2,
        "yen": two.of_stage(6) - two.of_stage(1) + two.of_stage(5) - two.of_stage(3),
    }
    for who, before, after in ((one, 6, 1), (other, 5, 3)):
        made = Remission.objects.get(person_id=who)
        assert (made.yen, made.asked_by, made.actor) == (
            two.of_stage(before) - two.of_stage(after),
            "account:1",
            "account:2",
        )
        assert sum(two.parts(who).values()) == two.of_stage(after)
        assert two.in_force(who).remission_id == made.id
        assert two.booked(who, "remission") == -made.yen
    for who in (taxed, mixed, unknown, nobody):
        assert two.in_force(who).cause == "main"
    assert two.is_right()
    with pytest.raises(Refused, match="決裁を待っていません"):
        bulk.approve(two.second(two.AUGUST), shown)
    again = bulk.shadow(two.first(two.AUGUST), INSURER, YEAR)
    assert (again.totals["people"], again.totals["unclear"]) == (0, 2)
    with pytest.raises(Refused, match="決定する人がいません"):
        bulk.approve(two.second(two.AUGUST), again)
    assert Remission.objects.count() == 2


def test_a_list_that_is_no_longer_right_is_not_decided():
    who = raised(6, 1)
    shown = bulk.shadow(two.first(two.AUGUST), INSURER, YEAR)
    with pytest.raises(Refused, match="もうあります"):
        bulk.shadow(two.first(two.AUGUST), INSURER, YEAR)
    two.assess(who, 7, two.AUGUST, before=two.in_force(who).assessment_id, sort="revision")
    with pytest.raises(Refused, match="一覧を作った後に"):
        bulk.approve(two.second(two.AUGUST), shown)
    two.plan_on(two.AUGUST)
    with pytest.raises(Refused, match="一覧を作った後に"):
        bulk.approve(two.second(two.AUGUST), shown)
    bulk.abandon(two.first(two.AUGUST), shown)
    again = bulk.shadow(two.first(two.AUGUST), INSURER, YEAR)
    assert bulk.approve(two.second(two.AUGUST), again)["yen"] == two.of_stage(7) - two.of_stage(1)
    assert Plan.objects.filter(cause="remission").count() == 1
    assert two.is_right()


def test_second_account_cannot_decide_the_list(monkeypatch):
    raised(6, 1)
    shown = bulk.shadow(two.first(two.AUGUST), INSURER, YEAR)
    monkeypatch.setattr(bulk, "same_person", lambda one, other: {one, other} <= {"account:1", "account:5"})
    with pytest.raises(Refused, match="一覧を作った本人"):
        bulk.approve(replace(on(two.AUGUST), actor="account:5"), shown)
    assert Remission.objects.count() == 0


@pytest.mark.parametrize(
    "insurer, year, said",
    [
        ("131202", YEAR, "値に入っていません"),
        ("standard", YEAR, "申請によります"),
        (INSURER, YEAR + 1, "特例減免はありません"),
        (INSURER, YEAR - 1, "特例減免はありません"),
    ],
)
def test_refused_where_the_insurer_has_not_decided_so_or_the_year_knows_none(insurer, year, said):
    raised(6, 1)
    with pytest.raises(Refused, match=said):
        bulk.shadow(two.first(two.AUGUST), insurer, year)


def test_one_of_the_list_applies_and_is_taken_back_alone():
    who = raised(6, 1)
    made = two.granted(who, "special")
    assert (made.what, made.after_yen) == ("granted", two.of_stage(1))
    two.taken_back(made)
    assert sum(two.parts(who).values()) == two.of_stage(6)
    same = raised(3, 3)
    assert two.granted(same, "special").what == "refused"
    new = person()
    insured(new)
    two.assess(new, 6)
    two.plan_on(two.AUGUST, new)
    with pytest.raises(Refused, match="前の年度の段階"):
        two.granted(new, "special")
    assert two.is_right()


def test_a_decided_list_settles_what_lapsed_of_its_people_and_of_nobody_else():
    one, other = raised(6, 1), raised(6, 1)
    away = two.payer(3)
    for who, ground in ((one, "special"), (other, "special"), (away, "income_fall")):
        made = two.granted(who, ground, lost_yen=6, of_yen=10)
        two.assess(who, 7, two.AUGUST, before=made.assessment_id, sort="revision")
    two.plan_on(two.AUGUST)
    waiting = Task.objects.filter(sort="remission", state="open")
    assert set(waiting.values_list("person_id", flat=True)) == {one, other, away}
    bulk.approve(two.second(two.AUGUST), bulk.shadow(two.first(two.AUGUST), INSURER, YEAR))
    assert list(waiting.values_list("person_id", flat=True)) == [away]
    assert two.is_right()


def test_many_remissions_lapse_in_as_many_statements_as_one():
    def statements(people: int) -> int:
        revised = [two.payer(3) for _ in range(people)]
        for who in revised:
            made = two.granted(who, "income_fall", lost_yen=6, of_yen=10)
            two.assess(who, 5, two.AUGUST, before=made.assessment_id, sort="revision")
        asked: list[str] = []
        with connection.execute_wrapper(
            lambda execute, query, *about: asked.append(query) or execute(query, *about)
        ):
            plan_all(on(two.AUGUST), INSURER, YEAR, persons=revised)
        assert Remission.objects.filter(person_id__in=revised, what="lapsed").count() == people
        assert Task.objects.filter(person_id__in=revised, sort="remission", state="open").count() == people
        return len(asked)

    assert statements(1) == statements(4)
    assert two.is_right()
