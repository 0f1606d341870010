"""What a clerk must settle before (or because) a qualification cannot be decided from the facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification.models import Task

FACTS = "facts"
GONE = "事実が改まり、確かめる必要がなくなりました"


class Found(NamedTuple):
    """A hold, an unclear date or a mismatch of a person. what: the key, with the day of the event."""

    person: int
    sort: str
    what: str
    why: str


def file_tasks(looked_at: Sequence[int], found: Sequence[Found]) -> None:
    """Open tasks, once each; close those whose cause is gone. What a clerk has settled is not asked again."""
    wanted = list(dict.fromkeys(found))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE qualification_found ON COMMIT DROP AS SELECT * FROM unnest("
            "%s::bigint[], %s::text[], %s::text[], %s::text[]) AS f(person_id, sort, what, message)",
            [list(column) for column in zip(*wanted, strict=True)] if wanted else [[], [], [], []],
        )
        cursor.execute(
            "UPDATE qualification_task t SET state = 'settled', settled_by = %s, settled_reason = %s "
            "WHERE t.state = 'open' AND t.person_id = ANY(%s) AND NOT EXISTS (SELECT 1 FROM qualification_found f "
            "WHERE f.person_id = t.person_id AND f.sort = t.sort AND f.what = t.what)",
            [FACTS, GONE, list(looked_at)],
        )
        cursor.execute(
            "INSERT INTO qualification_task (person_id, sort, what, message, state, settled_by, settled_reason) "
            "SELECT f.person_id, f.sort, f.what, min(f.message), 'open', '', '' FROM qualification_found f "
            "WHERE NOT EXISTS (SELECT 1 FROM qualification_task t WHERE t.person_id = f.person_id AND t.sort = f.sort "
            "AND t.what = f.what AND (t.state = 'open' OR t.settled_by <> %s)) GROUP BY f.person_id, f.sort, f.what",
            [FACTS],
        )
        cursor.execute("DROP TABLE qualification_found")


def settle(ctx: Context, task: Task, reason: str) -> None:
    """A clerk says that it is done, and why. Raises Refused without a reason or when it is not open."""
    if task.state != "open":
        raise Refused("この確認事項はもう終わっています。")
    if not reason.strip():
        raise Refused("終わらせる理由を書いてください。")
    task.state, task.settled_by, task.settled_reason = "settled", ctx.actor, reason.strip()
    task.save(update_fields=["state", "settled_by", "settled_reason"])
