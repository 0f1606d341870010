"""Charts made on the server: SVG without style attributes, titled, with the same figures as a table.

Geometry is in per cent of the width and pixels of the height, so text keeps its size on a phone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from kaigo.base.desk.panel import Bar

# Tones of panels and charts → the class that colours them. A tone never stands without its label.
TONES = {
    "neutral": "neutral", "gray": "neutral", "main": "main", "key": "main", "blue": "main", "soft": "calm", "calm": "calm",
    "good": "good", "green": "good", "warn": "warn", "amber": "warn", "bad": "bad", "red": "bad",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a bar chart. share: 0–100 of the longest; percent: of the sum."""

    label: str
    value: int
    svg: SafeString
    percent: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """For `{% include "desk/bars.html" with chart=chart %}`: a table whose lines carry their bars."""

    title: str
    head: str
    unit: str
    bars: tuple[Line, ...]
    total: int
    note: str = ""


def bars(
    title: str,
    rows: Iterable[tuple],
    unit: str = "人",
    head: str = "区分",
    note: str = "",
    tone: str = "main",
) -> Bars:
    """rows: (label, value) or (label, value, url). The longest bar fills the width; 0 draws none."""
    rows = [(*row, "") if len(row) == 2 else tuple(row[:3]) for row in rows]
    longest = max((abs(row[1]) for row in rows), default=0)
    total = sum(row[1] for row in rows)
    drawn = tuple(
        Line(label, value, _bar(value, longest, tone), _percent(value, total), url)
        for label, value, url in rows
    )
    return Bars(title, head, unit, drawn, total, note)


@dataclass(frozen=True, slots=True)
class Levels:
    """For `{% include "desk/levels.html" with chart=chart %}`: a table of parts of a hundred, each with its bar."""

    title: str
    head: str
    bars: tuple[Line, ...]
    note: str = ""


def levels(
    title: str, rows: Iterable[tuple[str, int]], head: str = "区分", note: str = "", tone: str = "main"
) -> Levels:
    """rows: (label, tenths of a per cent). 1000 fills the width; what is more is drawn as 1000 and told as it is."""
    drawn = tuple(
        Line(label, tenths, _bar(min(tenths, 1000), 1000, tone), f"{tenths // 10}.{tenths % 10}")
        for label, tenths in rows
    )
    return Levels(title, head, drawn, note)


def _bar(value: int, longest: int, tone: str) -> SafeString:
    width = _of(abs(value), longest)
    return format_html(
        '<svg class="bar" width="100%" height="16" aria-hidden="true" focusable="false">'
        '<rect class="tone-{}" x="0" y="2" width="{}%" height="12" rx="1"/></svg>',
        TONES.get(tone, "main"),
        width,
    )


def _of(value: int, whole: int) -> str:
    """Per cent with one decimal, in integers."""
    tenths = value * 1000 // whole if whole else 0
    return f"{tenths // 10}.{tenths % 10}"


def _percent(value: int, total: int) -> str:
    if total <= 0 or value < 0:
        return ""
    tenths = (value * 2000 + total) // (2 * total)
    return f"{tenths // 10}.{tenths % 10}"


@dataclass(frozen=True, slots=True)
class Picture:
    """For `{% include "desk/picture.html" with chart=chart %}`: an SVG and the table of its figures."""

    title: str
    svg: SafeString
    head: tuple[str, ...]
    rows: tuple[tuple, ...]
    note: str = ""


_HIGH, _FOOT, _TOP = 160, 22, 18


