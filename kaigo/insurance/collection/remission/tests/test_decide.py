"""Remission on PostgreSQL: each ground at its boundary, granted and refused, taken back, and always by two people."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.decide import change_way
from kaigo.insurance.collection.models import Relief, Remission, Task
from kaigo.insurance.collection.remission import decide, read
from kaigo.insurance.collection.remission.tests.two import (
    AUGUST,
    JULY,
    apply_for,
    approve,
    ask,
    ask_back,
    assess,
    balances,
    booked,
    first,
    granted,
    in_force,
    is_right,
    of_stage,
    parts,
    payer,
    plan_on,
    propose,
    second,
    taken_back,
)
from kaigo.insurance.collection.tests.builders import INSURER, YEAR, february, insured, mandate, on, person
from kaigo.insurance.collection.tests.builders import assess as assess_yen
from kaigo.insurance.ledger.models import LedgerEntry

pytestmark = pytest.mark.django_db
POOR = {"household_size": 1, "income_yen": 1_500_000, "savings_yen": 1_500_000}


def pay(who: int, number: int, yen: int, on_day: date = date(YEAR, 7, 31)) -> None:
    LedgerEntry.objects.create(
        person_id=who, fiscal_year=YEAR, accounting_year=YEAR, sort="receipt", way="slip", number=number, yen=yen,
        reason="slip", source="test", key=f"test:{who}:{number}", business_date=on_day, actor="account:1",
    )  # fmt: skip


# -- by cuts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ground, lost, of, told, cut",
    [
        ("disaster", 300_000, 1_000_000, {"event_on": date(YEAR, 8, 1)}, (1, 2)),
        ("disaster", 299_999, 1_000_000, {"event_on": date(YEAR, 8, 1)}, None),
        ("disaster", 500_000, 1_000_000, {"event_on": date(YEAR, 8, 1)}, (1, 1)),
        ("income_fall", 400_000, 1_200_000, {}, (1, 4)),
        ("income_fall", 399_999, 1_200_000, {}, None),
        ("income_fall", 600_000, 1_200_000, {}, (1, 2)),
        ("crop_failure", 300_000, 1_000_000, {}, (1, 2)),
        ("crop_failure", 299_999, 1_000_000, {}, None),
    ],
)
def test_losses_at_their_boundaries_cut_the_terms_that_are_still_to_come(ground, lost, of, told, cut):
    who = payer(3)
    before, asked = parts(who), balances(who)
    pay(who, 1, before["slip", 1])
    made = granted(who, ground, lost_yen=lost, of_yen=of, **told)
    if cut is None:
        assert (made.what, made.yen, made.manner) == ("refused", 0, "none")
        assert booked(who, "remission") == 0
    else:
        off = {
            n: min(before["slip", n], -(-before["slip", n] * cut[0] // cut[1] // 100) * 100)
            for n in range(2, 9)
        }
        assert (made.what, made.manner) == ("granted", "cuts")
        assert {(way, n): yen for way, n, yen in made.cuts} == {
            ("slip", n): yen for n, yen in off.items() if yen
        }
        assert booked(who, "remission") == -made.yen == -sum(off.values())
        asked.pop(("direct", 1))
        left = {key: yen - off[key[1]] for key, yen in asked.items()}
        assert balances(who) == {key: yen for key, yen in left.items() if yen}
    assert parts(who) == before
    assert booked(who, "levy", "adjust") == of_stage(3)
    assert is_right()


def test_only_the_terms_within_the_restriction_are_remitted():
    who = payer(5)
    made = granted(who, "restricted", event_on=date(YEAR, 8, 1), event_end=date(YEAR, 10, 1))
    assert [number for _, number, _ in made.cuts] == [2, 3]
    assert {number for _, number in balances(who)} == {1, 4, 5, 6, 7, 8}
    assert is_right()


def test_what_was_paid_already_becomes_too_much():
    who = payer(3)
    yen = parts(who)["slip", 2]
    pay(who, 2, yen)
    granted(who, "disaster", lost_yen=6, of_yen=10, event_on=date(YEAR, 8, 1))
    assert balances(who) == {("direct", 1): parts(who)["slip", 1], ("direct", 2): -yen}
    assert is_right()


# -- by stage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stage, told, what",
    [
        (3, POOR, "granted"),
        (2, POOR, "granted"),
        (4, POOR, "refused"),
        (3, POOR | {"income_yen": 1_500_001}, "refused"),
        (3, POOR | {"savings_yen": 1_500_001}, "refused"),
        (3, {"household_size": 2, "income_yen": 2_000_000, "savings_yen": 2_000_000}, "granted"),
        (3, {"household_size": 2, "income_yen": 2_000_001, "savings_yen": 0}, "refused"),
    ],
)
def test_hardship_at_its_boundaries_makes_the_plan_again(stage, told, what):
    who = payer(stage)
    pay(who, 1, parts(who)["slip", 1])
    made = granted(who, "hardship", **told)
    assert made.what == what
    plan = in_force(who)
    if what == "refused":
        assert (plan.cause, plan.remission_id, booked(who, "remission")) == ("main", None, 0)
        assert sum(parts(who).values()) == of_stage(stage)
    else:
        assert (made.manner, made.yen, made.after_yen) == (
            "stage",
            of_stage(stage) - of_stage(1),
            of_stage(1),
        )
        assert (plan.cause, plan.remission_id) == ("remission", made.id)
        assert sum(parts(who).values()) == of_stage(1)
        assert booked(who, "remission") == -made.yen
        assert not LedgerEntry.objects.filter(sort="remission", yen__gt=0).exists()
    assert booked(who, "levy", "adjust") == of_stage(stage)
    assert is_right()


def test_whoever_owes_a_term_is_refused_hardship_and_whoever_pays_or_is_deducted_is_not():
    who = payer(3)
    assert granted(who, "hardship", **POOR).what == "refused"
    assert "滞納" in read.told(on(AUGUST), Remission.objects.get(person_id=who).reasons)[0].text
    pay(who, 1, parts(who)["slip", 1])
    assert granted(who, "hardship", **POOR).what == "granted"
    other = person()
    insured(other)
    february(other, 8_000)
    assess(other, 3)
    plan_on(JULY, other)
    assert granted(other, "hardship", **POOR).what == "granted"
    assert is_right()


def test_a_deferred_term_is_no_arrears():
    who = payer(3)
    made = ask(who, "disaster", date(YEAR, 7, 15), "deferral", months=2)
    approve(second(date(YEAR, 7, 15)), INSURER, made)
    assert granted(who, "hardship", **POOR).what == "granted"


def test_what_was_deducted_beyond_the_remitted_premium_goes_back():
    who = person()
    insured(who)
    february(who, 8_000)
    first_one = assess_yen(on(date(YEAR, 4, 1)), who, 24_000, "provisional")
    plan_on(date(YEAR, 4, 1), who)
    assess(who, 3, before=first_one)
    plan_on(JULY, who)
    made = granted(who, "hardship", date(YEAR, 9, 1), **POOR)
    plan = in_force(who)
    assert sum(parts(who).values()) - plan.refund_yen == of_stage(1)
    assert booked(who, "remission") == -made.yen
    assert is_right()


# -- two people -----------------------------------------------------------------------------------------


def test_who_put_it_forward_cannot_decide_it_also_with_a_second_account(monkeypatch):
    who = payer(3)
    asked = ask(who, "disaster", lost_yen=6, of_yen=10, event_on=JULY)
    with pytest.raises(Refused, match="伺いを出した本人"):
        approve(first(AUGUST), INSURER, asked)
    monkeypatch.setattr(decide, "same_person", lambda one, other: {one, other} <= {"account:1", "account:2"})
    with pytest.raises(Refused, match="伺いを出した本人"):
        approve(second(AUGUST), INSURER, asked)
    monkeypatch.undo()
    made = approve(second(AUGUST), INSURER, asked)
    assert (made.asked_by, made.actor) == ("account:1", "account:2")
    with pytest.raises(Refused, match="決裁を待っていません"):
        approve(second(AUGUST), INSURER, asked)
    back = ask_back(first(AUGUST), made, "誤り")
    with pytest.raises(Refused, match="伺いを出した本人"):
        approve(first(AUGUST), INSURER, back)
    assert Remission.objects.count() == 1


def test_what_changed_after_it_was_put_forward_is_put_forward_again():
    who = payer(3)
    pay(who, 1, parts(who)["slip", 1])
    asked = ask(who, "hardship", **POOR)
    LedgerEntry.objects.create(
        person_id=who, fiscal_year=YEAR, accounting_year=YEAR, sort="refund", way="slip", number=1, yen=500, reason="x",
        source="x", key="x", business_date=AUGUST, actor="account:1",
    )  # fmt: skip
    with pytest.raises(Refused, match="伺いの後に事実"):
        approve(second(AUGUST), INSURER, asked)
    asked = propose(first(AUGUST), INSURER, asked)
    assert approve(second(AUGUST), INSURER, asked).what == "refused"


def test_nothing_is_decided_without_what_the_law_asks_for_or_before_the_plan():
    who = payer(3)
    open_one = apply_for(first(AUGUST), who, "remission", YEAR, "disaster", applied_on=AUGUST)
    with pytest.raises(Refused, match=r"足りないもの.*損害"):
        propose(first(AUGUST), INSURER, open_one)
    with pytest.raises(Refused, match="決まらずに残っています"):
        apply_for(first(AUGUST), who, "remission", YEAR, "disaster", applied_on=AUGUST)
    with pytest.raises(Refused, match="決裁を待っていません"):
        approve(second(AUGUST), INSURER, open_one)
    decide.withdraw(first(AUGUST), open_one)
    assert Relief.objects.get().state == "withdrawn"
    before = in_force(who).assessment_id
    assess(who, 5, before=before, sort="revision")
    told = {"applied_on": AUGUST, "lost_yen": 6, "of_yen": 10, "event_on": JULY}
    waiting = apply_for(first(AUGUST), who, "remission", YEAR, "disaster", **told)
    with pytest.raises(Refused, match="期別がまだ今の賦課"):
        propose(first(AUGUST), INSURER, waiting)
    plan_on(AUGUST, who)
    approve(second(AUGUST), INSURER, propose(first(AUGUST), INSURER, waiting))
    with pytest.raises(Refused, match="もう決定されています"):
        ask(who, "disaster", lost_yen=6, of_yen=10, event_on=JULY)
    assert Remission.objects.count() == 1


def test_no_number_of_the_resident_register_is_kept_in_words():
    who, number = payer(3), "123456789018"
    for name in ("documents", "note"):
        with pytest.raises(Refused, match="個人番号"):
            apply_for(first(AUGUST), who, "remission", YEAR, "disaster", applied_on=AUGUST, **{name: number})
    assert not Relief.objects.exists()
    made = granted(who, "income_fall", lost_yen=6, of_yen=10)
    with pytest.raises(Refused, match="個人番号"):
        ask_back(first(AUGUST), made, number)
    assess(who, 5, AUGUST, before=made.assessment_id, sort="revision")
    plan_on(AUGUST)
    with pytest.raises(Refused, match="個人番号"):
        decide.settle(first(AUGUST), made, number)
    assert Task.objects.get(sort="remission").state == "open"


# -- taken back, revised, planned again -------------------------------------------------------------------


def test_a_revocation_takes_every_yen_back_once():
    who = payer(3)
    before = balances(who)
    made = granted(who, "income_fall", lost_yen=6, of_yen=10)
    back = taken_back(made)
    assert (back.what, back.supersedes_id) == ("revoked", made.id)
    assert balances(who) == before
    with pytest.raises(Refused, match="もう効いていません"):
        ask_back(first(AUGUST), made, "もう一度")
    pay(who, 1, parts(who)["slip", 1])
    made = granted(who, "hardship", **POOR)
    back = taken_back(made, date(YEAR, 9, 10))
    assert booked(who, "remission") == 0
    assert sum(parts(who).values()) == of_stage(3) == booked(who, "levy", "adjust")
    assert in_force(who).cause == "remission" and in_force(who).remission_id is None
    assert is_right()


@pytest.mark.parametrize("ground", ["hardship", "income_fall"])
def test_a_revision_lets_the_remission_lapse_and_says_so(ground):
    who = payer(3)
    pay(who, 1, parts(who)["slip", 1])
    made = granted(who, ground, lost_yen=6, of_yen=10, **POOR)
    assess(who, 5, AUGUST, before=made.assessment_id, sort="revision")
    day = date(YEAR, 9, 10)
    plan_on(day)
    lapsed = Remission.objects.get(supersedes=made)
    assert (lapsed.what, lapsed.note[:5]) == ("lapsed", "賦課が更正")
    assert booked(who, "remission") == 0 and booked(who, "levy", "adjust") == of_stage(5)
    task = Task.objects.get(sort="remission")
    assert (task.person_id, task.state, f"{made.yen:,}円" in task.message) == (who, "open", True)
    assert is_right(day)
    granted(who, "disaster", day, lost_yen=6, of_yen=10, event_on=day)
    assert Task.objects.get(sort="remission").state == "settled"


def test_what_lapses_while_it_is_decided_waits_for_somebody(monkeypatch):
    who = payer(3)
    pay(who, 1, parts(who)["slip", 1])
    asked = ask(who, "hardship", **POOR)

    def revised_at_this_moment(*about):
        assess(who, 5, AUGUST, before=in_force(who).assessment_id, sort="revision")
        replan(*about)

    replan = decide.replan
    monkeypatch.setattr(decide, "replan", revised_at_this_moment)
    made = approve(second(AUGUST), INSURER, asked)
    assert Remission.objects.get(supersedes=made).what == "lapsed"
    assert Task.objects.get(sort="remission").state == "open"
    assert is_right()


@pytest.mark.parametrize("ground", ["hardship", "income_fall"])
def test_another_way_of_paying_after_the_remission_doubles_nothing(ground):
    who = payer(3)
    pay(who, 1, parts(who)["slip", 1])
    made = granted(who, ground, lost_yen=6, of_yen=10, **POOR)
    asked = balances(who)
    mandate(who, date(YEAR, 8, 1))
    change_way(on(AUGUST), INSURER, YEAR, who, "debit", date(YEAR, 9, 1))
    assert {way for way, number in parts(who) if number > 2} == {"debit"}
    assert balances(who) == asked
    assert booked(who, "remission") == -made.yen and booked(who, "levy", "adjust") == of_stage(3)
    assert not Remission.objects.filter(supersedes=made).exists()
    assert is_right()
    back = taken_back(made, date(YEAR, 9, 10))
    assert back.what == "revoked" and booked(who, "remission") == 0
    assert is_right(date(YEAR, 9, 10))


def test_the_pension_record_that_moves_the_terms_lets_cuts_lapse():
    from kaigo.insurance.collection.tests.builders import target

    who = payer(3)
    made = granted(who, "income_fall", JULY, lost_yen=6, of_yen=10)
    target(who, 4)
    plan_on(date(YEAR, 7, 2), who)
    assert any(way == "deduction" for way, _ in parts(who))
    assert Remission.objects.get(supersedes=made).note.startswith("期別が決め直され")
    assert booked(who, "remission") == 0
    assert is_right()


def test_the_invariant_names_each_difference():
    from kaigo.insurance.collection.read import WHAT, invariant

    who = payer(3)
    made = granted(who, "income_fall", lost_yen=6, of_yen=10)
    LedgerEntry.objects.create(
        person_id=who, fiscal_year=YEAR, accounting_year=YEAR, sort="remission", way="slip", number=5, yen=-1, reason="x",
        source=f"remission:{made.id}", key="x", business_date=AUGUST, actor="account:1",
    )  # fmt: skip
    (found,) = invariant(on(AUGUST), YEAR)
    assert (found.person, WHAT[found.what]) == (who, "期ごとの減免の記帳が、決定した額と違う")
    other = payer(3)
    pay(other, 1, parts(other)["slip", 1])
    stage = granted(other, "hardship", **POOR)
    LedgerEntry.objects.create(
        person_id=other, fiscal_year=YEAR, accounting_year=YEAR, sort="remission", way="slip", number=5, yen=-1, reason="x",
        source=f"plan:{in_force(other).id}", key="y", business_date=AUGUST, actor="account:1",
    )  # fmt: skip
    found = {d.person: d for d in invariant(on(AUGUST), YEAR)}[other]
    assert (found.what, found.remitted) == ("remitted", stage.yen)
