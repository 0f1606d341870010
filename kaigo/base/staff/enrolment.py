"""Words handed over in person: whose they are, who confirmed them, whether they are still good, each once."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.db.models import Exists, OuterRef

from kaigo.base.audit.write import record
from kaigo.base.records.context import Context
from kaigo.base.records.models import Now
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.accounts import open_on
from kaigo.base.staff.can import Reach
from kaigo.base.staff.models import Enrolment, EnrolmentConfirmation, EnrolmentRejection, EnrolmentUse, Member
from kaigo.base.staff.people import member_of, sections_of
from kaigo.base.staff.who import token_hash


def waiting(day: date):
    """Words that somebody may still confirm: in time, unused, not rejected, not replaced by a newer one."""
    newer = Enrolment.objects.filter(account_id=OuterRef("account_id"), id__gt=OuterRef("id"))
    found = Enrolment.objects.filter(
        ~Exists(newer), valid_until__gt=Now(), confirmation__isnull=True, rejection__isnull=True
    )
    return found.filter(account_id__in=open_on(day)).order_by("id")


def confirm(ctx: Context, enrolment: Enrolment, reach: Reach) -> EnrolmentConfirmation:
    """Say that this word is in order; from now on it opens. reach: for which sections he may (can.reach).

    Raises Refused for whoever issued it, for whose account it is (by any account of theirs), and outside of the reach.
    """
    person = _who_rules(ctx, enrolment, reach)
    made = EnrolmentConfirmation.objects.create(
        enrolment=enrolment, issued_by_id=enrolment.issued_by_id, member_id=enrolment.member_id, confirmed_by=person,
        confirmed_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip
    record(ctx, "staff.enrol_confirm", f"account:{enrolment.account_id}")
    return made


def reject(ctx: Context, enrolment: Enrolment, reason: str, reach: Reach) -> EnrolmentRejection:
    """Say that this word is not in order; it never opens anything. Raises Refused as `confirm`, and without a reason."""
    if not reason.strip():
        raise Refused("取り消す理由を書いてください。")
    person = _who_rules(ctx, enrolment, reach)
    made = EnrolmentRejection.objects.create(
        enrolment=enrolment, rejected_by=person, rejected_on=ctx.on, reason=reason.strip(), actor=ctx.actor
    )
    record(ctx, "staff.enrol_reject", f"account:{enrolment.account_id}")
    return made


def _who_rules(ctx: Context, enrolment: Enrolment, reach: Reach) -> Member:
    person = member_of(ctx.actor)
    if person is None:
        raise Refused("登録券の確認は、アカウントを持つ人だけができます。")
    if person.id == enrolment.issued_by_id:
        raise Refused("自分が出した登録券を自分で確認することはできません(別のアカウントでも同じです)。")
    if person.id == enrolment.member_id:
        raise Refused("自分のアカウントの登録券を自分で確認することはできません。")
    if not reach.covers(sections_of(enrolment.member_id, ctx.on)):
        raise Refused(
            "ほかの課の人の登録券です。確認できるのは、その課の権限を承認する人か、すべての課を受け持つ人です。"
        )
    # Two at once: the second waits here, and then finds it ruled.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7411006))", [str(enrolment.id)])
    if not waiting(ctx.on).filter(id=enrolment.id).exists():
        raise Refused(
            "この登録券はもう確認されたか、取り消されたか、期限が過ぎたか、新しい券に替わっています。一覧を開き直してください。"
        )
    return person


def good(login: str, word: str, day: date) -> Enrolment | None:
    """The word of this log-in; None when wrong, not confirmed, used, expired, replaced, or the account has ended."""
    found = (
        Enrolment.objects.select_related("account")
        .filter(
            word_hash=token_hash(word.strip()),
            account__login=login.strip(),
            valid_until__gt=Now(),
            confirmation__isnull=False,
            rejection__isnull=True,
            use__isnull=True,
        )
        .first()
    )
    return found if found is not None and _stands(found, day) else None


def still_good(enrolment: int, day: date) -> Enrolment | None:
    """The same at the end of a ceremony that began with the word."""
    found = (
        Enrolment.objects.select_related("account")
        .filter(
            id=enrolment,
            valid_until__gt=Now(),
            confirmation__isnull=False,
            rejection__isnull=True,
            use__isnull=True,
        )
        .first()
    )
    return found if found is not None and _stands(found, day) else None


def spend(enrolment: Enrolment) -> None:
    """It is good no more. Two at once: the second fails at the database (unique)."""
    EnrolmentUse.objects.create(enrolment=enrolment)


def _stands(enrolment: Enrolment, day: date) -> bool:
    """The account is open, and no newer word replaced this one."""
    newer = Enrolment.objects.filter(account_id=enrolment.account_id, id__gt=enrolment.id)
    return not newer.exists() and open_on(day).filter(id=enrolment.account_id).exists()
