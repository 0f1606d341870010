"""From the kept lines of files to what we believe.

A room puts everything that files now say about some subjects into a table of statements and calls `restate`: what
files said before and say no more is taken back, what the section itself entered stays, the rest goes to `believe`.
"""

from __future__ import annotations

from django.db import connection

from kaigo.base.records.facts import Believed, believe, incoming
from kaigo.base.records.models import Fact


def stating(model: type[Fact]) -> str:
    """A fresh table of statements, as `incoming`, with `fresh`: the line itself is new (default true)."""
    name = incoming(model)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} ADD COLUMN fresh boolean DEFAULT true")
    return name


def restate(model: type[Fact], statements: str, subjects: str) -> Believed:
    """Apply the statements, which are all that files say about the subjects.

    subjects: a table with the first key column of the model, each once. What a file stated before (source `feed:`)
    and no statement covers is believed no more. What people entered (any other source) is overruled only by a line
    that is itself new.
    """
    table, keys = model._meta.db_table, model.key_columns()
    columns = ", ".join((*keys, *model.value_columns(), "notified_on", "source", "void", "fresh"))
    same_key = " AND ".join(f"f.{c} = i.{c}" for c in keys)
    listed = ", ".join(keys)
    f_listed = ", ".join(f"f.{c}" for c in keys)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table})")
        if cursor.fetchone()[0]:
            cursor.execute(f"ANALYZE {statements}")
            cursor.execute(
                f"WITH entered AS ("
                f" SELECT i.ctid AS place, datemultirange(i.effective) - range_agg(f.effective) AS rest"
                f" FROM {statements} i JOIN {table} f ON {same_key} AND f.effective && i.effective"
                f" WHERE NOT i.fresh AND upper_inf(f.known) AND f.source NOT LIKE 'feed:%%'"
                f" GROUP BY i.ctid, i.effective),"
                f"cut AS (DELETE FROM {statements} i USING entered e WHERE i.ctid = e.place"
                f" RETURNING {', '.join('i.' + c for c in columns.split(', '))}, e.rest)"
                f"INSERT INTO {statements} ({columns}, effective) SELECT {columns}, unnest(rest) FROM cut"
            )
            cursor.execute(
                f"INSERT INTO {statements} ({listed}, effective, source, void) "
                f"SELECT {f_listed}, unnest(datemultirange(f.effective) - coalesce(i.stated, '{{}}')), 'feed', true "
                f"FROM {table} f JOIN {subjects} s ON s.{keys[0]} = f.{keys[0]} "
                f"LEFT JOIN (SELECT {listed}, range_agg(effective) AS stated FROM {statements} GROUP BY {listed}) i "
                f"ON {same_key} WHERE upper_inf(f.known) AND f.source LIKE 'feed:%%'"
            )
    return believe(model, statements)
