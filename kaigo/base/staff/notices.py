"""What happened to a person's ways in lately, for himself: whoever did not do it himself notices it here."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import connection

# (event, outcome) → what it is called for the person.
TOLD = {
    ("staff.enrol", "done"): "鍵の登録券の発行",
    ("staff.enrol_confirm", "done"): "鍵の登録券の確認",
    ("staff.enrol_reject", "done"): "鍵の登録券の取消し",
    ("staff.key_add", "done"): "鍵の登録",
    ("staff.key_end", "done"): "鍵の失効",
    ("staff.password", "done"): "パスワードと番号表の登録",
    ("staff.fallback_end", "done"): "パスワードでのログインの終了",
    ("staff.log_in", "refused"): "断られたログイン",
    ("staff.prove", "refused"): "断られた本人の再確認",
}


class Notice(NamedTuple):
    """last_at: when it happened last."""

    label: str
    count: int
    last_at: datetime


def lately(account: int, days: int = 7) -> list[Notice]:
    """What the events say about an account's ways in, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event, outcome, count(*), max(created_at) FROM audit_event WHERE event = ANY(%s) AND object = %s "
            "AND created_at > now() - make_interval(days => %s) GROUP BY 1, 2 ORDER BY 4 DESC, 1, 2",
            [sorted({event for event, _ in TOLD}), f"account:{account}", days],
        )
        return [
            Notice(TOLD[event, outcome], count, last)
            for event, outcome, count, last in cursor.fetchall()
            if (event, outcome) in TOLD
        ]
