"""The business date of screens: today, or the day the demo is set to. Nothing below the desk reads a clock."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.utils import timezone


def business_date() -> date:
    if settings.BUSINESS_DATE:
        return date.fromisoformat(settings.BUSINESS_DATE)
    return timezone.localdate()
