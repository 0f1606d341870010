"""The year's jobs in their order, with files, preconditions and recorded runs; real commits."""

from __future__ import annotations

from datetime import date

import pytest
from django.conf import settings

from kaigo.base.feeds.decide import receive
from kaigo.base.feeds.models import RefusedLine
from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import NotReady
from kaigo.base.jobs.run import run
from kaigo.base.records.context import Context, acting
from kaigo.base.records.tests.waiting import wait_for_readers
from kaigo.insurance.premium.batch import approve
from kaigo.insurance.premium.models import Assessment, Batch, Deducted
from kaigo.insurance.premium.tests.builders import (
    INSURER,
    assessments,
    context,
    in_force,
    insured,
    qualify,
    taxed,
)
from kaigo.insurance.qualification.tests.builders import day
from kaigo.insurance.residents.models import AddresseeNumber
from kaigo.layouts.writer import write_csv


def work(name, on):
    wait_for_readers()
    return run(Context("job:test", "operations", day(on)), name).result


def done(name, on):
    Run.objects.create(job=name, on=day(on), state="done", actor="test")


def february(sequence, *rows):
    content = write_csv(
        "migrate.february",
        INSURER,
        date(2026, 4, sequence),
        sequence,
        "changes",
        [{"addressee": f"{a:015d}", "fiscal_year": "2025", "yen": str(yen)} for a, yen in rows],
    )
    ctx = Context("account:1", "intake", day("2026-04-01"))
    with acting(ctx):
        return receive(ctx, INSURER, f"february-{sequence}.csv", content, "migrate.february")


@pytest.fixture
def people(street):
    found = [insured(), insured("1951-06-06")]
    with acting(context("2026-04-01")):
        for place, person in enumerate(found, 1):
            AddresseeNumber.objects.create(number=f"{place:015d}", person_id=person)
    qualify("2026-04-01")
    return found


def test_the_jobs_of_a_year_in_their_order(people):
    assert settings.INSURER == INSURER
    assert february(1, (1, 4_000)).state == "accepted"
    with pytest.raises(NotReady):
        work("premium.provisional", "2026-04-01")
    assert work("premium.take_february", "2026-04-01") == {"taken": 1, "refused": 0}
    done("qualification.daily", "2026-04-01")
    assert work("premium.provisional", "2026-04-01") == {"people": 1, "yen": 12_000}
    assert work("premium.monthly", "2026-05-01")["decisions"] == 0
    with pytest.raises(NotReady) as lacks:
        work("premium.shadow_main", "2026-07-01")
    assert "住民税" in str(lacks.value)
    for person in people:
        taxed(person, pension_revenue=780_000)
    done("residents.take", "2026-06-30")
    with pytest.raises(NotReady) as lacks:
        work("premium.shadow_main", "2026-07-01")
    assert "資格の取得・喪失" in str(lacks.value)
    done("qualification.daily", "2026-06-30")
    assert work("premium.shadow_main", "2026-07-01")["decisions"] == 2
    with pytest.raises(NotReady):
        work("premium.main", "2026-07-01")
    head = context("2026-07-01", "account:2")
    with acting(head):
        approve(head, Batch.objects.get())
    assert work("premium.main", "2026-07-01")["saved"] == 2
    assert [a[0] for a in assessments(people[0])] == ["provisional", "main"]
    assert work("premium.stale", "2026-07-02") == {"found": 0, "new": 0}
    taxed(people[0], status="1", total_income=3_000_000)
    assert work("premium.stale", "2026-07-03") == {"found": 1, "new": 1}
    assert work("premium.monthly", "2026-08-01")["decisions"] == 1
    assert in_force(people[0]).sort == "revision"
    assert Assessment.objects.count() == 4


def test_lines_of_february_that_cannot_be_used_go_back_to_the_files(people):
    february(1, (1, 4_000), (77, 3_000))
    assert work("premium.take_february", "2026-04-01") == {"taken": 1, "refused": 1}
    assert "住民の台帳にいません" in RefusedLine.objects.get(room="premium").message
    assert work("premium.take_february", "2026-04-02") == {"taken": 0, "refused": 0}
    february(2, (1, 4_500))
    assert work("premium.take_february", "2026-04-03") == {"taken": 0, "refused": 1}
    assert Deducted.objects.get().yen == 4_000
