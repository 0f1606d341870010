"""Work, pensions and other income of a person, and the municipal tax that follows from them.

Pension bands are public figures (statistics.yaml); how many work and what they earn is an assumption.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from world.town.chance import Table, data, interpolated
from world.town.records import Pension, Tax

# 級地による非課税限度額(特別区): 単身 45 万円、扶養があれば 35 万円×人数 + 31 万円。
SINGLE, PER_HEAD, PLUS, RELIEVED = 450_000, 350_000, 310_000, 1_350_000
PER_CAPITA = 4_000
# The salary deduction rose for income of 2025: fiscal year 2026 judges premiums as if it had not.
NEW_SALARY_DEDUCTION, DEEMED_YEAR = 2026, 2026
DEEMED_LOW, DEEMED_HIGH = 551_000, 1_900_000

_WORKS_MALE = interpolated(
    {0: 0, 14: 0, 15: 0.05, 18: 0.2, 20: 0.5, 23: 0.86, 30: 0.94, 55: 0.93, 60: 0.84, 64: 0.7, 65: 0.6, 70: 0.42, 75: 0.22, 82: 0.08, 95: 0}
)  # fmt: skip
_WORKS_FEMALE = interpolated(
    {0: 0, 14: 0, 15: 0.05, 18: 0.22, 20: 0.52, 23: 0.85, 30: 0.8, 40: 0.76, 55: 0.74, 60: 0.62, 64: 0.5, 65: 0.36, 70: 0.22, 75: 0.09, 82: 0.03, 95: 0}
)  # fmt: skip
_SALARY_MALE = interpolated(
    {
        0: 600,
        18: 700,
        22: 2200,
        25: 3500,
        35: 5300,
        45: 6600,
        55: 7200,
        60: 5600,
        65: 3600,
        70: 2600,
        80: 2000,
    }
)
_SALARY_FEMALE = interpolated(
    {
        0: 600,
        18: 700,
        22: 2200,
        25: 3300,
        35: 4100,
        45: 4300,
        55: 4000,
        60: 2700,
        65: 1500,
        70: 1200,
        80: 1100,
    }
)


class Income(NamedTuple):
    """Income of a calendar year, yen. pension: taxable public pension; long, short: special deductions of land sales."""

    pension: int = 0
    salary: int = 0
    other: int = 0
    long: int = 0
    short: int = 0


class Incomes:
    """Draws incomes and levies the tax."""

    def __init__(self) -> None:
        raw = data("statistics")["pension_monthly"]
        men = [*raw["employee_men"], *_tail(raw["employee_men_above"])]
        self._employee = {
            True: Table(range(len(men)), men),
            False: Table(range(len(raw["employee_women"])), raw["employee_women"]),
        }
        self._national = {
            True: Table(range(8), raw["national_men"]),
            False: Table(range(8), raw["national_women"]),
        }

    def pension(
        self, rng: Random, male: bool, age: int, alone: bool, number: str
    ) -> tuple[Pension | None, int]:
        """(what is paid, how much of it is taxable) a year; half of those who go on working at 65 wait."""
        r = rng.random
        if r() < (0.025 if age > 66 else 0.1):
            return None, 0
        if r() < (0.87 if male else 0.5):
            month = (self._employee[male].pick(r()) + r()) * 10_000
        else:
            month = (self._national[male].pick(r()) + r()) * 10_000
            if month > 70_000:
                month = 68_000 + (month - 70_000) / 3
        # A ward of Tokyo is somewhat above the nation (assumption).
        annual = int(month * 12 * (1.07 if month > 70_000 else 1)) // 100 * 100
        if not male and alone and age >= 70 and r() < 0.45:
            # A survivors' pension is not income for tax; the service pays it under another code.
            own = int((self._national[False].pick(r()) + r()) * 120_000) // 100 * 100
            return Pension(own + int(600_000 + r() * 700_000) // 100 * 100, "1450", number), own
        return Pension(annual, "1150", number), annual

    def draw(self, rng: Random, male: bool, age: int, married: bool, taxable_pension: int) -> Income:
        """Income of the year before last; next() tells how it goes on."""
        r = rng.random
        salary = other = long = short = 0
        if r() < (_WORKS_MALE if male else _WORKS_FEMALE)[age]:
            middle = (_SALARY_MALE if male else _SALARY_FEMALE)[age]
            part_time = not male and married and 25 <= age < 65 and r() < 0.5
            if part_time or (18 <= age < 23 and r() < 0.8):
                salary = int(300 + r() * r() * 1700) * 1000
            elif r() < 0.08:
                other = int(middle * 0.6 * rng.lognormvariate(0, 0.7)) * 1000
            else:
                salary = int(middle * rng.lognormvariate(-0.04, 0.5)) * 1000
        if age >= 60 and r() < 0.13:
            other += int(rng.lognormvariate(13.8, 1.2)) // 100 * 100
        if age >= 50 and r() < 0.003:
            gain = int(3_000_000 + r() * 30_000_000) // 1000 * 1000
            other += gain
            if r() < 0.85:
                long = min(gain, 30_000_000)
            else:
                short = min(gain, 30_000_000)
        return Income(taxable_pension, salary, other, long, short)

    def next(self, rng: Random, income: Income, male: bool, age: int, pension: int) -> Income:
        """Income of the following year: pensions rise a little, pay moves, some stop and some begin."""
        r = rng.random
        salary = income.salary
        if salary:
            stops = 0.22 if age in (60, 65, 70) else 0.12 if age > 65 else 0.04
            salary = 0 if r() < stops else int(salary * (0.96 + r() * 0.1)) // 1000 * 1000
        elif 18 <= age < 60 and r() < 0.12:
            salary = int((_SALARY_MALE if male else _SALARY_FEMALE)[age] * (0.5 + r() * 0.5)) * 1000
        other = 0 if income.long or income.short else int(income.other * (0.9 + r() * 0.22)) // 100 * 100
        taxable = int(income.pension * 1.019) // 100 * 100 if income.pension else pension
        return Income(taxable, salary, other)


def levy(fiscal_year: int, income: Income, age: int, dependants: int, relieved: bool) -> Tax:
    """The tax of a fiscal year on the income of the calendar year before; age on 1 January."""
    pension_income = _pension_income(income.pension, age)
    salary_income = _salary_income(income.salary, fiscal_year)
    adjustment = 0
    if salary_income > 0 and pension_income > 0:
        adjustment = max(0, min(salary_income, 100_000) + min(pension_income, 100_000) - 100_000)
        salary_income -= adjustment
    total = pension_income + salary_income + income.other
    limit = PER_HEAD * dependants + PER_HEAD + PLUS if dependants else SINGLE
    if relieved or age < 18:
        limit = max(limit, RELIEVED)
    taxed = total > limit
    tax = 0
    if taxed:
        spared = 430_000 + 330_000 * dependants + income.salary * 15 // 100 + income.pension * 8 // 100
        tax = max(0, total - income.long - income.short - spared) // 1000 * 100
    deemed = ""
    if not taxed and fiscal_year == DEEMED_YEAR and DEEMED_LOW <= income.salary < DEEMED_HIGH:
        before = total - salary_income + max(0, _old_salary_income(income.salary) - adjustment)
        deemed = "1" if before > limit else "0"
    return Tax(
        "1" if taxed else "2", PER_CAPITA if taxed else 0, tax, total, income.pension, pension_income,
        income.salary, salary_income, adjustment, income.long, income.short, deemed, "1" if income.other else "",
    )  # fmt: skip


def _pension_income(revenue: int, age: int) -> int:
    """公的年金等に係る雑所得(ほかの所得が 1,000 万円以下の表)."""
    least, upto = (1_100_000, 3_300_000) if age >= 65 else (600_000, 1_300_000)
    if revenue <= upto:
        return max(0, revenue - least)
    for limit, percent, minus in ((4_100_000, 75, 275_000), (7_700_000, 85, 685_000)):
        if revenue <= limit:
            return revenue * percent // 100 - minus
    return revenue * 95 // 100 - 1_455_000


def _salary_income(revenue: int, fiscal_year: int) -> int:
    """給与所得. From fiscal year 2026 the least deduction is 650,000 yen instead of 550,000."""
    new = fiscal_year >= NEW_SALARY_DEDUCTION
    if new and revenue < DEEMED_HIGH:
        return max(0, revenue - 650_000)
    return _old_salary_income(revenue)


def _old_salary_income(revenue: int) -> int:
    if revenue <= 1_625_000:
        return max(0, revenue - 550_000)
    for upto, percent, plus in (
        (1_800_000, 60, 100_000),
        (3_600_000, 70, -80_000),
        (6_600_000, 80, -440_000),
    ):
        if revenue < upto:
            return revenue * percent // 100 + plus
    if revenue <= 8_500_000:
        return revenue * 90 // 100 - 1_100_000
    return revenue - 1_950_000


def _tail(above: int) -> list[float]:
    """Bands of men above 230,000 yen a month: mean 250,000 in the source, spread by us."""
    weights = [34, 24, 16, 10, 7, 4, 3, 2]
    return [above * weight / sum(weights) for weight in weights]
