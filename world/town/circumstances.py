"""What other offices know at the opening: welfare, facilities, 住所地特例, mailing addresses, accounts, relations.

Shares are assumptions unless statistics.yaml has them; they are small and only have to exist.
"""

from __future__ import annotations

from random import Random

import zengin_code

from world.town import days
from world.town.chance import data, generator
from world.town.facilities import Facility
from world.town.funds import NOTHING
from world.town.households import HEAD, Member
from world.town.names import half_width
from world.town.records import Home, Levied, Person
from world.town.ward import Ward

IN_FACILITY, OTHER_EXCEPTION, OWN_EXCEPTION = 0.022, 0.002, 0.0045
PROTECTED, MAILING, ACCOUNT = 0.003, 0.014, 0.17
KOKUHO, KOUKI = "131995", "39131995"


class Circumstances:
    """Fills ward.small. Later events of the year go through the same methods."""

    def __init__(self, ward: Ward) -> None:
        self.ward = ward
        self.opening, self.fiscal_year = ward.opening, ward.fiscal_year
        self.cases = 0
        self.accounts = _accounts()
        rates = data("statistics")["welfare"]
        self._welfare_old, self._welfare_young = rates["rate_70plus"], rates["rate_under_65"]

    def everybody(self) -> None:
        """Once, at the opening."""
        rng = generator(self.ward.seed, "circumstances")
        for facility in self.ward.facilities.all():
            self.ward.note("ward.facility", facility.values(), (facility.number, facility.start))
        for home in self.ward.homes:
            self._household(rng, home)
        self._own_exceptions(rng)

    def _household(self, rng: Random, home: Home) -> None:
        r = rng.random
        head = home.members[0]
        age = self._age(head)
        alone = len(home.members) == 1
        rate = self._welfare_old if age >= 65 else self._welfare_young
        if r() < rate * (2.1 if alone else 0.55):
            start = self.opening - 30 - int(r() * 3600)
            end = 0
            if r() < 0.05:
                end = self.opening - int(r() * 330)
                start = min(start, end - 60)
            self.assist(rng, home.members, start, end)
        if r() < PROTECTED * 4.2 and len(home.members) <= 3 and not head.male:
            self.protect(rng, home)
        for person in home.members:
            age = self._age(person)
            if age >= 40:
                self._medical(rng, person, age)
            if age >= 65:
                self._old(rng, person, age, alone)

    def _old(self, rng: Random, person: Person, age: int, alone: bool) -> None:
        r = rng.random
        if alone and age >= 72 and "protection" not in person.extra:
            chance = r()
            start = max(person.became_on + 30, self.opening - 1 - int(r() * 1900))
            if start < self.opening:
                if chance < OTHER_EXCEPTION * 3:
                    self.from_elsewhere(rng, person, start)
                elif chance < (IN_FACILITY + OTHER_EXCEPTION) * 3:
                    self.enter(rng, person, start)
        if r() < MAILING:
            self.mail_to(
                rng, person, self.opening - int(r() * 2000) - 1, "2" if age > 80 and r() < 0.4 else "1"
            )
        if r() < ACCOUNT:
            self.account(rng, person, self.opening - int(r() * 3000) - 1, "1")
        if r() < 0.03:
            self.account(rng, person, self.opening - int(r() * 3000) - 1, "2")
        if age >= 66 and r() < 0.0012:
            self.exclude(rng, person, self.opening - int(r() * 3000) - 1)
        tax = person.tax.get(self.fiscal_year)
        if tax and tax.tax.status == "2" and tax.tax.pension_revenue > 600_000 and r() < 0.002:
            self.borderline(
                rng, person, days.day(self.fiscal_year - 1, 8, 1), days.day(self.fiscal_year, 8, 1)
            )

    # -- one circumstance of one person ----------------------------------------------------------------

    def assist(
        self, rng: Random, members: list[Person], start: int, end: int = 0, kind: str = "1", history: int = 1
    ) -> None:
        """生活保護 of a household; income above it disappears."""
        self.cases += 1
        substitute = "1" if rng.random() < 0.6 else "0"
        years = (self.fiscal_year - 1, self.fiscal_year)
        if start < self.opening and not end:
            self.ward.funds.fund(rng, members, years, poor=True)
        for person in members:
            began = max(start, person.birth)
            self.welfare(person, kind, began, end, f"H{self.cases:06}", substitute, history)

    def welfare(
        self, person: Person, kind: str, start: int, end: int, case: str, substitute: str, history: int = 1
    ) -> tuple[str, ...]:
        values = (person.number, kind, str(history), "0", case, days.text(start), days.text(end), substitute)
        self.ward.note("ward.welfare", values, (person.number, kind, start))
        return values

    def protect(self, rng: Random, home: Home) -> None:
        """支援措置 for a household; the abuser is somebody the register knows elsewhere."""
        until = self.opening + 20 + int(rng.random() * 340)
        for person in home.members:
            person.extra["protection"], person.extra["protection_until"] = "1", until
            person.event, person.event_on = "15", max(person.event_on, until - 365)
            person.notified_on = person.event_on
            person.history += 1
        if rng.random() < 0.7:
            other = self.outsider(rng, True, 30 + int(rng.random() * 40), "3")
            self.relate(home.members[0], other, "9", home.members[0].event_on)

    def relate(self, person: Person, other: str, relation: str, start: int) -> tuple[str, ...]:
        values = (person.number, other, relation, days.text(start), "")
        self.ward.note("ward.relationship", values, (person.number, other, relation))
        return values

    def outsider(self, rng: Random, male: bool, age: int, reason: str) -> str:
        """A 住登外者 with a number of his own: a relative, a guardian, an abuser."""
        ward = self.ward
        place, address = ward.places.other(rng)
        home = Home(ward.numbers.home(), place.postal, "", address, "", place.kana, "")
        person = Person(
            ward.numbers.person(), home, "", male, days.birth_date(self.fiscal_year, age, rng.random())
        )
        ward.people.named(rng, person, ward.names.surname(rng), "")
        self.nonresident(person, self.opening - int(rng.random() * 2500) - 1, reason)
        return person.number

    def nonresident(
        self, person: Person, start: int, reason: str, state: str = "1", state_on: int = 0, history: int = 1
    ) -> tuple[str, ...]:
        values = (
            person.number, str(history), "0", days.text(start), person.name, person.kana, days.text(person.birth),
            "1" if person.male else "2", person.home.postal, person.home.address, person.home.building, reason, state,
            days.text(state_on),
        )  # fmt: skip
        self.ward.note("ward.nonresident", values, (person.number,))
        return values

    def stay(self, person: Person, facility: Facility, start: int, end: int = 0) -> tuple[str, ...]:
        values = (person.number, facility.number, days.text(start), days.text(end), facility.grant)
        self.ward.note("ward.facility_stay", values, (person.number, start))
        return values

    def enter(self, rng: Random, person: Person, start: int) -> Facility:
        """Into a facility of the ward, where the person now lives."""
        inside = self.ward.facilities.inside
        facility = inside[int(rng.random() * len(inside))]
        self.move_into(person, facility, start)
        self.stay(person, facility, start)
        return facility

    def move_into(self, person: Person, facility: Facility, start: int) -> None:
        home = person.home
        home.postal, home.town_code, home.address = facility.postal, facility.town_code, facility.address
        home.building, home.kana_address = facility.name, facility.kana_address
        person.settled_on = start
        if start > person.event_on:
            person.event, person.event_on, person.notified_on = "03", start, min(start + 3, self.opening - 1)
            person.history += 1

    def from_elsewhere(self, rng: Random, person: Person, start: int) -> Facility:
        """他特例: moved into a facility of the ward from elsewhere; insured there."""
        facilities = self.ward.facilities.inside_targets
        facility = facilities[int(rng.random() * len(facilities))]
        self.move_into(person, facility, start)
        place, address = self.ward.places.other(rng)
        person.became_on = person.became_told = person.joined_on = person.event_on = person.notified_on = (
            start
        )
        person.settled_on, person.became_reason, person.event, person.history = start, "01", "01", 1
        person.extra["from_code"], person.extra["from_address"] = place.code, address
        self.stay(person, facility, start)
        self.exception(person, "2", place.code, facility, start)
        return facility

    def exception(
        self,
        person: Person,
        kind: str,
        municipality: str,
        facility: Facility,
        start: int,
        end: int = 0,
        reason: str = "",
    ) -> tuple[str, ...]:
        values = (
            person.number, kind, municipality, facility.number, days.text(start), days.text(end), reason
        )  # fmt: skip
        self.ward.note("ward.address_exception", values, (person.number, kind, start))
        return values

    def exclude(self, rng: Random, person: Person, start: int) -> None:
        """適用除外施設: from the day after entering, the person is not insured."""
        exclusions = self.ward.facilities.exclusions
        self.stay(person, exclusions[int(rng.random() * len(exclusions))], max(start, person.became_on))

    def mail_to(
        self, rng: Random, person: Person, start: int, reason: str, facility: Facility | None = None
    ) -> tuple[str, ...]:
        """Letters go to a child, a guardian or the facility."""
        if facility:
            recipient, postal, address, building = (
                person.name,
                facility.postal,
                facility.address,
                facility.name,
            )
        else:
            place, address = self.ward.places.other(rng)
            surname = person.name.split("　")[0] if reason == "1" else self.ward.names.surname(rng).text
            given = self.ward.names.given(rng, rng.random() < 0.5, 1970).text
            recipient, postal, building = f"{surname}　{given}", place.postal, ""
        use = "1" if rng.random() < 0.7 else "2"
        values = (person.number, use, recipient, postal, address, building, reason, days.text(start), "")
        self.ward.note("ward.mailing_address", values, (person.number, use, start))
        return values

    def account(self, rng: Random, person: Person, start: int, use: str) -> tuple[str, ...]:
        bank, branch = self.accounts[int(rng.random() * len(self.accounts))]
        number = f"{int(rng.random() * 10_000_000):07}"
        holder = person.kana[:60]
        values = (person.number, use, bank, branch, "1", number, holder, days.text(start), "")
        self.ward.note("ward.bank_account", values, (person.number, use, start))
        return values

    def borderline(
        self, rng: Random, person: Person, start: int, end: int, stage: int | None = 1
    ) -> tuple[str, ...]:
        """境界層証明書: who would need public assistance if he paid the full amounts."""
        measures = "食費・居住費の負担限度額" + ("、保険料の段階" if stage else "")
        certificate = f"境{int(rng.random() * 100_000):05}"
        values = (
            person.number, certificate, measures, str(stage or ""), days.text(start), days.text(end),
        )  # fmt: skip
        self.ward.note("ward.borderline", values, (person.number, certificate))
        return values

    def _medical(self, rng: Random, person: Person, age: int) -> None:
        r = rng.random()
        if age >= 75:
            start = max(person.became_on, days.attained(person.birth, 75) + 1, days.day(2008, 4, 1))
            self.insure(person, "2", KOUKI, start)
        elif (age >= 65 and r < 0.72) or (age < 65 and r < 0.24):
            self.insure(person, "1", KOKUHO, max(person.became_on, self.opening - 200 - int(r * 5000)))
        elif r < 0.9:
            self.insure(person, "3", f"06{130000 + int(r * 9999):06}", self.opening - 100 - int(r * 4000))

    def insure(
        self, person: Person, category: str, insurer: str, start: int, end: int = 0
    ) -> tuple[str, ...]:
        start = max(start, person.birth)
        mark = person.number[-8:]
        branch = "" if category == "2" else "01"
        values = (person.number, insurer, mark, branch, category, days.text(start), days.text(end))
        self.ward.note("ward.medical", values, (person.number, start))
        return values

    def _own_exceptions(self, rng: Random) -> None:
        """自特例: ours who live in facilities elsewhere; those of long ago are 住登外者, the recent ones left last year."""
        ward = self.ward
        insured = sum(self._age(person) >= 65 for person in ward.residents())
        for serial in range(max(4, int(insured * OWN_EXCEPTION))):
            age = 70 + int(rng.random() * 28)
            facility = ward.facilities.targets[int(rng.random() * len(ward.facilities.targets))]
            home = Home(
                ward.numbers.home(),
                facility.postal,
                "",
                facility.address,
                facility.name,
                facility.kana_address,
                "",
            )
            family = [Member(HEAD, rng.random() < 0.35, age)]
            if serial % 4:
                ward.people.settle(rng, family, home)
                person = home.members[0]
                start = self.opening - 400 - int(rng.random() * 2500)
                self.nonresident(person, start, "1")
            else:
                person = self.left_for(rng, family, facility)
                start = person.event_on
                self.mail_to(rng, person, start, "3", facility)
            ward.funds.fund(rng, [person], (self.fiscal_year - 1, self.fiscal_year))
            for year in person.tax:
                person.tax[year] = Levied(1, person.tax[year].tax if rng.random() < 0.95 else NOTHING)
            if serial % 4:
                ward.guests.append(person)
            self.stay(person, facility, start)
            self.exception(person, "1", facility.municipality, facility, start)
            if serial < 3:
                ward.sample("住所地特例(自特例)の人", person)

    def left_for(self, rng: Random, family: list[Member], facility: Facility) -> Person:
        from world.town.ward import leave

        ward = self.ward
        home = ward.people.settle(rng, family)
        person = home.members[0]
        if person.event_on >= self.opening - 340:
            person.became_on = person.settled_on = person.joined_on = person.event_on = self.opening - 4000
            person.became_told, person.notified_on, person.event, person.became_reason = (
                person.became_on,
                0,
                "00",
                "01",
            )
        on = self.opening - 20 - int(rng.random() * 300)
        leave(rng, person, ward.places, on, self.opening - 1, (facility.municipality, facility.address))
        ward.gone.append(person)
        return person

    def _age(self, person: Person) -> int:
        return self.ward.funds.age(person)


def _accounts() -> list[tuple[str, str]]:
    """(bank, branch) of real banks that people of the ward would use."""
    found = []
    for code in ("0001", "0005", "0009", "0010", "0017", "9900"):
        bank = zengin_code.Bank.all.get(code)
        if bank is not None:
            found += [(code, branch) for branch in sorted(bank.branches)[:60]]
    return found


def kana_half(person: Person, length: int) -> str:
    """The name as the pension service prints it."""
    return half_width(person.kana, length)
