"""Addresses of the insurance system: `/<room>/…`, the counter at the root. A room lists its own in screens.urls."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path

urlpatterns = []
for _room in settings.STREET:
    if find_spec(f"kaigo.insurance.{_room}.screens"):
        _urls = import_module(f"kaigo.insurance.{_room}.screens").urls
        urlpatterns.append(path("" if _room == "counter" else f"{_room}/", include((_urls, _room))))
