"""Applications and what becomes of them: asked by one person, ruled by another, for a third or for the asker himself.

"Person" is always the human being: a second account changes nothing. The database keeps them apart too (Ruling).
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection

from kaigo.base.audit.write import record
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.accounts import open_on
from kaigo.base.staff.can import EVERYWHERE, Reach
from kaigo.base.staff.models import Account, Application, Fallback, Grant, GrantEnd, Member, Post, Ruling
from kaigo.base.staff.people import member_of, sections_of
from kaigo.base.staff.sessions import end_sessions
from kaigo.base.staff.tables import contracts, limits, roles
from kaigo.law.dates import wareki

KINDS = {
    "grant": "権限の付与",
    "grant_end": "権限の終了",
    "fallback": "パスワードでのログイン",
}


def apply(
    ctx: Context,
    kind: str,
    account: Account,
    reason: str,
    *,
    role: str = "",
    section: str = "",
    begins: date | None = None,
    until: date | None = None,
) -> Application:
    """Ask for something for an account, from a day (None = ctx.on) until a day (exclusive). Raises Refused."""
    asker = _person(ctx)
    begins = begins or ctx.on
    if kind not in KINDS:
        raise Refused("申請の種類がわかりません。")
    if len(reason.strip()) < 5:
        raise Refused("申請の理由を書いてください(5文字以上)。")
    if until is not None and until <= begins:
        raise Refused("終わりの日は始まりの日より後にしてください。")
    if kind == "grant_end" and begins > ctx.on:
        # It ends on the day on which it is approved: a later day would be forgotten.
        raise Refused("権限は承認した日に終わります。先の日付で終えるときは、その日に申請してください。")
    if kind == "grant":
        _may_hold(account, role, section, begins)
    if kind == "fallback" and (until is None or until > begins + timedelta(days=limits()["fallback_days"])):
        raise Refused(f"パスワードでのログインは、期限を付けて{limits()['fallback_days']}日までです。")
    made = Application.objects.create(
        form_number=_number(ctx), kind=kind, account=account, member_id=account.member_id, role=role, section=section,
        wanted_from=begins, wanted_until=until, reason=reason.strip(), requested_by=asker, actor=ctx.actor,
        requested_on=ctx.on,
    )  # fmt: skip
    record(ctx, "staff.apply", f"application:{made.id}")
    return made


def approve(ctx: Context, application: Application, reach: Reach) -> Ruling:
    """Say yes; what was asked for holds from its day. reach: for which sections he may (can.reach).

    Raises Refused for the asker, for whose account it is, and outside of the reach.
    """
    # Nothing is given for days before it was approved, and nothing that has lost its ground in the meantime.
    begins = max(application.wanted_from, ctx.on)
    if application.kind != "grant_end":
        _still_wanted(ctx, application, begins, reach)
    ruling = _rule(ctx, application, "approved", "", reach)
    if application.kind == "grant":
        Grant.objects.create(
            account_id=application.account_id, role=application.role, section=application.section,
            given_from=begins, given_until=application.wanted_until, ruling=ruling,
        )  # fmt: skip
        record(ctx, "staff.grant", f"account:{application.account_id}", grant=ruling.grant.id)
    elif application.kind == "fallback":
        Fallback.objects.create(
            account_id=application.account_id, ruling=ruling, valid_from=begins,
            valid_until=application.wanted_until,
        )  # fmt: skip
    elif application.kind == "grant_end":
        _end_asked(ctx, application)
    return ruling


def reject(ctx: Context, application: Application, reason: str, reach: Reach) -> Ruling:
    """Say no, with a reason."""
    if len(reason.strip()) < 5:
        raise Refused("却下の理由を書いてください(5文字以上)。")
    return _rule(ctx, application, "rejected", reason.strip(), reach)


def withdraw(ctx: Context, application: Application) -> Ruling:
    """The asker takes it back."""
    return _rule(ctx, application, "withdrawn", "", EVERYWHERE)


def end_grant(ctx: Context, grant: Grant, form_number: str, reason: str) -> GrantEnd:
    """End a grant on ctx.on, with the form that asked for it; the account's open sessions end now."""
    if GrantEnd.objects.filter(grant=grant).exists():
        raise Refused("この権限はもう終わっています。")
    if not form_number or not reason:
        raise Refused("権限を終えるには、申請書の番号と理由が要ります。")
    sessions = end_sessions([grant.account_id])
    ended = GrantEnd.objects.create(
        grant=grant,
        ended_on=ctx.on,
        form_number=form_number,
        reason=reason,
        sessions_ended=sessions,
        actor=ctx.actor,
    )
    record(ctx, "staff.grant_end", f"account:{grant.account_id}", grant=grant.id, sessions=sessions)
    return ended


