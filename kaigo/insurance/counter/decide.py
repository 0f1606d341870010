"""Contact notes: taken, carried on, closed."""

from __future__ import annotations

from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.insurance.counter.models import Access, Ticket

KINDS = {"call": "電話", "counter": "窓口"}
STATES = {"open": "対応中", "done": "済み"}


def take(ctx: Context, person: int, kind: str, subject: str, text: str, done: bool) -> Ticket:
    """A new note about a contact on ctx.on."""
    if kind not in KINDS:
        raise Refused("連絡の種類は電話か窓口です。")
    without_my_number(subject, text)
    return Ticket.objects.create(
        person_id=person,
        kind=kind,
        subject=subject,
        text=text,
        state="done" if done else "open",
        taken_on=ctx.on,
        taken_by=ctx.actor,
    )


def carry_on(ctx: Context, ticket: Ticket, subject: str, text: str, done: bool) -> Ticket:
    """The note as it is now; what it was before stays in the history."""
    without_my_number(subject, text)
    ticket.subject, ticket.text, ticket.state = subject, text, "done" if done else "open"
    ticket.save(update_fields=["subject", "text", "state"])
    return ticket


def explain(ctx: Context, person: int, reason: str) -> Access:
    """Why somebody is looked at today whom no work brought; ctx.purpose says for what."""
    without_my_number(reason)
    return Access.objects.create(
        person_id=person, actor=ctx.actor, purpose=ctx.purpose, reason=reason, given_on=ctx.on
    )
