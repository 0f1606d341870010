"""The pension payer: what it takes from whom on pension days, and the file 22 that tells of it in the month after."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from datetime import date

from world.town import days, money_lines
from world.town.gone import DEAD, People, alive, pensioner
from world.town.sent import MONTHS, STOP, Deduction

TELLING_DAY = 5
_FIRST = (4, 6, 8)


class Pensions:
    """kept: 基礎年金番号 → {payer, record, amounts {YYYYMM: yen}, stop (ordinal, 0 = not), addressee}."""

    def __init__(self, kept: dict, people: People) -> None:
        self.kept, self.people = kept, people

    def known(self, fiscal_year: int, records: Iterable[bytes]) -> None:
        """Whom the former system had deducted: April, June and August go on as February (法140条1項・2項)."""
        for record in records:
            number = record[21:31].decode("ascii").strip()
            if number in self.people.deducted:
                addressee, yen = self.people.deducted[number]
                amounts = {f"{fiscal_year}{month:02}": yen for month in _FIRST}
                self._keep(number, record[6:9].decode("ascii"), record, addressee, amounts)

    def _keep(self, number: str, payer: str, record: bytes, addressee: str, amounts: dict[str, int]) -> dict:
        return self.kept.setdefault(
            number,
            {
                "payer": payer,
                "record": b64encode(record).decode(),
                "amounts": amounts,
                "stop": 0,
                "addressee": addressee,
            },
        )

    def asked(self, on: int, asked: list[Deduction]) -> None:
        """What a file says holds from the next pension day on."""
        year = _fiscal_year(on)
        for one in asked:
            addressee = self.people.pensioners.get(pensioner(one.record), "")
            found = self._keep(one.number, one.payer, one.record, addressee, {})
            found |= {"payer": one.payer, "record": b64encode(one.record).decode()}
            if one.notice == STOP:
                found["stop"] = on
                continue
            found["stop"] = 0
            for month, yen in zip(MONTHS[one.notice], one.amounts, strict=True):
                key = _key(year, month)
                if pension_day(key) > on:
                    found["amounts"][key] = yen

    def deduct(self, day: int, unaware: Callable[[str], int]) -> list[dict]:
        """The truth of a pension day; nothing on others. unaware: for how many days a death is not known."""
        month = days.text(day)[:6]
        if int(month[4:]) % 2 or pension_day(month) != day:
            return []
        truth = []
        for number, found in sorted(self.kept.items()):
            yen = self._amount(found, month)
            gone = self.people.gone.get(found["addressee"])
            dead = gone is not None and gone.state == DEAD and not alive(gone, day - unaware(number))
            if not yen or found["stop"] or dead:
                continue
            found.setdefault("taken", {})[month] = yen
            truth.append(self._told(number, found["addressee"], month, yen, day))
        return truth

    def _amount(self, found: dict, month: str) -> int:
        """As asked; from April on as in February until something else is asked."""
        year, number = int(month[:4]), int(month[4:])
        if month not in found["amounts"] and number in _FIRST:
            found["amounts"][month] = found["amounts"].get(f"{year}02", 0)
        return found["amounts"].get(month, 0)

    def _told(self, number: str, addressee: str, month: str, yen: int, day: int) -> dict:
        year, part = int(month[:4]), int(month[4:])
        return {
            "channel": "deduction", "reference": number, "told_as": number, "insured_number": "", "addressee": addressee,
            "fiscal_year": year if part >= 4 else year - 1, "number": part if part >= 4 else part + 12, "yen": yen,
            "paid_on": days.iso(day), "settled_on": days.iso(_tenth_after(day)), "fate": "deduction",
        }  # fmt: skip

    def told(self, day: int) -> list[tuple[str, bytes, int]]:
        """(payer, file 22, records) on the day of the month after, on which payers tell."""
        on = date.fromordinal(day)
        telling = days.day(on.year, on.month, TELLING_DAY)
        while not days.is_open(date.fromordinal(telling)):
            telling += 1
        if day != telling:
            return []
        month = days.text(days.day(on.year, on.month, 1) - 1)[:6]
        found: dict[str, list[tuple[bytes, int]]] = {}
        for _, one in sorted(self.kept.items()):
            if month in one.get("taken", {}):
                found.setdefault(one["payer"], []).append((b64decode(one["record"]), one["taken"][month]))
        made = []
        for payer, records in sorted(found.items()):
            content, count, _ = money_lines.taken(payer, day, records)
            made.append((payer, content, count))
        return made


def pension_day(month: str) -> int:
    """The 15th of a month YYYYMM, or the open day before."""
    day = days.day(int(month[:4]), int(month[4:]), 15)
    while not days.is_open(date.fromordinal(day)):
        day -= 1
    return day


def _key(fiscal_year: int, month: int) -> str:
    return f"{fiscal_year + (month > 12)}{(month - 1) % 12 + 1:02}"


def _fiscal_year(day: int) -> int:
    on = date.fromordinal(day)
    return on.year if on.month >= 4 else on.year - 1


def _tenth_after(day: int) -> int:
    on = date.fromordinal(day)
    return days.day(on.year + on.month // 12, on.month % 12 + 1, 10)
