"""Does the database still say what the log says? The log proves itself (kaigo-audit-verify); this finds rows bent since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection

from kaigo.base.audit import leaves
from kaigo.base.audit.tiles import Log

CHUNK = 65_536


class Difference(NamedTuple):
    """number: the leaf. what: changed | missing. kept: the event as the log has it."""

    number: int
    what: str
    kept: bytes


def compare(log: Log) -> Iterator[Difference]:
    """Every leaf whose event, or whose people, the database has differently or no more."""
    size = log.size
    for start in range(0, size, CHUNK):
        end = min(size, start + CHUNK)
        now = dict(leaves.known(start, end))
        for number, kept in enumerate(log.leaves(start, end), start):
            if now.get(number) != kept:
                yield Difference(number, "changed" if number in now else "missing", kept)


def slipped() -> list[int]:
    """Events without a place although a later transaction's have one: no program of ours wrote them, and none of them ever comes
    into the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id FROM audit_event e WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id) AND e.tx <= "
            "(SELECT o.tx FROM audit_leaf l JOIN audit_event o ON o.id = l.event_id ORDER BY l.number DESC LIMIT 1) ORDER BY e.id"
        )
        return [event for (event,) in cursor]
