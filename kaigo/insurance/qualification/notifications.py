"""届出: forms that came in, with the period they are about and whether they came in time."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification import read
from kaigo.insurance.qualification.models import Notification
from kaigo.law.notifications import NotificationFacts, Timely, notification
from kaigo.law.reasons import Reason
from kaigo.law.values import load

FIRST = date(2015, 4, 1)
FORMS = {
    "acquired": "資格取得届",
    "lost": "資格喪失届",
    "exception_start": "住所地特例適用届",
    "exception_change": "住所地特例変更届",
    "exception_end": "住所地特例終了届",
    "changed": "氏名・住所・世帯の変更届",
}
FILERS = {"self": "本人", "head": "世帯主", "agent": "代理人"}


class Received(NamedTuple):
    """A form as entered. period: of the qualification; timely: what the law says of its day."""

    id: int
    form: str
    event_on: date
    filed_on: date
    place: str
    filer: str
    filer_name: str
    period: int | None
    decided_on: date
    actor: str
    timely: Timely
    reasons: tuple[Reason, ...]

    @property
    def what(self) -> str:
        return FORMS[self.form]

    @property
    def by(self) -> str:
        """本人, 世帯主, 代理人 with the name when it was written."""
        return FILERS[self.filer] + (f"({self.filer_name})" if self.filer_name else "")


def enter(
    ctx: Context,
    insurer: str,
    person: int,
    form: str,
    event_on: date,
    filed_on: date,
    place: str,
    filer: str,
    filer_name: str = "",
) -> Notification:
    """Enter a form. It belongs to the period that begins (取得) or ends (喪失) on the day, else to the one that holds it.

    The form decides nothing: the qualification follows the resident register, or a ruling of the section.
    """
    if form not in FORMS or filer not in FILERS:
        raise Refused("届書の種類と届出人を選んでください。")
    if filed_on > ctx.on:
        raise Refused("届出年月日が業務日より後です。")
    if not place.strip():
        raise Refused("届出場所を書いてください。")
    if filer == "agent" and not filer_name.strip():
        raise Refused("代理人の氏名を書いてください。")
    without_my_number(place, filer_name)
    for held in in_force(person):
        if (held.form, held.event_on) == (form, event_on):
            raise Refused("同じ届書がもう登録されています。直すときは、前の登録を取り消してください。")
    return Notification.objects.create(
        person_id=person,
        form=form,
        event_on=event_on,
        filed_on=filed_on,
        place=place.strip(),
        filer=filer,
        filer_name=filer_name.strip(),
        period=_period(ctx, person, form, event_on),
        withdrawn=False,
        decided_on=ctx.on,
        actor=ctx.actor,
    )


def withdraw(ctx: Context, entry: Notification, reason: str) -> Notification:
    """The entry was a mistake; it stays to be read."""
    if entry.withdrawn or Notification.objects.filter(supersedes=entry).exists():
        raise Refused("この登録はもう取り消されています。")
    if not reason.strip():
        raise Refused("取り消す理由を書いてください。")
    without_my_number(reason)
    return Notification.objects.create(
        person_id=entry.person_id,
        form=entry.form,
        event_on=entry.event_on,
        filed_on=entry.filed_on,
        place=entry.place,
        filer=entry.filer,
        filer_name=entry.filer_name,
        period=entry.period,
        reason=reason.strip(),
        withdrawn=True,
        supersedes=entry,
        decided_on=ctx.on,
        actor=ctx.actor,
    )


def in_force(person: int, known_at=None) -> list[Notification]:
    """Entries that were not withdrawn, the newest event first."""
    rows = Notification.objects.filter(person_id=person).order_by("-event_on", "-id")
    if known_at is not None:
        rows = rows.filter(decided_at__lte=known_at)
    rows = list(rows)
    gone = {row.supersedes_id for row in rows}
    return [row for row in rows if not row.withdrawn and row.id not in gone]


def received(ctx: Context, insurer: str, person: int) -> list[Received]:
    """What came in about a person, with the judgement of its day."""
    return [_received(insurer, row) for row in in_force(person, ctx.known_at)]


def judge(insurer: str, form: str, event_on: date, filed_on: date):
    """Whether a form would be in time: the same call for a page and for the list."""
    # Values reach back to FIRST; an older event is measured by the oldest ones.
    values = load().values(insurer, max(event_on, FIRST))
    return notification(NotificationFacts(form, event_on, filed_on), values)


def _received(insurer: str, row: Notification) -> Received:
    found = judge(insurer, row.form, row.event_on, row.filed_on)
    return Received(
        row.id, row.form, row.event_on, row.filed_on, row.place, row.filer, row.filer_name, row.period, row.decided_on,
        row.actor, found.value, found.reasons,
    )  # fmt: skip


def _period(ctx: Context, person: int, form: str, event_on: date) -> int | None:
    periods = read.periods_in_force(ctx, person)
    if form == "acquired":
        return next((p.period for p in periods if p.acquired_on == event_on), None)
    if form == "lost":
        return next((p.period for p in periods if p.lost_on == event_on), None)
    holding = (
        p.period
        for p in periods
        if p.acquired_on <= event_on and (p.lost_on is None or p.lost_on >= event_on)
    )
    return next(holding, None)
