"""転入: who is listed, until when the former certification can be taken over, what a clerk notes and is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification import income_inquiries as inquiries
from kaigo.insurance.qualification import moves_in, read
from kaigo.insurance.qualification.models import Handover
from kaigo.insurance.qualification.tests.builders import INSURER, context, day, excepted
from kaigo.insurance.qualification.tests.test_income_inquiries import (
    OTHER,
    _towns,  # noqa: F401  the municipalities of the register
    decide,
    moved_in,
)
from kaigo.insurance.qualification.tests.test_screens import ask, text

pytestmark = pytest.mark.django_db


def listed(on="2026-07-01", first="2026-06-01"):
    return moves_in.moves_in(context(on), INSURER, day(first), day(on) + timedelta(days=1))


def hand_in(person, received="2026-06-24", on="2026-07-01", code=OTHER, **words):
    return moves_in.hand_in(context(on), INSURER, person, day(received), code, **words)


def test_people_of_forty_and_more_who_moved_in_between_two_days():
    moved_in("第一号 花子", on="2026-06-10")
    moved_in("第二号 太郎", birth="1986-06-21", on="2026-06-20")
    moved_in("若い 次郎", birth="1986-06-22", on="2026-06-20")  # attains 40 on the following day
    moved_in("前の月 三郎", on="2026-05-31")
    decide()
    found = listed()
    assert [(m.name, m.category, m.base) for m in found] == [
        ("第二号 太郎", 2, day("2026-06-20")),
        ("第一号 花子", 1, day("2026-06-10")),
    ]
    assert [(m.state, m.told.last_on, m.told.days_left) for m in found] == [
        ("open", day("2026-07-06"), 5),  # the fourteenth day is a Saturday
        ("over", day("2026-06-24"), -7),
    ]
    assert found[1].from_code == OTHER and found[1].acquired_on == day("2026-06-10")


def test_who_stays_insured_elsewhere_has_nothing_to_take_over():
    person = moved_in("他特例 花子", on="2026-06-10")
    excepted(person, "other", "2026-06-10")
    decide()
    (found,) = listed()
    assert (found.elsewhere, found.base, found.state) == (True, None, "")
    with pytest.raises(Refused, match="引き継ぐ転入がありません"):
        hand_in(person)


def test_the_certificate_is_noted_for_the_move_and_read_by_rooms_above():
    person = moved_in(on="2026-06-10")
    decide()
    hand_in(person, number="K-12", made_on=day("2026-06-05"))
    (found,) = listed()
    assert (found.state, found.note.municipality, found.note.certificate_number) == ("in_time", OTHER, "K-12")
    hand_in(person, "2026-06-25")
    assert listed()[0].state == "late"
    assert Handover.objects.count() == 2
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT person_id, acquired_on, handed_in_on FROM ({read.handovers_sql()}) h")
        assert cursor.fetchall() == [(person, day("2026-06-10"), day("2026-06-25"))]
    moves_in.take_back(context("2026-07-01"), listed()[0].note, "別人の証明書")
    assert listed()[0].state == "over" and Handover.objects.count() == 3
    with pytest.raises(Refused):
        moves_in.take_back(context("2026-07-01"), Handover.objects.latest("id"), "もう一度")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"received": "2026-06-09"}, "受け取った日"),
        ({"received": "2026-07-02"}, "受け取った日"),
        ({"code": "999999"}, "台帳にありません"),
        ({"code": INSURER}, "ほかの市区町村"),
        ({"made_on": day("2026-06-25")}, "作成日"),
    ],
)
def test_wrong_days_and_insurers_are_refused(words, said):
    person = moved_in(on="2026-06-10")
    decide()
    with pytest.raises(Refused, match=said):
        hand_in(person, **words)
    assert not Handover.objects.exists()


def test_the_list_says_whether_the_income_is_asked_about():
    person = moved_in(on="2026-06-10")
    decide()
    ctx = context("2026-07-01")
    assert moves_in.incomes(ctx, [person]) == {person: ("照会が要る", "warn")}
    inquiries.ask(ctx, 2026, OTHER, [person], day("2026-08-31"))
    assert moves_in.incomes(ctx, [person])[person][0].startswith("照会票を作る前")


def test_the_clerk_finds_them_and_notes_the_certificate_on_the_screen():
    person = moved_in("転入 花子", on="2026-06-20")
    decide()
    html = text(ask("moves_in"))
    assert "転入 花子" in html and "埼玉県川口市" in html and "あと5日" in html and "照会が要る" in html
    assert "当てはまる転入はありません" in text(ask("moves_in", query={"show": "over"}))
    assert "当てはまる転入はありません" in text(ask("moves_in", query={"first": "R8.6.21"}))
    assert "日付として読めません" in text(ask("moves_in", query={"first": "六月"}))
    assert ask("moves_in", query={"show": "x"}).status_code == 404
    typed = {"handed_in_on": "R8.6.30", "municipality": OTHER, "number": "", "made_on": "", "step": "check"}
    wrong = text(ask("hand_in", typed | {"municipality": "000000", "handed_in_on": "R8.6.1"}, person=person))
    assert "台帳にありません" in wrong and "資格を取得した日から今日まで" in wrong
    shown = text(ask("hand_in", typed, person=person))
    assert "令和8年7月6日" in shown and "期限内" in shown
    assert not Handover.objects.exists()
    assert ask("hand_in", typed | {"step": "do"}, person=person).status_code == 302
    assert "期限内に提出" in text(ask("moves_in", query={"show": "handed"}))
    assert "令和8年6月30日 に受け取った" in text(ask("person", person=person))
    late = text(ask("hand_in", typed | {"handed_in_on": "R8.7.7"}, person=person, on="2026-07-08"))
    assert "期限の後の提出です" in late
    assert ask("hand_in", {"act": "take_back", "reason": "誤り"}, person=person).status_code == 302
    assert "受け取っていない" in text(ask("person", person=person))


def test_noting_needs_its_permission():
    person = moved_in(on="2026-06-20")
    decide()
    look = frozenset({"qualification.view"})
    assert ask("hand_in", may=look, person=person).status_code == 404
    assert "証明書を受け取った" not in text(ask("moves_in", may=look))
