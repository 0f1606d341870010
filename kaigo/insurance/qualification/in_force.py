"""Which periods are in force: the relation that everything else stands on."""

from __future__ import annotations

from kaigo.base.records.context import Context

IN_FORCE = (
    "NOT q.cancelled AND NOT EXISTS (SELECT 1 FROM qualification_decision n WHERE n.supersedes_id = q.id)"
)


def in_force_sql(ctx: Context) -> str:
    """Relation of the periods in force: decision_id, person_id, acquired_on, lost_on, … as decided by ctx.known_at."""
    if ctx.known_at is None:
        condition = IN_FORCE
    else:
        condition = (
            "NOT q.cancelled AND q.decided_at <= %(known_at)s AND NOT EXISTS (SELECT 1 FROM qualification_decision n "
            "WHERE n.supersedes_id = q.id AND n.decided_at <= %(known_at)s)"
        )
    return (
        "SELECT q.id AS decision_id, q.person_id, q.period, q.acquired_on, q.acquired_reason, q.lost_on, "
        f"q.lost_reason, q.provisional, q.decided_at, q.tx FROM qualification_decision q WHERE {condition}"
    )
