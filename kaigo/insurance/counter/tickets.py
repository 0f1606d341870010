"""Calls and visits: two keys on a person's page (k t, k m), a list, one note."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.who import told
from kaigo.insurance.counter.decide import KINDS, STATES, carry_on, take
from kaigo.insurance.counter.models import Ticket
from kaigo.insurance.residents import read as residents

SHOWN = {"open": "対応中", "done": "済み", "all": "すべて"}


def waiting(ctx: Context) -> int:
    """Notes that somebody still carries on."""
    return Ticket.objects.filter(state="open").count()


class TicketPage(Page):
    permission = "counter.view"
    purpose = "inquiry"


class TicketList(TicketPage):
    """All notes, the open ones first chosen; of one person when a person is given."""

    def get(self, ctx: Context, request: HttpRequest, person: int | None = None):
        shown = request.GET.get("state", "all" if person else "open")
        shown = shown if shown in SHOWN else "open"
        kind = request.GET.get("kind", "")
        rows = Ticket.objects.order_by("-id")
        if person is not None:
            rows = rows.filter(person_id=person)
        if shown != "all":
            rows = rows.filter(state=shown)
        if kind in KINDS:
            rows = rows.filter(kind=kind)
        page = Pages(rows, request)
        names = residents.names(ctx, {ticket.person_id for ticket in page})
        takers = told(ticket.taken_by for ticket in page)
        name = _name(ctx, person) if person is not None else ""
        return "counter/tickets.html", {
            "title": whose(name, "の電話・窓口の記録") if person else "電話・窓口の記録",
            "person": person,
            "may_note": request.staff.may("counter.note"),
            "page": page,
            "rows": [_row(ticket, names, takers) for ticket in page],
            "shown": shown,
            "states": SHOWN.items(),
            "kind": kind,
            "kinds": KINDS.items(),
        }


class NewTicket(TicketPage):
    """Says itself why the person is looked at, so it does not ask; it shows no more than the name."""

    permission = "counter.note"
    asks = False

    def get(self, ctx: Context, request: HttpRequest, person: int, kind: str):
        return self.form(ctx, Typed(), person, kind)

    def post(self, ctx: Context, request: HttpRequest, person: int, kind: str):
        typed = Typed(request.POST)
        subject, text = _read(typed)
        if typed:
            try:
                ticket = take(ctx, person, kind, subject, text, "done" in request.POST)
            except Refused as refusal:
                typed.errors["text"] = str(refusal)
            else:
                return go(f"/tickets/{ref('ticket', ticket.id)}/")
        return self.form(ctx, typed, person, kind)

    def form(self, ctx: Context, typed: Typed, person: int, kind: str):
        if kind not in KINDS:
            raise Http404
        return "counter/ticket_form.html", {
            "title": whose(_name(ctx, person), f"の{KINDS[kind]}の記録"),
            "typed": typed,
            "person": person,
            "act": "記録する",
        }


class OneTicket(TicketPage):
    """A note as it is now; the same form changes it."""

    permission = "counter.note"

    def get(self, ctx: Context, request: HttpRequest, ticket: int):
        found = _ticket(ticket)
        typed = Typed({"subject": found.subject, "text": found.text})
        return self.form(ctx, typed, found)

    def post(self, ctx: Context, request: HttpRequest, ticket: int):
        found = _ticket(ticket)
        typed = Typed(request.POST)
        subject, text = _read(typed)
        if typed:
            try:
                carry_on(ctx, found, subject, text, "done" in request.POST)
            except Refused as refusal:
                typed.errors["text"] = str(refusal)
            else:
                return go(f"/person/{ref('person', found.person_id)}/tickets/")
        return self.form(ctx, typed, found)

    def form(self, ctx: Context, typed: Typed, found: Ticket):
        return "counter/ticket_form.html", {
            "title": whose(_name(ctx, found.person_id), f"の{KINDS[found.kind]}の記録"),
            "typed": typed,
            "ticket": found,
            "taker": told([found.taken_by]).get(found.taken_by, found.taken_by),
            "person": found.person_id,
            "act": "変更を保存する",
        }


def _read(typed: Typed) -> tuple[str, str]:
    return typed.text("subject", "用件", longest=80), typed.text("text", "内容", required=False)


def _ticket(ticket: int) -> Ticket:
    return get_object_or_404(Ticket, id=ticket)


def _name(ctx: Context, person: int) -> str:
    view = residents.one_or_404(ctx, person)
    return view.known_as or "氏名不明"


def _row(ticket: Ticket, names: dict[int, str], takers: dict[str, str]) -> dict:
    return {
        "ticket": ticket,
        "kind": KINDS[ticket.kind],
        "state": STATES[ticket.state],
        "name": names.get(ticket.person_id, "氏名不明"),
        "taker": takers.get(ticket.taken_by, ticket.taken_by),
    }
