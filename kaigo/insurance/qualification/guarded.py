"""Of whom no letter to another office may speak without a written reason."""

from __future__ import annotations

from collections.abc import Iterable

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.insurance.residents import read as residents


def guarded(ctx: Context, persons: Iterable[int]) -> set[int]:
    """Those under 支援措置 on ctx.on, or of whose household somebody is: a letter would tell where they live now."""
    return {
        row[0]
        for row in rows_at(
            ctx,
            f"""
            WITH shielded AS (SELECT s.person_id FROM ({residents.protection_sql(ctx)}) s WHERE s.effective @> %(on)s::date)
            SELECT person_id FROM shielded WHERE person_id = ANY(%(persons)s::bigint[])
            UNION SELECT m.person_id FROM ({residents.membership_sql(ctx)}) m
            JOIN ({residents.membership_sql(ctx)}) o ON o.household_id = m.household_id
            JOIN shielded s ON s.person_id = o.person_id WHERE m.person_id = ANY(%(persons)s::bigint[])""",
            persons=list(persons),
        )
    }
