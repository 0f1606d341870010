"""Terms and what happened to them → the law of prescription, for a set at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from typing import NamedTuple

from django.conf import settings

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import outer
from kaigo.insurance.arrears.events import events_sql, standing_sql
from kaigo.insurance.arrears.terms import KEY, ONE, Owed, due_sql, uneven_sql
from kaigo.insurance.ledger import read as ledger
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
    """CTE `wanted`: open terms after their day; terms that were found to have lapsed; terms that look paid, but perhaps too
    late. What may be wanted is picked first, and only that is put together."""
    return f"""
        uneven AS MATERIALIZED ({uneven_sql(ctx, condition)}),
        lapse AS MATERIALIZED (SELECT * FROM ({standing_sql(ctx, "arrears_lapse")}) l WHERE {condition}),
        late AS MATERIALIZED (SELECT {KEY}, max(day) AS day
             FROM ({outer.moves_sql(ctx, f"{_LATE} AND ({condition})")}) m GROUP BY {KEY}),
        term AS (SELECT {KEY} FROM uneven WHERE balance > 0 UNION SELECT {KEY} FROM lapse WHERE complete
             UNION SELECT {KEY} FROM late),
        wanted AS MATERIALIZED (
             SELECT {KEY}, coalesce(u.balance, 0) AS balance, coalesce(u.paid, true) AS paid, coalesce(d.way, 'slip') AS way, l.id AS lapse_id, l.complete,
                    l.last_on, coalesce(d.due_on, l.due_on) AS from_on
             FROM term LEFT JOIN uneven u USING ({KEY}) LEFT JOIN ({due_sql(ctx)}) d USING ({KEY})
             LEFT JOIN lapse l USING ({KEY}) LEFT JOIN late m USING ({KEY})
             WHERE (u.balance > 0 AND (d.due_on IS NULL OR d.due_on < %(on)s::date)) OR l.complete
                OR m.day > d.due_on + interval '2 years')"""


def judged(ctx: Context, persons: Iterable[int] | None = None) -> list[Judged]:
    """Every wanted term of everybody, or of these people, in the order of person, year and number."""
    condition = "true" if persons is None else ONE
    happened = f"({KEY}) IN (SELECT {KEY} FROM wanted)"
    paid = f"({KEY}) IN (SELECT {KEY} FROM wanted WHERE paid)"
    query = f"""
        WITH {_wanted(ctx, condition)}
        SELECT {KEY}, w.balance, w.from_on, w.way, w.lapse_id, w.complete, w.last_on, e.happened
        FROM wanted w LEFT JOIN (
             SELECT {KEY}, json_agg(json_build_array(kind, begins, ends, withdrawn) ORDER BY begins, kind, ends)::text
                    AS happened FROM ({events_sql(ctx, happened, paid)}) e GROUP BY {KEY}) e USING ({KEY})
        ORDER BY {KEY}"""
    given = None if persons is None else id_array(persons)
    if persons is None:
        ledger.ample()
    found = rows(query, {"persons": given, "on": ctx.on, "known_at": ctx.known_at})
    ask = _asker(ctx)
    made = []
    for *term, lapse, complete, last_on, happened in found:
        before = Held(lapse, complete, last_on) if lapse is not None else None
        made.append(Judged(Owed(*term), *ask(term[4], happened), before))
    return made


Answer = tuple[PrescriptionFacts, Finding[Prescription]] | tuple[None, None]


def _asker(ctx: Context) -> Callable[[date | None, str | None], Answer]:
    """The law, asked once for equal facts: most people have the same due dates and demands."""
    law = values(ctx)

    @cache
    def ask(due_on: date | None, happened: str | None) -> Answer:
        if due_on is None:
            return None, None
        facts = PrescriptionFacts(due_on, ctx.on, tuple(map(_event, json.loads(happened or "[]"))))
        return facts, collection(facts, law)

    return ask


def _event(told: list) -> Event:
    kind, begins, ends, withdrawn = told
    return Event(kind, date.fromisoformat(begins), ends and date.fromisoformat(ends), withdrawn)
