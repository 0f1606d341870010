"""The street as navigation: what a room offers in the left column. A room's screens.py names its own `nav`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.db import Error, connection, transaction

from kaigo.base.records.context import Context
from kaigo.base.staff.can import Staff

# How long a badge may lag behind; a POST of the same person counts anew at once.
_FRESH = 10.0


@dataclass(frozen=True, slots=True)
class Nav:
    """One entry: shown only to those who hold `permission`. waiting: how much waits (a cheap count), for everybody the
    same; waiting_for: for the one who is asked, where not everybody may do the same.
    """

    label: str
    url: str
    permission: str
    waiting: Callable[[Context], int] | None = None
    waiting_for: Callable[[Context, Staff], int] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An entry as drawn: waiting = 0 draws no badge; current = the page is in this room."""

    label: str
    url: str
    waiting: int
    current: bool


@lru_cache(maxsize=4)
def entries() -> tuple[Nav, ...]:
    """`nav` (one Nav, or a tuple of them) of every room's screens, in the order of the street, the counter first."""
    found: list[Nav] = []
    street = list(getattr(settings, "STREET", []))
    for room in sorted(street, key=lambda name: not name.endswith(".counter")):
        if find_spec(f"{room}.screens"):
            given = getattr(import_module(f"{room}.screens"), "nav", ())
            found += [given] if isinstance(given, Nav) else list(given)
    return tuple(found)


_counted: dict[tuple, tuple[float, int]] = {}


def waiting(ctx: Context, staff: Staff, entry: Nav) -> int:
    """How much waits behind an entry; counted at most every ten seconds for a person and a day."""
    if entry.waiting is None and entry.waiting_for is None:
        return 0
    key = (connection.settings_dict["NAME"], ctx.actor, ctx.on, entry.url)
    now = time.monotonic()
    held = _counted.get(key)
    if held and now - held[0] < _FRESH:
        return held[1]
    if len(_counted) > 10_000:
        _counted.clear()
    try:
        with transaction.atomic():
            count = entry.waiting_for(ctx, staff) if entry.waiting_for else entry.waiting(ctx)
    except Error:
        # A page that tells of a failure must still be drawn.
        return 0
    _counted[key] = (now, count)
    return count


def forget(actor: str) -> None:
    """After an act of this person the badges are counted anew."""
    for key in [key for key in _counted if key[1] == actor]:
        del _counted[key]


def places(ctx: Context, staff: Staff, path: str) -> list[Place]:
    """The column for one person on one page."""
    mine = [entry for entry in entries() if staff.may(entry.permission)]
    here = max((entry.url for entry in mine if _inside(path, entry.url)), key=len, default="")
    return [Place(entry.label, entry.url, waiting(ctx, staff, entry), entry.url == here) for entry in mine]


def _inside(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
