"""Thirty days of a ward's staff as a seeded log, with planted misuse (security.md E-13).

Ordinary work first: tickets, queues, approved lists, searches, overtime, Sunday counters, printing at night, reasons
typed in a hurry. Then some people do what they should not, as people do it; nothing here is taken from misuse.yaml.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import NamedTuple

import polars as pl

from kaigo.base.misuse.frames import ACCESSES, LEAVING, NIGHT, Frames
from kaigo.base.misuse.tests.ward import Operator, Ward
from kaigo.law.dates import is_holiday

FIRST, DAYS = date(2026, 6, 1), 30
SUNDAY_COUNTER = {date(2026, 6, 14), date(2026, 6, 28)}
BUSY = {date(2026, 6, 15): 1.6, date(2026, 6, 16): 1.8, date(2026, 6, 17): 1.4}  # after letters went out
# How often staff see people a day, by what they do: cases of a usual day.
CASES = {"clerk": 32.5, "counter": 37.0, "light": 3.0}
EVERY_RULE = tuple(f"R{n}" for n in range(1, 15))


class Planted(NamedTuple):
    """A misuse: of which rule, by whom, on which day, in which events."""

    rule: str
    member: int
    day: date
    events: frozenset[int]


class Log:
    """A log and the misuse in it: with 300 operators and 30 days a million accesses."""

    def __init__(self, seed: int, operators: int = 300, days: int = DAYS, planted: int = 200) -> None:
        self.seed, self.source = seed, Random(seed)
        self.ward = Ward(self.source, 200 * operators, operators)
        self.rows: list[tuple] = []
        self.days = [FIRST + timedelta(days=n) for n in range(days)]
        self._leave()
        self._usual = self._people_asked_about()
        for day in self.days:
            for one in self.ward.operators:
                self._day(one, day)
        self.planted: list[Planted] = []
        self._plant(planted)

    def frames(self) -> Frames:
        """What the engine is given."""
        return Frames(
            pl.DataFrame(self.rows, schema=ACCESSES, orient="row"), self.ward.ties, self.ward.colleagues(),
            self.ward.listed(), self.ward.order(), self.leaving,
            pl.DataFrame([(o.id,) for o in self.ward.operators if o.work in ("print", "operation")], schema=NIGHT, orient="row"),
        )  # fmt: skip

    def _leave(self) -> None:
        clerks = [one for one in self.ward.operators if one.work in ("clerk", "counter")]
        gone = self.source.sample(clerks, max(4, len(clerks) // 16))
        some = len(gone) * 3 // 4
        self.leavers = {one.id: self.source.choice(self.days[8:]) for one in gone[:some]}
        self.revoked = {one.id: self.source.choice(self.days[3:10]) for one in gone[some:]}
        rows = [(m, day, None, None) for m, day in self.leavers.items()] + [
            (m, None, day, None) for m, day in self.revoked.items()
        ]
        self.leaving = pl.DataFrame(rows, schema=LEAVING, orient="row")

    def _people_asked_about(self) -> list[int]:
        """Some people have much to do with the ward, most have little."""
        ids = [person.id for person in self.ward.people]
        return ids + [person for person in self.source.sample(ids, len(ids) // 10) for _ in range(12)]

    # Ordinary days.

    def _day(self, one: Operator, day: date) -> None:
        source = self.source
        if one.id in self.leavers and day >= self.leavers[one.id]:
            return
        if one.work in ("print", "operation"):
            self._shift(one, day)
            return
        if is_holiday(day):
            if day in SUNDAY_COUNTER and one.work in ("clerk", "counter") and source.random() < 0.12:
                self._work(one, day, source.randint(6, 18), 9.0, 16.5)
            return
        if source.random() < 0.06:
            return
        size = (
            CASES[one.work]
            * one.pace
            * source.gauss(1, 0.18)
            * BUSY.get(day, 1.0)
            * (1.15 if day.weekday() == 0 else 1)
        )
        self._work(one, day, max(1, round(size)), 8.6, 17.2)
        if source.random() < 0.12:
            self._work(
                one, day, source.randint(2, 9), 17.3, source.choice((18.5, 19.5, 21.0, 22.5)), late=True
            )
        if one.work == "clerk" and source.random() < 0.03:
            self._list(one, day)
        if one.work == "clerk" and source.random() < 0.06:
            self._queue_in_order(one, day)

    def _work(
        self, one: Operator, day: date, cases: int, begins: float, ends: float, late: bool = False
    ) -> None:
        for _ in range(cases):
            at = self._moment(day, begins, ends)
            person = self.source.choice(self._usual)
            chance = self.source.random()
            if chance < 0.003 and not late:
                # Somebody asks in passing; mostly something is done for him, or written down, the same day.
                self._case(one, at, person, "reason", acts=self.source.random() < 0.72)
                continue
            cause = "own" if chance < 0.6 else "queue" if chance < 0.84 else "other"
            self._case(
                one, at, person, cause, acts=self.source.random() < (0.75 if cause != "other" else 0.45)
            )

    def _case(self, one: Operator, at: datetime, person: int, cause: str, acts: bool) -> None:
        """A person opened, his pages looked at, perhaps something done; often he is searched for first."""
        source = self.source
        while source.random() < 0.45:
            missed = source.random() < one.misses
            self._say(at, one, None, "search", "", 0 if missed else source.choice((1, 1, 1, 3, 12)))
            at += timedelta(seconds=source.randint(8, 40))
            if not missed:
                break
        for _ in range(source.choices((1, 2, 3, 4, 6), (10, 25, 30, 20, 15))[0]):
            self._say(at, one, person, "look", cause)
            at += timedelta(seconds=source.randint(10, 120))
        if source.random() < 0.25:
            self._say(at, one, None, "list", "")
        if source.random() < 0.012 and acts:
            self._say(at, one, person, "reveal", cause)
            at += timedelta(minutes=source.uniform(0.5, 12))
        if acts:
            self._say(at, one, person, source.choice(("act", "act", "print")), cause)

    def _list(self, one: Operator, day: date) -> None:
        """An approved work list is worked through."""
        begin = self.source.randrange(len(self.ward.people) - 400)
        at = self._moment(day, 9, 12)
        for person in sorted(self.source.sample(range(begin + 1, begin + 300), self.source.randint(50, 140))):
            self._say(at, one, person, "look", "list")
            at += timedelta(seconds=self.source.randint(20, 90))

    def _queue_in_order(self, one: Operator, day: date) -> None:
        """A queue lists people by number, and so it is emptied."""
        begin = self.source.randrange(len(self.ward.people) - 100)
        at = self._moment(day, 13, 15)
        for place in range(self.source.randint(4, 25)):
            self._case(
                one,
                at,
                begin + 1 + place * self.source.choice((1, 1, 2)),
                "queue",
                self.source.random() < 0.7,
            )
            at += timedelta(minutes=self.source.uniform(2, 6))

    def _shift(self, one: Operator, day: date) -> None:
        """Printing and operation: lists and bundles, half of it at night, holidays too."""
        if self.source.random() < 0.35:
            return
        night = self.source.random() < 0.5
        for _ in range(self.source.randint(10, 45)):
            at = self._moment(day, 20 if night else 9, 28 if night else 18)
            self._say(at, one, None, "list", "")

    def _moment(self, day: date, begins: float, ends: float) -> datetime:
        hours = self.source.uniform(begins, max(ends, begins + 0.2))
        return datetime.combine(day, time()) + timedelta(seconds=round(hours * 3600))

    def _say(
        self, at: datetime, one: Operator, person: int | None, what: str, cause: str, hits: int | None = None
    ) -> int:
        event = len(self.rows) + 1
        self.rows.append((event, at, one.id, person, what, cause, hits))
        return event

    # What should not be.

    def _plant(self, count: int) -> None:
        rules = list(EVERY_RULE)
        self.source.shuffle(rules)
        for place in range(count):
            rule = rules[place % len(rules)]
            for _ in range(200):
                made = getattr(self, f"_{rule.lower()}")()
                if made:
                    one, day, events = made
                    self.planted.append(Planted(rule, one.id, day, frozenset(events)))
                    break
            else:
                raise AssertionError(f"seed {self.seed}: nobody for {rule}")

    def _somebody(self, works=("clerk", "counter")) -> tuple[Operator, date]:
        while True:
            one = self.source.choice(self.ward.operators)
            day = self.source.choice([d for d in self.days if not is_holiday(d)])
            if one.work in works and day < self.leavers.get(one.id, date.max):
                return one, day

    def _peek(
        self, one: Operator, day: date, person: int, cause: str = "", begins: float = 9, ends: float = 17
    ) -> list[int]:
        """Some pages of somebody, with words typed in, or behind an open contact of somebody else."""
        cause = cause or self.source.choices(("reason", "other"), (3, 1))[0]
        at, events = self._moment(day, begins, ends), []
        for _ in range(self.source.randint(1, 5)):
            events.append(self._say(at, one, person, "look", cause))
            at += timedelta(seconds=self.source.randint(5, 90))
        return events

    def _tied(self, tie: str, cause: str = ""):
        one, day = self._somebody()
        mine = self.ward.ties.filter((pl.col("member") == one.id) & (pl.col("tie") == tie))
        if mine.is_empty():
            return None
        return one, day, self._peek(one, day, self.source.choice(mine["subject"].to_list()), cause)

    def _r1(self):
        return self._tied("own", self.source.choice(("reason", "other", "own")))

    def _r2(self):
        return self._tied("family")

    def _r3(self):
        return self._tied("declared")

    def _r4(self):
        one, day = self._somebody()
        others = [o.id for o in self.ward.operators if o.section == one.section and o is not one]
        found = self._ties_of(others, ("own", "staff"))
        mine = set(self._ties_of([one.id], ("own", "staff", "family")))
        found = [person for person in found if person not in mine]
        return (one, day, self._peek(one, day, self.source.choice(found))) if found else None

    def _ties_of(self, members: list[int], ties: tuple[str, ...]) -> list[int]:
        rows = self.ward.ties.filter(pl.col("member").is_in(members) & pl.col("tie").is_in(ties))
        return rows["subject"].to_list()

    def _r5(self):
        return self._tied("address")

    def _r6(self):
        one, day = self._somebody()
        return one, day, self._peek(one, day, self.source.choice(self.ward.watched), "reason")

    def _r7(self):
        one, day = self._somebody()
        return one, day, self._peek(one, day, self.source.choice(self.ward.guarded), "reason")

    def _r8(self):
        one, day = self._somebody()
        return one, day, self._peek(one, day, self.source.randint(1, len(self.ward.people)), "reason")

    def _r9(self):
        one, day = self._somebody()
        if self.source.random() < 0.4:
            day = self.source.choice([d for d in self.days if is_holiday(d) and d not in SUNDAY_COUNTER])
            if day >= self.leavers.get(one.id, date.max):
                return None
        elif self.source.random() < 0.5:
            return (
                one,
                day,
                self._peek(one, day, self.source.randint(1, len(self.ward.people)), "reason", 5.0, 7.0),
            )
        events = []
        for _ in range(self.source.randint(1, 4)):
            person = self.source.randint(1, len(self.ward.people))
            events += self._peek(one, day, person, "reason", 21.5, 23.9)
        return one, day, events

    def _r10(self):
        """Many people, over the day or in a quick hour."""
        one, day = self._somebody()
        quick = self.source.random() < 0.4
        usual = CASES[one.work] * one.pace
        count = self.source.randint(90, 180) if quick else round(usual * self.source.uniform(3.2, 6))
        events, begins = [], self.source.uniform(9, 14)
        for person in self.source.sample(range(1, len(self.ward.people)), min(count, 400)):
            at = self._moment(day, begins, begins + 0.9) if quick else self._moment(day, 8.6, 17.2)
            events.append(self._say(at, one, person, "look", self.source.choice(("reason", "other"))))
        return one, day, events

    def _r11(self):
        """A walk through the numbers, up or down, leaving some out."""
        one, day = self._somebody()
        person, at, events = (
            self.source.randint(200, len(self.ward.people) - 200),
            self._moment(day, 9, 16),
            [],
        )
        way, gaps = self.source.choice((1, -1)), self.source.choice(((1,), (1, 1, 1, 2), (1, 2, 3)))
        for _ in range(self.source.randint(8, 40)):
            events.append(self._say(at, one, person, "look", "reason"))
            person += way * self.source.choice(gaps)
            at += timedelta(seconds=self.source.randint(8, 50))
        return one, day, events

    def _r12(self):
        """Names and numbers are tried out."""
        one, day = self._somebody()
        at, missed, events = self._moment(day, 9, 16), self.source.uniform(0.5, 0.95), []
        for _ in range(self.source.randint(20, 70)):
            events.append(self._say(at, one, None, "search", "", 0 if self.source.random() < missed else 1))
            at += timedelta(seconds=self.source.randint(5, 45))
        return one, day, events

    def _r13(self):
        one, day = self._somebody()
        events, person = [], self.source.randint(1, len(self.ward.people))
        at = self._moment(day, 9, 16)
        for _ in range(self.source.randint(1, 3)):
            events.append(
                self._say(at, one, person, "reveal", self.source.choice(("own", "other", "reason")))
            )
            at += timedelta(minutes=2)
        return one, day, events

    def _r14(self):
        if self.source.random() < 0.3:
            member, since = self.source.choice(list(self.revoked.items()))
            days = [d for d in self.days if d >= since and not is_holiday(d)]
        else:
            member, leaves = self.source.choice(list(self.leavers.items()))
            days = [d for d in self.days if leaves - timedelta(days=14) <= d < leaves and not is_holiday(d)]
        if not days:
            return None
        one, day = self.ward.operators[member - 1], self.source.choice(days)
        events = []
        for _ in range(self.source.randint(1, 6)):
            events += self._peek(one, day, self.source.randint(1, len(self.ward.people)), "reason")
        return one, day, events
