"""Everything that the right to collect a term depends on, as one relation; what this room decided, as it stands now."""

from __future__ import annotations

from collections.abc import Iterator

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import outer
from kaigo.law.prescription import Event


def standing_sql(ctx: Context, table: str) -> str:
    """Rows of a Decision table of this room that nothing supersedes, now or at ctx.known_at."""
    if ctx.known_at is None:
        return f"SELECT a.* FROM {table} a WHERE NOT EXISTS (SELECT 1 FROM {table} n WHERE n.supersedes_id = a.id)"
    return (
        f"SELECT a.* FROM {table} a WHERE a.decided_at <= %(known_at)s AND NOT EXISTS "
        f"(SELECT 1 FROM {table} n WHERE n.supersedes_id = a.id AND n.decided_at <= %(known_at)s)"
    )


def measured_sql(ctx: Context) -> str:
    """Relation (person_id, fiscal_year, number, measure_id, kind, state, begins, ends, at_once) of measures by term.

    A measure that was entered by mistake (state void) is none.
    """
    return f"""
        SELECT t.person_id, t.fiscal_year, t.number, m.id AS measure_id, m.kind, m.state, m.begins, m.ends, m.at_once
        FROM ({standing_sql(ctx, "arrears_measure")}) m
        JOIN arrears_measure_term t ON t.measure_id = coalesce(m.begun_id, m.id) WHERE m.state <> 'void'"""


def agreed_sql(ctx: Context) -> str:
    """Relation (person_id, fiscal_year, number, agreement_id, state, agreed_on, yen): agreements by term."""
    return f"""
        SELECT t.person_id, t.fiscal_year, t.number, coalesce(a.made_id, a.id) AS agreement_id, a.state, a.agreed_on, t.yen
        FROM ({standing_sql(ctx, "arrears_agreement")}) a
        JOIN arrears_agreement_term t ON t.agreement_id = coalesce(a.made_id, a.id)"""


def events_sql(ctx: Context, condition: str = "true", paid: str = "") -> str:
    """Relation (person_id, fiscal_year, number, kind, begins, ends, withdrawn), kinds as kaigo.law.prescription.

    condition: SQL over person_id, fiscal_year, number; paid: the same, for the terms whose payments are asked for ("" = all
    of condition). An offset is an act of the ward, not of the debtor: it renews nothing.
    """
    columns = "person_id, fiscal_year, number, kind, begins, ends, withdrawn"
    return f"""
        SELECT {columns} FROM (
            SELECT person_id, fiscal_year, number, 'part_payment' AS kind, day AS begins, NULL::date AS ends,
                   false AS withdrawn
            FROM ({outer.moves_sql(ctx, f"sort = 'receipt' AND ({paid or condition})")}) m WHERE yen > 0 AND day IS NOT NULL
            UNION
            SELECT person_id, fiscal_year, number, 'instalment_agreement', agreed_on, NULL, false
            FROM ({agreed_sql(ctx)}) a
            UNION
            SELECT person_id, fiscal_year, number, kind, begins, ends, state = 'withdrawn'
            FROM ({measured_sql(ctx)}) s
            UNION SELECT {columns} FROM ({outer.demands_sql(ctx)}) d
            UNION SELECT {columns} FROM ({outer.reminders_sql(ctx)}) r
            UNION SELECT {columns} FROM ({outer.deferrals_sql(ctx)}) f) e
        WHERE ({condition})"""


def of_person(ctx: Context, person: int) -> Iterator[tuple[tuple[int, str, int], Event]]:
    """((fiscal year, kind, number), event) of a person's terms, but for part payments: whoever asks has those."""
    for year, number, kind, begins, ends, withdrawn in rows(
        "SELECT fiscal_year, number, kind, begins, ends, withdrawn "
        f"FROM ({events_sql(ctx, 'person_id = %(person)s')}) e WHERE kind <> 'part_payment' ORDER BY begins, kind",
        {"person": person, "known_at": ctx.known_at, "on": ctx.on},
    ):
        yield (year, "direct", number), Event(kind, begins, ends, withdrawn)
