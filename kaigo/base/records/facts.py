"""The one way to change what we believe.

Incoming statements ("from this day to that day it is so") are put into a temporary table and applied in three
statements: believed versions that they touch are closed, what is left of those left and right is believed anew,
then the statements themselves. What is already believed changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import connection

from kaigo.base.records.bulk import copy_rows
from kaigo.base.records.models import Fact

# A first load of this many statements builds indexes and constraints after the rows (install.py: records_fill).
FILL_FROM = 20_000


class Believed(NamedTuple):
    """What applying a set of statements did (rows)."""

    stated: int
    unchanged: int
    closed: int
    added: int


def incoming(model: type[Fact]) -> str:
    """A fresh temporary table for statements about `model`; returns its name.

    Columns: key, values, effective, notified_on, source, and `void` (true: from now on nothing is believed there).
    """
    name = f"in_{model._meta.db_table}"
    columns = (*model.key_columns(), *model.value_columns(), "effective", "notified_on", "source")
    listed = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS "
            f"SELECT {listed}, false AS void FROM {model._meta.db_table} WITH NO DATA"
        )
        cursor.execute(f"ALTER TABLE {name} ALTER COLUMN void SET DEFAULT false")
    return name


def believe(model: type[Fact], statements: str) -> Believed:
    """Apply the statements in the temporary table. Two of one key may not overlap (exclusion error).

    Runs inside the caller's transaction. Raises django.db.OperationalError (40001) when the transaction began
    before a freeze or lost against a later one: begin again.
    """
    table = model._meta.db_table
    keys, values = model.key_columns(), model.value_columns()
    same_key = " AND ".join(f"f.{c} = i.{c}" for c in keys)
    same_value = " AND ".join(f"f.{c} IS NOT DISTINCT FROM i.{c}" for c in values) or "true"
    kept = ", ".join((*keys, *values))
    f_kept = ", ".join(f"f.{c}" for c in (*keys, *values))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {statements}")
        stated = cursor.fetchone()[0]
        if stated >= FILL_FROM and _is_empty(cursor, table):
            cursor.execute(f"DELETE FROM {statements} WHERE void")
            return Believed(stated, 0, 0, fill(table, statements))
        cursor.execute(f"ANALYZE {statements}")
        cursor.execute(
            f"DELETE FROM {statements} i USING {table} f WHERE {same_key} AND upper_inf(f.known) "
            f"AND NOT i.void AND f.effective @> i.effective AND {same_value}"
        )
        unchanged = cursor.rowcount
        cursor.execute(f"DROP TABLE IF EXISTS touched_{table}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE touched_{table} ON COMMIT DROP AS "
            f"SELECT f.id, {f_kept}, f.notified_on, f.source, "
            f"datemultirange(f.effective) - range_agg(i.effective) AS rest "
            f"FROM {table} f JOIN {statements} i ON {same_key} AND f.effective && i.effective "
            f"WHERE upper_inf(f.known) GROUP BY f.id"
        )
        cursor.execute(
            f"UPDATE {table} f SET known = tstzrange(lower(f.known), now()) "
            f"FROM touched_{table} t WHERE f.id = t.id"
        )
        cursor.execute(f"SELECT count(*) FROM touched_{table}")
        closed = cursor.fetchone()[0]
        cursor.execute(
            f"INSERT INTO {table} ({kept}, effective, notified_on, source) "
            f"SELECT {kept}, unnest(rest), notified_on, source FROM touched_{table}"
        )
        added = cursor.rowcount
        cursor.execute(
            f"INSERT INTO {table} ({kept}, effective, notified_on, source) "
            f"SELECT {kept}, effective, notified_on, source FROM {statements} WHERE NOT void"
        )
        added += cursor.rowcount
        cursor.execute(f"DROP TABLE {statements}")
    return Believed(stated, unchanged, closed, added)


def fill(table: str, source: str) -> int:
    """All rows of a temporary table into an empty table of facts or anchors, indexes and constraints afterwards.

    Columns that both tables have. The temporary table is dropped. Returns how many rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = %s", [table]
        )
        (owner,) = cursor.fetchone()
        cursor.execute(f'GRANT SELECT ON {source} TO "{owner}"')
        cursor.execute("SELECT records_fill(%s, %s)", [table, source])
        (rows,) = cursor.fetchone()
        cursor.execute(f"DROP TABLE {source}")
    return rows


def _is_empty(cursor, table: str) -> bool:
    cursor.execute(f"SELECT NOT EXISTS (SELECT 1 FROM {table})")
    return cursor.fetchone()[0]


def believe_rows(model: type[Fact], rows: Iterable[Mapping[str, Any]]) -> Believed:
    """The same for a few statements given as mappings column → value (all keys and values named)."""
    statements = incoming(model)
    columns = (*model.key_columns(), *model.value_columns(), "effective", "notified_on", "source", "void")
    copy_rows(
        statements, columns, ([row.get(c, False if c == "void" else None) for c in columns] for row in rows)
    )
    return believe(model, statements)


def as_of(model: type[Fact], on: str = "%(on)s", known_at: str | None = None) -> str:
    """SQL condition for alias f: true on the day, believed now or at a moment. Parameters stay parameters."""
    believed = "upper_inf(f.known)" if known_at is None else f"f.known @> {known_at}::timestamptz"
    return f"f.effective @> {on}::date AND {believed}"
