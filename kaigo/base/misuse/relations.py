"""What a system knows of people that the engine needs, and the nightly job that turns it into digests.

settings.RELATIONS names the class that a system puts in the place of `Relations`; the default knows nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cache
from typing import ClassVar, NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

from kaigo.base.audit.write import KEY
from kaigo.base.keys.index import index
from kaigo.base.misuse import staff
from kaigo.base.misuse.models import Tie
from kaigo.base.misuse.values import values
from kaigo.base.records.bulk import copy_rows
from kaigo.base.records.context import Context
from kaigo.base.staff.marks import MARKS

# The key of this room: with it, and with nothing else, the engine finds in its tables who is near to whom.
OWN_KEY = "misuse"


class Near(NamedTuple):
    """`other` is something to `person`: family | address | staff (of the same household)."""

    person: int
    other: int
    tie: str


class Relations:
    """Of a system that knows nobody."""

    # Whether the system knows people at all.
    knows: ClassVar[bool] = False
    # Places where people are searched for, and where nothing is done for anybody though a form is sent.
    searches: ClassVar[frozenset[str]] = frozenset()
    no_work: ClassVar[frozenset[str]] = frozenset()

    def identities(self, ctx: Context) -> Iterable[tuple[int, Sequence[str]]]:
        """(person, words of staff/marks.py) of everybody there is. Nobody is shown them."""
        return ()

    def near(self, ctx: Context, people: Iterable[int]) -> Iterable[Near]:
        """Who lives with these people, or has their name and lives next door, on ctx.on."""
        return ()

    def guarded(self, ctx: Context) -> Iterable[int]:
        """Everybody under 支援措置 on ctx.on."""
        return ()

    def in_order(self, ctx: Context) -> Sequence[int]:
        """The insured in the order of their numbers."""
        return ()

    def handled(self, ctx: Context, cases: Iterable[str]) -> dict[str, frozenset[str]]:
        """case → actors who took it themselves, for cases that somebody takes; all others wait for everybody."""
        return {}

    def reasons(self, ctx: Context, cases: Iterable[str]) -> dict[str, str]:
        """case → what was typed where nothing explained the look."""
        return {}


@cache
def relations() -> Relations:
    """The system's own."""
    given = getattr(settings, "RELATIONS", "")
    if not given:
        return Relations()
    return import_string(given)()


def sealed(subjects: Iterable[bytes]) -> list[bytes]:
    """Digests as the log has them → digests as this room keeps them."""
    return index(OWN_KEY).digests(digest.hex() for digest in subjects)


def sealed_ever(subjects: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The same under every key there still is: ties are made anew at night, and a key may change by day."""
    return index(OWN_KEY).each([digest.hex() for digest in subjects])


def subjects_of(person: int) -> list[bytes]:
    """A person as the log may name him, under every key there ever was."""
    return index(KEY).every(f"person:{person}")


def word(text: str) -> bytes:
    """How a declared relative or somebody of the list is kept from now on."""
    return index(OWN_KEY).digest(text)


def word_ever(text: str) -> list[bytes]:
    """How he may have been kept, under every key there ever was."""
    return index(OWN_KEY).every(text)


def compute(ctx: Context) -> dict[str, int]:
    """All ties anew from what the systems know today; only what changed is written. Returns counts."""
    wanted = set(_found(ctx))
    rows = Tie.objects.values_list("id", "member", "tie", "digest")
    held = {(member, tie, bytes(digest)): id for id, member, tie, digest in rows}
    gone = [id for key, id in held.items() if key not in wanted]
    Tie.objects.filter(id__in=gone).delete()
    new = sorted(wanted - held.keys())
    copy_rows("misuse_tie", ("member", "tie", "digest"), new)
    return {"ties": len(wanted), "new": len(new), "gone": len(gone)}


def _found(ctx: Context) -> Iterable[tuple[int, str, bytes]]:
    """(member, tie, digest)."""
    own, declared, watched = _recognised(ctx)
    for member, person in own:
        yield from _tie(member, "own", person)
        yield from _tie(member, "staff", person)
    for member, person in declared:
        yield from _tie(member, "declared", person)
    for person in watched:
        yield from _tie(0, "watched", person)
    members: dict[int, list[int]] = {}
    for member, person in own:
        members.setdefault(person, []).append(member)
    for near in relations().near(ctx, members):
        for member in members[near.person]:
            yield from _tie(member, near.tie, near.other)


def _tie(member: int, tie: str, person: int) -> Iterable[tuple[int, str, bytes]]:
    return ((member, tie, digest) for digest in sealed(subjects_of(person)))


def _recognised(ctx: Context) -> tuple[list[tuple[int, int]], list[tuple[int, int]], set[int]]:
    """(member, person) of staff and of declared relatives, and the people of the list: by their words alone."""
    # Nobody looks today and takes back tonight what would have asked about it.
    since = ctx.on - timedelta(days=values(ctx.on)["lingers_days"])
    marks, declared, listed = staff.marks(), staff.declared(since), staff.watched(since)
    found: tuple[list, list, set] = ([], [], set())
    if not (marks or declared or listed):
        return found
    told = [(person, text) for person, words in relations().identities(ctx) for text in words]
    texts = [text for _, text in told]
    # What staff and the list are known by was kept under the key of its time.
    for digests in index(MARKS).each(texts):
        for (person, _), mark in zip(told, digests, strict=True):
            found[0].extend((member, person) for member in marks.get(mark, ()))
    for digests in index(OWN_KEY).each(texts):
        for (person, _), digest in zip(told, digests, strict=True):
            found[1].extend((member, person) for member in declared.get(digest, ()))
            if digest in listed:
                found[2].add(person)
    return found
