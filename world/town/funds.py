"""Money of a household: pensions, incomes of two years, the tax of the fiscal years that look at them."""

from __future__ import annotations

from random import Random

from world.town import days
from world.town.incomes import Income, Incomes, levy
from world.town.people import Numbers
from world.town.records import Levied, Person, Tax

NOTHING = Tax("3", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "", "3")
YOUNGEST = 15


class Funds:
    """fund(...) draws incomes once and levies every fiscal year asked for."""

    def __init__(self, fiscal_year: int, incomes: Incomes, numbers: Numbers) -> None:
        self.fiscal_year, self.incomes, self.numbers = fiscal_year, incomes, numbers
        self.opening = days.day(fiscal_year, 4, 1)
        self._born_before = {y: days.day(y - YOUNGEST, 1, 1) for y in range(fiscal_year - 2, fiscal_year + 2)}

    def fund(self, rng: Random, members: list[Person], years: tuple[int, ...], poor: bool = False) -> None:
        """Incomes for everybody of the household; children have none. poor: a household on public assistance."""
        married = sum(person.relation in ("夫", "妻") for person in members) > 0
        incomes: dict[str, tuple[int, Income, bool]] = {}
        for person in members:
            age = self.age(person)
            if person.birth >= self._born_before[self.fiscal_year]:
                continue
            taxable = 0
            if age >= 64:
                number = self.basic(person)
                person.pension, taxable = self.incomes.pension(rng, person.male, age, not married, number)
            couple = married and person.relation in ("世帯主", "夫", "妻")
            income = self.incomes.draw(rng, person.male, age, couple, taxable if age >= 66 else 0)
            if poor:
                income = Income(min(income.pension, 780_000))
                if person.pension:
                    person.pension = person.pension._replace(annual=min(person.pension.annual, 780_000))
            incomes[person.number] = (taxable, income, rng.random() < 0.035)
        for year in years:
            if year == self.fiscal_year:
                for person in members:
                    if person.number in incomes:
                        taxable, income, relieved = incomes[person.number]
                        if not poor:
                            income = self.incomes.next(rng, income, person.male, self.age(person), taxable)
                        incomes[person.number] = (taxable, income, relieved)
            self._levy(rng, members, incomes, year)

    def age(self, person: Person) -> int:
        """Age on 1 April of the fiscal year (years of 365.2425 days are near enough for money)."""
        return int((self.opening - person.birth) / 365.2425)

    def basic(self, person: Person) -> str:
        """基礎年金番号 of a person."""
        return f"{9_000_000_000 + int(person.number) * 573_292_817 % 1_000_000_000}"

    def _levy(self, rng: Random, members: list[Person], incomes: dict, year: int) -> None:
        earner, dependants = self._earner(members, incomes)
        born_before, born_65 = self._born_before[year], days.day(year - 65, 1, 1)
        for person in members:
            found = incomes.get(person.number)
            if found is None or person.birth >= born_before:
                continue
            _, income, relieved = found
            age = 65 if person.birth <= born_65 else 30 if self.age(person) > 18 else 16
            tax = levy(year, income, age, dependants if person is earner else 0, relieved)
            person.tax[year] = Levied(1, self._status(rng, person, tax))

    def _earner(self, members: list[Person], incomes: dict) -> tuple[Person | None, int]:
        """Who claims the others, and how many they are."""
        if len(members) == 1:
            return None, 0
        best, most, dependants = None, -1, 0
        for person in members:
            found = incomes.get(person.number)
            if found is None:
                dependants += 1
                continue
            money = found[1].salary + found[1].other + max(0, found[1].pension - 1_100_000)
            if person.relation in ("世帯主", "夫", "妻") and money > most:
                best, most = person, money
            if money <= 480_000:
                dependants += 1
        return best, dependants - (most <= 480_000)

    def _status(self, rng: Random, person: Person, tax: Tax) -> Tax:
        """Most records are settled; some people never declared, a few are looked into."""
        r = rng.random()
        if (
            not tax.pension_revenue
            and not tax.salary_revenue
            and not tax.total
            and person.birth < self.opening - 20 * 365
        ):
            if r < 0.09:
                return NOTHING
            return tax._replace(declared="2") if r < 0.5 else tax
        if r < 0.0006:
            return NOTHING._replace(status="4", declared="")
        if r < 0.0009:
            return tax._replace(status="6", per_capita=0, income_tax=0)
        return tax
