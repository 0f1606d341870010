"""連絡票 to host municipalities: which events the section decided to tell by letter, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification.exchange import Event, events
from kaigo.insurance.qualification.exchange_told import Key, key, told
from kaigo.insurance.qualification.guarded import guarded
from kaigo.insurance.qualification.models import ExchangeNotice, ExchangeTelling


@dataclass(frozen=True, slots=True)
class ToTell:
    """A decision to tell. event: None = our records know it no longer; free: a letter about the person may go out."""

    id: int
    person: int
    municipality: str
    kind: str
    day: date
    state: str
    reason: str
    free: bool
    event: Event | None


def want(ctx: Context, keys: Iterable[Key], reason: str = "") -> list[ExchangeTelling]:
    """A letter is to be made of each event. reason: why also of somebody under 支援措置, who is told of alone."""
    keys = list(dict.fromkeys(keys))
    if not keys:
        raise Refused("連絡票を作る異動を選んでください。")
    found = _known(ctx, keys)
    if len(found) < len(keys):
        raise Refused("記録にない異動が含まれます。画面を開き直してください。")
    if set(told(found.values())) & set(keys):
        raise Refused("もう連絡した異動が含まれます。画面を開き直してください。")
    without_my_number(reason)
    shielded = guarded(ctx, {person for person, *_ in keys})
    if shielded and (len(keys) > 1 or not reason.strip()):
        raise Refused(
            "支援措置対象者またはその世帯員が含まれます。連絡してよい理由を書いて、一件ずつ連絡票にしてください。"
        )
    if set(waiting(keys)) & set(keys):
        raise Refused("もう連絡票にした異動が含まれます。画面を開き直してください。")
    return ExchangeTelling.objects.bulk_create(
        [
            ExchangeTelling(
                person_id=person,
                event=kind,
                day=day,
                municipality=municipality,
                state="wanted",
                asked_on=ctx.on,
                asked_by=ctx.actor,
                # Kept only for whom it was asked: it lets a letter out.
                reason=reason.strip() if shielded else "",
            )
            for person, kind, day, municipality in keys
        ]
    )


def waiting(keys: Iterable[Key] | None = None) -> dict[Key, ExchangeTelling]:
    """Events whose letter is not at the post yet, of these (None = all)."""
    rows = ExchangeTelling.objects.filter(state="wanted").order_by("id")
    if keys is not None:
        rows = rows.filter(person_id__in={person for person, *_ in keys})
    return {_key(row): row for row in rows}


def drop(ctx: Context, telling: ExchangeTelling, reason: str) -> None:
    """No letter after all."""
    if telling.state != "wanted":
        raise Refused("この連絡票はもう終わっています。")
    if not reason.strip():
        raise Refused("取りやめる理由を書いてください。")
    without_my_number(reason)
    telling.state, telling.reason = "dropped", reason.strip()
    telling.save(update_fields=["state", "reason"])


def note_posted(ctx: Context, posted: Iterable[tuple[int, str]]) -> int:
    """(decision, document number) of those whose letter went to the post on ctx.on: the municipality is told.

    Called by release. Returns how many.
    """
    numbers = dict(posted)
    rows = [row for row in to_tell(ctx, numbers) if row.state == "wanted" and row.event]
    for row in rows:
        event = row.event
        ExchangeNotice.objects.create(
            person_id=event.person,
            event=event.kind,
            day=event.day,
            municipality=event.municipality,
            facility=event.facility,
            told_on=ctx.on,
            how=f"連絡票 {numbers[row.id]}",
            actor=ctx.actor,
        )
        telling = ExchangeTelling.objects.get(id=row.id)
        telling.state, telling.sent_on = "sent", ctx.on
        telling.save(update_fields=["state", "sent_on"])
    return len(rows)


def to_tell(ctx: Context, ids: Iterable[int] | None = None) -> list[ToTell]:
    """The decisions (None = all whose letter is not at the post), by municipality and day, with what our records say."""
    rows = ExchangeTelling.objects.order_by("municipality", "day", "id")
    rows = list(rows.filter(state="wanted") if ids is None else rows.filter(id__in=list(ids)))
    found = _known(ctx, [_key(row) for row in rows])
    shielded = guarded(ctx, {row.person_id for row in rows}) if rows else set()
    return [
        ToTell(
            row.id, row.person_id, row.municipality, row.event, row.day, row.state, row.reason,
            bool(row.reason) or row.person_id not in shielded, found.get(_key(row)),
        )
        for row in rows
    ]  # fmt: skip


def _known(ctx: Context, keys: list[Key]) -> dict[Key, Event]:
    """Those of the events that our records know."""
    if not keys:
        return {}
    days = [day for _, _, day, _ in keys]
    persons = {person for person, *_ in keys}
    found = {key(e): e for e in events(ctx, min(days), max(days) + timedelta(days=1), persons)}
    return {each: found[each] for each in keys if each in found}


def _key(row: ExchangeTelling) -> Key:
    return row.person_id, row.event, row.day, row.municipality
