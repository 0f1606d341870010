"""Members of staff on screens: how many a search lists, and of one what is known now and was believed before."""

from __future__ import annotations

import pytest
from django.db import transaction

from kaigo.base.desk.refs import ref
from kaigo.base.staff.people import Told, believe_people
from kaigo.base.staff.tests.hired import APRIL, member, on
from kaigo.personnel.people.tests.desk import Desk, text


def test_of_one_member_posts_and_forms_are_shown_and_on_demand_what_was_believed_once(street, settings):
    with transaction.atomic():
        desk = Desk(settings)
    with transaction.atomic():
        member("104", title="主任")
    way = f"/people/{ref('member', desk.clerk.member_id)}/"
    now, ever = (text(desk.get(desk.kacho, way, **more)) for more in ({}, {"history": "1"}))
    assert desk.grants["係員"].ruling.application.form_number in now
    posts = [page.split("所属の履歴</h2>")[1].split("</section>")[0] for page in (now, ever)]
    assert [">主任" in part for part in posts] == [True, True]
    assert [">係員" in part for part in posts] == [False, True]


@pytest.mark.django_db
@pytest.mark.parametrize(("people", "listed"), [(50, 50), (51, 50)])
def test_a_search_lists_fifty_and_says_that_there_are_more(people, listed, settings):
    desk = Desk(settings)
    believe_people(
        on(),
        [
            Told(f"7{n:03}", "千載 一遇", "センザイ", None, "staff", "住民課", "係員", APRIL, None)
            for n in range(people)
        ],
        "feed:test",
    )
    page = text(desk.post(desk.kacho, "/people/", words="千載"))
    assert page.count('<th scope="row"') == listed
    assert ("はじめの50人です" in page) == (people > listed)
