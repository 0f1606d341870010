"""徴収権の時効: 一日ずつ進める別の計算と同じ日に完成するか、できごとの効き目、時効後収入、不納欠損。"""

from __future__ import annotations

import calendar
import random
from datetime import date, timedelta
from typing import get_args

import pytest

from kaigo.law.limits import RefundFacts, refund
from kaigo.law.prescription import (
    ARTICLES,
    Event,
    Kind,
    LateReceiptFacts,
    PrescriptionFacts,
    _effects,
    collection,
    receipt,
)
from kaigo.law.values import load
from kaigo.law.words import tell_all, words
from kaigo.law.write_offs import WriteOffFacts, ground

DAY = timedelta(days=1)
VALUES = load().values("131997", date(2026, 4, 1))
RENEWING = {"dunning", "part_payment", "acknowledgement", "instalment_agreement"}
HOLDING = {"seizure", "distribution_claim", "lawsuit"}
LATER: list[Kind] = ["part_payment", "acknowledgement", "instalment_agreement", "reminder"]
FAR = date(2060, 1, 1)


def after(start: date, years: int, months: int = 0) -> date:
    """start から数えて years 年 months 月が過ぎた最初の日。応当日、なければ次の月の一日。"""
    month = start.month - 1 + months
    year, month = start.year + years + month // 12, month % 12 + 1
    if start.day <= calendar.monthrange(year, month)[1]:
        return date(year, month, start.day)
    return date(year + month // 12, month % 12 + 1, 1)


class Walk:
    """別の計算: 納期限の翌日から一日ずつ進み、その日のできごとを見て、完成した最初の日に止まる。"""

    def __init__(self, due_on: date, events: tuple[Event, ...]) -> None:
        self.start = due_on + DAY
        self.paused = 0
        self.grace: date | None = None
        self.dunned = False
        self.events = sorted(events, key=lambda event: event.on)

    def renew(self, on: date) -> None:
        if on + DAY > self.start:
            self.start, self.paused = on + DAY, 0

    def until(self) -> date:
        """徴収できなくなる最初の日。"""
        end = after(self.start, 2) + self.paused * DAY
        return max(end, self.grace) if self.grace else end

    def day(self, today: date) -> None:
        old = today < date(2020, 4, 1)
        for event in self.events:
            if event.kind in HOLDING and event.end == today and event.on < today:
                if not event.withdrawn:
                    self.renew(today)
                elif event.on >= date(2020, 4, 1):
                    self.give_grace(today)
        for event in self.events:
            if event.on != today:
                continue
            if event.kind in RENEWING and not (event.kind == "dunning" and self.dunned):
                self.renew(today)
                self.dunned = self.dunned or event.kind == "dunning"
            elif event.kind == "reminder" and not old:
                counted = after(self.start, 2) + self.paused * DAY
                if not (self.grace and today >= counted):
                    self.give_grace(today)

    def give_grace(self, on: date) -> None:
        until = after(on + DAY, 0, 6)
        self.grace = max(self.grace, until) if self.grace else until

    def first_complete(self) -> date | None:
        today = min([self.start, *[event.on for event in self.events]])
        while today < FAR:
            held = any(
                e.kind in HOLDING and e.on < today and (e.end is None or today <= e.end) for e in self.events
            )
            if today >= self.until() and not held:
                return today
            self.day(today)
            if today >= self.start and any(
                e.kind == "deferral" and e.on <= today and (e.end is None or today < e.end)
                for e in self.events
            ):
                self.paused += 1
            today += DAY
        return None


def random_events(source: random.Random, due: date) -> tuple[Event, ...]:
    """一度に一つの差押か猶予。重なりは別に確かめる。"""
    found, free = [], due + timedelta(days=source.randrange(-20, 60))
    for _ in range(source.randrange(6)):
        on = free + timedelta(days=source.randrange(400))
        kind = source.choice(get_args(Kind))
        end = None
        free = on + DAY
        if kind in HOLDING or kind == "deferral":
            end = on + timedelta(days=source.randrange(1, 300)) if source.random() < 0.9 else None
            if end is None:
                found.append(Event(kind, on, end))
                break
            free = end + DAY
        found.append(Event(kind, on, end, kind in HOLDING and source.random() < 0.3))
    source.shuffle(found)
    return tuple(found)


def judged(due: date, events: tuple[Event, ...], on: date = FAR - DAY):
    return collection(PrescriptionFacts(due, on, events), VALUES)


def test_the_right_ends_on_the_day_that_a_walk_by_days_finds():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    endless = renewed = 0
    for _ in range(150):
        due = source.choice(
            [date(2024, 2, 28), date(2024, 2, 29), date(2022, 2, 28), date(2018, 1, 1)]
        ) + source.choice([timedelta(0), timedelta(days=source.randrange(2500))])
        events = random_events(source, due)
        found = judged(due, events)
        first = Walk(due, events).first_complete()
        last = found.value.last_on
        assert (last and last + DAY) == first, (due, events, last, first)
        assert found.value.complete == (last is not None)
        assert tell_all(found.reasons) and tell_all(found.reasons, "person")
        endless += last is None
        renewed += last is not None and last > due + timedelta(days=800)
    assert endless > 1 and renewed > 20


def test_no_event_brings_the_end_nearer():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    for _ in range(500):
        due = date(2020, 4, 1) + timedelta(days=source.randrange(2000))
        events = random_events(source, due)
        before = judged(due, events).value.last_on
        kind = source.choice(LATER)
        more = Event(kind, due + timedelta(days=source.randrange(1, 900)))
        later = judged(due, (*events, more)).value.last_on
        assert later is None or (before is not None and later >= before)


def test_events_that_overlap_count_their_days_once():
    due = date(2024, 7, 31)
    one = Event("deferral", date(2025, 1, 1), date(2025, 3, 1))
    other = Event("deferral", date(2025, 2, 1), date(2025, 4, 1))
    inside = Event("deferral", date(2025, 1, 10), date(2025, 1, 20))
    assert judged(due, (one,)).value.last_on == date(2026, 7, 31) + timedelta(days=59)
    assert judged(due, (one, other, inside)).value.last_on == date(2026, 7, 31) + timedelta(days=90)
    # 差押の間の納付は、解いた後に数え直す日を動かさない。
    held = Event("seizure", date(2025, 1, 1), date(2025, 6, 1))
    paid = Event("part_payment", date(2025, 3, 1))
    assert judged(due, (held, paid)).value.last_on == judged(due, (held,)).value.last_on == date(2027, 6, 1)
    # 続いている差押の間は、ほかに何があっても決まらない。
    for other in (
        paid,
        Event("reminder", date(2027, 1, 1)),
        Event("seizure", date(2025, 2, 1), date(2025, 3, 1)),
    ):
        assert judged(due, (Event("seizure", date(2025, 1, 1)), other)).value.last_on is None


def test_what_came_later_is_not_seen_yet():
    due, dunned = date(2024, 7, 31), Event("dunning", date(2024, 8, 20))
    assert judged(due, (dunned,), date(2024, 8, 19)).value.last_on == date(2026, 7, 31)
    assert judged(due, (dunned,), date(2024, 8, 20)).value.last_on == date(2026, 8, 20)


def test_every_kind_has_its_article_its_name_and_its_effect():
    assert set(get_args(Kind)) == set(ARTICLES) == set(words()["group.prescription_event"])
    for day in (date(2020, 3, 31), date(2020, 4, 1)):
        effects = load().values("standard", day).get("prescription.effects")
        assert set(effects) == set(ARTICLES) | {"withdrawn", "renewal"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dunning": "sometimes"}, "renew hold pause grace none"),
        ({"dunning": None}, "renew hold pause grace none"),
        ({"prayer": "renew"}, "renew hold pause grace none"),
        ({"withdrawn": "renew"}, "withdrawn は grace か none"),
        ({"renewal": "reset"}, "renewal は renewal か interruption"),
    ],
)
def test_effects_are_read_strictly(changes, said):
    good = dict(load().values("standard", date(2026, 4, 1)).get("prescription.effects"))
    assert _effects(good) == good
    with pytest.raises(ValueError, match=said):
        _effects(good | changes)


