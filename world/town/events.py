"""What happens to the residents in a year: births, moves, deaths, changes of household, corrections.

Rates by age are assumptions of the right order (statistics.yaml names what is public).
"""

from __future__ import annotations

from world.town import days
from world.town.chance import Table, data, generator, interpolated
from world.town.households import CHILD, HEAD, SPOUSE, Member
from world.town.offices import Offices
from world.town.places import ABROAD
from world.town.records import Home, Person
from world.town.register import weighted_day
from world.town.year import Year

_OUT = interpolated({0: 0.15, 27: 0.14, 35: 0.09, 45: 0.045, 60: 0.022, 75: 0.014, 90: 0.03})
_MOVE = interpolated({0: 0.05, 27: 0.05, 40: 0.035, 60: 0.014, 80: 0.011, 100: 0.012})
_CHILD_OUT, _CHILD_MOVES, _SPLIT, _JOIN, _RENAMED = 0.07, 0.03, 0.006, 0.001, 0.0012
_IN = 0.068
_BIRTHS = 0.0066
_CORRECTED, _CANCELLED, _PLANNED, _STAYS, _RETURNS, _ERASED = 0.012, 0.006, 0.6, 0.02, 0.04, 0.0003
# Newcomers: how many of each kind.
_SINGLE_YOUNG, _SINGLE, _OLD, _COUPLE, _FAMILY = range(5)
_KIND = Table(range(5), [60, 12, 4, 14, 10])


