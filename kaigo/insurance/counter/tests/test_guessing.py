"""Guessing (security.md E-12): wrong references and wrong insured numbers tell nothing, however many are tried.

Short in every run; KAIGO_LONG=1 tries ten thousand.
"""

from __future__ import annotations

import os
import random
import string

import pytest
from django.test import Client

from kaigo.base.audit.models import Event
from kaigo.base.desk import middleware
from kaigo.base.desk.refs import ref
from kaigo.base.staff.tables import permissions
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.collection.tests.builders import person
from kaigo.insurance.counter import caps
from kaigo.insurance.counter.tests.visitor import TODAY
from kaigo.insurance.qualification.models import InsuredNumber

pytestmark = pytest.mark.django_db
TRIES = 10_000 if os.environ.get("KAIGO_LONG") else 100
SIGNS = string.ascii_letters + string.digits + "-_"
SOURCE = random.Random(20261130)


@pytest.fixture
def browser(monkeypatch):
    """Two clerks behind one door: who may open people, and who may not."""
    may = {"everything": someone(permissions(), day=TODAY), "nothing": someone(["jobs.view"], day=TODAY)}
    who = {"now": "everything"}
    monkeypatch.setattr(middleware, "identify", lambda *_: may[who["now"]])
    monkeypatch.setattr(middleware, "business_date", lambda: TODAY)
    client = Client(HTTP_HOST="localhost")
    # The form that every page carries holds a mask of its own each time; its length is always the same.
    client.get("/keys/")

    def ask(address: str, data: dict | None = None, as_: str = "everything"):
        who["now"] = as_
        return client.get(address) if data is None else client.post(address, data)

    return ask


def seen(answer) -> tuple:
    """What whoever guesses can tell apart."""
    return (
        answer.status_code, len(answer.content), tuple(sorted(answer.headers)), answer.headers.get("Location"),
        tuple(sorted(answer.cookies)),
    )  # fmt: skip


def guess() -> str:
    """Looks like a reference."""
    return "".join(SOURCE.choices(SIGNS, k=21)) + SOURCE.choice("AQgw")


def test_a_wrong_reference_answers_as_one_of_somebody_whom_i_may_not_open(browser):
    there = [person() for _ in range(3)]
    before = {seen(browser(f"/person/{ref('person', one)}/", as_="nothing")) for one in there}
    assert len(before) == 1 and next(iter(before))[0] == 404
    for page in ("", "why/", "tickets/", "ledger/"):
        guesses = {seen(browser(f"/person/{guess()}/{page}", as_="nothing")) for _ in range(TRIES // 5)}
        assert guesses == before, page
    # For who may open people a guess is no less an address that does not exist.
    wrong = {seen(browser(f"/person/{guess()}/")) for _ in range(TRIES // 5)}
    absent = {seen(browser(f"/person/{ref('person', 900_000_000 + n)}/")) for n in range(5)}
    assert len(wrong) == 1 and wrong == absent
    assert browser(f"/person/{ref('person', there[0])}/").status_code == 200


def test_a_wrong_insured_number_tells_nothing_of_the_others(browser):
    known = {"0000012345", "0000012346", "0000100000"}
    for number in known:
        InsuredNumber.objects.create(person_id=person(), number=number)
    start = Event.objects.order_by("-id").first()
    answers = set()
    for place in range(TRIES):
        # Neighbours of real ones, ends of the range, and any.
        number = f"{SOURCE.choice((12340, 99_990, 0, SOURCE.randrange(10**10 - 10))) + place % 10:010d}"
        if number not in known:
            answers.add(seen(browser("/search", {"words": number})))
    assert len(answers) == 1 and next(iter(answers))[0] == 200
    # What there is looks the same to who may not search: the address itself is none for him.
    refused = {
        seen(browser("/search", {"words": words}, as_="nothing")) for words in ("0000012345", "0000099999")
    }
    assert len(refused) == 1 and next(iter(refused))[0] == 404
    # Each try stands in the record, and none with the number that was tried.
    events = Event.objects.filter(id__gt=start.id if start else 0)
    assert events.filter(event="page.act", outcome="done").count() > TRIES * 0.9
    assert not [one for one in known if one in str(list(events.values_list()[:2000]))]


def test_tries_by_number_count_to_nobody_and_hits_to_the_days_limit(browser, monkeypatch):
    """T-24: who guesses well is stopped at the day's limit."""
    most = 5
    monkeypatch.setattr(caps, "limits", lambda: {"opened_per_day": most, "listed_per_day": 10**6})
    answers = []
    for place in range(most + 2):
        InsuredNumber.objects.create(person_id=person(), number=f"{77_000 + place:010d}")
        found = browser("/search", {"words": f"{77_000 + place:010d}"})
        answers.append(browser(found["Location"]).status_code)
    assert answers == [200] * most + [429, 429]
