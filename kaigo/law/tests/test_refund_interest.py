"""還付加算金: 一日ずつ分数で足す別の計算と同じか、起算日、足りない値。"""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction

import pytest

from kaigo.law.reasons import Finding, Unclear
from kaigo.law.refund_interest import RefundInterestFacts, payment
from kaigo.law.tests.made import book
from kaigo.law.values import ValuesError, load
from kaigo.law.words import tell_all

DAY = timedelta(days=1)
VALUES = load().values("131997", date(2026, 4, 1))
RATES = {2018: "1.6", 2019: "1.6", 2020: "1.6", 2021: "1.0", 2026: "1.3"} | dict.fromkeys(
    (2022, 2023, 2024, 2025), "0.9"
)


def day_by_day(facts: RefundInterestFacts) -> int:
    """別の計算: 納めた日の翌日から一日ずつ、分数のまま足す。"""
    if facts.yen < 2000:
        return 0
    total, day = Fraction(0), facts.paid_on + DAY
    wait = 0
    if facts.cause == "mistaken":
        # 一か月を経過する日: 応当日の前日、なければ月末。
        end = day
        while (end + DAY).day != day.day and not ((end + DAY).month - day.month) % 12 > 1:
            end += DAY
        wait = (end - day).days + 1
    day += wait * DAY
    while day <= facts.decided_on:
        late = facts.noticed_on and facts.claimed_on and (
            facts.noticed_on + timedelta(days=30) < day <= facts.claimed_on
        )  # fmt: skip
        if not late:
            total += (facts.yen - facts.yen % 1000) * Fraction(RATES[day.year]) / 100 / 365
        day += DAY
    whole = int(total)
    return 0 if whole < 1000 else whole - whole % 100


def test_the_interest_by_stretches_is_the_interest_by_days():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    added = 0
    for _ in range(300):
        paid = date(2018, 1, 1) + timedelta(days=source.randrange(365 * 8))
        decided = min(date(2026, 12, 31), paid + timedelta(days=source.randrange(1, 1500)))
        noticed = source.choice([None, paid + timedelta(days=source.randrange(1, 900))])
        claimed = noticed and source.choice([None, noticed + timedelta(days=source.randrange(400))])
        facts = RefundInterestFacts(
            source.choice([1999, 2000, source.randrange(2_000_000)]), paid, decided,
            source.choice(["reassessed", "mistaken"]), None, noticed, claimed,
        )  # fmt: skip
        found = payment(facts, VALUES)
        assert isinstance(found, Finding)
        assert found.value.yen == day_by_day(facts), facts
        assert tell_all(found.reasons) and tell_all(found.reasons, "person")
        more = payment(facts._replace(yen=facts.yen + 1000), VALUES)
        assert isinstance(more, Finding) and more.value.yen >= found.value.yen
        added += found.value.yen > 0
    assert added > 40


START = "{reassessed: payment, mistaken: payment, tax_corrected: %s, after_death: never}"
ROUND = "{minimum_base: 2000, base_unit: 1000, minimum: 1000, unit: 100}"
GOOD = {
    "refund_interest.rates": '"1.0"',
    "refund_interest.fractions": ROUND,
    "refund_interest.claim_days": "30",
}


def corrected(paid: date, told: date | None) -> RefundInterestFacts:
    return RefundInterestFacts(1_000_000, paid, date(2026, 12, 31), "tax_corrected", told)


def test_a_correction_of_the_tax_counts_from_a_month_after_it(tmp_path):
    values = book(tmp_path, GOOD | {"refund_interest.start": START % "month_after_correction"})
    found = payment(corrected(date(2025, 7, 31), date(2026, 1, 30)), values)
    assert isinstance(found, Finding)
    assert (found.value.starts_on, found.value.yen) == (date(2026, 3, 1), 8_300)
    # 納めた日より前に更正の通知があっても、納めた日の翌日より早くはならない。
    paid_later = payment(corrected(date(2026, 6, 30), date(2026, 1, 30)), values)
    assert isinstance(paid_later, Finding) and paid_later.value.starts_on == date(2026, 7, 1)
    plain = payment(corrected(date(2025, 7, 31), date(2026, 4, 10)), values)
    assert isinstance(plain, Finding) and plain.value.starts_on == date(2026, 5, 11)
    unknown = payment(corrected(date(2025, 7, 31), None), values)
    assert isinstance(unknown, Unclear) and unknown.missing[0].what == "corrected_on"


@pytest.mark.parametrize(
    ("yen", "reason", "parts"),
    [
        (1_999, "refund_interest.small_base", 0),
        (2_000, "refund_interest.small", 2),
        (100_000, "refund_interest.added", 2),
    ],
)
def test_the_reason_says_why_there_is_interest_or_none(yen, reason, parts):
    found = payment(RefundInterestFacts(yen, date(2025, 1, 31), date(2026, 6, 30), "reassessed"), VALUES)
    assert isinstance(found, Finding)
    assert (found.reasons[0].id, len(found.reasons[0].parts)) == (reason, parts)
    if parts:
        assert found.reasons[0].parts[-1].args == (
            date(2026, 1, 1), date(2026, 6, 30), yen, "1.3", 181,
        )  # fmt: skip


def test_whether_a_pension_payer_gets_interest_is_a_value(tmp_path):
    facts = RefundInterestFacts(1_000_000, date(2025, 7, 31), date(2026, 7, 31), "after_death")
    found = payment(facts, book(tmp_path / "never", GOOD | {"refund_interest.start": START % "payment"}))
    assert isinstance(found, Finding) and (found.value.yen, found.value.starts_on) == (0, None)
    assert "年金保険者に返す 1,000,000 円" in tell_all(found.reasons)[0].text
    agreed = (START % "payment").replace("never", "payment")
    found = payment(facts, book(tmp_path / "agreed", GOOD | {"refund_interest.start": agreed}))
    assert isinstance(found, Finding) and found.value.yen == 10_000


def test_without_values_nothing_is_computed(tmp_path):
    facts = RefundInterestFacts(1_000_000, date(2025, 7, 31), date(2026, 12, 31), "reassessed")
    nothing = payment(facts, book(tmp_path / "a", {}))
    assert isinstance(nothing, Unclear) and "refund_interest" in nothing.missing[0].what
    lack = book(tmp_path / "b", GOOD | {"refund_interest.start": None})
    told = payment(facts, lack)
    assert isinstance(told, Unclear) and told.missing[0].what == "refund_interest.start の値"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{reassessed: payment, mistaken: payment, tax_corrected: null}", "それぞれに書く"),
        (START % "someday", "someday は書けません"),
    ],
)
def test_starts_are_read_strictly(tmp_path, text, said):
    with pytest.raises(ValuesError, match=said):
        book(tmp_path, {"refund_interest.start": text})
