"""代わりのログイン: a password with the next number of a card, on an approved application, for 90 days at most.

The person chooses the password himself with a word that was handed to him; nobody chooses it for him. The password
alone never opens anything. Administrators have no fallback. Every try does the same work, whoever it is about.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from datetime import date
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db.models import Q

from kaigo.base.audit.write import record
from kaigo.base.keys.index import index
from kaigo.base.records.context import Context, acting
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.enrolment import spend
from kaigo.base.staff.lockout import SHUT, about, plain, standing
from kaigo.base.staff.models import (
    Account,
    Enrolment,
    Fallback,
    FallbackEnd,
    FallbackSecret,
    MemberProfile,
    OneTimeNumber,
    OneTimeUse,
)
from kaigo.base.staff.passwords import normal, refuse_weak
from kaigo.base.staff.sessions import end_sessions, in_turn
from kaigo.base.staff.tables import limits

CARD = "one_time"
DIGITS = 8
# Of what is typed no more is looked at: no password is as long, in whichever spelling.
LONG = 1000
NOT_GRANTED = "パスワードでのログインは、申請が承認されていて、期限内の人だけが使えます。上司か権限管理担当に申請を頼んでください。"
NOT_FOR_ADMINISTRATORS = "管理者のアカウントでは、パスワードでのログインは使えません。端末から出ない鍵(パスキー)を登録してください。"


class Try(NamedTuple):
    """account: whose it was, when it was right. why: "" = right."""

    account: Account | None
    why: str


def running(account: int, day: date) -> Fallback | None:
    """The fallback of an account that is granted on a day and has not been ended."""
    return (
        Fallback.objects.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=day),
            account_id=account,
            valid_from__lte=day,
            end__isnull=True,
        )
        .exclude(account__kind="administrator")
        .order_by("-id")
        .first()
    )


def choose(ctx: Context, enrolment: Enrolment, password: str, insurer: str) -> list[str]:
    """Keep the password that its owner chose and make his card: the numbers, told once. Uses the word up.

    In the caller's transaction. Raises Refused.
    """
    account = enrolment.account
    if account.kind == "administrator":
        raise Refused(NOT_FOR_ADMINISTRATORS)
    fallback = running(account.id, ctx.on)
    if fallback is None:
        raise Refused(NOT_GRANTED)
    chosen = normal(password)
    refuse_weak(chosen, _words(account, insurer))
    spend(enrolment)
    secret = FallbackSecret.objects.create(
        fallback=fallback, enrolment=enrolment, password=make_password(chosen)
    )
    numbers = [f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}" for _ in range(limits()["one_time_numbers"])]
    key = index(CARD)
    OneTimeNumber.objects.bulk_create(
        OneTimeNumber(secret=secret, place=place, digest=key.digest(_numbered(secret.id, place, number)))
        for place, number in enumerate(numbers, 1)
    )
    record(ctx, "staff.password", f"account:{account.id}")
    return numbers


def end_fallback(ctx: Context, fallback: Fallback, reason: str) -> FallbackEnd:
    """End it before its time; sessions of the account end now. Raises Refused when it has ended."""
    if FallbackEnd.objects.filter(fallback=fallback).exists():
        raise Refused("このログイン方法はもう終わっています。")
    in_turn(fallback.account_id)
    ended = FallbackEnd.objects.create(fallback=fallback, reason=reason, actor=ctx.actor)
    end_sessions([fallback.account_id])
    record(ctx, "staff.fallback_end", f"account:{fallback.account_id}")
    return ended


def attempt(ctx: Context, event: str, login: str, password: str, number: str) -> Try:
    """Try a password and the next number of the card; a wrong try leaves its event (staff.log_in | staff.prove).

    Shut, unknown, not granted, expired and wrong are one for whoever tries: the same work, in the same order.
    """
    typed, password, number = plain(login[:LONG]), password[:LONG], number[:LONG]
    account = Account.objects.filter(login=typed).first()
    whose = about(account, typed)
    nobodys = _nobodys()
    with acting(ctx):
        before = standing(whose)
        secret = newest(account.id if account else 0, ctx.on)
        number_due = next_number(secret)
        fits = check_password(normal(password), secret.password if secret else nobodys)
        right = _is(number_due, number)
        why = _why(account, secret, before.shut, fits, right)
        if not why:
            OneTimeUse.objects.create(number=number_due)
            return Try(account, "")
        record(ctx, event, whose, "refused", why=why, method="fallback")
        if secret and why != SHUT and before.wrong + 1 >= limits()["wrong_in_a_row"]:
            end_fallback(ctx, secret.fallback, f"続けて{limits()['wrong_in_a_row']}回の誤り")
    return Try(None, why)


def newest(account: int, day: date) -> FallbackSecret | None:
    """The password and card of an account that open something on a day."""
    fallback = running(account, day)
    return FallbackSecret.objects.filter(fallback_id=fallback.id if fallback else 0).order_by("-id").first()


def next_number(secret: FallbackSecret | None) -> OneTimeNumber | None:
    """The first number of a card that has not been used."""
    return _unused(secret).order_by("place").first()


def left(account: int, day: date) -> int:
    """How many numbers of the card are left."""
    return _unused(newest(account, day)).count()


def _unused(secret: FallbackSecret | None):
    return OneTimeNumber.objects.filter(secret_id=secret.id if secret else 0, use__isnull=True)


def _why(account: Account | None, secret: FallbackSecret | None, shut: bool, fits: bool, right: bool) -> str:
    if shut:
        return SHUT
    if account is None:
        return "unknown"
    if secret is None:
        return "no_fallback"
    if not fits:
        return "password"
    return "" if right else "number"


def _is(due: OneTimeNumber | None, typed: str) -> bool:
    """Whether this is the number that is due, under whichever key it was made."""
    digits = "".join(sign for sign in unicodedata.normalize("NFKC", typed) if sign.isdigit())
    made = index(CARD).every(_numbered(due.secret_id if due else 0, due.place if due else 0, digits))
    kept = bytes(due.digest) if due else b""
    return sum(hmac.compare_digest(kept, one) for one in made) > 0


def _numbered(secret: int, place: int, number: str) -> str:
    return f"{secret}:{place}:{number}"


@cache
def _nobodys() -> str:
    """A hash that nothing fits: those who do not exist cost as much as those who do."""
    return make_password(secrets.token_urlsafe(32))


def _words(account: Account, insurer: str) -> list[str]:
    name = MemberProfile.objects.filter(member_id=account.member_id, known__upper_inf=True).first()
    told = f"{name.name} {name.kana}" if name else ""
    return [account.login, *told.split(), insurer, settings.INSURER, "openkaigo", "介護保険", "kaigo"]
