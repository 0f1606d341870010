"""An event as a leaf of the log: one JSON text with everything that it says, the same bytes whenever it is made.

Of the people of an event every keyed digest stands in it, of an event about many one digest over all of them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC
from functools import cache

from django.db import connection

from kaigo.base.audit.models import Event

CHUNK = 10_000


class Missing(RuntimeError):
    """A place in the log whose event the database does not have."""


def leaves(start: int, end: int) -> Iterator[bytes]:
    """The leaves start ≤ n < end as the database has them now. Missing when one is not there."""
    expected = start
    for number, one in known(start, end):
        if number != expected:
            break
        expected += 1
        yield one
    if expected != end:
        raise Missing(f"記録の{expected:,}番の出来事がデータベースにありません。")


def known(start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Of the places start ≤ n < end those whose events are there, in their order."""
    for first in range(start, end, CHUNK):
        with connection.cursor() as cursor:
            cursor.execute(_rows(), [first, min(end, first + CHUNK)])
            rows = cursor.fetchall()
        people = _people([row[1] for row in rows])
        for number, event, *values in rows:
            yield number, leaf(event, values, people.get(event, ()))


def leaf(event: int, values: Sequence[object], people: Sequence[str]) -> bytes:
    """One leaf. values: the columns of `columns()`; people: hexadecimal digests, sorted."""
    said = {name: _plain(value) for name, value in zip(columns(), values, strict=True)}
    said |= {"details": json.loads(said["details"]), "id": event, "people": list(people)}
    # What is empty is left out: a column that is added later changes no leaf that is there already.
    said = {name: value for name, value in said.items() if value}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@cache
def columns() -> tuple[str, ...]:
    """Every column of the event but its number."""
    return tuple(sorted(field.column for field in Event._meta.concrete_fields if field.column != "id"))


@cache
def _rows() -> str:
    as_text = {"tx", "details"}
    wanted = ", ".join(f'e."{name}"::text' if name in as_text else f'e."{name}"' for name in columns())
    return (
        f"SELECT l.number, e.id, {wanted} FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id "
        "WHERE l.number >= %s AND l.number < %s ORDER BY l.number"
    )


def _people(events: list[int]) -> dict[int, list[str]]:
    """event → its digests; of an event about many `sha256:` over all of them in their order."""
    found: dict[int, list[str]] = defaultdict(list)
    if not events:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_id, encode(digest, 'hex') FROM audit_subject WHERE event_id = ANY(%s) ORDER BY event_id, digest",
            [events],
        )
        for event, digest in cursor:
            found[event].append(digest)
        cursor.execute(
            "SELECT event_id, 'sha256:' || encode(sha256(string_agg(digests, ''::bytea ORDER BY bucket, id)), 'hex') "
            "FROM audit_bulk_subjects WHERE event_id = ANY(%s) GROUP BY event_id",
            [events],
        )
        for event, digest in cursor:
            found[event].append(digest)
    return found


def _plain(value: object):
    if isinstance(value, memoryview | bytes):
        return bytes(value).hex()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if hasattr(value, "astimezone"):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value
