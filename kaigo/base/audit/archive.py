"""Closed segments of the log, kept encrypted in the file store: what a copy of the log's folder can be held against.

A segment is closed when it is full; its leaves stand in it as in the bundles, each with its length in front.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaigo.base.audit.models import Segment
from kaigo.base.audit.tiles import Log
from kaigo.base.files import store


def close(kept: Log, length: int) -> int:
    """Keep every full segment of this many leaves that is not kept yet; returns how many were."""
    size, done = kept.size, 0
    last = Segment.objects.order_by("-first").first()
    first = last.end if last else 0
    while first + length <= size:
        content = b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in kept.leaves(first, first + length))
        Segment.objects.create(first=first, end=first + length, digest=store.put(content))
        first, done = first + length, done + 1
    return done


def bent(kept: Log) -> Iterator[Segment]:
    """The segments whose kept leaves are not those of the log any more. Raises FileDamaged and KeyError as store.get."""
    for segment in Segment.objects.order_by("first"):
        content = store.get(segment.digest)
        there = b"".join(
            len(leaf).to_bytes(2, "big") + leaf for leaf in kept.leaves(segment.first, segment.end)
        )
        if there != content:
            yield segment
