"""Two workers, two clerks: with real commits, one waits for the other and sees what it did."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta

from django.db import connections

from kaigo.base.records.context import acting
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import agreements, lapses, write_offs
from kaigo.insurance.arrears.models import Agreement, Lapse, WriteOff
from kaigo.insurance.arrears.tests.builders import DUE, LAST, on, owes

NEXT = LAST + timedelta(days=1)


def together(*works: Callable[[], object]) -> list:
    """What each gave, or the words of its refusal, in their order."""
    found: list = [None] * len(works)
    ready = threading.Barrier(len(works))

    def one(place: int, work: Callable[[], object]) -> None:
        try:
            ready.wait()
            found[place] = work()
        except Refused as refusal:
            found[place] = str(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_workers_keep_a_lapse_once(street):
    with acting(on(LAST)):
        owes((1, DUE, 8_000), (2, DUE, 9_000))

    def work():
        with acting(on(NEXT)):
            return lapses.find(on(NEXT))["lapsed"]

    assert sorted(together(work, work)) == [0, 2]
    assert Lapse.objects.count() == 2


def test_two_approvals_of_one_proposal_book_it_once(street):
    with acting(on(NEXT)):
        owes((1, DUE, 8_000))
        lapses.find(on(NEXT))
        asked = write_offs.propose(on(NEXT), "", "").id

    def work(account: int):
        def approve():
            with acting(on(NEXT, account)):
                return write_offs.approve(on(NEXT, account), asked)["yen"]

        return approve

    found = together(work(2), work(3))
    assert 8_000 in found
    assert any(isinstance(one, str) and "承認待ちではありません" in one for one in found)
    assert WriteOff.objects.count() == 1
    assert rows("SELECT sum(yen)::int FROM ledger_entry WHERE sort = 'write_off'") == [(-8_000,)]


def test_two_clerks_make_one_agreement(street):
    day = date(2025, 1, 6)
    with acting(on(day)):
        who = owes((1, DUE, 8_000))

    def work():
        with acting(on(day)):
            agreements.make(on(day), who, 2_000, date(2025, 1, 31), 8_000)
            return "made"

    found = together(work, work)
    assert found.count("made") == 1
    assert Agreement.objects.count() == 1
