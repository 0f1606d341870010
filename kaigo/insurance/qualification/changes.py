"""Whose facts changed since the last run: what a daily run must look at again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.insurance.residents import read as residents
from kaigo.law.qualification import AGE

# A birthday on 29 February and the rule "the day before the birthday": a few days more than needed harm nobody.
MARGIN = timedelta(days=5)
KINDS = ("particulars", "residence", "facility_stay", "address_exception")


class Since(NamedTuple):
    """The last run: its business date, and the transactions that it has seen."""

    on: date
    after: int
    upto: int


def people(ctx: Context, since: Since) -> list[int]:
    """Everybody with a new or closed fact, an event or a planned move that has come since, or 65 since; ids in order."""
    params = {
        "after": str(since.after),
        "upto": str(since.upto),
        "from": since.on - MARGIN,
        "on": ctx.on,
        "born_from": _years_before(since.on - MARGIN),
        "born_until": _years_before(ctx.on + MARGIN),
        "known_at": None,
    }
    query = f"""
        SELECT c.person_id FROM ({residents.changed_sql(KINDS)}) c
        UNION
        SELECT r.person_id FROM ({residents.residence_history_sql(ctx)}) r
        WHERE lower(r.effective) BETWEEN %(from)s AND %(on)s
        UNION
        SELECT e.person_id FROM ({residents.address_exception_sql(ctx)}) e
        WHERE lower(e.effective) BETWEEN %(from)s AND %(on)s OR upper(e.effective) BETWEEN %(from)s AND %(on)s
        UNION
        SELECT s.person_id FROM ({residents.facility_stay_sql(ctx)}) s
        WHERE lower(s.effective) BETWEEN %(from)s AND %(on)s OR upper(s.effective) BETWEEN %(from)s AND %(on)s
        UNION
        SELECT l.person_id FROM qualification_ruling l WHERE l.matter = 'held_back'
        AND (l.day BETWEEN %(from)s AND %(on)s OR l.until BETWEEN %(from)s AND %(on)s)
        UNION
        SELECT p.person_id FROM ({residents.particulars_sql(ctx)}) p
        WHERE p.birth_date BETWEEN %(born_from)s AND %(born_until)s
        ORDER BY 1"""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return [row[0] for row in cursor.fetchall()]


def _years_before(day: date) -> date:
    return date(day.year - AGE, day.month, min(day.day, 28))
