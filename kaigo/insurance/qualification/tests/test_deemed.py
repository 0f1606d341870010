"""みなし2号: never insured, never a premium; an entry holds while the facts hold."""

from __future__ import annotations

import pytest
from psycopg.types.range import Range

from kaigo.base.desk.refs import ref
from kaigo.base.records.context import acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification import deemed, read
from kaigo.insurance.qualification.decide import decide_all
from kaigo.insurance.qualification.models import Deemed, InsuredNumber, Qualification
from kaigo.insurance.qualification.panels import panel
from kaigo.insurance.qualification.tests.builders import INSURER, born, context, day, fact, in_force, lives
from kaigo.insurance.qualification.tests.test_screens import ask, text
from kaigo.insurance.residents.models import AddresseeNumber, MedicalInsurance, Welfare

pytestmark = pytest.mark.django_db


def assisted(person, since, until=None, kind="1"):
    with acting(context("2026-01-01")):
        believe_rows(
            Welfare,
            [
                fact(
                    Welfare, person_id=person, welfare_kind=kind, case_number="9-1", substitute_payment=False,
                    effective=Range(day(since), day(until) if until else None),
                )
            ],
        )  # fmt: skip


def medically_insured(person, since):
    with acting(context("2026-01-01")):
        believe_rows(
            MedicalInsurance,
            [fact(MedicalInsurance, person_id=person, category="1", effective=Range(day(since), None))],
        )


@pytest.fixture
def who():
    """50 years old, on public assistance since March 2026."""
    person = born("1976-01-10", "扶助 太郎")
    lives(person, "1990-01-01")
    assisted(person, "2026-03-01")
    return person


def enter(person, number="H000000123", since="2026-04-01", on="2026-07-01", disease="10"):
    return deemed.enter(context(on), INSURER, person, number, "見本福祉事務所", "9-1", disease, day(since))


def state(person, on="2026-07-01"):
    (entry,) = deemed.entries(context(on), INSURER, person)
    return entry.state


def test_who_is_registered_is_never_insured_and_has_no_number_of_ours(who):
    enter(who)
    assert deemed.valid(context("2026-07-01"), INSURER, who).number == "H000000123"
    decide_all(context("2026-07-01"), INSURER)
    assert in_force(who) == []
    assert not Qualification.objects.exists() and not InsuredNumber.objects.exists()


def test_the_counter_says_that_he_is_known_and_not_insured(who):
    assert panel(context("2026-07-01"), who) is None
    enter(who)
    shown = panel(context("2026-07-01"), who)
    assert "被保険者ではない" in shown.state and "H000000123" in shown.state
    assert shown.bars == ()
    assert panel(context("2026-03-31"), who) is None
    assert read.deemed_valid(context("2026-07-01"), INSURER, who).disease == "10"


def test_it_is_over_by_itself_when_assistance_ends(who):
    enter(who)
    assisted(who, "2026-03-01", "2026-06-01")
    with acting(context("2026-06-01")):
        believe_rows(
            Welfare,
            [
                fact(
                    Welfare, person_id=who, welfare_kind="1", case_number="", substitute_payment=False, void=True,
                    effective=Range(day("2026-06-01"), None),
                )
            ],
        )  # fmt: skip
    assert state(who, "2026-05-31") == "valid"
    assert state(who, "2026-06-01") == "over"
    assert deemed.valid(context("2026-06-01"), INSURER, who) is None


def test_it_is_over_by_itself_when_medical_insurance_begins(who):
    enter(who)
    medically_insured(who, "2026-06-15")
    assert (state(who, "2026-06-14"), state(who, "2026-06-15")) == ("valid", "over")


