"""The ledger of a former system: taken over once; a later revision books only the difference."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.feeds.models import Repair
from kaigo.base.records.context import acting
from kaigo.insurance.collection import opening, read
from kaigo.insurance.collection.decide import plan_all
from kaigo.insurance.collection.models import Instalment, Plan
from kaigo.insurance.collection.tests.builders import INSURER, insured, on, person
from kaigo.insurance.ledger.closing import close
from kaigo.insurance.ledger.models import LedgerEntry
from kaigo.insurance.premium import opening as premium_opening
from kaigo.insurance.premium.read import current
from kaigo.insurance.premium.save import Judged, save
from kaigo.insurance.residents.models import AddresseeNumber
from kaigo.insurance.residents.tests.former import hand_over, number_of

APRIL, JUNE = date(2026, 4, 1), date(2026, 6, 1)
YEAR = 2025
DUE = ("0731", "0901", "0930", "1031", "1201", "1225")
PAYDAYS = {4: "20250415", 6: "20250613", 8: "20250815", 10: "20251015", 12: "20251215", 14: "20260213"}


def somebody() -> int:
    with acting(on(APRIL)):
        who = person()
        insured(who)
        AddresseeNumber.objects.create(person_id=who, number=number_of(who))
    return who


def slips(who: int, *yen: int, unpaid: int = 0) -> list[str]:
    """Terms paid by slip; the last `unpaid` of them are owed."""
    paid = len(yen) - unpaid
    return [
        f"{number_of(who)},{YEAR},2,{n},{YEAR}{DUE[n - 1]},{y},{y if n <= paid else 0}"
        for n, y in enumerate(yen, 1)
    ]


def deducted(who: int, **yen: int) -> list[str]:
    """m4=…, m6=…: deductions by month."""
    return [
        f"{number_of(who)},{YEAR},1,{name[1:]},{PAYDAYS[int(name[1:])]},{y},{y}" for name, y in yen.items()
    ]


def take_over(
    annual: dict[int, int], instalments: list[str], totals: list[str] = (), sequence: int = 1
) -> dict:
    ctx = on(APRIL)
    lines = [f"{number_of(w)},{YEAR},{YEAR}0401,12,{'4' * 12},{y},0,{YEAR}0701" for w, y in annual.items()]
    hand_over(ctx, "migrate.assessment", lines, sequence)
    hand_over(ctx, "migrate.instalment", instalments, sequence)
    hand_over(ctx, "migrate.year_total", totals, sequence)
    with acting(ctx):
        premium_opening.take(ctx)
    with acting(ctx):
        return opening.take(ctx)


def revise(who: int, annual: int, day: date = JUNE) -> dict:
    """The law finds another amount for the year afterwards."""
    ctx = on(day)
    with acting(ctx):
        before = current(ctx, who, YEAR)
        judged = Judged(
            who, before.assessment_day, annual, 12, 5, "5" * 12, "taxed", False, [], [], before.id, "prior", "revision"
        )  # fmt: skip
        save(ctx, YEAR, "revision", None, [judged], "test")
    with acting(ctx):
        return plan_all(ctx, INSURER, YEAR, persons=[who])


def levied(who: int) -> dict[tuple[str, int], int]:
    found: dict[tuple[str, int], int] = {}
    for e in LedgerEntry.objects.filter(person_id=who, fiscal_year=YEAR, sort__in=("levy", "adjust")):
        found[e.way, e.number] = found.get((e.way, e.number), 0) + e.yen
    return found


def test_instalments_become_a_plan_and_entries(street):
    who = somebody()
    done = take_over({who: 36_000}, slips(who, 12_000, 12_000, 12_000, unpaid=1))
    assert done == {"plans": 1, "instalments": 3, "entries": 5, "refused": 0}
    plan = Plan.objects.get()
    assert (plan.cause, plan.way, plan.request) == ("opening", "direct", "none")
    assert "引き継いだ期別" in read.told(on(APRIL), plan.id)[0].text
    year = read.ledger(on(APRIL), who)[0]
    assert (year.levied, year.received, year.balance) == (36_000, 24_000, 12_000)
    assert read.invariant(on(APRIL), YEAR) == []
    with acting(on(JUNE)):
        assert plan_all(on(JUNE), INSURER, YEAR)["plans"] == 0


def test_a_later_increase_books_only_the_difference(street):
    who = somebody()
    take_over({who: 36_000}, slips(who, 12_000, 12_000, 12_000))
    assert revise(who, 46_000)["booked_yen"] == 10_000
    found = levied(who)
    assert [found["slip", n] for n in (1, 2, 3)] == [12_000] * 3
    assert sum(found.values()) == 46_000
    assert read.invariant(on(JUNE), YEAR) == []


def test_a_later_decrease_books_only_the_difference(street):
    who = somebody()
    take_over({who: 36_000}, slips(who, 12_000, 12_000, 12_000))
    assert revise(who, 30_000)["booked_yen"] == -6_000
    assert sum(levied(who).values()) == 30_000
    assert read.invariant(on(JUNE), YEAR) == []


@pytest.mark.parametrize("first", [4, 10, 12])
def test_deductions_of_the_former_system_stay_where_they_were(street, first):
    who = somebody()
    months = {f"m{m}": 6_000 for m in PAYDAYS if m >= first}
    take_over({who: 6_000 * len(months)}, deducted(who, **months))
    assert Plan.objects.get().way == "deduction"
    assert revise(who, 6_000 * len(months) + 5_000)["booked_yen"] == 5_000
    found = levied(who)
    assert {key: yen for key, yen in found.items() if key[0] == "deduction"} == {
        ("deduction", int(name[1:])): 6_000 for name in months
    }
    assert read.invariant(on(JUNE), YEAR) == []


def test_totals_of_older_years_are_entries_without_a_plan(street):
    who = somebody()
    number = number_of(who)
    totals = [f"{number},2019,60000,50000,0,10000", f"{number},2020,60000,61000,1000,0"]
    assert take_over({}, [], totals)["entries"] == 6
    assert not Plan.objects.exists()
    told = {y.fiscal_year: y for y in read.ledger(on(APRIL), who)}
    assert (told[2019].balance, told[2020].balance) == (0, 0)
    assert read.invariant(on(APRIL), 2019) == []


def test_a_total_of_a_year_with_instalments_adds_only_what_they_do_not_say(street):
    who = somebody()
    total = f"{number_of(who)},{YEAR},24000,25000,1000,0"
    lines = [
        f"{number_of(who)},{YEAR},1,4,20250415,12000,12000",
        f"{number_of(who)},{YEAR},1,6,20250613,12000,13000",
    ]
    assert take_over({who: 24_000}, lines, [total])["entries"] == 5
    year = read.ledger(on(APRIL), who)[0]
    assert (year.levied, year.received, year.refunded, year.balance) == (
        24_000,
        25_000,
        1_000,
        0,
    )


def test_the_same_twice_changes_nothing_and_another_amount_is_refused(street):
    who = somebody()
    total = f"{number_of(who)},2019,60000,50000,0,10000"
    take_over({who: 24_000}, slips(who, 12_000, 12_000), [total])
    before = LedgerEntry.objects.count(), Instalment.objects.count()
    again = take_over({who: 24_000}, slips(who, 12_000, 12_000), [total], sequence=2)
    assert again == {"plans": 0, "instalments": 0, "entries": 0, "refused": 0}
    other = take_over(
        {who: 24_000}, slips(who, 12_000, 12_000, unpaid=1), [f"{number_of(who)},2019,60000,60000,0,0"], 3
    )
    assert (other["entries"], other["refused"]) == (0, 2)
    assert (LedgerEntry.objects.count(), Instalment.objects.count()) == before


def test_what_is_handed_over_after_its_year_was_closed_goes_to_the_list_of_repairs(street):
    who, other = somebody(), somebody()
    total = f"{number_of(who)},2019,60000,50000,0,10000"
    take_over({who: 24_000}, [], [total])
    with acting(on(APRIL)):
        close(on(APRIL), YEAR - 1)
    # What is booked already may come again; 2019 was closed with 2024, and 2025 is open.
    late = [total, f"{number_of(other)},2019,30000,30000,0,0", f"{number_of(who)},2018,9000,0,0,0"]
    done = take_over({who: 24_000}, slips(who, 12_000, 12_000), late, sequence=2)
    assert (done["entries"], done["refused"]) == (4, 2)
    assert [r.refused.rule for r in Repair.objects.all()] == ["migration.closed"] * 2
    assert LedgerEntry.objects.filter(accounting_year__lt=YEAR).count() == 3
    with acting(on(JUNE)):
        close(on(JUNE), YEAR)
    parts = take_over(
        {who: 24_000, other: 12_000}, [*slips(who, 12_000, 12_000), *slips(other, 12_000)], sequence=3
    )
    assert (parts["entries"], parts["refused"]) == (0, 1)
    assert not Plan.objects.filter(person=other).exists()


def test_lines_without_their_decision_go_to_the_list_of_repairs(street):
    who, other = somebody(), somebody()
    total = f"{number_of(other)},{YEAR},24000,24000,0,0"
    done = take_over({other: 24_000}, slips(who, 12_000, 12_000), [total])
    assert done == {"plans": 0, "instalments": 0, "entries": 0, "refused": 3}
    assert {r.refused.rule for r in Repair.objects.all()} == {"migration.assessment", "migration.instalments"}


def test_a_year_of_no_premium_has_an_empty_plan(street):
    who = somebody()
    take_over({who: 0}, [])
    assert Plan.objects.get().way == "none"
    assert read.invariant(on(APRIL), YEAR) == []
