"""Deny by default, for every page of every room that this system serves: whoever comes later is tested too."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from datetime import date

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import RequestFactory
from django.urls import get_resolver

from kaigo.base.audit import write
from kaigo.base.audit.models import Event
from kaigo.base.desk.logs import Wordless
from kaigo.base.desk.views import Page, go
from kaigo.base.staff.tables import OWN
from kaigo.base.staff.tests.someone import someone

pytestmark = pytest.mark.django_db
SAMPLES = {"IntConverter": 1, "StringConverter": "x", "SlugConverter": "x", "Reference": 1}


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


def ask(callback, method, values, may, **other):
    request = getattr(RequestFactory(), method)("/x")
    request.day = date(2026, 7, 15)
    request.staff = replace(someone(may), **other)
    return callback(request, **values)


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_enters_any_page_without_its_permission(method):
    # What belongs to everybody with a post is in checks/test_access.py.
    found = [one for one in pages() if one[1].page.permission != OWN]
    assert len(found) > 40
    bodies = set()
    for address, callback, values in found:
        page = callback.page
        everything_else = frozenset(
            other.page.permission for _, other, _ in found if other.page.permission != page.permission
        )
        for may in (frozenset(), everything_else):
            # What belongs to everybody with a post belongs to nobody without one.
            posts = {"posts": ()} if page.permission == OWN else {}
            answer = ask(callback, method, values, may - {page.permission}, **posts)
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
            ask(page.view(), "get", {}, frozenset({"counter.view"}))


class Small(Page):
    permission, purpose = "counter.view", "inquiry"
    error: Exception | None = None

    def post(self, ctx, request):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE typed ON COMMIT DROP AS SELECT 1")
        if self.error:
            raise self.error
        return go("/done/")


def typed(body, page=Small):
    request = RequestFactory().post("/x", body)
    request.day = date(2026, 7, 15)
    request.staff = someone(frozenset({"counter.view"}))
    return page.view()(request)


def events():
    return [(e.outcome, e.why) for e in Event.objects.order_by("id")]


@pytest.mark.parametrize(
    "text", ["123456789018", "本人の番号は１２３４ ５６７８ ９０１８ です", "1234-5678-9018"]
)
def test_no_page_takes_an_individual_number_in_any_field(text):
    """番号法20条: whatever room comes later, and whatever its field is called."""
    # A field that was sent twice is read twice.
    answer = typed({"anything": [text, "なし"]})
    assert answer.status_code == 409 and "個人番号" in answer.content.decode()
    assert text not in answer.content.decode()
    assert events() == [("refused", "rule")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('typed')")
        assert cursor.fetchone() == (None,), "what the page did is undone"
    assert typed({"anything": "123456789012"}).status_code == 302  # twelve digits, but no individual number


def test_what_goes_wrong_leaves_an_event_and_no_words():
    class Broken(Small):
        error = ValueError("「見本 花子」は日付ではありません")

    with pytest.raises(ValueError):
        typed({"a": "b"}, Broken)
    assert events() == [("failed", "")]
    assert "花子" not in str(Event.objects.values_list())


def test_who_presses_twice_is_told_so():
    class Twice(Small):
        def post(self, ctx, request):
            with connection.cursor() as cursor:
                cursor.execute("CREATE TEMP TABLE once (a int PRIMARY KEY) ON COMMIT DROP")
                cursor.execute("INSERT INTO once VALUES (1), (1)")

    answer = typed({}, Twice)
    assert answer.status_code == 409 and "先に登録されています" in answer.content.decode()
    assert events() == [("refused", "twice")]


def test_without_its_event_nobody_is_answered(monkeypatch):
    def down(*_, **__):
        raise OperationalError("gone")

    monkeypatch.setattr(write, "record", down)
    assert typed({}).status_code == 503
    monkeypatch.setattr(write, "record_apart", down)
    assert ask(Small.view(), "post", {}, frozenset()).status_code == 503


def test_the_log_tells_kind_and_place_of_an_error_and_none_of_its_words():
    try:
        try:
            int("見本 花子")
        except ValueError as inner:
            raise RuntimeError("昭和25年4月1日 見本 花子") from inner
    except RuntimeError:
        told = Wordless("%(message)s").format(
            logging.LogRecord(
                "x", logging.ERROR, "f", 1, "Internal Server Error: %s", ("/person/1/",), sys.exc_info()
            )
        )
    assert "花子" not in told and "昭和" not in told
    assert "builtins.RuntimeError" in told and "builtins.ValueError" in told and "test_doors.py:" in told
    assert settings.LOGGING["handlers"]["console"]["formatter"] == "wordless"


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "head"])
def test_other_methods_are_refused(method):
    class Seen(Page):
        permission, purpose = "counter.view", "inquiry"

        def get(self, ctx, request):
            raise AssertionError("reached")

    assert ask(Seen.view(), method, {}, frozenset({"counter.view"})).status_code == 405


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_sign_that_nobody_types_is_refused_in_words(client, method):
    address = f"{settings.SYSTEM_URLS[settings.SYSTEM]}/login"
    answer = getattr(client, method)(address, {"login": "kakari\0", "password": "x", "words": "\0"})
    assert answer.status_code == 400
    assert "NUL" in answer.content.decode()
