"""Two at the same moment, with real commits: who decides the same overpayment, who books while money leaves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from time import sleep

import pytest
from django.db import connection, connections

from kaigo.base.records.context import acting
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import post as ledger_post
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.refunds import book, cases, decide, transfers
from kaigo.insurance.refunds.models import Case, Proposal, Ruling, Transfer
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


def approved_refund() -> tuple[int, int]:
    """1,000 yen that two persons approved to go back."""
    who, to = too_much()
    with acting(R.on()):
        made = decide.propose(R.on(), who, to)
        decide.approve(R.on(account=2), made.id)
    return who, made.id


def take_back_the_payment(who: int) -> None:
    """The payment that was too much was somebody else's (a ruling of receipts)."""
    post(R.on(), [Line(who, "r", "r", -1_000, R.YEAR, R.YEAR, "receipt", "slip", 1, "ruling")])


def booked(who: int) -> list[tuple]:
    return rows(
        "SELECT sort, sum(yen)::int FROM ledger_entry WHERE person_id = %s AND sort IN ('receipt', 'refund') "
        "GROUP BY sort ORDER BY sort",
        [who],
    )


def together_with(first, second) -> list[str]:
    """What each met: `first` gets a function that says that `second` may begin and waits until it is held up."""
    begun = Event()

    def held_up() -> None:
        begun.set()
        for _ in range(100):
            if rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
                return
            sleep(0.05)
        raise AssertionError("nobody waited")

    def late() -> None:
        assert begun.wait(10)
        second()

    return at_once(lambda: first(held_up), late)


def test_what_is_booked_at_this_moment_is_seen_before_the_money_leaves(_unblocked):
    who, made = approved_refund()

    def ruling(held_up):
        take_back_the_payment(who)
        held_up()

    met = together_with(ruling, lambda: transfers.note_sent(R.on(), 1, R.SEPTEMBER, [made]))
    assert met[0] == "" and "照合の後に台帳が変わり" in met[1], met
    assert not Transfer.objects.exists()
    assert not rows("SELECT 1 FROM ledger_entry WHERE sort = 'refund'")


def test_nobody_books_between_the_last_look_and_the_entries(_unblocked, monkeypatch):
    who, made = approved_refund()
    sent = book.sent

    def send(held_up):
        def slowly(*about):
            held_up()
            return sent(*about)

        monkeypatch.setattr(book, "sent", slowly)
        transfers.note_sent(R.on(), 1, R.SEPTEMBER, [made])

    before = dict(booked(who))
    assert together_with(send, lambda: take_back_the_payment(who)) == ["", ""]
    # The ruling waited for the transfer; both stand, one after the other.
    assert dict(booked(who)) == {"receipt": before["receipt"] - 1_000, "refund": 1_000}


def test_while_a_job_books_nothing_leaves_and_nobody_waits_behind_it(_unblocked, monkeypatch):
    _, made = approved_refund()
    with acting(R.on()):
        other = R.payer(name="見本 太郎")
    monkeypatch.setattr(ledger_post, "PATIENCE", "1s")
    gone = Event()

    def job(held_up):
        R.pay(other, 1, 100, R.AUGUST)
        held_up()
        assert gone.wait(10)

    def send():
        try:
            transfers.note_sent(R.on(), 1, R.SEPTEMBER, [made])
        finally:
            gone.set()

    met = together_with(job, send)
    assert met[0] == "" and "台帳への記帳" in met[1], met
    assert not Transfer.objects.exists()