class Events:
    """Fills the calendar of a year and handles each event on the day on which it is told."""

    def __init__(self, year: Year, offices: Offices) -> None:
        self.year, self.offices, self.ward, self.register = year, offices, year.ward, year.register
        self.fiscal_year = self.ward.fiscal_year
        self.opening = self.ward.opening
        self.end = days.day(self.fiscal_year + 1, 4, 1)
        self.rng = generator(self.ward.seed, "events")
        weights = data("statistics")["moves"]["month_weight"]
        self._month = Table(list(weights), list(weights.values()))
        self._mortality = {True: _rates("m"), False: _rates("f")}

    def fill(self) -> None:
        """Everything that chance brings."""
        residents, mothers = 0, []
        reserved = self.ward.reserved
        for home in list(self.ward.homes):
            residents += len(home.members)
            if home.number in reserved:
                continue
            self._household(home)
            for person in home.members:
                self._person(person)
                if not person.male and 24 <= self._age(person) < 42 and person.relation in ("妻", "世帯主"):
                    mothers += [person] if len(home.members) in (2, 3) else []
        rng = self.rng
        for _ in range(int(residents * _IN / 1.55)):
            self._at_move(self.newcomers)
        for _ in range(int(residents * _BIRTHS)):
            on = self.opening - 10 + int(rng.random() * 370)
            self._later(on, 2, 13, self.birth, mothers[int(rng.random() * len(mothers))], on)
        left = [p for p in self.ward.gone if p.state == "2" and p.number not in reserved]
        for person in left:
            if rng.random() < _RETURNS:
                self._at_move(self.comes_back, person)

    def _household(self, home: Home) -> None:
        rng = self.rng
        age, r = self._age(home.members[0]), rng.random()
        out = _OUT[age]
        if r < out:
            self._at_move(self.household_leaves, home)
        elif r < out + _MOVE[age]:
            self._at_move(self.household_moves, home)
        elif len(home.members) > 1:
            r = rng.random()
            member = home.members[-1]
            grown = member.relation == "子" and self._age(member) >= 18
            if grown and r < _CHILD_OUT:
                self._at_move(self.member_leaves, member)
            elif grown and r < _CHILD_OUT + _CHILD_MOVES:
                self._at_move(self.member_moves, member)
            elif r > 1 - _SPLIT:
                self._at_move(self.household_splits, member)
        elif age > 70 and rng.random() < _JOIN * 8:
            self._at_move(self.old_joins, home.members[0])

    def _person(self, person: Person) -> None:
        rng = self.rng
        r, age = rng.random(), self._age(person)
        q = self._mortality[person.male][min(104, age)]
        if r < q:
            on = self.opening - 5 + int(rng.random() * 369)
            self._later(on, 1, 7, self.death, person, on)
        elif r > 1 - _RENAMED and 22 < age < 60 and "nationality" not in person.extra:
            self._at_move(self.renamed, person)
        elif r > 1 - _RENAMED - _ERASED and age < 65 and len(person.home.members) == 1:
            self._at_move(self.erased, person)
        until = int(person.extra.get("protection_until", 0))
        if until and self.opening <= until < self.end:
            self.year.at(until, self.protection_ends, person, until)

    # -- one event, on the day on which it is told --------------------------------------------------------

    def death(self, told: int, person: Person, on: int) -> None:
        if self.register.die(person, on, told):
            self.offices.gone(told, person, "2")
            self._maybe_corrected(told, person)

    def birth(self, told: int, mother: Person, on: int) -> None:
        home = mother.home
        if (
            mother.state != "1"
            or mother.relation not in ("妻", "世帯主")
            or "move_planned_on" in mother.extra
        ):
            return
        ward = self.ward
        male = self.rng.random() < 0.512
        child = Person(ward.numbers.person(), home, "子", male, max(on, home.members[0].became_on))
        surname = ward.names.surname(self.rng)
        ward.people.named(self.rng, child, surname, "")
        if "　" in mother.name:
            family, reading = mother.name.split("　")[0], mother.kana.split("　")[0]
            child.name = f"{family}　{child.name.split('　')[1]}"
            child.kana = f"{reading}　{child.kana.split('　')[1]}"
        home.members.append(child)
        self.register.born(child, told)

    def household_leaves(self, told: int, home: Home) -> None:
        if not home.members or any("move_planned_on" in person.extra for person in home.members):
            return
        rng = self.rng
        to = self._destination("nationality" in home.members[0].extra)
        if rng.random() < _PLANNED:
            planned = told + int(rng.random() * 25)
            for person in home.members:
                self.register.plan(person, told, planned, to)
            later = planned + 4 + int(rng.random() * 14)
            if rng.random() < _STAYS:
                self.year.at(later, self.household_stays, home)
            else:
                self.year.at(later, self.household_gone, home, planned, to)
        else:
            self.household_gone(told, home, told - int(rng.random() * 9), to)

    def household_stays(self, told: int, home: Home) -> None:
        for person in home.members:
            self.register.stay_after_all(person, told)

    def household_gone(self, told: int, home: Home, on: int, to: tuple[str, str]) -> None:
        """The notice of the other town arrived: when they left, when they were registered there."""
        rng = self.rng
        on = max([on, *(person.event_on for person in home.members), *(p.became_on for p in home.members)])
        taken = 0 if to[0] == ABROAD else on if rng.random() < 0.6 else on + 1 + int(rng.random() * 12)
        taken = min(taken, told) if taken else 0
        alone = len(home.members) == 1
        for person in reversed(list(home.members)):
            before = self.register.snapshot(person) if alone and rng.random() < _CANCELLED * 2 else None
            if self.register.leave(person, on, told, taken, to):
                self.offices.gone(told, person, "3")
                if before:
                    self.year.at(
                        told + 15 + int(rng.random() * 30), self.cancelled, person, before, person.history
                    )
                else:
                    self._maybe_corrected(told, person)

    def household_moves(self, told: int, home: Home) -> None:
        if not home.members or any("move_planned_on" in p.extra for p in home.members):
            return
        rng = self.rng
        on = told - int(rng.random() * 13)
        person = home.members[0]
        before = (
            self.register.snapshot(person) if len(home.members) == 1 and rng.random() < _CANCELLED else None
        )
        self.register.move(home, self.ward.places.home(rng, ""), on, told)
        if before:
            self.year.at(told + 20 + int(rng.random() * 40), self.cancelled, person, before, person.history)

    def member_leaves(self, told: int, person: Person) -> None:
        if person.state != "1" or "move_planned_on" in person.extra:
            return
        to = self._destination(False)
        on = max(told - int(self.rng.random() * 9), person.event_on)
        if self.register.leave(person, on, told, min(told, on + int(self.rng.random() * 3)), to):
            self.offices.gone(told, person, "3")

    def member_moves(self, told: int, person: Person) -> None:
        if "move_planned_on" not in person.extra:
            home = self.ward.places.home(self.rng, self.ward.numbers.home())
            self.register.move_apart(person, home, told - int(self.rng.random() * 13), told)

    def household_splits(self, told: int, person: Person) -> None:
        """世帯分離 at the same address."""
        if "move_planned_on" in person.extra or self._age(person) < 18:
            return
        old = person.home
        home = Home(
            self.ward.numbers.home(),
            old.postal,
            old.town_code,
            old.address,
            old.building,
            old.kana_address,
            old.phone,
        )
        self.register.move_apart(person, home, told, told, "06")

    def old_joins(self, told: int, person: Person) -> None:
        """An old person moves in with a child who is married."""
        homes = self.ward.homes
        for _ in range(20):
            home = homes[int(self.rng.random() * len(homes))]
            free = len(home.members) >= 2 and all("move_planned_on" not in p.extra for p in home.members)
            if (
                free
                and 20 < self._age(person) - self._age(home.members[0]) < 42
                and home.number not in self.ward.reserved
            ):
                if "move_planned_on" not in person.extra:
                    self.register.join(person, home, "父" if person.male else "母", told - 3, told, "03")
                return

    def newcomers(self, told: int) -> None:
        """People from elsewhere, in a home of their own."""
        rng, ward = self.rng, self.ward
        family = self._family()
        home = ward.places.home(rng, ward.numbers.home())
        nation = ward.people.nation(rng) if rng.random() < (0.16 if family[0].age < 40 else 0.03) else ""
        surname = ward.names.surname(rng)
        on = max(told - int(rng.random() * 14), self.opening - 12)
        place, address = ward.places.other(rng)
        people = [ward.people.person(rng, member, home, family, surname, nation) for member in family]
        for person in people:
            person.birth = min(person.birth, on)
        home.members = people
        ward.homes.append(home)
        for person in people:
            origin = (ABROAD, "国外") if nation and rng.random() < 0.6 else (place.code, address)
            self.register.come(person, on, told, origin)
        self.offices.arrived(told, people)
        self._maybe_corrected(told, people[0])

    def comes_back(self, told: int, person: Person) -> None:
        home = self.ward.places.home(self.rng, self.ward.numbers.home())
        on = max(
            told - int(self.rng.random() * 12), person.event_on + 1, int(person.extra.get("taken_on", 0)) + 1
        )
        if on <= told and self.register.come_back(person, home, on, told):
            self.offices.arrived(told, [person])

    def renamed(self, told: int, person: Person) -> None:
        if person.state != "1" or "　" not in person.name:
            return
        surname = self.ward.names.surname(self.rng)
        person.name = f"{surname.text}　{person.name.split('　')[1]}"
        person.kana = f"{surname.kana}　{person.kana.split('　')[1]}"
        self.register.happen(person, "07", told - 5, told)

    def erased(self, told: int, person: Person) -> None:
        if "move_planned_on" not in person.extra and self.register.erase(person, told - 1, told):
            self.offices.gone(told, person, "3")

    def protection_ends(self, told: int, person: Person, until: int) -> None:
        """Most ask for another year; for some it ends."""
        if person.state != "1" or person.extra.get("protection_until") != until:
            return
        if self.rng.random() < 0.8:
            person.extra["protection_until"] = until + 365
            self.register.happen(person, "15", told, told)
        else:
            del person.extra["protection"], person.extra["protection_until"]
            self.register.happen(person, "16", until, told)

    def corrected(self, told: int, person: Person, history: int) -> None:
        self.register.correct(person, history, 1 + int(self.rng.random() * 6))

    def cancelled(self, told: int, person: Person, before: dict, history: int) -> None:
        self.register.cancel(person, before, history)

    # -- chance ------------------------------------------------------------------------------------------

    def _maybe_corrected(self, told: int, person: Person) -> None:
        if self.rng.random() < _CORRECTED:
            self.year.at(told + 20 + int(self.rng.random() * 70), self.corrected, person, person.history)

    def _at_move(self, act, *arguments) -> None:
        month = self._month.pick(self.rng.random())
        self.year.at(weighted_day(self.rng, self.fiscal_year, month), act, *arguments)

    def _later(self, on: int, least: int, most: int, act, *arguments) -> None:
        self.year.at(on + least + int(self.rng.random() * (most - least)), act, *arguments)

    def _destination(self, foreign: bool) -> tuple[str, str]:
        if self.rng.random() < (0.35 if foreign else 0.02):
            return ABROAD, "国外"
        place, address = self.ward.places.other(self.rng)
        return place.code, address

    def _family(self) -> list[Member]:
        rng = self.rng
        kind, male = self._kind(), rng.random() < 0.5
        if kind == _SINGLE_YOUNG:
            return [Member(HEAD, male, 18 + int(rng.random() * rng.random() * 24))]
        if kind == _SINGLE:
            return [Member(HEAD, male, 38 + int(rng.random() * 27))]
        if kind == _OLD:
            old = [Member(HEAD, male, 65 + int(rng.random() ** 1.5 * 30))]
            return old if rng.random() < 0.75 else [*old, Member(SPOUSE, not male, old[0].age - 2)]
        age = 26 + int(rng.random() * 18)
        couple = [Member(HEAD, True, age), Member(SPOUSE, False, age - 1)]
        if kind == _FAMILY:
            couple += [
                Member(CHILD, rng.random() < 0.5, int(rng.random() * (age - 24)))
                for _ in range(1 + (rng.random() < 0.4))
            ]
        return couple

    def _kind(self) -> int:
        return _KIND.pick(self.rng.random())

    def _age(self, person: Person) -> int:
        return max(0, int((self.opening - person.birth) / 365.2425))


def _rates(sex: str) -> list[float]:
    """Probability of dying within a year by age, 0 to 104."""
    raw = data("statistics")["mortality"]
    young = [float(q) for q in raw[f"q_0_60_step5_{sex}"]]
    old = [float(q) for q in raw[f"q_65_to_104_{sex}"]]
    return interpolated(dict(zip(range(0, 61, 5), young, strict=True)) | {65: old[0]})[:65] + old
