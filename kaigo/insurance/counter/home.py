"""The home page: the year as a calendar, what waits for me, two pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from kaigo.base.desk.charts import bars
from kaigo.base.desk.nav import places
from kaigo.base.desk.views import Page
from kaigo.base.jobs import calendar
from kaigo.base.jobs.registry import Daily, Yearly, jobs
from kaigo.base.records.context import Context
from kaigo.insurance.collection import read as collection
from kaigo.insurance.premium import read as premium
from kaigo.law.dates import add_months, fiscal_span, fiscal_year, fiscal_year_name

# state → (sign, word): colour never stands alone.
STATES = {
    "done": ("✓", "済み"),
    "due": ("●", "いまの期間"),
    "coming": ("○", "これから"),
    "overdue": ("!", "期間を過ぎている"),
    "failed": ("■", "失敗している"),
    "refused": ("▲", "始められなかった"),
}
LATE = ("overdue", "failed", "refused")
# A picture of the whole ward may be this old.
_FRESH = 60.0


@dataclass(frozen=True, slots=True)
class Box:
    """A job in a month (or today). needs: titles of what must be done before it."""

    name: str
    title: str
    day: date
    done_on: date | None
    state: str
    needs: tuple[str, ...]
    step: int = 0  # how many jobs stand before it

    @property
    def sign(self) -> str:
        return STATES[self.state][0]

    @property
    def word(self) -> str:
        return STATES[self.state][1]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar. today: the day of the month, 0 in other months; boxes before and after its line."""

    first: date
    today: int
    before: tuple[Box, ...]
    after: tuple[Box, ...]

    @property
    def boxes(self) -> tuple[Box, ...]:
        return self.before + self.after


class Home(Page):
    permission = "jobs.view"
    purpose = "operations"

    def get(self, ctx: Context, request: HttpRequest):
        year = fiscal_year(ctx.on)
        boxes = [_box(due) for due in calendar.year(ctx.on)]
        daily = {name for name, work in jobs().items() if isinstance(work.when, Daily)}
        today = sorted((box for box in boxes if box.name in daily), key=lambda box: (box.step, box.title))
        planned = [box for box in boxes if box.name not in daily]
        return "counter/home.html", {
            "title": f"{fiscal_year_name(year)}の暦",
            "today": today,
            "months": months(ctx.on, planned),
            "late": late(today + planned),
            "waiting": _waiting(ctx, request),
            "charts": _charts(ctx, request, year),
            "states": STATES.values(),
        }


def months(on: date, boxes: list[Box]) -> list[Month]:
    """The twelve months of the fiscal year of `on`; in the month of `on` a line divides what came from what comes."""
    first, _ = fiscal_span(fiscal_year(on))
    found = []
    for number in range(12):
        begin, end = add_months(first, number), add_months(first, number + 1)
        mine = sorted((b for b in boxes if begin <= b.day < end), key=lambda b: (b.day, b.step, b.title))
        here = begin <= on < end
        before = tuple(b for b in mine if not here or b.day <= on)
        after = tuple(b for b in mine if here and b.day > on)
        found.append(Month(begin, on.day if here else 0, before, after))
    return found


def _box(due: calendar.Due) -> Box:
    known = jobs()
    needs = tuple(known[name].title for name in known[due.name].needs if name in known)
    # What only comes every month needs no words about it yet: they are on the job's page.
    told = needs if due.state not in ("done", "coming") or isinstance(known[due.name].when, Yearly) else ()
    return Box(due.name, due.title, due.due_on, due.done_on, due.state, told, _step(due.name))


def _step(name: str) -> int:
    return 1 + max((_step(need) for need in jobs()[name].needs if need in jobs()), default=0)


def late(boxes: list[Box]) -> list[tuple[Box, str]]:
    """One line for each job that does not go on: its last box, and what is the matter in which months."""
    found: dict[str, list[Box]] = {}
    for box in boxes:
        if box.state in LATE:
            found.setdefault(box.name, []).append(box)
    lines = []
    for mine in found.values():
        words: dict[str, list[str]] = {}
        for box in mine:
            words.setdefault(box.word, []).append(f"{box.day.month}月")
        lines.append(
            (mine[-1], "、".join(f"{'・'.join(months)}分が{word}" for word, months in words.items()))
        )
    return lines


def _waiting(ctx: Context, request: HttpRequest) -> list:
    return [place for place in places(ctx, request.staff, request.path) if place.waiting]


def _charts(ctx: Context, request: HttpRequest, year: int) -> list:
    found = []
    name = fiscal_year_name(year)
    if request.staff.may("premium.view"):
        totals = lately(("premium", year), lambda: premium.totals(ctx, year))
        rows = [(f"第{stage}段階", count) for stage, count in totals["by_stage"].items()]
        note = f"賦課額 {totals['yen']:,}円。いま有効な決定。" if rows else ""
        found.append(bars(f"{name} 所得段階ごとの人数", rows, "人", "段階", note))
    if request.staff.may("collection.view"):
        totals = lately(("collection", year), lambda: collection.totals(ctx, year))
        rows = [
            (collection.LABELS.get(way, way), yen)
            for way, yen in sorted(totals["by_way"].items(), key=lambda item: -item[1])
        ]
        found.append(bars(f"{name} 納め方ごとの調定額", rows, "円", "納め方"))
    return found


_held: dict[tuple, tuple[float, Any]] = {}


def lately(what: tuple, count: Callable[[], Any]) -> Any:
    """Totals of the whole ward, counted at most once a minute in this process."""
    key = (connection.settings_dict["NAME"], settings.INSURER, *what)
    held = _held.get(key)
    if held is None or time.monotonic() - held[0] > _FRESH:
        held = (time.monotonic(), count())
        _held[key] = held
    return held[1]


def forget_totals() -> None:
    """Count anew (tests)."""
    _held.clear()
