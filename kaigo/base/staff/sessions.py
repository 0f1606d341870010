"""Sessions: begun at log-in with a new cookie, proved again for sensitive acts, ended at once for all systems."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from kaigo.base.records.models import Now
from kaigo.base.staff.models import Account, Session
from kaigo.base.staff.tables import limits
from kaigo.base.staff.who import token_hash

METHODS = {"passkey": "パスキー", "fallback": "パスワードと番号表", "demo": "実演"}


def in_turn(account: int) -> None:
    """Log-ins of an account and ends of its keys and passwords wait for each other, to the end of the transaction: an
    end sees every session that a key opened, or the log-in sees the end.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7411005))", [str(account)])


def begin(account: Account, method: str) -> str:
    """A new session; returns the cookie, which is kept nowhere. In the caller's transaction, `in_turn` with the ends."""
    in_turn(account.id)
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    Session.objects.create(
        token_hash=token_hash(token), account=account, method=method, begun_at=now, proved_at=now,
        ends_at=now + timedelta(hours=limits()["session_hours"]),
    )  # fmt: skip
    return token


def prove(session: int) -> None:
    """He has shown again that it is he."""
    Session.objects.filter(id=session).update(proved_at=Now())


def end_sessions(accounts: Iterable[int], session: int | None = None) -> int:
    """End all open sessions of accounts (or one of them) now, by the database's clock; returns how many."""
    open_now = Session.objects.filter(account_id__in=list(accounts), ends_at__gt=Now())
    if session is not None:
        open_now = open_now.filter(id=session)
    return open_now.update(ends_at=Now())


class OpenSession(NamedTuple):
    """A session that goes on. seen_at: last used, to the minute."""

    id: int
    method: str
    begun_at: datetime
    ends_at: datetime
    seen_at: datetime


def open_sessions(account: int) -> list[OpenSession]:
    """Where an account is logged in now, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.method, s.begun_at, s.ends_at, u.seen_at FROM staff_session s "
            "JOIN staff_session_seen u ON u.id = s.id WHERE s.account_id = %s AND s.ends_at > now() "
            "AND u.seen_at >= now() - make_interval(mins => %s) ORDER BY s.id DESC",
            [account, limits()["idle_minutes"]],
        )
        return [OpenSession(*row) for row in cursor.fetchall()]
