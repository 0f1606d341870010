"""What other rooms read: one person, a household, where letters go, search."""

from __future__ import annotations

from datetime import date

import pytest
from psycopg.types.range import Range

from kaigo.base.records.context import acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.folding import fold
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents import read

pytestmark = pytest.mark.django_db


def _fact(model, person, start, end=None, **values):
    blank = {
        f.column: {"CharField": "", "BooleanField": False}.get(f.get_internal_type())
        for f in model._meta.concrete_fields
        if f.column in model.value_columns()
    }
    believe_rows(
        model,
        [blank | {"person_id": person.id, "effective": Range(start, end), "source": "case:test"} | values],
    )


def settle(ctx, name, kana, birth, address, household=None, relationship="02", number="", **more):
    """A person who lives somewhere."""
    with acting(ctx):
        person = m.Person.objects.create()
        if number:
            m.AddresseeNumber.objects.create(number=number, person=person)
        alias = more.pop("alias", "")
        _fact(
            m.Particulars, person, date(2000, 1, 1), name=name, kana=kana, alias=alias, birth_date=birth,
            birth_raw=f"{birth:%Y%m%d}", sex="1", resident_kind="1",
            search=fold(name) + (f"/{fold(alias)}" if alias else ""), search_kana=fold(kana),
        )  # fmt: skip
        _fact(
            m.Residence, person, more.pop("since", date(2020, 4, 1)), state="resident", event="01", address=address,
            postal_code="1790000", **more,
        )  # fmt: skip
        if household:
            _fact(
                m.Membership, person, date(2020, 4, 1), household_id=household.id, relationship=relationship
            )
    return person


@pytest.fixture
def home():
    return m.Household.objects.create(number=f"{7:015}")


def mail(person, recipient, address, use="all"):
    _fact(
        m.MailingAddress, person, date(2024, 1, 1), use=use, recipient=recipient, postal_code="1790001", address=address,
        reason="1",
    )  # fmt: skip


def test_one_person_with_household_and_head(ctx, home):
    head = settle(
        ctx, "髙橋　太郎", "タカハシ　タロウ", date(1950, 5, 5), "見本区中央1-2-3", home, number="1".zfill(15)
    )
    wife = settle(ctx, "髙橋　花子", "タカハシ　ハナコ", date(1958, 4, 1), "見本区中央1-2-3", home, "12")
    view = read.one(ctx, wife.id)
    assert (view.name, view.head, view.state, view.relationship) == (
        "髙橋　花子",
        "髙橋　太郎",
        "resident",
        "12",
    )
    assert [member.person for member in read.household(ctx, wife.id)] == [head.id, wife.id]
    assert read.household(ctx, wife.id, date(2019, 1, 1)) == []
    assert read.names(ctx, [head.id, wife.id]) == {head.id: "髙橋　太郎", wife.id: "髙橋　花子"}
    assert read.person_of_number(ctx, "1".zfill(15)) == head.id
    assert read.one(ctx, 10**12) is None


@pytest.mark.parametrize(
    "words",
    [
        "高橋花子", "髙橋　花子", "ﾀｶﾊｼ", "たかはし", "タカハシ ハナコ", "高橋 S33.4.1", "昭和33年4月1日", "1958-04-01", "19580401",
        "33.4.1", "S330401", "Ｓ３３．４．１", "42", "000000000000042 高橋",
    ],
)  # fmt: skip
def test_people_are_found_as_the_counter_asks(ctx, words):
    person = settle(
        ctx, "髙橋　花子", "タカハシ　ハナコ", date(1958, 4, 1), "見本区中央1", number="42".zfill(15)
    )
    settle(ctx, "小林　一", "コバヤシ　ハジメ", date(1958, 4, 2), "見本区中央2", number="43".zfill(15))
    found = read.search(ctx, words)
    assert [hit.person for hit in found.hits] == [person.id]
    assert found.count == 1


