"""棚卸し and 緊急閲覧: looked at by another, in time; an hour that lets look and never act."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from kaigo.base.audit.models import Event
from kaigo.base.desk.refs import ref
from kaigo.base.records.refusal import Refused
from kaigo.base.staff import emergencies
from kaigo.base.staff.accounts import open_account
from kaigo.base.staff.applications import end_grant
from kaigo.base.staff.can import EVERYWHERE, NOTHING, can
from kaigo.base.staff.models import Emergency, EmergencyReview, GrantEnd, Recertification, Session
from kaigo.base.staff.recertifying import recertify, to_review
from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tests.hired import CARE, account, by, grant, on
from kaigo.base.staff.who import identify
from kaigo.personnel.people.tests.desk import text

JULY = date(2026, 7, 15)
REASON = {"case": "受付 7-15", "reason": "火災で避難した人の連絡先を知るため"}
FOUND = {"outcome": "justified", "remark": "消防からの依頼の記録と一致した"}


def answers(desk, keep=True, but=()):
    return {
        f"grant-{ref('grant', g)}": "keep" if keep and g not in but else "end"
        for g in to_review(by(desk.kacho, JULY), CARE)
    }


@pytest.mark.django_db
def test_a_section_is_late_after_three_months_until_another_has_looked(desk):
    page = text(desk.get(desk.kacho, "/access/review/"))
    assert "期限切れ" in page and "令和8年7月1日" in page and "まだ" in page
    assert desk.post(desk.kacho, "/access/review/", section=CARE, **answers(desk)).status_code == 302
    # His own grant was not his to look at: the section stays late until another person has.
    assert "期限切れ" in text(desk.get(desk.kacho, "/access/review/"))
    others = to_review(by(desk.hogo, JULY), CARE)
    assert desk.grants["課長"].id in others and desk.grants["個人情報保護"].id not in others
    data = {f"grant-{ref('grant', g)}": "keep" for g in others}
    assert desk.post(desk.hogo, "/access/review/", section=CARE, **data).status_code == 302
    page = text(desk.get(desk.kacho, "/access/review/"))
    assert "期限切れ" not in page and "令和8年10月15日" in page
    desk.on(date(2026, 10, 15))
    assert "期限切れ" not in text(desk.get(desk.kacho, "/access/review/"))
    desk.on(date(2026, 10, 16))
    assert "期限切れ" in text(desk.get(desk.kacho, "/access/review/"))
    assert desk.get(desk.clerk, "/access/review/").status_code == 404


@pytest.mark.django_db
def test_what_has_ended_is_late_no_more_and_a_look_before_a_grant_is_none_at_it(desk):
    """After a 人事異動: the old grant was ended by the review, the new one begins later and has its own three months."""
    old = grant(account("500", section="住民課"), asker=desk.kengen, ruler=desk.hogo, section="住民課")

    def row():
        listed = text(desk.get(desk.hogo, "/access/review/")).split("<tbody>")[1]
        return next((part for part in listed.split("</tr>") if "住民課" in part), "")

    assert "令和8年7月1日" in row() and "期限切れ" in row()
    ending = {f"grant-{ref('grant', old.id)}": "end"}
    assert desk.post(desk.hogo, "/access/review/", section="住民課", **ending).status_code == 302
    assert not row(), "no grant, nothing to look at"
    august = date(2026, 8, 1)
    grant(
        account("501", section="住民課"), asker=desk.kengen, ruler=desk.hogo, section="住民課", begins=august
    )
    assert "令和8年11月1日" in row()
    desk.on(date(2026, 11, 1))
    assert "期限切れ" not in row()
    desk.on(date(2026, 11, 2))
    assert "期限切れ" in row()


@pytest.mark.django_db
def test_what_is_not_kept_ends_today(desk):
    held = desk.grants["係員"]
    data = answers(desk, but={held.id})
    page = text(desk.get(desk.kacho, "/access/review/", section=CARE))
    assert "ご自分の権限は別の人が確かめます" in page
    assert desk.post(desk.kacho, "/access/review/", section=CARE, **data).status_code == 302
    assert GrantEnd.objects.get().grant_id == held.id and GrantEnd.objects.get().ended_on == JULY
    made = Recertification.objects.get()
    assert (made.reviewed, made.ended, made.reviewer_id) == (3, 1, desk.kacho.member_id)
    event = Event.objects.get(event="staff.review")
    assert event.details == {"reviewed": 3, "ended": 1}


@pytest.mark.django_db
def test_what_ran_out_or_was_ended_before_its_day_is_not_looked_at_again(desk):
    """応援 until autumn: one is over on its day, one was ended early, one goes on, one is still to come."""
    days = {"over": (date(2026, 4, 1), JULY), "early": (date(2026, 4, 1), date(2026, 10, 1)),
            "on": (date(2026, 4, 1), date(2026, 7, 16)), "later": (date(2026, 8, 1), None)}  # fmt: skip
    held = {
        name: grant(account(name), asker=desk.kengen, ruler=desk.hogo, begins=begins, until=until)
        for name, (begins, until) in days.items()
    }
    end_grant(by(desk.hogo, JULY), held["early"], "2026-00077", "応援が終わった")
    waiting = to_review(by(desk.kacho, JULY), CARE)
    assert {name for name, one in held.items() if one.id in waiting} == {"on", "later"}


@pytest.mark.django_db
def test_every_grant_wants_an_answer_and_none_may_slip_in(desk):
    data = answers(desk)
    data.pop(f"grant-{ref('grant', desk.grants['係員'].id)}")
    page = text(desk.post(desk.kacho, "/access/review/", section=CARE, **data))
    assert (
        "選んでいない権限が1件" in page and "選んでください" in page and not Recertification.objects.exists()
    )
    keeps = dict.fromkeys(to_review(by(desk.kacho, JULY), CARE), True)
    grant(account("300"), asker=desk.kengen, ruler=desk.hogo)
    with pytest.raises(Refused, match="変わりました"):
        recertify(by(desk.kacho, JULY), CARE, keeps, EVERYWHERE)


@pytest.mark.django_db
def test_fifty_grants_are_shown_at_a_time_and_all_are_confirmed_in_one_act(desk):
    lines = [account(f"4{n:02}") for n in range(52)]
    for one in lines:
        grant(one, asker=desk.kengen, ruler=desk.hogo)
    names = {g: f"grant-{ref('grant', g)}" for g in to_review(by(desk.kacho, JULY), CARE)}
    assert len(names) == 55
    client = desk.client(desk.kacho)

    def page(**data):
        return text(client.post("/access/review/", {"section": CARE, **data}, follow=True))

    def rows(told):
        return [name for name in names.values() if f'type="radio" name="{name}"' in told]

    first = text(client.get("/access/review/", {"section": CARE}))
    assert first.count("<tr") - 1 == 50 and "56件のうち1〜50件目" in first and "すべて確かめた" not in first
    kept = dict.fromkeys(rows(first), "keep")
    second = page(**kept, turn="2")
    assert second.count("<tr") - 1 == 6 and "56件のうち51〜56件目" in second and "すべて確かめた" in second
    assert all(f'type="hidden" name="{name}" value="keep"' in second for name in kept), "go along"
    assert set(rows(first)) | set(rows(second)) == set(names.values()), "none left out"
    ended = rows(second)[0]
    answers = kept | dict.fromkeys(rows(second), "keep") | {ended: "end"}
    # Back again: what was chosen on the second page goes along too.
    back = page(**answers, turn="1")
    assert f'type="hidden" name="{ended}" value="end"' in back and back.count(" checked") == len(kept)
    # One answer is missing on the second page: there it is shown, and nothing is done.
    missing = page(**{name: answer for name, answer in answers.items() if name != ended})
    assert "選んでいない権限が1件" in missing and f'type="radio" name="{ended}"' in missing
    assert not Recertification.objects.exists()
    assert client.post("/access/review/", {"section": CARE, **answers})["Location"] == "/access/review/"
    made = Recertification.objects.get()
    assert (made.reviewed, made.ended) == (55, 1)
    assert ended == names[GrantEnd.objects.get().grant_id]
    far = account("800", "elsewhere", section="住民課", title="課長")
    grant(far, "課長", asker=desk.kengen, ruler=desk.hogo, section="住民課")
    assert desk.post(far, "/access/review/", section=CARE, turn="1").status_code == 409, "not his section"


@pytest.mark.django_db
def test_a_head_looks_at_the_grants_of_his_own_section_only(desk):
    far = account("800", "elsewhere", section="住民課", title="課長")
    grant(far, "課長", asker=desk.kengen, ruler=desk.hogo, section="住民課")
    listed = text(desk.get(far, "/access/review/"))
    assert "住民課" in listed.split("<tbody>")[1] and CARE not in listed.split("<tbody>")[1]
    assert desk.get(far, "/access/review/", section=CARE).status_code == 404
    everything = {f"grant-{ref('grant', g)}": "end" for g in to_review(by(far, JULY), CARE)}
    assert len(everything) == 4
    answer = desk.post(far, "/access/review/", section=CARE, **everything)
    assert answer.status_code == 409 and "ほかの課の棚卸し" in answer.content.decode()
    assert not Recertification.objects.exists() and not GrantEnd.objects.exists()
    # 個人情報保護 looks at all sections.
    listed = text(desk.get(desk.hogo, "/access/review/")).split("<tbody>")[1]
    assert "住民課" in listed and CARE in listed


@pytest.mark.django_db
def test_an_emergency_lets_look_for_an_hour_and_never_act(desk):
    newcomer = account("300", "newcomer")
    client = desk.client(newcomer)
    assert client.post("/access/emergency/", REASON).status_code == 302
    made = Emergency.objects.get()
    assert (made.review_by, made.ends_at - made.begun_at) == (date(2026, 7, 16), timedelta(hours=1))
    assert "緊急閲覧の時間中です" in text(client.get("/access/mine/")), "on every page"
    person = identify(begin(newcomer, "passkey"), JULY)
    assert person.emergency == made.id
    assert can(person, "residents.view", NOTHING, "inquiry", JULY).emergency == made.id
    for act in ("residents.change", "premium.revise", "counter.note", "staff.view", "audit.view"):
        assert not can(person, act, NOTHING, "inquiry", JULY).allowed
    assert client.post("/access/emergency/", REASON).status_code == 409, "one at a time"
    assert Event.objects.filter(event="staff.emergency", object=f"emergency:{made.id}").count() == 1


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"reason": "急ぐ"}, "10文字以上"), ({"case": ""}, "何の件かを書いてください")],
)
@pytest.mark.django_db
def test_an_emergency_wants_case_and_reason(desk, wrong, why):
    assert why in text(desk.post(desk.clerk, "/access/emergency/", **(REASON | wrong)))
    assert not Emergency.objects.exists()


@pytest.mark.django_db
def test_reason_and_finding_have_ten_letters_and_spaces_are_none(desk):
    clerk, hogo = by(desk.clerk, JULY), by(desk.hogo, JULY)
    with pytest.raises(Refused, match="10文字以上"):
        emergencies.begin(clerk, desk.clerk, "受付 7-15", f"{'火' * 9}  ")
    with pytest.raises(Refused, match="何の件か"):
        emergencies.begin(clerk, desk.clerk, "  ", "火" * 10)
    made = emergencies.begin(clerk, desk.clerk, " 受付 7-15 ", f" {'火' * 10}")
    assert (made.case, made.reason) == ("受付 7-15", "火" * 10)
    with pytest.raises(Refused, match="10文字以上"):
        emergencies.review(hogo, made, "justified", f"{'消' * 9}  ")
    with pytest.raises(Refused, match="正当だったか"):
        emergencies.review(hogo, made, "", "消" * 10)
    assert emergencies.review(hogo, made, "unjustified", "消" * 10).remark == "消" * 10
    assert Event.objects.filter(event="staff.emergency_review", object=f"emergency:{made.id}").count() == 1


@pytest.mark.django_db
def test_an_emergency_wants_a_fresh_proof_and_is_not_for_contractors(desk):
    client = desk.client(desk.clerk)
    Session.objects.filter(account=desk.clerk).update(proved_at=timezone.now() - timedelta(minutes=6))
    assert client.post("/access/emergency/", REASON).status_code == 403
    lent = account("301", "lent", "contractor", employment="contractor", contract="2")
    assert "職員のアカウントだけ" in text(desk.get(lent, "/access/emergency/"))
    assert desk.post(lent, "/access/emergency/", **REASON).status_code == 409
    assert not Emergency.objects.exists()


def test_after_the_hour_there_is_nothing(street, settings):
    with transaction.atomic():
        clerk = account("300", "newcomer")
        made = emergencies.begin(by(clerk, JULY), clerk, **REASON)
        token = begin(clerk, "passkey")
    assert identify(token, JULY).emergency == made.id
    with psycopg.connect(street.dsn(connection.settings_dict["NAME"]), autocommit=True) as admin:
        admin.execute("ALTER TABLE staff_emergency DISABLE TRIGGER USER")
        admin.execute(
            "UPDATE staff_emergency SET begun_at = begun_at - interval '61 minutes', ends_at = ends_at - interval '61 minutes'"
        )
    person = identify(token, JULY)
    assert person.emergency is None
    assert not can(person, "residents.view", NOTHING, "inquiry", JULY).allowed


@pytest.mark.django_db
def test_no_emergency_is_longer_than_an_hour_for_the_database_either(desk):
    now = timezone.now()
    with pytest.raises(IntegrityError, match="staff_emergency_an_hour"), transaction.atomic():
        Emergency.objects.create(
            account=desk.clerk, case="x", reason="x" * 10, begun_at=now, ends_at=now + timedelta(minutes=61),
            review_by=JULY,
        )  # fmt: skip


@pytest.mark.django_db
def test_another_human_being_looks_into_it_by_the_next_working_day(desk):
    friday = date(2026, 7, 17)
    desk.on(friday)
    made = emergencies.begin(by(desk.clerk, friday), desk.clerk, **REASON)
    assert made.review_by == date(2026, 7, 21), "Monday 20 July is a holiday"
    page = text(desk.get(desk.kacho, "/access/emergencies/"))
    assert "確かめ待ち" in page and "期限切れ" not in page
    assert page.split("緊急閲覧<span")[1].startswith(' class="badge">1<'), (
        "the head and the privacy officer are told"
    )
    assert "badge" in text(desk.get(desk.hogo, "/access/mine/"))
    way = f"/access/emergencies/{ref('emergency', made.id)}/"
    desk.on(date(2026, 7, 22))
    assert "期限切れ" in text(desk.get(desk.hogo, "/access/emergencies/"))
    assert "結果を選んでください" in text(desk.post(desk.hogo, way, remark=FOUND["remark"]))
    assert desk.post(desk.hogo, way, **FOUND).status_code == 302
    page = text(desk.get(desk.kacho, "/access/emergencies/"))
    assert "正当" in page and "期限切れ" not in page, "late no more"
    assert desk.post(desk.kacho, way, **FOUND).status_code == 409, "looked into once"
    assert desk.get(desk.clerk, "/access/emergencies/").status_code == 404


@pytest.mark.django_db
def test_nobody_looks_into_his_own_not_even_with_a_second_account(desk):
    made = emergencies.begin(by(desk.kacho, JULY), desk.kacho, **REASON)
    way = f"/access/emergencies/{ref('emergency', made.id)}/"
    assert "ほかの人が確かめます" in text(desk.get(desk.kacho, way))
    assert desk.post(desk.kacho, way, **FOUND).status_code == 409
    second = open_account(on(), desk.kacho.member, "kacho-2", "staff")
    with pytest.raises(Refused, match="別のアカウントでも"):
        emergencies.review(by(second, JULY), made, **FOUND)
    assert not EmergencyReview.objects.exists()