def test_becoming_65_is_warned_of_and_makes_an_ordinary_insured_person():
    person = born("1961-09-20", "扶助 花子")
    lives(person, "1990-01-01")
    assisted(person, "2026-03-01")
    enter(person)
    (entry,) = deemed.entries(context("2026-07-01"), INSURER, person)
    assert (entry.soon, entry.becomes_65) == (True, day("2026-09-19"))
    assert not deemed.entries(context("2026-06-18"), INSURER, person)[0].soon
    assert state(person, "2026-09-19") == "over"
    decide_all(context("2026-09-19"), INSURER)
    assert in_force(person) == [("2026-09-19", "02", None, "")]
    assert not InsuredNumber.objects.get().number.startswith("H")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"number": "0000000123"}, "H で始まる"),
        ({"number": "H1234567890"}, "H で始まる"),
        ({"disease": "99"}, "特定疾病"),
        ({"since": "2026-02-28"}, "当てはまりません"),
    ],
)
def test_what_does_not_hold_is_refused(who, wrong, said):
    with pytest.raises(Refused, match=said):
        enter(who, **wrong)
    assert not Deemed.objects.exists()


def test_support_benefits_are_no_public_assistance():
    person = born("1976-01-10")
    lives(person, "1990-01-01")
    assisted(person, "2026-03-01", kind="2")
    with pytest.raises(Refused, match="当てはまりません"):
        enter(person)


def test_a_number_belongs_to_one_person_and_a_person_has_one_entry(who):
    other = born("1977-02-02")
    assisted(other, "2026-03-01")
    enter(who)
    with pytest.raises(Refused):
        enter(who, "H000000999")
    with pytest.raises(Refused):
        enter(other)
    enter(other, "h000000124")
    assert Deemed.objects.get(person_id=other).number == "H000000124"


def test_an_entry_ends_or_was_a_mistake(who):
    row = enter(who)
    with pytest.raises(Refused):
        deemed.end(context("2026-07-01"), row, day("2026-04-01"), "転出")
    ended = deemed.end(context("2026-07-01"), row, day("2026-06-01"), "辞退")
    assert (state(who, "2026-05-31"), state(who, "2026-06-01")) == ("valid", "over")
    with pytest.raises(Refused):
        deemed.end(context("2026-07-01"), row, day("2026-06-10"), "もう一度")
    deemed.end(context("2026-07-01"), ended, None, "登録の誤り")
    assert deemed.entries(context("2026-07-01"), INSURER, who) == []
    assert Deemed.objects.count() == 3


def test_the_section_enters_sees_and_ends_it_on_the_screen(who):
    typed = {
        "number": "H000000123", "office": "見本福祉事務所", "case_number": "9-1", "disease": "10", "since": "R8.4.1",
    }  # fmt: skip
    wrong = text(ask("person_deemed", typed | {"since": "春", "office": ""}, person=who))
    assert "春" in wrong and "福祉事務所を書いてください" in wrong
    refused = text(ask("person_deemed", typed | {"since": "R8.2.1"}, person=who))
    assert "登録できません" in refused and "生活保護を受けていない" in refused
    shown = text(ask("person_deemed", typed, person=who))
    assert "脳血管疾患" in shown and "みなし2号として登録する" in shown
    assert not Deemed.objects.exists()
    assert ask("person_deemed", typed | {"step": "do"}, person=who).status_code == 302
    listed = text(ask("deemed"))
    assert "扶助 太郎" in listed and "H000000123" in listed and "当てはまる" in listed
    assisted(who, "2026-03-01", "2026-03-02")
    row = Deemed.objects.get()
    assert "終わりの日" in text(
        ask("end_deemed", {"act": "end", "until": "夏", "reason": "x"}, person=who, entry=row.id)
    )
    assert (
        ask(
            "end_deemed", {"act": "end", "until": "R8.6.1", "reason": "辞退"}, person=who, entry=row.id
        ).status_code
        == 302
    )
    assert "登録を終える" not in text(ask("person_deemed", person=who))
    AddresseeNumber.objects.create(number="000000000004711", person_id=who)
    assert (
        ask("find_for_deemed", {"addressee": "４７１１"})["Location"]
        == f"/qualification/{ref('person', who)}/deemed/"
    )
    assert ask("find_for_deemed", {"addressee": "999"}).status_code == 409
    assert ask("person_deemed", may=frozenset({"qualification.view"}), person=who).status_code == 404
