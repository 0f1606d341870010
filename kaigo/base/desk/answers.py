"""Answers to posts, kept for minutes on the server, so that the browser need not keep what was typed.

A page that answers a POST itself stays in the browser's session files together with everything that was typed, names
and all. So every post of somebody who is in is answered with a redirect to a GET that shows the answer: only in the
same session, and only while a session may rest. The table is unlogged: no backup holds it, and a crash empties it.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import NamedTuple

from django.db import connection

from kaigo.base.staff.tables import limits

PARAMETER = "shown"
TABLES = """
CREATE UNLOGGED TABLE IF NOT EXISTS desk_answer (
  id bigserial PRIMARY KEY,
  token_hash text NOT NULL UNIQUE,
  session bigint NOT NULL,
  status int NOT NULL,
  trace text NOT NULL, -- of the event of the post
  body text NOT NULL,
  valid_until timestamptz NOT NULL
);
"""
FUNCTIONS = """
CREATE OR REPLACE FUNCTION desk_answer_keep(token text, whose bigint, code int, trail text, html text, lasts interval)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM desk_answer WHERE valid_until < now();
  INSERT INTO desk_answer (token_hash, session, status, trace, body, valid_until)
  VALUES (token, whose, code, trail, html, now() + lasts);
$$;

CREATE OR REPLACE FUNCTION desk_answer_show(token text, whose bigint)
RETURNS TABLE (status int, trace text, body text) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.status, a.trace, a.body FROM desk_answer a
  WHERE a.token_hash = token AND a.session = whose AND a.valid_until >= now()
$$;
"""


class Kept(NamedTuple):
    """An answer as it was made. trace: of the event of the post."""

    status: int
    trace: str
    body: str


def keep(session: int, kept: Kept) -> str:
    """Keep an answer for a session; returns the word that shows it again."""
    token = secrets.token_urlsafe(16)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT desk_answer_keep(%s, %s, %s, %s, %s, make_interval(mins => %s))",
            [_hash(token), session, *kept, limits()["idle_minutes"]],
        )
    return token


def show(token: str, session: int) -> Kept | None:
    """The answer of this session; None when it was another's, or minutes ago."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM desk_answer_show(%s, %s)", [_hash(token), session])
        row = cursor.fetchone()
    return Kept(*row) if row else None


def install(cursor, database: str) -> None:
    """Table and functions; nobody touches the table itself. Runs as the owner, any number of times."""
    cursor.execute(TABLES)
    cursor.execute(FUNCTIONS)
    for name in (
        "desk_answer_keep(text, bigint, int, text, text, interval)",
        "desk_answer_show(text, bigint)",
    ):
        cursor.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        cursor.execute(f'GRANT EXECUTE ON FUNCTION {name} TO "app_{database}"')


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
