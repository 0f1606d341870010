"""所得照会 and the premium: unclear without a record, interim while inquiring, decided anew by the reply."""

from __future__ import annotations

import pytest
from psycopg.types.range import Range

from kaigo.base.records.context import acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.tests.waiting import wait_for_readers
from kaigo.base.records.watermarks import reading
from kaigo.insurance.premium import stale
from kaigo.insurance.premium.decide import judge, record
from kaigo.insurance.premium.models import Task
from kaigo.insurance.premium.tests.builders import INSURER, assessments, context, in_force, insured, qualify
from kaigo.insurance.qualification import income_inquiries as inquiries
from kaigo.insurance.qualification.tests.builders import day, fact
from kaigo.insurance.registers.models import Insurer, InsurerEntry
from kaigo.insurance.residents import taxation
from kaigo.insurance.residents.models import AddresseeNumber

TOLD = dict.fromkeys(taxation.YEN, "0") | {"status": "1", "total_income": "3000000", "declared": "1"}


@pytest.fixture
def mover(street):
    """Moved in on 10 March 2026; another municipality is asked."""
    person = insured(
        since="2026-03-10", became_resident_on="2026-03-10", became_resident_reason="01", from_code="112038"
    )
    with acting(context("2026-04-01")):
        AddresseeNumber.objects.create(number=f"{1:015d}", person_id=person)
        believe_rows(
            InsurerEntry,
            [
                fact(InsurerEntry)
                | {
                    "insurer_id": Insurer.objects.create(code="112038").id,
                    "name": "川口市",
                    "prefecture": "埼玉県",
                    "number": "112037",
                    "effective": Range(day("2000-04-01"), None),
                }
            ],
        )
    qualify("2026-04-01")
    return person


def assess(on):
    ctx = context(on)
    with acting(ctx):
        found = judge(ctx, INSURER, 2026, "main", None)
        record(ctx, INSURER, 2026, None, found)
    return found


def look(on):
    wait_for_readers()
    ctx = context(on)
    with acting(ctx), reading("premium.stale", "facts") as span:
        return stale.run(ctx, 2026, span)


def test_no_record_is_unclear_inquiring_is_interim_and_the_reply_makes_it_stale(mover):
    assert assess("2026-07-01").totals["unclear"] == 1
    assert assessments(mover) == []
    ctx = context("2026-07-02")
    with acting(ctx):
        (row,) = inquiries.ask(ctx, 2026, "112038", [mover], day("2026-08-31"))
        inquiries.note_sent(ctx, [row.id])
    assert assess("2026-07-03").totals["unclear"] == 0
    first = in_force(mover)
    assert first.interim
    look("2026-07-04")
    ctx = context("2026-08-05")
    with acting(ctx):
        inquiries.reply(ctx, row, day("2026-08-03"), TOLD)
    assert look("2026-08-06") == {"found": 1, "new": 1}
    told = [text for _, text in Task.objects.get(sort="stale", state="open").missing]
    assert any("照会中 → " in line for line in told) and any("3,000,000 円" in line for line in told)
    assess("2026-08-07")
    second = in_force(mover)
    assert second.id != first.id and not second.interim and second.stage > first.stage


def test_without_a_record_there_either_the_interim_stage_stays(mover):
    ctx = context("2026-07-02")
    with acting(ctx):
        (row,) = inquiries.ask(ctx, 2026, "112038", [mover], day("2026-08-31"))
        inquiries.reply_no_record(ctx, row, day("2026-07-02"))
    assess("2026-07-03")
    assert in_force(mover).interim
