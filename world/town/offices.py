"""The other offices in a year: tax month by month, welfare, health insurance, homes for the old, accounts."""

from __future__ import annotations

from world.town import days
from world.town.chance import generator
from world.town.circumstances import KOKUHO, KOUKI
from world.town.facilities import Facility
from world.town.files import tax_line
from world.town.funds import NOTHING
from world.town.incomes import Income, levy
from world.town.records import Home, Levied, Person, Tax
from world.town.year import Year

INQUIRING = NOTHING._replace(status="5", declared="")
# Shares of a year, assumptions.
_CORRECTED, _CORRECTED_BEFORE, _DECLARES = 0.011, 0.003, 0.3
_ASSISTED, _ASSISTANCE_ENDS = 0.0022, 0.09
_INTO_WARD_HOME, _INTO_OTHER_HOME, _FROM_OTHER = 0.012, 0.004, 0.05
_ACCOUNT, _MAILING, _BORDERLINE = 0.012, 0.004, 0.0004
_DUE = 10


class Offices:
    """Called by the register's events (gone, arrived) and by its own calendar (fill)."""

    def __init__(self, year: Year) -> None:
        self.year, self.ward, self.circumstances = year, year.ward, year.circumstances
        self.fiscal_year, self.opening = self.ward.fiscal_year, self.ward.opening
        self.rng = generator(self.ward.seed, "offices")
        self._tax: dict[tuple[str, int], Person] = {}
        self._known: dict[str, Tax] = {}
        self._decided = False
        self._june = days.day(self.fiscal_year, 6, 1)
        self._medical: dict[str, tuple] = {
            values[0]: key for key, values in self.ward.small.get("ward.medical", {}).items()
        }

    def fill(self) -> None:
        """What comes to the offices by itself."""
        self._fill_tax()
        for home in list(self.ward.homes):
            if home.number not in self.ward.reserved:
                self._fill_home(home)
        for guest in self.ward.guests:
            if self.rng.random() < 0.14 and guest.number not in self.ward.reserved:
                self.year.at(self._some_day(), self.guest_dies, guest)

    # -- tax ---------------------------------------------------------------------------------------------

    def _fill_tax(self) -> None:
        year = self.fiscal_year
        self.year.at(self._june, self.decide)
        for month in (4, 5, *range(7, 16)):
            self.year.at(days.day(year + (month > 12), (month - 1) % 12 + 1, _DUE), self.send)

    def decide(self, told: int) -> None:
        """June: the tax of the fiscal year. Whoever came after 1 January is asked about at his old town."""
        year, january = self.fiscal_year, days.day(self.fiscal_year, 1, 1)
        people = [p for p in (*self.ward.known(), *self.ward.guests) if year in p.tax]
        for person in people:
            newcomer = person.became_on > january and person.became_reason == "01" and person.state == "1"
            if newcomer and self.rng.random() < 0.5:
                self.ask(told, person)
        self._decided = True
        self._tax.clear()
        self.year.folder.write("ward.tax", told, "full", (tax_line(p, year) for p in people))

    def ask(self, told: int, person: Person) -> None:
        """照会中 until the old town answers."""
        levied = person.tax.get(self.fiscal_year)
        if levied is None or person.number in self._known:
            return
        self._known[person.number] = levied.tax
        person.tax[self.fiscal_year] = levied._replace(tax=INQUIRING)
        if self.rng.random() < 0.93:
            self.year.at(told + 25 + int(self.rng.random() * 60), self.answered, person)

    def answered(self, told: int, person: Person) -> None:
        tax = self._known.pop(person.number, None)
        if tax is not None:
            self.change(told, person, self.fiscal_year, tax, "照会回答")

    def change(self, told: int, person: Person, year: int, tax: Tax, reason: str) -> None:
        """A later record of a year; it goes out with the next monthly file (before June nothing has gone out yet)."""
        before = person.tax[year]
        if year == self.fiscal_year and not self._decided:
            person.tax[year] = before._replace(tax=tax)
            return
        queued = (person.number, year) in self._tax
        history = before.history if queued else before.history + 1
        person.tax[year] = Levied(history, tax, told, reason)
        self._tax[person.number, year] = person

    def corrected(self, told: int, person: Person, before: bool) -> None:
        """更正 of the fiscal year or of the one before."""
        year = self.fiscal_year - before
        levied = person.tax.get(year)
        if levied and levied.tax.status in "12" and person.state == "1" and (before or self._decided):
            self.change(told, person, year, self._other(person, year), "過年度更正" if before else "更正")

    def declares(self, told: int, person: Person) -> None:
        levied = person.tax.get(self.fiscal_year)
        if levied and levied.tax.status == "3" and person.state == "1":
            self.change(told, person, self.fiscal_year, self._declared(person), "申告")

    def send(self, told: int) -> None:
        """The file of the month."""
        lines = sorted(self._tax.items(), key=lambda item: item[0])
        self._tax = {}
        if lines:
            self.year.folder.write(
                "ward.tax", told, "changes", (tax_line(person, year) for (_, year), person in lines)
            )

    def _other(self, person: Person, year: int) -> Tax:
        """Income was missed (two of three) or overstated."""
        tax = person.tax[year].tax
        r = self.rng.random
        other = max(0, tax.total - tax.pension_income - tax.salary_income)
        change = int(20_000 + 10 ** (4.3 + r() * 2)) // 100 * 100
        other = other + change if r() < 0.66 else max(0, other - change)
        pension = tax.pension_revenue if r() < 0.8 else max(0, tax.pension_revenue - change)
        return self._levied(
            person, year, Income(pension, tax.salary_revenue, other, tax.long_special, tax.short_special)
        )

    def _declared(self, person: Person) -> Tax:
        r = self.rng.random
        income = Income(0, 0, 0) if r() < 0.5 else Income(0, int(r() * 1800) * 1000, 0)
        return self._levied(person, self.fiscal_year, income)._replace(declared="1")

    def _levied(self, person: Person, year: int, income: Income) -> Tax:
        before = person.tax[year].tax
        age = 65 if person.birth <= days.day(year - 65, 1, 1) else 30
        dependants = 1 if before.status == "2" and before.total > 450_000 else 0
        return levy(year, income, age, dependants, False)

    # -- people who come and go ---------------------------------------------------------------------------

    def arrived(self, told: int, people: list[Person]) -> None:
        """Newcomers: their tax is asked for; the ward insures those without an employer."""
        self.ward.funds.fund(self.rng, people, (self.fiscal_year,))
        for person in people:
            self.ask(told, person)
            if self._decided and self.fiscal_year in person.tax:
                self._tax[person.number, self.fiscal_year] = person
            age = self._age(person)
            if age >= 75:
                self._insure(person, "2", KOUKI, person.became_on)
            elif age >= 40 and self.rng.random() < 0.4:
                self._insure(person, "1", KOKUHO, person.became_on)
            if age >= 70 and len(people) == 1 and self.rng.random() < _FROM_OTHER * 4:
                self._from_other_town(told, person)

    def _from_other_town(self, told: int, person: Person) -> None:
        """A newcomer in one of the ward's homes stays insured where he came from; that town tells us later."""
        facilities = self.ward.facilities.inside_targets
        facility = facilities[int(self.rng.random() * len(facilities))]
        self.year.register.move(person.home, _address(self.ward, facility), person.became_on, told)
        self.year.tell("ward.facility_stay", self.circumstances.stay(person, facility, person.became_on))
        self.year.at(told + int(self.rng.random() * 30), self._exception_told, person, facility)

    def _exception_told(self, told: int, person: Person, facility: Facility) -> None:
        code = str(person.extra.get("from_code", ""))
        if person.state == "1" and len(code) == 6 and code != "999999":
            values = self.circumstances.exception(person, "2", code, facility, person.became_on)
            self.year.tell("ward.address_exception", values)

    def gone(self, told: int, person: Person, reason: str) -> None:
        """A person died (2) or moved away (3): welfare, stays, exceptions and insurance end."""
        after = days.text(person.event_on + 1)
        for layout, key, values in self.ward.lines_of(person.number):
            ended = None
            if layout == "ward.welfare" and not values[6]:
                ended = (*values[:2], str(int(values[2]) + 1), *values[3:6], after, values[7])
            elif layout == "ward.facility_stay" and not values[3]:
                ended = (*values[:3], after, values[4])
            elif layout == "ward.address_exception" and values[1] == "2" and not values[5]:
                ended = (*values[:5], after, reason)
            if ended and ended[5 if layout == "ward.welfare" else 2] < after:
                self.ward.note(layout, ended, key)
                self.year.tell(layout, ended)
        key = self._medical.get(person.number)
        if key:
            values = self.ward.small["ward.medical"][key]
            if values[4] != "3" and values[5] < after:
                self._end_insurance(person, key, after)

    def _insure(self, person: Person, category: str, insurer: str, start: int) -> None:
        values = self.circumstances.insure(person, category, insurer, start)
        self._medical[person.number] = (person.number, max(start, person.birth))
        self.year.tell("ward.medical", values)

    def _end_insurance(self, person: Person, key: tuple, end: str) -> None:
        values = (*self.ward.small["ward.medical"][key][:6], end)
        self.ward.small["ward.medical"][key] = values
        self.year.tell("ward.medical", values)
        del self._medical[person.number]

    # -- what comes by itself -------------------------------------------------------------------------------

    def _fill_home(self, home) -> None:
        rng = self.rng
        if rng.random() < _ASSISTED:
            self.year.at(self._some_day(), self.assisted, home)
        head = home.members[0]
        alone = len(home.members) == 1
        for layout, _, values in self.ward.lines_of(head.number):
            if layout == "ward.welfare" and not values[6] and rng.random() < _ASSISTANCE_ENDS:
                self.year.at(self._some_day(), self.assistance_ends, home)
        for person in home.members:
            age, r = self._age(person), rng.random()
            if r < _CORRECTED_BEFORE + _CORRECTED:
                self.year.at(self._some_day(), self.corrected, person, r < _CORRECTED_BEFORE)
            elif (
                self.fiscal_year in person.tax
                and person.tax[self.fiscal_year].tax.status == "3"
                and r < _DECLARES
            ):
                self.year.at(self._june + int(rng.random() * 290), self.declares, person)
            if age == 74:
                on = days.attained(person.birth, 75) + 1
                self.year.at(on - 20, self.turns_75, person, on)
            if age < 64:
                continue
            r = rng.random()
            if alone and age >= 74 and r < _INTO_WARD_HOME + _INTO_OTHER_HOME:
                self.year.at(self._some_day(), self.enters, person, r < _INTO_OTHER_HOME)
            elif r > 1 - _ACCOUNT:
                self.year.at(self._some_day(), self.account, person)
            elif r > 1 - _ACCOUNT - _MAILING:
                self.year.at(self._some_day(), self.mailing, person)
            elif r > 1 - _ACCOUNT - _MAILING - _BORDERLINE:
                self.year.at(self._some_day(), self.borderline, person)

    def assisted(self, told: int, home) -> None:
        """生活保護 begins; the welfare office tells it some days later."""
        if not home.members or any(self._assistance(person) for person in home.members):
            return
        self.circumstances.cases += 1
        case, substitute = f"H{self.circumstances.cases:06}", "1" if self.rng.random() < 0.6 else "0"
        begun = max(told - 3 - int(self.rng.random() * 18), *(person.became_on for person in home.members), 0)
        for person in home.members:
            self.year.tell(
                "ward.welfare", self.circumstances.welfare(person, "1", begun, 0, case, substitute)
            )

    def assistance_ends(self, told: int, home) -> None:
        end = days.text(told - int(self.rng.random() * 10))
        for person in home.members:
            for layout, key, values in self.ward.lines_of(person.number):
                if layout == "ward.welfare" and not values[6] and values[5] < end:
                    ended = (*values[:2], str(int(values[2]) + 1), *values[3:6], end, values[7])
                    self.ward.note(layout, ended, key)
                    self.year.tell(layout, ended)

    def _assistance(self, person: Person) -> bool:
        return any(
            layout == "ward.welfare" and not values[6]
            for layout, _, values in self.ward.lines_of(person.number)
        )

    def turns_75(self, told: int, person: Person, on: int) -> None:
        if person.state == "1":
            key = self._medical.get(person.number)
            if key:
                self._end_insurance(person, key, days.text(on))
            self._insure(person, "2", KOUKI, on)

    def enters(self, told: int, person: Person, elsewhere: bool) -> None:
        """Into a home in the ward, or into one outside: then the ward stays the insurer (住所地特例)."""
        if person.state != "1" or "move_planned_on" in person.extra or len(person.home.members) > 1:
            return
        rng, register, office = self.rng, self.year.register, self.circumstances
        on = max(told - int(rng.random() * 10), person.event_on, person.became_on)
        if any(
            layout == "ward.facility_stay" and not v[3] for layout, _, v in self.ward.lines_of(person.number)
        ):
            return
        if not elsewhere:
            inside = self.ward.facilities.inside
            facility = inside[int(rng.random() * len(inside))]
            register.move(person.home, _address(self.ward, facility), on, told)
            self.year.tell("ward.facility_stay", office.stay(person, facility, on))
            return
        facility = self.ward.facilities.targets[int(rng.random() * len(self.ward.facilities.targets))]
        to = (facility.municipality, facility.address)
        if register.leave(person, on, told, on + (0 if rng.random() < 0.7 else 2), to):
            self.gone(told, person, "3")
            self.year.tell("ward.facility_stay", office.stay(person, facility, person.event_on))
            self.year.at(told + int(rng.random() * 25), self.own_exception, person, facility)

    def own_exception(self, told: int, person: Person, facility: Facility) -> None:
        values = self.circumstances.exception(person, "1", facility.municipality, facility, person.event_on)
        self.year.tell("ward.address_exception", values)
        self.year.tell(
            "ward.mailing_address",
            self.circumstances.mail_to(self.rng, person, person.event_on, "3", facility),
        )

    def guest_dies(self, told: int, person: Person) -> None:
        """One of ours in a home elsewhere died; the other town tells it."""
        on = told - 3 - int(self.rng.random() * 20)
        person.state, person.event_on = "3", on
        for layout, key, values in self.ward.lines_of(person.number):
            if layout == "ward.nonresident":
                dead = (values[0], str(int(values[1]) + 1), *values[2:12], "3", days.text(on))
                self.ward.note(layout, dead, key)
                self.year.tell(layout, dead)
            elif layout == "ward.address_exception" and not values[5]:
                ended = (*values[:5], days.text(on + 1), "2")
                self.ward.note(layout, ended, key)
                self.year.tell(layout, ended)
            elif layout == "ward.facility_stay" and not values[3]:
                ended = (*values[:3], days.text(on + 1), values[4])
                self.ward.note(layout, ended, key)
                self.year.tell(layout, ended)

    def account(self, told: int, person: Person) -> None:
        if person.state == "1":
            self.year.tell("ward.bank_account", self.circumstances.account(self.rng, person, told, "1"))

    def mailing(self, told: int, person: Person) -> None:
        if person.state == "1":
            reason = "2" if self.rng.random() < 0.3 else "1"
            self.year.tell("ward.mailing_address", self.circumstances.mail_to(self.rng, person, told, reason))

    def borderline(self, told: int, person: Person) -> None:
        levied = person.tax.get(self.fiscal_year)
        if person.state == "1" and levied and levied.tax.status == "2":
            start = days.day(*_first_of_month(told))
            end = days.day(self.fiscal_year + (start >= days.day(self.fiscal_year, 8, 1)), 8, 1)
            self.year.tell("ward.borderline", self.circumstances.borderline(self.rng, person, start, end))

    def _some_day(self) -> int:
        return self.opening + int(self.rng.random() * 365)

    def _age(self, person: Person) -> int:
        return self.ward.funds.age(person)


def _first_of_month(day: int) -> tuple[int, int, int]:
    word = days.text(day)
    return int(word[:4]), int(word[4:6]), 1


def _address(ward, facility: Facility):
    """The facility as a dwelling."""
    return Home(
        "", facility.postal, facility.town_code, facility.address, facility.name, facility.kana_address, ""
    )
