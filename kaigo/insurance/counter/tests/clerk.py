"""A clerk with given permissions asks for a page of the counter."""

from __future__ import annotations

from datetime import date

from django.test import RequestFactory

from kaigo.base.staff.who import Staff
from kaigo.insurance.counter import screens

TODAY = date(2026, 7, 15)
ALL = frozenset(
    {
        "counter.note", "counter.view", "jobs.view", "jobs.run", "premium.view", "collection.view", "qualification.view",
        "residents.view", "certificates.view", "notices.view", "release.view", "feeds.view",
    }
)  # fmt: skip


def ask(name: str, /, query: str = "", data: dict | None = None, may=ALL, day: date = TODAY, **path):
    """The answer of the page of this name; data = a POST."""
    view = next(p.callback for p in screens.urls if p.name == name)
    factory = RequestFactory()
    request = factory.post(f"/x?{query}", data) if data is not None else factory.get(f"/x?{query}")
    request.staff, request.day = Staff(1, "試験 職員", "staff", "介護保険課", "係員", may), day
    return view(request, **path)


def text(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()
