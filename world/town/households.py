"""Households from the pyramid: couples, children with their mothers, old parents, people on their own.

The rates of living together are assumptions, tuned until sizes come near the census.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from world.town.chance import Table, data, interpolated

HEAD, SPOUSE, CHILD, PARENT, SIBLING = range(5)
OLDEST = 105


class Member(NamedTuple):
    role: int
    male: bool
    age: int


class Pyramid:
    """People by sex and single year of age, per head of the ward."""

    def __init__(self) -> None:
        bands = data("statistics")["pyramid"]["by_age_male_female"]
        self.shares: dict[bool, list[float]] = {True: [0.0] * (OLDEST + 1), False: [0.0] * (OLDEST + 1)}
        everybody = sum(sum(pair) for pair in bands.values())
        for band, pair in bands.items():
            first = int(band.rstrip("+").split("-")[0])
            years = range(first, OLDEST + 1 if band.endswith("+") else first + 5)
            fall = 0.76 if band.endswith("+") else 0.99
            weights = [fall ** (age - first) for age in years]
            for male, number in zip((True, False), pair, strict=True):
                for age, weight in zip(years, weights, strict=True):
                    self.shares[male][age] = number / everybody * weight / sum(weights)

    def draw(self, rng: Random, people: int) -> dict[bool, list[int]]:
        """How many of each age; fractions are rounded by chance so that chunks add up."""
        found = {}
        for male, shares in self.shares.items():
            counts = []
            for share in shares:
                exact = share * people
                counts.append(int(exact) + (rng.random() < exact - int(exact)))
            found[male] = counts
        return found


_MARRIED = interpolated(
    {0: 0, 20: 0, 23: 0.05, 27: 0.26, 32: 0.52, 37: 0.62, 50: 0.64, 68: 0.64, 74: 0.58, 79: 0.46, 84: 0.3, 89: 0.15, 95: 0.03}
)  # fmt: skip
_AT_HOME = interpolated(
    {0: 1, 17: 1, 18: 0.88, 22: 0.7, 25: 0.5, 30: 0.34, 39: 0.26, 49: 0.22, 58: 0.16, 64: 0.06, 66: 0}
)
_OLDER = Table(range(-4, 9), [1, 2, 4, 8, 14, 18, 16, 12, 9, 6, 5, 3, 2])
_MOTHER = Table(
    range(20, 44), [1, 1, 2, 3, 4, 6, 8, 10, 12, 14, 15, 16, 15, 14, 12, 10, 8, 6, 5, 4, 3, 2, 1, 1]
)
_JOINS_CHILD = 0.11
_SIBLING = 0.03
_MOST_CHILDREN = 3


class Composer:
    """Makes the households of a chunk of the ward."""

    def __init__(self) -> None:
        self._pyramid = Pyramid()

    def compose(self, rng: Random, people: int) -> list[list[Member]]:
        """Everybody of the pyramid in a household; the first member is the head."""
        pool = self._pyramid.draw(rng, people)
        couples = self._couples(rng, pool)
        alone, at_home = self._rest(rng, pool)
        mothers: list[list[list[Member]]] = [[] for _ in range(OLDEST + 1)]
        for family in couples:
            mothers[next(m.age for m in family if not m.male)].append(family)
        for family in alone:
            age = family[0].age
            # Some mothers bring up children alone; old people of either sex live with a grown child.
            if age >= 62 or (not family[0].male and 24 <= age < 58 and rng.random() < 0.1):
                mothers[min(age, OLDEST)].append(family)
        for member in at_home:
            self._place(rng, member, mothers, alone)
        joined = self._join(rng, alone, couples)
        return [self._ordered(rng, family) for family in (*couples, *joined)]

    def _couples(self, rng: Random, pool) -> list[list[Member]]:
        found = []
        women, men = pool[False], pool[True]
        for age in range(OLDEST, 19, -1):
            for _ in range(women[age]):
                if rng.random() >= _MARRIED[age]:
                    continue
                husband = _nearest(men, max(20, age + _OLDER.pick(rng.random())))
                if husband is None:
                    continue
                men[husband] -= 1
                women[age] -= 1
                wife_leads = rng.random() < 0.06
                pair = [Member(HEAD, True, husband), Member(SPOUSE, False, age)]
                if wife_leads:
                    pair = [Member(HEAD, False, age), Member(SPOUSE, True, husband)]
                found.append(pair)
        return found

    def _rest(self, rng: Random, pool) -> tuple[list[list[Member]], list[Member]]:
        alone, at_home = [], []
        for male, counts in pool.items():
            for age, number in enumerate(counts):
                for _ in range(number):
                    if rng.random() < _AT_HOME[age]:
                        at_home.append(Member(CHILD, male, age))
                    else:
                        alone.append([Member(HEAD, male, age)])
        at_home.sort(key=lambda member: member.age)
        return alone, at_home

    def _place(self, rng: Random, member: Member, mothers, alone) -> None:
        for attempt in range(12):
            age = min(OLDEST, member.age + _MOTHER.pick(rng.random()))
            families = mothers[age]
            if not families:
                continue
            family = families[int(rng.random() * len(families))]
            if len(family) <= _MOST_CHILDREN - (member.age > 30) or (attempt > 8 and len(family) < 6):
                family.append(member)
                return
        if member.age >= 18:
            alone.append([member._replace(role=HEAD)])
            return
        families = next(f for age in range(member.age + 20, OLDEST) if (f := mothers[age]))
        families[int(rng.random() * len(families))].append(member)

    def _join(self, rng: Random, alone, couples) -> list[list[Member]]:
        """Old people who live with a married child; brothers and sisters who share a home."""
        by_age: list[list[list[Member]]] = [[] for _ in range(OLDEST + 1)]
        for family in couples:
            by_age[family[0].age].append(family)
        kept, lonely = [], []
        for family in alone:
            head = family[0]
            if len(family) == 1 and head.age >= 72 and rng.random() < _JOINS_CHILD:
                age = head.age - 24 - int(rng.random() * 14)
                if by_age[age]:
                    target = by_age[age][int(rng.random() * len(by_age[age]))]
                    if not any(member.role == PARENT for member in target):
                        target.append(head._replace(role=PARENT))
                        continue
            if len(family) == 1 and head.age >= 45 and rng.random() < _SIBLING:
                lonely.append(family)
            kept.append(family)
        kept.sort(key=lambda family: family[0].age)
        lonely.sort(key=lambda family: family[0].age)
        gone = set()
        for first, second in zip(lonely[::2], lonely[1::2], strict=False):
            if second[0].age - first[0].age <= 10:
                second.append(first[0]._replace(role=SIBLING))
                gone.add(id(first))
        return [family for family in kept if id(family) not in gone]

    def _ordered(self, rng: Random, family: list[Member]) -> list[Member]:
        """A grown child often heads the household of an old mother or father."""
        head = family[0]
        if (
            len(family) >= 2
            and head.age >= 74
            and family[1].role == CHILD
            and family[1].age >= 35
            and rng.random() < 0.5
        ):
            rest = [member._replace(role=SIBLING) for member in family[2:]]
            return [family[1]._replace(role=HEAD), head._replace(role=PARENT), *rest]
        return family


def _nearest(counts: list[int], age: int) -> int | None:
    for step in range(12):
        for found in (age + step, age - step):
            if 20 <= found <= OLDEST and counts[found]:
                return found
    return None
