"""The ledger at full size: posting a year's receipts, balances of everybody, one person's page.

A ward of 165,000 insured whose levies and receipts of ten years are written by SQL, as the jobs of those years would
have left them: 14 entries a person and year. Then a million slips come back from the bank in one file.
"""

from __future__ import annotations

import random
import time
from datetime import date
from statistics import median, quantiles

from benchmarks import ward
from benchmarks.measure import raw_copy, report, timed

# As many insured as a ward of RESIDENTS has (74 万人 → 165,000), and of their 1.15 million slips the first million.
PEOPLE = ward.RESIDENTS * 223 // 1000
FIRST, YEAR, TERMS = 2017, 2026, 7
LINES = min(1_000_000, PEOPLE * (TERMS - 1))
DAY = date(2026, 12, 1)

_MADE = (
    "INSERT INTO residents_person (id) SELECT n FROM generate_series(1, {people}) n",
    # A plan without its assessment: whoever posts and reads balances asks for neither.
    "INSERT INTO collection_plan (id, person_id, fiscal_year, assessment_id, cause, way, refund_yen, request, decided_on, actor) "
    "SELECT n, n, {year}, n, 'main', 'direct', 0, 'none', '{year}-07-01', 'job:benchmark' FROM generate_series(1, {people}) n",
    "INSERT INTO collection_instalment (id, plan_id, person_id, fiscal_year, way, number, due_on, yen, provisional) "
    "SELECT (n - 1) * {terms} + t, n, n, {year}, 'slip', t, make_date({year}, 6, 30) + t * 30, 6000 + n % 50 * 100, false "
    "FROM generate_series(1, {people}) n, generate_series(1, {terms}) t",
)
# Year after year, as time wrote them.
_OF_A_YEAR = (
    "INSERT INTO ledger_entry (person_id, source, key, yen, fiscal_year, accounting_year, sort, way, number, reason, "
    "business_date, actor) SELECT n, 'plan:' || n, 'plan:' || n || ':{y}:' || t, 6000 + n % 50 * 100, {y}, {y}, 'levy', "
    "'slip', t, 'main', make_date({y}, 7, 1), 'job:benchmark' "
    "FROM generate_series(1, {people}) n, generate_series(1, {terms}) t",
    # One in forty of the earlier terms was never paid.
    "INSERT INTO ledger_entry (person_id, source, key, yen, fiscal_year, accounting_year, sort, way, number, reason, "
    "business_date, actor) SELECT n, 'receipt:' || n, 'receipt:' || n || ':{y}:' || t, 6000 + n % 50 * 100, {y}, {y}, "
    "'receipt', 'slip', t, 'slip', make_date({y}, 6, 30) + t * 30, 'job:benchmark' "
    "FROM generate_series(1, {people}) n, generate_series(1, {terms}) t "
    "WHERE {y} < {year} AND (n * 7 + t + {y}) % 40 <> 0",
)


def run() -> list[dict]:
    """Everything on one database made for it."""
    ward.fresh()
    _make()
    rows = [*_balances(), *_page()]
    return [*rows, *_posting()]


def _make() -> None:
    """By the administrator, without the triggers that look up references row by row."""
    import psycopg

    from kaigo.site.embedded import Cluster
    from kaigo.site.home import home

    database = f"insurance_{_insurer()}"
    with psycopg.connect(Cluster(home()).dsn(database), autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        for statement in _MADE:
            admin.execute(statement.format(people=PEOPLE, year=YEAR, terms=TERMS))
        for y in range(FIRST, YEAR + 1):
            for statement in _OF_A_YEAR:
                admin.execute(statement.format(y=y, people=PEOPLE, year=YEAR, terms=TERMS))
        admin.execute(f"SELECT setval('collection_instalment_id_seq', {PEOPLE * TERMS})")
    ward.settle()


def _insurer() -> str:
    import os

    return os.environ["KAIGO_INSURER"]


def _balances() -> list[dict]:
    """What everybody owes: of the three years that can still be revised, and of all."""
    from kaigo.base.records.rows import rows
    from kaigo.insurance.ledger import read

    ctx = ward.context(DAY)

    def ask(condition: str) -> None:
        found = rows(f"SELECT count(*), sum(balance) FROM ({read.balances_sql(ctx, condition)}) b")
        assert found[0][0] == PEOPLE

    open_years = timed(lambda: ask(f"fiscal_year >= {YEAR - 2}"))
    every = timed(lambda: ask("true"))
    return [
        report("ledger_balances_open", open_years, 2, people=PEOPLE, years=3),
        report("ledger_balances_all", every, 6, people=PEOPLE, years=YEAR - FIRST + 1),
    ]


def _page() -> list[dict]:
    """One person's ledger, of people taken at random: what the page asks of the database and draws."""
    from django.test import RequestFactory

    from kaigo.base.staff.tables import permissions
    from kaigo.base.staff.tests.someone import someone
    from kaigo.insurance.receipts.screens import Person

    view, clerk, source = Person.view(), someone(permissions(), day=DAY), random.Random(20261201)
    seconds = []
    for person in source.sample(range(1, PEOPLE + 1), 220):
        request = RequestFactory().get("/")
        request.staff, request.day = clerk, DAY
        begun = time.perf_counter()
        view(request, person=person)
        seconds.append(time.perf_counter() - begun)
    p95 = quantiles(seconds[20:], n=20)[-1]
    return [
        report(
            "ledger_page_p95",
            seconds[20:],
            100,
            unit="ms",
            value=p95 * 1000,
            median_ms=round(median(seconds) * 1000, 1),
        )
    ]


def _posting() -> list[dict]:
    """A million slips of the bank: the file is taken in, then posted; the raw limit is COPY of the rows it leaves."""
    from django.conf import settings

    from kaigo.base.feeds.decide import receive
    from kaigo.base.jobs.run import run as job
    from kaigo.base.records.context import acting
    from kaigo.base.records.rows import rows
    from kaigo.insurance.collection.slips import reference_of
    from kaigo.insurance.receipts.channels import CHANNELS
    from kaigo.layouts.writer import write_csv

    layout = CHANNELS["slip"].layout
    lines = [
        {
            "number": f"{part:012d}", "slip_number": reference_of(YEAR, "slip", part, (part - 1) % TERMS + 1),
            "payee_number": "13199", "yen": str(6000 + ((part - 1) // TERMS + 1) % 50 * 100), "paid_on": "20261130",
            "bank": "0001", "branch": "001", "settled_on": "20261201",
        }
        for part in range(1, LINES + 1)
    ]  # fmt: skip
    content = write_csv(layout, settings.INSURER, DAY, 1, "changes", lines)
    ctx = ward.context(DAY, purpose="collection")
    with ward.clock() as taken, acting(ctx):
        receive(ctx, settings.INSURER, "slips.csv", content, layout)
    ward.settle()
    with ward.clock() as posted:
        made = job(ctx, "receipts.take").result
    assert made["booked"] == LINES, made
    new = f"source LIKE 'receipt:%:%' AND business_date = '{DAY}'"
    ((entries,),) = rows(f"SELECT count(*) FROM ledger_entry WHERE {new.replace('%', '%%')}", {})
    assert entries == LINES
    raw = raw_copy(["receipts_receipt", "ledger_entry"], {"ledger_entry": new}, runs=1)
    return [
        report("ledger_receive", taken, 60, lines=LINES),
        report(
            "ledger_posting",
            posted,
            60,
            raw=raw,
            raw_name="COPY of the receipts and their entries",
            lines=LINES,
        ),
    ]
