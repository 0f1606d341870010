"""What the ward's former system hands over at the opening (folder `former`): numbers, qualifications, last year's
assessments and instalments, ten years of totals. Three differences are planted, so that whoever compares must find them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from random import Random
from typing import NamedTuple

from world.town import days
from world.town.chance import generator
from world.town.files import Folder
from world.town.previous import RATES, Assessed, Circumstance, Insured, amount, assessed, assessment_day
from world.town.records import Person
from world.town.ward import Ward

YEARS = 10
UNPAID = 0.04
# Ways in the files of the former system.
DEDUCTED, SLIP, DEBIT, SUBSTITUTE = "1", "2", "3", "4"
FOLDER = "former"


class Former(NamedTuple):
    """A person as the former system knew him."""

    person: Person
    insured: Insured
    year: Assessed | None


def everybody(ward: Ward) -> list[Former]:
    """All who were ever insured until the opening, as far as the ward knows, in the order of the register."""
    rng = generator(ward.seed, "february")
    lives, special = _Lives(ward), _circumstances(ward)
    found = []
    for person in (*ward.known(), *ward.guests):
        insured = lives.of(person)
        year = assessed(
            rng, ward.fiscal_year - 1, person, insured, special.get(person.number, Circumstance())
        )
        if insured:
            found.append(Former(person, insured, year))
    return found


class _Lives:
    """The insured period of a person, in the words of the former system's codes."""

    def __init__(self, ward: Ward) -> None:
        self.opening = ward.opening
        # They never lived here as far as the register knows: theirs begins with the home elsewhere.
        self.guests = {person.number for person in ward.guests}
        self.homes = {facility.address for facility in ward.facilities.targets}
        kinds = {facility.number: facility.exclusion_kind for facility in ward.facilities.all()}
        self.own: dict[str, int] = {}
        self.other: dict[str, int] = {}
        for values in ward.small.get("ward.address_exception", {}).values():
            (self.own if values[1] == "1" else self.other)[values[0]] = _ordinal(values[4])
        stays: dict[str, list[tuple[str, str, bool]]] = {}
        for values in ward.small.get("ward.facility_stay", {}).values():
            stays.setdefault(values[0], []).append((values[2], values[3], bool(kinds[values[1]])))
        self.excluded: dict[str, tuple[int, int]] = {}
        for number, each in stays.items():
            each.sort()
            for place, (start, end, excluded) in enumerate(each):
                if excluded:
                    # Whoever enters another facility has left this one.
                    following = each[place + 1][0] if place + 1 < len(each) else ""
                    self.excluded[number] = (_ordinal(start), _ordinal(end or following))

    def of(self, person: Person) -> Insured | None:
        """None when he was never insured here, or when his birth date is not known to the day."""
        if "birth_text" in person.extra:
            return None
        own = self.own.get(person.number, 0)
        resident = person.became_on if person.number not in self.guests else 0
        began = resident or own
        attained = days.attained(person.birth, 65)
        since = max(attained, began)
        until, lost = self._end(person)
        other = self.other.get(person.number, 0)
        if other and (not until or other < until):
            until, lost = other, "58"
        entered, out = self.excluded.get(person.number, (0, 0))
        acquired = "02" if began <= attained else "01" if resident else "05"
        before = None
        if entered and out and since < self.opening and out > entered + 1 and (not until or out < until):
            # Back from a facility whose people are not insured.
            if since <= entered:
                before = (since, entered + 1, acquired, "53")
            if out > since:
                since, acquired = out, "02" if out <= attained else "08"
        elif entered and not out and (not until or entered + 1 < until):
            until, lost = entered + 1, "53"
        if since >= self.opening or (until and until <= since):
            return None
        ended = until if until <= self.opening else 0
        return Insured(since, ended, acquired, lost if ended else "", before)

    def _end(self, person: Person) -> tuple[int, str]:
        if person.state == "1" or not person.became_on:
            return 0, ""
        if person.state == "2":
            if person.number in self.own or person.extra.get("to_address") in self.homes:
                return 0, ""
            same_day = person.extra.get("taken_on", 0) == person.event_on
            return person.event_on + (not same_day), "51"
        return person.event_on + 1, "52" if person.state == "3" else "68"


