"""The relation of plans in force, for everybody in the room."""

from __future__ import annotations

from kaigo.base.records.context import Context


def plans_in_force_sql(ctx: Context) -> str:
    """Relation of the plans in force now, or at ctx.known_at: all columns of collection_plan as p.*"""
    if ctx.known_at is None:
        return (
            "SELECT p.* FROM collection_plan p WHERE NOT EXISTS "
            "(SELECT 1 FROM collection_plan n WHERE n.supersedes_id = p.id)"
        )
    return (
        "SELECT p.* FROM collection_plan p WHERE p.decided_at <= %(known_at)s AND NOT EXISTS "
        "(SELECT 1 FROM collection_plan n WHERE n.supersedes_id = p.id AND n.decided_at <= %(known_at)s)"
    )
