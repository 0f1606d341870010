"""Whose facts of a premium changed between two transactions, in the household or of the person."""

from __future__ import annotations

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.base.records.watermarks import Span
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents

KINDS = ("membership", "taxation", "welfare", "old_age_pension", "borderline", "particulars")


def people(ctx: Context, fiscal_year: int, span: Span) -> list[int]:
    """Assessed or insured people of the year whose own facts, or those of anybody who shared a household with them
    at any time, were begun or closed in the span, or whose qualification was decided anew; ids in order."""
    query = f"""
        WITH changed AS MATERIALIZED (SELECT DISTINCT c.person_id FROM ({residents.changed_sql(KINDS)}) c),
        homes AS MATERIALIZED (
            SELECT DISTINCT m.household_id FROM ({residents.membership_history_sql(ctx)}) m
            JOIN changed c ON c.person_id = m.person_id),
        touched AS (
            SELECT person_id FROM changed
            UNION SELECT m.person_id FROM ({residents.membership_history_sql(ctx)}) m
                  JOIN homes h ON h.household_id = m.household_id
            UNION SELECT q.person_id FROM ({qualification.changed_sql()}) q)
        SELECT t.person_id FROM touched t
        WHERE t.person_id IN (SELECT a.person_id FROM premium_assessment a WHERE a.fiscal_year = %(year)s)
           OR t.person_id IN (SELECT q.person_id FROM ({qualification.in_force_sql(ctx)}) q
                              WHERE q.acquired_on < %(finish)s AND (q.lost_on IS NULL OR q.lost_on > %(begin)s))
        ORDER BY 1"""
    params = {
        "after": str(span.after),
        "upto": str(span.upto),
        "year": fiscal_year,
        "begin": f"{fiscal_year}-04-01",
        "finish": f"{fiscal_year + 1}-04-01",
        "known_at": ctx.known_at,
        "on": ctx.on,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return [row[0] for row in cursor.fetchall()]
