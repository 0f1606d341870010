"""自分の権限: what one holds in words, what one may ask for, and nothing of anybody else."""

from __future__ import annotations

import pytest
from django.conf import settings

from kaigo.base.desk.refs import ref
from kaigo.base.desk.things import subjects
from kaigo.base.keys.index import index
from kaigo.base.staff.marks import MARKS, own_number
from kaigo.base.staff.models import Application, Ruling, SelfMark
from kaigo.base.staff.tables import permissions
from kaigo.base.staff.tests.hired import account
from kaigo.base.traces import words
from kaigo.personnel.access.words import PURPOSES
from kaigo.personnel.people.tests.desk import text

pytestmark = pytest.mark.django_db
GRANT = {"kind": "grant", "role": "収納係員", "section": "介護保険課", "reason": "収納係の応援のため"}


def test_everybody_sees_his_own_grants_in_words_and_nobody_elses(desk):
    page = text(desk.get(desk.clerk, "/access/mine/"))
    assert "係員" in page and permissions()["premium.revise"].label in page and PURPOSES["premium"] in page
    assert "clerk" in page and "kacho" not in page and "権限管理" not in page
    newcomer = account("900", "newcomer")
    assert "権限はありません" in text(desk.get(newcomer, "/access/mine/"))
    assert desk.get(desk.clerk, "/").status_code == 200


def test_the_anonymous_are_led_to_the_log_in(desk, client):
    for address in ("/", "/access/mine/", "/people/"):
        answer = client.get(address)
        assert answer.status_code == 302 and "/login?next=" in answer["Location"]


def test_one_asks_for_oneself_and_takes_it_back(desk):
    newcomer = account("900", "newcomer")
    assert desk.post(newcomer, "/access/mine/apply/", **GRANT)["Location"] == "/access/mine/"
    asked = Application.objects.latest("id")
    assert (asked.account_id, asked.role, asked.wanted_from.isoformat()) == (
        newcomer.id,
        "収納係員",
        "2026-07-15",
    )
    address = f"/access/mine/withdraw/{ref('application', asked.id)}/"
    assert desk.post(desk.clerk, address).status_code == 404, "somebody else's is not there"
    assert not Ruling.objects.filter(application=asked).exists()
    assert desk.post(newcomer, address).status_code == 302
    assert Ruling.objects.get(application=asked).outcome == "withdrawn"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"role": "権限管理"}, "この種類のアカウントには与えられません"),
        ({"section": "住民課"}, "所属がありません"),
        ({"role": "万能"}, "役割を選んでください"),
        ({"reason": ""}, "理由を書いてください"),
        ({"begins": "きのう"}, "日付として読めません"),
        ({"kind": "fallback"}, "いつまでを書いてください"),
    ],
)
def test_what_cannot_be_asked_for_is_said_in_words(desk, wrong, why):
    answer = desk.post(desk.clerk, "/access/mine/apply/", **(GRANT | wrong))
    assert answer.status_code in (200, 409) and why in answer.content.decode()
    assert not Application.objects.filter(role="収納係員").exists()


def test_errors_stand_in_the_order_of_the_form(desk):
    wrong = GRANT | {"role": "", "section": "", "begins": "きのう", "reason": ""}
    page = desk.post(desk.clerk, "/access/mine/apply/", **wrong).content.decode()
    places = [page.index(f'href="#{name}"') for name in ("role", "section", "begins", "reason")]
    assert places == sorted(places) and "課を選んでください" in page


def test_a_contractor_asks_only_for_what_his_contract_says(desk):
    lent = account("901", "lent", "contractor", employment="contractor", contract="2")
    page = text(desk.get(lent, "/access/mine/apply/"))
    assert "窓口受託" in page and "印刷受託" not in page
    answer = desk.post(lent, "/access/mine/apply/", **(GRANT | {"role": "印刷受託"}))
    assert answer.status_code == 409 and "委託事項" in answer.content.decode()
    assert desk.post(lent, "/access/mine/apply/", **(GRANT | {"role": "窓口受託"})).status_code == 302


def test_of_ones_own_number_only_a_digest_is_kept(desk):
    assert "15桁" in text(desk.post(desk.clerk, "/access/mine/number/", addressee="123"))
    number = "000000000012345"
    assert desk.post(desk.clerk, "/access/mine/number/", addressee=f" {number}").status_code == 302
    kept = SelfMark.objects.get(member=desk.clerk.member_id)
    assert bytes(kept.digest) == index(MARKS).digest(own_number(number)) and len(kept.digest) == 16


def test_whatever_an_event_may_be_about_has_a_word():
    """Events name kinds of rows as addresses do (read.SUBJECTS); an auditor reads no names of program parts."""
    kinds = {kind for room in settings.STREET for kind in subjects(room)}
    assert {"account", "emergency", "enrolment"} <= kinds
    assert sorted(kind for kind in kinds if words.thing(f"{kind}:5") == f"{kind}:5") == []
