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


def saw(people: Iterable[int]) -> None:
    """These people were looked at."""
    found = _watch.get()
    if found is not None:
        found.update(people)
