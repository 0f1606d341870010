"""The yearly request: amounts of the plans in force, read back from the bytes; after it the payers know."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.records.context import acting
from kaigo.insurance.collection import read, request, targets
from kaigo.insurance.collection.decide import note_requested, plan_all
from kaigo.insurance.collection.models import DeductionRequest
from kaigo.insurance.collection.tests.builders import (
    INSURER,
    YEAR,
    assess,
    february,
    insured,
    lose,
    on,
    pension_number,
    person,
)
from kaigo.insurance.collection.tests.test_targets import MAY, deliver, record
from kaigo.layouts.fixed import read_fixed
from kaigo.layouts.model import get

APRIL, JULY, ASKED = date(YEAR, 4, 1), date(YEAR, 7, 1), date(YEAR, 7, 28)


def planned(day):
    with acting(on(day)):
        return plan_all(on(day), INSURER, YEAR)


def amounts(who):
    held = read.plan(on(ASKED), who, YEAR)
    return {i.number: i.yen for i in read.instalments(on(ASKED), held.id) if i.way == "deduction"}


@pytest.fixture
def town(street):
    """A continuing person, one who begins in October, one without a pension record."""
    numbers = ("1000000001", "1000000002")
    with acting(on(APRIL)):
        going_on, beginning, unknown = person(name="髙橋 一郎"), person(name="𠮷田 花子"), person()
        for who in (going_on, beginning, unknown):
            insured(who)
        for who, number in zip((going_on, beginning), numbers, strict=True):
            pension_number(who, number)
        february(going_on, 10_000)
        february(unknown, 10_000)
        first = {w: assess(on(APRIL), w, 30_000, "provisional") for w in (going_on, unknown)}
    planned(APRIL)
    with acting(on(MAY)):
        deliver(
            record(numbers[0]) | {"name": "髙橋 一郎", "payer": "002"},
            record(numbers[1]) | {"name": "𠮷田 花子", "payer": "001"},
        )
    with acting(on(MAY)):
        assert targets.take(on(MAY))["number"] == 2
    with acting(on(JULY)):
        for who in (going_on, unknown):
            assess(on(JULY), who, 66_000, "main", first[who])
        assess(on(JULY), beginning, 66_960)
    planned(JULY)
    return going_on, beginning, unknown


def test_the_file_says_what_the_plans_say(town):
    going_on, beginning, unknown = town
    made = request.prepare(on(ASKED), INSURER, YEAR)
    back = read_fixed(made.content, get(targets.LAYOUT), INSURER)
    assert not back.problems
    assert back.rows["payer"].to_list() == ["001", "002"]
    assert back.rows["notice"].to_list() == ["01", "01"]
    assert back.rows["name"].to_list() == ["吉田 花子", "髙橋 一郎"]
    asked = [(int(r["yen1"]), int(r["yen2"]), int(r["yen3"])) for r in back.rows.iter_rows(named=True)]
    for row, yen in zip(made.rows, asked, strict=True):
        planned_yen = amounts(row.person)
        assert yen == (planned_yen[10], planned_yen[12], planned_yen[14]) == (row.yen1, row.yen2, row.yen3)
    assert [row.person for row in made.rows] == [beginning, going_on]
    assert made.totals == {
        "records": 2, "payers": 2, "yen1": sum(y[0] for y in asked), "yen2": sum(y[1] for y in asked),
        "yen3": sum(y[2] for y in asked),
    }  # fmt: skip
    assert [(left.person, left.why) for left in made.left] == [(unknown, "同定された年金の記録がありません")]


def test_after_it_went_out_nobody_is_asked_twice_and_who_was_left_out_pays_directly(town):
    _, _, unknown = town
    made = request.prepare(on(ASKED), INSURER, YEAR)
    with acting(on(ASKED)):
        assert note_requested(on(ASKED), YEAR, 7, made.rows) == 2
    assert request.prepare(on(ASKED), INSURER, YEAR).rows == []
    assert DeductionRequest.objects.filter(file=7, code="01").count() == 2
    planned(date(YEAR, 8, 1))
    held = read.plan(on(ASKED), unknown, YEAR)
    assert (held.cause, held.way) == ("request", "both")
    assert read.invariant(on(ASKED), YEAR) == []


def test_a_decrease_after_the_request_is_sent_as_stop_once(town):
    going_on, beginning, _ = town
    with acting(on(ASKED)):
        note_requested(on(ASKED), YEAR, 7, request.prepare(on(ASKED), INSURER, YEAR).rows)
    day = date(YEAR, 9, 15)
    with acting(on(day)):
        assess(on(day), going_on, 50_000, "revision", read.plan(on(day), going_on, YEAR).assessment)
        lose(beginning, date(YEAR, 9, 2), "52")
        assess(on(day), beginning, 27_900, "revision", read.plan(on(day), beginning, YEAR).assessment)
    planned(day)
    made = request.prepare(on(day), INSURER, YEAR, "41")
    assert {(r.person, r.kind, r.day) for r in made.rows} == {
        (going_on, "03", None),
        (beginning, "01", date(YEAR, 9, 2)),
    }
    back = read_fixed(made.content, get(targets.LAYOUT), INSURER)
    assert sorted(back.rows["day"].to_list()) == ["", "20260902"]
    with acting(on(day)):
        note_requested(on(day), YEAR, 8, made.rows)
    assert request.prepare(on(day), INSURER, YEAR, "41").rows == []


def test_a_levelled_august_is_told_to_the_payer_before_august(town):
    """The payer goes on with February's amount unless it is told (I22e)."""
    going_on, *_ = town
    made = request.prepare(on(JULY), INSURER, YEAR, "61")
    (row,) = made.rows
    yen = amounts(going_on)
    assert row.person == going_on
    assert (row.yen1, row.yen2, row.yen3) == (10_000, 10_000, yen[8])
    with acting(on(JULY)):
        note_requested(on(JULY), YEAR, 6, made.rows)
    assert request.prepare(on(JULY), INSURER, YEAR, "61").rows == []
    assert request.prepare(on(date(YEAR, 8, 1)), INSURER, YEAR, "61").rows == []


