"""Accounts, posts and grants: opened, given, ended; never deleted. Runs in the staff system only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

import yaml
from django.contrib.auth.hashers import make_password

from kaigo.base.audit.write import record
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.models import Account, Grant, GrantEnd, Post, Profile

KINDS = ("staff", "contractor", "administrator", "service")
SHORTEST_PASSWORD = 15


@cache
def roles() -> dict[str, tuple[str, ...]]:
    """Role → its permissions."""
    text = Path(__file__).with_name("roles.yaml").read_text(encoding="utf-8")
    return {role: tuple(names) for role, names in yaml.safe_load(text).items()}


def open_account(
    ctx: Context, login: str, kind: str, name: str, password: str, section: str, title: str
) -> Account:
    """A person's way in, with a post from ctx.on. Raises Refused when the log-in exists or the password is short."""
    if kind not in KINDS:
        raise Refused(f"口座の種類は {'・'.join(KINDS)} のどれかです。")
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(f"パスワードは {SHORTEST_PASSWORD} 文字以上にしてください。")
    if Account.objects.filter(login=login).exists():
        raise Refused("このログインIDはもう使われています。別のものにしてください。")
    account = Account.objects.create(login=login, kind=kind)
    Profile.objects.create(account=account, name=name, password=make_password(password))
    Post.objects.create(account=account, section=section, title=title, held_from=ctx.on)
    record(ctx, "staff.open_account", f"account:{account.id}")
    return account


def give(
    ctx: Context,
    account: Account,
    permissions: Iterable[str],
    until: date | None,
    requested_by: str,
    approved_by: str,
) -> list[Grant]:
    """Permissions from ctx.on until a day (exclusive). Raises Refused unless two different people stand behind it."""
    if requested_by == approved_by:
        raise Refused("申請した人と承認する人は別の人でなければなりません。")
    if f"account:{account.id}" == approved_by:
        raise Refused("自分の権限を自分で承認することはできません。")
    known = {name for names in roles().values() for name in names}
    unknown = [name for name in permissions if name not in known]
    if unknown:
        raise Refused(f"知らない権限です: {'、'.join(unknown)}")
    given = [
        Grant.objects.create(
            account=account, permission=name, given_from=ctx.on, given_until=until, requested_by=requested_by,
            approved_by=approved_by,
        )
        for name in permissions
    ]  # fmt: skip
    record(ctx, "staff.give", f"account:{account.id}", grants=[grant.id for grant in given])
    return given


def end(ctx: Context, grant: Grant) -> None:
    """End a grant on ctx.on; it stays on record."""
    if GrantEnd.objects.filter(grant=grant).exists():
        raise Refused("この権限はもう終わっています。")
    GrantEnd.objects.create(grant=grant, ended_on=ctx.on, actor=ctx.actor)
    record(ctx, "staff.end_grant", f"account:{grant.account_id}", grant=grant.id)
