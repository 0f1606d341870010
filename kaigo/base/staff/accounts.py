"""Accounts: opened for a member, ended, never deleted; keys are enrolled with a word handed over in person."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone

from kaigo.base.audit.write import record
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.models import Account, AccountEnd, Enrolment, Member, Passkey, PasskeyEnd
from kaigo.base.staff.people import employment_of, member_of
from kaigo.base.staff.sessions import end_sessions, in_turn
from kaigo.base.staff.tables import limits
from kaigo.base.staff.who import token_hash

KINDS = {"staff": "職員", "contractor": "受託者", "administrator": "管理者", "service": "システム"}


def open_on(day: date):
    """The accounts that are open on a day."""
    return Account.objects.filter(
        Q(open_until__isnull=True) | Q(open_until__gt=day),
        Q(end__isnull=True) | Q(end__ended_on__gt=day),
        open_from__lte=day,
    )


def open_account(ctx: Context, member: Member, login: str, kind: str, until: date | None = None) -> Account:
    """A way in of a member from ctx.on until a day (exclusive). Raises Refused when the log-in exists."""
    if kind not in KINDS:
        raise Refused(f"アカウントの種類は {'・'.join(KINDS.values())} のどれかです。")
    lent = employment_of(member.id) == "contractor"
    if lent != (kind == "contractor"):
        # Another kind would take him out of his 委託事項.
        raise Refused(
            "受託者に開けるのは「受託者」のアカウントだけで、職員には開けません。職員の一覧の雇用区分を確かめてください。"
        )
    if Account.objects.filter(login=login).exists():
        raise Refused("このログインIDはもう使われています。別のものにしてください。")
    if until is not None and until <= ctx.on:
        raise Refused("アカウントの終わりの日は、始まりの日より後にしてください。")
    account = Account.objects.create(
        member=member, login=login, kind=kind, open_from=ctx.on, open_until=until
    )
    record(ctx, "staff.account_open", f"account:{account.id}")
    return account


def end_account(ctx: Context, account: Account, form_number: str, reason: str) -> AccountEnd:
    """End an account on ctx.on, with its form; its open sessions end now. Raises Refused when it has ended."""
    if AccountEnd.objects.filter(account=account).exists():
        raise Refused("このアカウントはもう終わっています。")
    if not form_number or not reason:
        raise Refused("アカウントを終えるには、申請書の番号と理由が要ります。")
    ended = AccountEnd.objects.create(
        account=account, ended_on=ctx.on, form_number=form_number, reason=reason, actor=ctx.actor
    )
    end_sessions([account.id])
    record(ctx, "staff.account_end", f"account:{account.id}")
    return ended


def enrol(ctx: Context, account: Account, form_number: str, reason: str) -> str:
    """A word, told once, with which the person registers a key within a day. Only its hash is kept.

    It opens nothing before another human being has confirmed it (enrolment.confirm): whoever keeps accounts would else
    enter as anybody. Losing a key is the same way as the first one: identity checked in person, a form, a new word.
    """
    issuer = member_of(ctx.actor)
    if issuer is None:
        raise Refused("登録券は、アカウントを持つ人だけが出せます。")
    word = secrets.token_urlsafe(18)
    Enrolment.objects.create(
        account=account, member_id=account.member_id, issued_by=issuer, word_hash=token_hash(word), form_number=form_number, reason=reason, actor=ctx.actor,
        valid_until=timezone.now() + timedelta(hours=limits()["enrolment_hours"]),
    )  # fmt: skip
    record(ctx, "staff.enrol", f"account:{account.id}")
    return word


def end_key(ctx: Context, passkey: Passkey, reason: str) -> None:
    """A key that opens nothing any more; the account's sessions end now. Raises Refused when it has ended."""
    if PasskeyEnd.objects.filter(passkey=passkey).exists():
        raise Refused("この鍵はもう失効しています。")
    if not reason:
        raise Refused("鍵を失効させる理由を書いてください。")
    in_turn(passkey.account_id)
    PasskeyEnd.objects.create(passkey=passkey, reason=reason, actor=ctx.actor)
    end_sessions([passkey.account_id])
    record(ctx, "staff.key_end", f"account:{passkey.account_id}", key=passkey.id)
