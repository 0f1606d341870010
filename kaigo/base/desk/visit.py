"""One request of one person: what was asked, whether he may, why he looks, and the event that keeps it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest

from kaigo.base.audit import write
from kaigo.base.desk.refs import KINDS, unref
from kaigo.base.desk.things import PERSON, Look, access, people_of, room_of, subjects, thing_of
from kaigo.base.records.context import Context
from kaigo.base.staff.can import NOTHING, Answer, can
from kaigo.base.staff.tables import permissions


class Visit:
    """A request on its way through a page."""

    def __init__(self, request: HttpRequest, shown) -> None:
        self.request, self.shown = request, shown
        self.thing = NOTHING
        self.ctx = Context(request.staff.actor, shown.purpose, request.day, fields=frozenset())
        self.told = write.Request(
            member=request.staff.member,
            session=request.staff.session,
            permission=shown.permission,
            place=place_of(request, shown),
            trace=secrets.token_hex(8),
        )

    def decide(self, path: dict) -> Answer:
        """The one decision. Looks up the people behind the address, and of acts also their households."""
        staff = self.request.staff
        verdict = can(staff, self.shown.permission, NOTHING, self.shown.purpose, self.request.day)
        # Whose the thing is, is asked only for who may enter at all: a refusal costs and tells nothing.
        if verdict.allowed or verdict.why == "step_up":
            self.thing = thing_of(room_of(type(self.shown).__module__), path)
            acts = staff.marks and permissions()[self.shown.permission].acts
            touched = (*self.thing.people, *self.chosen()) if acts else ()
            if touched:
                marks = access().marks(self.ctx, touched)
                self.thing = replace(self.thing, marks=marks)
                verdict = can(staff, self.shown.permission, self.thing, self.shown.purpose, self.request.day)
            if verdict.emergency and self.thing.people:
                guarded = access().guarded(self.ctx, self.thing.people)
                self.thing = replace(self.thing, guarded=guarded)
                verdict = can(staff, self.shown.permission, self.thing, self.shown.purpose, self.request.day)
        self.ctx = replace(self.ctx, fields=verdict.fields)
        self._tell(grants=verdict.grants, emergency=verdict.emergency, fields=tuple(sorted(verdict.fields)))
        return verdict

    def chosen(self) -> tuple[int, ...]:
        """People whom a form names, by themselves or by rows of theirs (read.SUBJECTS): nobody chooses himself for what he
        may not do to himself."""
        sent = [text for _, texts in self.request.POST.lists() for text in texts]
        found = [person for text in sent if (person := unref(PERSON, text)) is not None]
        room = room_of(type(self.shown).__module__)
        for kind, how in subjects(room).items():
            rows = [row for text in sent if (row := unref(kind, text)) is not None] if kind in KINDS else []
            found += [person for row in rows for person in people_of(how, row)]
        return tuple(found)

    def look(self) -> Look:
        """Why the people behind the address are looked at, and whether they may be today."""
        found = access().look(self.ctx, self.request.staff, self.thing.people)
        self.ctx = replace(self.ctx, case=found.case)
        self._tell(unexplained=found.unexplained)
        return found

    def record(self, outcome: str, people: Iterable[int] = (), why: str = "") -> None:
        """In the transaction of what was done."""
        write.record(self.ctx, self.event, self.about, outcome, why=why, **self._whom(people))

    def record_apart(self, outcome: str, why: str = "") -> None:
        """In a transaction of its own, for what was rolled back or never begun."""
        write.record_apart(self.ctx, self.event, self.about, outcome, why=why, **self._whom())

    @property
    def event(self) -> str:
        return "page.act" if self.request.method == "POST" else "page.read"

    @property
    def about(self) -> str:
        """Kind and id of the thing; of a person only that it is one: who, stands in the subjects."""
        return f"{self.thing.kind}:{self.thing.id}" if self.thing.id else self.thing.kind

    def _whom(self, people: Iterable[int] = ()) -> dict[str, object]:
        """Whom it was about: those of the address, and who was shown beside them."""
        opened = self.thing.people
        return {"people": {*people, *opened}, "opened": opened, "method": self.request.method}

    def _tell(self, **more: object) -> None:
        self.told = self.told._replace(**more)
        write.begin(self.told)


@contextmanager
def attending(request: HttpRequest, shown) -> Iterator[Visit]:
    """Events inside carry who, from where, by which grants."""
    visit = Visit(request, shown)
    token = write.begin(visit.told)
    try:
        yield visit
    finally:
        write.finish(token)


def place_of(request: HttpRequest, shown) -> str:
    """`insurance:premium.Decision`: which page, never which address."""
    module = type(shown).__module__
    return f"{settings.SYSTEM}:{module.split('.')[2]}.{type(shown).__qualname__}"
