"""Two workers at one list: one of them demands, the other is told; nothing is there twice. Real commits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from kaigo.base.records.context import acting
from kaigo.base.records.refusal import Refused
from kaigo.insurance.dunning import batch as batches
from kaigo.insurance.dunning import late
from kaigo.insurance.dunning.models import Batch, Candidate, Demand, LateCharge
from kaigo.insurance.dunning.tests.builders import DATED, INSURER, by, dunned, parts, pay, payer, shadow
from kaigo.insurance.dunning.tests.test_late import BIG, WINTER
from kaigo.insurance.ledger.models import LedgerEntry


def both(work) -> list[str]:
    """Run the same work in two connections at the same moment; what each of them said."""
    together = Barrier(2)

    def one() -> str:
        try:
            together.wait(10)
            with acting(by(1, DATED)):
                work()
            return "done"
        except Refused as why:
            return str(why)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return [future.result(60) for future in [pool.submit(one), pool.submit(one)]]


def test_two_workers_execute_one_list_once(street):
    with acting(by(1, DATED)):
        people = [payer() for _ in range(5)]
        made = shadow()
    with acting(by(2, DATED)):
        batches.approve(by(2, DATED), made)
    said = both(lambda: batches.execute(by(1, DATED), Batch.objects.get(id=made.id)))
    assert sorted(said)[0] == "done"
    assert "承認されていない" in sorted(said)[1]
    assert {d.person_id for d in Demand.objects.all()} == set(people)
    assert Demand.objects.count() == 5


def test_two_shadows_at_once_make_one_list(street):
    with acting(by(1, DATED)):
        payer()
    said = both(lambda: batches.shadow(by(1, DATED), INSURER, DATED))
    assert sorted(said)[0] == "done"
    assert "前の影の一覧" in sorted(said)[1]
    assert (Batch.objects.count(), Candidate.objects.count()) == (1, 1)


def test_two_workers_book_a_late_charge_once(street):
    with acting(by(1, DATED)):
        who = dunned(BIG)
    with acting(by(1, WINTER)):
        pay(who, 1, parts(who)[1].yen, day=WINTER)
    said = both(lambda: late.settle_all(by(1, WINTER), INSURER))
    assert said == ["done", "done"]
    (charge,) = LateCharge.objects.all()
    assert sum(e.yen for e in LedgerEntry.objects.filter(sort="late_levy")) == charge.yen > 0
