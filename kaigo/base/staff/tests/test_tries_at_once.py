"""Wrong tries at the same moment, with real commits: no way round the count."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.test import Client

from kaigo.base.audit.models import Event
from kaigo.base.records.context import acting
from kaigo.base.staff.tables import limits
from kaigo.base.staff.tests.hired import APRIL, account, on
from kaigo.base.staff.tests.test_fallback import allow, choose, send


def test_twelve_at_once_are_ten_tries_and_two_at_a_shut_door(street, monkeypatch, settings):
    settings.BUSINESS_DATE = APRIL.isoformat()
    monkeypatch.setitem(limits(), "delay_seconds", 0)
    with acting(on()):
        clerk = account("001")
        allow(clerk)
        choose(Client(), clerk)

    def one(_) -> int:
        try:
            return send(Client(), clerk, "x" * 20, "").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as many:
        assert set(many.map(one, range(12))) == {401}
    tried = Event.objects.filter(event="staff.log_in", outcome="refused").values_list("why", flat=True)
    assert sorted(tried) == ["password"] * 10 + ["shut"] * 2