def _circumstances(ward: Ward) -> dict[str, Circumstance]:
    found: dict[str, Circumstance] = {}
    for values in ward.small.get("ward.welfare", {}).values():
        before = found.get(values[0], Circumstance())
        span = (_ordinal(values[5]), _ordinal(values[6]))
        found[values[0]] = before._replace(assisted=(*before.assisted, span))
    for values in ward.small.get("ward.borderline", {}).values():
        if values[3]:
            before = found.get(values[0], Circumstance())
            span = (_ordinal(values[4]), _ordinal(values[5]), int(values[3]))
            found[values[0]] = before._replace(borderline=(*before.borderline, span))
    return found


def february(ward: Ward, people: Iterable[Former]) -> Iterable[tuple[str, int]]:
    """Lines of migrate.february: who was deducted from in February, and how much."""
    rng = generator(ward.seed, "february numbers")
    year = ward.fiscal_year - 1
    for former in people:
        if former.year and len(former.year.deducted) == 6 and former.year.deducted[-1]:
            yen = former.year.deducted[-1]
            number = former.person.pension.number if rng.random() < 0.93 else ""
            yield f"{former.person.number},{year},{yen},{number}", yen


class _Term(NamedTuple):
    way: str
    number: int
    due: int
    levied: int
    received: int


def write(ward: Ward, path: Path, people: list[Former]) -> tuple[list[dict], list[dict]]:
    """The files of the folder `former`. Returns their entries, as in the manifest, and the planted differences."""
    target = path / FOLDER
    target.mkdir(exist_ok=True)
    for old in target.glob("*.csv"):
        old.unlink()
    folder, on, year = Folder(target), ward.opening, ward.fiscal_year - 1
    numbered = ((f"{f.person.number},{serial:010}", 0) for serial, f in enumerate(people, 1))
    folder.write("migrate.person", on, "full", numbered)
    folder.write(
        "migrate.qualification", on, "full", ((line, 0) for f in people for line in _qualification(f))
    )
    rng = generator(ward.seed, "former")
    planted = _plant(ward, people)
    terms: dict[str, list[_Term]] = {}
    assessments: list[tuple[str, int]] = []
    for former in people:
        if former.year:
            change = planted.get(former.person.number, {})
            found = change.get("year", former.year)
            assessments.append(_assessment(former, found, year))
            terms[former.person.number] = _terms(rng, ward, former, found)
    folder.write("migrate.assessment", on, "full", assessments)
    folder.write(
        "migrate.instalment", on, "full",
        (
            (f"{number},{year},{t.way},{t.number},{days.text(t.due)},{t.levied},{t.received}", t.levied)
            for number, parts in terms.items()
            for t in parts
        ),
    )  # fmt: skip
    folder.write("migrate.year_total", on, "full", _totals(rng, ward, people, terms, planted))
    for entry in folder.entries:
        entry["file"] = f"{FOLDER}/{entry['file']}"
    told = [
        {"addressee": number, "fiscal_year": year, "what": change["what"]}
        for number, change in planted.items()
    ]
    return folder.entries, told


def _qualification(former: Former) -> Iterable[str]:
    last = former.insured
    spans = (*([last.before] if last.before else ()), (last.since, last.until, last.acquired, last.lost))
    for number, (since, until, acquired, lost) in enumerate(spans, 1):
        yield f"{former.person.number},{number},{days.text(since)},{acquired},{days.text(until)},{lost}"


def _assessment(former: Former, found: Assessed, year: int) -> tuple[str, int]:
    begin = days.day(year, 4, 1)
    word = "".join("-123456789ABCD"[stage] for stage in found.stages)
    months = sum(stage > 0 for stage in found.stages)
    decided = max(days.day(year, 7, 1), former.insured.since)
    return (
        f"{former.person.number},{year},{days.text(assessment_day(former.insured, begin))},{months},{word},"
        f"{found.annual},{int(found.interim)},{days.text(decided)}"
    ), found.annual


