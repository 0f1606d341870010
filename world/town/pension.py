"""The pension service's file 00 (特別徴収対象者情報) of 500-byte records, captured in April."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from world.town import days
from world.town.names import half_width
from world.town.places import WARD_CODE
from world.town.previous import LEAST_PENSION
from world.town.records import Person

# 義務者コード, 媒体 and 制度 are not public: the values are ours.
PAYER, MEDIUM, SCHEME, NOTICE = "001", "6", "1", "00"
# What CP932 cannot write, the pension service writes in a usual way.
_USUAL = str.maketrans(
    {"𠮷": "吉", "𩸽": "魚", "𡈽": "土", "Ü": "U", "\U000e0100": None, "髙": "高", "﨑": "崎"}
)


# The totals of a block have eleven digits: a large ward's list comes in several blocks H, D…, T.
BLOCK = 40_000


def file00(rng: Random, made_on: int, people: Iterable[Person]) -> tuple[bytes, int, int]:
    """(bytes, records, total of 各種金額欄１) of everybody who can be deducted from."""
    head = WARD_CODE[:5] + PAYER + NOTICE
    made = days.text(made_on)
    due = [p for p in people if p.pension is not None and p.pension.annual >= LEAST_PENSION]
    parts, total = [], 0
    for place in range(0, max(len(due), 1), BLOCK):
        block = due[place : place + BLOCK]
        yen = sum(person.pension.annual for person in block)
        total += yen
        parts.append(_fit("1" + head + MEDIUM + SCHEME + made, 500))
        parts += [_record(rng, head, made, person) for person in block]
        parts.append(_fit(f"3{head} {SCHEME}{made}{len(block):09}{yen:011}{0:011}{0:011}", 500))
    return b"".join(parts), len(due), total


def _record(rng: Random, head: str, made: str, person: Person) -> bytes:
    pension, home = person.pension, person.home
    name, kana = person.name, person.kana
    if "alias" in person.extra and rng.random() < 0.5:
        name, kana = person.extra["alias"], person.extra["alias_kana"]
    return b"".join(
        (
            _fit("2" + head + MEDIUM + SCHEME + made + pension.number + pension.code, 38),
            _fit(days.text(person.birth) + ("1" if person.male else "2"), 9),
            _fit(half_width(kana, 25), 28),
            _fit(name, 53),
            _fit(home.postal, 7),
            _fit(half_width(home.kana_address, 80), 83),
            _fit(home.address + home.building, 163),
            _fit("00", 2) + b"   " + b" " * 8,
            _fit(f"{pension.annual:011}{0:011}{0:011}", 33 + 58 + 15),
        )
    )


def _fit(value: str, length: int) -> bytes:
    """CP932, cut at a whole character, filled with blanks."""
    data = value.translate(_USUAL).encode("cp932", "replace")
    if len(data) > length:
        data = data[:length].decode("cp932", "ignore").encode("cp932")
    return data.ljust(length)
