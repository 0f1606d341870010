"""Small forms about one person: fields in a list, one template, typed values kept when something is refused."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from django.db import transaction
from django.http import Http404, HttpRequest

from kaigo.base.desk.refs import ref
from kaigo.base.desk.things import room_of, thing_of
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.residents import read as residents

DAY_HINT = "令和8年9月1日、R8.9.1、2026-09-01"


class Field(NamedTuple):
    """kind: text | long | day | yen | choice | tick. sometimes: needed or not by what else was chosen; the hint says when."""

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    hint: str = ""
    choices: Mapping[str, str] = {}
    sometimes: bool = False

    def read(self, typed: Typed) -> Any:
        """The value; what is wrong stands in typed.errors."""
        if self.kind == "day":
            return typed.day(self.name, self.label, self.required)
        if self.kind == "yen":
            return typed.yen(self.name, self.label, self.required)
        if self.kind == "choice":
            return typed.choice(self.name, self.label, self.choices, self.required)
        if self.kind == "tick":
            return typed.text_of.get(self.name) == "yes"
        return typed.text(self.name, self.label, self.required, 4000 if self.kind == "long" else 120)


class PersonForm(Page, ABC):
    """A form whose answer leads back to the person's desk. `act` does it; what it refuses is shown above the fields."""

    permission = "arrears.work"
    purpose = "collection"
    title: ClassVar[str] = ""
    button: ClassVar[str] = ""
    fields: ClassVar[tuple[Field, ...]] = ()
    hint: ClassVar[str] = ""

    def about(self, **path) -> int:
        """The person of the address, as everybody reads it (read.SUBJECTS)."""
        people = thing_of(room_of(__name__), path).people
        if not people:
            raise Http404
        return people[0]

    @abstractmethod
    def act(self, ctx: Context, values: dict[str, Any], **path) -> None:
        """What the form is for. values: of its fields, by name. Raises Refused."""

    def given(self, ctx: Context, **path) -> dict[str, str]:
        """What stands in the fields at first."""
        return {}

    def get(self, ctx: Context, request: HttpRequest, **path):
        return self.shown(ctx, Typed(self.given(ctx, **path)), "", **path)

    def post(self, ctx: Context, request: HttpRequest, **path):
        typed = Typed(request.POST.dict())
        values = {field.name: field.read(typed) for field in self.fields}
        if typed.errors:
            return self.shown(ctx, typed, "", **path)
        try:
            with transaction.atomic():
                self.act(ctx, values, **path)
        except Refused as refusal:
            return self.shown(ctx, typed, str(refusal), **path)
        return go(f"/arrears/person/{ref('person', self.about(**path))}/")

    def shown(self, ctx: Context, typed: Typed, refusal: str, **path):
        who = residents.one_or_404(ctx, self.about(**path))
        return "arrears/form.html", {
            "title": whose(who.name, self.title),
            "who": who,
            "typed": typed,
            "refusal": refusal,
            "fields": [
                (f, typed.text_of.get(f.name, ""), typed.errors.get(f.name, ""), list(f.choices.items()))
                for f in self.fields
            ],
            "button": self.button,
            "hint": self.hint,
        }
