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


class Assessed(NamedTuple):
    """A person's year: stage, annual yen, months, and the deductions April to February (empty: paid by himself)."""

    stage: int
    annual: int
    months: int
    deducted: tuple[int, ...]


def amount(stage: int) -> int:
    """Annual yen of a stage."""
    return BASE_MONTH * RATES[stage - 1] // 1000 // 10 * 10 * 12


def stage(fiscal_year: int, tax: Tax, members: list[Tax], assisted: bool) -> int:
    """The national table of thirteen stages."""
    if assisted:
        return 1
    if tax.status == "1":
        income = tax.total - tax.long_special - tax.short_special
        return 6 + sum(income >= bound for bound in BOUNDS)
    money = tax.pension_revenue + max(
        0, tax.total - tax.pension_income - tax.long_special - tax.short_special
    )
    low = money <= THRESHOLD.get(fiscal_year, THRESHOLD[2026])
    if any(member.status == "1" for member in members):
        return 4 if low else 5
    if tax.status == "3":
        return 3
    return 1 if low else 2 if money <= 1_200_000 else 3


def assessed(rng: Random, fiscal_year: int, person: Person, assisted: bool) -> Assessed | None:
    """The year of somebody insured in it; None when he was not, or nothing is known of his tax."""
    begin, finish = days.day(fiscal_year, 4, 1), days.day(fiscal_year + 1, 4, 1)
    if not days.is_attained(person.birth, 65, finish):
        return None
    since = max(days.attained(person.birth, 65), person.became_on)
    if since >= finish or fiscal_year not in person.tax:
        return None
    until = person.event_on + 1 if person.state != "1" else finish
    if since <= begin and until >= finish:
        months = 12
    else:
        firsts = [days.day(fiscal_year + (month > 12), (month - 1) % 12 + 1, 1) for month in range(5, 17)]
        months = sum(since < first <= until for first in firsts)
    if not months:
        return None
    members = [
        m.tax[fiscal_year].tax for m in person.home.members if m is not person and fiscal_year in m.tax
    ]
    found = stage(fiscal_year, person.tax[fiscal_year].tax, members, assisted)
    annual = amount(found) if months == 12 else amount(found) * months // 12 // 10 * 10
    deducted: tuple[int, ...] = ()
    pays = person.pension is not None and person.pension.annual >= LEAST_PENSION and person.state == "1"
    if pays and rng.random() > 0.05:
        if since <= begin - 180:
            deducted = _continuing(rng, found, annual)
        elif since <= begin + 122:
            # Captured in April, June or August: deducted from October, December or February.
            deducted = _started(annual, months, 3 if since <= begin else 2 if since <= begin + 61 else 1)
    return Assessed(found, annual, months, deducted)


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
