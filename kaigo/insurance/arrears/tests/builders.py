"""Small builders: people who owe terms, as the rooms below would leave them, without running them."""

from __future__ import annotations

from datetime import date
from itertools import count

from kaigo.base.records.context import Context
from kaigo.insurance.collection.models import Instalment, Plan
from kaigo.insurance.collection.tests.builders import assess, insured, person
from kaigo.insurance.dunning.models import Batch, Demand
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.receipts.models import Receipt

YEAR = 2024
DUE = date(2024, 7, 31)
# The last day on which a term due on DUE can be collected when nothing happens.
LAST = date(2026, 7, 31)
_serial = count(1)


def on(day: date, account: int = 1) -> Context:
    """The context of a business date."""
    return Context(f"account:{account}", "collection", day)


def owes(*terms: tuple[int, date, int], year: int = YEAR, who: int | None = None, way: str = "slip") -> int:
    """Somebody who was levied (number, due date, yen) and has paid nothing."""
    if who is None:
        who = person()
        insured(who)
    day = date(year, 7, 1)
    assessment = assess(on(day), who, sum(yen for *_, yen in terms), year=year)
    plan = Plan.objects.create(
        person_id=who, fiscal_year=year, assessment_id=assessment, cause="main", way="direct", refund_yen=0,
        request="none", decided_on=day, actor="account:1",
    )  # fmt: skip
    Instalment.objects.bulk_create(
        Instalment(
            plan=plan, person_id=who, fiscal_year=year, way=way, number=number, due_on=due, yen=yen, provisional=False
        )
        for number, due, yen in terms
    )  # fmt: skip
    post(
        on(day),
        [
            Line(who, f"plan:{plan.id}", f"plan:{plan.id}:{number}", yen, year, year, "levy", way, number, "main")
            for number, _, yen in terms
        ],
    )  # fmt: skip
    return who


def pays(
    who: int, yen: int, day: date, number: int = 1, year: int = YEAR, settled: date | None = None, way: str = "slip"
) -> str:  # fmt: skip
    """A payment of a term; settled: when it became the ward's. Returns its source."""
    source = f"receipt:test:{next(_serial)}"
    Receipt.objects.create(
        channel="slip", stage="final", source=source, reference="", person_id=who, fiscal_year=year, way=way,
        number=number, yen=yen, paid_on=day, settled_on=settled or day, why="",
    )  # fmt: skip
    post(on(settled or day), [Line(who, source, source, yen, year, year, "receipt", way, number, "slip")])
    return source


def letters(sort: str, dated: date) -> Batch:
    """A list of demands or reminders that is done."""
    return Batch.objects.create(
        sort=sort, on=dated, dated=dated, state="done", law="", requested_by="account:1", approved_by="account:2"
    )  # fmt: skip


def demanded(who: int, dated: date, number: int = 1, due: date = DUE, yen: int = 8_000) -> None:
    """The demand of a term, as dunning leaves it."""
    Demand.objects.create(
        person_id=who, batch=letters("demand", dated), fiscal_year=YEAR, number=number, part=1, due_on=due, yen=yen,
        dated=dated, deadline_on=dated, fee_yen=0, why="due", decided_on=dated, actor="account:1",
    )  # fmt: skip


def booked(
    who: int, sort: str, yen: int, day: date, number: int = 1, year: int = YEAR, source: str = ""
) -> None:
    """Any other entry."""
    source = source or f"test:{next(_serial)}"
    post(
        on(day),
        [Line(who, source, f"{source}:{next(_serial)}", yen, year, year, sort, "slip", number, "test")],
    )
