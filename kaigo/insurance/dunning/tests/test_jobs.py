"""The jobs: a list by the month, never executed; late charges by the day; in time for the statutory days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaigo.base.jobs.registry import NotReady, Progress, jobs
from kaigo.base.jobs.run import missing
from kaigo.insurance.collection.tests.builders import YEAR
from kaigo.insurance.dunning.jobs import posted_on
from kaigo.insurance.dunning.models import Batch, Demand, LateCharge
from kaigo.insurance.dunning.tests.builders import DUE, by, dunned, pay, payer

pytestmark = pytest.mark.django_db
DAY = date(YEAR, 8, 10)


def run(name: str, day: date) -> dict:
    return jobs()[name].run(by(1, day), Progress())


def test_the_list_of_a_month_is_in_time_and_waits_for_two_people():
    payer()
    assert posted_on(DAY) <= DUE + timedelta(days=20)
    done = run("dunning.shadow", DAY)
    batch = Batch.objects.get()
    assert (done["batch"], done["terms"], done["late"]) == (batch.id, 1, 0)
    assert (batch.state, batch.dated) == ("shadowed", posted_on(DAY))
    assert not Demand.objects.exists()
    with pytest.raises(NotReady, match="承認か実行"):
        run("dunning.shadow", DAY)


def test_an_insurer_without_a_deadline_is_told_what_is_missing(settings):
    settings.INSURER = "131202"
    with pytest.raises(NotReady) as lacks:
        run("dunning.shadow", DAY)
    assert "練馬区の督促状の指定期限" in "".join(lacks.value.missing)


def test_late_charges_wait_until_the_payments_of_the_day_are_taken_in():
    assert missing(by(1, DAY), jobs()["dunning.late_charges"]) == ["「収納の消込」がまだ終わっていません"]


def test_late_charges_follow_the_payments_of_the_day():
    who = dunned(960_000)
    pay(who, 1, day=date(YEAR, 12, 15))
    assert run("dunning.late_charges", date(YEAR, 12, 16))["charged"] == 1
    assert run("dunning.late_charges", date(YEAR, 12, 16))["decided"] == 0
    assert LateCharge.objects.count() == 1
