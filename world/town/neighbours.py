"""The lists of other municipalities about 住所地特例, as our section copies them: mostly right, sometimes late or wrong."""

from __future__ import annotations

from collections import Counter

from world.town import days
from world.town.chance import generator
from world.town.records import Person
from world.town.year import Year

LAYOUT = "ward.exception_exchange"
# Of what the towns say: so much they have not heard of, so much they date otherwise.
_UNHEARD, _OTHER_DAY = 0.12, 0.1
_TOWNS = 4


def fill(year: Year, told: int) -> None:
    """On a day of the year the towns with the most people send what they know."""
    year.at(told, _send, year)


def _send(told: int, year: Year) -> None:
    ward = year.ward
    people = {p.number: p for p in (*ward.known(), *ward.guests)}
    homes = {f.number: f for f in ward.facilities.all()}
    lines = sorted(ward.small.get("ward.address_exception", {}).values())
    towns = Counter(values[2] for values in lines if not values[5])
    rng = generator(ward.seed, "neighbours")
    for town, _ in sorted(towns.items(), key=lambda item: (-item[1], item[0]))[:_TOWNS]:
        for number, side, code, home, start, end, _reason in lines:
            person = people.get(number)
            if code != town or person is None:
                continue
            r = rng.random()
            # An end of this year has often not reached the town yet.
            if r < _UNHEARD or (end and end < days.text(told - 120)):
                continue
            since = f"{start[:6]}01" if r < _UNHEARD + _OTHER_DAY else start
            place = homes[home].name if home in homes else ""
            year.tell(LAYOUT, _values(person, code, side, place, since, told))


def _values(person: Person, town: str, side: str, place: str, start: str, told: int) -> tuple[str, ...]:
    born = str(person.extra.get("birth_text") or days.text(person.birth))
    return town, side, "", person.name, person.kana, born, place, start, "", days.text(told)
