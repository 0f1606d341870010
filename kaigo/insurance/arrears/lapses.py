"""時効の完成: found by the daily job, term by term, kept with the facts and reasons of the law; never silently."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import outer
from kaigo.insurance.arrears.chain import Judged, judged, values
from kaigo.insurance.arrears.models import Lapse
from kaigo.insurance.ledger import read as ledger
from kaigo.law.codec import encode
from kaigo.law.digest import law_version
from kaigo.law.reasons import pack

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('arrears.lapse'))"


def find(ctx: Context, persons: Iterable[int] | None = None) -> dict[str, int]:
    """Keep what lapsed since last time, and what proved not to have lapsed. In the caller's transaction.

    Returns counts: looked, lapsed, lapsed_yen, taken_back, undated. Two workers find the same once: the second waits and
    sees the first.
    """
    rows(_LOCK)
    found = judged(ctx, persons)
    fresh = [one for one in found if _changed(one)]
    owed = open_at(
        ctx, [(*one.term.key, one.last_on) for one in fresh if one.complete and one.last_on is not None]
    )
    # Paid in time and to the last yen: the right was exercised, nothing of it lapsed.
    fresh = [one for one in fresh if not one.complete or owed.get(one.term.key)]
    law = law_version(values(ctx).digest)
    made = Lapse.objects.bulk_create(
        [
            Lapse(
                person_id=one.term.person, fiscal_year=one.term.fiscal_year, number=one.term.number,
                due_on=one.term.due_on, last_on=one.last_on, complete=one.complete, yen=owed.get(one.term.key, 0),
                facts=encode(one.facts), reasons=pack(one.finding.reasons) if one.finding else [], law=law,
                supersedes_id=one.before.lapse if one.before else None, decided_on=ctx.on, actor=ctx.actor,
            )
            for one in fresh
        ],
        batch_size=2000,
    )  # fmt: skip
    return {
        "looked": len(found),
        "lapsed": sum(row.complete for row in made),
        "lapsed_yen": sum(row.yen for row in made),
        "taken_back": sum(not row.complete for row in made),
        "undated": sum(one.finding is None for one in found),
    }


def _changed(one: Judged) -> bool:
    if one.finding is None:
        return False
    if one.before is None:
        return one.complete
    return (one.complete, one.last_on if one.complete else None) != (
        one.before.complete,
        one.before.last_on if one.before.complete else None,
    )


def open_at(ctx: Context, terms: Iterable[tuple[int, int, int, date]]) -> dict[tuple[int, int, int], int]:
    """(person, fiscal year, number) → yen that was open at the end of a day: levied now, less what was paid by then and
    what was written off. Never below zero."""
    asked = list(terms)
    if not asked:
        return {}
    people = "person_id = ANY(%(persons)s::bigint[])"
    found = rows(
        f"""
        WITH moved AS MATERIALIZED ({outer.moves_sql(ctx, people)}),
             owed AS MATERIALIZED ({ledger.terms_sql(ctx, f"way <> 'deduction' AND {people}")})
        SELECT a.person_id, a.fiscal_year, a.number,
               greatest(0, t.levied - t.written_off - coalesce((
                   SELECT sum(m.yen) FROM moved m WHERE m.person_id = a.person_id AND m.fiscal_year = a.fiscal_year
                   AND m.number = a.number AND (m.day IS NULL OR m.day <= a.day)), 0))::int
        FROM unnest(%(persons)s::bigint[], %(years)s::int[], %(numbers)s::int[], %(days)s::date[])
             AS a(person_id, fiscal_year, number, day)
        JOIN owed t ON t.person_id = a.person_id AND t.fiscal_year = a.fiscal_year AND t.number = a.number""",
        {
            "persons": id_array(person for person, *_ in asked),
            "years": [year for _, year, _, _ in asked],
            "numbers": [number for _, _, number, _ in asked],
            "days": [day for *_, day in asked],
            "known_at": ctx.known_at,
        },
    )
    return {(person, year, number): yen for person, year, number, yen in found}
