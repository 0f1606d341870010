"""Persons of a household: names, births, since when they live here, the last thing the register wrote."""

from __future__ import annotations

from random import Random

from world.town import days
from world.town.chance import Table, data
from world.town.households import CHILD, HEAD, PARENT, SIBLING, SPOUSE, Member
from world.town.names import Names, Word
from world.town.places import Places
from world.town.records import Home, Person

LONG_AGO = 45


class Numbers:
    """宛名番号 and 世帯番号: unique, not in the order of anything."""

    # Multiplying by a number prime to 10 permutes the remainders: no two serials meet.
    _MODULUS, _PERSON, _HOME = 10**9, 387_420_489, 715_827_881

    def __init__(self) -> None:
        self._serial = 0
        self._home = 0

    def person(self) -> str:
        self._serial += 1
        return f"{(self._serial * self._PERSON) % self._MODULUS:015}"

    def home(self) -> str:
        self._home += 1
        return f"9{(self._home * self._HOME) % self._MODULUS:014}"


class People:
    """Fills a composed household with people."""

    def __init__(self, fiscal_year: int, numbers: Numbers, names: Names, places: Places) -> None:
        self.fiscal_year, self.numbers, self.names, self.places = fiscal_year, numbers, names, places
        self.opening = days.day(fiscal_year, 4, 1)
        # The register no longer shows where people of long ago came from.
        self._kept_since = days.day(fiscal_year - 10, 4, 1)
        nations = data("statistics")["foreign"]["nationalities"]
        self._nation = Table(list(nations), list(nations.values()))

    def settle(self, rng: Random, family: list[Member], home: Home | None = None) -> Home:
        """A household that lives in the ward at the opening of the fiscal year."""
        home = home or self.places.home(rng, self.numbers.home())
        head = family[0]
        nation = self._nation.pick(rng.random()) if rng.random() < _foreign_share(head.age) else ""
        surname = self.names.surname(rng)
        came = self._came(rng, head.age)
        moved = self._moved_house(rng, came)
        people = []
        for member in family:
            person = self.person(rng, member, home, family, surname, nation)
            self._since(rng, person, member, came, moved)
            people.append(person)
        home.members = people
        return home

    def person(
        self, rng: Random, member: Member, home: Home, family: list[Member], surname: Word, nation: str
    ) -> Person:
        """A person with a name and a birth date; the rest of the record is still empty."""
        birth = days.birth_date(self.fiscal_year, member.age, rng.random())
        person = Person(self.numbers.person(), home, relation(member, family[0]), member.male, birth)
        if member.role == SPOUSE and rng.random() < 0.012:
            nation = "" if nation else self._nation.pick(rng.random())
        if member.role == PARENT and rng.random() < 0.4:
            surname = self.names.surname(rng)
        self.named(rng, person, surname, nation)
        return person

    def named(self, rng: Random, person: Person, surname: Word, nation: str) -> None:
        year = int(days.text(person.birth)[:4])
        given = self.names.given(rng, person.male, year)
        person.name, person.kana = self.names.full(surname, given)
        if nation:
            self._foreigner(rng, person, nation, person.name, person.kana)

    def nation(self, rng: Random) -> str:
        return self._nation.pick(rng.random())

    def _foreigner(self, rng: Random, person: Person, nation: str, alias: str, alias_kana: str) -> None:
        family, given = self.names.foreign(rng, nation, person.male, None)
        person.name, person.kana = f"{family.text} {given.text}", f"{family.kana}　{given.kana}"
        person.extra["nationality"] = nation
        if nation in ("韓国", "中国") and rng.random() < (
            0.75 if person.birth < self.opening - 50 * 365 else 0.2
        ):
            person.extra["alias"], person.extra["alias_kana"] = alias, alias_kana
        if rng.random() < 0.75 and person.birth > self.opening - 70 * 365:
            person.extra["stay_until"] = self.opening + int(rng.random() * 1100) + 20

    def _came(self, rng: Random, age: int) -> int:
        """When the household became resident: the young lately, the old long ago."""
        years = min(LONG_AGO, rng.expovariate(1 / (4 if age < 30 else 9 if age < 45 else 24)))
        return max(self.opening - 1 - int(years * 365), days.day(self.fiscal_year - LONG_AGO, 1, 1))

    def _moved_house(self, rng: Random, came: int) -> int:
        """The last move inside the ward, if any."""
        if rng.random() < 0.4 and self.opening - came > 700:
            return self.opening - 1 - int(rng.random() ** 2 * (self.opening - came - 360))
        return 0

    def _since(self, rng: Random, person: Person, member: Member, came: int, moved: int) -> None:
        if person.birth >= came or (member.role == CHILD and rng.random() < 0.4):
            person.became_on, person.became_reason = person.birth, "05"
        else:
            person.became_on = came
        self.record(rng, person, max(person.became_on, moved) if moved > person.birth else person.became_on)

    def record(self, rng: Random, person: Person, last: int) -> None:
        """The newest line of the register: what happened on `last`."""
        before = self.opening - 1
        person.became_told = min(before, person.became_on + int(rng.random() * 14))
        if person.became_reason == "01" and person.became_on > self._kept_since:
            place, address = self.places.other(rng)
            person.extra["from_code"], person.extra["from_address"] = place.code, address
        person.settled_on, person.joined_on = last, person.became_on
        person.event_on, person.notified_on = last, min(before, last + int(rng.random() * 13))
        moved = last > person.became_on
        person.event = "03" if moved else person.became_reason
        person.history = 1 + moved + int(rng.random() * 2.2)
        if not moved and last < days.day(2012, 7, 9):
            person.event, person.notified_on = "00", 0


def relation(member: Member, head: Member) -> str:
    """続柄 in the words of the register."""
    if member.role == HEAD:
        return "世帯主"
    if member.role == SPOUSE:
        return "夫" if member.male else "妻"
    if member.role == CHILD:
        return "子"
    if member.role == PARENT:
        return "父" if member.male else "母"
    assert member.role == SIBLING
    older = member.age > head.age
    return ("兄" if older else "弟") if member.male else ("姉" if older else "妹")


def _foreign_share(age: int) -> float:
    return 0.06 if age < 40 else 0.026 if age < 65 else 0.007
