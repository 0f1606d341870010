"""Guessing a way in (security.md E-12, T-2): many wrong tries answer alike, and the figures of limits.yaml hold.

Short in every run; KAIGO_LONG=1 tries ten thousand. The server's clock is what waits: here the events grow older.
"""

from __future__ import annotations

import os
import random
from datetime import timedelta

import pytest
from django.contrib.auth import hashers

from kaigo.base.audit.models import Event
from kaigo.base.staff import fallback, lockout
from kaigo.base.staff.models import Session
from kaigo.base.staff.tables import limits
from kaigo.base.staff.tests.hired import APRIL, account
from kaigo.base.staff.tests.test_fallback import PASSWORD, allow, choose, numbers_of, send

pytestmark = pytest.mark.django_db
TRIES = 10_000 if os.environ.get("KAIGO_LONG") else 60
SOURCE = random.Random(20261130)


@pytest.fixture(autouse=True)
def _cheap_hashes(settings, monkeypatch):
    settings.BUSINESS_DATE = APRIL.isoformat()
    for name, value in (("memory_cost", 1024), ("parallelism", 1), ("time_cost", 1)):
        monkeypatch.setattr(hashers.Argon2PasswordHasher, name, value)
    fallback._nobodys.cache_clear()
    yield
    fallback._nobodys.cache_clear()


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass between two tries: the events stay, the time since them is told."""
    passed = {"seconds": 0.0}
    real = lockout.wait
    monkeypatch.setattr(lockout, "wait", lambda wrong: real(wrong) - passed["seconds"])
    return passed


@pytest.fixture
def clerk(client):
    who = account("001")
    allow(who)
    return who, numbers_of(choose(client, who))


def seen(answer) -> tuple:
    """What whoever guesses can tell apart."""
    return (
        answer.status_code, len(answer.content), tuple(sorted(answer.headers)), answer.headers.get("Location"),
        tuple(sorted(answer.cookies)),
    )  # fmt: skip


def reasons(start: int) -> list[str]:
    return list(
        Event.objects.filter(id__gt=start, event="staff.log_in").order_by("id").values_list("why", flat=True)
    )


def last_event() -> int:
    return Event.objects.latest("id").id


def test_many_wrong_log_ins_are_one_answer_and_open_nothing(client, clerk, clock):
    """Known, known without a grant, and nobody: the same status, length and headers."""
    who, card = clerk
    other, start = account("002"), last_event()
    send(client, "warm", "x", "1")
    answers = set()
    for place in range(TRIES):
        clock["seconds"] = SOURCE.choice((0, 0, 1e6))
        login = (who.login, other.login, "nobody", f"login-{SOURCE.randrange(10**6)}")[place % 4]
        wrong = SOURCE.choice(("", "x" * 20, PASSWORD[:-1], PASSWORD))
        number = SOURCE.choice(("", card[1], f"{SOURCE.randrange(10**8):08d}"))
        answers.add(seen(send(client, login, wrong, number if wrong == PASSWORD else card[0])))
    assert len(answers) == 1 and next(iter(answers))[0] == 401
    assert not Session.objects.exists()
    tried = set(reasons(start))
    assert {"unknown", "no_fallback", "password", "shut"} <= tried and "" not in tried


def test_the_figures_of_the_limits_hold(client, clerk, clock):
    """Five free tries; then the wait doubles; at ten a quarter of an hour; at a hundred it is over for good."""
    who, card = clerk
    told = limits()
    delay, most = told["wrong_before_delay"], told["wrong_before_lock"]
    figures = (delay, most, told["delay_seconds"], told["lock_minutes"], told["wrong_in_a_row"])
    assert figures == (5, 10, 10, 15, 100)
    for wrong in range(1, told["wrong_in_a_row"]):
        start = last_event()
        clock["seconds"] = 1e6
        send(client, who, "x" * 20, card[0])
        assert reasons(start) == ["password"], wrong
        # Half way through the wait even the right answer is not looked at.
        if wrong >= delay:
            due = told["lock_minutes"] * 60 if wrong >= most else told["delay_seconds"] * 2 ** (wrong - delay)
            clock["seconds"] = due / 2
            start = last_event()
            assert send(client, who, PASSWORD, card[0]).status_code == 401 and reasons(start) == ["shut"], (
                wrong
            )
    assert fallback.running(who.id, APRIL) is not None
    clock["seconds"] = 1e6
    send(client, who, "x" * 20, card[0])
    assert fallback.running(who.id, APRIL) is None
    start = last_event()
    assert send(client, who, PASSWORD, card[0]).status_code == 401 and reasons(start) == ["no_fallback"]


def test_tries_a_day_are_so_few_that_a_number_of_eight_digits_is_not_guessed():
    """Whoever knows the password and tries without a pause has a hundred tries: 1 in a million numbers."""
    told = limits()
    waits = [lockout.wait(wrong) for wrong in range(told["wrong_in_a_row"])]
    assert timedelta(seconds=sum(waits)) > timedelta(hours=22)
    assert told["wrong_in_a_row"] * 1_000_000 <= 10**fallback.DIGITS
