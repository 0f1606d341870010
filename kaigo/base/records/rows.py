"""One query, all its rows."""

from __future__ import annotations

from typing import Any

from django.db import connection


def rows(query: str, params: Any = None) -> list[tuple]:
    """Rows of a parameterised query."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()
