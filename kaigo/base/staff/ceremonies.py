"""Challenges that a passkey must sign: kept here until they are answered, once, by the browser that asked, for minutes."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from django.db import connection, transaction

from kaigo.base.staff.tables import limits
from kaigo.base.staff.who import token_hash

COOKIE = "__Host-ceremony"


class Ceremony(NamedTuple):
    """account: whose key must answer or is made, None = whoever has one. enrolment: of the word that was typed."""

    challenge: bytes
    account: int | None
    enrolment: int | None


def begin(kind: str, account: int | None = None, enrolment: int | None = None) -> tuple[str, bytes]:
    """A new challenge (log_in | prove | register): the cookie that alone can answer it, and the challenge."""
    token, challenge = secrets.token_urlsafe(32), secrets.token_bytes(32)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT staff_ceremony_begin(%s, %s, %s, %s, %s, make_interval(mins => %s))",
            [token_hash(token), kind, challenge, account, enrolment, limits()["ceremony_minutes"]],
        )
    return token, challenge


def take(token: str, kind: str) -> Ceremony | None:
    """What was begun with this cookie, for this one time; None when unknown, answered, too late or of another kind."""
    # The caller commits this whatever he thinks of the answer: a wrong one uses it up too.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM staff_ceremony_take(%s)", [token_hash(token)])
        row = cursor.fetchone()
    if row is None or row[0] != kind or not row[1]:
        return None
    return Ceremony(bytes(row[2]), row[3], row[4])
