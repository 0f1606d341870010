"""Sessions: begun at log-in with a new cookie, proved again for sensitive acts, ended at once for all systems."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from kaigo.base.records.models import Now
from kaigo.base.staff.models import Account, Session
from kaigo.base.staff.tables import limits
from kaigo.base.staff.who import token_hash

METHODS = {"passkey": "パスキー", "fallback": "パスワードと番号表", "demo": "実演"}


def begin(account: Account, method: str) -> str:
    """A new session; returns the cookie, which is kept nowhere. In the caller's transaction."""
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
