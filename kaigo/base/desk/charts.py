"""Pictures made on the server: plain SVG with a title; the page puts the table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kaigo.base.desk.panel import Bar

TONES = {
    "neutral": "#767676", "key": "#264af4", "good": "#197a4b", "warn": "#b78f00", "bad": "#ce0000",
    "soft": "#a9bdfb", "blue": "#264af4", "green": "#197a4b", "amber": "#b78f00", "red": "#ce0000", "gray": "#767676",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One bar: where it is drawn, in the units of the picture."""

    label: str
    value: int
    shown: str
    y: int
    width: int
    text_x: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart. height in the units of the picture (width 640)."""

    title: str
    unit: str
    rows: tuple[Row, ...]
    height: int


def bars(title: str, rows: Sequence[tuple[str, int]], unit: str = "人") -> Chart:
    """rows: (label, value ≥ 0). The longest bar fills the picture."""
    most = max((value for _, value in rows), default=0) or 1
    drawn = []
    for place, (label, value) in enumerate(rows):
        width = value * 400 // most
        drawn.append(
            Row(
                label,
                value,
                f"{value:,}{unit}",
                place * 26 + 4,
                max(width, 1 if value else 0),
                140 + width + 8,
            )
        )
    return Chart(title, unit, tuple(drawn), len(rows) * 26 + 4)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A bar of the time axis."""

    label: str
    words: str
    x: int
    y: int
    width: int
    fill: str
    short: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bars of all rooms on one axis. lanes: (room, y); marks: (x, year)."""

    lanes: tuple[tuple[str, int], ...]
    marks: tuple[tuple[int, str], ...]
    drawn: tuple[Drawn, ...]
    today: int
    height: int


LEFT, WIDTH, LANE = 90, 860, 34


def timeline(lanes: Sequence[tuple[str, Sequence[Bar]]], first: date, last: date, today: date) -> Timeline:
    """lanes: (room, bars). The axis runs from `first` to `last` (exclusive); bars are cut at its ends."""
    days = max(1, (last - first).days)

    def place(day: date) -> int:
        return LEFT + max(0, min((day - first).days, days)) * WIDTH // days

    drawn = []
    for number, (_, found) in enumerate(lanes):
        for bar in found:
            if bar.start >= last or (bar.end and bar.end <= first):
                continue
            x, end = place(bar.start), place(bar.end or last)
            until = f"{bar.end:%Y-%m-%d}の前日まで" if bar.end else "継続中"
            words = f"{bar.label}({bar.start:%Y-%m-%d}から{until})"
            width = max(end - x - 1, 2)
            # A full-width letter takes about 12 units; a label that does not fit is told by the title and the table.
            short = bar.label if width >= 12 * len(bar.label) + 6 else ""
            drawn.append(
                Drawn(
                    bar.label,
                    words,
                    x,
                    26 + number * LANE,
                    width,
                    TONES.get(bar.tone, TONES["neutral"]),
                    short,
                )
            )
    step = 1 if last.year - first.year <= 14 else 5
    marks = tuple(
        (place(date(year, 4, 1)), f"{year}年度") for year in range(first.year, last.year + 1)
        if first <= date(year, 4, 1) < last and (year - first.year) % step == 0
    )  # fmt: skip
    names = tuple((room, 26 + number * LANE) for number, (room, _) in enumerate(lanes))
    return Timeline(names, marks, tuple(drawn), place(today), 30 + len(lanes) * LANE)
