"""What staff tell and are told about the finding of misuse: relatives, the list, emergencies nobody looked into."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from kaigo.base.audit.models import Event
from kaigo.base.desk.refs import ref
from kaigo.base.jobs.run import run
from kaigo.base.misuse import staff
from kaigo.base.misuse.models import Alert, AlertReason, Declaration, Review, Watched, WatchedConfirmation
from kaigo.base.misuse.relations import word
from kaigo.base.records.context import Context
from kaigo.base.staff import emergencies
from kaigo.base.staff.marks import own_number, own_words
from kaigo.base.staff.models import Emergency
from kaigo.base.staff.tests.hired import account, by, grant
from kaigo.personnel.people.tests.desk import text

JULY = date(2026, 7, 15)
PRIVACY = "情報公開課"
MOTHER = {"kana": "ミホン ハナコ", "birth": "S25.5.5"}
pytestmark = pytest.mark.django_db


def night(day: date) -> None:
    run(Context("job:misuse.daily", "audit", day), "misuse.daily")


def test_a_relative_is_declared_as_a_digest_and_taken_back(desk):
    page = text(desk.get(desk.clerk, "/access/mine/relatives/"))
    assert "照らし合わせて確かめられています" in page and "開いたのが、あなた自身" in page
    # Staff are told of every rule (C-9), also of those that ask seldom.
    for told in (
        "番号の表示だけ",
        "権限を終える申請のあと",
        "番号の順",
        "見つからない検索",
        "時間外・休日",
        "いつもより多い",
    ):
        assert told in page, told
    assert "届け出た親族はいません" in page
    assert "/access/mine/relatives/" in text(desk.get(desk.clerk, "/access/mine/"))
    answer = desk.post(desk.clerk, "/access/mine/relatives/", **MOTHER)
    assert answer.status_code == 302
    assert "取り下げた届出は、そのあと30日のあいだ照合に使います" in text(
        desk.get(desk.clerk, "/access/mine/relatives/")
    )
    made = Declaration.objects.get()
    digest = word(own_words("ミホンハナコ", date(1950, 5, 5)))
    assert (made.member, bytes(made.digest)) == (desk.clerk.member_id, digest)
    assert staff.declared(JULY) == {digest: [desk.clerk.member_id]}
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(d)::text FROM misuse_declaration d")
        assert "ハナコ" not in cursor.fetchone()[0]
    assert desk.post(desk.clerk, "/access/mine/relatives/", **MOTHER).status_code == 409
    back = f"/access/mine/relatives/{ref('declaration', made.id)}/"
    assert desk.post(desk.kacho, back).status_code == 404, "only his own"
    assert desk.post(desk.clerk, back).status_code == 302
    # He took it back on the 15th: looks of that day are still asked about.
    assert staff.declared(JULY) and staff.declared(JULY + timedelta(days=1)) == {}
    assert Event.objects.filter(event="misuse.declare").count() == 2


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({}, "氏名のカナを書いてください"), ({"addressee": "12345"}, "15桁"), ({"kana": "ミホン", "birth": "きのう"}, "日付として読めません")],
)  # fmt: skip
def test_what_names_nobody_is_told_in_words(desk, wrong, why):
    assert why in text(desk.post(desk.clerk, "/access/mine/relatives/", **wrong))
    assert not Declaration.objects.exists()


def test_the_list_counts_only_what_another_has_confirmed(desk):
    councillor = {"addressee": "000000000000123", "reason": "区議会議員。任期の間、注意を要する"}
    assert desk.get(desk.clerk, "/access/listed/").status_code == 404
    assert desk.post(desk.kacho, "/access/listed/new/", **councillor).status_code == 404, (
        "the privacy office enters"
    )
    assert "名簿に人はいません" in text(desk.get(desk.hogo, "/access/listed/"))
    assert desk.post(desk.hogo, "/access/listed/new/", **councillor).status_code == 302
    made = Watched.objects.get()
    assert staff.watched(JULY) == set() and "ほかの人の確認待ち" in text(
        desk.get(desk.hogo, "/access/listed/")
    )
    confirm = f"/access/listed/{ref('watched', made.id)}/confirm/"
    assert desk.post(desk.hogo, confirm).status_code == 409
    again = account("105", "hogo-2")
    assert desk.post(again, confirm).status_code == 404
    page = text(desk.get(desk.kacho, "/access/listed/"))
    assert "確認して有効にする" in page and "000000000000123" not in page
    assert desk.post(desk.kacho, confirm).status_code == 302
    assert staff.watched(JULY) == {word(own_number("000000000000123"))}
    assert WatchedConfirmation.objects.get().confirmed_by == desk.kacho.member_id
    end = f"/access/listed/{ref('watched', made.id)}/end/"
    assert desk.post(desk.kacho, end).status_code == 404
    assert desk.post(desk.hogo, end).status_code == 302
    assert "名簿に人はいません" in text(desk.get(desk.hogo, "/access/listed/"))
    assert staff.watched(JULY) and staff.watched(JULY + timedelta(days=1)) == set()
    assert [e.details["ruled"] for e in Event.objects.filter(event="misuse.watched").order_by("id")] == [
        "enter",
        "confirm",
        "end",
    ]


def test_what_was_taken_off_before_anybody_confirmed_it_is_not_confirmed_any_more(desk):
    """The head's page was open while the privacy office took the entry off."""
    desk.post(
        desk.hogo,
        "/access/listed/new/",
        addressee="000000000000123",
        reason="区議会議員。任期の間、注意を要する",
    )
    way = f"/access/listed/{ref('watched', Watched.objects.get().id)}/"
    assert desk.post(desk.hogo, f"{way}end/").status_code == 302
    answer = desk.post(desk.kacho, f"{way}confirm/")
    assert answer.status_code == 409 and "もう外してあります" in answer.content.decode()
    assert not WatchedConfirmation.objects.exists()


