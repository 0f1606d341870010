"""Assessments that the former system handed over against what our law says on the facts; nothing is saved."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

from kaigo.base.jobs.registry import Progress
from kaigo.base.records.context import Context
from kaigo.insurance.premium.decide import judge
from kaigo.insurance.premium.opening import LAYOUT, SORT
from kaigo.insurance.premium.read import IN_FORCE
from kaigo.insurance.qualification import read as qualification


class Taken(NamedTuple):
    """An opening decision in force: stage of the last month, yen."""

    person: int
    fiscal_year: int
    stage: int
    yen: int


class Compared(NamedTuple):
    """A person-year that differs. what: stage | yen | interim | missing (not assessed there). stage 0 = none."""

    person: int
    fiscal_year: int
    what: str
    stage: int
    yen: int
    stage_now: int
    yen_now: int


def counts(ctx: Context) -> dict[str, tuple[int, int]]:
    """layout → (lines that stand in our books, their yen)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(annual_yen), 0)::bigint FROM premium_assessment WHERE sort = %s",
            [SORT],
        )
        return {LAYOUT: cursor.fetchone()}


def years(ctx: Context) -> list[int]:
    """Fiscal years with decisions that were taken over, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT fiscal_year FROM premium_assessment WHERE sort = %s ORDER BY 1 DESC", [SORT]
        )
        return [row[0] for row in cursor.fetchall()]


_TAKEN = (
    "FROM premium_assessment a WHERE a.fiscal_year = %(year)s AND a.sort = 'opening' AND "
    f"{IN_FORCE} AND (%(persons)s::bigint[] IS NULL OR a.person_id = ANY(%(persons)s::bigint[]))"
)


def taken_count(ctx: Context, fiscal_year: int) -> int:
    """How many opening decisions of a year are in force."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_TAKEN}", {"year": fiscal_year, "persons": None})
        return cursor.fetchone()[0]


def taken(
    ctx: Context,
    fiscal_year: int,
    persons: list[int] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Taken]:
    """Opening decisions of a year that are in force, in the order of person."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a.person_id, a.fiscal_year, a.stage, a.annual_yen {_TAKEN} ORDER BY a.person_id "
            "LIMIT %(limit)s OFFSET %(offset)s",
            {"year": fiscal_year, "persons": persons, "limit": limit, "offset": offset},
        )
        return [Taken(*row) for row in cursor.fetchall()]


def differences(
    ctx: Context,
    insurer: str,
    fiscal_year: int,
    persons: list[int] | None = None,
    progress: Progress | None = None,
) -> tuple[list[Compared], list[int]]:
    """Everybody (or `persons`) whose year the law finds otherwise, and those of whom it cannot say."""
    held = {one.person: one for one in taken(ctx, fiscal_year, persons)}
    asked = sorted({*held, *(_not_assessed(ctx, fiscal_year) if persons is None else ())})
    if not asked:
        return [], []
    judged = judge(ctx, insurer, fiscal_year, "compare", asked, progress)
    found = []
    for now in judged.judged:
        was = held.get(now.person)
        if was is None:
            if now.months:
                found.append(Compared(now.person, fiscal_year, "missing", 0, 0, now.stage, now.annual_yen))
            continue
        what = "stage" if now.stage != was.stage else "yen" if now.annual_yen != was.yen else "interim"
        found.append(Compared(now.person, fiscal_year, what, was.stage, was.yen, now.stage, now.annual_yen))
    unclear = [person for person, _ in judged.unclear] + [b.person for b in judged.barred]
    return found, [person for person in unclear if person in held]


def _not_assessed(ctx: Context, fiscal_year: int) -> list[int]:
    """Insured in the year, but without any decision of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT q.person_id FROM ({qualification.in_force_sql(ctx)}) q "
            "WHERE q.acquired_on < %(finish)s AND (q.lost_on IS NULL OR q.lost_on > %(begin)s) AND NOT EXISTS ("
            "SELECT 1 FROM premium_assessment a WHERE a.person_id = q.person_id AND a.fiscal_year = %(year)s)",
            {
                "begin": f"{fiscal_year}-04-01",
                "finish": f"{fiscal_year + 1}-04-01",
                "year": fiscal_year,
                "known_at": ctx.known_at,
            },
        )
        return [row[0] for row in cursor.fetchall()]
