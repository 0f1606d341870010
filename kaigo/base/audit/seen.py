"""Whom a page or a job has looked at. Readers of people say so where they read; the event takes it from here.

So that no screen has to remember it: whoever gets a name, gets it from a reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_watch: ContextVar[set[int] | None] = ContextVar("kaigo_seen", default=None)


@contextmanager
def watching() -> Iterator[set[int]]:
    """Inside, `saw` gathers ids of people into the set that this gives."""
    found: set[int] = set()
    token = _watch.set(found)
    try:
        yield found
    finally:
        _watch.reset(token)


def saw(people: Iterable[int | None]) -> None:
    """These people were looked at. None = a row about nobody."""
    found = _watch.get()
    if found is not None:
        found.update(person for person in people if person is not None)


def shown(row: object) -> int | None:
    """The person of a row of a list: its `person` or `person_id`, or that of its first part; None = of nobody."""
    if isinstance(row, tuple) and not hasattr(row, "_fields"):
        row = row[0] if row else None
    found = getattr(row, "person", None) or getattr(row, "person_id", None)
    return found if isinstance(found, int) else None