def test_each_reason_of_the_chain_says_what_happened():
    due = date(2024, 7, 31)
    events = (
        Event("dunning", date(2024, 8, 20)),
        Event("dunning", date(2024, 9, 20)),
        Event("enforcement_stop", date(2024, 10, 1)),
        Event("reminder", date(2026, 8, 1)),
        Event("reminder", date(2026, 9, 1)),
        Event("deferral", date(2026, 10, 1), date(2026, 12, 1)),
        Event("seizure", date(2027, 1, 10), date(2027, 2, 10), True),
        Event("acknowledgement", date(2027, 9, 1)),
    )
    (top,) = judged(due, events).reasons
    assert [part.id for part in top.parts] == [
        "prescription.start", "prescription.renewed", "prescription.dunned_again", "prescription.unchanged",
        "prescription.grace", "prescription.reminded_again", "prescription.paused", "prescription.withdrawn",
        "prescription.too_late",
    ]  # fmt: skip
    told = [part.text for part in tell_all((top,))[0].parts]
    assert told[6].startswith("徴収猶予の 令和8年10月1日 から 令和8年11月30日 までは時効が進まない")
    assert told[7].startswith("令和9年1月10日 からの差押を 令和9年2月10日 に取り消した")
    assert told[1].startswith("令和6年8月20日 の督促により時効を更新: 令和6年8月21日 から数え直し")
    assert (
        "続く間は完成しない"
        in tell_all(judged(due, (Event("deferral", date(2025, 1, 1)),)).reasons)[0].parts[1].text
    )
    old = judged(date(2018, 7, 31), (Event("dunning", date(2018, 8, 20)),)).reasons[0].parts[1]
    assert "中断" in tell_all((old,))[0].text


