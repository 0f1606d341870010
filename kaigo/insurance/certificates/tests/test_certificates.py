"""Certificates: monthly issue, reissue, recovery, their pages."""

from datetime import date

import pytest

from kaigo.base.desk.tests.asking import ask, text
from kaigo.base.records.refusal import Refused
from kaigo.insurance.certificates import decide, panels, read, screens
from kaigo.insurance.certificates.models import Certificate
from kaigo.insurance.collection.tests import builders as B

pytestmark = pytest.mark.django_db
MAY = {"certificates.view", "certificates.issue"}
JULY = B.on(date(2026, 7, 1))


def insured(acquired: date, name: str = "見本 花子") -> int:
    who = B.person(name)
    B.insured(who, acquired)
    return who


def test_the_month_gives_certificates_to_those_who_acquire_in_it():
    before, this, later = (insured(date(2026, m, 20)) for m in (6, 7, 8))
    assert decide.monthly(JULY) == {"issued": 1}
    made = Certificate.objects.get()
    assert (made.person_id, made.number, made.reason, made.state) == (this, 1, "age_65", "issued")
    assert decide.monthly(JULY) == {"issued": 0}
    assert decide.monthly(B.on(date(2026, 8, 1))) == {"issued": 1}
    assert {c.person_id for c in Certificate.objects.all()} == {this, later} and before


def test_somebody_decided_late_gets_his_in_the_next_month():
    insured(date(2026, 7, 3))
    decide.monthly(JULY)
    late = insured(date(2026, 7, 5), "見本 太郎")
    assert decide.monthly(B.on(date(2026, 8, 1))) == {"issued": 1}
    assert decide.current(late)


def test_whoever_comes_back_gets_a_new_one_that_replaces_the_old():
    who = insured(date(2026, 7, 3))
    decide.monthly(JULY)
    old = decide.current(who)
    B.lose(who, date(2026, 8, 10), "51")
    Qualification = type(old.qualification)
    Qualification.objects.create(
        person_id=who, period=2, category=1, acquired_on=date(2026, 9, 4), acquired_reason="01", lost_on=None,
        lost_reason="", provisional=False, cancelled=False, decided_on=date(2026, 9, 4), actor="account:1",
    )  # fmt: skip
    assert decide.monthly(B.on(date(2026, 9, 1))) == {"issued": 1}
    new = decide.current(who)
    assert (new.supersedes_id, new.reason) == (old.id, "moved_in")


def test_reissue_supersedes_and_needs_a_reason():
    who = insured(date(2020, 7, 3))
    first = decide.issue(JULY, who)
    with pytest.raises(Refused, match="有効な被保険者証"):
        decide.issue(JULY, who)
    with pytest.raises(Refused, match="理由"):
        decide.reissue(JULY, first.id, "age_65")
    second = decide.reissue(JULY, first.id, "lost")
    assert (second.number, second.supersedes_id) == (2, first.id)
    with pytest.raises(Refused, match="新しい決定"):
        decide.reissue(JULY, first.id, "lost")


def test_what_should_come_back_is_listed_until_it_does():
    who = insured(date(2020, 7, 3))
    held = decide.issue(JULY, who)
    assert read.to_recover(JULY) == []
    B.lose(who, date(2026, 7, 20))
    late = B.on(date(2026, 8, 1))
    assert read.to_recover(late) == [(held.id, who, date(2026, 7, 1), date(2026, 7, 20))]
    with pytest.raises(Refused, match="組合せ"):
        decide.recover(late, held.id, "recovered", "unknown")
    decide.recover(late, held.id, "recovered", "expired")
    assert read.to_recover(late) == [] and decide.current(who) is None
    with pytest.raises(Refused, match="被保険者ではありません"):
        decide.issue(late, who)


def test_pages_show_the_month_the_person_and_what_to_do():
    who = insured(date(2026, 7, 3), "見本 花子")
    assert "まだ交付していません" in panels.panel(JULY, who).state
    assert ask(screens, "act", {"act": "issue"}, {"certificates.view"}, person=who).status_code == 404
    assert ask(screens, "act", {"act": "issue"}, MAY, person=who).status_code == 302
    assert "見本 花子" in text(ask(screens, "month_now", may=MAY))
    assert "この月に交付した証はありません" in text(ask(screens, "month", may=MAY, year=2026, month=6))
    html = text(ask(screens, "person", may=MAY, person=who))
    assert "再交付する" in html and "有効" in html
    act = {"act": "reissue", "reason": "damaged"}
    assert ask(screens, "act", act, MAY, person=who).status_code == 302
    assert "再交付" in text(ask(screens, "person", may=MAY, person=who))
    act = {"act": "recover", "result": "unrecoverable:lost"}
    assert ask(screens, "act", act, MAY, person=who).status_code == 302
    assert "回収不能" in text(ask(screens, "person", may=MAY, person=who))
    assert "回収していない証はありません" in text(ask(screens, "recover", may=MAY))
    assert ask(screens, "act", {"act": "x"}, MAY, person=who).status_code == 409
    assert panels.panel(JULY, who).state == "被保険者証 回収不能"
