"""A page of a room as a clerk with these permissions sees it."""

from __future__ import annotations

from datetime import date

from django.test import RequestFactory

from kaigo.base.staff.tests.someone import someone


def ask(
    screens, name: str, data=None, may=frozenset(), account: int = 1, day=date(2026, 7, 10), query="", **path
):
    """data: POST with it, None: GET."""
    view = next(p.callback for p in screens.urls if p.name == name)
    factory = RequestFactory()
    request = factory.post("/", data) if data is not None else factory.get(f"/?{query}")
    request.staff = someone(frozenset(may), account=account)
    request.day = day
    return view(request, **path)


def text(answer) -> str:
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()
