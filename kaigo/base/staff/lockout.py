"""Wrong passwords and numbers: counted from the audit events, slowed down, shut for a while, and in the end for good.

Counted per account and, where there is none, per keyed digest of what was typed, in the same way and with the same
work: nobody learns who exists. Passkeys are not counted: they cannot be guessed, and so nobody can lock others out.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from django.db import connection

from kaigo.base.keys.index import index
from kaigo.base.staff.models import Account
from kaigo.base.staff.tables import limits

# Refusals that tried something. What is refused because it is shut tried nothing and is not counted.
TRIED = ("unknown", "no_fallback", "password", "number")
SHUT = "shut"


class Standing(NamedTuple):
    """wrong: tries in a row since the last success or new card. shut: no try is looked at now."""

    wrong: int
    shut: bool


def plain(login: str) -> str:
    """A log-in as it is looked up."""
    return unicodedata.normalize("NFKC", login).strip()


def about(account: Account | None, login: str) -> str:
    """The object of the events of a try: never what was typed."""
    return f"account:{account.id}" if account else f"typed:{index('typed').digest(login).hex()}"


def wait(wrong: int) -> int:
    """Seconds after the last of so many wrong tries during which nothing is looked at."""
    told = limits()
    if wrong >= told["wrong_before_lock"]:
        return told["lock_minutes"] * 60
    if wrong >= told["wrong_before_delay"]:
        return told["delay_seconds"] * 2 ** (wrong - told["wrong_before_delay"])
    return 0


_STANDING = """
SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - max(e.created_at)), 0)::float8
FROM audit_event e
WHERE e.event IN ('staff.log_in', 'staff.prove') AND e.object = %(about)s AND e.details->>'method' = 'fallback'
  AND e.outcome = 'refused' AND e.why = ANY(%(tried)s)
  AND e.id > coalesce((SELECT max(g.id) FROM audit_event g WHERE g.object = %(about)s AND g.outcome = 'done' AND (
    g.event = 'staff.password' OR (g.event IN ('staff.log_in', 'staff.prove') AND g.details->>'method' = 'fallback'))), 0)
"""


def standing(about: str) -> Standing:
    """How many tries in a row were wrong. Those about one account wait for each other: many at once are no way round."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7411004))", [about])
        cursor.execute(_STANDING, {"about": about, "tried": list(TRIED)})
        wrong, seconds = cursor.fetchone()
    return Standing(wrong, seconds < wait(wrong))
