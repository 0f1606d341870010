"""Shadow, approval, execution on frozen facts; provisional before, monthly and prior-year runs after; real commits."""

from __future__ import annotations

import pytest

from kaigo.base.records.context import acting
from kaigo.base.records.refusal import Refused
from kaigo.base.records.tests.waiting import wait_for_readers
from kaigo.base.records.watermarks import reading
from kaigo.insurance.premium import batch as batches
from kaigo.insurance.premium import reports, stale
from kaigo.insurance.premium.decide import assess_persons
from kaigo.insurance.premium.models import Assessment, Batch, Task
from kaigo.insurance.premium.monthly import monthly
from kaigo.insurance.premium.provisional import decide_provisional
from kaigo.insurance.premium.read import current, in_force_sql
from kaigo.insurance.premium.tests.builders import (
    INSURER,
    assessments,
    context,
    deducted,
    died,
    in_force,
    insured,
    moment,
    on_welfare,
    qualify,
    taxed,
)

CLERK, HEAD = "account:1", "account:2"


def shadow(on="2026-07-01", year=2026):
    ctx = context(on, CLERK)
    with acting(ctx):
        return batches.shadow(ctx, INSURER, "main", year)


def approve(batch, on="2026-07-01", actor=HEAD):
    ctx = context(on, actor)
    with acting(ctx):
        batches.approve(ctx, batch)


def execute(batch, on="2026-07-01"):
    ctx = context(on, CLERK)
    with acting(ctx):
        return batches.execute(ctx, batch)


def main(on="2026-07-01", year=2026):
    made = shadow(on, year)
    approve(made, on)
    execute(made, on)
    return made


def month(on):
    ctx = context(on, "job:premium.monthly")
    wait_for_readers()
    with acting(ctx):
        return monthly(ctx, INSURER)


@pytest.fixture
def two(street):
    """Two insured people with their tax of 2026 (and of 2025), qualified."""
    people = [insured(), insured("1951-06-06")]
    for person, pension in zip(people, (780_000, 1_000_000), strict=True):
        for year in (2025, 2026):
            taxed(person, year, pension_revenue=pension)
    qualify("2025-07-01")
    return people


def test_the_shadow_decides_nothing_and_the_work_decides_what_was_shown(two):
    made = shadow()
    assert not Assessment.objects.exists()
    assert (made.state, made.totals["people"], made.totals["decisions"]) == ("shadowed", 2, 2)
    approve(made)
    done = execute(made)
    assert (done["saved"], done["yen"]) == (2, sum(in_force(p).annual_yen for p in two))
    assert {a.batch_id for a in Assessment.objects.all()} == {made.id}
    inputs = {row["name"]: row["rows"] for row in reports.report(made)["inputs"]}
    assert (inputs["住民税"], inputs["資格"]) == (2, 2)


def test_the_one_who_asked_cannot_approve(two):
    made = shadow()
    with pytest.raises(Refused):
        approve(made, actor=CLERK)
    with pytest.raises(Refused):
        execute(made)
    assert not Assessment.objects.exists()


def test_facts_that_come_after_the_cut_off_do_not_change_the_work(two):
    made = shadow()
    taxed(two[0], status="1", total_income=9_000_000)
    approve(made)
    execute(made)
    assert in_force(two[0]).stages == "1" * 12
    assert month("2026-07-02")["decisions"] == 1
    assert [a[0] for a in assessments(two[0])] == ["main", "revision"]
    assert in_force(two[0]).stage > 9


def test_another_decision_in_between_refuses_the_work(two):
    made = shadow()
    approve(made)
    ctx = context("2026-07-01")
    with acting(ctx):
        assess_persons(ctx, INSURER, 2026, [two[0]], "counter")
    with pytest.raises(Refused):
        execute(made)
    assert Assessment.objects.count() == 1
    made.refresh_from_db()
    assert made.state == "approved"


def test_the_same_totals_of_other_decisions_refuse_the_work(two):
    """Two people exchanged: numbers and yen agree, the decisions do not."""
    made = shadow()
    approve(made)
    made.totals["digest"] = "of other decisions"
    made.save(update_fields=["totals"])
    with pytest.raises(Refused, match="決定の中身"):
        execute(made)
    assert not Assessment.objects.exists()


def test_another_law_room_than_that_of_the_shadow_refuses_the_work(two, monkeypatch):
    made = shadow()
    approve(made)
    monkeypatch.setattr(batches, "law_version", lambda digest: "another")
    with pytest.raises(Refused, match="条文室の版"):
        execute(made)
    assert not Assessment.objects.exists()


def test_a_second_shadow_waits_until_the_first_is_given_up(two):
    made = shadow()
    with pytest.raises(Refused):
        shadow()
    with acting(context("2026-07-01")):
        batches.abandon(context("2026-07-01"), made)
    assert shadow().state == "shadowed"


def test_a_table_with_missing_rows_refuses_the_batch(two):
    from kaigo.base.jobs.registry import NotReady

    ctx = context("2027-07-01")
    with acting(ctx), pytest.raises(NotReady) as refused:
        batches.shadow(ctx, INSURER, "main", 2027)
    assert "第10期" in str(refused.value)


def test_the_provisional_decision_is_superseded_by_the_main_one(two):
    deducted(two[0], 4_000)
    ctx = context("2026-04-01")
    with acting(ctx):
        assert decide_provisional(ctx, INSURER, 2026) == {"people": 1, "yen": 12_000}
        assert decide_provisional(ctx, INSURER, 2026) == {"people": 0, "yen": 0}
    main()
    assert assessments(two[0])[0][:2] == ("provisional", 12_000)
    assert [a[0] for a in assessments(two[0])] == ["provisional", "main"]
    assert [a[0] for a in assessments(two[1])] == ["main"]
    first, second = Assessment.objects.filter(person_id=two[0]).order_by("id")
    assert second.supersedes_id == first.id


