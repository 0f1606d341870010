"""What every staff page knows: system, insurer, business date, who is logged in, the street."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from kaigo.base.desk.nav import entries
from kaigo.base.staff.who import can


def frame(request: HttpRequest) -> dict:
    """Context processor of all templates."""
    staff = getattr(request, "staff", None)
    return {
        "staff": staff,
        "day": getattr(request, "day", None),
        "system": settings.SYSTEM,
        "navigation": [entry for entry in entries() if can(staff, entry.permission)],
    }
