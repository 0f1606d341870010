"""Terms and what happened to them → the law of prescription, for a set at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from itertools import groupby
from typing import NamedTuple

from django.conf import settings

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import outer
from kaigo.insurance.arrears.events import events_sql, standing_sql
from kaigo.insurance.arrears.terms import ONE, Owed, dated_sql
from kaigo.law.prescription import Event, Prescription, PrescriptionFacts, collection
from kaigo.law.reasons import Finding
from kaigo.law.values import Values, load


class Held(NamedTuple):
    """What was found of a term before: the row of the decision, and its last day (None while it had not lapsed)."""

    lapse: int
    complete: bool
    last_on: date | None


class Judged(NamedTuple):
    """A term with the answer of the law. finding None: its day is not known, nothing can be said."""

    term: Owed
    facts: PrescriptionFacts | None
    finding: Finding[Prescription] | None
    before: Held | None

    @property
    def last_on(self) -> date | None:
        return self.finding.value.last_on if self.finding else None

    @property
    def complete(self) -> bool:
        return self.finding is not None and self.finding.value.complete


def values(ctx: Context) -> Values:
    """The insurer's values of the day."""
    return load().values(settings.INSURER, ctx.on)


# Money that may have come after the right was gone: no term prescribes before its fiscal year is two years old.
_LATE = "sort = 'receipt' AND business_date >= make_date(fiscal_year + 2, 4, 1)"


def _wanted(ctx: Context, condition: str) -> str:
    """Open terms after their day; terms that were found to have lapsed; terms that look paid, but perhaps too late."""
    return f"""
        SELECT t.*, l.id AS lapse_id, l.complete, l.last_on, coalesce(t.due_on, l.due_on) AS from_on
        FROM ({dated_sql(ctx, condition)}) t
        LEFT JOIN ({standing_sql(ctx, "arrears_lapse")}) l
             ON l.person_id = t.person_id AND l.fiscal_year = t.fiscal_year AND l.number = t.number
        LEFT JOIN (SELECT person_id, fiscal_year, number, max(day) AS day
                   FROM ({outer.moves_sql(ctx, f"{_LATE} AND ({condition})")}) m GROUP BY 1, 2, 3) m
             ON m.person_id = t.person_id AND m.fiscal_year = t.fiscal_year AND m.number = t.number
        WHERE (t.balance > 0 AND (t.due_on IS NULL OR t.due_on < %(on)s::date)) OR l.complete
           OR m.day > t.due_on + interval '2 years'"""


def judged(ctx: Context, persons: Iterable[int] | None = None) -> list[Judged]:
    """Every wanted term of everybody, or of these people, in the order of person, year and number. Two scans."""
    condition = "true" if persons is None else ONE
    happened = "person_id IN (SELECT person_id FROM wanted)"
    query = f"""
        WITH wanted AS MATERIALIZED ({_wanted(ctx, condition)})
        SELECT w.person_id, w.fiscal_year, w.number, w.levied, w.received, w.written_off, w.balance, w.from_on, w.way,
               w.lapse_id, w.complete, w.last_on, e.kind, e.begins, e.ends, e.withdrawn
        FROM wanted w LEFT JOIN ({events_sql(ctx, happened)}) e
             ON e.person_id = w.person_id AND e.fiscal_year = w.fiscal_year AND e.number = w.number
        ORDER BY w.person_id, w.fiscal_year, w.number, e.begins, e.kind, e.ends"""
    given = None if persons is None else id_array(persons)
    found = rows(query, {"persons": given, "on": ctx.on, "known_at": ctx.known_at})
    law = values(ctx)
    # Most people have the same due dates and demands: equal facts are asked once.
    ask = cache(lambda facts: collection(facts, law))
    return [_judge(ctx, list(lines), ask) for _, lines in groupby(found, key=lambda row: row[:3])]


def _judge(ctx: Context, lines: list[tuple], ask) -> Judged:
    first = lines[0]
    term = Owed(*first[:9])
    before = Held(first[9], first[10], first[11]) if first[9] is not None else None
    if term.due_on is None:
        return Judged(term, None, None, before)
    events = tuple(
        Event(kind, begins, ends, withdrawn)
        for *_, kind, begins, ends, withdrawn in lines
        if kind is not None
    )
    facts = PrescriptionFacts(term.due_on, ctx.on, events)
    return Judged(term, facts, ask(facts), before)
