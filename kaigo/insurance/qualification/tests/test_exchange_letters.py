"""連絡票 to host municipalities: chosen by the clerk, never of a protected person without a reason, never twice."""

from __future__ import annotations

import pytest
from psycopg.types.range import Range

from kaigo.base.desk.refs import ref
from kaigo.base.records.context import acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification import exchange_letters, exchange_told
from kaigo.insurance.qualification.models import ExchangeNotice, ExchangeTelling
from kaigo.insurance.qualification.tests.builders import day, facility, fact
from kaigo.insurance.qualification.tests.test_exchange import NOW, OTHER, excepted, person
from kaigo.insurance.qualification.tests.test_income_inquiries import (
    _towns,  # noqa: F401  the municipalities of the register
)
from kaigo.insurance.qualification.tests.test_screens import ask, text
from kaigo.insurance.residents.models import Protection

pytestmark = pytest.mark.django_db


def began(name="特例 花子", on="2026-06-10") -> tuple:
    """(person, kind, day, municipality) of a beginning."""
    who = person(name)
    excepted(who, on, home="1100000001")
    return who, "start", day(on), OTHER


def protect(who: int) -> None:
    with acting(NOW):
        believe_rows(
            Protection,
            [fact(Protection, person_id=who, measure="01", effective=Range(day("2020-01-01"), None))],
        )


def test_what_our_records_know_is_chosen_once_and_may_be_dropped():
    event = began()
    who, kind, _, town = event
    for wrong, said in (
        ([], "選んで"),
        ([(who, "end", day("2026-06-10"), town)], "記録にない"),
        ([(who, kind, day("2026-06-11"), town)], "記録にない"),
    ):
        with pytest.raises(Refused, match=said):
            exchange_letters.want(NOW, wrong)
    (row,) = exchange_letters.want(NOW, [event])
    with pytest.raises(Refused, match="もう連絡票にした"):
        exchange_letters.want(NOW, [event])
    with pytest.raises(Refused, match="先に連絡票を取りやめて"):
        exchange_told.tell(NOW, *event, day("2026-07-01"), "電話")
    with pytest.raises(Refused, match="理由"):
        exchange_letters.drop(NOW, row, " ")
    exchange_letters.drop(NOW, row, "電話で連絡した")
    exchange_told.tell(NOW, *event, day("2026-07-01"), "電話")
    with pytest.raises(Refused, match="もう連絡した"):
        exchange_letters.want(NOW, [event])


def test_a_protected_person_needs_a_reason_and_a_letter_decision_of_his_own():
    shielded, other = began("支援 花子"), began("特例 太郎")
    protect(shielded[0])
    for events, reason in (([shielded], " "), ([shielded, other], "本人が同意")):
        with pytest.raises(Refused, match="支援措置"):
            exchange_letters.want(NOW, events, reason)
    with pytest.raises(Refused, match="個人番号"):
        exchange_letters.want(NOW, [shielded], "123456789018")
    exchange_letters.want(NOW, [shielded], "本人が同意")
    exchange_letters.want(NOW, [other], "要らない理由")
    assert [(row.person, row.reason, row.free) for row in exchange_letters.to_tell(NOW)] == [
        (shielded[0], "本人が同意", True),
        (other[0], "", True),
    ]
    # A reason given for nothing lets nobody out who is protected later.
    protect(other[0])
    assert [row.free for row in exchange_letters.to_tell(NOW)] == [True, False]


def test_posting_notes_the_day_and_the_number_of_the_letter():
    event = began()
    (row,) = exchange_letters.want(NOW, [event])
    assert exchange_letters.note_posted(NOW, [(row.id, "令8見介住第1号")]) == 1
    notice = ExchangeNotice.objects.get()
    assert (notice.told_on, notice.how, notice.facility) == (NOW.on, "連絡票 令8見介住第1号", "1100000001")
    row.refresh_from_db()
    assert (row.state, row.sent_on) == ("sent", NOW.on)
    assert exchange_letters.note_posted(NOW, [(row.id, "令8見介住第1号")]) == 0
    with pytest.raises(Refused, match="終わって"):
        exchange_letters.drop(NOW, row, "いまさら")


def test_the_clerk_marks_events_sees_what_waits_and_drops_one():
    facility("1100000001", "埼玉県川口市1-1", exception=True)
    first, shielded = began(), began("支援 花子")
    protect(shielded[0])

    def events():
        return text(ask("exchange", query={"view": "events"}, on="2026-07-15"))

    def value(event):
        return f"{ref('person', event[0])} {event[1]} {event[2]:%Y-%m-%d} {event[3]}"

    html = events()
    assert f'value="{value(first)}" form="chosen"' in html
    assert f'value="{value(shielded)}" form="chosen"' not in html and "連絡してよい理由" in html
    look = frozenset({"qualification.view"})
    typed = {"event": [value(first)]}
    assert ask("exchange_letters", typed, may=look, on="2026-07-15").status_code == 404
    assert ask("exchange_letters", {"event": ["x"]}, on="2026-07-15").status_code == 409
    assert ask("exchange_letters", {"event": [value(shielded)]}, on="2026-07-15").status_code == 409
    assert ask("exchange_letters", typed, on="2026-07-15").status_code == 302
    html = events()
    assert "連絡票にすると決めた異動" in html and f'value="{value(first)}" form="chosen"' not in html
    row = ExchangeTelling.objects.get()
    assert ask("exchange_drop", {"reason": ""}, telling=row.id, on="2026-07-15").status_code == 409
    assert ask("exchange_drop", {"reason": "x"}, may=look, telling=row.id, on="2026-07-15").status_code == 404
    assert ask("exchange_drop", {"reason": "電話で"}, telling=row.id, on="2026-07-15").status_code == 302
    assert ask("exchange_drop", {"reason": "x"}, telling=0, on="2026-07-15").status_code == 404
    assert "連絡票にすると決めた異動" not in events()
