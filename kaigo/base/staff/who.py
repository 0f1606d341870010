"""Who is behind a request, and what may he do today. Read from the staff database by every staff system."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connections

COOKIE = "__Host-staff"


@dataclass(frozen=True, slots=True)
class Staff:
    """A logged-in account with its post and the permissions in force on the day."""

    account: int
    name: str
    kind: str
    section: str
    title: str
    permissions: frozenset[str]

    @property
    def actor(self) -> str:
        return f"account:{self.account}"


_WHO = """
SELECT a.id, p.name, a.kind, coalesce(o.section, ''), coalesce(o.title, ''),
       array(SELECT g.permission FROM staff_grant g LEFT JOIN staff_grant_end e ON e.grant_id = g.id
             WHERE g.account_id = a.id AND g.given_from <= %(day)s
               AND (g.given_until IS NULL OR g.given_until > %(day)s)
               AND (e.ended_on IS NULL OR e.ended_on > %(day)s))
FROM staff_session s JOIN staff_account a ON a.id = s.account_id JOIN staff_profile p ON p.account_id = a.id
LEFT JOIN staff_post o ON o.account_id = a.id AND o.held_from <= %(day)s
                      AND (o.held_until IS NULL OR o.held_until > %(day)s)
WHERE s.token_hash = %(token)s AND s.ends_at > now()
LIMIT 1
"""


def alias() -> str:
    """The database alias of the staff system: its own default, everybody else's `staff`."""
    return "staff" if "staff" in connections.databases else "default"


def identify(token: str, day: date) -> Staff | None:
    """The person behind a cookie on a day; None when unknown, ended or without a post."""
    if not token:
        return None
    with connections[alias()].cursor() as cursor:
        cursor.execute(_WHO, {"token": token_hash(token), "day": day})
        row = cursor.fetchone()
    if row is None or not row[3]:
        return None
    return Staff(row[0], row[1], row[2], row[3], row[4], frozenset(row[5]))


def can(staff: Staff | None, permission: str) -> bool:
    """Default deny: only a permission that is granted by name."""
    return staff is not None and bool(permission) and permission in staff.permissions


def told(actors: Iterable[str]) -> dict[str, str]:
    """`account:7` → the person's name, for screens that say who did what. Jobs are no people and are left out."""
    wanted = {int(actor[8:]) for actor in actors if actor.startswith("account:") and actor[8:].isdigit()}
    if not wanted:
        return {}
    with connections[alias()].cursor() as cursor:
        cursor.execute(
            "SELECT account_id, name FROM staff_profile WHERE account_id = ANY(%s)", [sorted(wanted)]
        )
        return {f"account:{account}": name for account, name in cursor.fetchall()}


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
