"""The street as navigation: what a room offers in the left column. A room's screens.py names its own `nav`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings

from kaigo.base.records.context import Context


@dataclass(frozen=True, slots=True)
class Nav:
    """One entry: shown only to those who hold `permission`. waiting: how much waits for somebody (a cheap count)."""

    label: str
    url: str
    permission: str
    waiting: Callable[[Context], int] | None = None


def entries() -> list[Nav]:
    """`nav` (one Nav, or a tuple of them) of every room's screens, in the order of the street, the counter first."""
    found: list[Nav] = []
    for room in reversed(getattr(settings, "STREET", [])):
        if find_spec(f"kaigo.insurance.{room}.screens"):
            given = getattr(import_module(f"kaigo.insurance.{room}.screens"), "nav", ())
            found += [given] if isinstance(given, Nav) else list(given)
    return found
