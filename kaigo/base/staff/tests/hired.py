"""People hired for tests of the staff system, by the ways that everybody takes."""

from __future__ import annotations

from datetime import date

from kaigo.base.records.context import Context
from kaigo.base.staff import applications
from kaigo.base.staff.accounts import open_account
from kaigo.base.staff.models import Account, Grant, Member
from kaigo.base.staff.people import Told, believe_people

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
    return applications.approve(by(ruler), asked).grant
