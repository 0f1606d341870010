"""Addresses of the rooms of a system: `/<room>/…`, the counter at the root. A room lists its own in screens.urls."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path


def patterns() -> list:
    """What the rooms of settings.STREET offer, in their order."""
    found = []
    for module in settings.STREET:
        if find_spec(f"{module}.screens"):
            room = module.rpartition(".")[2]
            urls = import_module(f"{module}.screens").urls
            found.append(path("" if room == "counter" else f"{room}/", include((urls, room))))
    return found
