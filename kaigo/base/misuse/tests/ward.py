"""A ward for the synthetic log: insured people in households, names as Japan has them, staff who live among them.

Knows nothing of the engine: who is related to whom is found here by plain Python, rule by rule of security.md C-9.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from random import Random

import polars as pl

from kaigo.base.misuse.frames import COLLEAGUES, LISTED, ORDER, TIES

# Share of the commonest family names in thousandths; the rest is a long tail.
COMMON = {
    "佐藤": 14.6, "鈴木": 13.9, "高橋": 11.0, "田中": 10.4, "伊藤": 8.3, "渡辺": 8.2, "山本": 8.1, "中村": 8.1, "小林": 7.9,
    "加藤": 6.9, "吉田": 6.4, "山田": 6.3, "佐々木": 5.2, "山口": 5.0, "松本": 4.9, "井上": 4.8, "木村": 4.5, "林": 4.2,
    "斎藤": 4.2, "清水": 4.1,
}  # fmt: skip
TAIL = 4000
# (section, how many, what they do)
SECTIONS = (("care-1", 52, "clerk"), ("care-2", 48, "clerk"), ("care-3", 46, "clerk"), ("collection", 44, "clerk"),
            ("counter", 70, "counter"), ("print", 14, "print"), ("operation", 8, "operation"), ("other", 18, "light"))  # fmt: skip


@dataclass
class Person:
    id: int
    surname: str
    household: int
    block: int
    building: int


@dataclass
class Operator:
    id: int
    section: str
    work: str
    surname: str
    household: int
    block: int
    building: int
    pace: float
    misses: float
    own: int | None = None
    declared: list[int] = field(default_factory=list)


class Ward:
    """people: insured, in the order of their numbers; operators: 300, or a share of each section of them."""

    def __init__(self, source: Random, people: int, operators: int = 300) -> None:
        self.source, self._share = source, operators / 300
        names = [*COMMON, *(f"姓{n}" for n in range(TAIL))]
        rest = 1000 - sum(COMMON.values())
        tail = [1 / (n + 12) for n in range(TAIL)]
        weights = [*COMMON.values(), *(w * rest / sum(tail) for w in tail)]
        self._names, self._weights = names, list(accumulate(weights))
        self.people: list[Person] = []
        self._fill(people)
        source.shuffle(self.people)
        for place, person in enumerate(self.people):
            person.id = place + 1
        self.by_id = {person.id: person for person in self.people}
        self.operators = [self._hired(id, *post) for id, post in enumerate(self._posts(), 1)]
        self.watched = source.sample(range(1, people + 1), max(12, people // 600))
        self.guarded = source.sample(range(1, people + 1), max(12, people // 330))

    def surname(self) -> str:
        return self.source.choices(self._names, cum_weights=self._weights)[0]

    def _fill(self, count: int) -> None:
        source, household = self.source, 0
        while len(self.people) < count:
            household += 1
            block = source.randrange(count // 40 + 1)
            building = block * 1000 + (
                source.randrange(8) if source.random() < 0.3 else 100 + household % 800
            )
            name = self.surname()
            for _ in range(source.choices((1, 2, 3), (50, 45, 5))[0]):
                other = source.random() < 0.04
                self.people.append(Person(0, self.surname() if other else name, household, block, building))

    def _posts(self):
        for section, count, work in SECTIONS:
            yield from [(section, work)] * max(2, round(count * self._share))

    def _hired(self, id: int, section: str, work: str) -> Operator:
        """Six of ten live in the ward; some with insured parents, a few are insured themselves."""
        source = self.source
        pace, misses = source.lognormvariate(0, 0.35), source.betavariate(4, 30)
        home = source.choice(self.people)
        # However small the ward: some of the staff are insured themselves.
        surely = id % 20 == 1
        if source.random() < 0.4 and not surely:
            return Operator(id, section, work, self.surname(), -id, -id, -id, pace, misses)
        chance = 0.0 if surely else source.random()
        if chance < 0.12:
            made = Operator(
                id,
                section,
                work,
                home.surname,
                home.household,
                home.block,
                home.building,
                pace,
                misses,
                home.id,
            )
        elif chance < 0.5:
            made = Operator(
                id, section, work, home.surname, home.household, home.block, home.building, pace, misses
            )
        else:
            made = Operator(id, section, work, self.surname(), -id, home.block, home.building, pace, misses)
        made.declared = [
            source.choice(self.people).id for _ in range(source.choices((0, 1, 2, 3), (55, 20, 15, 10))[0])
        ]
        return made

    @cached_property
    def ties(self) -> pl.DataFrame:
        """Who among the insured is what to whom, as the nightly job finds it."""
        households, blocks, buildings = defaultdict(list), defaultdict(list), defaultdict(list)
        for person in self.people:
            households[person.household].append(person)
            blocks[person.block, person.surname].append(person)
            buildings[person.building].append(person)
        rows = []
        for one in self.operators:
            if one.own:
                rows.append((one.own, one.id, "own"))
            near = {p.id for p in blocks[one.block, one.surname]}
            near |= {p.id for p in households[one.household] if p.surname == one.surname}
            rows += [(person, one.id, "family") for person in near - {one.own}]
            rows += [(person, one.id, "declared") for person in set(one.declared)]
            rows += [(p.id, one.id, "address") for p in buildings[one.building] if p.id != one.own]
            rows += [(p.id, one.id, "staff") for p in households[one.household]]
        return pl.DataFrame(rows, schema=TIES, orient="row")

    def colleagues(self) -> pl.DataFrame:
        return pl.DataFrame(
            [(a.id, b.id) for a in self.operators for b in self.operators if a.section == b.section and a is not b],
            schema=COLLEAGUES, orient="row",
        )  # fmt: skip

    def listed(self) -> pl.DataFrame:
        rows = [(p, "watched") for p in self.watched] + [(p, "guarded") for p in self.guarded]
        return pl.DataFrame(rows, schema=LISTED, orient="row")

    def order(self) -> pl.DataFrame:
        return pl.DataFrame([(p.id, p.id) for p in self.people], schema=ORDER, orient="row")
