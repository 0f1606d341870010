"""One query, all its rows; one row for oneself alone."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Model

from kaigo.base.records.context import Context


def rows(query: str, params: Any = None) -> list[tuple]:
    """Rows of a parameterised query."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


def rows_at(ctx: Context, query: str, **params: Any) -> list[tuple]:
    """Rows of a query that asks for %(on)s and %(known_at)s: what held on that day, as it was known then."""
    return rows(query, {"on": ctx.on, "known_at": ctx.known_at, **params})


def locked(row: Model) -> None:
    """Two people who press at once act one after the other: the second waits here, and `row` is as the first left it."""
    type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
    row.refresh_from_db()
