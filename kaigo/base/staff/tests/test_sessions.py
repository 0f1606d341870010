"""Sessions: what begins them, what they show, and everything that ends them at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from kaigo.base.keys.index import index
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.accounts import end_account, open_account
from kaigo.base.staff.marks import MARKS, own_words
from kaigo.base.staff.models import Session
from kaigo.base.staff.people import Told, believe_people
from kaigo.base.staff.sessions import begin, end_sessions, prove
from kaigo.base.staff.tables import limits
from kaigo.base.staff.tests.hired import APRIL, CARE, account, by, grant, member, on
from kaigo.base.staff.who import identify, told

pytestmark = pytest.mark.django_db
ONE = timedelta(days=1)


def test_only_the_hash_of_the_cookie_is_kept_and_it_shows_who(ctx):
    clerk = account("001", born=date(1990, 2, 3), kana="シケン イチ")
    held = grant(clerk, asker=account("002"), ruler=account("003"))
    token = begin(clerk, "passkey")
    assert not Session.objects.filter(token_hash=token).exists()
    who = identify(token, APRIL)
    assert (who.account, who.member, who.name, who.section, who.title) == (
        clerk.id,
        clerk.member_id,
        "試験 001",
        CARE,
        "係員",
    )
    assert [g.id for g in who.grants] == [held.id] and who.method == "passkey" and who.proved < 5
    assert who.marks == {index(MARKS).digest(own_words("シケンイチ", date(1990, 2, 3)))}
    assert identify("nonsense", APRIL) is None and identify("", APRIL) is None
    assert told([who.actor, "job:x"]) == {who.actor: "試験 001"}


def test_an_ended_post_ends_everything_at_the_very_next_request():
    """E-14: the staff list says that he left; the open session is nobody's from that day."""
    clerk = account("001")
    token = begin(clerk, "passkey")
    leaves = Told("001", "試験 001", "シケン", None, "staff", CARE, "係員", APRIL, date(2026, 7, 1))
    believe_people(on(date(2026, 6, 20)), [leaves], "feed:test")
    assert identify(token, date(2026, 6, 30)) is not None
    assert identify(token, date(2026, 7, 1)) is None
    arrives = Told("001", "試験 001", "シケン", None, "staff", "住民課", "係員", date(2026, 7, 1), None)
    believe_people(on(date(2026, 6, 20)), [arrives], "feed:test")
    assert identify(token, date(2026, 7, 1)).section == "住民課"


def test_an_ended_account_loses_its_sessions_now():
    clerk = account("001")
    token = begin(clerk, "passkey")
    keeper = by(account("002"))
    for form, reason in (("", "退職"), ("2026-00009", "")):
        with pytest.raises(Refused, match="申請書の番号と理由"):
            end_account(keeper, clerk, form, reason)
    assert identify(token, APRIL) is not None
    end_account(keeper, clerk, "2026-00009", "退職")
    assert identify(token, APRIL - ONE) is None and Session.objects.get().ends_at <= timezone.now()
    with pytest.raises(Refused, match="もう終わっています"):
        end_account(keeper, clerk, "2026-00010", "もう一度")


def test_an_account_for_a_time_is_nobodys_on_the_day_on_which_it_is_over():
    """期間の決まったアカウント: the last day is the one before open_until, and before its first day it is not open."""
    july = date(2026, 7, 1)
    with pytest.raises(Refused, match="始まりの日より後"):
        open_account(on(), member("001"), "for-no-time", "staff", APRIL)
    lent = open_account(on(), member("001"), "for-a-time", "staff", july)
    token = begin(lent, "passkey")
    assert identify(token, APRIL).account == identify(token, july - ONE).account == lent.id
    assert identify(token, july) is None and identify(token, APRIL - ONE) is None


def test_the_absolute_limit_and_one_session_of_several():
    clerk = account("001")
    first, second = begin(clerk, "passkey"), begin(clerk, "passkey")
    hours = (Session.objects.first().ends_at - Session.objects.first().begun_at).total_seconds() / 3600
    assert hours == limits()["session_hours"] == 12
    assert end_sessions([clerk.id], identify(first, APRIL).session) == 1
    assert identify(first, APRIL) is None and identify(second, APRIL) is not None
    Session.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert identify(second, APRIL) is None


def test_a_fresh_proof_is_remembered_by_the_servers_clock():
    token = begin(account("001"), "passkey")
    Session.objects.update(proved_at=timezone.now() - timedelta(minutes=9))
    who = identify(token, APRIL)
    assert 530 < who.proved < 560
    prove(who.session)
    assert identify(token, APRIL).proved < 5
