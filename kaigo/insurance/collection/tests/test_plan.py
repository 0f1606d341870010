"""Plans over the year on a real database: every change keeps the levy equal to the assessment."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.insurance.collection.decide import change_way, plan_all
from kaigo.insurance.collection.models import DeductionRequest, Plan, Task
from kaigo.insurance.collection.tests.builders import (
    INSURER,
    YEAR,
    assess,
    february,
    insured,
    lose,
    mandate,
    on,
    person,
    target,
    welfare,
)
from kaigo.insurance.ledger.models import LedgerEntry

pytestmark = pytest.mark.django_db
APRIL, JULY = date(YEAR, 4, 1), date(YEAR, 7, 1)


def plan_on(day):
    return plan_all(on(day), INSURER, YEAR)


def in_force(who):
    return Plan.objects.get(person_id=who, fiscal_year=YEAR, superseded_by__isnull=True)


def parts(who):
    rows = in_force(who).instalments.order_by("due_on")
    return {(i.way, i.number): i.yen for i in rows}


def levy(who):
    booked = {}
    for entry in LedgerEntry.objects.filter(person_id=who, fiscal_year=YEAR):
        key = (entry.way, entry.number)
        booked[key] = booked.get(key, 0) + entry.yen
    return {key: yen for key, yen in booked.items() if yen}


def deducted(**months):
    return {("deduction", int(m[1:])): yen for m, yen in months.items()}


def ask(who, day):
    """The yearly request as release lets it out."""
    plan = in_force(who)
    yen = {i.number: i.yen for i in plan.instalments.filter(way="deduction")}
    DeductionRequest.objects.create(
        person_id=who, fiscal_year=YEAR, code="01", kind="01", payer="001", plan=plan, target=None,
        yen1=yen.get(10, 0), yen2=yen.get(12, 0), yen3=yen.get(14, 0), file=1,
    )  # fmt: skip


def continuing(yen=60_000, feb=10_000):
    """Deducted since before; provisional in April, main in July."""
    who = person()
    insured(who)
    february(who, feb)
    first = assess(on(APRIL), who, 3 * feb, "provisional")
    plan_on(APRIL)
    assess(on(JULY), who, yen, "main", first)
    plan_on(JULY)
    return who


def test_first_plan_of_somebody_who_pays_by_slips():
    who = person()
    insured(who)
    assess(on(JULY), who, 66_000)
    done = plan_on(JULY)
    assert parts(who) == {("slip", n): 8_600 if n == 1 else 8_200 for n in range(1, 9)}
    assert levy(who) == parts(who)
    assert done["booked_yen"] == 66_000
    assert set(LedgerEntry.objects.values_list("sort", "reason")) == {("levy", "main")}
    assert plan_on(JULY)["plans"] == 0


def test_provisional_plan_then_main_plan_levelled_in_august():
    who = continuing(yen=53_700, feb=13_750)
    assert parts(who) == deducted(m4=13_750, m6=13_750, m8=6_500, m10=6_700, m12=6_500, m14=6_500)
    assert levy(who) == parts(who)
    august = LedgerEntry.objects.filter(person_id=who, number=8).order_by("id")
    assert [(e.sort, e.reason, e.yen) for e in august] == [
        ("levy", "provisional", 13_750),
        ("adjust", "main", -7_250),
    ]


def test_provisional_at_least_the_annual_amount_is_not_requested_and_the_excess_refunded():
    who = continuing(yen=21_000, feb=11_000)
    plan = in_force(who)
    assert (plan.request, plan.refund_yen) == ("none", 12_000)
    assert parts(who) == deducted(m4=11_000, m6=11_000, m8=11_000)
    assert sum(levy(who).values()) == 21_000


def test_before_the_request_a_revision_changes_only_what_comes_from_october():
    who = continuing(yen=60_000, feb=10_000)
    before = parts(who)
    assess(on(date(YEAR, 7, 20)), who, 72_000, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 7, 20))
    after = parts(who)
    assert {k: v for k, v in after.items() if k[1] < 8} == {k: v for k, v in before.items() if k[1] < 8}
    assert sum(after.values()) == 72_000
    assert {way for way, _ in after} == {"deduction"}


def test_increase_after_the_request_is_paid_besides():
    who = continuing()
    before = parts(who)
    ask(who, date(YEAR, 7, 28))
    assess(on(date(YEAR, 9, 15)), who, 70_000, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 9, 15))
    plan = in_force(who)
    assert (plan.way, plan.request) == ("both", "keep")
    assert {k: v for k, v in parts(who).items() if k[0] == "deduction"} == before
    assert sum(v for k, v in parts(who).items() if k[0] == "slip") == 10_000
    assert sum(levy(who).values()) == 70_000


def test_decrease_after_the_request_stops_the_deduction_and_the_rest_is_paid_directly():
    who = continuing()
    ask(who, date(YEAR, 7, 28))
    assess(on(date(YEAR, 9, 15)), who, 50_000, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 9, 15))
    plan = in_force(who)
    assert (plan.way, plan.request, plan.refund_yen) == ("both", "stop", 0)
    assert {k for k in parts(who) if k[0] == "deduction"} == {("deduction", m) for m in (4, 6, 8)}
    assert sum(parts(who).values()) == 50_000 == sum(levy(who).values())


def test_decrease_below_what_was_deducted_is_refunded():
    who = continuing(yen=60_000, feb=10_000)
    ask(who, date(YEAR, 7, 28))
    assess(on(date(YEAR, 9, 15)), who, 12_000, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 9, 15))
    plan = in_force(who)
    assert plan.request == "stop"
    assert plan.refund_yen == sum(parts(who).values()) - 12_000 > 0
    assert sum(levy(who).values()) == 12_000


def test_a_stop_not_yet_sent_is_taken_back_when_the_amount_comes_back():
    who = continuing()
    before = parts(who)
    ask(who, date(YEAR, 7, 28))
    assess(on(date(YEAR, 9, 15)), who, 50_000, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 9, 15))
    assess(on(date(YEAR, 9, 20)), who, 60_000, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 9, 20))
    assert parts(who) == before
    assert levy(who) == before


def test_a_stop_that_was_sent_stays():
    who = continuing()
    ask(who, date(YEAR, 7, 28))
    assess(on(date(YEAR, 9, 15)), who, 50_000, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 9, 15))
    DeductionRequest.objects.create(
        person_id=who, fiscal_year=YEAR, code="41", kind="03", payer="001", plan=in_force(who), target=None,
        yen1=0, yen2=0, yen3=0, file=2,
    )  # fmt: skip
    assess(on(date(YEAR, 10, 20)), who, 60_000, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 10, 20))
    assert {k for k in parts(who) if k[0] == "deduction"} == {("deduction", m) for m in (4, 6, 8)}
    assert in_force(who).request == "stop"
    assert sum(parts(who).values()) == 60_000 == sum(levy(who).values())


def test_death_before_the_request_ends_the_deduction():
    who = continuing(yen=60_000, feb=10_000)
    lose(who, date(YEAR, 7, 6))
    assess(on(date(YEAR, 7, 10)), who, 15_000, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 7, 10))
    plan = in_force(who)
    assert parts(who) == deducted(m4=10_000, m6=10_000)
    assert (plan.request, plan.refund_yen) == ("stop", 5_000)
    assert sum(levy(who).values()) == 15_000


def test_moving_out_in_the_year_leaves_the_terms_already_due():
    who = person()
    insured(who)
    assess(on(JULY), who, 66_000)
    plan_on(JULY)
    lose(who, date(YEAR, 9, 10), "51")
    assess(on(date(YEAR, 9, 15)), who, 27_500, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 9, 15))
    asked = parts(who)
    assert (asked[("slip", 1)], asked[("slip", 2)]) == (8_600, 8_200)
    assert sum(asked.values()) == 27_500 == sum(levy(who).values())
    assert min(asked.values()) > 0


def test_moving_out_after_more_was_asked_than_is_owed_is_refunded():
    who = person()
    insured(who)
    assess(on(JULY), who, 66_000)
    plan_on(JULY)
    lose(who, date(YEAR, 8, 1), "51")
    assess(on(date(YEAR, 10, 15)), who, 22_000, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 10, 15))
    assert set(parts(who)) == {("slip", 1), ("slip", 2), ("slip", 3)}
    assert in_force(who).refund_yen == 25_000 - 22_000
    assert sum(levy(who).values()) == 22_000


def test_cancelled_qualification_takes_everything_back():
    who = continuing()
    lose(who, date(YEAR, 4, 1), "51")
    assess(on(date(YEAR, 7, 20)), who, 0, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 7, 20))
    assert parts(who) == deducted(m4=10_000, m6=10_000)
    assert in_force(who).refund_yen == 20_000
    assert levy(who) == {}


def test_sixty_five_in_the_year_pays_the_terms_that_are_left():
    who = person(birth=date(1961, 11, 11))
    insured(who, acquired=date(YEAR, 11, 10))
    assess(on(date(YEAR, 11, 20)), who, 31_000, "revision")
    plan_on(date(YEAR, 11, 20))
    assert set(parts(who)) == {("slip", n) for n in (5, 6, 7, 8)}
    assert sum(levy(who).values()) == 31_000


def test_a_new_starter_pays_half_directly_and_half_from_october():
    who = person()
    insured(who)
    target(who)
    assess(on(JULY), who, 66_960)
    plan_on(JULY)
    assert in_force(who).request == "start"
    assert {k for k in parts(who) if k[0] == "deduction"} == {("deduction", m) for m in (10, 12, 14)}
    assert sum(v for k, v in parts(who).items() if k[0] == "slip") == 33_480


def test_a_pension_below_the_limit_starts_no_deduction():
    who = person()
    insured(who)
    target(who, pension=179_999)
    assess(on(JULY), who, 60_000)
    plan_on(JULY)
    assert {way for way, _ in parts(who)} == {"slip"}


def test_a_record_matched_later_is_planned_anew_and_one_taken_off_goes_back():
    who = person()
    insured(who)
    assess(on(JULY), who, 60_000)
    plan_on(JULY)
    assert in_force(who).way == "direct"
    record = target(who)
    plan_on(date(YEAR, 7, 10))
    assert (in_force(who).cause, in_force(who).request) == ("match", "start")
    from kaigo.insurance.collection.decide import match

    match(on(date(YEAR, 7, 12)), record.id, None)
    plan_on(date(YEAR, 7, 13))
    assert (in_force(who).cause, in_force(who).way) == ("match", "direct")
    assert sum(levy(who).values()) == 60_000


def test_left_out_of_the_yearly_request_means_paying_directly():
    asked, left_out = continuing(), continuing()
    ask(asked, date(YEAR, 7, 28))
    plan_on(date(YEAR, 8, 1))
    assert in_force(asked).cause == "main"
    assert in_force(left_out).cause == "request"
    assert {k for k in parts(left_out) if k[0] == "deduction"} == {("deduction", m) for m in (4, 6, 8)}
    assert sum(levy(left_out).values()) == 60_000


def test_each_open_term_has_the_way_of_its_due_date():
    """I25: the mandate begins, the welfare office pays from October to December, the mandate ends in February."""
    who = person()
    insured(who)
    assess(on(JULY), who, 66_000)
    plan_on(JULY)
    mandate(who, date(YEAR, 8, 1), date(YEAR + 1, 2, 1))
    plan_on(date(YEAR, 8, 5))
    assert {n: w for w, n in parts(who)} == {
        1: "slip", 2: "debit", 3: "debit", 4: "debit", 5: "debit", 6: "debit", 7: "slip", 8: "slip",
    }  # fmt: skip
    welfare(who, date(YEAR, 10, 1), date(YEAR, 12, 1))
    done = plan_on(date(YEAR, 9, 5))
    assert done["booked_yen"] == 0
    assert {n: w for w, n in parts(who)} == {
        1: "slip", 2: "debit", 3: "debit", 4: "substitute", 5: "substitute", 6: "debit", 7: "slip", 8: "slip",
    }  # fmt: skip
    assert plan_on(date(YEAR, 9, 5))["plans"] == 0
    assert levy(who) == parts(who)


def test_an_increase_gets_terms_with_a_way_to_pay():
    """I25: after an increase every levied term is in the plan in force, with its way."""
    who = continuing()
    mandate(who, date(YEAR, 4, 1))
    ask(who, date(YEAR, 7, 28))
    assess(on(date(YEAR, 9, 15)), who, 70_000, "revision", in_force(who).assessment_id)
    plan_on(date(YEAR, 9, 15))
    assert levy(who) == parts(who)
    assert {way for way, number in parts(who)} == {"deduction", "debit"}


def test_a_decided_way_holds_from_its_day_until_the_facts_hold_again():
    from kaigo.base.records.refusal import Refused

    who = person()
    insured(who)
    mandate(who, date(2020, 4, 1))
    assess(on(JULY), who, 66_000)
    plan_on(JULY)
    change_way(on(date(YEAR, 8, 20)), INSURER, YEAR, who, "slip", date(YEAR, 9, 1))
    ways = {n: w for w, n in parts(who)}
    assert (ways[1], ways[2], ways[3]) == ("debit", "debit", "slip")
    change_way(on(date(YEAR, 8, 21)), INSURER, YEAR, who, "auto", date(YEAR, 11, 10))
    ways = {n: w for w, n in parts(who)}
    assert (ways[3], ways[4], ways[5]) == ("slip", "slip", "debit")
    without = person()
    insured(without)
    with pytest.raises(Refused):
        change_way(on(JULY), INSURER, YEAR, without, "debit", JULY)


def test_after_the_last_term_the_rest_is_due_once_and_later_terms_follow():
    who = person()
    insured(who)
    assess(on(JULY), who, 66_000)
    plan_on(JULY)
    day = date(YEAR + 1, 3, 5)
    assess(on(day), who, 70_000, "revision", in_force(who).assessment_id)
    plan_on(day)
    assert parts(who)[("slip", 9)] == 4_000
    assert sum(levy(who).values()) == 70_000


def test_whom_the_law_cannot_judge_becomes_a_task_and_the_others_are_planned():
    clear, unclear = person(), person()
    insured(clear)
    insured(unclear)
    assess(on(APRIL), unclear, 30_000, "provisional")
    assess(on(JULY), clear, 60_000)
    done = plan_on(JULY)
    assert (done["plans"], done["unclear"]) == (1, 1)
    assert Task.objects.get(sort="unclear", state="open").person_id == unclear
    plan_on(JULY)
    assert Task.objects.filter(sort="unclear", state="open").count() == 1
    february(unclear, 10_000)
    plan_on(JULY)
    assert not Task.objects.filter(sort="unclear", state="open").exists()


def taken_over(who, **yen):
    """Entries of the former system, as migration books them: deduction4=…, slip1=…."""
    for part, amount in yen.items():
        way = part.rstrip("0123456789")
        LedgerEntry.objects.create(
            person_id=who, fiscal_year=YEAR, accounting_year=YEAR, sort="levy", way=way, number=int(part[len(way):]), yen=amount,
            reason="migration", source="migration:1", key=f"m:{who}:{part}", business_date=APRIL, actor="account:1",
        )  # fmt: skip


def test_a_ledger_taken_over_in_the_year_keeps_its_due_terms():
    who = person()
    insured(who)
    taken_over(who, slip1=8_600, **{f"slip{n}": 8_200 for n in range(2, 9)})
    day = date(YEAR, 10, 5)
    assess(on(day), who, 60_000, "revision")
    plan_on(day)
    asked = parts(who)
    assert [asked["slip", n] for n in (1, 2, 3)] == [8_600, 8_200, 8_200]
    assert sum(asked.values()) == 60_000 == sum(levy(who).values())


def test_a_deduction_taken_over_in_the_year_goes_on():
    who = person()
    insured(who)
    february(who, 10_000)
    taken_over(who, **{f"deduction{m}": 10_000 for m in (4, 6, 8, 10, 12, 14)})
    day = date(YEAR, 10, 5)
    assess(on(day), who, 70_000, "revision")
    plan_on(day)
    assert {k: v for k, v in parts(who).items() if k[0] == "deduction"} == deducted(
        m4=10_000, m6=10_000, m8=10_000, m10=10_000, m12=10_000, m14=10_000
    )
    assert sum(levy(who).values()) == 70_000
