"""One query, all its rows."""

from __future__ import annotations

from typing import Any

from django.db import connection

from kaigo.base.records.context import Context


def rows(query: str, params: Any = None) -> list[tuple]:
    """Rows of a parameterised query."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


def rows_at(ctx: Context, query: str, **params: Any) -> list[tuple]:
    """Rows of a query that asks for %(on)s and %(known_at)s: what held on that day, as it was known then."""
    return rows(query, {"on": ctx.on, "known_at": ctx.known_at, **params})
