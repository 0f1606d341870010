"""延滞金: 一日ずつ分数で足す別の計算と同じか、額は減らないか、端数と期間の境。"""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction

import pytest

from kaigo.law import values as module
from kaigo.law.interest import Stretch, cut, percent, permille
from kaigo.law.late_charges import LateCharge, LateFacts, PartPayment, instalment
from kaigo.law.reasons import Finding, Unclear
from kaigo.law.values import ValuesError, load
from kaigo.law.words import tell_all

DAY = timedelta(days=1)
RATES = {
    **{year: (Fraction("2.4"), Fraction("8.7")) for year in (2022, 2023, 2024, 2025)},
    2018: (Fraction("2.6"), Fraction("8.9")),
    2019: (Fraction("2.6"), Fraction("8.9")),
    2020: (Fraction("2.6"), Fraction("8.9")),
    2021: (Fraction("2.5"), Fraction("8.8")),
    2026: (Fraction("2.8"), Fraction("9.1")),
}


def values(insurer: str = "131997"):
    return load().values(insurer, date(2026, 4, 1))


def day_by_day(facts: LateFacts, months: int) -> int:
    """別の計算: 暦の日を一日ずつ見て、分数のまま足す。初めの期間の終わりは、月を一つずつ進めて探す。"""
    first = facts.due_on + DAY
    end_month = (first.month - 1 + months) % 12 + 1
    end_year = first.year + (first.month - 1 + months) // 12
    try:
        first_last = date(end_year, end_month, first.day) - DAY
    except ValueError:
        first_last = date(end_year + end_month // 12, end_month % 12 + 1, 1) - DAY
    total, day = Fraction(0), first
    while day <= facts.until:
        left = facts.yen - sum(part.yen for part in facts.payments if part.paid_on < day)
        if left >= 2000:
            rate = RATES[day.year][0 if day <= first_last else 1]
            total += (left - left % 1000) * rate / 100 / 365
        day += DAY
    whole = int(total)
    return 0 if whole < 1000 else whole - whole % 100


def random_facts(source: random.Random) -> LateFacts:
    due = date(2018, 1, 1) + timedelta(days=source.randrange(365 * 8))
    yen = source.choice([1999, 2000, 2999, source.randrange(0, 20_000), source.randrange(0, 2_000_000)])
    until = min(date(2026, 12, 31), due + timedelta(days=source.randrange(-5, 1500)))
    payments = tuple(
        PartPayment(due + timedelta(days=source.randrange(-30, 900)), source.randrange(0, yen + 1))
        for _ in range(source.choice([0, 0, 1, 2, 5]))
    )
    return LateFacts(due, yen, until, payments, due)


def late(due: date, until: date) -> LateFacts:
    """納期限の翌日に督促した五万円。"""
    return LateFacts(due, 50_000, until, demanded_on=due + DAY)


def charge(facts: LateFacts, insurer: str = "131997") -> LateCharge:
    found = instalment(facts, values(insurer))
    assert isinstance(found, Finding)
    return found.value


def test_the_sum_by_stretches_is_the_sum_by_days():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    charged = 0
    for _ in range(300):
        facts = random_facts(source)
        for insurer, months in (("131997", 3), ("standard", 1)):
            found = instalment(facts, values(insurer))
            assert isinstance(found, Finding)
            assert found.value.yen == day_by_day(facts, months), (insurer, facts)
            assert found.value.yen % 100 == 0 and (found.value.yen == 0 or found.value.yen >= 1000)
            assert tell_all(found.reasons) and tell_all(found.reasons, "person")
            charged += found.value.yen > 0
    assert charged > 60


def test_waiting_longer_owing_more_and_paying_later_never_lower_the_charge():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    for _ in range(1500):
        facts = random_facts(source)
        yen = charge(facts).yen
        later = min(date(2026, 12, 31), facts.until + timedelta(days=source.randrange(100)))
        assert charge(facts._replace(until=later)).yen >= yen
        assert charge(facts._replace(yen=facts.yen + source.randrange(5000))).yen >= yen
        postponed = tuple(
            part._replace(paid_on=part.paid_on + timedelta(days=source.randrange(60)))
            for part in facts.payments
        )
        assert charge(facts._replace(payments=postponed)).yen >= yen
        # 初めの期間の短い保険者の方が、高い割合が早く始まる。
        assert charge(facts, "standard").yen >= yen


def test_stretches_lie_side_by_side_and_never_cross_a_new_year():
    source = random.Random(20261130)
    for _ in range(500):
        facts = random_facts(source)
        found = charge(facts).stretches
        for before, after in zip(found, found[1:], strict=False):
            assert before.end <= after.start
        for one in found:
            assert one.days > 0 and one.start.year == (one.end - DAY).year
            assert facts.due_on < one.start and one.end <= facts.until + DAY


def test_the_parts_told_are_the_stretches_counted():
    facts = LateFacts(
        date(2024, 7, 1),
        100_000,
        date(2025, 1, 31),
        (PartPayment(date(2024, 12, 31), 98_500),),
        date(2024, 7, 19),
    )
    found = instalment(facts, values())
    assert isinstance(found, Finding)
    (top,) = found.reasons
    assert [part.id for part in top.parts] == ["late.part", "late.part", "late.part_small"]
    assert [part.args for part in top.parts] == [
        (date(2024, 7, 2), date(2024, 10, 1), 100_000, "2.4", 92),
        (date(2024, 10, 2), date(2024, 12, 31), 100_000, "8.7", 91),
        (date(2025, 1, 1), date(2025, 1, 31), 1_500, 2_000),
    ]
    assert tell_all(found.reasons)[0].parts[0].text == (
        "令和6年7月2日 から 令和6年10月1日 まで 92 日: 100,000 円に年 2.4%"
    )


@pytest.mark.parametrize(
    ("yen", "until", "reason", "parts"),
    [
        (100_000, date(2024, 7, 1), "late.in_time", []),
        (0, date(2025, 1, 31), "late.in_time", []),
        (1_999, date(2025, 1, 31), "late.small_base", ["late.part_small"] * 3),
        (2_000, date(2024, 9, 30), "late.small", ["late.part"]),
        (100_000, date(2025, 1, 31), "late.charged", ["late.part"] * 3),
    ],
)
def test_the_reason_says_why_there_is_a_charge_or_none(yen, until, reason, parts):
    found = instalment(LateFacts(date(2024, 7, 1), yen, until, demanded_on=date(2024, 7, 19)), values())
    assert isinstance(found, Finding)
    assert (found.reasons[0].id, [part.id for part in found.reasons[0].parts]) == (reason, parts)
    limit = {"late.small_base": "2,000 円に満たない", "late.small": "1,000 円に満たない"}.get(reason, "")
    assert limit in tell_all(found.reasons)[0].text


@pytest.mark.parametrize(
    ("demanded", "reason", "said"),
    [
        (None, "late.not_demanded", "納期限 令和6年7月1日 の期は督促していない"),
        (date(2025, 1, 31), "late.before_demand", "令和7年1月31日 の督促の前(令和7年1月31日)"),
        (date(2025, 1, 30), "late.charged", "3,500 円"),
    ],
)
def test_only_a_term_that_was_demanded_before_it_was_paid_is_charged(demanded, reason, said):
    facts = LateFacts(date(2024, 7, 1), 100_000, date(2025, 1, 31), demanded_on=demanded)
    found = instalment(facts, values())
    assert isinstance(found, Finding)
    assert (found.reasons[0].id, found.value.yen) == (reason, 3_500 if reason == "late.charged" else 0)
    assert said in tell_all(found.reasons)[0].text


def test_the_year_of_a_rate_that_is_missing_is_named():
    found = instalment(late(date(2026, 11, 30), date(2028, 1, 5)), values())
    assert isinstance(found, Unclear)
    assert {missing.what for missing in found.missing} == {"令和9年からの延滞金の割合"}
    old = instalment(late(date(2015, 3, 31), date(2015, 5, 1)), values())
    assert isinstance(old, Unclear) and "late_charges" in old.missing[0].what


def test_rates_before_the_first_known_year_are_unclear(tmp_path):
    made = book(tmp_path, "value: 3")
    found = instalment(late(date(2013, 11, 29), date(2014, 2, 28)), made.values("999999", date(2014, 1, 1)))
    assert isinstance(found, Unclear)
    assert [missing.what for missing in found.missing] == ["late_charges.rates の 2013 年の割合"]


def test_an_insurer_may_charge_nothing_from_a_due_date(tmp_path):
    made = book(tmp_path, "value: none")
    found = instalment(late(date(2014, 6, 30), date(2014, 12, 31)), made.values("999999", date(2014, 6, 30)))
    assert isinstance(found, Finding)
    assert (found.value, found.reasons[0].id) == (LateCharge(0, 0, ()), "late.not_charged")


def book(tmp_path, first_period: str) -> module.Book:
    """作りものの保険者 999999: 平成26年の割合だけがある。"""
    national = tmp_path / "national"
    national.mkdir()
    told = "source: 作りもの, confidence: fictional, checked_on: 2026-11-30"
    national.joinpath("a.yaml").write_text(
        f'- {{name: late_charges.rates, from: 2014-01-01, to: 2015-01-01, value: {{first: "2.9", after: "9.2"}}, {told}}}\n'
        f"- {{name: late_charges.first_period, from: 2010-01-01, to: null, {first_period}, {told}}}\n"
        "- {name: late_charges.fractions, from: 2010-01-01, to: null, "
        f"value: {{minimum_base: 2000, base_unit: 1000, minimum: 1000, unit: 100}}, {told}}}\n",
        encoding="utf-8",
    )
    folder = tmp_path / "insurers" / "999999"
    folder.mkdir(parents=True)
    folder.joinpath("insurer.yaml").write_text("{code: '999999', name: 作りもの}", encoding="utf-8")
    return module.Book(tmp_path)


@pytest.mark.parametrize("months", ["2", "'3'", "some"])
def test_the_first_period_is_one_or_three_months_or_none(tmp_path, months):
    with pytest.raises(ValuesError, match="none か 1 か 3"):
        book(tmp_path, f"value: {months}")


@pytest.mark.parametrize(("text", "rate"), [("2.4", 24), ("14.6", 146), ("9", 90), ("0.9", 9), ("1.0", 10)])
def test_a_rate_is_read_in_tenths_of_a_percent(text, rate):
    assert permille(text) == rate
    assert permille(percent(rate)) == rate


@pytest.mark.parametrize("text", ["2.45", "-2.4", "", "2.x", "x", "2,4"])
def test_a_finer_rate_is_refused(text):
    with pytest.raises(ValueError, match="割合"):
        permille(text)


def test_a_span_is_cut_inside_only():
    start, end = date(2023, 12, 31), date(2025, 1, 1)
    assert cut(start, end, [start, end, date(2026, 1, 1)]) == [
        (date(2023, 12, 31), date(2024, 1, 1)), (date(2024, 1, 1), date(2025, 1, 1)),
    ]  # fmt: skip
    assert cut(end, start, []) == [] == cut(end, end, [end])
    assert Stretch(date(2024, 1, 1), date(2025, 1, 1), 1000, 24).days == 366
