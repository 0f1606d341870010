"""People whose year is written by hand, so that every rule of the street meets somebody at any size of the ward."""

from __future__ import annotations

from world.town import days
from world.town.chance import generator
from world.town.circumstances import Circumstances
from world.town.facilities import Facility
from world.town.funds import NOTHING
from world.town.households import CHILD, HEAD, SPOUSE, Member
from world.town.incomes import Income, levy
from world.town.names import Word
from world.town.records import Home, Levied, Pension, Person
from world.town.ward import Ward


class Cast:
    """settle(): all of them live in the ward at the opening. Their events are in script.py."""

    def __init__(self, ward: Ward, office: Circumstances) -> None:
        self.ward, self.office, self.year = ward, office, ward.fiscal_year
        self.rng = generator(ward.seed, "cast")
        self.who: dict[str, Person] = {}

    def person(
        self, name: str, age: int = 72, male: bool = False, born: int = 0, pension: int = 1_320_000
    ) -> Person:
        """Somebody alone, resident for long, with a pension; named `name` among the samples."""
        return self.household(name, [Member(HEAD, male, age)], born, pension)[0]

    def household(
        self, name: str, family: list[Member], born: int = 0, pension: int = 1_320_000
    ) -> list[Person]:
        """A household whose first member is the sample."""
        ward = self.ward
        home = ward.people.settle(self.rng, family)
        for person in home.members:
            person.extra.clear()
            if born and person is home.members[0]:
                person.birth = born
            since = max(person.birth, days.day(self.year - 20, 4, 1))
            person.became_on = person.became_told = person.settled_on = person.joined_on = person.event_on = (
                since
            )
            person.became_reason, person.event, person.notified_on, person.history = (
                "05" if since == person.birth else "01",
                "00",
                0,
                1,
            )
            japanese = ward.people.names
            surname, given = (
                japanese.surname(self.rng),
                japanese.given(self.rng, person.male, int(days.text(person.birth)[:4])),
            )
            if person is not home.members[0]:
                head = home.members[0]
                surname = Word(head.name.split("　")[0], head.kana.split("　")[0])
            person.name, person.kana = f"{surname.text}　{given.text}", f"{surname.kana}　{given.kana}"
            old = ward.funds.age(person) >= 64
            self.money(person, pension if old and person is home.members[0] else 700_000 if old else 0)
            ward.reserved.add(person.number)
        ward.homes.append(home)
        ward.reserved.add(home.number)
        self.who[name] = home.members[0]
        ward.sample(name, home.members[0])
        return home.members

    def money(
        self, person: Person, pension: int, before: Income | None = None, now: Income | None = None
    ) -> None:
        """Pension and the tax of both years; without incomes the pension is all there is."""
        number = self.ward.funds.basic(person)
        person.pension = Pension(pension, "1150", number) if pension else None
        for year, income in ((self.year - 1, before), (self.year, now)):
            age = 65 if person.birth <= days.day(year - 65, 1, 1) else 40
            if person.birth < days.day(year - 15, 1, 1):
                person.tax[year] = Levied(
                    1, levy(year, income or Income(pension if age == 65 else 0), age, 0, False)
                )

    def settle(self) -> None:
        """Everybody of the cast."""
        self._ages()
        self._movers()
        self._money()
        self._names()
        self._homes()
        self._protected()

    def _ages(self) -> None:
        year = self.year
        leap = next(y for y in range(year - 65, 1900, -1) if y % 4 == 0)
        self.person(
            "4月1日に65歳に達した人(4月2日生まれ)", 64, born=days.day(year - 65, 4, 2), pension=980_000
        )
        self.person("3月31日に65歳に達した人(4月1日生まれ)", 65, True, born=days.day(year - 65, 4, 1))
        self.person("年度途中に65歳になる人", 64, True, born=days.day(year - 65, 5, 21), pension=1_650_000)
        self.person("2月29日生まれの人", 66, born=days.day(leap, 2, 29))
        self.person(
            "特別徴収がこれから始まる人", 65, True, born=days.day(year - 65, 1, 15), pension=1_900_000
        )
        unknown = self.person("生年月日に不詳のある人", 85, pension=0, born=days.day(year - 85, 7, 1))
        unknown.extra["birth_text"] = f"{year - 85}0000"
        oldest = self.person("老齢福祉年金の人", 104, born=days.day(year - 110, 3, 3), pension=0)
        values = (oldest.number, "老福第00001号", days.text(days.day(year - 40, 4, 1)), "")
        self.ward.note("ward.old_age_pension", values, (oldest.number,))

    def _movers(self) -> None:
        for name in (
            "同じ日に転出先へ転入した人", "翌日に転出先へ転入した人", "月末に亡くなった人", "死亡の日が後で訂正された人",
            "転出が取り消された人", "転出予定を取り消した人", "転出して戻った人",
        ):  # fmt: skip
            self.person(name, 70 + len(name), len(name) % 2 == 0)
        self.household(
            "夫が亡くなり世帯主になる人",
            [Member(HEAD, True, 82), Member(SPOUSE, False, 79)],
            pension=2_400_000,
        )

    def _money(self) -> None:
        year = self.year
        self.person("生活保護が年度途中に始まる人", 71, pension=640_000)
        ends = self.person("生活保護が年度途中に終わる人", 69, True, pension=700_000)
        self.office.welfare(ends, "1", days.day(year - 3, 6, 1), 0, "H900001", "1")
        support = self.person("支援給付の人", 78, True, pension=0)
        self.office.welfare(support, "2", days.day(year - 15, 10, 1), 0, "S900001", "0")
        border = self.person("境界層の人", 76, pension=1_180_000)
        self.office.borderline(self.rng, border, days.day(year - 1, 8, 1), days.day(year, 8, 1))
        self.person("所得が後で更正された人", 73, True, pension=1_900_000)
        self.person("前年度の所得が更正された人", 75, True, pension=1_500_000)
        undeclared = self.person("未申告の人", 70, True, pension=0)
        undeclared.tax = {y: Levied(1, NOTHING) for y in (year - 1, year)}
        deemed = self.person("みなし課税の人(令和8年度)", 68, pension=560_000)
        self.money(deemed, 560_000, Income(560_000, 900_000), Income(560_000, 1_120_000))
        land = self.person("土地を売った人(特別控除)", 77, True, pension=1_450_000)
        self.money(land, 1_450_000, None, Income(1_450_000, 0, 24_000_000, 23_500_000))
        falls = self.person("仮徴収が年額を上回る人", 74, True, pension=1_500_000)
        self.money(falls, 1_500_000, Income(1_500_000, 0, 5_800_000), Income(1_500_000))
        debit = self.person("口座振替の人", 66, pension=0)
        self.office.account(self.rng, debit, days.day(year - 1, 9, 1), "1")

    def _names(self) -> None:
        alias = self.person("通称のある外国人住民", 72, True)
        alias.extra |= {"nationality": "韓国", "alias": alias.name, "alias_kana": alias.kana}
        alias.name, alias.kana = "KIM YOUNGHO", "キム　ヨンホ"
        longest = self.person("最も長い氏名の人", 67)
        longest.extra["nationality"] = "フィリピン"
        longest.name = "MONTENEGRO VILLANUEVA DE LA CRUZ MARIA CONCEPCION GUADALUPE ESPERANZA"
        longest.kana = (
            "モンテネグロ　ビリャヌエバ　デ　ラ　クルス　マリア　コンセプシオン　グアダルーペ　エスペランサ"
        )
        for surname, kana in (("𠮷﨑", "ヨシザキ"), ("髙邉", "タカベ"), ("葛󠄀城", "カツラギ")):
            person = self.person("表外の漢字の人", 80)
            person.name, person.kana = f"{surname}　ヱイ", f"{kana}　ヱイ"

    def _homes(self) -> None:
        self.person("住所地特例になる人(自特例)", 84)
        self.person("施設への転出で確かめを待つ人", 86, True)
        facilities = self.ward.facilities
        other = self.person("他市町村の被保険者(他特例)", 88)
        self.office.from_elsewhere(self.rng, other, days.day(self.year - 2, 11, 4))
        excluded = self.person("適用除外施設の人", 69, True)
        self._stay(
            excluded, next(f for f in facilities.exclusions if f.grant == "1"), days.day(self.year - 6, 4, 10)
        )
        husband = self.person("配偶者が世帯の外にいる人", 83, True, pension=2_200_000)
        wife = self.person("施設に住む配偶者", 81, pension=720_000)
        self._stay(wife, facilities.inside[0], days.day(self.year - 1, 12, 1))
        self.office.relate(husband, wife.number, "1", days.day(1968, 10, 10))
        self.office.relate(wife, husband.number, "1", days.day(1968, 10, 10))
        ward_of_guardian = self.person("成年後見人に送る人", 89)
        guardian = self.office.outsider(self.rng, False, 55, "2")
        self.office.relate(ward_of_guardian, guardian, "6", days.day(self.year - 3, 2, 1))
        self.office.mail_to(self.rng, ward_of_guardian, days.day(self.year - 3, 2, 1), "2")
        self._becomes_resident()

    def _stay(self, person: Person, facility: Facility, start: int) -> None:
        self.office.move_into(person, facility, start)
        self.office.stay(person, facility, start)

    def _becomes_resident(self) -> None:
        """Known as a relative's mailing contact; moves into the ward in May under a new number."""
        ward, rng = self.ward, self.rng
        place, address = ward.places.other(rng)
        home = Home(ward.numbers.home(), place.postal, "", address, "", place.kana, "")
        person = Person(ward.numbers.person(), home, "", False, days.day(self.year - 74, 9, 9))
        ward.people.named(rng, person, ward.names.surname(rng), "")
        self.office.nonresident(person, ward.opening - 900, "3")
        ward.sample("住登外から住民になる人", person)
        self.who["住登外から住民になる人"] = person

    def _protected(self) -> None:
        family = [Member(HEAD, False, 45), Member(CHILD, True, 12)]
        for name, members in (("支援措置の人", [Member(HEAD, False, 68)]), ("支援措置の世帯", family)):
            person = self.household(name, members)[0]
            until = self.ward.opening + 300
            for member in person.home.members:
                member.extra["protection"], member.extra["protection_until"] = "1", until
                member.event, member.event_on, member.notified_on = "15", until - 365, until - 365
                member.history += 1
            abuser = self.office.outsider(self.rng, True, 66, "4")
            self.office.relate(person, abuser, "9", until - 365)
        mother = self.household(
            "支援措置の人と暮らす人", [Member(HEAD, False, 74), Member(CHILD, False, 47)], pension=1_100_000
        )[0]
        for member in mother.home.members:
            member.extra["protection"], member.extra["protection_until"] = "1", self.ward.opening + 45
            member.event, member.event_on, member.notified_on = (
                "15",
                self.ward.opening - 320,
                self.ward.opening - 320,
            )
            member.history += 1
