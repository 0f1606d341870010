"""The job over the log: what is new is judged, and what is a question becomes an alert with an owner and a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.apps import apps

from kaigo.base.audit.write import record
from kaigo.base.misuse.decide import ENDS
from kaigo.base.misuse.engine import judge
from kaigo.base.misuse.frames import Alert as Question
from kaigo.base.misuse.frames import Reason
from kaigo.base.misuse.gather import Gathered, Row, events_of, forget, gather, new_events, touched
from kaigo.base.misuse.models import Alert, AlertEvent, AlertReason
from kaigo.base.misuse.staff import Staff
from kaigo.base.misuse.values import EMERGENCY, RULES, Values, values
from kaigo.base.records.context import Context
from kaigo.base.records.watermarks import reading
from kaigo.law.dates import business_day

WATCH, DAILY = "misuse.watch", "misuse.daily"
LOG = "audit_event"
WHOLE_DAY = bytes(16)
NEAREST = ("own", "staff", "family", "declared")


def watch(ctx: Context) -> dict[str, int]:
    """The critical rules over what is new since the last time: every few minutes."""
    with reading(WATCH, LOG) as span:
        events = new_events(span)
        staff, told = Staff(ctx.on), values(ctx.on)
        made = _find(ctx, events, staff, told, told.critical) if events else 0
    return {"events": len(events), "alerts": made}


def daily(ctx: Context) -> dict[str, int]:
    """Every rule over every day of which the log has something new; then emergencies that nobody looked into."""
    read = made = 0
    with reading(DAILY, LOG) as span:
        days = touched(span)
        forget(days)
        staff = Staff(ctx.on)
        for day in days:
            events = events_of(day)
            read += len(events)
            made += _find(ctx, events, staff, values(day), RULES)
    made += _emergencies(ctx, staff)
    return {"days": len(days), "events": read, "alerts": made}


def _find(ctx: Context, events: list[Row], staff: Staff, told: Values, only: Iterable[str]) -> int:
    found = gather(ctx, events, staff, told, whole=only is RULES)
    return sum(save(ctx, question, found, staff, told) for question in judge(found.frames, told, only))


def save(ctx: Context, question: Question, found: Gathered, staff: Staff, told: Values) -> bool:
    """One question in the table; found again, it only learns what is new. What comes after its answer is a question
    anew, and so is what turns out to be urgent. True = a question that was not there."""
    thing = WHOLE_DAY if question.subject is None else found.people[question.subject]
    kind = "day" if question.subject is None else "person"
    turn, events = _turn(question, kind, thing)
    emergency = next((found.emergencies[e] for e in events if e in found.emergencies), None)
    alert, new = _alert(
        ctx, staff, told, question.member, question.day, kind, thing, turn=turn, near=_near(question, found),
        score=question.score, critical=question.critical, causes=question.causes, emergency=emergency,
    )  # fmt: skip
    _reasons(alert, question.reasons)
    AlertEvent.objects.bulk_create(
        (AlertEvent(alert=alert, event=event) for event in events), ignore_conflicts=True
    )
    return new


def _turn(question: Question, kind: str, thing: bytes) -> tuple[int, Sequence[int]]:
    """The turn that a question belongs to, and those of its accesses that it has to name."""
    earlier = Alert.objects.filter(member=question.member, day=question.day, kind=kind, thing=thing)
    last = earlier.order_by("turn").last()
    if last is None:
        return 1, question.events
    if question.critical and not last.critical:
        return last.turn + 1, question.events
    named = set(AlertEvent.objects.filter(alert__in=earlier).values_list("event", flat=True))
    fresh = [event for event in question.events if event not in named]
    # Whoever was asked and answered is not free for the rest of the day.
    answered = bool(fresh) and last.reviews.filter(outcome__in=ENDS).exists()
    return last.turn + answered, fresh


def _near(question: Question, found: Gathered) -> frozenset[int]:
    """Members whose own record, or whose household or family, the question is about: none of them looks into it."""
    if question.subject is None:
        return frozenset()
    ties = found.frames.ties
    of_him = ties.filter((ties["subject"] == question.subject) & ties["tie"].is_in(NEAREST))
    return frozenset(of_him["member"])


def _alert(
    ctx: Context, staff: Staff, told: Values, member: int, day: date, kind: str, thing: bytes, turn: int = 1,
    near: frozenset[int] = frozenset(), **more,
):  # fmt: skip
    section, owner = staff.owner(member, day, near)
    alert, new = Alert.objects.get_or_create(
        member=member, day=day, kind=kind, thing=thing, turn=turn,
        defaults={
            "section": section, "owner": owner, "found_on": ctx.on,
            "due_on": due(max(ctx.on, day), told["critical_due_days" if more["critical"] else "due_days"]), **more,
        },
    )  # fmt: skip
    if new:
        record(ctx, "misuse.alert", f"alert:{alert.id}", score=alert.score, critical=alert.critical)
    return alert, new


def _reasons(alert: Alert, reasons: Iterable[Reason]) -> None:
    AlertReason.objects.bulk_create(
        (AlertReason(alert=alert, rule=one.rule, points=one.points, facts=one.facts) for one in reasons),
        ignore_conflicts=True,
    )


def due(day: date, days: int) -> date:
    """So many business days after a day."""
    for _ in range(days):
        day = business_day(day + timedelta(days=1))
    return day


def _emergencies(ctx: Context, staff: Staff) -> int:
    """An emergency whose review is overdue is a question of its own. Only the staff system has them."""
    if not apps.is_installed("kaigo.base.staff"):
        return 0
    from kaigo.base.staff.models import Emergency

    made, told = 0, values(ctx.on)
    late = Emergency.objects.filter(review__isnull=True, review_by__lt=ctx.on).select_related("account")
    for one in late:
        alert, new = _alert(
            ctx, staff, told, one.account.member_id, one.review_by, "emergency", one.id.to_bytes(16, "big"),
            score=100, critical=True, emergency=one.id, causes={},
        )  # fmt: skip
        _reasons(alert, [Reason(EMERGENCY, 100, {"days": (ctx.on - one.review_by).days})])
        made += new
    return made
