"""That a host municipality was told of a beginning, a change or an end (住所地特例連絡票)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification.exchange import Event, events
from kaigo.insurance.qualification.models import ExchangeNotice, ExchangeTelling

Key = tuple[int, str, date, str]


def key(event: Event) -> Key:
    """What makes an event the same one."""
    return event.person, event.kind, event.day, event.municipality


def told(found: Iterable[Event]) -> dict[Key, ExchangeNotice]:
    """The notices of these events, the newest of each."""
    rows = ExchangeNotice.objects.filter(person_id__in={event.person for event in found}).order_by("id")
    return {(row.person_id, row.event, row.day, row.municipality): row for row in rows}


def tell(
    ctx: Context, person: int, kind: str, day: date, municipality: str, told_on: date, how: str
) -> ExchangeNotice:
    """Note it. Refused when our records know no such event, or when the day is not between it and today."""
    found = [
        e for e in events(ctx, day, day + timedelta(days=1)) if key(e) == (person, kind, day, municipality)
    ]
    if not found:
        raise Refused("この異動は記録にありません。画面を開き直してください。")
    if told_on > ctx.on:
        raise Refused("連絡した日は今日より後にはできません。")
    if not how.strip():
        raise Refused("連絡の方法を書いてください。")
    without_my_number(how)
    if key(found[0]) in told(found):
        raise Refused("もう連絡した異動です。")
    if ExchangeTelling.objects.filter(
        person_id=person, event=kind, day=day, municipality=municipality, state="wanted"
    ).exists():
        raise Refused(
            "連絡票を出すことになっています。ほかの方法で連絡したときは、先に連絡票を取りやめてください。"
        )
    return ExchangeNotice.objects.create(
        person_id=person,
        event=kind,
        day=day,
        municipality=municipality,
        facility=found[0].facility,
        told_on=told_on,
        how=how.strip(),
        actor=ctx.actor,
    )
