"""Storage → what the law needs to know of every open term, in three statements for the whole ward."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.audit.seen import saw
from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read as collection
from kaigo.insurance.dunning import stays
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.receipts import read as receipts
from kaigo.law.premium_facts import Span
from kaigo.law.prescription import Event

Key = tuple[int, int, int]  # person, fiscal year, number of a directly paid term


class Open(NamedTuple):
    """A directly paid term that is open after its due date. yen: what is open.

    demanded_on: of its demand; waits_for: the day of a debit that the bank has not answered; overpaid_yen: what the
    person paid too much on other terms; stays: (why, start, end) that hold for it; paid_on: days of part payments
    that stand; what was taken back, an offset and what a former system took in on a day unknown renew nothing.
    """

    person: int
    fiscal_year: int
    number: int
    way: str
    due_on: date
    part: int
    yen: int
    demanded_on: date | None
    deadline_on: date | None
    reported_yen: int
    waits_for: date | None
    taken_over: bool
    overpaid_yen: int
    stays: tuple[tuple[str, date, date | None], ...]
    paid_on: tuple[date, ...]

    @property
    def key(self) -> Key:
        return self.person, self.fiscal_year, self.number

    def deferrals(self) -> tuple[Span, ...]:
        """徴収猶予 of the term."""
        return tuple(Span(start, end) for why, start, end in self.stays if why == "deferral")

    def events(self) -> tuple[Event, ...]:
        """What the ledger and this room know that moves the prescription."""
        found = [Event("part_payment", day) for day in self.paid_on]
        found += [Event("deferral", span.start, span.end) for span in self.deferrals()]
        if self.demanded_on:
            found.append(Event("dunning", self.demanded_on))
        return tuple(sorted(found, key=lambda event: (event.on, event.kind)))


# The ledger is read once: what is not even of anybody's, above zero and below.
_UNEVEN = "CREATE TEMPORARY TABLE dunning_uneven ON COMMIT DROP AS {uneven}"
# Who owes something on a term of his own, and which part of the plan in force asks for it.
_OPEN = """
CREATE TEMPORARY TABLE dunning_open ON COMMIT DROP AS
SELECT t.person_id, t.fiscal_year, t.number, i.way, i.due_on, i.id AS part, t.balance AS yen, t.paid,
       d.dated AS demanded_on, d.deadline_on
FROM dunning_uneven t
JOIN ({plans}) p ON p.person_id = t.person_id AND p.fiscal_year = t.fiscal_year
JOIN ({parts}) i ON i.plan_id = p.id AND i.number = t.number AND i.way <> 'deduction'
LEFT JOIN dunning_demand d ON d.person_id = t.person_id AND d.fiscal_year = t.fiscal_year AND d.number = t.number
WHERE t.kind = 'direct' AND t.number <> 0 AND t.balance > 0 AND i.due_on < %(before)s AND i.due_on >= %(since)s AND (d.id IS NOT NULL) = %(demanded)s"""

_FACTS = """
SELECT o.person_id, o.fiscal_year, o.number, o.way, o.due_on, o.part, o.yen, o.demanded_on, o.deadline_on,
       coalesce(r.yen, 0)::int, b.debit_on, coalesce(v.decided_on > o.due_on, false), coalesce(x.yen, 0)::int,
       coalesce(s.stays, '[]'), coalesce(y.days, '{{}}')
FROM dunning_open o
LEFT JOIN ({reported}) r USING (person_id, fiscal_year, number)
LEFT JOIN ({debits}) b USING (person_id, fiscal_year, number)
LEFT JOIN ({taken_over}) v USING (person_id, fiscal_year)
LEFT JOIN (SELECT person_id, -sum(balance) AS yen FROM dunning_uneven WHERE balance < 0 GROUP BY person_id) x
     USING (person_id)
LEFT JOIN (SELECT a.person_id, a.fiscal_year, a.number,
                  json_agg(json_build_array(s.why, s.start, s."end") ORDER BY s.start, s.id) AS stays
     FROM dunning_open a JOIN ({stays}) s ON s.person_id = a.person_id
       AND (s.fiscal_year IS NULL OR (s.fiscal_year, s.number) = (a.fiscal_year, a.number))
     GROUP BY 1, 2, 3) s USING (person_id, fiscal_year, number)
LEFT JOIN (SELECT e.person_id, e.fiscal_year, e.number, array_agg(DISTINCT e.paid_on ORDER BY e.paid_on) AS days
     FROM (SELECT person_id, fiscal_year, number, source, min(paid_on) AS paid_on FROM ({payments}) m
           WHERE sort = 'receipt' AND way <> 'deduction' AND source NOT LIKE 'migration:%%' AND
             (person_id, fiscal_year, number) IN (SELECT person_id, fiscal_year, number FROM dunning_open WHERE paid)
           GROUP BY 1, 2, 3, 4 HAVING sum(yen) > 0) e
     GROUP BY 1, 2, 3) y USING (person_id, fiscal_year, number)
ORDER BY o.person_id, o.due_on, o.fiscal_year, o.number"""

_DROP = "DROP TABLE IF EXISTS dunning_uneven, dunning_open"
LONG_AGO = date(2000, 4, 1)


def open_terms(
    ctx: Context, before: date, since: date | None = None, persons: Sequence[int] | None = None,
    demanded: bool = False,
) -> list[Open]:  # fmt: skip
    """Open terms due on [since, before), those with a demand or those without; all people, or these."""
    mine = "true" if persons is None else "person_id = ANY(%(persons)s::bigint[])"
    params = {
        "before": before, "since": since or LONG_AGO, "known_at": ctx.known_at, "on": ctx.on, "demanded": demanded,
        "persons": id_array(persons) if persons is not None else None,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_DROP)
        if persons is None:
            ledger.ample()
        cursor.execute(_UNEVEN.format(uneven=ledger.uneven_sql(ctx, mine)), params)
        cursor.execute("ANALYZE dunning_uneven")
        cursor.execute(
            _OPEN.format(
                plans=collection.plans_in_force_sql(ctx),
                parts=collection.instalments_sql(),
            ),
            params,
        )
        cursor.execute("ANALYZE dunning_open")
    found = rows(
        _FACTS.format(
            reported=receipts.reported_sql(),
            debits=receipts.unanswered_sql(),
            taken_over=collection.taken_over_sql(),
            payments=receipts.payments_sql(),
            stays=stays.all_sql(ctx),
        ),
        params,
    )
    with connection.cursor() as cursor:
        cursor.execute(_DROP)
    saw(row[0] for row in found)
    return [Open(*row[:13], _stays(row[13]), tuple(row[14])) for row in found]


def _stays(found: list) -> tuple[tuple[str, date, date | None], ...]:
    return tuple(
        (why, date.fromisoformat(start), date.fromisoformat(end) if end else None)
        for why, start, end in found
    )
