"""Two at once: one decides, and no remission is left standing on an assessment that is no longer in force."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from kaigo.base.records.context import acting
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection import decide
from kaigo.insurance.collection.models import Relief, Remission
from kaigo.insurance.collection.remission import bulk
from kaigo.insurance.collection.remission.decide import approve
from kaigo.insurance.collection.remission.tests import two
from kaigo.insurance.collection.remission.tests.test_bulk import raised
from kaigo.insurance.collection.tests.builders import INSURER, YEAR, insured, person

pytestmark = pytest.mark.usefixtures("street")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Each in a transaction and a connection of its own, begun together; what came of each, in their order."""
    gate = threading.Barrier(len(acts))
    found: list[object] = [None] * len(acts)

    def work(place: int, act: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            with acting(two.second(two.AUGUST)):
                found[place] = act()
        except BaseException as error:
            found[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def refused(found: list[object]) -> list[Refused]:
    strange = [one for one in found if isinstance(one, BaseException) and not isinstance(one, Refused)]
    assert not strange, strange
    return [one for one in found if isinstance(one, Refused)]


@pytest.fixture(autouse=True)
def may(django_db_blocker):
    with django_db_blocker.unblock():
        yield


def poor() -> dict:
    return {"lost_yen": 6, "of_yen": 10}


def test_one_of_two_who_decide_at_once_decides():
    with acting(two.first(two.AUGUST)):
        who = two.payer(3)
        asked = two.ask(who, "income_fall", **poor())
    found = at_once(*[lambda: approve(two.second(two.AUGUST), INSURER, Relief.objects.get(id=asked.id))] * 2)
    assert len(refused(found)) == 1
    made = Remission.objects.get()
    assert two.booked(who, "remission") == -made.yen
    assert two.is_right()


@pytest.mark.parametrize("ground", ["income_fall", "special"])
def test_a_remission_and_a_new_plan_at_once_never_leave_a_remission_on_the_former_assessment(ground):
    with acting(two.first(two.AUGUST)):
        who = raised(6, 1)
        asked = two.ask(who, ground, **poor())
        two.assess(who, 7, two.AUGUST, before=two.in_force(who).assessment_id, sort="revision")
    found = at_once(
        lambda: approve(two.second(two.AUGUST), INSURER, Relief.objects.get(id=asked.id)),
        lambda: two.plan_on(two.AUGUST),
    )
    assert len(refused(found)) == 1, found
    with acting(two.first(two.AUGUST)):
        two.plan_on(two.AUGUST)
    assert two.booked(who, "remission") == 0 and two.booked(who, "levy", "adjust") == two.of_stage(7)
    assert two.is_right()


def test_the_list_and_an_application_at_once_remit_once():
    with acting(two.first(two.AUGUST)):
        who = raised(6, 1)
        asked = two.ask(who, "special")
        shown = bulk.shadow(two.first(two.AUGUST), INSURER, YEAR)
    found = at_once(
        lambda: approve(two.second(two.AUGUST), INSURER, Relief.objects.get(id=asked.id)),
        lambda: bulk.approve(two.second(two.AUGUST), bulk.ReliefBulk.objects.get(id=shown.id)),
    )
    assert len(refused(found)) == 1, found
    assert Remission.objects.filter(person_id=who, what="granted").count() == 1
    assert sum(two.parts(who).values()) == two.of_stage(1)
    assert two.is_right()


def test_two_who_plan_at_once_for_somebody_without_a_plan_levy_once(monkeypatch):
    with acting(two.first(two.AUGUST)):
        who = person()
        insured(who)
        two.assess(who, 5)
    both, save = threading.Barrier(2), decide.save

    def together(*about):
        # Each has seen that there is no plan.
        both.wait(10)
        return save(*about)

    monkeypatch.setattr(decide, "save", together)
    found = at_once(lambda: two.plan_on(two.AUGUST, who), lambda: two.plan_on(two.AUGUST, who))
    assert sorted(type(one).__name__ for one in found) == ["IntegrityError", "dict"], found
    assert sum(two.parts(who).values()) == two.booked(who, "levy") == two.of_stage(5)
    assert two.is_right()
