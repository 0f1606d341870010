"""Pension records → people: by number, by birth date, sex and kana, or to a clerk."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.feeds import read as feeds
from kaigo.base.feeds.models import Delivery, Line, Outcome
from kaigo.base.records.context import acting
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection import targets
from kaigo.insurance.collection.decide import match
from kaigo.insurance.collection.models import DeductionTarget, Task
from kaigo.insurance.collection.targets_read import start_of, starts
from kaigo.insurance.collection.tests.builders import INSURER, YEAR, insured, on, pension_number, person
from kaigo.law.values import load

MAY = date(YEAR, 5, 20)


def deliver(*records, notice="00", made="20260518", delivery=None, first=2):
    """An accepted file with these records (key → text)."""
    places = feeds.columns(targets.LAYOUT)
    if delivery is None:
        delivery = Delivery.objects.create(
            layout=targets.LAYOUT, edition="2017", name="00.dta", sequence=0, made_on=MAY, mode="changes", received_on=MAY,
            digest="0" * 64, lines=len(records), actor="account:1",
        )  # fmt: skip
        Outcome.objects.create(delivery=delivery, state="accepted", new_lines=len(records), actor="account:1")
    basis = {
        "record": "2", "municipality": "13199", "payer": "001", "notice": notice, "made_on": made,
        "pension_code": "1150", "yen1": "00000780000", "yen2": "0" * 11, "yen3": "0" * 11,
    }  # fmt: skip
    for number, given in enumerate(records, first):
        values = [""] * max(places.values())
        for key, text in (basis | given).items():
            values[places[key] - 1] = text
        Line.objects.create(delivery=delivery, layout=targets.LAYOUT, number=number, values=values)
    return delivery


def record(number="0000000000", birth="19500505", sex="2", kana="ﾐﾎﾝ ﾊﾅｺ"):
    return {"basic_pension_number": number, "birth": birth, "sex": sex, "kana": kana}


def taken(*records, **how):
    with acting(on(MAY)):
        deliver(*records, **how)
    with acting(on(MAY)):
        return targets.take(on(MAY))


@pytest.fixture
def hanako(street):
    with acting(on(MAY)):
        who = person()
        insured(who)
    return who


def test_number_with_the_same_birth_date(hanako):
    with acting(on(MAY)):
        pension_number(hanako, "1234567890")
    done = taken(record("1234567890", kana="ｷｭｳｾｲ ﾊﾅｺ"))
    assert (done["number"], done["unmatched"]) == (1, 0)
    row = DeductionTarget.objects.get()
    assert (row.person_id, row.matched_by, row.captured_month, row.annual_pension_yen) == (
        hanako,
        "number",
        4,
        780_000,
    )
    values = load().values(INSURER, date(YEAR, 4, 1))
    assert starts(on(MAY), YEAR, values) == {hanako: 10}


def test_a_number_with_another_birth_date_goes_to_a_clerk(hanako):
    with acting(on(MAY)):
        pension_number(hanako, "1234567890")
    done = taken(record("1234567890", birth="19510505"))
    assert done["unmatched"] == 1
    assert "生年月日が違います" in Task.objects.get(sort="target").message


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("ミホン ハナコ", "ﾐﾎﾝ ﾊﾅｺ"),
        ("ギョウダ ショウジ", "ｷﾞﾖｳﾀﾞ ｼﾖｳｼﾞ"),
        ("ワーグナー　マリア", "ﾜｰｸﾞﾅｰﾏﾘｱ"),
        ("ミホンガワノナガイミョウジ ハナコノスケサブロウ", "ﾐﾎﾝｶﾞﾜﾉﾅｶﾞｲﾐﾖｳｼﾞ ﾊﾅｺﾉｽｹｻﾌ"),
    ],
)
def test_birth_date_sex_and_kana_in_half_width(street, ours, theirs):
    with acting(on(MAY)):
        who = person(kana=ours)
        insured(who)
        other = person(kana="ミホン タロウ")
        insured(other)
    done = taken(record(kana=theirs))
    assert done["attributes"] == 1
    assert DeductionTarget.objects.get().person_id == who


def test_two_people_alike_are_not_guessed_and_one_is_chosen_by_hand(hanako):
    with acting(on(MAY)):
        twin = person()
        insured(twin)
    assert taken(record())["unmatched"] == 1
    task = Task.objects.get(sort="target")
    assert "二人以上" in task.message
    (found,), total = targets.unmatched(on(MAY))
    assert total == 1
    assert {c.person for c in targets.candidates(on(MAY), found)} == {hanako, twin}
    with acting(on(MAY)):
        match(on(MAY), found.id, twin)
    assert targets.unmatched(on(MAY)) == ([], 0)
    assert targets.record(on(MAY), found.id).person == twin
    with acting(on(MAY)), pytest.raises(Refused):
        match(on(MAY), found.id, twin)
    with acting(on(MAY)):
        match(on(MAY), found.id, None)
    assert targets.record(on(MAY), found.id).person is None


def test_same_attributes_but_another_number_on_file(hanako):
    with acting(on(MAY)):
        pension_number(hanako, "1111111111")
    assert taken(record("2222222222"))["unmatched"] == 1
    assert "番号が違います" in Task.objects.get(sort="target").message


def test_nobody_who_was_not_insured_in_the_year(street):
    with acting(on(MAY)):
        who = person()
        insured(who, lost=date(YEAR, 4, 1))
    assert taken(record())["unmatched"] == 1


def test_somebody_who_died_after_the_capture_is_matched_so_that_the_payer_can_be_told(street):
    with acting(on(MAY)):
        who = person()
        insured(who, lost=date(YEAR, 5, 1), reason="52")
    assert taken(record())["attributes"] == 1
    assert DeductionTarget.objects.get().person_id == who


def test_an_unknown_birth_day_matches_nobody_by_attributes(hanako):
    assert taken(record(birth="19500500"))["unmatched"] == 1


def test_an_open_record_is_tried_again(street):
    assert taken(record())["unmatched"] == 1
    with acting(on(MAY)):
        who = person()
        insured(who)
    with acting(on(MAY)):
        assert targets.take(on(MAY))["found_later"] == 1
    assert not Task.objects.filter(state="open").exists()
    assert targets.of_person(on(MAY), who)[0].matched_by == "hand"


def test_a_repaired_line_replaces_the_former_one(hanako):
    with acting(on(MAY)):
        delivery = deliver(record(kana="ﾐﾎﾝ"))
    with acting(on(MAY)):
        assert targets.take(on(MAY))["unmatched"] == 1
    assert taken(record(), delivery=delivery)["attributes"] == 1
    assert not Task.objects.filter(state="open").exists()
    assert [r.person for r in targets.of_person(on(MAY), hanako)] == [hanako]


def test_nothing_is_read_twice(hanako):
    assert taken(record())["records"] == 1
    with acting(on(MAY)):
        assert targets.take(on(MAY))["records"] == 0


def test_capture_months_begin_in_the_right_fiscal_year():
    capture = load().values(INSURER, date(YEAR, 4, 1)).get("collection.capture")
    begins = {m: start_of(2026, m, capture) for m in (2, 4, 6, 8, 10, 12)}
    assert begins == {
        2: (2026, 8), 4: (2026, 10), 6: (2026, 12), 8: (2026, 14), 10: (2027, 4), 12: (2027, 6),
    }  # fmt: skip


def test_a_later_capture_is_that_of_the_month_before(hanako):
    assert taken(record(), notice="30", made="20260810")["attributes"] == 1
    row = DeductionTarget.objects.get()
    assert (row.captured_year, row.captured_month) == (2026, 6)
