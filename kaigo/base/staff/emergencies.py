"""緊急閲覧: an hour in which an account may look where it otherwise may not; everybody is told, another looks into it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from kaigo.base.audit.write import record
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.models import Account, Emergency, EmergencyReview
from kaigo.base.staff.people import employment_of, member_of
from kaigo.base.staff.tables import limits
from kaigo.law.dates import business_day

OUTCOMES = {"justified": "正当", "unjustified": "不当"}
SHORTEST = 10


def begin(ctx: Context, account: Account, case: str, reason: str) -> Emergency:
    """Begin one now. Only for the ward's own staff: a contractor sees what his item says, never more. Raises Refused."""
    if account.kind != "staff" or employment_of(account.member_id) == "contractor":
        raise Refused("緊急閲覧は職員のアカウントだけが始められます。職員に頼んでください。")
    if not case.strip():
        raise Refused("何の件か(事件番号・受付番号など)を書いてください。")
    if len(reason.strip()) < SHORTEST:
        raise Refused(f"緊急に見なければならない理由を{SHORTEST}文字以上で書いてください。")
    now = timezone.now()
    if Emergency.objects.filter(account__member_id=account.member_id, ends_at__gt=now).exists():
        raise Refused("緊急閲覧はもう始まっています。終わってから、要るなら始め直してください。")
    made = Emergency.objects.create(
        account=account, case=case.strip(), reason=reason.strip(), begun_at=now,
        ends_at=now + timedelta(minutes=limits()["emergency_minutes"]),
        review_by=business_day(ctx.on + timedelta(days=1)),
    )  # fmt: skip
    record(ctx, "staff.emergency", f"emergency:{made.id}")
    return made


def review(ctx: Context, emergency: Emergency, outcome: str, remark: str) -> EmergencyReview:
    """What another human being found. Raises Refused for whoever looked himself, by any account."""
    if outcome not in OUTCOMES:
        raise Refused("正当だったか不当だったかを選んでください。")
    if len(remark.strip()) < SHORTEST:
        raise Refused(f"何をどう確かめたかを{SHORTEST}文字以上で書いてください。")
    person = member_of(ctx.actor)
    if person is None or person.id == emergency.account.member_id:
        raise Refused("自分の緊急閲覧を自分で確かめることはできません(別のアカウントでも同じです)。")
    if EmergencyReview.objects.filter(emergency=emergency).exists():
        raise Refused("この緊急閲覧はもう確かめてあります。")
    made = EmergencyReview.objects.create(
        emergency=emergency, outcome=outcome, remark=remark.strip(), actor=ctx.actor, reviewed_on=ctx.on
    )
    record(ctx, "staff.emergency_review", f"emergency:{emergency.id}")
    return made
