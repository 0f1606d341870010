"""Jobs: named pieces of work for a business date, with what they need and when the year calls for them.

@job("premium.main_assessment", title="本算定賦課", when=Yearly(7, 1), needs=("residents.take",))
def main_assessment(ctx: Context, progress: Progress) -> dict: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps

from kaigo.base.records.context import Context


class NotReady(Exception):
    """A precondition is missing. `missing`: what, in Japanese, one line each."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__("、".join(missing))
        self.missing = missing


@dataclass
class Progress:
    """Called by a job as it goes; `show` draws it (command line) or stores it (page)."""

    show: Callable[[int, int, str], None] = lambda done, total, what: None
    done: int = 0
    total: int = 0

    def step(self, done: int, total: int, what: str = "") -> None:
        self.done, self.total = done, total
        self.show(done, total, what)


@dataclass(frozen=True, slots=True)
class Yearly:
    """Once in a fiscal year, on or after this day."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Monthly:
    """Every month, on or after this day."""

    day: int


@dataclass(frozen=True, slots=True)
class Daily:
    """Every business day."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the calendar and the command line know of a job."""

    name: str
    title: str
    run: Callable[[Context, Progress], dict[str, Any]]
    when: Yearly | Monthly | Daily | None
    needs: tuple[str, ...]
    purpose: str
    ready: Callable[[Context], list[str]] | None = field(default=None)


_JOBS: dict[str, Job] = {}


def job(
    name: str,
    *,
    title: str,
    when: Yearly | Monthly | Daily | None = None,
    needs: tuple[str, ...] = (),
    purpose: str = "operations",
    ready: Callable[[Context], list[str]] | None = None,
):
    """Register a function. needs: jobs that must be done in the same period; ready: further missing things."""

    def register(function):
        if name in _JOBS:
            raise ValueError(f"job {name} is registered twice")
        _JOBS[name] = Job(name, title, function, when, needs, purpose, ready)
        return function

    return register


def jobs() -> dict[str, Job]:
    """All jobs of the installed rooms, by name."""
    for config in apps.get_app_configs():
        if config.name.startswith("kaigo.") and find_spec(f"{config.name}.jobs"):
            import_module(f"{config.name}.jobs")
    return dict(sorted(_JOBS.items()))


def period(when: Yearly | Monthly | Daily | None, on: date) -> tuple[date, date]:
    """The half-open period of the calendar in which a job is done once: fiscal year, month or day."""
    if isinstance(when, Yearly):
        year = on.year if on.month >= 4 else on.year - 1
        return date(year, 4, 1), date(year + 1, 4, 1)
    if isinstance(when, Monthly):
        return on.replace(day=1), _next_month(on)
    return on, date.fromordinal(on.toordinal() + 1)


def _next_month(on: date) -> date:
    return date(on.year + on.month // 12, on.month % 12 + 1, 1)
