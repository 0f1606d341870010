"""Whether the time of an answer tells what is right in a guess: references, insured numbers, log-ins (security.md E-12).

Two kinds of tries turn by turn, in a fresh order each time; the difference of their medians and the chance p that
two equal kinds differ as much (Mann–Whitney). Reach: less than 1 ms apart and p of 0.01 or more.
"""

from __future__ import annotations

import json
import math
import os
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from statistics import median
from unittest import mock

from benchmarks import ward
from benchmarks.measure import report

DAY, PAIRS, SOURCE = date(2026, 7, 15), 600, random.Random(20261130)
# Four wrong tries at a log-in cost no wait; each try costs a hash of 100 MB, and its time swings by far more than 1 ms:
# 1,280 pairs leave the medians certain to about half a millisecond.
ACCOUNTS, TRIES = 320, 4
NOWHERE = 900_000_000


def run() -> list[dict]:
    os.environ.setdefault("RESIDENTS", "20000")
    ward.open_ward()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.guessing"],
        env=os.environ | {"KAIGO_SYSTEM": "staff", "DJANGO_SETTINGS_MODULE": "kaigo.site.settings.staff"},
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    # The way in first: its process is over before this one measures.
    timings = json.loads(done.stdout.splitlines()[-1]) | _pages()
    return [row for name, (one, other) in timings.items() for row in _told(name, one, other)]


def mann_whitney(one: list[float], other: list[float]) -> float:
    """p, two-sided, by the normal approximation with ties: the chance of such ranks when both are of one kind."""
    both = sorted([(x, 0) for x in one] + [(x, 1) for x in other])
    ranks, ties, place = 0.0, 0, 0
    while place < len(both):
        last = place
        while last + 1 < len(both) and both[last + 1][0] == both[place][0]:
            last += 1
        equal = last - place + 1
        ranks += (place + last + 2) / 2 * sum(kind == 0 for _, kind in both[place : last + 1])
        ties += equal**3 - equal
        place = last + 1
    n, m = len(one), len(other)
    count = n + m
    u = ranks - n * (n + 1) / 2
    spread = math.sqrt(n * m / 12 * (count + 1 - ties / (count * (count - 1))))
    return math.erfc(abs(u - n * m / 2) / spread / math.sqrt(2)) if spread else 1.0


def _told(name: str, one: list[float], other: list[float]) -> list[dict]:
    there, gone = median(one) * 1000, median(other) * 1000
    apart, p = abs(there - gone), mann_whitney(one, other)
    more = {"there_ms": round(there, 3), "gone_ms": round(gone, 3), "tries": len(one) + len(other)}
    return [
        report(f"guess_{name}_apart", [], 1, unit="ms", value=apart, **more),
        report(f"guess_{name}_p", [], 0.01, unit="p", value=p, smaller_is_better=False),
    ]


