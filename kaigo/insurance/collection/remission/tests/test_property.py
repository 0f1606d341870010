"""Any order of revision, remission, revocation, payment, another way and another day keeps the invariant."""

from __future__ import annotations

import os
import random
from datetime import date, timedelta

import pytest
from django.db import transaction

from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.decide import change_way
from kaigo.insurance.collection.models import Remission, Task
from kaigo.insurance.collection.remission.tests.two import (
    JULY,
    UNTAXED,
    assess,
    booked,
    granted,
    in_force,
    is_right,
    parts,
    plan_on,
    taken_back,
)
from kaigo.insurance.collection.tests.builders import (
    INSURER,
    YEAR,
    february,
    insured,
    mandate,
    on,
    person,
    target,
)
from kaigo.insurance.ledger.models import LedgerEntry
from kaigo.insurance.premium.models import Assessment

pytestmark = pytest.mark.django_db
GROUNDS = {
    "disaster": {"lost_yen": 4, "of_yen": 10}, "income_fall": {"lost_yen": 6, "of_yen": 10},
    "crop_failure": {"lost_yen": 5, "of_yen": 10}, "restricted": {}, "special": {},
    "hardship": {"income_yen": 0, "savings_yen": 0},
}  # fmt: skip


class Life:
    """One person over a year, and what may happen to him."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.day, self.count = dice, JULY, 0
        self.who = person()
        insured(self.who)
        if dice.random() < 0.5:
            february(self.who, dice.choice([1_500, 6_000, 12_000]))
        mandate(self.who, date(YEAR, 4, 1), date(YEAR, 10, 1)) if dice.random() < 0.5 else None
        assess(self.who, dice.randint(1, 3), date(YEAR - 1, 7, 1), YEAR - 1)
        assess(self.who, dice.randint(1, 6))
        plan_on(self.day, self.who)

    def current(self) -> Assessment:
        return Assessment.objects.get(person_id=self.who, fiscal_year=YEAR, superseded_by__isnull=True)

    def revise(self) -> None:
        until = self.dice.choice([12, 12, 12, 5, 0])
        stages = (self.dice.randint(1, 7),) * until + (0,) * (12 - until)
        assess(self.who, stages, self.day, before=self.current().id, status=UNTAXED, sort="revision")

    def remit(self) -> None:
        ground = self.dice.choice(list(GROUNDS))
        granted(
            self.who,
            ground,
            self.day,
            event_on=self.day - timedelta(self.dice.randint(0, 60)),
            **GROUNDS[ground],
        )

    def revoke(self) -> None:
        held = Remission.objects.filter(
            person_id=self.who, what="granted", superseded_by__isnull=True
        ).first()
        if held:
            taken_back(held, self.day)

    def other_way(self) -> None:
        way = self.dice.choice(["slip", "substitute", "auto"])
        change_way(on(self.day), INSURER, YEAR, self.who, way, self.day + timedelta(self.dice.randint(0, 40)))

    def record(self) -> None:
        if not in_force(self.who).instalments.filter(way="deduction").exists():
            target(self.who, self.dice.choice([4, 6, 8]))

    def pay(self) -> None:
        self.count += 1
        open_parts = [key for key in parts(self.who) if key[0] != "deduction"]
        if open_parts:
            way, number = self.dice.choice(open_parts)
            yen = self.dice.randint(1, 9_000)
            LedgerEntry.objects.create(
                person_id=self.who, fiscal_year=YEAR, accounting_year=YEAR, sort="receipt", way=way, number=number,
                yen=yen, reason="slip", source="t", key=f"t:{self.who}:{self.count}", business_date=self.day,
                actor="account:1",
            )  # fmt: skip

    def later(self) -> None:
        self.day += timedelta(self.dice.randint(1, 45))

    def happens(self) -> str:
        """One thing at random, then the plan; what is refused leaves nothing behind."""
        acts = [
            self.revise,
            self.remit,
            self.remit,
            self.remit,
            self.revoke,
            self.other_way,
            self.record,
            self.pay,
            self.later,
        ]
        act = self.dice.choice(acts)
        try:
            with transaction.atomic():
                act()
        except Refused as refusal:
            return f"{act.__name__}: {refusal}"
        plan_on(self.day, self.who)
        return act.__name__


@pytest.mark.parametrize("run", range(6 if os.environ.get("KAIGO_LONG") else 2))
def test_any_order_keeps_the_invariant(run):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    lives = [Life(dice) for _ in range(2)]
    said = []
    for _ in range(15):
        for life in lives:
            said.append(f"{life.who} {life.day} {life.happens()}")
            assert is_right(life.day), "\n".join(said)
            held = Remission.objects.filter(person_id=life.who, what="granted", superseded_by__isnull=True)
            assert booked(life.who, "levy", "adjust") == life.current().annual_yen, "\n".join(said)
            assert booked(life.who, "remission") == -sum(row.yen for row in held), "\n".join(said)
    # What lapsed is never silent.
    lapsed = Remission.objects.filter(what="lapsed")
    assert Task.objects.filter(sort="remission").count() == lapsed.count()
