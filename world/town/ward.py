"""The ward at the opening of a fiscal year: everybody in a household, with money, and those who went before."""

from __future__ import annotations

from itertools import chain
from random import Random

from world.town import days
from world.town.chance import generator
from world.town.facilities import Facilities
from world.town.funds import Funds
from world.town.households import HEAD, Composer, Member
from world.town.incomes import Incomes
from world.town.names import Names
from world.town.people import Numbers, People
from world.town.places import ABROAD, Places
from world.town.records import Home, Person

CHUNK = 5_000
# Of the residents of a year about so many have gone in the year before (a sample: not everybody who ever left).
LEFT, DEAD = 0.021, 0.009


class Ward:
    """homes: households with residents. gone: people who left or died in the year before. small: lines of the
    small files, layout → key → values."""

    def __init__(self, residents: int, seed: int, fiscal_year: int) -> None:
        self.seed, self.fiscal_year = seed, fiscal_year
        self.opening = days.day(fiscal_year, 4, 1)
        self.numbers, self.names, self.places = Numbers(), Names(), Places()
        self.people = People(fiscal_year, self.numbers, self.names, self.places)
        self.funds = Funds(fiscal_year, Incomes(), self.numbers)
        self.facilities = Facilities(generator(seed, "facilities"), self.places, residents, fiscal_year)
        self.composer = Composer()
        self.homes: list[Home] = []
        self.gone: list[Person] = []
        # Insured by the ward without living in it, and without a line in its register any more.
        self.guests: list[Person] = []
        self.samples: dict[str, list[str]] = {}
        # Households and people whose year is written by hand (cast.py): chance leaves them alone.
        self.reserved: set[str] = set()
        self.small: dict[str, dict[tuple, tuple[str, ...]]] = {}
        self._index: dict[str, list[tuple[str, tuple]]] = {}
        self._settle(residents)
        self._gone(residents)

    def residents(self):
        """Everybody who lives in the ward now, household by household."""
        return chain.from_iterable(home.members for home in self.homes)

    def known(self):
        """Residents and those who have gone: everybody with a line in the register."""
        return chain(self.residents(), self.gone)

    def note(self, layout: str, values: tuple[str, ...], key: tuple) -> None:
        """Keep a line of a small file; a later line of the same key replaces it."""
        lines = self.small.setdefault(layout, {})
        if key not in lines and layout not in ("ward.facility", "ward.medical"):
            self._index.setdefault(values[0], []).append((layout, key))
        lines[key] = values

    def lines_of(self, number: str) -> list[tuple[str, tuple, tuple[str, ...]]]:
        """(layout, key, values) of what the small files say of a person (health insurance aside)."""
        return [(layout, key, self.small[layout][key]) for layout, key in self._index.get(number, ())]

    def sample(self, name: str, person: Person | str) -> None:
        number = person if isinstance(person, str) else person.number
        self.samples.setdefault(name, []).append(number)

    def _settle(self, residents: int) -> None:
        for chunk, first in enumerate(range(0, residents, CHUNK)):
            rng = generator(self.seed, f"people:{chunk}")
            for family in self.composer.compose(rng, min(CHUNK, residents - first)):
                home = self.people.settle(rng, family)
                self.funds.fund(rng, home.members, (self.fiscal_year - 1, self.fiscal_year))
                self.homes.append(home)

    def _gone(self, residents: int) -> None:
        rng = generator(self.seed, "gone")
        for _ in range(int(residents * DEAD)):
            age = max(40, min(104, int(rng.gauss(85, 9))))
            person = self._former(rng, age, rng.random() < 0.52)
            die(rng, person, self.opening - 1 - int(rng.random() * 365), self.opening - 1)
        for _ in range(int(residents * LEFT)):
            age = int(20 + rng.random() ** 2 * 70)
            person = self._former(rng, age, rng.random() < 0.5)
            on = self.opening - 1 - int(rng.random() * 365)
            leave(rng, person, self.places, on, self.opening - 1)

    def _former(self, rng: Random, age: int, male: bool) -> Person:
        home = self.people.settle(rng, [Member(HEAD, male, age)])
        person = home.members[0]
        begin = days.day(self.fiscal_year - 1, 4, 1)
        if person.became_on >= begin:
            person.became_on = person.became_told = person.settled_on = person.joined_on = begin - 200
            person.event_on, person.notified_on = begin - 200, 0
        self.funds.fund(rng, home.members, (self.fiscal_year - 1,))
        self.gone.append(person)
        return person


def die(rng: Random, person: Person, on: int, told_by: int) -> None:
    """The person dies on a day; the notification follows within a week."""
    person.state, person.event, person.event_on = "3", "04", max(on, person.event_on)
    told = min(told_by, person.event_on + int(rng.random() * 7)) if told_by else person.event_on
    _removed(person, "04", told)


def leave(
    rng: Random, person: Person, places: Places, on: int, told_by: int, to: tuple | None = None
) -> None:
    """The person moves away; the other town registers him the same day or within two weeks."""
    person.state, person.event, person.event_on = "2", "02", max(on, person.event_on)
    extra = person.extra
    extra.pop("move_planned_on", None)
    if "to_code" not in extra:
        if to:
            extra["to_code"], extra["to_address"] = to
        elif rng.random() < (0.3 if "nationality" in extra else 0.02):
            extra["to_code"], extra["to_address"] = ABROAD, "国外"
        else:
            place, address = places.other(rng)
            extra["to_code"], extra["to_address"] = place.code, address
    if extra["to_code"] != ABROAD:
        extra["taken_on"] = person.event_on + (0 if rng.random() < 0.55 else 1 + int(rng.random() * 12))
    _removed(
        person, "02", min(told_by, person.event_on + int(rng.random() * 12)) if told_by else person.event_on
    )


def _removed(person: Person, reason: str, told: int) -> None:
    person.history += 1
    person.notified_on = max(told, person.event_on)
    person.removed_on, person.removed_told, person.removed_reason = (
        person.event_on,
        person.notified_on,
        reason,
    )
