"""Contact notes: taken, carried on, closed."""

from __future__ import annotations

import re
import unicodedata

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.counter.models import Ticket
from kaigo.law.check_digits import my_number_digit

KINDS = {"call": "電話", "counter": "窓口"}
STATES = {"open": "対応中", "done": "済み"}
_TWELVE = re.compile(r"(?<!\d)\d{4}[ -]?\d{4}[ -]?\d{4}(?!\d)")


def take(ctx: Context, person: int, kind: str, subject: str, text: str, done: bool) -> Ticket:
    """A new note about a contact on ctx.on."""
    if kind not in KINDS:
        raise Refused("連絡の種類は電話か窓口です。")
    no_my_number(subject, text)
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
    no_my_number(subject, text)
    ticket.subject, ticket.text, ticket.state = subject, text, "done" if done else "open"
    ticket.save(update_fields=["subject", "text", "state"])
    return ticket


def no_my_number(*texts: str) -> None:
    """Refuse twelve digits with a valid check digit: 個人番号 lives in the addressee system only (番号法20条)."""
    for text in texts:
        for found in _TWELVE.findall(unicodedata.normalize("NFKC", text)):
            digits = re.sub(r"\D", "", found)
            if my_number_digit(digits[:-1]) == int(digits[-1]):
                raise Refused(
                    "12桁の数字が個人番号(マイナンバー)の形をしています。記録には個人番号を書けません。消してから登録してください。"
                )
