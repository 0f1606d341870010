"""The pages of questions: who sees which, explanation first, who may say what came of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import RequestFactory
from django.utils.html import strip_tags

from kaigo.base.audit.models import Event
from kaigo.base.audit.write import record
from kaigo.base.desk.refs import ref
from kaigo.base.keys.index import index
from kaigo.base.misuse import read, screens, words
from kaigo.base.misuse.decide import review
from kaigo.base.misuse.models import Alert, AlertEvent, AlertReason, Review
from kaigo.base.misuse.values import EMERGENCY, RULES
from kaigo.base.records.context import Context, acting
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.can import Held, Posted, Reach
from kaigo.base.staff.tables import roles
from kaigo.base.staff.tests.someone import someone

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 15)
CARE, OTHER = "介護保険課", "住民課"


def who(role: str, account: int = 1, section: str = CARE):
    """Somebody with a real role in a section; member = 1000 + account."""
    held = (Held(7, roles()[role], section, date.min),)
    return replace(someone(account=account), posts=(Posted(section, "係員", date.min),), grants=held)


def question(member: int = 1, section: str = CARE, owner: str = "head", due: date = DAY, **more) -> Alert:
    count = Alert.objects.count() + 1
    made = Alert.objects.create(
        member=member, day=DAY, kind=more.pop("kind", "day"), thing=more.pop("thing", count.to_bytes(16, "big")), score=50, critical=False,
        causes={"reason": 3, "own": 2}, section=section, owner=owner, due_on=due, found_on=DAY, **more,
    )  # fmt: skip
    AlertReason.objects.create(alert=made, rule="R8", points=50, facts={"persons": 3})
    return made


def ask(name: str, staff, query: str = "", data: dict | None = None, **path):
    view = next(p.callback for p in screens.urls if p.name == name)
    factory = RequestFactory()
    request = factory.post("/x", data) if data is not None else factory.get(f"/x?{query}")
    request.staff, request.day = staff, DAY
    return view(request, **path)


def html(answer) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.content.decode()[-500:])
    return answer.content.decode().split("<main")[1].split("</main>")[0]


def listed(staff, shown: str) -> set[str]:
    return set(re.findall(r'href="/misuse/([\w-]{22})/"', html(ask("home", staff, f"state={shown}"))))


def refs(*alerts: Alert) -> set[str]:
    return {ref("alert", alert.id) for alert in alerts}


FOUND = {"outcome": "fine", "reason": "受付簿の記録と一致した"}


def test_a_head_sees_those_of_his_section_and_never_those_about_himself():
    mine, far, office = question(), question(section=OTHER), question(owner="office")
    about_me = question(member=1001, owner="office")
    head, keeper, auditor = who("課長"), who("個人情報保護", 2), who("監査", 3)
    assert listed(head, "open") == refs(mine) and listed(head, "mine") == refs(mine)
    # What the office looks into is about another head of his own section, or about himself being looked at.
    assert ask("alert", head, alert=office.id).status_code == 404
    assert ask("review", head, data=FOUND, alert=office.id).status_code == 404
    assert listed(keeper, "open") == refs(mine, far, office, about_me)
    assert listed(keeper, "mine") == refs(office, about_me)
    assert listed(auditor, "open") == refs(mine, far, office, about_me) and listed(auditor, "mine") == set()
    # Whatever the owner of one about himself is: he does not find it, counted or listed, nor may he answer it.
    mine_too = (
        question(member=1001),
        question(member=1002, owner="heads", section=OTHER),
        question(member=1003),
    )
    for who_is, about in ((head, mine_too[0]), (keeper, mine_too[1]), (auditor, mine_too[2])):
        assert ask("alert", who_is, alert=about.id).status_code == 404
        assert all(ref("alert", about.id) not in listed(who_is, shown) for shown in read.SHOWN)
    for who_is, about in ((head, mine_too[0]), (keeper, mine_too[1])):
        assert ask("review", who_is, data=FOUND, alert=about.id).status_code == 404
    assert not Review.objects.exists()
    assert ask("alert", head, alert=about_me.id).status_code == 404
    assert ask("alert", head, alert=far.id).status_code == 404
    assert ask("review", head, data=FOUND, alert=about_me.id).status_code == 404
    assert ask("home", who("係員", 4)).status_code == 404


def test_what_is_late_and_what_is_done_stand_apart_and_the_badge_counts_ones_own():
    late, today = question(due=DAY - timedelta(days=1)), question()
    head, ctx = who("課長"), Context("account:1", "audit", DAY)
    assert listed(head, "overdue") == refs(late) and "期限切れ" in html(ask("home", head))
    assert read.waiting(ctx, head) == 2
    assert read.waiting(ctx, who("監査", 3)) == 0
    assert ask("review", head, data=FOUND, alert=late.id).status_code == 302
    assert read.waiting(ctx, head) == 1
    assert listed(head, "done") == refs(late) and listed(head, "open") == refs(today)


def test_fifty_questions_a_page_and_an_empty_list_says_so():
    head = who("課長")
    page = html(ask("home", head))
    assert "確かめるものはありません" in page and "解析はまだ行われていません" in page
    assert "期限を過ぎたものはありません" in html(ask("home", head, "state=overdue"))
    for _ in range(52):
        question()
    assert len(listed(head, "open")) == 50
    assert (
        len(set(re.findall(r'href="/misuse/([\w-]{22})/"', html(ask("home", head, "state=open&page=2")))))
        == 2
    )


def test_a_watch_that_is_behind_is_told_with_what_to_do(monkeypatch):
    head = who("課長")
    assert "急ぐ規則で調べていない" not in html(ask("home", head))
    monkeypatch.setattr(read, "late", lambda on: on == DAY)
    page = html(ask("home", head))
    assert (
        "5分を超えて、急ぐ規則で調べていない閲覧があります" in page and "システムの運用担当に知らせて" in page
    )


def test_one_question_begins_with_what_may_explain_it_and_accuses_nobody():
    made = question(emergency=77)
    AlertReason.objects.create(alert=made, rule="R14", points=40, facts={"days": 3})
    ctx = Context("account:5", "inquiry", DAY, "access:1")
    with acting(ctx):
        event = record(ctx, "page.read", "person", people=[1])
    AlertEvent.objects.create(alert=made, event=event)
    page = html(ask("alert", who("課長"), alert=made.id))
    text = strip_tags(page)
    assert text.index("説明になるかもしれないこと") < text.index("確かめる理由") < text.index("閲覧の記録")
    for said in (
        "書かれた理由だけ",
        "自分で受けた",
        "理由だけを書いて開いた人数: 3人",
        "異動・退職の3日前",
        "画面の閲覧",
        "緊急閲覧 77番",
    ):
        assert said in text, said
    assert f"/traces/{ref('event', event)}/" in page
    assert f"/access/emergencies/{ref('emergency', 77)}/" in page
    assert "不正" not in text.replace("誤りや不正があったという意味ではありません", "")
    assert not re.search("犯|疑", text)
    # Who may not look into it sees no form, and no words that somebody typed.
    assert "<form" not in html(ask("alert", who("監査", 3), alert=made.id))


def test_what_came_after_an_answer_leads_to_what_was_answered_before():
    before = question()
    after = question(thing=bytes(before.thing), turn=2)
    page = html(ask("alert", who("課長"), alert=after.id))
    assert f'href="/misuse/{ref("alert", before.id)}/"' in page and "改めて確かめてください" in page
    assert "前の確かめる閲覧" not in html(ask("alert", who("課長"), alert=before.id))


def test_what_was_typed_as_a_reason_is_read_by_who_has_to_look_into_it_alone():
    from kaigo.insurance.counter.models import Access
    from kaigo.insurance.qualification.tests.builders import born

    person, made = born("1950-05-05"), question()
    access = Access.objects.create(
        person_id=person,
        actor="account:5",
        purpose="inquiry",
        reason="窓口で見本さんに頼まれた",
        given_on=DAY,
    )
    ctx = Context("account:5", "inquiry", DAY, f"access:{access.id}")
    with acting(ctx):
        AlertEvent.objects.create(alert=made, event=record(ctx, "page.read", "person", people=[person]))
    assert "窓口で見本さんに" in html(ask("alert", who("課長"), alert=made.id))
    assert "窓口で見本さんに" not in html(ask("alert", who("監査", 3), alert=made.id))


def test_no_page_of_questions_names_a_resident():
    """Neither the lists nor the question itself, for roles that see names elsewhere."""
    from kaigo.insurance.qualification.tests.builders import born

    person = born("1950-05-05", "見本 髙子")
    made = question(kind="person", thing=index("subjects").digest(f"person:{person}"), owner="office")
    ctx = Context("account:5", "inquiry", DAY, "ticket:1")
    with acting(ctx):
        AlertEvent.objects.create(
            alert=made, event=record(ctx, "page.read", "person", people=[person], opened=[person])
        )
    for role, account in (("個人情報保護", 1), ("監査", 2)):
        pages = [ask("home", who(role, account), f"state={shown}") for shown in read.SHOWN]
        pages.append(ask("alert", who(role, account), alert=made.id))
        assert sum(ref("alert", made.id) in html(page) for page in pages) >= 1
        assert not [page for page in pages if "髙子" in html(page) or ref("person", person) in html(page)]


def test_an_outcome_wants_words_and_stands_for_ever():
    made, head = question(), who("課長")
    page = html(ask("review", head, data={"outcome": "", "reason": ""}, alert=made.id))
    assert "結果を選んでください" in page and not Review.objects.exists()
    # All that lacks is told at once, and nothing typed is lost.
    page = html(ask("review", head, data={"reason": "短い"}, alert=made.id))
    assert (
        "結果を選んでください" in page and "10文字以上で書いてください" in page and ">短い</textarea>" in page
    )
    with pytest.raises(Refused, match="10文字以上"):
        review(Context("account:1", "audit", DAY), made, 1001, Reach(everywhere=True), "fine", "短い")
    assert ask("review", head, data=FOUND | {"outcome": "inquiry"}, alert=made.id).status_code == 302
    assert "調査中" in html(ask("alert", head, alert=made.id)) and listed(head, "mine") == refs(made)
    assert ask("review", head, data=FOUND | {"outcome": "grave"}, alert=made.id).status_code == 302
    again = ask("review", head, data=FOUND, alert=made.id)
    assert again.status_code == 409 and "もう確かめてあります" in again.content.decode(), "it has ended"
    assert list(Review.objects.order_by("id").values_list("outcome", flat=True)) == ["inquiry", "grave"]
    events = Event.objects.filter(event="misuse.review", object=f"alert:{made.id}").order_by("id")
    assert [e.details["ruled"] for e in events] == ["inquiry", "grave"]


def test_who_may_say_what_came_of_it():
    """The head of the section or the privacy office; never the member concerned, by whichever account."""
    ctx, care, everywhere = (
        Context("account:9", "audit", DAY),
        Reach(frozenset({CARE})),
        Reach(everywhere=True),
    )
    told = ("fine", "受付簿の記録と一致した")
    for made, member, within, why in (
        (question(), 1, everywhere, "自分の閲覧を自分で"),
        (question(section=OTHER), 1001, care, "その課の課長か個人情報保護"),
        (question(owner="office"), 1001, care, "その課の課長か個人情報保護"),
        (question(), 1001, Reach(), "その課の課長か個人情報保護"),
        (question(owner="heads"), 1001, Reach(), "その課の課長か個人情報保護"),
    ):
        with pytest.raises(Refused, match=why):
            review(ctx, made, member, within, *told)
    for made, within in (
        (question(), care),
        (question(section=OTHER), everywhere),
        (question(owner="heads"), care),
    ):
        review(ctx, made, 1001, within, *told)
    assert Review.objects.count() == 3


def test_the_database_itself_keeps_people_apart():
    made = question(member=1)
    row = {"alert": made, "outcome": "fine", "reason": "x", "actor": "account:1", "reviewed_on": DAY}
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(**row, member=1, reviewer=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(**row, member=2, reviewer=1)
        transaction.get_connection().check_constraints()
    Review.objects.create(**row, member=1, reviewer=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(**row, member=1, reviewer=3)


def test_every_rule_has_words_without_a_hole():
    facts = {"persons": 3, "usual": 1, "hour": 70, "run": 8, "searches": 20, "misses": 9, "days": 2}
    for rule in (*RULES, EMERGENCY):
        assert words.title(rule, DAY) and words.reason(rule, facts)
        assert not re.search(r"[{}]", words.reason(rule, facts))
