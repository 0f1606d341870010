"""What may leave in a transfer: only what the ledger still carries, and what was received."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kaigo.base.records.refusal import Refused
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.refunds import transfers
from kaigo.insurance.refunds.models import Transfer
from kaigo.insurance.refunds.tests import builders as R

pytestmark = pytest.mark.django_db
DAY = date(R.YEAR, 9, 15)


def refund(yen: int = 1_000, number: int = 1) -> tuple[int, int]:
    """Paid too much, and approved to go back: (person, proposal)."""
    who = R.payer(name=f"見本 {number}")
    R.pay_all(who)
    R.pay(who, 1, yen, R.AUGUST)
    R.register(who, R.ACCOUNT._replace(account=f"{number:07}"))
    return who, R.approved(who).id


def wrong() -> list[tuple]:
    made = transfers.prepare(R.on(), R.INSURER, DAY)
    return [(found.person, found.what, found.ledger) for found in transfers.wrong(R.on(), made)]


def entry(who: int, sort: str, yen: int, number: int = 1) -> None:
    key = f"{sort}:{who}:{yen}"
    post(R.on(), [Line(who, key, key, yen, R.YEAR, R.YEAR, sort, "slip", number, "test")])


def test_what_was_taken_back_since_cannot_go_back():
    who, made = refund()
    levied = R.terms(who)["direct", 1].levied
    assert wrong() == []
    # Below zero by 1,000 still, but nothing of it was ever received.
    entry(who, "receipt", -levied - 1_000)
    entry(who, "adjust", -levied - 1_000)
    assert R.terms(who)["direct", 1].balance == -1_000
    assert wrong() == [(who, "transfer_ledger", 0)]
    with pytest.raises(Refused, match="台帳が変わり"):
        transfers.note_sent(R.on(), 1, DAY, [made])
    assert not Transfer.objects.exists()


def test_two_refunds_of_one_term_leave_no_more_than_is_overpaid_together():
    who, one = refund()
    R.pay(who, 1, 500, R.SEPTEMBER)
    other = R.approved(who).id
    assert wrong() == []
    entry(who, "adjust", 600)
    assert wrong() == [(who, "transfer_ledger", 900)] * 2
    with pytest.raises(Refused, match=r"少なくなった還付が2件"):
        transfers.note_sent(R.on(), 1, DAY, [one, other])
    entry(who, "adjust", -600)
    assert transfers.note_sent(R.on(), 1, DAY, [one, other]) == 2
    assert R.terms(who)["direct", 1].balance == 0


def test_a_whole_list_is_compared_in_as_many_queries_as_one_line():
    def asked() -> int:
        made = transfers.prepare(R.on(), R.INSURER, DAY)
        with CaptureQueriesContext(connection) as seen:
            assert transfers.wrong(R.on(), made) == []
        return len(seen)

    refund(number=1)
    one = asked()
    for number in (2, 3, 4):
        refund(number=number)
    assert asked() == one


def test_why_a_transfer_came_back_is_kept_whole_or_not_at_all():
    _, made = refund()
    transfers.note_sent(R.on(), 1, DAY, [made])
    row = Transfer.objects.get()
    with pytest.raises(Refused, match="200字まで"):
        transfers.take_back(R.on(), row.id, "other", "あ" * 201)
    with pytest.raises(Refused, match="個人番号"):
        transfers.take_back(R.on(), row.id, "other", "1234 5678 9018")
    assert transfers.take_back(R.on(), row.id, "other", "あ" * 200).remark == "あ" * 200
