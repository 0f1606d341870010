"""Somebody asks for pages by their address, as a browser does, with the real decision about why he looks."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import get_resolver, resolve

from kaigo.base.audit.models import Event
from kaigo.base.desk.refs import ref
from kaigo.base.staff.can import Staff
from kaigo.base.staff.tables import permissions
from kaigo.base.staff.tests.someone import someone

TODAY = date(2026, 7, 15)
# What stands in addresses beside references.
WORDS = {"year": "2026", "month": "7", "part": "1", "kind": "call", "act": "memo", "job": "premium.main"}
CLERK = frozenset(name for name in permissions() if name.endswith(".view")) | {
    "counter.note",
    "premium.revise",
}


def visit(
    address: str, data: dict | None = None, *, staff: Staff | None = None, day: date = TODAY
) -> HttpResponse:
    """The answer of an address; data = a POST."""
    factory = RequestFactory()
    request = factory.post(address, data) if data is not None else factory.get(address)
    request.staff, request.day = staff or someone(CLERK, day=day), day
    found = resolve(request.path)
    return found.func(request, **found.kwargs)


def page_of(person: int) -> str:
    return f"/person/{ref('person', person)}/"


def last() -> Event:
    return Event.objects.latest("id")


def body(answer: HttpResponse) -> str:
    html = answer.content.decode()
    return html[html.index("<main") : html.index("</main>")]


def addresses(rows: dict[str, int]) -> list[tuple[str, type]]:
    """(address, page) of every page of the system that rows can fill."""
    found = []

    def walk(patterns, prefix: str) -> None:
        for entry in patterns:
            route, filled = str(entry.pattern), True
            for name, converter in entry.pattern.converters.items():
                kind = getattr(converter, "kind", "")
                value = ref(kind, rows[kind]) if kind in rows else None if kind else WORDS.get(name)
                filled = filled and value is not None
                marks = [f"<{part}:{name}>" for part in (kind, "int", "str", "slug") if part]
                for mark in marks:
                    route = route.replace(mark, str(value))
            if hasattr(entry, "url_patterns"):
                walk(entry.url_patterns, prefix + route)
            elif filled and hasattr(entry.callback, "page"):
                found.append((f"/{prefix}{route}", entry.callback.page))

    walk(get_resolver().url_patterns, "")
    return found
