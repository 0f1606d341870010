"""Twenty clerks at once: person page and search with exponential pauses of one second; queries and CPU of one page."""

from __future__ import annotations

import http.client
import os
import random
import re
import subprocess
import sys
import threading
import time
from datetime import date
from urllib.parse import urlencode

from benchmarks import ward
from benchmarks.measure import report
from kaigo.base.desk.refs import ref

PORT, CLERKS, SECONDS = 8460, 20, 30
DAY = date(2026, 7, 15)


def run() -> list[dict]:
    ward.open_ward()
    # Nobody may open more than some people on a day: every clerk has a log-in and people of his own.
    *tokens, token = _sessions(CLERKS + 1)
    people, names = _samples()
    rows = _one_page(token, people[:140])
    server = _serve()
    try:
        times = _clerks(tokens, people[140:], names)
    finally:
        server.terminate()
        server.wait(timeout=20)
    for what, seconds in times.items():
        seconds.sort()
        p95 = seconds[int(len(seconds) * 0.95)] * 1000
        rows.append(
            report(f"{what}_p95", seconds[:: max(1, len(seconds) // 20)], 100, unit="ms", value=p95,
                   seed=ward.SEED, requests=len(seconds), clerks=CLERKS)
        )  # fmt: skip
    return rows


def _sessions(count: int) -> list[str]:
    """Log-ins of people who may see the counter, made by the staff system in a process of its own."""
    env = os.environ | {"KAIGO_SYSTEM": "staff", "DJANGO_SETTINGS_MODULE": "kaigo.site.settings.staff"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.clerk", str(count)],
        env=env,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.split()[-count:]


def _samples() -> tuple[list[int], list[str]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT person_id FROM qualification_number ORDER BY random() LIMIT 2000")
        people = [row[0] for row in cursor.fetchall()]
        # All of them have called, so that no page asks why it is opened.
        cursor.execute(
            "INSERT INTO counter_ticket (person_id, kind, subject, text, state, taken_on, taken_by) "
            "SELECT p, 'call', '測定', '', 'open', %s, 'job:benchmark' FROM unnest(%s::bigint[]) p",
            [DAY, people],
        )
        cursor.execute(
            "SELECT name FROM residents_particulars WHERE upper_inf(known) AND person_id = ANY(%s)",
            [people[:500]],
        )
        return people, [row[0] for row in cursor.fetchall()]


def _one_page(token: str, people: list[int]) -> list[dict]:
    """Queries and CPU of the person page, in this process."""
    from django.conf import settings
    from django.db import connections
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils.functional import empty

    assert settings._wrapped is not empty
    settings.BUSINESS_DATE = DAY.isoformat()
    client = Client(HTTP_HOST="localhost")
    client.cookies["__Host-staff"] = token
    for person in people[:20]:
        client.get(f"/person/{ref('person', person)}/")
    most = 0
    for person in people[20:40]:
        with CaptureQueriesContext(connections["default"]) as asked:
            assert client.get(f"/person/{ref('person', person)}/").status_code == 200
        most = max(most, len(asked))
    begun = time.process_time()
    for person in people[40:140]:
        client.get(f"/person/{ref('person', person)}/")
    cpu = (time.process_time() - begun) * 10
    return [
        report("person_page_queries", [], 27, unit="queries", value=most),
        report("person_page_cpu", [], 25, unit="ms", value=cpu),
    ]


def _serve() -> subprocess.Popen:
    env = os.environ | {
        "KAIGO_BUSINESS_DATE": DAY.isoformat(),
        "KAIGO_INSURANCE_ADDRESS": f"http://localhost:{PORT}",
    }
    command = [sys.executable, "-m", "gunicorn", "kaigo.site.wsgi:application", "--bind", f"127.0.0.1:{PORT}"]
    server = subprocess.Popen(
        [
            *command,
            "--workers",
            "3",
            "--threads",
            "2",
            "--keep-alive",
            "60",
            "--preload",
            "--log-level",
            "error",
        ],
        env=env,
    )
    for _ in range(100):
        try:
            http.client.HTTPConnection("127.0.0.1", PORT, timeout=2).connect()
            return server
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("gunicorn does not answer")


def _clerks(tokens: list[str], people: list[int], names: list[str]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"person_page": [], "search": []}
    until = time.monotonic() + SECONDS

    def clerk(number: int) -> None:
        source = random.Random(ward.SEED + number)
        line = http.client.HTTPConnection("localhost", PORT, timeout=30)
        mine = people[number::CLERKS]
        cookie = {"Cookie": f"__Host-staff={tokens[number]}"}
        form = _ask(line, "GET", "/", None, cookie)
        crumb = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form[1]).group(1)
        cookie["Cookie"] += f"; __Host-csrf={form[2]}"
        while time.monotonic() < until:
            time.sleep(source.expovariate(1))
            if source.random() < 0.6:
                seconds, _, _ = _ask(
                    line, "GET", f"/person/{ref('person', source.choice(mine))}/", None, cookie
                )
                times["person_page"].append(seconds)
            else:
                body = urlencode({"csrfmiddlewaretoken": crumb, "words": source.choice(names)})
                # The answer of a post is looked at with a GET (base/desk/answers.py): both belong to the search.
                posted, leads, _ = _ask(line, "POST", "/search", body, cookie)
                looked = _ask(line, "GET", leads, None, cookie)[0] if "?shown=" in leads else 0
                times["search"].append(posted + looked)

    threads = [threading.Thread(target=clerk, args=(n,)) for n in range(CLERKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _ask(line, method: str, address: str, body: str | None, headers: dict) -> tuple[float, str, str]:
    """(seconds, text or where it leads, csrf cookie). Raises AssertionError for an answer that is no page."""
    more = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    begun = time.perf_counter()
    line.request(method, address, body, headers | more)
    answer = line.getresponse()
    text = answer.read().decode()
    text = answer.headers.get("Location", text)
    seconds = time.perf_counter() - begun
    assert answer.status in (200, 302, 303), f"{address}: {answer.status}"
    found = re.search(r"__Host-csrf=(\w+)", answer.headers.get("Set-Cookie", ""))
    return seconds, text, found.group(1) if found else ""
