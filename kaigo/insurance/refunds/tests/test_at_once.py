"""Two workers decide the same overpayment at the same moment, with real commits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from kaigo.base.records.context import acting
from kaigo.base.records.refusal import Refused
from kaigo.insurance.refunds import cases, decide
from kaigo.insurance.refunds.models import Case, Proposal, Ruling
from kaigo.insurance.refunds.tests import builders as R


@pytest.fixture
def _unblocked(street, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def too_much() -> tuple[int, int]:
    with acting(R.on()):
        who = R.payer()
        R.pay_all(who)
        R.pay(who, 1, 1_000, R.AUGUST)
        return who, R.register(who).id


def at_once(*acts) -> list[str]:
    """What each of them met: "" or the refusal."""
    together = Barrier(len(acts))

    def one(act) -> str:
        try:
            together.wait(10)
            with acting(R.on()):
                act()
            return ""
        except Refused as refusal:
            return str(refusal)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as many:
        return list(many.map(one, acts))


def test_two_proposals_at_once_are_one(_unblocked):
    who, to = too_much()
    met = at_once(
        *(lambda account=account: decide.propose(R.on(account=account), who, to) for account in (1, 2, 3))
    )
    assert sorted(map(bool, met)) == [False, True, True]
    assert all("決められる過誤納がありません" in text for text in met if text)
    assert Proposal.objects.count() == 1


def test_two_approvals_at_once_are_one_and_the_job_beside_them_agrees(_unblocked):
    who, to = too_much()
    with acting(R.on()):
        made = decide.propose(R.on(), who, to)
    met = at_once(
        lambda: decide.approve(R.on(account=2), made.id),
        lambda: decide.approve(R.on(account=3), made.id),
        lambda: cases.renew(R.on(account=4)),
    )
    assert [bool(text) for text in met].count(True) == 1
    assert Ruling.objects.count() == 1 and not Case.objects.filter(state="open").exists()
    connection.close()
