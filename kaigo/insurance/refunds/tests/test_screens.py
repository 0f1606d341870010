"""Pages as clerks meet them: why in words, what follows before it is done, nothing typed is lost, two people."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import RequestFactory

from kaigo.base.desk.refs import ref
from kaigo.base.keys.index import index
from kaigo.base.records.rows import rows
from kaigo.base.staff.marks import MARKS, own_words
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.refunds import cases, decide, panels, payees, read, screens, transfers, words
from kaigo.insurance.refunds.causes import Payment
from kaigo.insurance.refunds.gather import Overpaid
from kaigo.insurance.refunds.models import Payee, Proposal, Return, Ruling, Transfer
from kaigo.insurance.refunds.tests import builders as R

pytestmark = pytest.mark.django_db
ALL = frozenset({"refunds.view", "refunds.propose", "refunds.approve", "collection.view", "release.runs"})
FORM = {
    "proof": "claim", "proof_text": "", "claimed_on": "R8.9.1", "bank": "0001", "branch": "001", "account_kind": "1",
    "account": "1234567", "holder": "ミホン　ハナコ",
}  # fmt: skip


def see(name, data=None, may=ALL, account=1, day=R.SEPTEMBER, query="", sees=None, marks=(), **path):
    """The page of this name as somebody with these permissions sees it; data: POST with it."""
    view = next(p.callback for p in screens.urls if p.name == name)
    factory = RequestFactory()
    request = factory.post("/", data) if data is not None else factory.get(f"/?{query}")
    request.staff, request.day = someone(frozenset(may), account=account, sees=sees, marks=marks), day
    return view(request, **path)


def text(answer) -> str:
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


@pytest.fixture
def who():
    made = R.payer()
    R.pay_all(made)
    R.pay(made, 1, 1_000, R.AUGUST)
    cases.renew(R.on())
    return made


def test_the_list_says_who_why_and_until_when(who):
    html = text(see("cases"))
    for told in ("見本 花子", "令和8年度 第1期", "誤納", "1,000", "令和10年8月3日"):
        assert told in html
    assert "当てはまる過誤納はありません" in text(see("cases", query="cause=lost"))
    assert "あと1日" in text(see("cases", day=R.AUGUST.replace(year=2028, day=2), query="show=lapsing"))
    last, over = R.AUGUST.replace(year=2028), R.AUGUST.replace(year=2028, day=4)
    none = "当てはまる過誤納はありません"
    assert none in text(see("cases", day=last, query="show=lapsed"))
    assert none in text(see("cases", day=over, query="show=lapsing"))
    assert "見本 花子" in text(see("cases", day=over, query="show=lapsed"))
    assert "過ぎた" in text(see("cases", day=R.AUGUST.replace(year=2028, day=4)))
    assert see("cases", query="cause=x").status_code == 404


def test_one_person_why_in_words_and_what_a_decision_would_say(who):
    html = text(see("person", person=who))
    assert "令和8年8月3日に、調定を超える額が納められました" in html
    assert "支払先を登録すると提案できます" in html
    R.register(who)
    html = text(see("person", person=who))
    assert "この内容を提案する" in html and "みずほ" in html
    assert "充てる未納がない: 1,000 円をすべて返す" in html
    assert "この内容を提案する" not in text(see("person", may={"refunds.view"}, person=who))
    assert see("person", person=10**9).status_code == 404


def test_a_payment_that_was_wrong_is_told_with_its_own_day():
    part = Overpaid(
        1,
        R.YEAR,
        "deduction",
        8,
        "after_death",
        300,
        R.SEPTEMBER,
        (Payment(R.AUGUST, R.YEAR, "deduction", 300),),
    )
    assert words.why(part) == "死亡した後の令和8年8月3日に、年金から徴収されました"
    assert "令和8年9月10日の更正で" in words.why(part._replace(cause="reassessed"))


def test_what_was_typed_stays_when_the_bank_does_not_exist(who):
    html = text(see("payee", FORM | {"bank": "0002"}, person=who, kind="person"))
    assert "一覧にありません" in html and 'value="0002"' in html and 'value="ミホン　ハナコ"' in html
    html = text(see("payee", FORM | {"claimed_on": "きのう"}, person=who, kind="person"))
    assert "日付として読めません" in html and 'value="きのう"' in html
    assert not Payee.objects.exists()
    assert see("payee", FORM, person=who, kind="person").status_code == 302
    row = Payee.objects.get()
    assert (row.holder, str(row.claimed_on)) == ("ミホン　ハナコ", "2026-09-01")
    assert see("payee", person=who, kind="nobody").status_code == 404


def test_a_guardian_is_chosen_from_those_recorded_and_by_reference(who):
    guardian, stranger = R.B.person("後見 太郎"), R.B.person("別人 太郎")
    assert "後見人は記録されていません" in text(see("payee", person=who, kind="guardian"))
    R.related(who, guardian, payees.GUARDIAN)
    form = FORM | {"proof": "registry", "proof_text": "第1号", "name": "後見 太郎"}
    html = text(see("payee", person=who, kind="guardian"))
    assert f'<option value="{ref("person", guardian)}">後見 太郎</option>' in html and "別人 太郎" not in html
    for other in ("", str(guardian), ref("person", stranger)):
        assert see("payee", form | {"other": other}, person=who, kind="guardian").status_code == 200
    assert not Payee.objects.exists()
    chosen = form | {"other": ref("person", guardian)}
    assert see("payee", chosen, person=who, kind="guardian").status_code == 302
    assert Payee.objects.get().other_id == guardian
    assert f'value="{ref("person", guardian)}" selected' in text(see("payee", person=who, kind="guardian"))


def test_nobody_makes_himself_the_guardian_to_whom_the_money_goes(who):
    guardian = R.B.person("後見 太郎", "コウケン タロウ", date(1970, 1, 1))
    R.related(who, guardian, payees.GUARDIAN)
    marks = index(MARKS).digests([own_words("コウケン タロウ", date(1970, 1, 1))])
    form = FORM | {
        "proof": "registry",
        "proof_text": "第1号",
        "name": "後見 太郎",
        "other": ref("person", guardian),
    }
    refused = see("payee", form, person=who, kind="guardian", marks=marks)
    assert refused.status_code == 403 and "自分・世帯への書込み禁止" in refused.content.decode()
    assert not Payee.objects.exists()


def test_a_registered_account_whose_bank_closed_is_shown_and_not_taken(who):
    R.refund_account(who, bank="0002")
    assert "0002 001 普通 7654321" in text(see("payee", person=who, kind="person"))
    registered = {"proof": "registered", "claimed_on": ""}
    assert "一覧にありません" in text(see("payee", registered, person=who, kind="person"))
    assert not Payee.objects.exists()


def test_from_the_proposal_to_the_returned_transfer(who):
    R.register(who)
    sent = see("propose", {"kind": "person"}, person=who)
    made = Proposal.objects.get()
    assert sent["Location"] == f"/refunds/proposal/{ref('proposal', made.id)}/"
    html = text(see("proposal", proposal=made.id))
    assert "提案した本人は承認できません" in html and "を承認する" not in html
    assert see("approve", {}, proposal=made.id).status_code == 409
    assert "見本 花子" in text(see("approvals"))
    html = text(see("proposal", account=2, proposal=made.id))
    assert "1,000円の還付を承認する" in html
    assert see("approve", {}, account=2, proposal=made.id).status_code == 302
    assert "見本 花子" in text(see("transfers")) and "1 件、1,000 円" in text(see("transfers"))
    transfers.note_sent(R.on(), 1, R.SEPTEMBER, [made.id])
    html = text(see("transfers", query="show=sent"))
    assert "戻ったことを記録する" in html
    row = Transfer.objects.get()
    assert see("come_back", {"reason": "", "remark": ""}, transfer=row.id).status_code == 409
    assert see("come_back", {"reason": "closed", "remark": "9月20日"}, transfer=row.id).status_code == 302
    assert Return.objects.get().reason == "closed"
    assert "口座が解約されている 9月20日" in text(see("returned"))
    html = text(see("proposal", proposal=made.id))
    assert "別の口座を尋ね" in html and "口座が解約されている" in html


def test_what_waits_stands_in_its_order_and_what_left_the_other_way_round(who):
    def shown(query: str) -> list[str]:
        html = text(see("transfers", query=query))
        return sorted(("見本 花子", "見本 太郎"), key=html.index)

    other = R.payer(name="見本 太郎")
    R.pay_all(other)
    R.pay(other, 1, 2_000, R.AUGUST)
    R.register(other, R.ACCOUNT._replace(account="7777777"))
    made = [R.approved(one).id for one in (who, other)]
    assert shown("") == ["見本 花子", "見本 太郎"]
    transfers.note_sent(R.on(), 1, R.SEPTEMBER, made)
    assert shown("show=sent") == ["見本 太郎", "見本 花子"]


def test_a_strangers_account_is_shown_before_it_is_approved(who):
    other = R.payer(name="別人 太郎")
    R.register(other)
    made = decide.propose(R.on(), who, R.register(who).id)
    html = text(see("proposal", account=2, proposal=made.id))
    assert "関わりのない人と同じ口座" in html and "別人 太郎" in html and 'name="shared_why"' in html
    assert see("approve", {}, account=2, proposal=made.id).status_code == 409
    assert see("approve", {"shared_why": "同じ施設"}, account=2, proposal=made.id).status_code == 302
    assert "同じ施設" in text(see("proposal", proposal=made.id))


def test_a_proposal_is_rejected_or_withdrawn_with_a_reason(who):
    to = R.register(who)
    made = decide.propose(R.on(), who, to.id)
    assert see("reject", {"remark": ""}, account=2, proposal=made.id).status_code == 409
    assert see("reject", {"remark": "口座を確かめる"}, account=2, proposal=made.id).status_code == 302
    again = decide.propose(R.on(), who, to.id)
    assert see("withdraw", {"remark": "取下げ"}, proposal=again.id).status_code == 302
    assert list(Ruling.objects.order_by("id").values_list("outcome", flat=True)) == ["rejected", "withdrawn"]


def test_who_may_not_see_accounts_sees_none(who):
    R.register(who)
    made = decide.propose(R.on(), who, Payee.objects.get().id)
    for name, path in (("person", {"person": who}), ("proposal", {"proposal": made.id})):
        html = text(see(name, sees=("name",), **path))
        assert "1234567" not in html and "(表示しません)" in html


def test_the_panel_tells_what_waits_and_what_became_of_it(who):
    found = panels.panel(R.on(), who)
    assert "過誤納 1,000円" in found.state and found.banners
    R.approved(who)
    found = panels.panel(R.on(), who)
    assert found.state == "還付・充当 振込待ち" and not found.banners and len(found.events) == 1
    assert panels.panel(R.on(), R.payer()) is None


def test_what_waits_explains_why_somebody_is_looked_at(who):
    def waits():
        return [case.split(":")[0] for person, case in rows(read.waiting_sql()) if person == who]

    assert waits() == ["refunds.case"]
    made = decide.propose(R.on(), who, R.register(who).id)
    assert waits() == ["refunds.proposal"]
    decide.approve(R.on(account=2), made.id)
    assert waits() == ["refunds.proposal"]
    transfers.note_sent(R.on(), 1, R.SEPTEMBER, [made.id])
    assert waits() == []


def test_rooms_above_learn_what_is_about_to_be_offset():
    who = R.payer()
    for number in (3, 4, 5, 6, 7, 8):
        R.pay(who, number, R.terms(who)["direct", number].levied, R.AUGUST)
    R.pay(who, 3, 1_500, R.AUGUST)
    made = decide.propose(R.on(), who, None)
    assert rows(read.held_sql()) == [(who, R.YEAR, "direct", 1, 1_500)]
    assert rows(read.cases_sql()) == []
    decide.approve(R.on(account=2), made.id)
    assert rows(read.held_sql()) == [], "then it is booked"
