"""Insured numbers: ten digits. How they are made is the insurer's choice; the default counts up, zero-padded."""

from __future__ import annotations

from django.db import connection


def next_numbers(insurer: str, count: int) -> list[str]:
    """The next `count` numbers. Called under the numbering lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(number), '0000000000') FROM qualification_number")
        last = int(cursor.fetchone()[0])
    return [f"{last + place:010}" for place in range(1, count + 1)]


def numbers_sql() -> str:
    """Relation (person_id, number) of insured numbers."""
    return "SELECT person_id, number FROM qualification_number"