def test_the_answer_says_whether_the_right_runs_is_held_or_has_ended():
    due, held = date(2024, 7, 31), (Event("seizure", date(2025, 1, 1)),)
    for events, on, which in (
        ((), date(2026, 7, 31), "runs"), ((), date(2026, 8, 1), "complete"), (held, date(2030, 1, 1), "held"),
    ):  # fmt: skip
        assert judged(due, events, on).reasons[0].id == f"prescription.{which}"


def test_a_payment_after_the_end_is_given_back_whole():
    due = date(2024, 7, 31)
    for on, kept in ((date(2026, 7, 31), 5_000), (date(2026, 8, 1), 0)):
        found = receipt(LateReceiptFacts(due, on, 5_000), VALUES).value
        assert (found.kept_yen, found.return_yen) == (kept, 5_000 - kept)


def test_the_right_to_a_refund_is_counted_alike():
    for due in (date(2022, 2, 28), date(2024, 2, 29), date(2024, 7, 31), date(2025, 12, 31)):
        assert refund(RefundFacts(due, due), VALUES).value.last_claim_on == judged(due, ()).value.last_on


def test_the_earliest_ground_writes_off():
    def of(on, **facts):
        return ground(WriteOffFacts(on, **facts), VALUES).value

    last, stop = date(2026, 7, 31), date(2023, 10, 1)
    assert of(date(2026, 7, 31), last_on=last) == ("none", date(2026, 8, 1))
    assert of(date(2026, 8, 1), last_on=last) == ("prescription", date(2026, 8, 1))
    assert of(date(2026, 10, 2), stopped_on=stop) == ("stopped", date(2026, 10, 2))
    assert of(date(2026, 10, 1), stopped_on=stop) == ("none", date(2026, 10, 2))
    assert of(date(2026, 10, 2), last_on=last, stopped_on=stop).ground == "prescription"
    assert of(date(2026, 8, 1), last_on=last, stopped_on=date(2023, 7, 31)) == (
        "prescription",
        date(2026, 8, 1),
    )
    assert of(stop, stopped_on=stop, at_once=True) == ("at_once", stop)
    assert of(stop) == ("none", None)


def test_a_reminder_shortens_no_grace_that_goes_on_longer():
    """取り消した差押の猶予(令和8年12月1日まで)の間の催告は、その日を早めない。"""
    events = (
        Event("seizure", date(2025, 1, 10), date(2026, 6, 1), True),
        Event("reminder", date(2026, 5, 1)),
    )
    facts = PrescriptionFacts(date(2024, 7, 31), date(2026, 11, 15), events)
    assert collection(facts, VALUES).value.last_on == date(2026, 12, 1)
