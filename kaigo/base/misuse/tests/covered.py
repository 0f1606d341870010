"""Misuse by people who know that they are looked at: what the rules cannot see, measured and not hidden.

What log.py plants, the rules of C-9 describe: that it is found says that they are written right, not that nobody gets by.
Here he writes a note, prints a sheet, takes a call that never was, walks with longer steps, stops before it is many.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import polars as pl

from kaigo.base.misuse.engine import judge
from kaigo.base.misuse.tests.log import CASES, FIRST, Log
from kaigo.base.misuse.tests.ward import Operator
from kaigo.base.misuse.values import values


class Covered:
    """Ways of covering up, planted into a log; each returns whose day it was and the accesses that are misuse."""

    def __init__(self, log: Log, seed: int) -> None:
        self.log, self.source = log, Random(seed)

    def noted_relative(self):
        """A relative for words, and a note afterwards, as if he had called."""
        return self._seen(self._relative, "reason", "act")

    def noted_guarded(self):
        return self._seen(self._guarded, "reason", "act")

    def printed_guarded(self):
        return self._seen(self._guarded, "reason", "print")

    def invented_call(self):
        """The contact is written first; then everything is his own case."""
        return self._seen(self._relative, "own", "")

    def invented_call_guarded(self):
        return self._seen(self._guarded, "own", "")

    def colleague_asked(self):
        """A colleague takes the contact for him."""
        return self._seen(self._relative, "other", "")

    def longer_steps(self):
        """Through the numbers, with steps of four to nine, behind contacts of others."""
        one, day = self.log._somebody()
        person, at, events = self.source.randint(1, len(self.log.ward.people) - 400), self._moment(day), []
        for _ in range(self.source.randint(8, 40)):
            events.append(self.log._say(at, one, person, "look", "other"))
            person += self.source.randint(4, 9)
            at += timedelta(seconds=self.source.randint(20, 90))
        return one, day, events

    def somewhat_more(self):
        """Half as many again to twice and a half his day, over the whole day."""
        one, day = self.log._somebody()
        count = round(CASES[one.work] * one.pace * self.source.uniform(1.5, 2.5))
        people = self.source.sample(range(1, len(self.log.ward.people)), count)
        return one, day, [self.log._say(self._moment(day), one, person, "look", "other") for person in people]

    def fishing_with_bait(self):
        """As many names that he knows as such that he tries."""
        one, day = self.log._somebody()
        at, events = self._moment(day), []
        for _ in range(self.source.randint(12, 30)):
            missed = self.source.random() < 0.35
            events.append(self.log._say(at, one, None, "search", "", 0 if missed else 1))
            at += timedelta(seconds=self.source.randint(20, 90))
        return one, day, events

    def _seen(self, whom, cause: str, afterwards: str) -> tuple[Operator, date, list[int]] | None:
        one, day = self.log._somebody()
        person = whom(one)
        if person is None:
            return None
        events = self.log._peek(one, day, person, cause)
        if afterwards:
            events.append(self.log._say(self._moment(day), one, person, afterwards, cause))
        return one, day, events

    def _relative(self, one: Operator) -> int | None:
        near = ["family", "declared"]
        ties = self.log.ward.ties.filter((pl.col("member") == one.id) & pl.col("tie").is_in(near))
        return self.source.choice(ties["subject"].to_list()) if ties.height else None

    def _guarded(self, one: Operator) -> int:
        return self.source.choice(self.log.ward.guarded)

    def _moment(self, day: date):
        return self.log._moment(day, 9, 16)


WAYS = ("noted_relative", "noted_guarded", "printed_guarded", "invented_call", "invented_call_guarded",
        "colleague_asked", "longer_steps", "somewhat_more", "fishing_with_bait")  # fmt: skip


def found_although_covered(log: Log, seed: int, each: int = 20) -> dict[str, float]:
    """Way → percent of so many of which some question names an access. Adds to the log: ask for it last."""
    covered, planted = Covered(log, seed), []
    for way in WAYS:
        made = 0
        while made < each:
            done = getattr(covered, way)()
            if done:
                planted.append((way, *done))
                made += 1
    asked: dict[tuple[int, date], set[int]] = {}
    for alert in judge(log.frames(), values(FIRST)):
        asked.setdefault((alert.member, alert.day), set()).update(alert.events)
    hits = dict.fromkeys(WAYS, 0)
    for way, one, day, events in planted:
        hits[way] += not asked.get((one.id, day), set()).isdisjoint(events)
    return {way: round(100 * count / each, 1) for way, count in hits.items()}
