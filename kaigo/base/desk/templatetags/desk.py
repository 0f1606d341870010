"""Filters of all templates: yen with commas, days in 和暦, both eras."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils import timezone

from kaigo.law.dates import wareki as _wareki

register = template.Library()


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
def both_eras(day: date | None) -> str:
    """2026-04-01 → 令和8年4月1日(2026-04-01)."""
    return f"{wareki(day)}({day:%Y-%m-%d})" if day else ""
