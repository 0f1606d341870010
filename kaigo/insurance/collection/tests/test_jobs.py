"""The jobs as the calendar runs them: preconditions, results, earlier years only where the ledger differs."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.files import store
from kaigo.base.jobs.registry import NotReady
from kaigo.base.jobs.run import run
from kaigo.insurance.collection import read
from kaigo.insurance.collection.models import Plan
from kaigo.insurance.collection.tests.builders import INSURER, YEAR, assess, february, insured, on, person
from kaigo.insurance.collection.tests.test_request import town  # noqa: F401  a fixture
from kaigo.layouts.fixed import read_fixed
from kaigo.layouts.model import get

JULY = date(YEAR, 7, 15)


def test_the_yearly_request_is_kept_for_release_as_it_would_go_out(town):  # noqa: F811
    with pytest.raises(NotReady):
        run(on(JULY), "collection.request")
    run(on(JULY), "collection.plan")
    result = run(on(JULY), "collection.request").result
    assert (result["records"], result["left"]) == (2, 1)
    back = read_fixed(store.get(result["digest"]), get("pension.special_collection"), INSURER)
    assert sum(int(yen) for yen in back.rows["yen1"].to_list()) == result["yen1"]


@pytest.mark.django_db
def test_without_anybody_to_ask_the_request_says_what_is_missing():
    run(on(JULY), "collection.plan")
    with pytest.raises(NotReady) as lacks:
        run(on(JULY), "collection.request")
    assert "依頼する人がいません" in lacks.value.missing[0]


@pytest.mark.django_db
def test_an_earlier_year_is_planned_only_where_its_ledger_differs():
    settled, revised, totals_only = person(), person(), person()
    before = YEAR - 1
    for who in (settled, revised, totals_only):
        insured(who)
    day = date(YEAR, 3, 1)
    first = {who: assess(on(day), who, 60_000, "main", None, before) for who in (settled, revised)}
    run(on(day), "collection.plan")
    assert Plan.objects.filter(fiscal_year=before).count() == 2
    # A year that was migrated as a total only has no ledger and stays as it was decided.
    assess(on(day), totals_only, 50_000, "main", None, before)
    assess(on(JULY), revised, 63_000, "revision", first[revised], before)
    run(on(JULY), "collection.plan")
    assert Plan.objects.filter(fiscal_year=before, person_id=totals_only).count() == 0
    held = read.plan(on(JULY), revised, before)
    late = read.open_parts(on(JULY), revised, before)
    assert held.cause == "revision"
    assert sum(part.yen for part in late) == 3_000
    assert read.plan(on(JULY), settled, before).cause == "main"


@pytest.mark.django_db
def test_a_person_assessed_before_the_other_files_come_is_planned_next_month():
    who = person()
    insured(who)
    february(who, 8_000)
    first = assess(on(date(YEAR, 4, 1)), who, 24_000, "provisional")
    assert run(on(date(YEAR, 4, 1)), "collection.plan").result["plans"] == 1
    assess(on(date(YEAR, 7, 1)), who, 60_000, "main", first)
    assert run(on(date(YEAR, 7, 1)), "collection.plan").result["booked_yen"] == 36_000
    assert run(on(date(YEAR, 8, 1)), "collection.plan").result["plans"] == 0
