"""What prescribes in the next months if nothing is done: counted from the same chain that the daily job judges."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.insurance.arrears.chain import judged
from kaigo.insurance.arrears.terms import Owed
from kaigo.law.dates import add_months

MONTHS = 12
_DAY = timedelta(days=1)


class Coming(NamedTuple):
    """A term that prescribes when last_on is over; last_on: the last day on which it can be collected."""

    term: Owed
    last_on: date

    @property
    def person(self) -> int:
        return self.term.person

    @property
    def month(self) -> date:
        """The month in which the right is gone for the first time."""
        return (self.last_on + _DAY).replace(day=1)


class Month(NamedTuple):
    """What prescribes within a month: terms, people, yen open today."""

    first: date
    terms: int
    people: int
    yen: int


class Forecast(NamedTuple):
    """months: the next MONTHS, this one first. held: terms that cannot prescribe while a seizure or deferral goes on.
    later: beyond. undated: terms whose due date is not known. found: complete already, for the daily job to keep."""

    months: tuple[Month, ...]
    coming: tuple[Coming, ...]
    held: int
    later: int
    undated: int
    found: int


def forecast(ctx: Context, persons: Iterable[int] | None = None) -> Forecast:
    """From today. A term counts in the month of the first day on which it can no longer be collected."""
    coming: list[Coming] = []
    held = undated = found = 0
    for one in judged(ctx, persons):
        if one.term.balance <= 0:
            continue
        if one.finding is None:
            undated += 1
        elif one.complete:
            found += 1
        elif one.last_on is None:
            held += 1
        else:
            coming.append(Coming(one.term, one.last_on))
    coming.sort(key=lambda c: (c.last_on, c.term.key))
    begin = ctx.on.replace(day=1)
    firsts = [add_months(begin, place) for place in range(MONTHS)]
    near = [c for c in coming if c.month <= firsts[-1]]
    by_month: dict[date, list[Coming]] = {first: [] for first in firsts}
    for one in near:
        by_month[one.month].append(one)
    months = tuple(
        Month(first, len(some), len({c.person for c in some}), sum(c.term.balance for c in some))
        for first, some in by_month.items()
    )
    return Forecast(months, tuple(near), held, len(coming) - len(near), undated, found)
