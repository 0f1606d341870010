"""What the section finds itself where facts do not decide: a facility's address, a correction, its withdrawal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from django.db import transaction

from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification.decide import Outcome, current_periods, judge, record
from kaigo.insurance.qualification.gather import gather
from kaigo.insurance.qualification.models import Ruling, Task
from kaigo.insurance.qualification.tasks import settle
from kaigo.law.codec import encode
from kaigo.law.qualification import ACQUIRED, LOST, Period, periods
from kaigo.law.reasons import Unclear
from kaigo.law.values import load

# matter → (what is said when there is none, when no reason is given)
TAKEN_BACK = {
    "periods": ("効いている訂正がありません。", "訂正をやめる理由を書いてください。"),
    "held_back": ("資格取得除外者として登録されていません。", "除外をやめる理由を書いてください。"),
}


class Change(NamedTuple):
    """One period before and after an act; None = there is none."""

    before: Period | None
    after: Period | None


def in_force(person: int, matter: str) -> Ruling | None:
    """The ruling of a matter that holds now."""
    return (
        Ruling.objects.filter(person_id=person, matter=matter, withdrawn=False, superseded_by__isnull=True)
        .order_by("id")
        .last()
    )


def not_exception(ctx: Context, insurer: str, task: Task, reason: str) -> Outcome:
    """The move to a facility's address is no 住所地特例: the person loses, by name and with a reason."""
    kind, _, days = task.what.partition(":")
    if task.sort != "hold" or kind != "facility":
        raise Refused("施設への転出の保留ではありません。")
    settle(ctx, task, reason)
    for day in days.split(","):
        Ruling.objects.create(
            person_id=task.person_id,
            matter="not_exception",
            day=date.fromisoformat(day),
            reason=reason.strip(),
            withdrawn=False,
            decided_on=ctx.on,
            actor=ctx.actor,
        )
    return record(ctx, insurer, judge(ctx, insurer, [task.person_id]))


def judged_periods(ctx: Context, insurer: str, person: int) -> tuple[Period, ...]:
    """The periods that the law finds in the facts as they are. Raises Refused when it cannot."""
    gathered = next(gather(ctx, [person]), None)
    found = periods(gathered.facts, load().values(insurer, ctx.on)) if gathered else None
    if found is None or isinstance(found, Unclear):
        raise Refused("事実から資格の期間を判定できません。先に住民記録などの事実を直してください。")
    return found.value.periods


def check(decided: list[Period]) -> None:
    """What a correction may say. Raises Refused: an order of days that cannot be, an unknown code."""
    before: Period | None = None
    for number, period in enumerate(decided, 1):
        if period.acquired_code not in ACQUIRED.values():
            raise Refused(f"{number}つ目の期間: 取得事由の符号が正しくありません。")
        if bool(period.lost_on) != bool(period.lost_code):
            raise Refused(f"{number}つ目の期間: 喪失日と喪失事由は両方書くか、両方空にしてください。")
        if period.lost_code and period.lost_code not in LOST.values():
            raise Refused(f"{number}つ目の期間: 喪失事由の符号が正しくありません。")
        if period.lost_on and period.lost_on <= period.acquired_on:
            raise Refused(f"{number}つ目の期間: 喪失日は取得日より後の日にしてください。")
        if before and (before.lost_on is None or before.lost_on > period.acquired_on):
            raise Refused(f"{number}つ目の期間が前の期間と重なっています。")
        before = period


def correct(ctx: Context, insurer: str, person: int, decided: list[Period], reason: str) -> Outcome:
    """訂正・取消: what holds instead of what the law finds in the facts. An empty list cancels everything."""
    if not reason.strip():
        raise Refused("訂正の理由を書いてください。")
    check(decided)
    before = in_force(person, "periods")
    Ruling.objects.create(
        person_id=person,
        matter="periods",
        judged=encode(judged_periods(ctx, insurer, person)),
        decided=[encode(period) for period in decided],
        reason=reason.strip(),
        withdrawn=False,
        supersedes=before,
        decided_on=ctx.on,
        actor=ctx.actor,
    )
    return record(ctx, insurer, judge(ctx, insurer, [person]))


def withdraw(ctx: Context, insurer: str, person: int, reason: str) -> Outcome:
    """Take a correction back: the facts decide again (回復)."""
    return take_back(ctx, insurer, person, "periods", reason)


def take_back(ctx: Context, insurer: str, person: int, matter: str, reason: str) -> Outcome:
    """The ruling of a matter holds no longer, for a reason that is kept: judged again without it."""
    absent, why = TAKEN_BACK[matter]
    before = in_force(person, matter)
    if before is None:
        raise Refused(absent)
    if not reason.strip():
        raise Refused(why)
    without_my_number(reason)
    Ruling.objects.create(
        person_id=person,
        matter=matter,
        reason=reason.strip(),
        withdrawn=True,
        supersedes=before,
        decided_on=ctx.on,
        actor=ctx.actor,
    )
    return record(ctx, insurer, judge(ctx, insurer, [person]))


def preview(ctx: Context, person: int, act: Callable[[], Outcome]) -> list[Change]:
    """Do the act, look, and take it back: what the button will do is exactly what was shown."""
    before = dict(enumerate(_now(ctx, person)))
    with transaction.atomic():
        act()
        after = dict(enumerate(_now(ctx, person)))
        transaction.set_rollback(True)
    places = sorted({*before, *after})
    return [Change(before.get(place), after.get(place)) for place in places]


def _now(ctx: Context, person: int) -> list[Period]:
    return [Period(*row[2:7]) for row in current_periods(ctx, [person]).get(person, [])]
