"""Relations of plans: those in force, those taken over from a former system."""

from __future__ import annotations

from kaigo.base.records.context import Context
from kaigo.insurance.premium import read as premium

# Of collection_plan p, now.
PLAN_IN_FORCE = "NOT EXISTS (SELECT 1 FROM collection_plan n WHERE n.supersedes_id = p.id)"


def plans_in_force_sql(ctx: Context) -> str:
    """Relation of the plans in force now, or at ctx.known_at: all columns of collection_plan as p.*"""
    if ctx.known_at is None:
        return f"SELECT p.* FROM collection_plan p WHERE {PLAN_IN_FORCE}"
    return (
        "SELECT p.* FROM collection_plan p WHERE p.decided_at <= %(known_at)s AND NOT EXISTS "
        "(SELECT 1 FROM collection_plan n WHERE n.supersedes_id = p.id AND n.decided_at <= %(known_at)s)"
    )


def opening_letters_sql() -> str:
    """Relation (person_id, fiscal_year, annual_yen, stage, instalments json): what a former system had told people."""
    return f"""
        SELECT p.person_id, p.fiscal_year, o.annual_yen, o.stage,
               coalesce((SELECT json_agg(json_build_object('way', i.way, 'number', i.number, 'due_on', i.due_on,
                                                           'yen', i.yen) ORDER BY i.due_on, i.way, i.number)
                         FROM collection_instalment i WHERE i.plan_id = p.id), '[]'::json) AS instalments
        FROM collection_plan p JOIN ({premium.opening_sql()}) o ON o.assessment_id = p.assessment_id
        WHERE p.cause = 'opening'"""


def taken_over_sql() -> str:
    """Relation (person_id, fiscal_year, decided_on): plans that a former system had made, and when they were taken over."""
    return (
        "SELECT person_id, fiscal_year, max(decided_on) AS decided_on FROM collection_plan "
        "WHERE cause = 'opening' GROUP BY person_id, fiscal_year"
    )
