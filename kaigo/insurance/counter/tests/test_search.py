"""Search: one hit opens the person, many are told apart, none is helped; words stay out of addresses and records."""

from __future__ import annotations

import pytest

from kaigo.base.audit.models import Event
from kaigo.base.desk.refs import ref
from kaigo.insurance.collection.tests.builders import person
from kaigo.insurance.counter.tests.clerk import ask, text
from kaigo.insurance.qualification.models import InsuredNumber

pytestmark = pytest.mark.django_db


def test_an_insured_number_opens_the_person_also_in_full_width():
    somebody = person()
    InsuredNumber.objects.create(person_id=somebody, number="0000012345")
    for words in ("0000012345", "０００００１２３４５", "00000-12345"):
        answer = ask("search", data={"words": words})
        assert answer.status_code == 302
        assert answer["Location"] == f"/person/{ref('person', somebody)}/"


def test_the_only_hit_opens_the_person():
    somebody = person("高橋 花子", "タカハシ ハナコ")
    person("見本 太郎", "ミホン タロウ")
    assert ask("search", data={"words": "髙橋"})["Location"] == f"/person/{ref('person', somebody)}/"


def test_several_hits_are_listed_and_recorded_by_count_only():
    for _ in range(3):
        person("見本 太郎", "ミホン タロウ")
    html = text(ask("search", data={"words": "ミホン"}))
    assert "3人" in html
    assert html.count("/person/") == 3
    assert "昭和25年5月5日" in html
    assert "1950-05-05" in html
    event = Event.objects.filter(event="counter.search").get()
    assert event.details == {"hits": 3}


def test_no_hit_tells_how_to_search():
    html = text(ask("search", data={"words": "そんなひとはいない"}))
    assert "見つかりませんでした" in html
    assert "探し方" in html


def test_a_script_as_a_name_stays_text():
    html = text(ask("search", data={"words": "<script>alert(1)</script>"}))
    assert "<script>alert" not in html


def test_nothing_typed_shows_how_to_search():
    assert "探し方" in text(ask("search", data={"words": "  "}))
    assert "探し方" in text(ask("search"))
