"""What every staff page knows: system, insurer, business date, who is logged in, the street."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.db import Error, transaction
from django.http import HttpRequest

from kaigo.base.desk.nav import Nav, entries
from kaigo.base.records.context import Context
from kaigo.base.staff.who import can
from kaigo.law.values import load

NAMES = {"insurance": "介護保険システム", "staff": "職員ログイン"}


class Shown(NamedTuple):
    """One entry of the left column as drawn."""

    label: str
    url: str
    waiting: int
    current: bool


def frame(request: HttpRequest) -> dict:
    """Context processor of all templates."""
    staff = getattr(request, "staff", None)
    return {
        "staff": staff,
        "day": getattr(request, "day", None),
        "system": settings.SYSTEM,
        "system_name": NAMES.get(settings.SYSTEM, settings.SYSTEM),
        "insurer_name": load().insurers.get(settings.INSURER, {}).get("name", settings.INSURER),
        "staff_url": settings.SYSTEM_URLS["staff"],
        "may_search": settings.SYSTEM == "insurance" and can(staff, "counter.view"),
        "navigation": [_shown(request, entry) for entry in entries() if can(staff, entry.permission)],
    }


def _shown(request: HttpRequest, entry: Nav) -> Shown:
    here = request.path
    current = here == entry.url or (entry.url != "/" and here.startswith(entry.url))
    return Shown(entry.label, entry.url, _waiting(request, entry), current)


def _waiting(request: HttpRequest, entry: Nav) -> int:
    if entry.waiting is None:
        return 0
    ctx = Context(request.staff.actor, "inquiry", request.day)
    try:
        with transaction.atomic():
            return entry.waiting(ctx)
    except Error:
        # A page that tells of a failure must still be drawn.
        return 0
