"""What is not there and what is not for this person: one answer, for every address that names a row."""

from __future__ import annotations

import pytest
from django.urls import Resolver404, resolve

from kaigo.base.desk.refs import KINDS, ref
from kaigo.base.staff.tables import OWN, permissions
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.counter.tests.canaries import plant
from kaigo.insurance.counter.tests.visitor import addresses, body, visit

pytestmark = [pytest.mark.django_db, pytest.mark.asks]
NOWHERE = 999_999_999
ALL = frozenset(permissions())


def _references(address: str) -> list[str]:
    return [part for part in address.split("/") if len(part) == 22 and part[-1] in "AQgw"]


def test_unknown_rows_and_missing_permissions_are_one_page():
    there = plant()
    filled = dict(addresses(there))
    found = [(a, p) for a, p in addresses(dict.fromkeys(KINDS, NOWHERE)) if _references(a)]
    assert len(found) >= 60
    everything, nothing = someone(ALL), someone(["jobs.view"])
    wrong, pages = [], set()
    for address, page in found:
        for data in (None, {}):
            if not hasattr(page, "get" if data is None else "post"):
                continue
            answers = [visit(address, data, staff=everything)]
            if page.permission not in {OWN, "jobs.view"}:
                answers.append(visit(address, data, staff=nothing))
            for answer in answers:
                if answer.status_code == 404:
                    pages.add(body(answer))
                else:
                    wrong.append((address, "POST" if data is not None else "GET", answer.status_code))
    for address, page in filled.items():
        if page.permission not in {OWN, "jobs.view"} and hasattr(page, "get"):
            pages.add(body(visit(address, staff=nothing)))
    assert wrong == [], wrong
    assert len(pages) == 1


def test_a_row_of_another_kind_opens_nothing():
    rows = plant()
    person = ref("person", rows["person"])
    opened = []
    for address, _ in addresses(rows):
        for part in _references(address):
            if part != person:
                try:
                    resolve(address.replace(part, person))
                    opened.append(address)
                except Resolver404:
                    pass
    assert opened == []
