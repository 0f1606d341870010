"""A clerk with given permissions asks for a page of the counter."""

from __future__ import annotations

from datetime import date

from django.test import RequestFactory

from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.counter import screens

TODAY = date(2026, 7, 15)
ALL = frozenset(
    {
        "counter.note", "counter.view", "jobs.view", "jobs.run", "premium.view", "collection.view", "qualification.view",
        "residents.view", "certificates.view", "notices.view", "release.runs", "release.view", "feeds.lines", "feeds.view",
        "counter.print",
    }
)  # fmt: skip


def ask(name: str, /, query: str = "", data: dict | None = None, may=ALL, day: date = TODAY, **path):
    """The answer of the page of this name; data = a POST."""
    view = next(p.callback for p in screens.urls if p.name == name)
    factory = RequestFactory()
    request = factory.post(f"/x?{query}", data) if data is not None else factory.get(f"/x?{query}")
    request.staff, request.day = someone(may), day
    return view(request, **path)


def text(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()
