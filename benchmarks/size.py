"""How large the database is after the year, table by table."""

from __future__ import annotations

from benchmarks import ward
from benchmarks.measure import report


def run() -> list[dict]:
    ward.open_ward()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        total = cursor.fetchone()[0]
        cursor.execute(
            "SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON "
            "n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 2 DESC LIMIT 20"
        )
        tables = {name: round(size / 2**20) for name, size in cursor.fetchall()}
    return [report("database_size", [], 8, unit="GB", value=total / 2**30, seed=ward.SEED, tables_mb=tables)]
