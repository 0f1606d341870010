"""Facilities inside and outside the ward, made up; which are 住所地特例 targets follows 法13条."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from world.town import days
from world.town.places import WARD_CODE, Places

# kind of ward.facility: (name, capacity, 住所地特例対象)
KINDS = {
    "01": ("特別養護老人ホーム", 90, "1"),
    "02": ("介護老人保健施設", 100, "1"),
    "03": ("介護医療院", 60, "1"),
    "04": ("養護老人ホーム", 50, "1"),
    "05": ("軽費老人ホーム", 40, "1"),
    "06": ("有料老人ホーム", 55, "1"),
    "07": ("サービス付き高齢者向け住宅", 40, "1"),
    "08": ("グループホーム", 18, "0"),
    "09": ("地域密着型特別養護老人ホーム", 29, "0"),
}
_MIX = ("01", "06", "08", "02", "06", "01", "07", "08", "06", "09", "05", "01", "02", "03", "06", "04")
# 適用除外施設: 種別と、除外に要る支給決定。
_EXCLUSIONS = (("05", "救護施設", ""), ("08", "障害者支援施設", "1"), ("09", "療養介護病院", "2"))
_NAMES = (
    "けやき",
    "さくら",
    "ひまわり",
    "あおぞら",
    "やすらぎ",
    "せせらぎ",
    "光の丘",
    "みどり",
    "ふれあい",
    "こもれび",
    "はるかぜ",
    "ほほえみ",
)


class Facility(NamedTuple):
    number: str
    name: str
    kind: str
    capacity: int
    municipality: str
    postal: str
    address: str
    kana_address: str
    town_code: str
    target: str
    exclusion_kind: str
    grant: str
    start: int
    end: int

    def values(self) -> tuple[str, ...]:
        """A line of ward.facility."""
        return (
            self.number, self.name, self.kind, str(self.capacity), self.municipality, self.postal, self.address,
            self.target, self.exclusion_kind, days.text(self.start), days.text(self.end),
        )  # fmt: skip


class Facilities:
    """inside: in the ward. outside: elsewhere, where our people live. exclusions: 適用除外施設."""

    def __init__(self, rng: Random, places: Places, residents: int, fiscal_year: int) -> None:
        self._serial = 0
        self._first = days.day(fiscal_year - 12, 4, 1)
        inside, outside = max(12, residents // 4500), max(10, residents // 3000)
        self.inside = [self._inside(rng, places, _MIX[n % len(_MIX)]) for n in range(inside)]
        self.outside = [self._outside(rng, places, _MIX[n % len(_MIX)]) for n in range(outside)]
        self.exclusions = [self._excluded(rng, places, n) for n in range(max(3, residents // 60_000))]
        self.targets = [f for f in self.outside if f.target == "1"]
        self.inside_targets = [f for f in self.inside if f.target == "1"]

    def all(self) -> list[Facility]:
        return [*self.inside, *self.outside, *self.exclusions]

    def _number(self, prefecture: str) -> str:
        self._serial += 1
        return f"{prefecture}7{self._serial:07}"

    def _name(self, rng: Random, kind: str) -> str:
        return f"{KINDS[kind][0]}{_NAMES[int(rng.random() * len(_NAMES))]}{self._serial}"

    def _inside(self, rng: Random, places: Places, kind: str) -> Facility:
        home = places.home(rng, "")
        number = self._number("13")
        _, capacity, target = KINDS[kind]
        return Facility(
            number, self._name(rng, kind), kind, capacity, WARD_CODE, home.postal, home.address, home.kana_address,
            home.town_code, target, "", "", self._first + int(rng.random() * 2000), 0,
        )  # fmt: skip

    def _outside(self, rng: Random, places: Places, kind: str) -> Facility:
        place, address = places.other(rng)
        number = self._number(place.code[:2])
        _, capacity, target = KINDS[kind]
        return Facility(
            number, self._name(rng, kind), kind, capacity, place.code, place.postal, address, place.kana, "",
            target, "", "", self._first + int(rng.random() * 2000), 0,
        )  # fmt: skip

    def _excluded(self, rng: Random, places: Places, serial: int) -> Facility:
        kind, word, grant = _EXCLUSIONS[serial % len(_EXCLUSIONS)]
        home = places.home(rng, "")
        number = self._number("13")
        name = f"{word}{_NAMES[int(rng.random() * len(_NAMES))]}{self._serial}"
        return Facility(
            number, name, "10", 60, WARD_CODE, home.postal, home.address, home.kana_address, home.town_code,
            "0", kind, grant, self._first, 0,
        )  # fmt: skip
