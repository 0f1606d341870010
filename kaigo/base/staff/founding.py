"""The first two of an installation: one keeps accounts, one approves. Each stands on an application that the other ruled.

Two, because nobody may give himself a role, and of two kinds, because who keeps accounts does not approve. Everybody
after them is asked for and approved on screens.
"""

from __future__ import annotations

from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff import applications, enrolment
from kaigo.base.staff.accounts import enrol, open_account
from kaigo.base.staff.can import EVERYWHERE
from kaigo.base.staff.models import Account, Enrolment, Grant, Post

ROLES = ("権限管理", "権限承認")
WHY = "設置のときの最初の管理者"


class Founder(NamedTuple):
    """Somebody of the staff list, and the log-in that he gets."""

    staff_number: str
    login: str


class Founded(NamedTuple):
    """What is handed over in person: the word registers one key, once."""

    login: str
    role: str
    section: str
    word: str


def found(ctx: Context, first: Founder, second: Founder) -> list[Founded]:
    """Open both accounts, give 権限管理 to the first and 権限承認 to the second. Raises Refused when any grant exists."""
    if Grant.objects.exists() or Account.objects.exists():
        raise Refused(
            "アカウントか権限がもうあります。最初の管理者は一度だけ作れます。画面から申請してください。"
        )
    if first.staff_number == second.staff_number:
        raise Refused("最初の管理者は別々の二人にしてください。一人では権限を与え合えません。")
    placed = [(founder, _post(ctx, founder)) for founder in (first, second)]
    opened = [
        (open_account(ctx, post.member, founder.login, "administrator"), post.section)
        for founder, post in placed
    ]
    made = []
    for place, (account, section) in enumerate(opened):
        other = opened[1 - place][0]
        asked = applications.apply(
            _as(ctx, account), "grant", account, WHY, role=ROLES[place], section=section
        )
        # Nobody has a role yet whose sections could be asked for.
        applications.approve(_as(ctx, other), asked, EVERYWHERE)
        word = enrol(_as(ctx, account), account, asked.form_number, WHY)
        enrolment.confirm(_as(ctx, other), Enrolment.objects.get(account=account), EVERYWHERE)
        made.append(Founded(account.login, ROLES[place], section, word))
    return made


def _post(ctx: Context, founder: Founder) -> Post:
    post = (
        Post.objects.filter(
            member__staff_number=founder.staff_number, known__upper_inf=True, effective__contains=ctx.on
        )
        .order_by("section")
        .first()
    )
    if post is None:
        raise Refused(
            f"職員番号「{founder.staff_number}」の人に今日の所属がありません。先に職員の一覧を受け入れて取り込んでください。"
        )
    return post


def _as(ctx: Context, account: Account) -> Context:
    return Context(f"account:{account.id}", ctx.purpose, ctx.on)
