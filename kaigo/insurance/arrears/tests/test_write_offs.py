"""不納欠損: nothing without its ground, nothing by one person alone, nothing that was paid in the meantime."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import lapses, measures, read, write_offs
from kaigo.insurance.arrears.models import Proposal, WriteOff
from kaigo.insurance.arrears.tests.builders import DUE, LAST, YEAR, booked, on, owes, pays
from kaigo.insurance.dunning.stays import stay
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.sorts import SORTS

DAY = timedelta(days=1)
NEXT = LAST + DAY
pytestmark = pytest.mark.django_db


def grounds(day: date) -> list[tuple[int, int, str]]:
    return [(c.number, c.yen, c.ground) for c in write_offs.candidates(on(day))]


def balance(who: int, number: int = 1) -> int:
    return next(t.balance for t in ledger.terms(on(NEXT), who) if t.number == number)


def test_what_the_job_has_not_found_is_not_proposed():
    owes((1, DUE, 8_000))
    assert grounds(NEXT) == []
    with pytest.raises(Refused, match="不納欠損にする期がありません"):
        write_offs.propose(on(NEXT), "", "")
    lapses.find(on(NEXT))
    assert grounds(NEXT) == [(1, 8_000, "prescription")]


def test_a_stop_of_execution_ends_the_right_after_three_years_and_no_day_earlier():
    who = owes((1, DUE, 8_000))
    pays(who, 100, date(2025, 12, 1))
    began = date(2025, 12, 2)
    measures.begin(on(began), who, "enforcement_stop", began, ground="no_property")
    # Prescription would come first (2027-12-01) unless something renews it.
    pays(who, 100, date(2027, 11, 1))
    assert grounds(date(2028, 12, 2)) == []
    assert grounds(date(2028, 12, 3)) == [(1, 7_800, "stopped")]


def test_a_stop_that_is_taken_back_is_no_ground():
    who = owes((1, DUE, 8_000))
    began = date(2025, 12, 2)
    made = measures.begin(on(began), who, "enforcement_stop", began, ground="unknown", at_once=True)
    assert grounds(began) == [(1, 8_000, "at_once")]
    measures.end(on(date(2025, 12, 9)), made.id, "withdrawn", date(2025, 12, 9), "財産が見つかった")
    assert grounds(date(2025, 12, 9)) == []


def test_a_seizure_of_three_years_is_no_ground():
    who, began = owes((1, DUE, 8_000)), date(2025, 12, 2)
    measures.begin(on(began), who, "seizure", began, "普通預金")
    assert grounds(date(2029, 1, 4)) == []


def test_what_was_written_off_otherwise_is_neither_paid_nor_lapsed():
    who, began = owes((1, DUE, 8_000)), date(2025, 12, 2)
    measures.begin(on(began), who, "enforcement_stop", began, ground="no_property", at_once=True)
    write_offs.approve(on(began, 2), write_offs.propose(on(began), "at_once", "").id)
    (year,) = [y for y in read.years(on(NEXT), who) if y.fiscal_year == YEAR]
    assert (year.levied, year.paid, year.lapsed, year.written_off, year.open) == (8_000, 0, 0, 8_000, 0)


def test_a_deferral_that_is_entered_later_takes_the_lapse_of_a_term_back_that_was_written_off():
    who = owes((1, DUE, 8_000))
    lapses.find(on(NEXT))
    write_offs.approve(on(NEXT, 2), write_offs.propose(on(NEXT), "", "").id)
    stay(on(NEXT), who, "deferral", date(2024, 10, 1), date(2025, 4, 1), "災害")
    assert lapses.find(on(NEXT))["taken_back"] == 1
    assert read.lapsed(on(NEXT), who) == []


def test_the_one_who_asked_may_not_approve_and_another_may():
    who = owes((1, DUE, 8_000))
    lapses.find(on(NEXT))
    with pytest.raises(Refused, match="不納欠損にする期がありません"):
        write_offs.propose(on(NEXT), "stopped", "")
    asked = write_offs.propose(on(NEXT), "prescription", "令和8年8月分")
    with pytest.raises(Refused, match="本人は承認できません"):
        write_offs.approve(on(NEXT), asked.id)
    assert (balance(who), WriteOff.objects.count()) == (8_000, 0)
    assert write_offs.approve(on(NEXT, 2), asked.id) == {"terms": 1, "yen": 8_000}
    assert (balance(who), grounds(NEXT)) == (0, [])
    (made,) = write_offs.written_off(on(NEXT), who)
    assert (made.ground, made.yen, made.requested_by, made.actor) == (
        "prescription",
        8_000,
        "account:1",
        "account:2",
    )
    assert made.reasons[0][0] == "write_off.extinct"
    assert rows("SELECT sort, yen, reason, accounting_year FROM ledger_entry WHERE sort = 'write_off'") == [
        ("write_off", -8_000, "prescription", 2026)
    ]


def test_the_same_human_being_with_a_second_account_may_not_approve(monkeypatch):
    owes((1, DUE, 8_000))
    lapses.find(on(NEXT))
    asked = write_offs.propose(on(NEXT), "", "")
    monkeypatch.setattr(
        write_offs, "same_person", lambda one, other: {one, other} == {"account:1", "account:9"}
    )
    with pytest.raises(Refused, match="本人は承認できません"):
        write_offs.approve(on(NEXT, 9), asked.id)
    assert write_offs.approve(on(NEXT, 2), asked.id)["terms"] == 1


def test_what_was_paid_in_the_meantime_stops_everything():
    who, other = owes((1, DUE, 8_000)), owes((1, DUE, 5_000))
    began = date(2025, 12, 2)
    for one in (who, other):
        measures.begin(on(began), one, "enforcement_stop", began, ground="hardship", at_once=True)
    asked = write_offs.propose(on(began), "", "")
    pays(who, 3_000, began + DAY)
    with pytest.raises(Refused, match="変わった期が1件"):
        write_offs.approve(on(began + DAY, 2), asked.id)
    assert WriteOff.objects.count() == 0
    assert (balance(who), balance(other)) == (5_000, 5_000)
    write_offs.abandon(on(began + DAY), asked.id)
    again = write_offs.propose(on(began + DAY), "", "")
    assert write_offs.approve(on(began + DAY, 2), again.id) == {"terms": 2, "yen": 10_000}


def test_a_payment_that_proves_the_right_alive_stops_the_write_off():
    who = owes((1, DUE, 8_000))
    lapses.find(on(NEXT))
    asked = write_offs.propose(on(NEXT), "", "")
    pays(who, 1_000, LAST, settled=NEXT + DAY)
    lapses.find(on(NEXT + DAY))
    with pytest.raises(Refused, match="変わった期が1件"):
        write_offs.approve(on(NEXT + DAY, 2), asked.id)


def test_money_after_the_right_was_gone_does_not_stop_it_and_stands_to_be_given_back():
    who = owes((1, DUE, 8_000))
    lapses.find(on(NEXT))
    asked = write_offs.propose(on(NEXT), "", "")
    pays(who, 2_000, NEXT + DAY)
    assert write_offs.approve(on(NEXT + DAY, 2), asked.id)["yen"] == 8_000
    assert balance(who) == -2_000


def test_a_revision_downwards_in_the_meantime_stops_it_too():
    who = owes((1, DUE, 8_000))
    lapses.find(on(NEXT))
    asked = write_offs.propose(on(NEXT), "", "")
    booked(who, "adjust", -1_000, NEXT)
    with pytest.raises(Refused, match="変わった期が1件"):
        write_offs.approve(on(NEXT, 2), asked.id)


def test_a_term_waits_on_one_proposal_only():
    owes((1, DUE, 8_000), (2, date(2024, 9, 2), 7_000))
    lapses.find(on(NEXT))
    write_offs.propose(on(NEXT), "", "")
    with pytest.raises(Refused, match="不納欠損にする期がありません"):
        write_offs.propose(on(NEXT), "", "")
    lapses.find(on(date(2026, 9, 3)))
    second = write_offs.propose(on(date(2026, 9, 3)), "", "")
    assert [(t.number, t.yen) for t in write_offs.proposed(on(NEXT), second.id)] == [(2, 7_000)]


def test_a_wrong_write_off_is_taken_back_by_two_and_once():
    who = owes((1, DUE, 8_000))
    lapses.find(on(NEXT))
    write_offs.approve(on(NEXT, 2), write_offs.propose(on(NEXT), "", "").id)
    (made,) = write_offs.written_off(on(NEXT), who)
    with pytest.raises(Refused, match="理由"):
        write_offs.propose_reversal(on(NEXT), [made.id], " ")
    asked = write_offs.propose_reversal(on(NEXT), [made.id], "督促状の発行日を誤っていた")
    with pytest.raises(Refused, match="承認を待っている依頼"):
        write_offs.propose_reversal(on(NEXT), [made.id], "もう一度")
    with pytest.raises(Refused, match="本人は承認できません"):
        write_offs.approve(on(NEXT), asked.id)
    assert write_offs.approve(on(NEXT, 2), asked.id) == {"terms": 1, "yen": 8_000}
    assert balance(who) == 8_000
    assert write_offs.written_off(on(NEXT), who) == []
    with pytest.raises(Refused, match="取り消された"):
        write_offs.propose_reversal(on(NEXT), [made.id], "もう一度")
    # It may be written off again: entries have keys of their own.
    write_offs.approve(on(NEXT, 2), write_offs.propose(on(NEXT), "", "").id)
    assert balance(who) == 0
    assert Proposal.objects.filter(state="approved").count() == 3


def test_every_write_off_balances_and_the_year_of_the_premium_stays():
    who = owes((1, DUE, 8_000))
    lapses.find(on(NEXT))
    write_offs.approve(on(NEXT, 2), write_offs.propose(on(NEXT), "", "").id)
    trial = ledger.trial(on(NEXT))
    assert (trial["loss"], sum(trial.values())) == (8_000, 0)
    assert SORTS["write_off"].credit == "loss"
    (year,) = [y for y in read.years(on(NEXT), who) if y.fiscal_year == YEAR]
    assert (year.levied, year.paid, year.lapsed, year.written_off, year.open) == (8_000, 0, 8_000, 0, 0)
