"""Why a term was paid too much, told from its entries; what is decided already is not there again."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.refunds import cases, decide
from kaigo.insurance.refunds.gather import overpaid
from kaigo.insurance.refunds.models import Case
from kaigo.insurance.refunds.tests import builders as R

pytestmark = pytest.mark.django_db


def found(who):
    return [(o.number, o.cause, o.yen, o.since) for o in overpaid(R.on(), [who])]


def test_a_payment_beyond_the_levy_and_one_that_was_made_twice():
    who = R.payer()
    first, second = R.terms(who)["direct", 1].levied, R.terms(who)["direct", 2].levied
    R.pay(who, 1, first, R.AUGUST)
    R.pay(who, 2, second + 700, R.AUGUST)
    assert found(who) == [(2, "too_much", 700, R.AUGUST)]
    R.pay(who, 1, first, R.SEPTEMBER)
    assert found(who) == [(1, "twice", first, R.SEPTEMBER), (2, "too_much", 700, R.AUGUST)]
    (twice, _) = overpaid(R.on(), [who])
    assert [(p.paid_on, p.yen, p.accounting_year) for p in twice.payments] == [(R.SEPTEMBER, first, R.YEAR)]


def test_a_lower_levy_gives_back_the_newest_payment_first():
    who, newest = R.payer(), date(R.YEAR, 9, 1)
    R.pay(who, 8, 3_000, newest)
    R.pay_all(who, R.AUGUST)
    R.lowered(who, 60_000, R.SEPTEMBER)
    parts = overpaid(R.on(), [who])
    assert sum(o.yen for o in parts) == 6_000
    assert {(o.cause, o.since) for o in parts} == {("reassessed", R.SEPTEMBER)}
    last = max(parts, key=lambda o: o.number)
    assert last.number == 8 and [p.paid_on for p in last.payments] == [newest]
    R.pay(who, last.number, 500, date(R.YEAR, 9, 5))
    again = next(o for o in overpaid(R.on(), [who]) if o.number == last.number and o.cause == "reassessed")
    assert again.yen == last.yen


def test_a_lost_qualification_a_remission_and_a_change_of_way():
    lost, remitted, moved = R.payer(), R.payer(), R.payer()
    for who in (lost, remitted, moved):
        R.pay(who, 1, R.terms(who)["direct", 1].levied, R.AUGUST)
    R.B.lose(lost, date(R.YEAR, 8, 20))
    sorts = ((lost, "adjust", "revision"), (remitted, "remission", "hardship"), (moved, "adjust", "way"))
    for who, sort, reason in sorts:
        key = f"plan:{who}:x"
        post(R.on(), [Line(who, key, key, -900, R.YEAR, R.YEAR, sort, "slip", 1, reason)])
    assert found(lost) == [(1, "lost", 900, R.SEPTEMBER)]
    assert found(remitted) == [(1, "remitted", 900, R.SEPTEMBER)]
    assert found(moved) == [(1, "moved", 900, R.SEPTEMBER)]


def test_what_was_deducted_after_death_and_what_came_after_it_was_given_up():
    who = R.payer()
    R.dies(who, date(R.YEAR, 8, 1))
    R.pay(who, 8, 4_000, date(R.YEAR, 8, 14), "deduction")
    levied = R.terms(who)["direct", 1].levied
    post(R.on(R.AUGUST), [Line(who, "w", "w", -levied, R.YEAR, R.YEAR, "write_off", "slip", 1, "prescribed")])
    R.pay(who, 1, 1_000, date(R.YEAR, 8, 20))
    assert found(who) == [
        (1, "prescribed", 1_000, date(R.YEAR, 8, 20)),
        (8, "after_death", 4_000, date(R.YEAR, 8, 14)),
    ]


def test_a_levy_that_rises_again_leaves_nothing_and_a_receipt_taken_back_neither():
    who = R.payer()
    R.pay_all(who)
    R.lowered(who, 60_000, R.SEPTEMBER)
    R.lowered(who, 66_000, R.SEPTEMBER)
    assert found(who) == []
    source = R.pay(who, 1, 800, R.SEPTEMBER)
    assert found(who) == [(1, "too_much", 800, R.SEPTEMBER)]
    post(R.on(), [Line(who, source, "back", -800, R.YEAR, R.YEAR, "receipt", "slip", 1, "ruling")])
    assert found(who) == []


def test_what_was_levied_below_zero_but_never_paid_is_nobodys_to_claim():
    who = R.payer()
    levied = R.terms(who)["direct", 1].levied
    post(R.on(), [Line(who, "p", "p", -levied - 300, R.YEAR, R.YEAR, "adjust", "slip", 1, "revision")])
    assert found(who) == []
    R.pay(who, 1, levied, R.AUGUST)
    assert sum(row[2] for row in found(who)) == levied
    decide.propose(R.on(), who, R.register(who).id)
    assert found(who) == [], "300 yen less are levied than nothing, and nobody paid them"


def test_a_refund_of_a_former_system_is_not_given_back_again():
    who = R.payer()
    R.pay_all(who)
    R.pay(who, 1, 1_000, R.SEPTEMBER)
    post(R.on(), [Line(who, "migration:x", "m", 400, R.YEAR, R.YEAR, "refund", "slip", 1, "opening")])
    assert found(who) == [(1, "too_much", 600, R.SEPTEMBER)]


def test_what_a_former_system_gave_back_was_the_newest_payment():
    who = R.payer()
    R.pay(who, 1, 3_000, date(R.YEAR, 9, 1))
    R.pay_all(who)
    post(R.on(), [Line(who, "p", "p", -4_000, R.YEAR, R.YEAR, "adjust", "slip", 1, "revision")])
    post(R.on(), [Line(who, "migration:x", "m", 3_000, R.YEAR, R.YEAR, "refund", "slip", 1, "opening")])
    (left,) = overpaid(R.on(), [who])
    assert [(paid.paid_on, paid.yen) for paid in left.payments] == [(R.AUGUST, 1_000)]


def test_what_a_proposal_holds_is_there_for_no_other_and_comes_back_when_it_is_dropped():
    who = R.payer()
    R.pay_all(who)
    R.pay(who, 1, 1_000, R.SEPTEMBER)
    made = decide.propose(R.on(), who, R.register(who).id)
    assert found(who) == []
    R.pay(who, 1, 300, R.SEPTEMBER)
    assert found(who) == [(1, "too_much", 300, R.SEPTEMBER)]
    decide.reject(R.on(account=2), made.id, "口座を確かめる")
    assert sum(row[2] for row in found(who)) == 1_300


def test_the_work_list_follows_the_ledger_and_says_what_soon_lapses():
    who, other = R.payer(), R.payer(name="見本 太郎")
    R.pay_all(who)
    R.pay(who, 1, 1_000, R.SEPTEMBER)
    R.pay_all(other)
    first = cases.renew(R.on())
    assert {k: first[k] for k in ("found", "fresh", "settled", "yen", "lapsing")} == {
        "found": 1, "fresh": 1, "settled": 0, "yen": 1_000, "lapsing": 0,
    }  # fmt: skip
    (case,) = Case.objects.filter(state="open")
    assert (case.cause, case.claimable_on, case.last_claim_on) == ("too_much", R.SEPTEMBER, date(2028, 9, 10))
    assert cases.renew(R.on(date(2028, 8, 1)))["lapsing"] == 1
    assert cases.renew(R.on(date(2028, 9, 11)))["lapsed"] == 1
    R.approved(who)
    assert cases.renew(R.on()) | {"settled": 0} == {
        "found": 0, "fresh": 0, "settled": 0, "yen": 0, "lapsing": 0, "lapsed": 0,
    }  # fmt: skip
    assert Case.objects.get().state == "settled"
