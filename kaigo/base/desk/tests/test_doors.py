"""Deny by default, for every page of every room that this system serves: whoever comes later is tested too."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import RequestFactory
from django.urls import get_resolver

from kaigo.base.audit.models import Event
from kaigo.base.desk.views import Page
from kaigo.base.staff.who import Staff

pytestmark = pytest.mark.django_db
SAMPLES = {"IntConverter": 1, "StringConverter": "x", "SlugConverter": "x"}


def pages(patterns=None, prefix=""):
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        address = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from pages(entry.url_patterns, address)
        elif getattr(entry.callback, "page", None):
            values = {
                name: SAMPLES[type(converter).__name__]
                for name, converter in entry.pattern.converters.items()
            }
            yield address, entry.callback, values


def ask(callback, method, values, may):
    request = getattr(RequestFactory(), method)("/x")
    request.day = date(2026, 7, 15)
    request.staff = Staff(1, "試験", "staff", "介護保険課", "係員", may)
    return callback(request, **values)


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_enters_any_page_without_its_permission(method):
    found = list(pages())
    assert len(found) > 40
    bodies = set()
    for address, callback, values in found:
        page = callback.page
        everything_else = frozenset(
            other.page.permission for _, other, _ in found if other.page.permission != page.permission
        )
        for may in (frozenset(), everything_else):
            answer = ask(callback, method, values, may - {page.permission})
            if not hasattr(page, method):
                assert answer.status_code == 405, address
                continue
            assert answer.status_code == 404, address
            if not may:
                bodies.add(answer.content.decode().split("<main")[1].split("</main>")[0])
            event = Event.objects.latest("id")
            assert (event.outcome, event.permission) == ("refused", page.permission), address
    assert len(bodies) == 1, "a refusal tells nothing about the page"


def test_a_page_without_permission_or_purpose_does_not_exist():
    class Bare(Page):
        def get(self, ctx, request):
            raise AssertionError("reached")

    class NoPurpose(Bare):
        permission = "counter.view"

    from django.http import Http404

    for page in (Bare, NoPurpose):
        with pytest.raises(Http404):
            ask(page.view(), "get", {}, frozenset({"counter.view", ""}))


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "head"])
def test_other_methods_are_refused(method):
    class Small(Page):
        permission, purpose = "counter.view", "inquiry"

        def get(self, ctx, request):
            raise AssertionError("reached")

    assert ask(Small.view(), method, {}, frozenset({"counter.view"})).status_code == 405
