"""The record of accesses, searched: by day, by staff, by what happened, and by the person who was looked at."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Any, NamedTuple

from django.utils import timezone

from kaigo.base.audit.write import KEY
from kaigo.base.desk.pages import ROWS
from kaigo.base.keys.index import SIZE, index
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows

# Whom an address is about (base/desk/things.py).
SUBJECTS = {"event": ""}
_COLUMNS = (
    "id", "created_at", "event", "outcome", "why", "actor", "member", "session", "permission", "grants", "emergency",
    "purpose", '"case"', "unexplained", "place", "object", "fields", "subject_key", "subjects", "trace", "program",
    "details",
)  # fmt: skip


class Trace(NamedTuple):
    """An event as it was written."""

    id: int
    at: datetime
    event: str
    outcome: str
    why: str
    actor: str
    member: int | None
    session: int | None
    permission: str
    grants: list[int]
    emergency: int | None
    purpose: str
    case: str
    unexplained: bool
    place: str
    object: str
    fields: list[str]
    subject_key: int
    subjects: int
    trace: str
    program: str
    details: dict[str, Any]

    @property
    def day(self) -> date:
        """The day in Tokyo."""
        return timezone.localtime(self.at).date()


class Asked(NamedTuple):
    """What is searched for; "" and None = anything. actors: None = everybody."""

    since: date
    until: date
    actors: list[str] | None = None
    event: str = ""
    outcome: str = ""
    place: str = ""
    purpose: str = ""
    unexplained: bool = False
    reader: Reader | None = None


class Reader(NamedTuple):
    """Who reads the record of others. questions: he may see 確かめる閲覧 of all sections (misuse.all)."""

    member: int
    questions: bool


class Found(NamedTuple):
    """Fifty events, the newest first; older: the last of them when there are more."""

    rows: list[Trace]
    older: int | None


# Who is asked about what, and who looked into it, would tell whoever is asked about that he is: within minutes, by the
# hour of the event alone. Nobody reads it of himself, and of others only who sees their questions anyway.
_KEPT = """(NOT (starts_with(e.event, 'misuse.') OR starts_with(e.permission, 'misuse.')) OR %(questions)s AND NOT EXISTS (
  SELECT 1 FROM misuse_alert q WHERE q.member = %(reader)s AND e.object = 'alert:' || q.id))"""


def search(ctx: Context, asked: Asked, older_than: int | None = None) -> Found:
    """One page. Nothing is counted: however long the record is, it reads on from where the last page ended."""
    where, params = _conditions(asked)
    if older_than is not None:
        where.append(
            "(e.created_at, e.id) < (SELECT o.created_at, o.id FROM audit_event o WHERE o.id = %(older)s)"
        )
        params["older"] = older_than
    one = (
        f"SELECT {_columns('e')} FROM audit_event e WHERE {' AND '.join(where)} "
        f"{{actor}} ORDER BY e.created_at DESC, e.id DESC LIMIT {ROWS + 1}"
    )
    if asked.actors is None:
        query = one.format(actor="")
    else:
        # Each account from its own index, then the newest of them.
        query = (
            f"SELECT {_columns('x')} FROM unnest(%(actors)s::varchar[]) a CROSS JOIN LATERAL "
            f"({one.format(actor='AND e.actor = a')}) x ORDER BY x.created_at DESC, x.id DESC LIMIT {ROWS + 1}"
        )
        params["actors"] = asked.actors
    found = [_trace(row) for row in rows(query, params)]
    return Found(found[:ROWS], found[ROWS - 1].id if len(found) > ROWS else None)


def _conditions(asked: Asked) -> tuple[list[str], dict[str, Any]]:
    where = ["e.created_at >= %(since)s", "e.created_at < %(until)s"]
    params: dict[str, Any] = {"since": _begin(asked.since), "until": _begin(asked.until + timedelta(days=1))}
    for column in ("event", "outcome", "purpose"):
        if getattr(asked, column):
            where.append(f"e.{column} = %({column})s")
            params[column] = getattr(asked, column)
    if asked.outcome and asked.outcome != "done":
        where.append("e.outcome <> 'done'")  # spelled as the index of the few spells it
    if asked.place:
        where.append("starts_with(e.place, %(place)s)")
        params["place"] = asked.place
    if asked.unexplained:
        where.append("e.unexplained")
    if asked.reader is not None:
        where.append(_KEPT)
        params |= {"reader": asked.reader.member, "questions": asked.reader.questions}
    return where, params


def today() -> date:
    """By the clock that dates the events, which is not the business date."""
    ((now,),) = rows("SELECT now()")
    return timezone.localtime(now).date()


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, clock_time()))


def one(ctx: Context, event: int, reader: Reader) -> Trace | None:
    """By id, if it is for this reader."""
    found = rows(
        f"SELECT {_columns('e')} FROM audit_event e WHERE e.id = %(event)s AND {_KEPT}",
        {"event": event, "reader": reader.member, "questions": reader.questions},
    )
    return _trace(found[0]) if found else None


# Events that had one of some people among their subjects. In a packed row digests stand one after the other; a find
# that begins inside one is none, and only then every place is looked at.
ABOUT = f"""
    SELECT s.event_id FROM audit_subject s WHERE s.digest = ANY(%(digests)s::bytea[])
    UNION
    SELECT b.event_id FROM unnest(%(digests)s::bytea[]) d JOIN audit_bulk_subjects b ON b.bucket = get_byte(d, 0)
    WHERE position(d IN b.digests) %% {SIZE} = 1 OR position(d IN b.digests) > 0 AND EXISTS (
        SELECT 1 FROM generate_series(1, length(b.digests), {SIZE}) g WHERE substr(b.digests, g, {SIZE}) = d)"""


class Looked(NamedTuple):
    """How often an actor looked, on a day and for a purpose."""

    day: date
    member: int | None
    actor: str
    purpose: str
    times: int


def digests_of(people: Iterable[int]) -> list[bytes]:
    """Under every key there ever was."""
    key = index(KEY)
    return [digest for person in people for digest in key.every(f"person:{person}")]


def looked(ctx: Context, people: Iterable[int]) -> list[Looked]:
    """Everybody who ever looked at one of these people, the newest day first."""
    return [
        Looked(*row)
        for row in rows(
            "SELECT (e.created_at AT TIME ZONE 'Asia/Tokyo')::date, e.member, e.actor, e.purpose, count(*) "
            f"FROM ({ABOUT}) a JOIN audit_event e ON e.id = a.event_id GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 5 DESC",
            {"digests": digests_of(people)},
        )
    ]


def about(ctx: Context, people: Iterable[int], limit: int, offset: int) -> list[Trace]:
    """The events themselves, the newest first."""
    return [
        _trace(row)
        for row in rows(
            f"SELECT {_columns('e')} FROM ({ABOUT}) a JOIN audit_event e ON e.id = a.event_id "
            "ORDER BY e.created_at DESC, e.id DESC LIMIT %(limit)s OFFSET %(offset)s",
            {"digests": digests_of(people), "limit": limit, "offset": offset},
        )
    ]


def digests_in(ctx: Context, event: int) -> set[bytes]:
    """The people of an event, as digests."""
    found = {
        bytes(digest) for (digest,) in rows("SELECT digest FROM audit_subject WHERE event_id = %s", [event])
    }
    for (packed,) in rows("SELECT digests FROM audit_bulk_subjects WHERE event_id = %s", [event]):
        found |= {bytes(packed[place : place + SIZE]) for place in range(0, len(packed), SIZE)}
    return found


def among(ctx: Context, trace: Trace, everybody: Iterable[int], most: int) -> list[int]:
    """The people of an event, at most so many: everybody there is, held against its digests."""
    wanted, key, found = digests_in(ctx, trace.id), index(KEY), []
    for person in everybody:
        if key.digest(f"person:{person}", trace.subject_key) in wanted:
            found.append(person)
            if len(found) == most:
                break
    return found


def _trace(row: tuple) -> Trace:
    *columns, details = row
    return Trace(*columns, json.loads(details))


def _columns(alias: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in _COLUMNS)
