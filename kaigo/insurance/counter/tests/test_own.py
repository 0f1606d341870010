"""自分・世帯への書込み禁止: on every page of every room that acts on somebody, by GET and by POST; looking is allowed."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import resolve

from kaigo.base.audit.models import Event
from kaigo.base.desk.refs import ref
from kaigo.base.desk.things import access, room_of, thing_of
from kaigo.base.keys.index import index, rotate
from kaigo.base.records.context import Context
from kaigo.base.records.context import acting as writing
from kaigo.base.staff.can import Staff
from kaigo.base.staff.marks import MARKS, own_number, own_words
from kaigo.base.staff.tables import permissions
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.collection.models import DeductionTarget, Match
from kaigo.insurance.counter.tests.canaries import plant
from kaigo.insurance.counter.tests.visitor import TODAY, addresses, last, page_of, visit
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents.merging import merge

pytestmark = pytest.mark.django_db
BORN = date(1950, 5, 5)
# Who is logged in: she herself, by name and birth or by the number that she has declared; the head of her household.
WHO = {
    "herself": own_words("カガミ　サクラコ", BORN),
    "by_number": own_number("000000123459876"),
    "her_mother": own_words("ｶｶﾞﾐ ｾﾀｲﾇｼ", BORN),
}


def clerk(word: str) -> Staff:
    return someone(permissions(), marks=index(MARKS).digests([word]))


def acting(rows: dict[str, int]) -> list[tuple[str, str]]:
    """(address, method) of every page that acts on somebody of these rows."""
    found = []
    for address, page in addresses(rows):
        path = resolve(address).kwargs
        if permissions()[page.permission].acts and thing_of(room_of(page.__module__), path).people:
            found += [(address, method) for method in ("get", "post") if hasattr(page, method)]
    return found


@pytest.mark.parametrize("who", WHO)
def test_every_page_that_acts_refuses_one_own_people_in_words(who):
    rows = plant()
    pages, me = acting(rows), clerk(WHO[who])
    assert len({address.split("/")[1] for address, _ in pages}) >= 6 and len(pages) >= 25, pages
    done = []
    for address, method in pages:
        answer = visit(address, {} if method == "post" else None, staff=me)
        event = last()
        if (
            answer.status_code != 403
            or "自分・世帯への書込み禁止" not in answer.content.decode()
            or event.why != "self"
        ):
            done.append((address, method, answer.status_code, event.why))
        assert "鑑" not in answer.content.decode()
    assert done == []
    # To look is no act; it is recorded as any other look.
    before = Event.objects.count()
    assert visit(page_of(rows["person"]), staff=me).status_code == 200
    assert last().outcome == "done" and Event.objects.count() == before + 1


def test_a_form_that_names_a_row_of_one_own_people_is_refused_as_well():
    """公示送達 takes letters that came back by their rows: the address is nobody's, the letters are."""
    rows = plant()
    sent = {"posted_on": "2026-07-01", "returned": ref("returned", rows["returned"])}
    assert visit("/dunning/notices/", sent, staff=clerk(WHO["her_mother"])).status_code == 403
    assert last().why == "self"
    assert visit("/dunning/notices/", sent, staff=someone(permissions())).status_code == 200


def test_one_own_people_stay_one_own_when_the_key_of_the_marks_is_rotated():
    rows = plant()
    me = clerk(WHO["herself"])
    rotate(MARKS)
    address, method = acting(rows)[0]
    visit(address, {} if method == "post" else None, staff=me)
    assert last().why == "self"


def test_one_own_people_stay_one_own_when_two_records_turn_out_to_be_one():
    """Known by the number of the record that was merged: on the page of the other, and on that of the old one."""
    rows = plant()
    keeper = Context("account:9", "qualification", TODAY)
    with writing(keeper):
        guest = m.Person.objects.create().id
        m.AddresseeNumber.objects.create(person_id=guest, number=f"{4711:015}")
        merge(keeper, guest, rows["person"], "氏名・生年月日が一致")
    ctx = Context("account:1", "premium", TODAY)
    for person in (guest, rows["person"]):
        marks = access().marks(ctx, (person,))
        assert {index(MARKS).digest(own_number(f"{4711:015}")), index(MARKS).digest(WHO["herself"])} <= marks


def test_a_stranger_is_not_refused_for_that():
    rows = plant()
    stranger = clerk(own_words("カガミ サクラコ", date(1951, 5, 5)))
    for address, method in acting(rows):
        if method == "get":
            visit(address, staff=stranger)
            assert last().why != "self", address


def test_nobody_is_matched_with_himself():
    rows = plant()
    unmatched = DeductionTarget.objects.create(
        delivery=9002, line=2, captured_year=2026, captured_month=4, payer="001", basic_pension_number="1122334455",
        pension_code="1150", birth_date=BORN, sex="2", kana="ｶｶﾞﾐ ｻｸﾗｺ", annual_pension_yen=1, matched_by="none",
    )  # fmt: skip
    address = f"/collection/targets/{ref('target', unmatched.id)}/person/{ref('person', rows['person'])}/"
    answer = visit(address, {}, staff=clerk(WHO["herself"]))
    assert answer.status_code == 403 and last().why == "self"
    assert not Match.objects.filter(target=unmatched).exists()
