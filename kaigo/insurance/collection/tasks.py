"""What waits in this room: pension records without a person, people whose year cannot be planned."""

from __future__ import annotations

from dataclasses import dataclass

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows


@dataclass(frozen=True, slots=True)
class UnclearYear:
    """A person-year that the law could not judge, and what is missing."""

    person: int
    fiscal_year: int
    message: str


def unclear(ctx: Context) -> list[UnclearYear]:
    """Open ones, the oldest first."""
    return [
        UnclearYear(person, int(what.removeprefix("year:")), message)
        for person, what, message in rows(
            "SELECT person_id, what, message FROM collection_task WHERE sort = 'unclear' AND state = 'open' ORDER BY id",
            {},
        )
    ]


def open_tasks(ctx: Context) -> dict[str, int]:
    """Waiting tasks by sort (target | unclear)."""
    return dict(rows("SELECT sort, count(*) FROM collection_task WHERE state = 'open' GROUP BY sort", {}))
