"""The ward's staff list: who works where, who leaves in the year, and the 1 April on which a third of them move."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import NamedTuple

from world.town import days
from world.town.chance import generator
from world.town.files import Folder
from world.town.names import Names

LAYOUT = "ward.staff"
# section: (people, titles from the top down; the last is everybody else's)
SECTIONS = {
    "介護保険課": (38, ("介護保険課長", "資格保険料係長", "認定係長", "給付係長", "資格保険料係員", "認定係員", "給付係員")),
    "高齢者支援課": (24, ("高齢者支援課長", "支援係長", "支援係員")),
    "情報政策課": (14, ("情報政策課長", "基盤係長", "基盤係員")),
    "情報公開課": (10, ("情報公開課長", "個人情報係長", "個人情報係員")),
    "収納課": (18, ("収納課長", "徴収係長", "徴収係員")),
    "住民課": (22, ("住民課長", "住民記録係長", "住民記録係員")),
}  # fmt: skip
# 受託者: section, title, contract item, people.
LENT = (
    ("介護保険課", "窓口受託員", "2", 8),
    ("情報政策課", "システム保守員", "3", 4),
    ("介護保険課", "帳票印刷員", "6", 3),
)
MOVE, LEAVE, NEW = 0.30, 0.06, 0.08
STAFF, YEARLY, CONTRACTOR = "1", "2", "3"


class Worker(NamedTuple):
    """A line of the list. to: the last day, 0 = open."""

    number: str
    name: str
    kana: str
    birth: int
    employment: str
    section: str
    title: str
    since: int
    to: int
    contract: str

    def line(self) -> str:
        return ",".join(
            (self.number, self.name, self.kana, days.text(self.birth), self.employment, self.section, self.title,
             days.text(self.since), days.text(self.to), self.contract)
        )  # fmt: skip


class Staff:
    """Everybody who works for the ward in a fiscal year, and the files that say so."""

    def __init__(self, seed: int, fiscal_year: int) -> None:
        self.rng = generator(seed, "staff")
        self.names = Names()
        self.fiscal_year = fiscal_year
        self.opening = days.day(fiscal_year, 4, 1)
        self.rotation = days.day(fiscal_year + 1, 4, 1)
        self._serial = 0
        self.workers = [*self._regular(), *self._lent()]

    def write(self, folder: Folder) -> dict:
        """The opening list, changes in the year, and before its end the list of 1 April. Returns what is expected."""
        folder.write(LAYOUT, self.opening, "full", _lines(self.workers))
        left = self._leave(folder)
        moved, retired, arrived = self._rotate(folder)
        return {
            "people": len({w.number for w in self.workers}),
            "opening": days.iso(self.opening),
            "rotation": days.iso(self.rotation),
            "left_in_year": sorted(left),
            "moved": sorted(moved),
            "retired": sorted(retired),
            "arrived": sorted(arrived),
        }

    def _person(self, section: str, title: str, employment: str, contract: str = "", to: int = 0) -> Worker:
        rng = self.rng
        self._serial += 1
        male, age = rng.random() < 0.5, 22 + int(rng.random() * 38)
        birth = days.birth_date(self.fiscal_year, age, rng.random())
        surname = self.names.surname(rng)
        name, kana = self.names.full(surname, self.names.given(rng, male, self.fiscal_year - age))
        # Since when he is where he is: one to five years, always a 1 April; contracts begin with the year.
        since = (
            self.opening
            if contract
            else days.day(self.fiscal_year - int(rng.random() * min(5, age - 21)), 4, 1)
        )
        return Worker(
            f"{20_000_000 + self._serial:08}",
            name,
            kana,
            birth,
            employment,
            section,
            title,
            since,
            to,
            contract,
        )

    def _regular(self) -> list[Worker]:
        found = []
        for section, (people, titles) in SECTIONS.items():
            heads, rest = titles[: len(titles) // 2 + 1], titles[len(titles) // 2 + 1 :] or titles[-1:]
            for place in range(people):
                title = heads[place] if place < len(heads) else rest[place % len(rest)]
                yearly = place >= len(heads) and self.rng.random() < 0.15
                to = self.rotation - 1 if yearly else 0
                found.append(self._person(section, title, YEARLY if yearly else STAFF, to=to))
        return found

    def _lent(self) -> list[Worker]:
        """People of contractors, until the end of the contract's year."""
        return [
            self._person(section, title, CONTRACTOR, contract, self.rotation - 1)
            for section, title, contract, people in LENT
            for _ in range(people)
        ]

    def _leave(self, folder: Folder) -> set[str]:
        """Some go at the end of a month: a file of changes on a working day before."""
        left: set[str] = set()
        for month in (6, 9, 12):
            last = days.month_end(self.fiscal_year, month)
            told = last - 5
            while not days.is_open(date.fromordinal(told)):
                told -= 1
            going = _some(self.rng, [w for w in self.workers if not w.to], LEAVE / 3)
            changed = [w._replace(to=last) for w in going]
            if changed:
                self._replace(changed)
                folder.write(LAYOUT, told, "changes", _lines(changed))
                left |= {w.number for w in going}
        return left

    def _rotate(self, folder: Folder) -> tuple[set[str], set[str], set[str]]:
        """The list of the new year: who moves has a last day in the old place and a first in the new one."""
        told = self.rotation - 7
        while not days.is_open(date.fromordinal(told)):
            told -= 1
        staying = [w for w in self.workers if not w.to]
        retired = _some(self.rng, staying, LEAVE)
        moving = _some(self.rng, [w for w in staying if w not in retired], MOVE)
        self._replace([w._replace(to=self.rotation - 1) for w in (*retired, *moving)])
        moved = [self._elsewhere(w) for w in moving]
        # Contracts are renewed for the same people in the same place, with new lines.
        renewed = [
            w._replace(since=self.rotation, to=days.day(self.fiscal_year + 2, 3, 31))
            for w in self.workers
            if w.contract and self.rng.random() < 0.7
        ]
        new = [
            self._person(section, titles[-1], STAFF)._replace(since=self.rotation)
            for section, (people, titles) in SECTIONS.items()
            for _ in range(max(1, int(people * NEW)))
        ]
        self.workers += [*moved, *renewed, *new]
        folder.write(LAYOUT, told, "full", _lines(self.workers))
        return {w.number for w in moving}, {w.number for w in retired}, {w.number for w in new}

    def _elsewhere(self, worker: Worker) -> Worker:
        others = [section for section in SECTIONS if section != worker.section]
        section = others[int(self.rng.random() * len(others))]
        return worker._replace(section=section, title=SECTIONS[section][1][-1], since=self.rotation, to=0)

    def _replace(self, changed: list[Worker]) -> None:
        by_number = {(w.number, w.section, w.since): w for w in changed}
        self.workers = [by_number.get((w.number, w.section, w.since), w) for w in self.workers]


def _some(rng: Random, workers: list[Worker], share: float) -> list[Worker]:
    return [w for w in workers if rng.random() < share]


def _lines(workers: list[Worker]):
    return ((w.line(), 0) for w in workers)
