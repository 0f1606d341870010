"""Words handed over in person: whose they are, whether they are still good, and that each is good once."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from kaigo.base.records.models import Now
from kaigo.base.staff.models import Account, Enrolment, EnrolmentUse
from kaigo.base.staff.who import token_hash


def good(login: str, word: str, day: date) -> Enrolment | None:
    """The word of this log-in; None when wrong, used, expired, replaced by a newer one, or the account has ended."""
    found = (
        Enrolment.objects.select_related("account")
        .filter(
            word_hash=token_hash(word.strip()),
            account__login=login.strip(),
            valid_until__gt=Now(),
            use__isnull=True,
        )
        .first()
    )
    if found is None or not _open(found.account_id, day):
        return None
    newest = Enrolment.objects.filter(account_id=found.account_id).order_by("-id").first()
    return found if newest == found else None


def still_good(enrolment: int, day: date) -> Enrolment | None:
    """The same at the end of a ceremony that began with the word."""
    found = (
        Enrolment.objects.select_related("account")
        .filter(id=enrolment, valid_until__gt=Now(), use__isnull=True)
        .first()
    )
    return found if found is not None and _open(found.account_id, day) else None


def spend(enrolment: Enrolment) -> None:
    """It is good no more. Two at once: the second fails at the database (unique)."""
    EnrolmentUse.objects.create(enrolment=enrolment)


def _open(account: int, day: date) -> bool:
    return Account.objects.filter(
        Q(open_until__isnull=True) | Q(open_until__gt=day),
        Q(end__isnull=True) | Q(end__ended_on__gt=day),
        id=account,
        open_from__lte=day,
    ).exists()
