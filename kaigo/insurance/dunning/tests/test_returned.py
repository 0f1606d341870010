"""返戻: entered once, searched for, and posted in public only when nobody knows where the person is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.tests.builders import YEAR
from kaigo.insurance.dunning import read, returned
from kaigo.insurance.dunning.models import PublicNotice, PublicNoticeLetter, ReturnedMail, Search
from kaigo.insurance.dunning.tests.builders import by, payer

pytestmark = pytest.mark.django_db
DAY = date(YEAR, 9, 1)


def back(who: int, number: str = "8見介督第1号") -> ReturnedMail:
    return returned.enter(by(1, DAY), who, "demand", number, DAY, "unknown")


def test_a_letter_comes_back_is_searched_for_and_posted():
    who = payer()
    row = back(who)
    assert returned.standing(row) == "open"
    returned.search(by(1, DAY), row, DAY, "register", "nothing")
    assert returned.standing(row) == "searching"
    returned.search(by(1, DAY), row, DAY, "visit", "not_living", "表札なし")
    assert returned.standing(row) == "not_living"
    made = returned.post_notice(by(1, DAY), [row.id], DAY)
    # Seven days from the day of posting on have passed on the eighth.
    assert (made.posted_on, made.effective_on) == (DAY, date(YEAR, 9, 8))
    assert made.reasons[0][0] == "public_notice.effective"
    (letter,) = PublicNoticeLetter.objects.all()
    assert (letter.name, letter.person_id) == ("見本 花子", who)
    assert returned.standing(row) == "posted"
    with pytest.raises(Refused, match="もう公示送達"):
        returned.post_notice(by(1, DAY), [row.id], DAY)


def test_nothing_is_posted_that_was_not_searched_for_or_was_found():
    row = back(payer())
    with pytest.raises(Refused, match="まだ調べていません"):
        returned.post_notice(by(1, DAY), [row.id], DAY)
    returned.search(by(1, DAY), row, DAY, "office", "address")
    with pytest.raises(Refused, match="住所が分かって"):
        returned.post_notice(by(1, DAY), [row.id], DAY)
    with pytest.raises(Refused, match="一つ以上"):
        returned.post_notice(by(1, DAY), [], DAY)
    with pytest.raises(Refused, match="業務日より前"):
        returned.post_notice(by(1, DAY), [row.id], DAY - timedelta(days=1))
    assert not PublicNotice.objects.exists()


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"letter": "x"}, "種類"), ({"why": "x"}, "理由"), ({"document_number": " "}, "文書番号"),
        ({"document_number": "1" * 41}, "40字"), ({"returned_on": DAY + timedelta(days=1)}, "業務日より後"),
        ({"note": "あ" * 201}, "200字"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_entry_is_said(wrong, words):
    about = {"letter": "demand", "document_number": "1", "returned_on": DAY, "why": "moved"} | wrong
    with pytest.raises(Refused, match=words):
        returned.enter(by(1, DAY), payer(), **about)
    assert not ReturnedMail.objects.exists()


def test_an_address_that_proved_wrong_is_looked_for_again():
    row = back(payer())
    waits = f"dunning.returned:{row.id}"

    def waiting() -> bool:
        return waits in {case for _, case in rows(read.waiting_sql())}

    assert waiting()
    returned.search(by(1, DAY), row, DAY, "office", "address")
    assert not waiting()
    returned.search(by(1, DAY + timedelta(days=1)), row, DAY + timedelta(days=1), "visit", "not_living")
    assert waiting()
    returned.post_notice(by(1, DAY + timedelta(days=1)), [row.id], DAY + timedelta(days=1))
    assert not waiting()


def test_a_letter_comes_back_once_a_day():
    who = payer()
    back(who)
    with pytest.raises(Refused, match="もう記録"):
        back(who)


def test_a_search_is_made_after_the_letter_came_back():
    row = back(payer())
    for day, what, found in (
        (DAY - timedelta(days=1), "visit", "nothing"),
        (DAY, "x", "nothing"),
        (DAY, "visit", "x"),
    ):
        with pytest.raises(Refused):
            returned.search(by(1, DAY), row, day, what, found)
    assert not Search.objects.filter(returned=row).exists()
