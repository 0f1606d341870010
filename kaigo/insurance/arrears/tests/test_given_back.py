"""時効後収入 on its whole way: paid late, written off as it stood, found by refunds, given back and never offset."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaigo.insurance.arrears import lapses, read, write_offs
from kaigo.insurance.arrears.tests.builders import DUE, LAST, YEAR, on, owes, pays
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.refunds import decide, transfers
from kaigo.insurance.refunds.gather import overpaid
from kaigo.insurance.refunds.tests.builders import register

DAY = timedelta(days=1)
AFTER, DECIDED = LAST + 9 * DAY, date(2026, 9, 11)
pytestmark = pytest.mark.django_db


def test_what_was_paid_after_the_right_was_gone_goes_back_whole():
    # The first term prescribes on 31 July 2026; the second is still owed.
    who = owes((1, DUE, 8_000), (2, date(2026, 3, 2), 7_000))
    source = pays(who, 6_000, AFTER)
    lapses.find(on(AFTER))
    assert [(late.source, late.yen) for late in read.late(on(AFTER), who)] == [(source, 6_000)]
    assert overpaid(on(AFTER), [who]) == [], "until it is written off the term is open"
    assert write_offs.approve(on(DECIDED, 2), write_offs.propose(on(DECIDED), "", "").id)["yen"] == 8_000
    (found,) = overpaid(on(DECIDED), [who])
    assert (found.number, found.cause, found.yen, found.since) == (1, "prescribed", 6_000, AFTER)
    made = decide.propose(on(DECIDED), who, register(who).id)
    assert (made.offset_yen, made.refund_yen) == (0, 6_000), "the second term is due, and gets nothing of it"
    decide.approve(on(DECIDED, 2), made.id)
    transfers.note_sent(on(DECIDED), 1, DECIDED, [made.id])
    left = {term.number: term.balance for term in ledger.terms(on(DECIDED), who, YEAR)}
    assert left == {1: 0, 2: 7_000}
