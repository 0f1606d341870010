"""The slips to send: what is open of the plans in force, each with the number that names it."""

from __future__ import annotations

import json
from datetime import date

import pytest

from kaigo.base.audit.models import Event
from kaigo.insurance.collection import read
from kaigo.insurance.collection.models import Instalment
from kaigo.insurance.collection.slips import part_of
from kaigo.insurance.collection.tests.builders import YEAR, assess, insured, mandate, on, person
from kaigo.insurance.collection.tests.test_plan import JULY, continuing, plan_on
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.qualification.models import InsuredNumber
from kaigo.site.commands import collection as command

pytestmark = pytest.mark.django_db
AUGUST = date(YEAR, 8, 10)


def receive(who: int, way: str, number: int, yen: int) -> None:
    key = f"{who}:{number}:{yen}"
    post(on(AUGUST), [Line(who, "test:1", key, yen, YEAR, YEAR, "receipt", way, number, "slip")])


@pytest.fixture
def who() -> int:
    found = person()
    insured(found)
    InsuredNumber.objects.create(person_id=found, number="0000012345")
    assess(on(JULY), found, 66_000)
    plan_on(JULY)
    return found


def test_a_slip_asks_what_is_open_and_its_number_names_the_part(who):
    parts = {part.number: part for part in Instalment.objects.filter(person_id=who)}
    receive(who, "slip", 1, parts[1].yen)
    receive(who, "slip", 2, 3_000)
    found = {slip.number: slip for slip in read.slips(on(AUGUST), YEAR)}
    assert 1 not in found and set(found) == set(parts) - {1}
    assert found[2].yen == parts[2].yen - 3_000
    assert found[3] == (
        found[3].reference, who, "0000012345", "", YEAR, 3, "slip", parts[3].due_on, parts[3].yen,
    )  # fmt: skip
    assert {part_of(slip.reference) for slip in found.values()} == {parts[n].id for n in found}
    assert len({slip.reference for slip in found.values()}) == len(found)


def test_only_what_is_due_by_the_day_and_of_the_year(who):
    due = [part.due_on for part in Instalment.objects.filter(person_id=who).order_by("due_on")]
    assert [slip.due_on for slip in read.slips(on(JULY), YEAR, due[1])] == due[:2]
    assert list(read.slips(on(JULY), YEAR - 1)) == []
    assert len(list(read.slips(on(JULY)))) == len(due)


def test_after_a_revision_the_slips_are_those_of_the_new_plan(who):
    before = {slip.number: slip for slip in read.slips(on(JULY), YEAR)}
    planned = read.plan(on(JULY), who, YEAR)
    assert planned
    assess(on(AUGUST), who, 90_000, "revision", planned.assessment)
    plan_on(AUGUST)
    after = {slip.number: slip for slip in read.slips(on(AUGUST), YEAR)}
    assert sum(slip.yen for slip in after.values()) == 90_000
    assert not {s.reference for s in before.values()} & {s.reference for s in after.values()}


def test_deductions_have_no_slip_and_a_mandate_says_its_way():
    continuing(yen=53_700, feb=13_750)
    other = person()
    insured(other)
    mandate(other, date(YEAR, 4, 1))
    assess(on(JULY), other, 66_000)
    plan_on(JULY)
    found = list(read.slips(on(JULY), YEAR))
    assert {(slip.person, slip.way) for slip in found} == {(other, "debit")}
    assert {slip.insured_number for slip in found} == {""}


def test_the_command_writes_a_line_for_each_and_leaves_its_event(who, capsys, monkeypatch):
    monkeypatch.setattr(command, "django_ready", lambda: None)
    assert command.main(["slips", "--json-lines", "--year", str(YEAR), "--on", f"{JULY}"]) == 0
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    slips = list(read.slips(on(JULY), YEAR))
    assert [line["reference"] for line in lines] == [slip.reference for slip in slips]
    assert set(lines[0]) == {
        "reference", "insured_number", "addressee", "fiscal_year", "number", "way", "due_on", "yen"
    }  # fmt: skip
    assert "66,000円" in err
    event = Event.objects.get(event="collection.slips")
    assert event.details == {"lines": len(slips), "yen": 66_000} and event.subjects == 1
    with pytest.raises(SystemExit):
        command.main(["slips"])
