"""The year of the cast, event by event."""

from __future__ import annotations

from world.town import days
from world.town.cast import Cast
from world.town.events import Events
from world.town.incomes import Income, levy
from world.town.offices import Offices
from world.town.records import Person
from world.town.year import Year


class Script:
    """Puts the cast's events into the calendar of the year."""

    def __init__(self, cast: Cast, year: Year, events: Events, offices: Offices) -> None:
        self.cast, self.year, self.events, self.offices = cast, year, events, offices
        self.ward, self.register, self.who = year.ward, year.register, cast.who

    def _on(self, month: int, dom: int) -> int:
        return days.day(self.ward.fiscal_year + (month < 4), month, dom)

    def fill(self) -> None:
        """All of it, in the order of the year."""
        self._goes("同じ日に転出先へ転入した人", self._on(6, 10), 0)
        self._goes("翌日に転出先へ転入した人", self._on(6, 10), 1)
        self.year.at(self._on(6, 2), self.events.death, self.who["月末に亡くなった人"], self._on(5, 31))
        self.year.at(self._on(5, 7), self._dies_wrongly, self.who["死亡の日が後で訂正された人"])
        self.year.at(
            self._on(6, 5), self.events.death, self.who["夫が亡くなり世帯主になる人"], self._on(6, 3)
        )
        self.year.at(self._on(5, 11), self._leaves_wrongly, self.who["転出が取り消された人"])
        self.year.at(self._on(4, 20), self._plans, self.who["転出予定を取り消した人"])
        self._goes("転出して戻った人", self._on(4, 24), 0)
        self.year.at(self._on(6, 22), self.events.comes_back, self.who["転出して戻った人"])
        self._welfare()
        self._taxes()
        self._homes()
        self.year.at(self._on(5, 20), self._becomes_resident, self.who["住登外から住民になる人"])
        for person in self.who["支援措置の人と暮らす人"].home.members:
            self.year.at(self._on(5, 15), self._protection_ends, person)

    def _goes(self, name: str, on: int, later: int) -> None:
        self.year.at(on + 6, self._gone, self.who[name], on, later)

    def _gone(self, told: int, person: Person, on: int, later: int) -> None:
        place, address = self.ward.places.other(self.cast.rng)
        if self.register.leave(person, on, told, on + later, (place.code, address)):
            self.offices.gone(told, person, "3")

    def _dies_wrongly(self, told: int, person: Person) -> None:
        """Told as 1 May; it was 30 April: a month of premium less."""
        self.events.death(told, person, self._on(5, 1))
        self.year.at(self._on(6, 18), self._earlier, person, person.history)

    def _earlier(self, told: int, person: Person, history: int) -> None:
        self.register.correct(person, history, 1)

    def _leaves_wrongly(self, told: int, person: Person) -> None:
        before = self.register.snapshot(person)
        self._gone(told, person, told - 4, 0)
        self.year.at(self._on(6, 8), self.events.cancelled, person, before, person.history)

    def _plans(self, told: int, person: Person) -> None:
        place, address = self.ward.places.other(self.cast.rng)
        self.register.plan(person, told, told + 10, (place.code, address))
        self.year.at(self._on(5, 13), self._stays, person)

    def _stays(self, told: int, person: Person) -> None:
        self.register.stay_after_all(person, told)

    def _welfare(self) -> None:
        begins, ends = self.who["生活保護が年度途中に始まる人"], self.who["生活保護が年度途中に終わる人"]
        self.year.at(self._on(5, 25), self._assisted, begins, self._on(5, 15))
        self.year.at(self._on(6, 15), self._assistance_ended, ends, self._on(6, 11))

    def _assisted(self, told: int, person: Person, on: int) -> None:
        values = self.cast.office.welfare(person, "1", on, 0, "H900002", "1")
        self.year.tell("ward.welfare", values)

    def _assistance_ended(self, told: int, person: Person, on: int) -> None:
        for layout, key, values in self.ward.lines_of(person.number):
            if layout == "ward.welfare":
                ended = (*values[:2], "2", *values[3:6], days.text(on), values[7])
                self.ward.note(layout, ended, key)
                self.year.tell(layout, ended)

    def _taxes(self) -> None:
        """Corrections arrive with the file of the tenth; the small hours before it are soon enough."""
        now, before = self.ward.fiscal_year, self.ward.fiscal_year - 1
        self.year.at(self._on(7, 6), self._corrected, self.who["所得が後で更正された人"], now, 2_600_000)
        self.year.at(self._on(7, 6), self._corrected, self.who["前年度の所得が更正された人"], before, 900_000)

    def _corrected(self, told: int, person: Person, year: int, other: int) -> None:
        tax = levy(year, Income(person.tax[year].tax.pension_revenue, 0, other), 65, 0, False)
        self.offices.change(told, person, year, tax, "更正")

    def _homes(self) -> None:
        person, waits = self.who["住所地特例になる人(自特例)"], self.who["施設への転出で確かめを待つ人"]
        first, second = self.ward.facilities.targets[:2]
        self.year.at(self._on(5, 14), self._to_home, person, first, self._on(5, 12), self._on(5, 28))
        self.year.at(self._on(6, 17), self._to_home, waits, second, self._on(6, 15), self._on(9, 15))

    def _to_home(self, told: int, person: Person, facility, on: int, exception_told: int) -> None:
        if self.register.leave(person, on, told, on, (facility.municipality, facility.address)):
            self.offices.gone(told, person, "3")
            self.year.tell("ward.facility_stay", self.cast.office.stay(person, facility, on))
            self.year.at(exception_told, self.offices.own_exception, person, facility)

    def _becomes_resident(self, told: int, known: Person) -> None:
        ward = self.ward
        home = ward.places.home(self.cast.rng, ward.numbers.home())
        person = Person(ward.numbers.person(), home, "世帯主", known.male, known.birth)
        person.name, person.kana = known.name, known.kana
        home.members = [person]
        ward.homes.append(home)
        ward.reserved.update((home.number, person.number))
        self.register.come(person, told - 3, told, ("131016", known.home.address))
        ward.sample("住登外から住民になる人", person)
        self.offices.arrived(told, [person])

    def _protection_ends(self, told: int, person: Person) -> None:
        if person.state == "1" and "protection" in person.extra:
            del person.extra["protection"], person.extra["protection_until"]
            self.register.happen(person, "16", told, told)
