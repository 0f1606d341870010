"""Names by frequency, with readings. No real person's name is looked up anywhere; every pair is drawn by chance."""

from __future__ import annotations

from bisect import bisect_left
from random import Random
from typing import NamedTuple

from world.town.chance import Table, data

_RARE = 0.01


class Word(NamedTuple):
    text: str
    kana: str


def _words(line: str) -> list[list[str]]:
    return [word.split("/") for word in line.split()]


class Names:
    """surname(r), given(...), foreign(...)."""

    def __init__(self) -> None:
        raw = data("names")
        surnames = [word for line in raw["surnames"] for word in _words(line)]
        variants: dict[str, list[tuple[str, int]]] = {}
        for line in raw["variants"]:
            for name, variant, share in _words(line):
                variants.setdefault(name, []).append((variant, int(share)))
        items, weights = [], []
        for name, kana, thousands in surnames:
            left = 1000
            for variant, share in variants.get(name, ()):
                items.append(Word(variant, kana))
                weights.append(int(thousands) * share / 1000)
                left -= share
            items.append(Word(name, kana))
            weights.append(int(thousands) * left / 1000)
        self._surnames = Table(items, weights)
        self.rare = [Word(*word) for line in raw["rare"] for word in _words(line)]
        self._years: dict[bool, list[int]] = {}
        self._given: dict[bool, list[Table]] = {}
        for male, key in ((True, "male"), (False, "female")):
            eras = raw["given"][key]
            self._years[male] = sorted(eras)
            self._given[male] = []
            for year in sorted(eras):
                words = [Word(*word) for word in _words(eras[year])]
                # The most usual names cover more: weight falls with the rank.
                self._given[male].append(Table(words, [1 / (rank + 6) for rank in range(len(words))]))
        self._foreign = raw["foreign"]
        self._full: dict[tuple[str, str, str], tuple[str, str]] = {}

    def surname(self, rng: Random) -> Word:
        if rng.random() < _RARE:
            return self.rare[int(rng.random() * len(self.rare))]
        return self._surnames.pick(rng.random())

    def given(self, rng: Random, male: bool, year: int) -> Word:
        return self._given[male][bisect_left(self._years[male], year)].pick(rng.random())

    def full(self, surname: Word, given: Word) -> tuple[str, str]:
        """(name, reading); equal names are one string, which a large ward needs."""
        found = self._full.get((surname.text, given.text, given.kana))
        if found is None:
            found = f"{surname.text}　{given.text}", f"{surname.kana}　{given.kana}"
            self._full[surname.text, given.text, given.kana] = found
        return found

    def foreign(self, rng: Random, nationality: str, male: bool, family: Word | None) -> tuple[Word, Word]:
        """(family name, given name) in Latin letters with their readings."""
        found = self._foreign.get(nationality) or self._foreign["その他"]
        if family is None:
            family = Word(*_pick(rng, found["family"]).split("/"))
        return family, Word(*_pick(rng, found["male" if male else "female"]).split("/"))


def _pick(rng: Random, items: list):
    return items[int(rng.random() * len(items))]


_HALF = dict(
    zip(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンー",
        "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｰ",
        strict=True,
    )
)
_HALF |= dict(zip("ァィゥェォッャュョ", "ｱｲｳｴｵﾂﾔﾕﾖ", strict=True))
_HALF |= {chr(ord(base) + 1): _HALF[base] + "ﾞ" for base in "カキクケコサシスセソタチツテトハヒフヘホ"}
_HALF |= {chr(ord(base) + 2): _HALF[base] + "ﾟ" for base in "ハヒフヘホ"}
_HALF |= {"ヴ": "ｳﾞ", "　": " ", "ヱ": "ｴ", "ヰ": "ｲ", "ヵ": "ｶ", "ヶ": "ｹ", "ヮ": "ﾜ"}
_HALF_TABLE = str.maketrans(_HALF)


def half_width(kana: str, length: int) -> str:
    """Half-width kana with large letters only, cut to `length`."""
    half = kana.translate(_HALF_TABLE).upper()[:length]
    return half.rstrip(" ")
