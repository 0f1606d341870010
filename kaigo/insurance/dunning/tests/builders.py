"""Small builders: people who pay by slips, with an address, and what they paid."""

from __future__ import annotations

from datetime import date

from kaigo.base.records.context import Context
from kaigo.insurance.collection.models import Instalment, Plan
from kaigo.insurance.collection.tests.builders import YEAR, assess, insured, on, person
from kaigo.insurance.collection.tests.test_plan import JULY, plan_on
from kaigo.insurance.dunning import batch as batches
from kaigo.insurance.dunning.models import Batch
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.qualification.tests.builders import lives
from kaigo.insurance.receipts.tests.reported import report

INSURER = "131997"
DUE = date(YEAR, 7, 31)  # of the first term of the insurer of the samples
DATED = date(YEAR, 8, 18)


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
    return report(on(settled or day), parts(who)[number], yen, day, stage, channel, settled)


def dunned(yen: int = 66_000) -> int:
    """Somebody whose first term is open and was demanded on DATED."""
    who = payer(yen)
    demanded()
    return who


def handed_over(decided_on: date, yen: int = 66_000) -> int:
    """Somebody whose first term a former system levied and that was taken over on a day."""
    who = person()
    insured(who)
    lives(who, "2000-01-01")
    plan = Plan.objects.create(
        person_id=who, fiscal_year=YEAR, assessment_id=assess(on(JULY), who, yen), cause="opening", way="direct",
        refund_yen=0, request="none", decided_on=decided_on, actor="account:1",
    )  # fmt: skip
    Instalment.objects.create(
        plan=plan,
        person_id=who,
        fiscal_year=YEAR,
        way="slip",
        number=1,
        due_on=DUE,
        yen=yen,
        provisional=False,
    )
    source = f"migration:{plan.id}"
    post(on(decided_on), [Line(who, source, source, yen, YEAR, YEAR, "levy", "slip", 1, "opening")])
    return who


def shadow(day: date = DATED, dated: date | None = None, **about) -> Batch:
    """A shadow by account 1."""
    return batches.shadow(by(1, day), INSURER, dated or day, **about)


def demanded(day: date = DATED, **about) -> Batch:
    """Shadow, approved by account 2, executed by account 1."""
    made = shadow(day, **about)
    batches.approve(by(2, day), made)
    batches.execute(by(1, day), made)
    return made