@pytest.mark.parametrize("words", ["高橋花子 S33.4.2", "山田", "44", "", "  ", "%", "2026-02-30"])
def test_nobody_else_is_found(ctx, words):
    settle(ctx, "髙橋　花子", "タカハシ　ハナコ", date(1958, 4, 1), "見本区中央1", number="42".zfill(15))
    assert read.search(ctx, words).hits == []


def test_an_alias_is_a_name_too(ctx):
    person = settle(ctx, "PARK MINSU", "パク　ミンス", date(1960, 1, 1), "見本区中央1", alias="新井　民洙")
    for words in ("新井", "park", "パク", "Ｐａｒｋ　Ｍｉｎｓｕ"):
        assert [hit.person for hit in read.search(ctx, words).hits] == [person.id]


def test_letters_go_to_the_mailing_address_of_the_use_first(ctx):
    person = settle(ctx, "小林　一", "コバヤシ　ハジメ", date(1950, 1, 1), "見本区中央1")
    assert read.letter_addresses(ctx, [person.id])[person.id].address == "見本区中央1"
    mail(person, "後見人　甲", "見本区南2")
    mail(person, "小林　一", "見本区南3", "premium")
    assert read.letter_addresses(ctx, [person.id], "premium")[person.id].address == "見本区南3"
    assert read.letter_addresses(ctx, [person.id], "benefit")[person.id].recipient == "後見人　甲"


@pytest.fixture
def fled(ctx, home):
    """She left the household in May and is protected; he lives where they lived."""
    he = settle(ctx, "乙川　次郎", "オツカワ　ジロウ", date(1950, 1, 1), "見本区中央一丁目２番３号", home)
    she = settle(ctx, "乙川　春", "オツカワ　ハル", date(1952, 1, 1), "見本区中央一丁目２番３号", home, "12")
    with acting(ctx):
        _fact(m.Residence, she, date(2026, 5, 1), state="resident", event="03", address="見本区北9-9")
        _fact(m.Protection, she, date(2026, 5, 1), measure="1")
    return he, she


def test_a_protected_persons_letter_goes_to_her_own_address(ctx, fled):
    he, she = fled
    letters = read.letter_addresses(ctx, [he.id, she.id])
    assert (letters[she.id].address, letters[she.id].held) == ("見本区北9-9", False)
    assert letters[he.id].address == "見本区中央一丁目２番３号"
    assert read.protected_among(ctx, [he.id, she.id]) == {she.id}


@pytest.mark.parametrize(
    ("recipient", "address"),
    [
        ("乙川　春", "東京都見本区中央1-2-3"),  # where she lived, spelled otherwise
        ("乙川　次郎", "見本区南5-5"),  # a member of the former household by name
    ],
)
def test_a_protected_persons_letter_is_held_rather_than_sent_wrong(ctx, fled, recipient, address):
    _, she = fled
    mail(she, recipient, address)
    letter = read.letter_addresses(ctx, [she.id])[she.id]
    assert letter.held
    assert (letter.address, letter.postal_code, letter.recipient) == ("", "", "乙川　春")
    assert "支援措置" in letter.why


def test_a_letter_to_the_abusers_address_is_held_even_when_she_is_registered_there(ctx, home):
    he = settle(ctx, "乙川　次郎", "オツカワ　ジロウ", date(1950, 1, 1), "見本区中央1-2-3", home)
    she = settle(ctx, "乙川　春", "オツカワ　ハル", date(1952, 1, 1), "見本区中央1-2-3", home, "12")
    with acting(ctx):
        _fact(m.Protection, she, date(2026, 5, 1), measure="1")
        _fact(m.Relation, she, date(2026, 5, 1), other_id=he.id, relation="9")
    assert read.letter_addresses(ctx, [she.id])[she.id].held


def test_the_dead_get_no_letters(ctx):
    person = settle(ctx, "小林　一", "コバヤシ　ハジメ", date(1950, 1, 1), "見本区中央1")
    with acting(ctx):
        _fact(m.Residence, person, date(2026, 6, 1), state="dead", event="04", address="見本区中央1")
    assert read.letter_addresses(ctx, [person.id])[person.id].held
    assert read.one(ctx, person.id).dead
