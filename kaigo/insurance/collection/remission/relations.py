"""Relations of the room: what is deferred, what is remitted."""

from __future__ import annotations

from kaigo.base.records.context import Context


def deferred_sql(ctx: Context) -> str:
    """Relation (person_id, fiscal_year, kind, number, start_on, end_on, deferral_id) of the terms that are deferred now,
    or at ctx.known_at; half-open [start_on, end_on). kind: direct.

    Whoever sends demands leaves a term out while the period of its deferral runs.
    """
    known = "" if ctx.known_at is None else " AND {0}.decided_at <= %(known_at)s"
    return (
        "SELECT t.person_id, t.fiscal_year, t.kind, t.number, d.start_on, d.end_on, d.id AS deferral_id "
        "FROM collection_deferral d JOIN collection_deferral_term t ON t.deferral_id = d.id "
        f"WHERE d.what = 'granted'{known.format('d')} AND NOT EXISTS (SELECT 1 FROM collection_deferral n "
        f"WHERE n.supersedes_id = d.id{known.format('n')})"
    )
