"""時効: the job finds what lapsed on the day after the last, not before; events renew it; nothing happens silently."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.insurance.arrears import agreements, lapses, measures, read
from kaigo.insurance.arrears.models import Lapse, Measure, MeasureTerm
from kaigo.insurance.arrears.tests.builders import DUE, LAST, YEAR, booked, demanded, letters, on, owes, pays
from kaigo.insurance.dunning.models import Reminder, ReminderTerm
from kaigo.insurance.dunning.stays import stay
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.refunds import claims
from kaigo.law.values import load

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def last_of(who: int) -> date | None:
    found = read.lapsed(on(date(2030, 1, 1)), who)
    return found[0].last_on if found else None


def test_a_term_lapses_on_the_day_after_two_years_and_not_before():
    who = owes((1, DUE, 8_000))
    assert lapses.find(on(LAST))["lapsed"] == 0
    done = lapses.find(on(LAST + DAY))
    assert (done["lapsed"], done["lapsed_yen"], done["taken_back"]) == (1, 8_000, 0)
    (found,) = read.lapsed(on(LAST + DAY), who)
    assert (found.fiscal_year, found.number, found.due_on, found.last_on, found.yen) == (
        YEAR,
        1,
        DUE,
        LAST,
        8_000,
    )
    assert found.reasons[0][0] == "prescription.complete"


def test_the_job_keeps_each_lapse_once():
    owes((1, DUE, 8_000), (2, date(2024, 9, 2), 8_000))
    assert lapses.find(on(LAST + DAY))["lapsed"] == 1
    assert lapses.find(on(LAST + DAY))["lapsed"] == 0
    assert lapses.find(on(date(2026, 9, 2)))["lapsed"] == 0
    assert lapses.find(on(date(2026, 9, 3)))["lapsed"] == 1
    assert Lapse.objects.count() == 2


@pytest.mark.parametrize("paid, expected", [(LAST, date(2028, 7, 31)), (LAST + DAY, LAST)])
def test_a_part_payment_renews_until_the_last_day_only(paid, expected):
    who = owes((1, DUE, 8_000))
    pays(who, 1_000, paid, settled=paid + 3 * DAY)
    lapses.find(on(expected + DAY))
    assert last_of(who) == expected


def test_the_day_on_which_somebody_paid_counts_and_not_the_day_on_which_the_bank_sent_the_money():
    who = owes((1, DUE, 8_000))
    pays(who, 1_000, LAST, settled=LAST + 5 * DAY)
    assert lapses.find(on(LAST + 5 * DAY))["lapsed"] == 0


def test_a_payment_that_was_taken_back_renews_nothing_and_neither_does_an_offset():
    who = owes((1, DUE, 8_000))
    source = pays(who, 1_000, date(2025, 6, 2))
    booked(who, "receipt", -1_000, date(2025, 6, 9), source=source)
    moved = [
        Line(who, "offset:1", f"offset:1:{number}", yen, YEAR, YEAR, "offset", "slip", number, "test")
        for number, yen in ((1, 500), (2, -500))
    ]
    post(on(date(2025, 6, 9)), moved)
    assert lapses.find(on(LAST + DAY))["lapsed_yen"] == 7_500


def test_a_payment_of_one_term_does_not_renew_another():
    who = owes((1, DUE, 8_000), (2, DUE, 8_000))
    pays(who, 1_000, date(2025, 6, 2), number=2)
    lapses.find(on(LAST + DAY))
    assert [(one.number, one.yen) for one in read.lapsed(on(LAST + DAY), who)] == [(1, 8_000)]


def test_money_that_came_after_is_no_payment_though_the_term_looks_paid():
    who = owes((1, DUE, 8_000))
    pays(who, 3_000, date(2024, 8, 20))
    last = date(2026, 8, 20)
    source = pays(who, 5_000, last + DAY)
    assert read.owed(on(last + DAY), who) == []
    assert lapses.find(on(last + DAY))["lapsed_yen"] == 5_000
    assert [(one.source, one.yen) for one in read.late(on(last + DAY), who)] == [(source, 5_000)]


def test_what_was_paid_in_time_never_lapses():
    who = owes((1, DUE, 8_000))
    pays(who, 3_000, date(2026, 7, 30))
    pays(who, 5_000, date(2027, 9, 1))
    assert lapses.find(on(date(2031, 4, 1)))["lapsed"] == 0
    assert read.lapsed(on(date(2031, 4, 1)), who) == []


def test_a_late_payment_waits_to_be_given_back():
    who = owes((1, DUE, 8_000))
    lapses.find(on(LAST + DAY))
    source = pays(who, 8_000, LAST + 9 * DAY)
    (late,) = read.late(on(LAST + 9 * DAY), who)
    assert (late.number, late.source, late.day, late.yen) == (1, source, LAST + 9 * DAY, 8_000)
    assert lapses.find(on(LAST + 9 * DAY))["taken_back"] == 0


def test_a_payment_that_was_reported_late_takes_the_lapse_back_with_its_reasons():
    who = owes((1, DUE, 8_000))
    lapses.find(on(LAST + DAY))
    pays(who, 1_000, LAST, settled=LAST + 4 * DAY)
    done = lapses.find(on(LAST + 4 * DAY))
    assert (done["lapsed"], done["taken_back"]) == (0, 1)
    assert read.lapsed(on(LAST + 4 * DAY), who) == []
    newest = Lapse.objects.latest("id")
    assert newest.supersedes.complete and newest.reasons[0][0] == "prescription.runs"


def test_a_payment_of_all_that_was_reported_late_takes_the_lapse_back_though_nothing_is_open():
    who = owes((1, DUE, 8_000))
    lapses.find(on(LAST + DAY))
    pays(who, 8_000, LAST, settled=LAST + 4 * DAY)
    assert lapses.find(on(LAST + 4 * DAY))["taken_back"] == 1
    assert read.lapsed(on(LAST + 4 * DAY), who) == []


def test_what_a_former_system_took_in_has_no_day_and_renews_nothing():
    who = owes((1, DUE, 8_000))
    booked(who, "receipt", 1_000, date(2025, 6, 2), source="migration:9")
    assert lapses.find(on(LAST + DAY))["lapsed_yen"] == 7_000


@pytest.mark.parametrize(
    "wrong, why",
    [
        ({"kind": "deferral"}, "どれかを選んで"), ({"begins": date(2026, 6, 2)}, "まだ来ていない日"),
        ({"object": " "}, "何を差し押さえたか"), ({"kind": "enforcement_stop", "ground": "x"}, "停止する理由"),
        ({"begins": DUE}, "滞納していて"), ({"terms": [(YEAR, 1), (YEAR, 7)]}, "滞納していて"),
    ],
)  # fmt: skip
def test_a_measure_without_its_day_object_ground_or_debt_is_refused(wrong, why):
    who, today = owes((1, DUE, 8_000)), date(2026, 6, 1)
    about = {"kind": "seizure", "begins": today, "object": "普通預金", "ground": ""} | wrong
    with pytest.raises(Refused, match=why):
        measures.begin(on(today), who, **about)
    assert not Measure.objects.exists()


def test_execution_is_stopped_once_at_a_time():
    who, today = owes((1, DUE, 8_000)), date(2026, 6, 1)
    made = measures.begin(on(today), who, "enforcement_stop", today, ground="hardship")
    with pytest.raises(Refused, match="もう続いています"):
        measures.begin(on(today), who, "enforcement_stop", today, ground="hardship")
    measures.end(on(today), made.id, "withdrawn", today, "財産が見つかった")
    assert measures.begin(on(today), who, "enforcement_stop", today, ground="hardship").id != made.id


@pytest.mark.parametrize(
    "how, day, reason, why",
    [
        ("x", date(2026, 6, 5), "試験", "どれかを選んで"), ("ended", date(2026, 6, 5), " ", "理由"),
        ("ended", date(2026, 5, 31), "試験", "始まった日から今日まで"), ("ended", None, "試験", "始まった日から今日まで"),
        ("ended", date(2026, 6, 6), "試験", "始まった日から今日まで"),
    ],
)  # fmt: skip
def test_a_measure_ends_between_its_begin_and_today_for_a_reason(how, day, reason, why):
    who = owes((1, DUE, 8_000))
    made = measures.begin(on(date(2026, 6, 1)), who, "seizure", date(2026, 6, 1), "普通預金")
    with pytest.raises(Refused, match=why):
        measures.end(on(date(2026, 6, 5)), made.id, how, day, reason)
    measures.end(on(date(2026, 6, 5)), made.id, "ended", date(2026, 6, 5), "完納")
    with pytest.raises(Refused, match="もう終わって"):
        measures.end(on(date(2026, 6, 5)), made.id, "ended", date(2026, 6, 5), "完納")
    said = measures.begin(on(date(2026, 6, 5)), who, "acknowledgement", date(2026, 6, 5))
    with pytest.raises(Refused, match="一日で終わる"):
        measures.end(on(date(2026, 6, 5)), said.id, "ended", date(2026, 6, 5), "試験")


def test_an_agreement_renews_each_of_its_terms():
    who = owes((1, DUE, 8_000), (2, date(2024, 9, 2), 8_000))
    day = date(2026, 3, 10)
    agreements.make(on(day), who, 4_000, date(2026, 3, 31), 16_000)
    lapses.find(on(date(2028, 3, 10)))
    assert read.lapsed(on(date(2028, 3, 10)), who) == []
    lapses.find(on(date(2028, 3, 11)))
    assert {one.last_on for one in read.lapsed(on(date(2028, 3, 11)), who)} == {date(2028, 3, 10)}


@pytest.mark.parametrize(
    "how, expected", [("ended", date(2029, 2, 1)), ("withdrawn", date(2027, 8, 1)), ("void", LAST)]
)
def test_nothing_lapses_under_a_seizure_and_its_end_counts_by_how_it_ended(how, expected):
    who = owes((1, DUE, 8_000))
    made = measures.begin(on(date(2026, 6, 1)), who, "seizure", date(2026, 6, 1), "普通預金")
    assert lapses.find(on(date(2030, 1, 1)))["lapsed"] == 0
    measures.end(on(date(2027, 2, 1)), made.id, how, date(2027, 2, 1), "試験")
    lapses.find(on(expected))
    assert last_of(who) is None or how == "void"
    lapses.find(on(expected + DAY))
    assert last_of(who) == expected


def test_what_was_done_in_time_is_entered_later_and_takes_the_lapse_back():
    who, late = owes((1, DUE, 8_000)), owes((1, DUE, 8_000))
    assert lapses.find(on(LAST + DAY))["lapsed"] == 2
    measures.begin(on(LAST + 3 * DAY), who, "seizure", LAST, "普通預金")
    with pytest.raises(Refused, match="時効の完成していない期がありません"):
        measures.begin(on(LAST + 3 * DAY), late, "seizure", LAST + DAY, "普通預金")
    assert lapses.find(on(LAST + 3 * DAY))["taken_back"] == 1
    assert (last_of(who), last_of(late)) == (None, LAST)


def test_a_measure_holds_what_was_open_on_its_day_and_not_what_was_left_when_it_was_entered():
    who = owes((1, DUE, 8_000))
    pays(who, 500, date(2026, 6, 1))
    pays(who, 3_000, date(2026, 6, 3))
    made = measures.begin(on(date(2026, 6, 5)), who, "seizure", date(2026, 6, 1), "普通預金")
    assert [term.yen for term in MeasureTerm.objects.filter(measure=made)] == [7_500]


def handed_over(who: int, kind: str, begins: date, ends: date | None = None) -> None:
    made = Measure.objects.create(
        person_id=who, kind=kind, state="ended" if ends else "begun", begins=begins, ends=ends, object="", ground="",
        reason="", decided_on=begins, actor="job:x",
    )  # fmt: skip
    MeasureTerm.objects.create(measure=made, person_id=who, fiscal_year=YEAR, number=1, yen=8_000)


@pytest.mark.parametrize(
    "kind, begins, ends, expected",
    [
        ("dunning", date(2024, 8, 20), None, date(2026, 8, 20)),
        ("deferral", date(2024, 10, 1), date(2025, 4, 1), date(2027, 1, 29)),
    ],
)
def test_demands_and_deferrals_of_a_former_system_count(kind, begins, ends, expected):
    who = owes((1, DUE, 8_000))
    handed_over(who, kind, begins, ends)
    lapses.find(on(expected))
    assert last_of(who) is None
    lapses.find(on(expected + DAY))
    assert last_of(who) == expected


def found_on(who: int, last: date) -> tuple[date | None, date | None]:
    """What the job has found at the end of a day, and on the day after it."""
    lapses.find(on(last))
    before = last_of(who)
    lapses.find(on(last + DAY))
    return before, last_of(who)


def test_a_demand_begins_the_two_years_anew():
    who, last = owes((1, DUE, 8_000)), date(2026, 8, 20)
    demanded(who, date(2024, 8, 20))
    assert found_on(who, last) == (None, last)


def test_a_reminder_holds_the_lapse_back_for_six_months():
    who, dated = owes((1, DUE, 8_000)), date(2026, 7, 15)
    reminder = Reminder.objects.create(
        person_id=who, batch=letters("reminder", dated), yen=8_000, dated=dated, deadline_on=date(2026, 7, 31),
        decided_on=dated, actor="account:1",
    )  # fmt: skip
    ReminderTerm.objects.create(
        reminder=reminder, person_id=who, fiscal_year=YEAR, number=1, part=1, due_on=DUE, yen=8_000
    )
    last = date(2027, 1, 15)
    assert found_on(who, last) == (None, last)


@pytest.mark.parametrize("term", [None, (YEAR, 1)])
def test_a_deferral_stops_the_clock_for_its_days_and_other_stays_do_not(term):
    who = owes((1, DUE, 8_000))
    start, end = date(2024, 10, 1), date(2025, 4, 1)
    stay(on(start), who, "other", date(2025, 6, 1), date(2025, 12, 1), "調査中")
    stay(on(start), who, "deferral", start, end, "災害", term)
    last = LAST + (end - start)
    assert found_on(who, last) == (None, last)


def test_a_year_total_without_a_day_is_counted_and_never_lapses():
    who = owes((1, DUE, 8_000))
    booked(who, "levy", 9_000, date(2020, 4, 1), number=0, year=2015, source="migration:1")
    done = lapses.find(on(date(2026, 1, 5)))
    assert (done["undated"], done["lapsed"]) == (1, 0)
    assert [(t.fiscal_year, t.due_on) for t in read.owed(on(date(2026, 1, 5)), who)] == [
        (2015, None),
        (YEAR, DUE),
    ]


def test_what_a_pension_payer_owes_is_nobodys_arrears():
    who = owes((1, DUE, 8_000))
    post(on(DUE), [Line(who, "x", "x", 5_000, YEAR, YEAR, "levy", "deduction", 4, "main")])
    assert [t.balance for t in read.owed(on(date(2025, 1, 5)), who)] == [8_000]


def test_a_term_is_owed_from_the_day_after():
    who = owes((1, DUE, 8_000))
    assert read.owed(on(DUE), who) == []
    assert [t.balance for t in read.owed(on(DUE + DAY), who)] == [8_000]


def test_refunds_learn_here_what_holds_a_term_that_they_would_pay():
    """An overpayment pays an old term only while it can be collected: a seizure, which refunds cannot know, holds it."""
    after = on(LAST + DAY)
    bare, seized = owes((1, DUE, 8_000)), owes((1, DUE, 8_000))
    measures.begin(on(date(2026, 6, 1)), seized, "seizure", date(2026, 6, 1), "普通預金")
    values = load().values("131997", after.on)
    (one,) = claims.owed(after, bare, values)
    assert one.last_on == LAST
    (other,) = claims.owed(after, seized, values)
    assert other.last_on is None or other.last_on > after.on
