"""Small builders of a person-year: on top of those of qualification, households, tax and benefits."""

from __future__ import annotations

from itertools import count

from django.db import connection
from psycopg.types.range import Range

from kaigo.base.records.context import Context, acting
from kaigo.base.records.facts import believe_rows
from kaigo.insurance.premium.models import Assessment, Deducted
from kaigo.insurance.qualification.decide import decide_all
from kaigo.insurance.qualification.tests.builders import INSURER, born, day, died, fact, left, lives
from kaigo.insurance.residents.models import Borderline, Household, Membership, Taxation, Welfare

__all__ = [
    "INSURER", "assessments", "at_home", "borderline", "born", "context", "deducted", "died", "in_force", "insured",
    "left", "lives", "moment", "on_welfare", "qualify", "taxed",
]  # fmt: skip

_homes = count(1)


def context(on: str, actor: str = "account:1", known_at=None) -> Context:
    return Context(actor, "premium", day(on), known_at=known_at)


def insured(birth: str = "1950-05-05", since: str = "1990-01-01", **values) -> int:
    """A resident in a household of his own."""
    person = born(birth)
    lives(person, since, **values)
    at_home([person], since)
    return person


def at_home(persons: list[int], since: str = "1990-01-01", until: str | None = None) -> int:
    """A household with these people in [since, until)."""
    with acting(context("2026-01-01")):
        household = Household.objects.create(number=f"{next(_homes):015}").id
        believe_rows(
            Membership,
            [
                fact(
                    Membership,
                    person_id=person,
                    household_id=household,
                    relationship="02",
                    effective=Range(day(since), day(until) if until else None),
                )
                for person in persons
            ],
        )
    return household


def taxed(person: int, year: int = 2026, status: str = "2", **yen) -> None:
    """A tax record: status 1 = taxed, 2 = untaxed, 3 = undeclared; amounts named as the columns, the rest zero."""
    numbers = {
        column: 0
        for column in Taxation.value_columns()
        if Taxation._meta.get_field(column).get_internal_type() in ("IntegerField", "BigIntegerField")
    }
    with acting(context("2026-01-01")):
        believe_rows(
            Taxation,
            [
                fact(Taxation)
                | numbers
                | {
                    "person_id": person,
                    "fiscal_year": year,
                    "status": status,
                    "effective": Range(day(f"{year}-04-01"), day(f"{year + 1}-04-01")),
                }
                | yen
            ],
        )


def on_welfare(person: int, since: str, until: str | None = None, *, void: bool = False) -> None:
    with acting(context("2026-01-01")):
        believe_rows(
            Welfare,
            [
                fact(
                    Welfare,
                    person_id=person,
                    welfare_kind="1",
                    substitute_payment=False,
                    effective=Range(day(since), day(until) if until else None),
                    void=void,
                )
            ],
        )


def borderline(person: int, stage: int, since: str, until: str | None = None) -> None:
    with acting(context("2026-01-01")):
        believe_rows(
            Borderline,
            [
                fact(
                    Borderline,
                    person_id=person,
                    stage=stage,
                    effective=Range(day(since), day(until) if until else None),
                )
            ],
        )


def deducted(person: int, yen: int, year: int = 2025) -> None:
    """What was taken from the pension in February of the year."""
    Deducted.objects.create(person_id=person, fiscal_year=year, month=14, yen=yen, source="test:1")


def qualify(on: str = "2026-07-01") -> None:
    with acting(context(on)):
        decide_all(context(on), INSURER)


def assessments(person: int, year: int = 2026) -> list[tuple]:
    """All decisions of the year, oldest first: (sort, annual_yen, stages)."""
    rows = Assessment.objects.filter(person_id=person, fiscal_year=year).order_by("id")
    return [(a.sort, a.annual_yen, a.stages) for a in rows]


def in_force(person: int, year: int = 2026) -> Assessment:
    return Assessment.objects.get(person_id=person, fiscal_year=year, superseded_by__isnull=True)


def moment():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