def test_an_emergency_that_nobody_looked_into_becomes_a_question_of_its_own(desk):
    made = emergencies.begin(
        by(desk.clerk, JULY), desk.clerk, "受付 7-15", "火災で避難した人の連絡先を知るため"
    )
    night(made.review_by)
    assert not Alert.objects.exists(), "not late yet"
    late = made.review_by + timedelta(days=1)
    night(late)
    night(late)
    alert = Alert.objects.get()
    assert (alert.kind, alert.member, alert.emergency, alert.critical) == (
        "emergency",
        desk.clerk.member_id,
        made.id,
        True,
    )
    assert AlertReason.objects.get().facts == {"days": 1}
    desk.on(late)
    page = text(desk.get(desk.kacho, f"/misuse/{ref('alert', alert.id)}/"))
    assert f"/access/emergencies/{ref('emergency', made.id)}/" in page and "期限を1日過ぎました" in page
    assert desk.get(desk.clerk, f"/misuse/{ref('alert', alert.id)}/").status_code == 404
    data = {"outcome": "caution", "reason": "課長会で期限を守るよう伝えた"}
    assert desk.post(desk.kacho, f"/misuse/{ref('alert', alert.id)}/review/", **data).status_code == 302
    assert Review.objects.get().reviewer == desk.kacho.member_id


def test_one_that_was_looked_into_in_time_does_not(desk):
    made = emergencies.begin(
        by(desk.clerk, JULY), desk.clerk, "受付 7-15", "火災で避難した人の連絡先を知るため"
    )
    emergencies.review(
        by(desk.kacho, JULY), Emergency.objects.get(), "justified", "消防の依頼の記録と一致した"
    )
    night(made.review_by + timedelta(days=9))
    assert not Alert.objects.exists()


def test_a_second_account_is_the_same_human_being(desk):
    """Who looks at the log by a second account of his never finds the question about himself: neither the head, whose
    question goes to the office, nor the keeper of personal data, who sees those of everybody else."""
    from kaigo.base.staff.accounts import open_account
    from kaigo.base.staff.tests.hired import on

    emergencies.begin(by(desk.kacho, JULY), desk.kacho, "受付 7-15", "火災で避難した人の連絡先を知るため")
    emergencies.begin(by(desk.hogo, JULY), desk.hogo, "受付 7-16", "火災で避難した人の連絡先を知るため")
    night(JULY + timedelta(days=9))
    desk.on(JULY + timedelta(days=9))
    for one, role, ruler, other, owner in (
        (desk.kacho, "課長", desk.hogo, desk.hogo, "office"),
        (desk.hogo, "個人情報保護", desk.kacho, desk.kacho, "heads"),
    ):
        second = open_account(on(), one.member, f"{one.login}-2", "staff")
        grant(second, role, asker=desk.kengen, ruler=ruler)
        alert = Alert.objects.get(member=one.member_id)
        assert alert.owner == owner
        way = f"/misuse/{ref('alert', alert.id)}/"
        for mine in (one, second):
            assert desk.get(mine, way).status_code == 404 and way not in text(
                desk.get(mine, "/misuse/?state=open")
            )
        assert desk.get(other, way).status_code == 200
