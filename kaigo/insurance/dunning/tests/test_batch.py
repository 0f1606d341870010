"""督促: who gets one on which day, who does not and why; two people; never twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from kaigo.base.jobs.registry import NotReady
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.models import Instalment
from kaigo.insurance.collection.remission.models import Deferral, DeferralTerm
from kaigo.insurance.collection.tests.builders import YEAR, assess, mandate, on, welfare
from kaigo.insurance.collection.tests.test_plan import JULY, plan_on
from kaigo.insurance.dunning import batch as batches
from kaigo.insurance.dunning import stays
from kaigo.insurance.dunning.models import Batch, Candidate, Demand, DemandFinding
from kaigo.insurance.dunning.tests.builders import (
    DATED,
    DUE,
    by,
    demanded,
    handed_over,
    parts,
    pay,
    payer,
    shadow,
)  # fmt: skip
from kaigo.insurance.ledger.models import LedgerEntry
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.qualification.tests.builders import lives
from kaigo.insurance.receipts.models import DebitRequest, DebitResult

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def why(batch: Batch) -> dict[tuple[int, int], str]:
    """(person, number) → why, of the shadow."""
    return {(c.person_id, c.number): c.why for c in Candidate.objects.filter(batch=batch, stage="shadow")}


def test_an_open_term_is_demanded_with_deadline_slip_and_reasons():
    who = payer()
    made = demanded()
    assert (made.state, made.totals["terms"], made.totals["saved"]) == ("done", 1, 1)
    (demand,) = Demand.objects.all()
    assert (demand.person_id, demand.fiscal_year, demand.number) == (who, YEAR, 1)
    assert (demand.dated, demand.due_on, demand.yen, demand.why) == (DATED, DUE, parts(who)[1].yen, "due")
    # Ten days after the letter, fictional: 見本区.
    assert (demand.deadline_on, demand.fee_yen) == (date(YEAR, 8, 28), 0)
    assert demand.part == parts(who)[1].id
    finding = DemandFinding.objects.get(decision=demand)
    assert finding.reasons[0][0] == "dunning.due"
    assert finding.law == made.law


@pytest.mark.parametrize(
    "day, expected",
    [(DUE, None), (DUE + DAY, "due"), (DUE + 20 * DAY, "due"), (DUE + 21 * DAY, "late")],
)
def test_the_day_after_the_due_date_is_the_first_and_the_twentieth_the_last_in_time(day, expected):
    who = payer()
    found = why(shadow(day))
    assert found == ({(who, 1): expected} if expected else {})


def test_a_term_paid_by_the_due_date_or_on_the_day_of_the_selection_is_not_open():
    early, late, short, over = payer(), payer(), payer(), payer()
    pay(early, 1, day=DUE)
    pay(over, 1, parts(over)[1].yen + 1, day=DUE)
    pay(late, 1, day=DATED)
    pay(short, 1, parts(short)[1].yen - 1, day=DATED)
    made = shadow()
    assert why(made) == {(short, 1): "due"}
    assert made.totals["yen"] == 1


def test_a_payment_between_shadow_and_approval_is_left_out_and_kept():
    who, other, part = payer(), payer(), payer()
    made = shadow()
    pay(who, 1, day=DATED)
    pay(part, 1, 1_000, day=DATED)
    batches.approve(by(2, DATED), made)
    done = batches.execute(by(1, DATED), made)
    assert (done["saved"], done["dropped"]) == (2, {"paid": 1})
    assert {d.person_id: d.yen for d in Demand.objects.all()} == {
        other: parts(other)[1].yen, part: parts(part)[1].yen - 1_000,
    }  # fmt: skip
    (gone,) = Candidate.objects.filter(batch=made, stage="executed")
    assert (gone.person_id, gone.why, gone.goes, gone.yen) == (who, "paid", False, 0)


def test_what_was_not_shown_is_not_demanded():
    who = payer()
    made = shadow()
    other = payer()
    batches.approve(by(2, DATED), made)
    batches.execute(by(1, DATED), made)
    assert [d.person_id for d in Demand.objects.all()] == [who]
    assert why(shadow(DATED)) == {(other, 1): "due"}


def test_what_was_shown_as_waiting_is_not_demanded_though_it_waits_no_more():
    who, day = payer(), date(YEAR, 9, 15)
    held = stays.stay(by(1, DUE), who, "other", DUE, None, "調査中", (YEAR, 2))
    made = shadow(day)
    assert why(made) == {(who, 1): "late", (who, 2): "stayed"}
    stays.end_stay(by(1, day), held.id, day)
    batches.approve(by(2, day), made)
    batches.execute(by(1, day), made)
    assert [d.number for d in Demand.objects.all()] == [1]


def test_a_fee_that_no_account_takes_is_refused(monkeypatch):
    payer()
    made = shadow()
    judge = batches.judge

    def with_fee(*asked):
        return [
            j._replace(finding=j.finding._replace(value=j.finding.value._replace(fee_yen=100)))
            for j in judge(*asked)
        ]

    monkeypatch.setattr(batches, "judge", with_fee)
    batches.approve(by(2, DATED), made)
    with pytest.raises(Refused, match="手数料を調定する科目"):
        batches.execute(by(1, DATED), made)
    batches.abandon(by(1, DATED), made)
    with pytest.raises(Refused, match="手数料を調定する科目"):
        shadow()
    assert not Demand.objects.exists()


def test_the_second_may_not_be_the_first_and_nothing_is_done_twice():
    payer()
    made = shadow()
    with pytest.raises(Refused, match="承認されていない"):
        batches.execute(by(1, DATED), made)
    with pytest.raises(Refused, match="本人は承認できません"):
        batches.approve(by(1, DATED), made)
    with pytest.raises(Refused, match="前の影の一覧"):
        shadow()
    batches.approve(by(2, DATED), made)
    batches.execute(by(1, DATED), made)
    with pytest.raises(Refused, match="承認されていない"):
        batches.execute(by(1, DATED), made)
    with pytest.raises(Refused, match="取りやめられません"):
        batches.abandon(by(1, DATED), made)
    assert Demand.objects.count() == 1
    again = shadow()
    assert (again.totals["terms"], again.totals["left"]) == (0, {})
    batches.abandon(by(1, DATED), again)
    assert again.state == "abandoned"


def test_the_database_refuses_a_second_demand_of_a_term():
    who = payer()
    made = demanded()
    one = Demand.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Demand.objects.create(
            person_id=who, batch=made, fiscal_year=YEAR, number=1, part=one.part, due_on=DUE, yen=1, dated=DATED,
            deadline_on=DATED, fee_yen=0, why="due", decided_on=DATED, actor="account:1",
        )  # fmt: skip


def test_a_batch_is_not_executed_after_its_day_nor_dated_back():
    payer()
    made = shadow(DATED, dated=DATED + DAY)
    batches.approve(by(2, DATED), made)
    with pytest.raises(Refused, match="発行日を過ぎました"):
        batches.execute(by(1, DATED + 2 * DAY), made)
    batches.abandon(by(1, DATED), made)
    with pytest.raises(Refused, match="業務日より前"):
        shadow(DATED, dated=DATED - DAY)
    assert not Demand.objects.exists()


def test_another_law_room_than_that_of_the_shadow_decides_nothing():
    payer()
    made = shadow()
    batches.approve(by(2, DATED), made)
    made.law = "0" * 64
    made.save(update_fields=["law"])
    with pytest.raises(Refused, match="条文室の版"):
        batches.execute(by(1, DATED), made)
    assert not Demand.objects.exists()


def test_a_preliminary_report_waits_until_it_is_taken_back_or_the_money_comes():
    who = payer()
    yen = parts(who)[1].yen
    pay(who, 1, day=DATED, stage="preliminary", channel="store")
    made = shadow()
    assert why(made) == {(who, 1): "reported"}
    assert Candidate.objects.get().reasons[0][0] == "dunning.reported"
    batches.abandon(by(1, DATED), made)
    pay(who, 1, day=DATED, stage="cancelled", channel="store")
    made = shadow()
    assert why(made) == {(who, 1): "due"}
    batches.abandon(by(1, DATED), made)
    pay(who, 1, day=DATED, stage="preliminary", channel="store")
    pay(who, 1, yen, day=DATED, channel="store")
    assert why(shadow()) == {}


def test_a_report_of_less_than_is_open_does_not_hold_the_demand():
    who = payer()
    pay(who, 1, 100, day=DATED, stage="preliminary", channel="store")
    assert why(shadow()) == {(who, 1): "due"}


def test_a_debit_waits_for_the_bank_and_is_demanded_with_a_slip_when_it_bounced():
    who = payer()
    mandate(who, date(2020, 1, 1))
    plan_on(JULY)
    part = parts(who)[1]
    assert part.way == "debit"
    asked = DebitRequest.objects.create(
        person_id=who,
        fiscal_year=YEAR,
        number=1,
        yen=part.yen,
        debit_on=DUE,
        bank="9999",
        reference="12345",
        file=1,
    )
    made = shadow()
    assert why(made) == {(who, 1): "debit"}
    batches.abandon(by(1, DATED), made)
    DebitResult.objects.create(request=asked, code="1", reference="12345", source="x", told_on=DUE + 5 * DAY)
    made = demanded()
    assert Demand.objects.get().part == part.id
    assert Candidate.objects.get(batch=made).way == "debit"


def test_the_welfare_office_pays_for_some():
    who = payer()
    welfare(who, date(2020, 1, 1))
    plan_on(JULY)
    assert parts(who)[1].way == "substitute"
    assert why(shadow()) == {(who, 1): "substitute"}


def test_what_was_paid_too_much_elsewhere_comes_first_if_it_is_enough():
    enough, little = payer(), payer()
    pay(enough, 2, parts(enough)[2].yen + parts(enough)[1].yen, day=DUE)
    pay(little, 2, parts(little)[2].yen + parts(little)[1].yen - 1, day=DUE)
    assert why(shadow()) == {(enough, 1): "overpaid", (little, 1): "due"}


def test_a_deferral_holds_to_its_last_day_and_a_stay_of_another_term_does_not():
    who, other = payer(), payer()
    held = stays.stay(by(1, DUE), who, "deferral", DUE, DATED + DAY, "徴収猶予の決定")
    stays.stay(by(1, DUE), other, "refund", DUE, None, "還付の処理中", (YEAR, 2))
    made = shadow()
    assert why(made) == {(who, 1): "deferred", (other, 1): "due"}
    batches.abandon(by(1, DATED), made)
    made = shadow(DATED + DAY)
    assert why(made) == {(who, 1): "due", (other, 1): "due"}
    batches.abandon(by(1, DATED), made)
    stays.stay(by(1, DUE), other, "refund", DUE, None, "還付の処理中", (YEAR, 1))
    stays.end_stay(by(1, DATED), held.id, DATED)
    assert why(shadow()) == {(who, 1): "due", (other, 1): "stayed"}
    with pytest.raises(Refused, match="もう終わっている"):
        stays.end_stay(by(1, DATED), held.id, DATED)
    for start, end, note, words in ((DUE, DUE, "x", "終わり"), (DUE, None, " ", "説明")):
        with pytest.raises(Refused, match=words):
            stays.stay(by(1, DUE), who, "other", start, end, note)


def test_a_stay_holds_from_its_first_day_to_its_last_and_ends_once():
    who, later = payer(), payer()
    held = stays.stay(by(1, DUE), who, "other", DATED, DATED + DAY, "調査中")
    stays.stay(by(1, DUE), later, "other", DATED + DAY, None, "調査中")
    made = shadow()
    assert why(made) == {(who, 1): "stayed", (later, 1): "due"}
    batches.abandon(by(1, DATED), made)
    assert why(shadow(DATED + DAY)) == {(who, 1): "due", (later, 1): "stayed"}
    with pytest.raises(Refused, match="もう終わっている"):
        stays.end_stay(by(1, DATED + DAY), held.id, DATED + DAY)


def test_what_collection_decided_to_wait_for_is_not_demanded():
    """徴収猶予 is decided in collection: its terms wait here to the last day, and those of nobody else."""
    who, other = payer(), payer()
    decided = Deferral.objects.create(
        person_id=who, what="granted", ground="disaster", start_on=DUE, end_on=DATED + DAY, facts=[], reasons=[], law="0",
        note="", asked_by="account:1", decided_on=DUE, actor="account:2",
    )  # fmt: skip
    DeferralTerm.objects.create(deferral=decided, person_id=who, fiscal_year=YEAR, kind="direct", number=1)
    made = shadow()
    assert why(made) == {(who, 1): "deferred", (other, 1): "due"}
    batches.abandon(by(1, DATED), made)
    assert why(shadow(DATED + DAY)) == {(who, 1): "due", (other, 1): "due"}


def test_what_fell_due_before_it_was_handed_over_may_have_been_demanded_there():
    before, after = handed_over(DUE + DAY), handed_over(DUE)
    assert why(shadow()) == {(before, 1): "taken_over", (after, 1): "due"}


def test_no_letter_where_nobody_would_get_it():
    nowhere, dead, moved = payer(at_home=False), payer(at_home=False), payer(at_home=False)
    lives(dead, "2000-01-01", state="dead")
    lives(moved, "2000-01-01", state="erased")
    assert why(shadow()) == {(nowhere, 1): "address", (dead, 1): "dead", (moved, 1): "address"}


def test_below_the_insurers_least_nothing_is_demanded():
    who = payer()
    pay(who, 1, parts(who)[1].yen - 999, day=DUE)
    made = shadow(least_yen=1_000)
    assert (why(made), made.totals["left"]) == ({(who, 1): "least"}, {"least": [1, 999]})
    batches.abandon(by(1, DATED), made)
    assert why(shadow(least_yen=999)) == {(who, 1): "due"}


def test_after_two_years_nothing_is_demanded_and_a_part_payment_counts_anew():
    who, paid = payer(), payer()
    pay(paid, 1, 1_000, day=DUE + DAY)
    last = date(YEAR + 2, 7, 31)
    found = why(shadow(last))
    assert (found[(who, 1)], found[(paid, 1)]) == ("late", "late")
    batches.abandon(by(1, last), Batch.objects.get(state="shadowed"))
    found = why(shadow(last + DAY))
    assert (found[(who, 1)], found[(paid, 1)]) == ("prescribed", "late")


def test_a_payment_that_was_taken_back_and_an_offset_renew_nothing():
    back, moved = payer(), payer()
    pay(back, 1, 1_000, day=DUE + DAY)
    pay(moved, 1, 500, day=DUE)
    source = LedgerEntry.objects.get(person_id=back, sort="receipt").source
    post(
        on(DUE + 9 * DAY),
        [
            Line(back, source, f"{source}:reversed", -1_000, YEAR, YEAR, "receipt", "slip", 1, "ruling"),
            Line(moved, "offset:1", "offset:1:1", 1_000, YEAR, YEAR, "offset", "slip", 1, "offset"),
            Line(moved, "offset:1", "offset:1:2", -1_000, YEAR, YEAR, "offset", "slip", 2, "offset"),
        ],
    )
    found = why(shadow(date(YEAR + 2, 8, 1)))
    assert (found[(back, 1)], found[(moved, 1)]) == ("prescribed", "prescribed")


def test_only_terms_due_from_a_day_on_are_looked_at_when_asked():
    who = payer()
    day = date(YEAR, 9, 15)
    assert set(why(shadow(day, since=date(YEAR, 8, 1)))) == {(who, 2)}


def test_the_missing_deadline_of_an_insurer_is_told_and_nothing_is_made():
    payer()
    with pytest.raises(NotReady) as lacks:
        batches.shadow(by(1, DATED), "131202", DATED)
    assert "練馬区の督促状の指定期限" in lacks.value.missing[0]
    assert not Batch.objects.exists()


def test_a_revision_after_the_demand_leaves_the_demand_as_it_was():
    who = payer()
    demanded()
    before = Instalment.objects.get(id=parts(who)[1].id)
    first = rows("SELECT id FROM premium_assessment WHERE person_id = %(who)s", {"who": who})[0][0]
    assess(on(date(YEAR, 9, 1)), who, 50_000, "revision", first)
    plan_on(date(YEAR, 9, 1))
    demand = Demand.objects.get()
    assert (demand.yen, demand.part) == (before.yen, before.id)
    assert (who, 1) not in why(shadow(date(YEAR, 9, 10)))