def _turns(one: Callable[[int], None], other: Callable[[int], None], pairs: int) -> tuple[list, list]:
    """Seconds of both, neither always first."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for place in range(pairs):
        for kind in SOURCE.sample((0, 1), 2):
            begun = time.perf_counter()
            (one, other)[kind](place)
            seconds[kind].append(time.perf_counter() - begun)
    return seconds


def _pages() -> dict[str, tuple[list, list]]:
    """References of people who are there and who are not, and numbers that are somebody's and nobody's."""
    from django.test import Client

    from kaigo.base.desk import middleware
    from kaigo.base.desk.refs import ref
    from kaigo.base.staff.tables import permissions
    from kaigo.base.staff.tests.someone import someone

    people, numbers = _kept()
    client = Client(HTTP_HOST="localhost")
    nobody, clerk = someone(["jobs.view"], day=DAY), someone(permissions(), day=DAY)

    def get(person: int) -> None:
        assert client.get(f"/person/{ref('person', person)}/").status_code == 404

    def search(words: str, status: int) -> None:
        assert client.post("/search", {"words": words}, follow=True).status_code == status

    found = {}
    with mock.patch.object(middleware, "business_date", lambda: DAY):
        with mock.patch.object(middleware, "identify", lambda *_: nobody):
            for place in range(50):
                get(people[place])
                get(NOWHERE + place)
            found["reference"] = _turns(lambda n: get(people[n]), lambda n: get(NOWHERE + n), PAIRS)
            found["number"] = _turns(
                lambda n: search(numbers[n], 404), lambda n: search(f"{9_000_000_000 + n}", 404), PAIRS
            )
        with mock.patch.object(middleware, "identify", lambda *_: clerk):
            # Nobody's numbers beside somebody's, and far away: closeness must not show.
            near = [f"{int(number) + 5_000_000_000:010d}" for number in numbers]
            far = [f"{SOURCE.randrange(8 * 10**9, 9 * 10**9):010d}" for _ in numbers]
            found["number_near"] = _turns(
                lambda n: search(near[n], 200), lambda n: search(far[n], 200), PAIRS
            )
    return found


def _kept() -> tuple[list[int], list[str]]:
    """People and insured numbers of the ward; benchmarks/audit.py takes its files in when it is empty."""
    from benchmarks.audit import _people
    from kaigo.base.records.rows import rows

    _people()
    query = "SELECT person_id, number FROM qualification_number ORDER BY random() LIMIT %s"
    found = rows(query, [PAIRS])
    assert len(found) == PAIRS
    return [person for person, _ in found], [number for _, number in found]


def _log_ins() -> dict[str, tuple[list, list]]:
    """In the staff system: a wrong password of somebody who has one, and one of nobody."""
    from django.test import Client

    from kaigo.base.staff import fallback

    client, known = Client(HTTP_HOST="localhost"), _known()

    def send(login: str) -> None:
        told = {"login": login, "password": "この あいことばは ちがうものです", "number": "12345678"}
        assert client.post("/login/password", told).status_code == 401

    fallback._nobodys()
    for _ in range(3):
        send(f"warm-{secrets.token_hex(4)}")
    unknown = [f"g{secrets.token_hex(6)}" for _ in range(ACCOUNTS)]
    return {
        "log_in": _turns(
            lambda n: send(known[n % ACCOUNTS]), lambda n: send(unknown[n % ACCOUNTS]), ACCOUNTS * TRIES
        )
    }


def _known() -> list[str]:
    """Clerks who may log in with a password, by the ways that everybody takes."""
    from django.utils import timezone

    from kaigo.base.records.context import Context, acting
    from kaigo.base.staff import applications, enrolment, fallback
    from kaigo.base.staff.accounts import enrol, open_account
    from kaigo.base.staff.can import EVERYWHERE
    from kaigo.base.staff.people import Told, believe_people

    day = timezone.localdate()
    ctx = Context("job:benchmark", "staff", day)
    numbers = [f"g{secrets.token_hex(6)}" for _ in range(ACCOUNTS + 2)]
    with acting(ctx):
        lines = [Told(n, "測定", "ソクテイ", None, "staff", "介護保険課", "係員", day, None) for n in numbers]
        members = believe_people(ctx, lines, "feed:benchmark")
        asker, ruler, *clerks = (open_account(ctx, members[n], n, "staff") for n in numbers)
        for clerk in clerks:
            asking, ruling = (Context(f"account:{who.id}", "staff", day) for who in (asker, ruler))
            asked = applications.apply(
                asking, "fallback", clerk, "測定のため", until=day + timedelta(days=30)
            )
            applications.approve(ruling, asked, EVERYWHERE)
            word = enrol(asking, clerk, "2026-00001", "測定のため")
            enrolment.confirm(ruling, enrolment.waiting(day).get(account=clerk), EVERYWHERE)
            fallback.choose(
                ctx, enrolment.good(clerk.login, word, day), "うみとやま かわとそら あさのいちば", "見本区"
            )
    return numbers[2:]


if __name__ == "__main__":
    ward.ready()
    print(json.dumps(_log_ins()))