def histogram(
    title: str, bins: Sequence[tuple[str, int]], unit: str = "人", head: str = "区分", note: str = "",
    marked: str = "",
) -> Picture:  # fmt: skip
    """Columns, one per bin (label, value); `marked`: the label of the column that is emphasised."""
    longest = max((value for _, value in bins), default=0)
    count = max(1, len(bins))
    every = -(-count // 16)
    columns = format_html_join(
        "",
        '<g><title>{}: {}{}</title><rect class="tone-{}" x="{}%" y="{}" width="{}%" height="{}"/>{}</g>',
        (
            (
                label,
                f"{value:,}",
                unit,
                "warn" if label == marked else "main",
                _of(place * 100 + 10, count * 100),
                _TOP + _HIGH - _height(value, longest),
                _of(80, count * 100),
                _height(value, longest),
                _label(label, place, count) if place % every == 0 else "",
            )
            for place, (label, value) in enumerate(bins)
        ),
    )
    svg = format_html(
        '<svg class="histogram" role="img" aria-label="{}" width="100%" height="{}">{}'
        '<line class="axis" x1="0" x2="100%" y1="{}" y2="{}"/>{}</svg>',
        title,
        _TOP + _HIGH + _FOOT,
        _scale(longest, unit),
        _TOP + _HIGH,
        _TOP + _HIGH,
        columns,
    )
    return Picture(title, svg, (head, unit), tuple(bins), note)


def _height(value: int, longest: int) -> int:
    return max(1, value * _HIGH // longest) if value > 0 and longest else 0


def _label(label: str, place: int, count: int) -> SafeString:
    return format_html(
        '<text x="{}%" y="{}" text-anchor="middle">{}</text>',
        _of(place * 100 + 50, count * 100),
        _TOP + _HIGH + 16,
        label,
    )


def _scale(longest: int, unit: str) -> SafeString:
    return format_html(
        '<line class="grid" x1="0" x2="100%" y1="{}" y2="{}"/><text x="0" y="{}">{}{}</text>',
        _TOP,
        _TOP,
        _TOP - 5,
        f"{longest:,}",
        unit,
    )


@dataclass(frozen=True, slots=True)
class Lane:
    """A line of the timeline."""

    title: str
    svg: SafeString


@dataclass(frozen=True, slots=True)
class Timeline:
    """For `{% include "desk/timeline.html" with timeline=timeline %}`: axis, lanes and the table of the same bars."""

    title: str
    axis: SafeString
    lanes: tuple[Lane, ...]
    rows: tuple[tuple[str, Bar], ...]


_ROW = 26


def timeline(
    lanes: Sequence[tuple[str, Sequence[Bar]]], first: date, last: date, today: date, title: str = "これまで"
) -> Timeline:
    """lanes: (room, bars). The axis runs from first to last (exclusive), bars are cut at its ends; a line marks today."""
    ticks = _ticks(first, last)
    drawn, rows = [], []
    for name, spans in lanes:
        shown = [s for s in spans if s.start < last and (s.end is None or s.end > first)]
        rows += [(name, span) for span in sorted(spans, key=lambda s: (s.start, s.label))]
        if shown:
            drawn.append(Lane(name, _lane(shown, ticks, first, last, today)))
    return Timeline(title, _axis(ticks, first, last, today), tuple(drawn), tuple(rows))


def _ticks(first: date, last: date) -> list[date]:
    """First days of fiscal years, at most a dozen."""
    years = [date(y, 4, 1) for y in range(first.year, last.year + 1) if first <= date(y, 4, 1) < last]
    every = -(-len(years) // 12) or 1
    return years[::every]


def _x(day: date, first: date, last: date) -> str:
    inside = min(max(day, first), last)
    return _of((inside - first).days, (last - first).days)


def _axis(ticks: list[date], first: date, last: date, on: date) -> SafeString:
    """The years are drawn in the lanes' own scale; every text is centred on its line except at the edges."""
    from kaigo.law.dates import fiscal_year_name

    texts = format_html_join(
        "",
        '<line class="grid" x1="{0}%" x2="{0}%" y1="18" y2="24"/><text x="{0}%" dx="3" y="14">{1}</text>',
        ((_x(day, first, last), _short(fiscal_year_name(day.year))) for day in ticks),
    )
    today = format_html('<line class="today" x1="{0}%" x2="{0}%" y1="0" y2="24"/>', _x(on, first, last))
    return format_html(
        '<svg class="axis-line" width="100%" height="24" aria-hidden="true" focusable="false">{}{}</svg>',
        texts,
        today,
    )


def _short(year: str) -> str:
    return year.replace("令和", "R").replace("平成", "H").replace("昭和", "S").replace("年度", "")


def _lane(spans: list[Bar], ticks: list[date], first: date, last: date, on: date) -> SafeString:
    placed = _stack(spans)
    height = (max(row for row, _ in placed) + 1) * _ROW
    grid = format_html_join(
        "",
        '<line class="grid" x1="{0}%" x2="{0}%" y1="0" y2="{1}"/>',
        ((_x(day, first, last), height) for day in ticks),
    )
    drawn = format_html_join("", "{}", ((_span(span, row, first, last),) for row, span in placed))
    today = format_html(
        '<line class="today" x1="{0}%" x2="{0}%" y1="0" y2="{1}"/>', _x(on, first, last), height
    )
    return format_html(
        '<svg class="lane-line" width="100%" height="{}" role="group">{}{}{}</svg>',
        height,
        grid,
        drawn,
        today,
    )


def _stack(spans: list[Bar]) -> list[tuple[int, Bar]]:
    """Bars that overlap go below each other."""
    rows: list[date] = []
    placed = []
    for span in sorted(spans, key=lambda s: (s.start, s.end or date.max)):
        row = next((i for i, end in enumerate(rows) if end <= span.start), len(rows))
        if row == len(rows):
            rows.append(date.min)
        rows[row] = span.end or date.max
        placed.append((row, span))
    return placed


def _span(span: Bar, row: int, first: date, last: date) -> SafeString:
    begin, end = max(span.start, first), min(span.end or last, last)
    width = _of((end - begin).days, (last - first).days)
    said = f"{span.label} {_said(span)}"
    return format_html(
        '<svg x="{}%" y="{}" width="{}%" height="{}" tabindex="0" role="img" aria-label="{}"><title>{}</title>'
        '<rect class="tone-{}{}" width="100%" height="100%" rx="2"/><text x="6" y="15">{}</text></svg>',
        _x(begin, first, last),
        row * _ROW + 3,
        max(width, "0.4", key=float),
        _ROW - 6,
        said,
        said,
        TONES.get(span.tone, "neutral"),
        " open" if span.end is None else "",
        span.label,
    )


def _said(span: Bar) -> str:
    """[1 April, 1 October) is told as 4月1日から9月30日まで."""
    from kaigo.law.dates import wareki

    begin = f"{wareki(span.start)}から"
    return begin + (f"{wareki(date.fromordinal(span.end.toordinal() - 1))}まで" if span.end else "")
