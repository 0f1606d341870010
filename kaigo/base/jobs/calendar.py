"""The calendar of a fiscal year: every job at the day from which it is due, with its state and preconditions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import Daily, Job, Monthly, Yearly, jobs


@dataclass(frozen=True, slots=True)
class Due:
    """One job in one period [begin, end). state: done | failed | refused | overdue | due | coming.

    due: the period has come and nothing was done yet; overdue: the period is over and nothing was done.
    """

    name: str
    title: str
    due_on: date
    end: date
    state: str
    done_on: date | None
    missing: tuple[str, ...]

    def as_json(self) -> dict:
        return {
            key: value.isoformat() if isinstance(value, date) else value
            for key, value in asdict(self).items()
        }


def year(on: date) -> list[Due]:
    """The jobs of the fiscal year of `on` in the order of their days. Daily jobs appear once, for `on`."""
    first = date(on.year if on.month >= 4 else on.year - 1, 4, 1)
    finish = date(first.year + 1, 4, 1)
    runs: dict[str, list[Run]] = {}
    for run in Run.objects.filter(on__gte=first, on__lt=finish).order_by("id"):
        runs.setdefault(run.job, []).append(run)
    found = [
        _due(work, begin, end, on, runs)
        for work in jobs().values()
        if work.when is not None
        for begin, end in _periods(work, first, on)
    ]
    return sorted(found, key=lambda due: (due.due_on, due.name))


def _periods(work: Job, first: date, on: date) -> list[tuple[date, date]]:
    """(day from which it is due, end of its period)."""
    finish = date(first.year + 1, 4, 1)
    if isinstance(work.when, Yearly):
        when = work.when
        return [(date(first.year + (when.month < 4), when.month, when.day), finish)]
    if isinstance(work.when, Monthly):
        months = [date(first.year + (m > 12), (m - 1) % 12 + 1, 1) for m in range(4, 17)]
        day = work.when.day
        return [(m.replace(day=day), following) for m, following in zip(months[:-1], months[1:], strict=True)]
    return [(on, date.fromordinal(on.toordinal() + 1))]


def _due(work: Job, begin: date, end: date, on: date, runs: dict[str, list[Run]]) -> Due:
    period = begin if isinstance(work.when, Daily) else begin.replace(day=1)
    if isinstance(work.when, Yearly):
        period = date(begin.year - (begin.month < 4), 4, 1)
    mine = [run for run in runs.get(work.name, []) if period <= run.on < end]
    done = next((run for run in reversed(mine) if run.state == "done"), None)
    if done:
        state = "done"
    elif end <= on:
        state = "overdue"
    elif begin > on:
        state = "coming"
    else:
        state = mine[-1].state if mine and mine[-1].state in ("failed", "refused") else "due"
    missing = tuple(mine[-1].message.splitlines()) if state == "refused" else ()
    return Due(work.name, work.title, begin, end, state, done.on if done else None, missing)
