"""証記載事項変更: who changed name or address gets a new certificate, once, with the reason."""

from datetime import date

import pytest
from psycopg.types.range import Range

from kaigo.base.desk.refs import ref
from kaigo.base.desk.tests.asking import ask, text
from kaigo.base.records.context import Context, acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.insurance.certificates import changed, decide, screens
from kaigo.insurance.certificates.models import Certificate
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.qualification.tests.builders import fact, lives
from kaigo.insurance.residents.models import Particulars

MAY = {"certificates.view", "certificates.issue"}


def on(month: int, day: int = 1) -> Context:
    return B.on(date(2026, month, day))


def act(ctx, what, *args):
    with acting(ctx):
        return what(ctx, *args)


def insured(acquired: date, name: str = "見本 花子") -> int:
    ctx = on(1)
    with acting(ctx):
        who = B.person(name)
        B.insured(who, acquired)
    lives(who, "1990-01-01")
    return who


def renamed(who: int, name: str, since: date) -> None:
    old = Particulars.objects.filter(person_id=who, known__upper_inf=True).latest("id")
    row = {column: getattr(old, column) for column in Particulars.value_columns()}
    with acting(on(1)):
        believe_rows(
            Particulars,
            [fact(Particulars) | row | {"person_id": who, "name": name, "effective": Range(since, None)}],
        )


def moves(who: int, since: str, address: str = "見本区西2丁目2番2号") -> None:
    lives(who, since, address=address)


def test_a_new_name_gives_a_new_certificate_once(street):
    who = insured(date(2026, 7, 3))
    act(on(7), decide.monthly)
    first = decide.current(who)
    renamed(who, "山田 花子", date(2026, 7, 20))
    assert act(on(7, 19), changed.due) == []  # it begins tomorrow
    (due,) = act(on(8), changed.due)
    assert [(c.kind, c.old, c.new) for c in due.changes] == [("name", "見本 花子", "山田 花子")]
    assert act(on(8), changed.reissue) == 1
    new = decide.current(who)
    assert (new.number, new.reason, new.supersedes_id, new.issued_on) == (
        2,
        "change",
        first.id,
        date(2026, 8, 1),
    )
    assert act(on(8), changed.reissue) == 0
    assert act(on(9), changed.reissue) == 0


def test_a_certificate_of_the_former_system_is_replaced_too(street):
    who = insured(date(2020, 7, 3))
    insured(date(2026, 7, 5), "取得 太郎")
    act(on(7), decide.monthly)
    moves(who, "2026-07-10")
    (due,) = act(on(8), changed.due)
    assert (due.person, due.held, [c.kind for c in due.changes]) == (who, None, ["address"])
    act(on(8), changed.reissue)
    assert (decide.current(who).number, decide.current(who).reason) == (1, "change")
    assert act(on(8), changed.due) == []


def test_what_the_certificate_says_already_is_no_reason(street):
    who = insured(date(2026, 7, 3))
    moves(who, "2026-06-10")
    act(on(7), decide.monthly)
    assert act(on(7, 20), changed.due) == []


def test_a_correction_learnt_after_the_certificate_is_a_reason(street):
    who = insured(date(2026, 7, 3))
    act(on(7), decide.monthly)
    renamed(who, "見本 華子", date(1900, 1, 1))
    (due,) = act(on(8), changed.due)
    assert [(c.kind, c.new) for c in due.changes] == [("name", "見本 華子")]


def test_who_is_no_longer_insured_or_lost_it_for_good_gets_none(street):
    gone, lost = insured(date(2026, 7, 3)), insured(date(2026, 7, 4), "紛失 太郎")
    act(on(7), decide.monthly)
    act(on(7, 10), lambda ctx: decide.recover(ctx, decide.current(lost).id, "unrecoverable", "lost"))
    with acting(on(7)):
        B.lose(gone, date(2026, 7, 25), "51")
    moves(gone, "2026-07-20")
    moves(lost, "2026-07-20")
    assert act(on(8), changed.due) == []


def test_the_clerk_sees_why_and_makes_it_on_the_screen(street):
    who = insured(date(2026, 7, 3))
    act(on(7), decide.monthly)
    moves(who, "2026-07-20")
    day = date(2026, 7, 21)
    html = text(ask(screens, "changes", may=MAY, day=day))
    assert "見本 花子" in html and "見本区中央1丁目1番1号 → 見本区西2丁目2番2号" in html
    assert "の新しい証</span>" not in text(ask(screens, "changes", may={"certificates.view"}, day=day))
    assert ask(screens, "reissue_changed", {"person": "x"}, may=MAY, day=day).status_code == 404
    assert (
        ask(
            screens, "reissue_changed", {"person": ref("person", who)}, may={"certificates.view"}, day=day
        ).status_code
        == 404
    )
    assert (
        ask(screens, "reissue_changed", {"person": ref("person", who)}, may=MAY, day=day).status_code == 302
    )
    assert Certificate.objects.filter(person_id=who).count() == 2
    assert (
        ask(screens, "reissue_changed", {"person": ref("person", who)}, may=MAY, day=day).status_code == 409
    )
    assert ask(screens, "reissue_changed", {}, may=MAY, day=day).status_code == 409
    assert "新しい証が要る人はいません" in text(ask(screens, "changes", may=MAY, day=day))
    with pytest.raises(Refused):
        act(on(8), changed.reissue, [who])
