"""Hard lives, from lines of files to letters: every job on its day, expected yen and months counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.conf import settings

from kaigo.base.jobs.run import run
from kaigo.base.records.context import Context, acting
from kaigo.insurance.collection import read as collection
from kaigo.insurance.collection.models import DeductionRequest
from kaigo.insurance.notices import decide as notices
from kaigo.insurance.notices.models import Draft
from kaigo.insurance.premium import batch
from kaigo.insurance.premium import read as premium
from kaigo.insurance.premium.models import Batch
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import decide as residents
from kaigo.insurance.residents.read import person_of_number
from kaigo.insurance.residents.tests.lines import deliver

YEAR = 2026
RESIDENT, GUEST, TAX = "ward.resident", "ward.nonresident", "ward.tax"
DAILY = ("registers.take", "residents.take", "qualification.daily")
MONTHLY = ("premium.monthly", "collection.plan", "notices.draft_changes")
# 見本区: 6,200 yen a month. Whole years of stages 1 and 6 in fiscal 2026.
STAGE_1, STAGE_6 = 21_120, 89_280


def context(on: str, actor: str = "account:1") -> Context:
    return Context(actor, "operations", date.fromisoformat(on))


def number(place: int) -> str:
    return f"{place:015}"


class Town:
    """Lines in, jobs on their days. Everybody lives alone in a household of his own number unless told otherwise."""

    def line(self, on: str, place: int, layout: str = RESIDENT, **words: str) -> None:
        usual = {"addressee": number(place)}
        if layout == RESIDENT:
            usual |= {"household": number(place), "became_resident_on": "20000401"}
            usual |= {"event_on": "20200401"} if "history" not in words else {}
        deliver(context(on), layout, usual | words)

    def untaxed(self, on: str, place: int, pension: int = 700_000) -> None:
        self.line(on, place, TAX, status="2", total_income="0", pension_revenue=str(pension))

    def day(self, on: str, *more: str) -> None:
        for name in (*DAILY, *more):
            run(context(on), name)

    def month(self, on: str) -> None:
        self.day(on, *MONTHLY)
        assert collection.invariant(context(on), YEAR) == []

    def main(self, on: str = "2026-07-01") -> None:
        self.day(on, "premium.shadow_main")
        head = context(on, "account:2")
        with acting(head):
            batch.approve(head, Batch.objects.get(sort="main", fiscal_year=YEAR, state="shadowed"))
        for name in ("premium.main", "collection.plan", "notices.draft_premium"):
            run(context(on), name)
        assert collection.invariant(context(on), YEAR) == []

    def told(self, on: str) -> None:
        """Every letter that may go out goes out."""
        ctx = context(on)
        with acting(ctx):
            rows = Draft.objects.filter(state="draft", held="", issue__isnull=True)
            notices.note_issued(ctx, [(row.id, f"8見介納第{row.id}号", ctx.on) for row in rows])


@pytest.fixture
def town(street):
    return Town()


def who(place: int) -> int:
    return person_of_number(context("2026-04-01"), number(place))


def insured(person: int) -> list[tuple]:
    return [
        (p.acquired_on.isoformat(), p.acquired_reason, p.lost_on and p.lost_on.isoformat(), p.lost_reason)
        for p in qualification.periods_in_force(context("2027-03-31"), person)
    ]


def assessed(person: int) -> tuple[int, str]:
    """(yen, stages from April; "." = not insured)."""
    found = premium.current(context("2027-03-31"), person, YEAR)
    return found.annual_yen, "".join(f"{stage:X}" if stage else "." for stage in found.stages)


def levied(person: int) -> int:
    return sum(year.levied for year in collection.ledger(context("2027-03-31"), person, YEAR))


def letters(person: int) -> list[tuple[str, int]]:
    return [
        (row.letter, row.annual_yen)
        for row in Draft.objects.filter(person_id=person, state="draft").order_by("id")
    ]


def test_a_planned_move_is_taken_back_and_then_he_dies(town):
    town.line("2026-04-01", 1)
    town.untaxed("2026-04-01", 1)
    town.day("2026-06-01")
    town.line("2026-06-05", 1, history="2", event="10", event_on="20260605", move_planned_on="20260620")
    town.day("2026-06-05")
    assert insured(who(1)) == [("2015-05-04", "02", "2026-06-21", "51")]
    town.line("2026-06-18", 1, history="3", event="11", event_on="20260618")
    town.main()
    assert insured(who(1)) == [("2015-05-04", "02", None, "")]
    assert assessed(who(1)) == (STAGE_1, "1" * 12)
    town.told("2026-07-10")
    town.line("2026-08-31", 1, history="4", event="04", event_on="20260831", state="3", removed_on="20260831")
    town.month("2026-09-01")
    assert insured(who(1)) == [("2015-05-04", "02", "2026-09-01", "52")]
    # Died on the last of a month: lost on the first of the next, so August counts. 21,120 x 5 / 12.
    assert assessed(who(1)) == (8_800, "11111.......")
    assert levied(who(1)) == 8_800
    assert letters(who(1)) == [("premium_notice", STAGE_1), ("change_notice", 8_800)]
    assert Draft.objects.filter(person_id=who(1)).latest("id").held == "dead"


def test_sixty_five_is_attained_in_an_excluded_facility(town):
    home = {
        "number": "1319900010",
        "name": "見本園",
        "kind": "10",
        "capacity": "50",
        "municipality": "131997",
    }
    deliver(
        context("2026-04-01"), "ward.facility",
        home | {"address": "見本区北1-1-1", "exception_target": "0", "exclusion_kind": "05", "from": "20000401"},
    )  # fmt: skip
    town.line("2026-04-01", 1, birth="19610510")
    town.line("2026-04-01", 1, "ward.facility_stay", facility="1319900010", **{"from": "20250110"})
    town.line("2026-04-01", 2)
    for place in (1, 2):
        town.untaxed("2026-04-01", place)
    town.day("2026-06-01")
    town.main()
    assert insured(who(1)) == []
    town.line(
        "2026-08-21", 1, "ward.facility_stay", facility="1319900010", **{"from": "20250110", "to": "20260820"}
    )
    town.month("2026-09-01")
    assert insured(who(1)) == [("2026-08-20", "08", None, "")]
    assert assessed(who(1)) == (14_080, "....11111111")
    assert premium.current(context("2026-09-01"), who(1), YEAR).assessment_day == date(2026, 8, 20)
    assert letters(who(1)) == [("premium_notice", 14_080)]


def test_public_assistance_begins_and_ends_twice(town):
    town.line("2026-04-01", 1)
    town.line("2026-04-01", 1, TAX, total_income="1000000", pension_revenue="2100000")
    town.day("2026-04-01")
    town.main()
    assert assessed(who(1)) == (STAGE_6, "6" * 12)
    aid = {"welfare_kind": "1", "case_number": "1", "substitute_payment": "1", "correction": "0"}
    town.line("2026-08-20", 1, "ward.welfare", history="1", **aid, **{"from": "20260510", "to": "20260620"})
    town.month("2026-09-01")
    assert assessed(who(1))[1] == "611666666666"
    town.line("2026-12-10", 1, "ward.welfare", history="1", **aid, **{"from": "20261005", "to": "20261201"})
    town.month("2027-01-04")
    # 8 months of stage 6, 4 of stage 1: (8 x 89,280 + 4 x 21,120) / 12.
    assert assessed(who(1)) == (66_560, "611666116666")
    assert levied(who(1)) == 66_560


def test_a_spouse_turns_out_to_be_taxed_after_the_letter(town):
    town.line("2026-04-01", 1)
    town.line(
        "2026-04-01", 2, household=number(1), relationship="12", birth="19660101", name="見本　花子", sex="2"
    )
    for place in (1, 2):
        town.untaxed("2026-04-01", place, 0)
    town.day("2026-04-01")
    town.main()
    town.told("2026-07-10")
    assert letters(who(1)) == [("premium_notice", STAGE_1)]
    town.line(
        "2026-08-20", 2, TAX, history="2", correction="1", total_income="900000", corrected_on="20260818"
    )
    town.day("2026-08-20", "premium.stale")
    assert [task.sort for task in premium.tasks(context("2026-08-20"))] == ["stale"]
    town.month("2026-09-01")
    # Untaxed himself, a taxed member of the household, no income: stage 4 (0.9).
    assert assessed(who(1)) == (66_960, "4" * 12)
    assert letters(who(1)) == [("premium_notice", STAGE_1), ("change_notice", 66_960)]
    assert premium.tasks(context("2026-09-01")) == []


def test_from_facility_to_facility_elsewhere_the_first_insurer_keeps_him(town):
    home = {"kind": "01", "capacity": "80", "exception_target": "1", "exclusion_kind": "", "from": "20000401"}
    for place in (1, 2):
        deliver(
            context("2026-04-01"), "ward.facility",
            home | {"number": f"131990002{place}", "name": f"遠苑{place}", "municipality": f"11100{place}",
                    "address": f"遠市{place}-2-3"},
        )  # fmt: skip
    town.line("2026-04-01", 1)
    town.untaxed("2026-04-01", 1)
    town.line("2026-05-10", 1, history="2", event="02", event_on="20260510", state="2", to_address="遠市1-2-3",
              to_code="111001", taken_on="20260510")  # fmt: skip
    town.day("2026-05-11")
    assert insured(who(1)) == [("2015-05-04", "02", None, "")]
    assert [task.sort for task in qualification.tasks(context("2026-05-11"))] == ["hold"]
    stay = {"exception": "1", "municipality": "111001", "facility": "1319900021", "from": "20260510"}
    town.line("2026-05-12", 1, "ward.address_exception", **stay)
    town.main()
    assert qualification.tasks(context("2026-07-01")) == []
    assert assessed(who(1)) == (STAGE_1, "1" * 12)
    town.line("2026-09-25", 1, "ward.address_exception", **stay | {"to": "20260920"})
    town.line("2026-09-25", 1, "ward.address_exception",
              **stay | {"municipality": "111002", "facility": "1319900022", "from": "20260920"})  # fmt: skip
    town.month("2026-10-01")
    assert insured(who(1)) == [("2015-05-04", "02", None, "")]
    town.line("2026-12-20", 1, history="3", event="04", event_on="20261215", state="3")
    town.month("2027-01-04")
    assert insured(who(1)) == [("2015-05-04", "02", "2026-12-16", "52")]
    assert assessed(who(1)) == (14_080, "11111111....")
    assert levied(who(1)) == 14_080


def test_a_guest_of_ours_who_comes_home_is_assessed_once(town):
    town.line("2026-04-01", 8, GUEST, **{"from": "20240401"})
    town.line(
        "2026-04-01",
        8,
        "ward.address_exception",
        exception="1",
        municipality="111001",
        **{"from": "20240401"},
    )
    town.line("2026-04-01", 8, TAX, status="2", total_income="0", pension_revenue="700000")
    town.day("2026-04-01")
    town.main()
    guest = who(8)
    assert assessed(guest) == (STAGE_1, "1" * 12)
    town.told("2026-07-10")
    town.line("2026-08-05", 1, event_on="20260805", became_resident_on="20260805")
    town.day("2026-08-10")
    me = who(1)
    ctx = context("2026-08-10")
    with acting(ctx):
        residents.merge(ctx, guest, me, "氏名・生年月日・前住所が一致")
    town.month("2026-09-01")
    assert who(8) == me
    assert insured(me) == [("2024-04-01", "05", None, "")]
    assert assessed(me) == (STAGE_1, "1" * 12)
    assert insured(guest) == []
    assert assessed(guest) == (0, "............")
    assert levied(guest) + levied(me) == STAGE_1


def test_a_decrease_after_the_request_with_two_of_its_payments_taken(town):
    town.line("2026-04-01", 1)
    town.line("2026-04-01", 1, TAX, total_income="1000000", pension_revenue="2100000")
    town.line("2026-04-01", 1, "migrate.february", fiscal_year="2025", yen="12000", basic_pension_number="")
    town.day("2026-04-01", "premium.take_february", "premium.provisional", "collection.plan")
    assert assessed(who(1))[0] == 36_000
    town.main()
    held = collection.plan(context("2026-07-01"), who(1), YEAR)
    yen = {part.number: part.yen for part in collection.instalments(context("2026-07-01"), held.id)}
    assert sum(yen.values()) == STAGE_6
    with acting(context("2026-07-20")):
        DeductionRequest.objects.create(
            person_id=who(1), fiscal_year=YEAR, code="01", kind="01", payer="001", plan_id=held.id, target=None,
            yen1=yen[10], yen2=yen[12], yen3=yen[14], file=1,
        )  # fmt: skip
    town.told("2026-07-20")
    taken = sum(yen[month] for month in (4, 6, 8, 10, 12))
    town.line(
        "2026-12-20",
        1,
        TAX,
        history="2",
        correction="1",
        status="2",
        total_income="0",
        pension_revenue="700000",
    )
    town.month("2026-12-21")
    assert assessed(who(1)) == (STAGE_1, "1" * 12)
    now = collection.plan(context("2026-12-21"), who(1), YEAR)
    assert (now.request, now.refund_yen) == ("stop", taken - STAGE_1)
    assert levied(who(1)) == STAGE_1
    assert letters(who(1))[-1] == ("change_notice", STAGE_1)


def test_who_comes_and_goes_in_one_month_owes_nothing_and_gets_no_letter(town):
    town.line("2026-04-01", 2)
    town.untaxed("2026-04-01", 2)
    town.day("2026-06-01")
    town.main()
    town.line("2026-07-05", 1, event="01", event_on="20260705", became_resident_on="20260705")
    town.untaxed("2026-07-05", 1)
    town.line("2026-07-22", 1, history="2", event="02", event_on="20260720", state="2", became_resident_on="20260705",
              to_code="131121", to_address="世田谷区1", taken_on="20260720")  # fmt: skip
    town.month("2026-08-03")
    assert insured(who(1)) == [("2026-07-05", "01", "2026-07-20", "51")]
    assert assessed(who(1)) == (0, "............")
    assert (levied(who(1)), letters(who(1))) == (0, [])


def test_a_record_that_never_was_leaves_no_insured_and_no_levy(town):
    town.line("2026-04-01", 1)
    town.untaxed("2026-04-01", 1)
    town.line("2026-04-01", 2)
    town.untaxed("2026-04-01", 2)
    town.day("2026-06-01")
    town.main()
    town.told("2026-07-10")
    assert levied(who(1)) == STAGE_1
    town.line("2026-08-20", 1, correction="2")
    town.month("2026-09-01")
    assert insured(who(1)) == []
    assert assessed(who(1)) == (0, "............")
    assert levied(who(1)) == 0
    assert letters(who(1))[-1] == ("change_notice", 0)


def test_moving_out_confirmed_late_takes_back_months_already_levied(town):
    town.line("2026-04-01", 1)
    town.line("2026-04-01", 1, TAX, total_income="1000000", pension_revenue="2100000")
    town.day("2026-06-01")
    town.main()
    town.told("2026-07-10")
    before = replace(context("2026-10-15"))
    town.line("2026-10-15", 1, history="2", event="02", event_on="20260531", state="2", to_code="131121",
              to_address="世田谷区1", taken_on="20260531")  # fmt: skip
    town.month("2026-11-02")
    assert insured(who(1)) == [("2015-05-04", "02", "2026-05-31", "51")]
    assert assessed(who(1)) == (7_440, "6...........")
    plan = collection.plan(before, who(1), YEAR)
    # Four terms were due by the day of the act (July to the second of November): more than is owed, so it is refunded.
    assert plan.refund_yen > 0
    assert levied(who(1)) == 7_440


def test_settings_are_those_of_the_ward():
    assert settings.INSURER == "131997"
