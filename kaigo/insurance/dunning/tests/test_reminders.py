"""催告: the whole debt in one letter, after the demand's deadline, by two people, not again at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.tests.builders import YEAR
from kaigo.insurance.dunning import batch as batches
from kaigo.insurance.dunning import reminders, stays
from kaigo.insurance.dunning.models import Batch, Candidate, Reminder, ReminderTerm
from kaigo.insurance.dunning.tests.builders import DATED, INSURER, by, demanded, parts, pay, payer

pytestmark = pytest.mark.django_db
SECOND, DAY = date(YEAR, 9, 18), date(YEAR, 10, 20)
UNTIL = date(YEAR, 11, 10)


def shadow(day: date = DAY, **about) -> Batch:
    return reminders.shadow(by(1, day), INSURER, day, day + timedelta(days=21), **about)


def reminded(day: date = DAY, **about) -> Batch:
    made = shadow(day, **about)
    batches.approve(by(2, day), made)
    reminders.execute(by(1, day), made)
    return made


def why(batch: Batch) -> dict[tuple[int, int], str]:
    return {(c.person_id, c.number): c.why for c in Candidate.objects.filter(batch=batch, stage="shadow")}


def test_one_letter_has_all_demanded_terms_and_their_late_charges():
    who = payer(960_000)
    demanded(DATED)
    demanded(SECOND)
    made = reminded()
    (reminder,) = Reminder.objects.all()
    terms = {t.number: t for t in ReminderTerm.objects.all()}
    assert (reminder.person_id, reminder.dated, set(terms)) == (who, DAY, {1, 2})
    assert reminder.yen == sum(t.yen for t in terms.values()) == made.totals["saved_yen"]
    assert terms[1].late_yen is not None and terms[1].late_yen >= terms[2].late_yen
    # The third term fell due, but nobody was asked for it yet: it is the next demand's.
    assert 3 not in terms


def test_before_the_deadline_of_the_demand_nobody_is_reminded():
    who = payer()
    demanded(DATED)
    assert why(shadow(date(YEAR, 8, 28))) == {(who, 1): "recent"}
    batches.abandon(by(1, DAY), Batch.objects.get(state="shadowed"))
    assert why(shadow(date(YEAR, 8, 29))) == {(who, 1): "reminded"}


def test_nobody_is_reminded_again_within_the_quiet_days():
    who = payer()
    demanded(DATED)
    reminded()
    assert why(shadow(DAY + timedelta(days=29))) == {(who, 1): "recent"}
    batches.abandon(by(1, DAY), Batch.objects.get(state="shadowed"))
    reminded(DAY + timedelta(days=30))
    assert Reminder.objects.count() == 2


def test_what_was_paid_between_shadow_and_execution_is_left_out():
    who, other = payer(), payer()
    demanded(DATED)
    made = shadow()
    pay(who, 1, day=DAY)
    stays.stay(by(1, DAY), other, "refund", DAY, None, "還付の処理中")
    batches.approve(by(2, DAY), made)
    done = reminders.execute(by(1, DAY), made)
    assert (done["saved"], done["dropped"]) == (0, {"paid": 1, "stayed": 1})
    kept = Candidate.objects.filter(batch=made, stage="executed")
    assert {(c.person_id, c.why) for c in kept} == {(who, "paid"), (other, "stayed")}
    assert not Reminder.objects.exists()


def test_who_has_paid_as_the_store_reports_or_may_wait_is_not_reminded():
    told, little, waits = payer(), payer(), payer()
    demanded(DATED)
    pay(told, 1, day=DAY, stage="preliminary", channel="store")
    pay(little, 1, parts(little)[1].yen - 1, day=DAY, stage="preliminary", channel="store")
    stays.stay(by(1, DAY), waits, "deferral", DAY, DAY + timedelta(days=1), "徴収猶予の決定")
    assert why(shadow()) == {(told, 1): "reported", (little, 1): "reminded", (waits, 1): "deferred"}
    batches.abandon(by(1, DAY), Batch.objects.get(state="shadowed"))
    assert why(shadow(DAY + timedelta(days=1)))[waits, 1] == "reminded"


def test_the_least_is_of_all_that_a_person_owes():
    who = payer()
    demanded(DATED)
    demanded(SECOND)
    owed = parts(who)[1].yen + parts(who)[2].yen
    assert why(shadow(least_yen=owed + 1)) == {(who, 1): "least", (who, 2): "least"}
    batches.abandon(by(1, DAY), Batch.objects.get(state="shadowed"))
    assert why(shadow(least_yen=owed)) == {(who, 1): "reminded", (who, 2): "reminded"}


def test_a_reminder_in_the_last_months_keeps_the_term_alive_for_six_more():
    who = payer()
    demanded(DATED)
    last = date(YEAR + 2, 8, 18)  # two years from the day after the demand
    reminded(last)
    later = date(YEAR + 3, 2, 18)
    assert why(shadow(later, quiet_days=0)) == {(who, 1): "reminded"}
    batches.abandon(by(1, DAY), Batch.objects.get(state="shadowed"))
    assert why(shadow(later + timedelta(days=1), quiet_days=0)) == {(who, 1): "prescribed"}


def test_the_deadline_must_come_after_the_letter_and_two_people_are_needed():
    payer()
    demanded(DATED)
    with pytest.raises(Refused, match="発行日より後"):
        reminders.shadow(by(1, DAY), INSURER, DAY, DAY)
    made = shadow()
    with pytest.raises(Refused, match="承認されていない"):
        reminders.execute(by(1, DAY), made)
    with pytest.raises(Refused, match="本人は承認できません"):
        batches.approve(by(1, DAY), made)
