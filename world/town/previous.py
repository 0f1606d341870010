"""The fiscal year before: what the former system assessed and deducted, by the world's own simple reading.

It must not agree with anybody's law to the yen: opening amounts are facts that nobody computes again.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from world.town import days
from world.town.records import Person, Tax

# The fictional ordinance of 見本区: 6,200 yen a month times the national rate of a stage, ten yen cut off.
BASE_MONTH = 6_200
RATES = (285, 485, 685, 900, 1000, 1200, 1300, 1500, 1700, 1900, 2100, 2300, 2400)  # per mille
BOUNDS = (1_200_000, 2_100_000, 3_200_000, 4_200_000, 5_200_000, 6_200_000, 7_200_000)
THRESHOLD = {2024: 800_000, 2025: 809_000, 2026: 826_500}
LEAST_PENSION = 180_000
# Not declared, under investigation, asked of another town: the ordinance has a stage for the time being.
PENDING = {"3", "4", "5"}


class Assessed(NamedTuple):
    """A person's year: stage by month (0 = not insured), annual yen, and the deductions April to February (empty: paid
    by himself). interim: somebody has not declared his income yet."""

    stages: tuple[int, ...]
    annual: int
    deducted: tuple[int, ...]
    interim: bool


class Insured(NamedTuple):
    """[since, until) of the last insured period; 0 = still. acquired, lost: codes of the reasons. before: the period
    before it, (since, until, acquired, lost)."""

    since: int
    until: int
    acquired: str
    lost: str
    before: tuple[int, int, str, str] | None = None


class Circumstance(NamedTuple):
    """What lowers a stage by months: [start, end) of public assistance; of a certificate (境界層) with its stage."""

    assisted: tuple[tuple[int, int], ...] = ()
    borderline: tuple[tuple[int, int, int], ...] = ()


def amount(stage: int) -> int:
    """Annual yen of a stage."""
    return BASE_MONTH * RATES[stage - 1] // 1000 // 10 * 10 * 12


def stage(fiscal_year: int, tax: Tax, members: list[Tax]) -> int:
    """The national table of thirteen stages."""
    if tax.status == "1":
        income = tax.total - tax.long_special - tax.short_special
        return 6 + sum(income >= bound for bound in BOUNDS)
    household = any(member.status == "1" for member in members)
    if tax.status in PENDING:
        return 5 if household else 3
    other = tax.total - tax.pension_income - tax.long_special - tax.short_special
    if tax.salary_income:
        # 100,000 yen of a wage do not count beside a pension.
        other -= min(100_000, tax.salary_income + tax.adjustment) - tax.adjustment
    money = tax.pension_revenue + max(0, other)
    low = money <= THRESHOLD.get(fiscal_year, THRESHOLD[2026])
    if household:
        return 4 if low else 5
    return 1 if low else 2 if money <= 1_200_000 else 3


def assessed(
    rng: Random, fiscal_year: int, person: Person, insured: Insured | None, special: Circumstance
) -> Assessed | None:
    """The year of somebody insured in it; None when he was not, or nothing is known of his tax."""
    begin, finish = days.day(fiscal_year, 4, 1), days.day(fiscal_year + 1, 4, 1)
    if insured is None or fiscal_year not in person.tax or insured.since >= finish:
        return None
    tax = person.tax[fiscal_year].tax
    members = _household(person, insured, begin)
    stages = _months(fiscal_year, insured, special, stage(fiscal_year, tax, members))
    months = sum(stage > 0 for stage in stages)
    if not months:
        return None
    last = next(stage for stage in reversed(stages) if stage)
    if len(set(stages)) == 1:
        annual = amount(last)
    else:
        annual = sum(amount(stage) for stage in stages if stage) // 12 // 10 * 10
    deducted: tuple[int, ...] = ()
    pays = person.pension is not None and person.pension.annual >= LEAST_PENSION and person.state == "1"
    if pays and rng.random() > 0.05:
        if insured.since <= begin - 180:
            deducted = _continuing(rng, last, annual)
        elif insured.since <= begin + 122:
            # Captured in April, June or August: deducted from October, December or February.
            parts = 3 if insured.since <= begin else 2 if insured.since <= begin + 61 else 1
            deducted = _started(annual, months, parts)
    aided = _months(fiscal_year, insured, special, 0)
    others = {member.status for member in members}
    pending = tax.status in PENDING or (
        tax.status != "1" and "1" not in others and not others.isdisjoint(PENDING)
    )
    # Public assistance decides without anybody's tax.
    return Assessed(stages, annual, deducted, pending and stages != aided)


def _household(person: Person, insured: Insured, begin: int) -> list[Tax]:
    """Who lived with the person on 1 April, or on the day from which he was insured."""
    year = _year_of(begin)
    day = assessment_day(insured, begin)
    if person.joined_on > day:
        return []
    return [
        m.tax[year].tax
        for m in person.home.members
        if m is not person and m.joined_on <= day and year in m.tax
    ]


def assessment_day(insured: Insured, begin: int) -> int:
    """1 April, or the day from which he was insured in the year."""
    before = insured.before
    return max(before[0] if before and before[1] > begin else insured.since, begin)


def _months(fiscal_year: int, insured: Insured, special: Circumstance, usual: int) -> tuple[int, ...]:
    found = []
    for month in range(4, 16):
        first = days.day(fiscal_year + (month > 12), (month - 1) % 12 + 1, 1)
        following = days.day(fiscal_year + (month > 11), month % 12 + 1, 1)
        spans = ((insured.since, insured.until), *([insured.before[:2]] if insured.before else ()))
        if not any(since < following and (not until or until >= following) for since, until in spans):
            found.append(0)
        elif any(start < following and (not end or end > first) for start, end in special.assisted):
            found.append(1)
        else:
            lower = [
                n for start, end, n in special.borderline if start < following and (not end or end > first)
            ]
            found.append(min([usual, *lower]))
    return tuple(found)


def _year_of(begin: int) -> int:
    """The fiscal year that begins on a day."""
    return int(days.text(begin)[:4])


def _continuing(rng: Random, found: int, annual: int) -> tuple[int, ...]:
    """April, June as the February before, August levelled, the rest in three parts."""
    shift = 0 if rng.random() < 0.86 else (1 if rng.random() < 0.5 else -1)
    february = amount(min(13, max(1, found + shift))) // 6 // 100 * 100
    august = (annual - 2 * february) // 4 // 100 * 100
    if august <= 0:
        august = february
    rest = annual - 2 * february - august
    if rest <= 0:
        return (february, february, august)
    each = rest // 3 // 100 * 100
    return (february, february, august, rest - 2 * each, each, each)


def _started(annual: int, months: int, parts: int) -> tuple[int, ...]:
    share = annual * min(parts * 2, months) // months // 10 * 10
    each = share // parts // 100 * 100
    return (0,) * (6 - parts) + (share - (parts - 1) * each, *(each,) * (parts - 1))