def _still_wanted(ctx: Context, application: Application, begins: date, reach: Reach) -> None:
    """Between the asking and the approval accounts end, posts end, contracts change. Raises Refused."""
    if application.wanted_until is not None and application.wanted_until <= begins:
        raise Refused("申請された期間はもう過ぎています。却下して、新しく申請してもらってください。")
    if not open_on(begins).filter(id=application.account_id).exists():
        raise Refused("このアカウントはもう終わっています。却下してください。")
    if application.kind == "grant":
        _may_hold(application.account, application.role, application.section, begins)
        # Else the head of one section would make somebody who rules over all of them.
        if roles()[application.role].on(begins).everywhere and not reach.everywhere:
            raise Refused(
                f"「{application.role}」はすべての課に及ぶ役割です。承認できるのは、すべての課を受け持つ人だけです。"
            )


def _end_asked(ctx: Context, application: Application) -> None:
    held = Grant.objects.filter(
        account_id=application.account_id,
        role=application.role,
        section=application.section,
        end__isnull=True,
    )
    if not held.exists():
        raise Refused("終えるべき権限がありません。もう終わっています。")
    for grant in held:
        end_grant(ctx, grant, application.form_number, application.reason)


def _may_hold(account: Account, role: str, section: str, day: date) -> None:
    """What would never give anything is not asked for: a role for other accounts, a section without a post."""
    gives = roles()[role].on(day) if role in roles() else None
    if gives is None:
        raise Refused("その名の役割はありません。権限表から選んでください。")
    if account.kind not in gives.kinds:
        raise Refused(f"「{role}」は、この種類のアカウントには与えられません。権限表で確かめてください。")
    posts = [
        post
        for post in Post.objects.filter(member_id=account.member_id, section=section, known__upper_inf=True)
        if post.effective.upper is None or post.effective.upper > day
    ]
    if not posts:
        raise Refused(
            f"{wareki(day)}以後「{section}」に所属がありません。職員の一覧にその所属が載ってから申請してください。"
        )
    bound = account.kind == "contractor" or any(post.contract for post in posts)
    if bound and not any(
        role in contracts()[post.contract].roles for post in posts if post.contract in contracts()
    ):
        raise Refused(f"委託事項が「{role}」を含んでいません。契約と権限表を確かめてください。")


def concerned(application: Application, day: date) -> frozenset[str]:
    """The sections whose head may rule it: the one it names, else those of the person."""
    return (
        frozenset({application.section}) if application.section else sections_of(application.member_id, day)
    )


def _rule(ctx: Context, application: Application, outcome: str, reason: str, reach: Reach) -> Ruling:
    person = _person(ctx)
    if Ruling.objects.filter(application=application).exists():
        raise Refused("この申請はもう処理されています。")
    own = person.id == application.requested_by_id
    if outcome == "withdrawn" and not own:
        raise Refused("申請を取り下げられるのは申請した人だけです。")
    if outcome != "withdrawn" and own:
        raise Refused("自分の申請を自分で承認・却下することはできません(別のアカウントでも同じです)。")
    if outcome != "withdrawn" and person.id == application.member_id:
        raise Refused("自分のアカウントについての申請を自分で承認・却下することはできません。")
    if not reach.covers(concerned(application, ctx.on)):
        raise Refused(
            "ほかの課の申請です。承認・却下できるのは、その課の権限を承認する人か、すべての課を受け持つ人です。"
        )
    ruling = Ruling.objects.create(
        application=application, outcome=outcome, requested_by_id=application.requested_by_id,
        member_id=application.member_id, ruled_by=person, reason=reason, actor=ctx.actor, ruled_on=ctx.on,
    )  # fmt: skip
    record(ctx, "staff.rule", f"application:{application.id}", ruled=outcome)
    return ruling


def _person(ctx: Context) -> Member:
    person = member_of(ctx.actor)
    if person is None:
        raise Refused("申請と承認は、アカウントを持つ人だけができます。")
    return person


def _number(ctx: Context) -> str:
    """The number of the form: fiscal year and a running number, as on paper."""
    year = ctx.on.year if ctx.on.month >= 4 else ctx.on.year - 1
    # Two askers at once: the second waits for the first, whose number it must not take.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7411003)")
    count = Application.objects.filter(form_number__startswith=f"{year}-").count()
    return f"{year}-{count + 1:05d}"
