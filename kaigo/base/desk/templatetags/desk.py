"""Filters of all templates: yen with commas, days in 和暦, both eras, references, reasons as a nested list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from kaigo.base.desk.refs import ref as _ref
from kaigo.law.dates import fiscal_year_name
from kaigo.law.dates import wareki as _wareki
from kaigo.law.dates import wareki_month as _wareki_month

register = template.Library()
# From this depth on the grounds of a reason are folded.
_DEEP = 2


@register.filter
def tab(title: str) -> str:
    """What the browser may keep of a title: of a page about a person only its kind (titles.py)."""
    return getattr(title, "kind", title)


@register.filter
def yen(amount: int | None) -> str:
    """1234567 → "1,234,567"; None → "". The unit stands once in the column head."""
    return "" if amount is None else f"{amount:,}".replace("-", "−")


@register.filter
def wareki(day: date | None) -> str:
    """2026-04-01 → 令和8年4月1日; a moment is shown with its time in Tokyo."""
    if isinstance(day, datetime):
        local = timezone.localtime(day)
        return f"{_wareki(local.date())} {local:%H:%M}"
    return _wareki(day) if day else ""


@register.filter
def month(first: date | None) -> str:
    """2026-07-01 → 令和8年7月."""
    return _wareki_month(first) if first else ""


@register.filter
def fiscal_year(year: int | None) -> str:
    """2026 → 令和8年度."""
    return fiscal_year_name(year) if year else ""


@register.filter
def both_eras(day: date | None) -> str:
    """2026-04-01 → 令和8年4月1日(2026-04-01)."""
    return f"{wareki(day)}({day:%Y-%m-%d})" if day else ""


@register.filter
def postal(code: str) -> str:
    """1790081 → 〒179-0081; anything else as it is."""
    return f"〒{code[:3]}-{code[3:]}" if len(code) == 7 and code.isdigit() else code


@register.filter
def ref(row: int, kind: str) -> str:
    """How an address or a form names a row: {{ person.id|ref:'person' }}."""
    return _ref(kind, row)


@register.filter
def day_before(day: date | None) -> date | None:
    """The last day of a half-open period."""
    return day - timedelta(days=1) if day else None


@register.filter
def reasons(told: Iterable) -> SafeString:
    """Told trees as a nested ordered list, each with its article; deep grounds are folded."""
    told = tuple(told or ())
    return _list(told, 0) if told else mark_safe('<p class="empty">理由の記録はありません</p>')


def _list(told: tuple, depth: int) -> SafeString:
    items = format_html_join("", "<li>{}{}</li>", ((_said(one), _grounds(one, depth)) for one in told))
    return format_html('<ol class="reasons">{}</ol>', items)


def _said(one) -> SafeString:
    article = format_html(' <span class="article">{}</span>', one.article) if one.article else ""
    return format_html('<p class="reason">{}{}</p>', one.text, article)


def _grounds(one, depth: int) -> SafeString | str:
    if not one.parts:
        return ""
    inner = _list(tuple(one.parts), depth + 1)
    if depth + 1 < _DEEP:
        return inner
    return format_html("<details><summary>根拠 {}件</summary>{}</details>", len(one.parts), inner)
