"""Addresses: real postal codes and towns under a fictional ward, made-up blocks and buildings; other municipalities."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from world.town.chance import Table, data
from world.town.records import Home

WARD_CODE = "131997"
WARD = "東京都見本区"
WARD_KANA = "トウキョウト ミホンク"
ABROAD = "999999"
_NUMERALS = "〇一二三四五六七八九"
# Shares of dwellings are an assumption: about six in ten households live in a building with rooms.
_IN_BUILDING = 0.6


class Town(NamedTuple):
    postal: str
    name: str
    kana: str
    chome: int
    code: str


class Elsewhere(NamedTuple):
    """Another municipality: its code with check digit and an address in it."""

    code: str
    place: str
    kana: str
    postal: str


def check_digit(code: str) -> str:
    """全国地方公共団体コード: five digits → six."""
    total = sum(int(digit) * weight for digit, weight in zip(code, (6, 5, 4, 3, 2), strict=True))
    return code + str((11 - total % 11) % 10)


class Places:
    """All places of the world."""

    def __init__(self) -> None:
        raw = data("places")
        self.towns: list[Town] = []
        for line in raw["towns"]:
            for word in line.split():
                postal, name, kana, chome = word.split("/")
                self.towns.append(Town(postal, name, kana, int(chome), f"{len(self.towns) + 1:04}"))
        self.town = Table(self.towns, [max(1, town.chome) for town in self.towns])
        others, weights = [], []
        for line in raw["elsewhere"]:
            code, prefecture, city, town, kana, postal, weight = line.split("/")
            others.append(Elsewhere(check_digit(code), prefecture + city + town, kana, postal))
            weights.append(float(weight))
        self.elsewhere = Table(others, weights)
        self.front, self.back = raw["buildings"]["front"], raw["buildings"]["back"]

    def home(self, rng: Random, number: str) -> Home:
        """A dwelling in the ward."""
        r = rng.random
        town = self.town.pick(r())
        chome = int(r() * town.chome) + 1 if town.chome else 0
        block, house = int(r() * r() * 45) + 1, int(r() * r() * 28) + 1
        part = f"{_NUMERALS[chome]}丁目" if chome else ""
        address = f"{WARD}{town.name}{part}{block}番{house}号"
        kana = f"{WARD_KANA} {town.kana} {f'{chome}-' if chome else ''}{block}-{house}"
        building = ""
        if r() < _IN_BUILDING:
            # The same house has the same building: neighbours share its name.
            mark = block * 31 + house * 7 + chome
            name = self.front[mark % len(self.front)] + (
                town.name if mark % 3 else self.back[mark % len(self.back)]
            )
            building = f"{name}{int(r() * 9) + 1}{int(r() * 12) + 1:02}号室"
        phone = f"03-0000-{int(r() * 10000):04}" if r() < 0.6 else ""
        return Home(number, town.postal, f"{town.code}{chome:03}", address, building, kana, phone)

    def other(self, rng: Random) -> tuple[Elsewhere, str]:
        """A municipality and an address there."""
        place = self.elsewhere.pick(rng.random())
        return place, f"{place.place}{int(rng.random() * 900) + 1}番地{int(rng.random() * 30) + 1}"