def test_a_provisional_decision_for_somebody_no_longer_insured_ends_at_zero(two):
    deducted(two[0], 4_000)
    ctx = context("2026-04-01")
    with acting(ctx):
        decide_provisional(ctx, INSURER, 2026)
    died(two[0], "2026-03-15")
    qualify("2026-06-01")
    main()
    assert in_force(two[0]).annual_yen == 0
    assert in_force(two[0]).sort == "main"


def test_the_monthly_run_takes_deaths_new_65_and_tax_differences(two):
    main()
    died(two[0], "2026-08-31")
    new = insured("1961-08-20")
    taxed(new, pension_revenue=780_000)
    qualify("2026-09-01")
    assert month("2026-09-01")["decisions"] == 2
    assert in_force(two[0]).stages == "11111-------"
    assert (in_force(new).sort, in_force(new).stages) == ("main", "----11111111")
    taxed(two[1], status="1", total_income=3_000_000)
    assert month("2026-10-01")["decisions"] == 1
    assert month("2026-11-01")["decisions"] == 0
    assert Batch.objects.filter(sort="monthly").count() == 3


def test_before_the_main_assessment_the_monthly_run_decides_nothing(two):
    assert month("2026-05-01")["decisions"] == 0
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(("on", "allowed"), [("2027-07-30", True), ("2027-08-03", False)])
def test_a_year_that_is_over_is_revised_within_two_years_of_its_first_due_date(two, on, allowed):
    """半田市・長与町 and others revised years too late (I21). First due 2025-07-31 by payment slip."""
    main("2025-07-01", 2025)
    main("2026-07-01", 2026)
    month("2026-08-01")
    taxed(two[0], 2025, status="1", total_income=9_000_000)
    done = month(on)
    assert (done["decisions"], done["barred"]) == ((1, 0) if allowed else (0, 1))
    if allowed:
        assert [a[0] for a in assessments(two[0], 2025)] == ["main", "revision"]
        assert Batch.objects.filter(sort="prior", fiscal_year=2025).count() == 1
    else:
        assert len(assessments(two[0], 2025)) == 1
        task = Task.objects.get(sort="barred")
        assert (task.person_id, task.fiscal_year) == (two[0], 2025)
        assert "令和9年7月31日" in " ".join(text for _, text in task.missing)


@pytest.mark.parametrize(("on", "allowed"), [("2027-05-10", True), ("2027-05-11", False)])
def test_for_a_deducted_pension_the_two_years_begin_on_10_may(two, on, allowed):
    """Those whose pension was deducted in April were due on 10 May (I21)."""
    deducted(two[0], 4_000, 2024)
    main("2025-07-01", 2025)
    month("2026-02-01")
    taxed(two[0], 2025, status="1", total_income=9_000_000)
    done = month(on)
    assert (done["decisions"], done["barred"]) == ((1, 0) if allowed else (0, 1))


def look(on="2026-08-01", year=2026):
    wait_for_readers()
    ctx = context(on)
    with acting(ctx), reading("premium.stale", "facts") as span:
        return stale.run(ctx, year, span)


def test_decisions_on_facts_no_longer_believed_are_named(two):
    main()
    assert look() == {"found": 0, "new": 0}
    taxed(two[1], pension_revenue=1_100_000)
    assert look() == {"found": 1, "new": 1}
    task = Task.objects.get(sort="stale")
    assert task.person_id == two[1]
    assert task.missing == [["person", "本人の住民税: 公的年金等収入金額 1,000,000 円 → 1,100,000 円"]]
    assert look() == {"found": 0, "new": 0}
    month("2026-09-01")
    task.refresh_from_db()
    assert task.state == "settled"


def test_a_benefit_that_never_was_is_found_too(two):
    on_welfare(two[0], "2026-06-01")
    main()
    look()
    on_welfare(two[0], "2026-06-01", void=True)
    assert look()["new"] == 1
    assert Task.objects.get(sort="stale").missing[0][0] == "public_assistance"


def test_a_change_of_somebody_in_the_household_is_found(street):
    from kaigo.insurance.premium.tests.builders import at_home, born, lives

    person, son = born("1950-05-05"), born("1980-05-05")
    for someone in (person, son):
        lives(someone, "1990-01-01")
        taxed(someone)
    at_home([person, son])
    qualify()
    main()
    look()
    taxed(son, status="1", total_income=4_000_000)
    assert look()["new"] == 1
    assert Task.objects.get(sort="stale").missing == [["members", "世帯員の住民税: 1 人の記録が変わりました"]]


def test_names_changed_are_no_stale_decision(two):
    from kaigo.insurance.qualification.tests.builders import say_particulars

    main()
    look()
    say_particulars(two[0], "1950-05-05", name="見本 春子")
    assert look() == {"found": 0, "new": 0}


def test_what_was_decided_at_a_moment_stays_visible(two):
    from django.db import connection

    main()
    then = moment()
    taxed(two[0], status="1", total_income=9_000_000)
    month("2026-08-01")
    ctx = context("2026-08-01", known_at=then)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT stages FROM ({in_force_sql(ctx)}) a WHERE person_id = %(person)s",
            {"person": two[0], "known_at": then},
        )
        assert cursor.fetchall() == [("1" * 12,)]
    assert in_force(two[0]).stages != "1" * 12
    assert current(ctx, two[0], 2026).stages == (1,) * 12
    assert current(context("2026-08-01"), two[0], 2026).id == in_force(two[0]).id
