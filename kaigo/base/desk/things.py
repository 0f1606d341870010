"""What an address is about, and the people behind it: asked in one place for all pages.

A room says in its read.py, as `SUBJECTS`, how the ids of its addresses lead to people: path parameter → SELECT of
person ids with one %s, or "" for what is about nobody in particular (a batch, a file, a year).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import ClassVar, NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.base.staff.can import Staff, Thing

# Parts of addresses that name no row of anybody.
NOBODY = {
    "act",
    "code",
    "day",
    "job",
    "kind",
    "layout",
    "month",
    "name",
    "part",
    "section",
    "sort",
    "stage",
    "use",
    "year",
}
PERSON = "person"


@cache
def subjects(room: str) -> dict[str, str]:
    """SUBJECTS of a room, given as its module name."""
    if not find_spec(f"{room}.read"):
        return {}
    return getattr(import_module(f"{room}.read"), "SUBJECTS", {})


def room_of(module: str) -> str:
    """`kaigo.insurance.premium.screens_batch` → `kaigo.insurance.premium`."""
    return ".".join(module.split(".")[:3])


def thing_of(room: str, path: dict[str, object]) -> Thing:
    """kind and id of the address, with the people it is about. LookupError = a parameter nobody has classified."""
    named, people = [], []
    for name, value in path.items():
        if name in NOBODY or value is None:
            continue
        if name == PERSON:
            people.append(int(value))
            continue
        how = subjects(room).get(name)
        if how is None:
            raise LookupError(f"{room}: nobody has said whom <{name}> is about (read.SUBJECTS)")
        named.append((name, str(value)))
        people += people_of(how, value)
    kind, number = named[0] if named else (PERSON if people else "", "")
    return Thing(kind, number, tuple(dict.fromkeys(people)))


def people_of(how: str, row: object) -> list[int]:
    """The people behind a row: how, of `subjects`."""
    return [person for (person,) in rows(how, [row])] if how else []


class Look(NamedTuple):
    """Whether some people may be looked at now.

    case: what says why, "" where nobody need say it; unexplained: only that somebody wrote a reason.
    ask: the address of the page that asks why, when nothing says it. over: why no more people may be opened today.
    """

    case: str = ""
    unexplained: bool = False
    ask: str = ""
    over: str = ""


class Access:
    """What a system knows of people that a decision about access needs. The default knows nobody.

    settings.ACCESS names the class that the system puts in its place.
    """

    def marks(self, ctx: Context, people: tuple[int, ...]) -> frozenset[bytes]:
        """Digests (index "self") of these people and everybody of their households today."""
        return frozenset()

    def guarded(self, ctx: Context, people: Iterable[int]) -> bool:
        """Whether one of these people is under 支援措置: opened by a role, never by an emergency alone."""
        return False

    def look(self, ctx: Context, staff: Staff, people: tuple[int, ...]) -> Look:
        """Why these people are looked at, and whether they may be today."""
        return Look()

    def exist(self, people: tuple[int, ...]) -> bool:
        """Whether there are such people at all: about nobody nothing is asked."""
        return True

    def listed(self, ctx: Context, staff: Staff, people: frozenset[int]) -> str:
        """Why a list of these people may not be answered today any more, "" = it may."""
        return ""

    # Whether the system knows people at all.
    knows: ClassVar[bool] = False

    def same(self, ctx: Context, person: int) -> tuple[int, ...]:
        """All records of one human being, also those that were merged into it; () = there is no such person."""
        return ()

    def everybody(self, ctx: Context) -> Sequence[int]:
        """Ids of all people there are: held against the digests of an event, they say who was seen."""
        return ()

    def names(self, ctx: Context, people: Iterable[int]) -> dict[int, str]:
        """person → name, for pages that may show names."""
        return {}

    def numbered(self, ctx: Context, texts: Iterable[str]) -> Iterable[int]:
        """The people whose number is among these texts: whom a line of a file tells of, before anybody took it in."""
        return ()

    def recipients(self, ctx: Context, objects: Iterable[str]) -> dict[str, str]:
        """object of an event by which data left the house → who received it, in words."""
        return {}

    def address(self, person: int) -> str:
        """Of the person's own page."""
        return ""


@cache
def access() -> Access:
    """The system's own."""
    given = getattr(settings, "ACCESS", "")
    if not given:
        return Access()
    return import_string(given)()
