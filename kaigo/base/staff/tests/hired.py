"""People hired for tests of the staff system, by the ways that everybody takes."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from django.utils import timezone

from kaigo.base.records.context import Context
from kaigo.base.staff import applications, enrolment
from kaigo.base.staff.accounts import enrol, open_account
from kaigo.base.staff.can import EVERYWHERE
from kaigo.base.staff.models import Account, Enrolment, EnrolmentConfirmation, Grant, Member
from kaigo.base.staff.people import Told, believe_people
from kaigo.base.staff.who import token_hash

APRIL = date(2026, 4, 1)
CARE = "介護保険課"


def on(day: date = APRIL, actor: str = "job:test") -> Context:
    return Context(actor, "staff", day)


def by(account: Account, day: date = APRIL) -> Context:
    return on(day, f"account:{account.id}")


def member(number: str, *, section: str = CARE, title: str = "係員", begins: date = APRIL, ends: date | None = None,
           employment: str = "staff", contract: str = "", born: date | None = None, kana: str = "") -> Member:  # fmt: skip
    line = Told(
        number,
        f"試験 {number}",
        kana or f"シケン {number}",
        born,
        employment,
        section,
        title,
        begins,
        ends,
        contract,
    )
    return believe_people(on(begins), [line], "feed:test")[number]


def account(number: str, login: str = "", kind: str = "staff", **post) -> Account:
    """A member with a post and an account."""
    return open_account(on(), member(number, **post), login or f"login-{number}", kind)


def grant(to: Account, role: str = "係員", *, asker: Account, ruler: Account, begins: date = APRIL, until: date | None = None,
          section: str = CARE) -> Grant:  # fmt: skip
    asked = applications.apply(
        by(asker), "grant", to, "試験のための権限", role=role, section=section, begins=begins, until=until
    )
    return applications.approve(by(ruler), asked, EVERYWHERE).grant


def word(whose: Account, form: str = "2026-00001") -> str:
    """A word for an account, issued by one and confirmed by another, as it is handed over."""
    made = enrol(by(_one("issues")), whose, form, "採用")
    enrolment.confirm(by(_one("confirms")), Enrolment.objects.latest("id"), EVERYWHERE)
    return made


def expired_word(whose: Account) -> str:
    """A word that was issued and confirmed in time, and whose time is over."""
    made, issuer, other = secrets.token_urlsafe(18), _one("issues").member, _one("confirms").member
    people = {"member": whose.member, "issued_by": issuer}
    kept = Enrolment.objects.create(
        account=whose, word_hash=token_hash(made), valid_until=timezone.now() - timedelta(hours=1),
        form_number="2026-00001", reason="採用", actor="test", **people,
    )  # fmt: skip
    EnrolmentConfirmation.objects.create(
        enrolment=kept, confirmed_by=other, confirmed_on=APRIL, actor="test", **people
    )
    return made


def _one(login: str) -> Account:
    return Account.objects.filter(login=login).first() or account(f"{login}-1", login)