def _plant(ward: Ward, people: list[Former]) -> dict[str, dict]:
    """A wrong stage, a wrong amount, a balance that the instalments do not have; of three who pay for themselves."""
    plain = [
        f for f in people
        if f.year and not f.year.deducted and len(set(f.year.stages)) == 1 and f.person.number not in ward.reserved
    ][:3]  # fmt: skip
    found = {}
    for former, what in zip(plain, ("stage", "yen", "balance"), strict=True):
        year = former.year
        change: dict = {"what": what}
        if what == "stage":
            other = year.stages[0] + 1 if year.stages[0] < len(RATES) else 1
            change["year"] = year._replace(stages=(other,) * 12, annual=amount(other))
        elif what == "yen":
            change["year"] = year._replace(annual=year.annual + 1_200)
        found[former.person.number] = change
    return found


def _terms(rng: Random, ward: Ward, former: Former, found: Assessed) -> list[_Term]:
    """Deductions, all received; the rest in the ordinance's terms, of which some people still owe the last ones."""
    year = ward.fiscal_year - 1
    parts = []
    rest = found.annual
    for place, yen in enumerate(found.deducted):
        if yen:
            month = 4 + 2 * place
            # More than the year's premium may have been taken; it is not levied.
            parts.append(_Term(DEDUCTED, month, _before(_day_of(year, month, 15)), min(yen, rest), yen))
            rest -= min(yen, rest)
    if not rest:
        return [part for part in parts if part.levied or part.received]
    numbers = [n for n in range(1, 9) if _day_of(year, n + 6, 28) > former.insured.since] or [8]
    if found.deducted:
        numbers = numbers[:3]
    each = rest // len(numbers) // 100 * 100
    way = _way(ward, former.person)
    unpaid = int(rng.random() * len(numbers)) + 1 if way == SLIP and rng.random() < UNPAID else 0
    for place, number in enumerate(numbers):
        yen = rest - each * (len(numbers) - 1) if place == 0 else each
        received = 0 if place >= len(numbers) - unpaid else yen
        if yen:
            parts.append(
                _Term(way, number, _after(days.month_end(*_month_of(year, number + 6))), yen, received)
            )
    return parts


def _totals(rng: Random, ward: Ward, people: list[Former], terms, planted) -> Iterable[tuple[str, int]]:
    """Ten years of everybody: what was levied, paid, given back, written off."""
    last = ward.fiscal_year - 1
    for former in people:
        number, p = former.person.number, former.insured
        for year in range(last - YEARS + 1, last):
            if p.since < days.day(year + 1, 4, 1) and (not p.until or p.until > days.day(year, 4, 1)):
                stage = former.year.stages[-1] or 1 if former.year else 5
                levied = amount(stage) * (70 + 3 * (year - last + YEARS)) // 100 // 10 * 10
                owed = levied // 8 // 10 * 10 if rng.random() < 0.02 else 0
                # What is owed for longer than two years can no longer be claimed (法200条).
                gone = owed if year < last - 2 else 0
                yield f"{number},{year},{levied},{levied - owed},0,{gone}", levied
        parts = terms.get(number)
        if parts:
            levied, received = sum(t.levied for t in parts), sum(t.received for t in parts)
            refund = sum(max(0, t.received - t.levied) for t in parts)
            if planted.get(number, {}).get("what") == "balance":
                received -= 1_000
            yield f"{number},{last},{levied},{received},{refund},0", levied


def _way(ward: Ward, person: Person) -> str:
    lines = ward.lines_of(person.number)
    if any(layout == "ward.welfare" and values[7] == "1" and not values[6] for layout, _, values in lines):
        return SUBSTITUTE
    if any(layout == "ward.bank_account" and values[1] == "1" for layout, _, values in lines):
        return DEBIT
    return SLIP


def _ordinal(text: str) -> int:
    return date(int(text[:4]), int(text[4:6]), int(text[6:])).toordinal() if text else 0


def _month_of(year: int, month: int) -> tuple[int, int]:
    return year + (month > 12), (month - 1) % 12 + 1


def _day_of(year: int, month: int, dom: int) -> int:
    return days.day(*_month_of(year, month), dom)


def _open(day: int) -> bool:
    return days.is_open(date.fromordinal(day))


def _before(day: int) -> int:
    while not _open(day):
        day -= 1
    return day


def _after(day: int) -> int:
    while not _open(day):
        day += 1
    return day
