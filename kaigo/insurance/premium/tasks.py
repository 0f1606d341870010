"""Open questions about a person-year: what the law cannot decide, may no longer decide, or decided on old facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.bulk import copy_rows, to_json
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.premium.models import Task

FACTS = "facts"
JUDGED_AGAIN = "判定し直したため"


class Found(NamedTuple):
    """A question. sort: unclear | stale | barred; missing: [[key, text], …] in Japanese."""

    person: int
    sort: str
    missing: list


def file_tasks(fiscal_year: int, looked_at: Sequence[int], found: Sequence[Found]) -> None:
    """Open questions once each; those of people who were judged again and are not in `found` are closed."""
    with connection.cursor() as cursor:
        _found_table(cursor, found)
        cursor.execute(
            "UPDATE premium_task t SET state = 'settled', settled_by = %s, settled_reason = %s "
            "WHERE t.state = 'open' AND t.fiscal_year = %s AND t.person_id = ANY(%s) AND NOT EXISTS ("
            "SELECT 1 FROM premium_found f WHERE f.person_id = t.person_id AND f.sort = t.sort)",
            [FACTS, JUDGED_AGAIN, fiscal_year, list(looked_at)],
        )
        _insert(cursor, fiscal_year)


def add_tasks(fiscal_year: int, found: Sequence[Found]) -> int:
    """New questions beside those that wait already; returns how many are new."""
    with connection.cursor() as cursor:
        _found_table(cursor, found)
        return _insert(cursor, fiscal_year)


def _found_table(cursor, found: Sequence[Found]) -> None:
    cursor.execute("DROP TABLE IF EXISTS premium_found")
    cursor.execute(
        "CREATE TEMPORARY TABLE premium_found (person_id bigint, sort text, missing jsonb) ON COMMIT DROP"
    )
    copy_rows(
        "premium_found",
        ("person_id", "sort", "missing"),
        ((f.person, f.sort, to_json(f.missing)) for f in found),
    )


def _insert(cursor, fiscal_year: int) -> int:
    """What a clerk has settled with the very same words is not asked again."""
    cursor.execute(
        "INSERT INTO premium_task (person_id, fiscal_year, sort, missing, state, settled_by, settled_reason) "
        "SELECT DISTINCT ON (f.person_id, f.sort) f.person_id, %s, f.sort, f.missing, 'open', '', '' "
        "FROM premium_found f WHERE NOT EXISTS (SELECT 1 FROM premium_task t WHERE t.person_id = f.person_id "
        "AND t.fiscal_year = %s AND t.sort = f.sort AND t.state = 'settled' AND t.settled_by <> %s "
        "AND t.missing = f.missing) "
        "ON CONFLICT (person_id, fiscal_year, sort) WHERE state = 'open' DO NOTHING",
        [fiscal_year, fiscal_year, FACTS],
    )
    return cursor.rowcount


def settle(ctx: Context, task: Task, reason: str) -> None:
    """A clerk says that it is done, and why. Raises Refused without a reason or when it is not open."""
    if task.state != "open":
        raise Refused("この確認事項はもう終わっています。")
    if not reason.strip():
        raise Refused("終わらせる理由を書いてください。")
    task.state, task.settled_by, task.settled_reason = "settled", ctx.actor, reason.strip()
    task.save(update_fields=["state", "settled_by", "settled_reason"])
