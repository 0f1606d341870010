"""Small builders: people who pay by slips, with an address, and what they paid."""

from __future__ import annotations

from datetime import date
from itertools import count

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.insurance.collection.models import Instalment
from kaigo.insurance.collection.slips import part_of, reference_of
from kaigo.insurance.collection.tests.builders import YEAR, assess, insured, on, person
from kaigo.insurance.collection.tests.test_plan import JULY, plan_on
from kaigo.insurance.dunning import batch as batches
from kaigo.insurance.dunning.models import Batch
from kaigo.insurance.qualification.tests.builders import lives
from kaigo.insurance.receipts import posting

INSURER = "131997"
DUE = date(YEAR, 7, 31)  # of the first term of the insurer of the samples
DATED = date(YEAR, 8, 18)
_file = count(1)


def by(account: int, day: date) -> Context:
    """Somebody else, on a day."""
    return Context(f"account:{account}", "collection", day)


def payer(yen: int = 66_000, name: str = "見本 花子", at_home: bool = True) -> int:
    """Somebody insured who pays `yen` for the year by slips in eight terms."""
    who = person(name)
    insured(who)
    if at_home:
        lives(who, "2000-01-01")
    assess(on(JULY), who, yen)
    plan_on(JULY)
    return who


def parts(who: int) -> dict[int, Instalment]:
    """The terms of the plan in force by number."""
    return {
        i.number: i
        for i in Instalment.objects.filter(person_id=who, plan__superseded_by__isnull=True).exclude(
            way="deduction"
        )
    }


def pay(
    who: int, number: int, yen: int | None = None, day: date = DUE, stage: str = "final", channel: str = "slip",
    settled: date | None = None,
):  # fmt: skip
    """A payment of a term is reported (None = all of it). settled: when the money is the ward's (None = day)."""
    part = parts(who)[number]
    file = f"{next(_file):016d}"
    posting.begin()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO receipts_in (delivery, line, source, channel, stage, reference, instalment, yen, paid_on, "
            "settled_on, why) VALUES (1, 1, %s, %s, %s, %s, %s, %s, %s, %s, '')",
            [f"receipt:{file}:1", channel, stage, reference_of(part.id), part_of(reference_of(part.id)),
             part.yen if yen is None else yen, day, settled or day],
        )  # fmt: skip
    return posting.post(on(settled or day))


def shadow(day: date = DATED, dated: date | None = None, **about) -> Batch:
    """A shadow by account 1."""
    return batches.shadow(by(1, day), INSURER, dated or day, **about)


def demanded(day: date = DATED, **about) -> Batch:
    """Shadow, approved by account 2, executed by account 1."""
    made = shadow(day, **about)
    batches.approve(by(2, day), made)
    batches.execute(by(1, day), made)
    return made
