"""代わりのログイン that ends while somebody logs in with it: whichever of the two comes second sees the other."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.utils import timezone

from kaigo.base.desk import login
from kaigo.base.records.refusal import Refused
from kaigo.base.staff import fallback
from kaigo.base.staff.models import Fallback, FallbackEnd, Session
from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tests.hired import APRIL, on
from kaigo.base.staff.tests.test_fallback import PASSWORD, _on_the_first_of_april, card, clerk, send, why
from kaigo.base.staff.who import COOKIE, identify

__all__ = ["_on_the_first_of_april", "card", "clerk"]
pytestmark = pytest.mark.django_db


def waits(account: int) -> int:
    """How many locks of the log-ins of an account this transaction holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks, hashtextextended(%s, 7411005) h WHERE locktype = 'advisory' "
            "AND pid = pg_backend_pid() AND (classid::bigint << 32) | objid::bigint = h",
            [str(account)],
        )
        return cursor.fetchone()[0]


def test_a_fallback_that_ends_between_the_number_and_the_session_opens_nothing(
    client, clerk, card, monkeypatch
):
    """Two requests at once: the head ends it, the other had shown password and number a moment before."""
    attempt = fallback.attempt

    def ends_then(*asked):
        found = attempt(*asked)
        fallback.end_fallback(on(), Fallback.objects.get(account=clerk), "指が治った")
        return found

    monkeypatch.setattr(login.fallback, "attempt", ends_then)
    assert send(client, clerk, PASSWORD, card[0]).status_code == 401 and why() == ("refused", "closed")
    assert not Session.objects.filter(ends_at__gt=timezone.now()).exists()
    assert not client.cookies.get(COOKIE)


def test_log_ins_and_ends_of_a_fallback_wait_for_each_other(clerk, card):
    with transaction.atomic():
        begin(clerk, "fallback")
        assert waits(clerk.id) == 1
        transaction.set_rollback(True)
    assert waits(clerk.id) == 0
    with transaction.atomic():
        fallback.end_fallback(on(), Fallback.objects.get(account=clerk), "指が治った")
        assert waits(clerk.id) == 1


def test_an_end_ends_the_open_session_and_is_not_done_twice(client, clerk, card):
    send(client, clerk, PASSWORD, card[0])
    token = client.cookies[COOKIE].value
    assert identify(token, APRIL) is not None
    ended = Fallback.objects.get(account=clerk)
    fallback.end_fallback(on(), ended, "指が治った")
    assert identify(token, APRIL) is None
    with pytest.raises(Refused, match="もう終わっています"):
        fallback.end_fallback(on(), ended, "もう一度")
    assert FallbackEnd.objects.get().reason == "指が治った"
