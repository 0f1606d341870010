"""The only way to write an audit event."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextvars import ContextVar
from functools import cache
from importlib.metadata import version
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection, transaction

from kaigo.base.audit.events import COMMON, EVENTS
from kaigo.base.keys.index import index
from kaigo.base.records.bulk import copy_rows
from kaigo.base.records.context import Context

# Up to so many people stand in rows of their own; more are packed (models.BulkSubjects).
SINGLY = 200
KEY = "subjects"
OUTCOMES = frozenset({"done", "refused", "failed"})


class Request(NamedTuple):
    """What is the same for all events of one request or command."""

    member: int | None = None
    session: int | None = None
    permission: str = ""
    grants: tuple[int, ...] = ()
    emergency: int | None = None
    unexplained: bool = False
    place: str = ""
    fields: tuple[str, ...] = ()
    trace: str = ""


NOWHERE = Request()
_request: ContextVar[Request] = ContextVar("kaigo_request", default=NOWHERE)


def begin(request: Request) -> Any:
    """From here on events carry this; returns what `finish` takes."""
    return _request.set(request)


def finish(token: Any) -> None:
    _request.reset(token)


_INSERT = """
WITH e AS (
  INSERT INTO audit_event (event, outcome, why, actor, member, session, permission, grants, emergency, purpose, "case",
    unexplained, place, object, fields, subject_key, subjects, opened, trace, program, details)
  VALUES (%(event)s, %(outcome)s, %(why)s, %(actor)s, %(member)s, %(session)s, %(permission)s, %(grants)s::bigint[],
    %(emergency)s, %(purpose)s, %(case)s, %(unexplained)s, %(place)s, %(object)s, %(fields)s::varchar[],
    %(subject_key)s, %(subjects)s, %(opened)s::bytea[], %(trace)s, %(program)s, %(details)s::jsonb)
  RETURNING id), s AS (
  INSERT INTO audit_subject (event_id, digest) SELECT e.id, d FROM e, unnest(%(digests)s::bytea[]) d)
SELECT id FROM e"""


def record(
    ctx: Context,
    event: str,
    about: str = "",
    outcome: str = "done",
    *,
    why: str = "",
    people: Iterable[int] = (),
    opened: Iterable[int] = (),
    **details: object,
) -> int:
    """One event in the current transaction; returns its id. details: ids, counts, dates, codes only.

    people: ids of the persons seen or changed. opened: those of them whom the address named.
    """
    kind = EVENTS[event]
    if outcome not in OUTCOMES:
        raise ValueError(f"{event} cannot end with {outcome}")
    unknown = details.keys() - kind.details.keys() - COMMON.keys()
    if unknown:
        raise ValueError(f"{event} has no detail {', '.join(sorted(unknown))}")
    told, key = _request.get(), index(KEY)
    digests = key.digests(f"person:{person}" for person in sorted(set(people)))
    values = told._asdict() | {
        "event": event, "outcome": outcome, "why": why, "actor": ctx.actor, "purpose": ctx.purpose, "case": ctx.case,
        "grants": list(told.grants), "fields": list(told.fields), "object": about, "subject_key": key.version if digests else 0,
        "subjects": len(digests), "opened": key.digests(f"person:{person}" for person in opened), "program": program(),
        "details": json.dumps(details, ensure_ascii=False, default=str), "digests": digests if len(digests) <= SINGLY else [],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        (made,) = cursor.fetchone()
    if len(digests) > SINGLY:
        _pack(made, digests)
    return made


def record_apart(ctx: Context, event: str, about: str = "", outcome: str = "refused", **more: object) -> int:
    """One event in a transaction of its own, for what was rolled back."""
    people = list(more.pop("people", ()))
    if connection.get_autocommit() and len(people) <= SINGLY:
        # One statement is a transaction of its own: two ways to the server and back less.
        return record(ctx, event, about, outcome, people=people, **more)
    with transaction.atomic(durable=True):
        return record(ctx, event, about, outcome, people=people, **more)


def _pack(event: int, digests: list[bytes]) -> None:
    rows = (
        (event, bucket, b"".join(group))
        for bucket, group in groupby(sorted(digests), key=lambda digest: digest[0])
    )
    copy_rows("audit_bulk_subjects", ("event_id", "bucket", "digests"), rows)


@cache
def program() -> str:
    """Which version of this program wrote the event."""
    return f"openkaigo {version('openkaigo')}"
