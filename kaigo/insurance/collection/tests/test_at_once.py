"""Two who plan, match or change a way at once, with real commits: one decides, and nobody is levied twice."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from kaigo.base.records.context import acting
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.decide import change_way, match
from kaigo.insurance.collection.models import Match, Plan, Way
from kaigo.insurance.collection.tests.builders import (
    INSURER,
    YEAR,
    assess,
    insured,
    mandate,
    on,
    person,
    target,
)
from kaigo.insurance.collection.tests.test_plan import JULY, plan_on
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.tests.at_once import beside, held, waits

CTX = on(JULY)


@pytest.fixture(autouse=True)
def who(street, django_db_blocker):
    with django_db_blocker.unblock():
        with acting(CTX):
            found = person()
            insured(found)
            mandate(found, JULY)
            assess(CTX, found, 66_000)
        yield found


def both(act):
    """One acts and does not commit yet; the other waits for him. What came of each."""
    go, first = held(CTX, act)

    def again():
        with acting(CTX):
            return act()

    second = beside(again)
    assert waits(second)
    go.set()
    return first, second


def test_two_who_plan_the_same_people_levy_once(who):
    first, second = both(lambda: plan_on(JULY))
    assert first.result(60)["plans"] == 1
    with pytest.raises(IntegrityError, match="collection_plan_one_beginning"):
        second.result(60)
    assert Plan.objects.count() == 1
    assert sum(term.levied for term in ledger.terms(CTX, who)) == 66_000


def test_two_who_change_the_way_of_a_person_change_it_once(who):
    with acting(CTX):
        plan_on(JULY)
    first, second = both(lambda: change_way(CTX, INSURER, YEAR, who, "slip", JULY))
    assert first.result(60)["plans"] == 1
    with pytest.raises(Refused, match="もうそのように変えてあります"):
        second.result(60)
    assert Way.objects.count() == 1


def test_two_who_match_a_record_match_it_once(who):
    with acting(CTX):
        record = target(None).id
    first, second = both(lambda: match(CTX, record, who))
    first.result(60)
    with pytest.raises(Refused, match="もうそのように同定されています"):
        second.result(60)
    assert Match.objects.count() == 1
