"""資格取得除外者: people whom the section keeps from being acquired automatically, from a day, with a reason."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification.decide import Outcome, judge, record
from kaigo.insurance.qualification.models import Ruling, Task
from kaigo.insurance.qualification.rulings import in_force, take_back

MATTER = "held_back"


class HeldBack(NamedTuple):
    """An entry of the list. state: waiting (begins later) | now | over; stops: an acquisition waits because of it."""

    person: int
    since: date
    until: date | None
    reason: str
    entered_on: date
    state: str
    stops: bool


def hold_back(
    ctx: Context, insurer: str, person: int, since: date, until: date | None, reason: str
) -> Outcome:
    """From `since`, and before `until`, nothing is acquired without being asked. Takes the place of an entry before.

    What has been acquired already stays: that is a correction (rulings.correct).
    """
    if not reason.strip():
        raise Refused("除外する理由を書いてください。")
    if until is not None and until <= since:
        raise Refused("終わりの日は始まりの日より後にしてください。")
    without_my_number(reason)
    Ruling.objects.create(
        person_id=person,
        matter=MATTER,
        day=since,
        until=until,
        reason=reason.strip(),
        withdrawn=False,
        supersedes=in_force(person, MATTER),
        decided_on=ctx.on,
        actor=ctx.actor,
    )
    return record(ctx, insurer, judge(ctx, insurer, [person]))


def release(ctx: Context, insurer: str, person: int, reason: str) -> Outcome:
    """Take the person off the list: what was stopped is acquired now, as the facts say."""
    return take_back(ctx, insurer, person, MATTER, reason)


def entries(ctx: Context) -> list[HeldBack]:
    """Everybody on the list, first those whose acquisition is stopped now, then in the order of entry."""
    rows = Ruling.objects.filter(matter=MATTER, withdrawn=False, superseded_by__isnull=True).order_by("id")
    waiting = set(
        Task.objects.filter(state="open", sort="hold", what__startswith=f"{MATTER}:").values_list(
            "person_id", flat=True
        )
    )
    found = [
        HeldBack(
            row.person_id, row.day, row.until, row.reason, row.decided_on, _state(row, ctx.on),
            row.person_id in waiting,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda entry: not entry.stops)


def people(ctx: Context) -> set[int]:
    """Those on the list on ctx.on."""
    return {entry.person for entry in entries(ctx) if entry.state == "now"}


def _state(row: Ruling, on: date) -> str:
    if row.day > on:
        return "waiting"
    return "over" if row.until is not None and row.until <= on else "now"