def test_a_later_capture_is_asked_for_in_a_file_of_its_own(town):
    with acting(on(ASKED)):
        note_requested(on(ASKED), YEAR, 7, request.prepare(on(ASKED), INSURER, YEAR).rows)
        late = person(birth=date(1961, 5, 2), kana="ミホン ジロウ", sex="1")
        insured(late, acquired=date(YEAR, 5, 1))
        assess(on(ASKED), late, 60_000, "revision")
    planned(ASKED)
    day = date(YEAR, 8, 20)
    with acting(on(day)):
        deliver(record("1000000009", birth="19610502", sex="1", kana="ﾐﾎﾝ ｼﾞﾛｳ"), notice="30", made="20260810")
    with acting(on(day)):
        targets.take(on(day))
    planned(day)
    made = request.prepare(on(day), INSURER, YEAR, "31")
    (row,) = made.rows
    assert (row.person, row.yen1) == (late, 0)
    assert row.yen2 + row.yen3 == 60_000 * 4 // 12
    assert request.prepare(on(day), INSURER, YEAR, "01").rows == []


def test_one_record_that_does_not_fit_is_put_aside(street):
    with acting(on(APRIL)):
        who, other = person(kana="ミホン ハナコ"), person(kana="ミホン タロウ", sex="1")
        insured(who)
        insured(other)
        deliver(record(), record(sex="1", kana="ﾐﾎﾝ ﾀﾛｳ") | {"name": "見本 𩸽"})
    with acting(on(MAY)):
        targets.take(on(MAY))
        assess(on(JULY), who, 60_000)
        assess(on(JULY), other, 60_000)
    planned(JULY)
    made = request.prepare(on(JULY), INSURER, YEAR)
    assert [row.person for row in made.rows] == [who]
    assert [left.person for left in made.left] == [other]
    assert "CP932" in made.left[0].why
