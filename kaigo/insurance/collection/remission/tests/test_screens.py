"""Pages as clerks meet them: applying, the law's answer, putting forward, deciding, taking back, the list of all."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import RequestFactory

from kaigo.base.desk.refs import ref, unref
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.collection import screens
from kaigo.insurance.collection.models import Deferral, Relief, ReliefBulk, Remission
from kaigo.insurance.collection.remission.tests.test_bulk import raised
from kaigo.insurance.collection.remission.tests.two import (
    AUGUST,
    assess,
    booked,
    granted,
    in_force,
    is_right,
    of_stage,
    parts,
    payer,
    plan_on,
)
from kaigo.insurance.collection.tests.builders import YEAR

pytestmark = pytest.mark.django_db
CLERK = frozenset({"collection.view", "collection.remit"})
HEAD = frozenset({"collection.view", "collection.remit_approve"})
FORM = {
    "fiscal_year": str(YEAR), "ground": "income_fall", "applied_on": "令和8年8月3日", "lost_yen": "６００,０００",
    "of_yen": "1,200,000", "documents": "給与明細", "note": "離職した",
}  # fmt: skip


def ask(name, data=None, may=CLERK, account=1, day=AUGUST, sees=None, **path):
    view = next(p.callback for p in screens.urls if p.name == name)
    request = RequestFactory().post("/", data) if data is not None else RequestFactory().get("/")
    request.staff, request.day = someone(may, account=account, sees=sees), day
    return view(request, **path)


def text(answer):
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def gone(answer):
    assert answer.status_code in (302, 303), answer.content.decode()
    return answer.headers["Location"]


def test_a_clerk_applies_and_puts_forward_and_the_head_decides():
    who = payer(3)
    assert "減免の申請を入れる" in text(ask("person_reliefs", person=who))
    where = gone(ask("new_relief", FORM, person=who, kind="remission"))
    made = Relief.objects.get()
    assert where == f"/collection/relief/{ref('relief', made.id)}/"
    assert (made.lost_yen, made.of_yen, made.household_size, made.applied_on) == (
        600_000,
        1_200_000,
        1,
        AUGUST,
    )
    html = text(ask("relief", relief=made.id))
    for word in (
        "条例による答え: 承認",
        "収入",
        "減らした後の年額",
        "第2期(納付書)",
        "滞納",
        "本人への説明",
        "伺いを出す",
    ):
        assert word in html, word
    assert Remission.objects.count() == 0
    gone(ask("propose", {}, relief=made.id))
    assert "伺いを出した本人は決裁できません" in text(ask("relief", relief=made.id, may=CLERK | HEAD))
    assert "決裁待ち" in text(ask("reliefs"))
    assert ask("approve", {}, relief=made.id).status_code == 404
    answer = ask("approve", {}, may=HEAD, relief=made.id)
    assert answer.status_code == 409 and "伺いを出した本人" in answer.content.decode()
    gone(ask("approve", {}, may=HEAD, account=2, relief=made.id))
    decided = Remission.objects.get()
    html = text(ask("person_reliefs", person=who))
    assert f"{decided.yen:,}" in html and "減免の承認" in html and "有効" in html
    html = text(ask("ledger", person=who))
    assert "減免額" in html and f"{decided.yen:,}" in html
    gone(ask("revoke", {"note": "収入が戻った"}, remission=decided.id))
    back = Relief.objects.get(kind="revocation")
    assert "収入が戻った" in text(ask("relief", relief=back.id, may=HEAD, account=2))
    gone(ask("approve", {}, may=HEAD, account=2, relief=back.id))
    assert booked(who, "remission") == 0
    assert "減免の取消し" in text(ask("person_reliefs", person=who))
    assert is_right()


def test_wrong_fields_are_told_and_nothing_typed_is_lost():
    who = payer(3)
    html = text(
        ask(
            "new_relief",
            FORM | {"applied_on": "きのう", "lost_yen": "たくさん", "ground": ""},
            person=who,
            kind="remission",
        )
    )
    for word in (
        "3か所",
        "「きのう」は日付として読めません",
        "「たくさん」は数として",
        "訳を選んで",
        "給与明細",
        'value="離職した"',
    ):
        assert word in html, word
    later = FORM | {
        "applied_on": "2026-08-04",
        "event_on": "2026-08-02",
        "event_end": "2026-08-02",
        "household_size": "0",
    }
    html = text(ask("new_relief", later, person=who, kind="remission"))
    assert "業務日より後" in html and "始まった日より後" in html and "1から99" in html
    assert ask("new_relief", person=who, kind="other").status_code == 404
    assert (
        ask("new_relief", may=frozenset({"collection.view"}), person=who, kind="remission").status_code == 404
    )
    assert Relief.objects.count() == 0


def test_what_is_refused_is_told_beside_what_was_typed():
    who = payer(3)
    html = text(ask("new_relief", FORM | {"note": "123456789018"}, person=who, kind="remission"))
    assert "個人番号" in html and 'value="給与明細"' in html and Relief.objects.count() == 0
    gone(ask("new_relief", FORM, person=who, kind="remission"))
    html = text(ask("new_relief", FORM, person=who, kind="remission"))
    assert "決まらずに残っています" in html and 'value="離職した"' in html and Relief.objects.count() == 1
    made = granted(payer(3), "income_fall", lost_yen=6, of_yen=10)
    html = text(ask("revoke", {"note": "番号 123456789018"}, remission=made.id))
    assert "個人番号" in html and 'value="番号 123456789018"' in html
    gone(ask("revoke", {"note": "収入が戻った"}, remission=made.id))
    assert "もう出ています" in text(ask("revoke", {"note": "もう一度"}, remission=made.id))


def test_what_lacks_and_what_stands_in_the_way_is_said():
    who = payer(3)
    gone(ask("new_relief", FORM | {"lost_yen": ""}, person=who, kind="remission"))
    row = Relief.objects.get()
    html = text(ask("relief", relief=row.id))
    assert "足りないもの" in html and "この答えで伺いを出す" not in html
    gone(ask("withdraw", {}, relief=row.id))
    assert "取り下げた" in text(ask("relief", relief=row.id))
    granted(who, "income_fall", lost_yen=6, of_yen=10)
    gone(ask("new_relief", FORM, person=who, kind="remission"))
    assert "もう決定されています" in text(ask("relief", relief=Relief.objects.get(state="open").id))


def test_a_deferral_goes_the_same_way():
    who = payer(3)
    form = {"fiscal_year": str(YEAR), "ground": "disaster", "applied_on": "R8.8.3", "months": "2"}
    gone(ask("new_relief", form, person=who, kind="deferral"))
    row = Relief.objects.get()
    html = text(ask("relief", relief=row.id))
    assert "猶予する期間" in html and "令和8年度第2期" in html
    gone(ask("propose", {}, relief=row.id))
    gone(ask("approve", {}, may=HEAD, account=2, relief=row.id))
    made = Deferral.objects.get()
    assert "今日、猶予している期" in text(ask("person_reliefs", person=who))
    gone(ask("end_deferral", {"note": "事情がなくなった"}, deferral=made.id))
    assert "1か所" in text(ask("end_deferral", {"note": ""}, deferral=made.id))
    assert "猶予の期間" in text(ask("end_deferral", deferral=made.id))


def test_a_lapsed_remission_waits_until_somebody_says_why_not():
    who = payer(3)
    made = granted(who, "income_fall", lost_yen=6, of_yen=10)
    assess(who, 5, AUGUST, before=in_force(who).assessment_id, sort="revision")
    plan_on(date(YEAR, 8, 20))
    html = text(ask("person_reliefs", person=who))
    assert "失効しました" in html and "減免の失効" in html
    assert ask("review", {"note": ""}, remission=made.id).status_code == 409
    gone(ask("review", {"note": "第5段階では困窮に当たらない"}, remission=made.id))
    assert "減免の見直し" not in text(ask("person_reliefs", person=who))
    assert ask("review", {"note": "もう一度"}, remission=made.id).status_code == 409


def test_the_list_of_all_is_made_by_one_and_decided_by_another():
    who = raised(6, 1)
    raised(6, 1, status=["undeclared"])
    assert "一覧を作る" in text(ask("relief_bulks"))
    where = gone(ask("relief_bulks", {}))
    row = ReliefBulk.objects.get()
    assert unref("relief_bulk", re.search(r"bulk/([^/]+)/", where).group(1)) == row.id
    html = text(ask("relief_bulk", relief_bulk=row.id, may=CLERK | HEAD))
    assert (
        f"{of_stage(6) - of_stage(1):,}" in html
        and "一覧を作った本人は決裁できません" in html
        and "第6段階" in html
    )
    assert "第6段階" not in text(ask("relief_bulk", relief_bulk=row.id, sees=["name"]))
    answer = ask("approve_bulk", {}, may=HEAD, relief_bulk=row.id)
    assert answer.status_code == 409
    html = text(ask("relief_bulk", relief_bulk=row.id, may=HEAD, account=2))
    assert "1 人の減免を決裁する" in html
    gone(ask("approve_bulk", {}, may=HEAD, account=2, relief_bulk=row.id))
    assert "決定した" in text(ask("relief_bulk", relief_bulk=row.id))
    assert sum(parts(who).values()) == of_stage(1)
    assert "一覧を作る" in text(ask("relief_bulks"))
    assert "特例減免はありません" in text(ask("relief_bulks", day=date(YEAR + 1, 5, 1)))
    assert is_right()


def test_an_abandoned_list_decides_nothing():
    raised(6, 1)
    gone(ask("relief_bulks", {}))
    row = ReliefBulk.objects.get()
    gone(ask("abandon_bulk", {}, relief_bulk=row.id))
    assert ask("approve_bulk", {}, may=HEAD, account=2, relief_bulk=row.id).status_code == 409
    assert Remission.objects.count() == 0


def test_reasons_about_tax_are_hidden_from_who_may_not_see_them():
    who = raised(6, 1)
    made = granted(who, "special")
    row = Relief.objects.get(remission=made)
    html = text(ask("relief", relief=row.id))
    assert "全員が非課税" in html
    html = text(ask("relief", relief=row.id, sees=["name"]))
    assert "全員が非課税" not in html and "(表示しません)" in html
