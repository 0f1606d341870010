"""The engine rule by rule, at its boundaries, and the planted misuse of a seeded log (security.md E-13)."""

from __future__ import annotations

import os
import time
from collections import Counter
from datetime import date, datetime, timedelta
from datetime import time as clock_time

import polars as pl
import pytest

from kaigo.base.misuse import frames as f
from kaigo.base.misuse.engine import judge
from kaigo.base.misuse.tests.log import Log
from kaigo.base.misuse.tests.measure import caught, measure
from kaigo.base.misuse.values import RULES, values, versions

DAY = date(2026, 7, 15)


def frame(rows, schema):
    return pl.DataFrame(rows, schema=schema, orient="row")


class Given:
    """A small log; every call adds an access of member 1."""

    def __init__(self, **more):
        self.rows, self.more = [], more

    def __call__(self, subject, at="10:00", cause="reason", what="look", member=1, day=DAY, hits=None):
        parts = [int(part) for part in at.split(":")]
        moment = datetime.combine(day, clock_time()) + timedelta(
            hours=parts[0], minutes=parts[1], seconds=sum(parts[2:])
        )
        self.rows.append((len(self.rows) + 1, moment, member, subject, what, cause, hits))

    def judged(self, only=RULES, day=DAY):
        frames = f.Frames(frame(self.rows, f.ACCESSES), **self.more)
        return judge(frames, values(day), only)

    def rules(self, **more):
        return {reason.rule for alert in self.judged(**more) for reason in alert.reasons}


def ties(*rows):
    return frame(rows, f.TIES)


def listed(*rows):
    return frame(rows, f.LISTED)


def test_the_figures_name_every_rule_and_their_source():
    assert versions()[0].rules.keys() == set(RULES)
    assert values(DAY).critical == {"R1", "R6", "R7"}


@pytest.mark.parametrize("cause", ["own", "queue", "other", "reason"])
def test_r1_ones_own_record_is_always_asked_about(cause):
    given = Given(ties=ties((5, 1, "own")))
    given(5, cause=cause)
    (alert,) = given.judged()
    assert (alert.subject, alert.critical, alert.reasons[0].rule) == (5, True, "R1")
    other = Given(ties=ties((5, 2, "own")))
    other(5, cause="own")
    assert not other.judged()


@pytest.mark.parametrize(("tie", "rule"), [("family", "R2"), ("declared", "R3"), ("address", "R5")])
def test_r2_r3_r5_people_near_to_a_member(tie, rule):
    for cause, asked in (
        ("reason", True),
        ("other", True),
        ("queue", False),
        ("own", False),
        ("list", False),
    ):
        given = Given(ties=ties((5, 1, tie)))
        given(5, cause=cause)
        assert (rule in given.rules()) == asked, cause
    stranger = Given(ties=ties((5, 2, tie)))
    stranger(5, cause="other")
    assert not stranger.judged()


def test_what_was_done_for_somebody_the_same_day_explains_the_look():
    given = Given(ties=ties((5, 1, "family")))
    given(5, "10:00", "other")
    given(5, "15:00", "other", "act")
    assert not given.judged()
    late = Given(ties=ties((5, 1, "family")))
    late(5, "10:00", "other")
    late(5, "10:00", "other", "act", day=DAY + timedelta(days=1))
    assert len(late.judged()) == 1


def test_paper_alone_is_no_work_for_somebody_of_whom_only_words_were_typed():
    for cause, asked in (("reason", {"R2", "R8"}), ("other", set())):
        given = Given(ties=ties((5, 1, "family")))
        given(5, "10:00", cause)
        given(5, "10:05", cause, "print")
        assert given.rules() == asked, cause


def test_r4_colleagues_and_their_households_but_not_ones_own():
    colleagues = frame([(1, 2)], f.COLLEAGUES)
    given = Given(ties=ties((5, 2, "staff"), (6, 3, "staff")), colleagues=colleagues)
    given(5, cause="other")
    given(6, cause="other")
    assert [(a.subject, a.reasons[0].rule) for a in given.judged()] == [(5, "R4")]
    shared = Given(ties=ties((5, 2, "staff"), (5, 1, "family"), (5, 1, "staff")), colleagues=colleagues)
    shared(5, cause="other")
    assert shared.rules() == {"R2"}


@pytest.mark.parametrize(("name", "rule"), [("watched", "R6"), ("guarded", "R7")])
def test_r6_r7_lists_are_asked_about_when_nothing_explains_the_look(name, rule):
    for cause, asked in (("reason", True), ("other", False), ("own", False)):
        given = Given(listed=listed((5, name)))
        given(5, cause=cause)
        found = given.judged(only=values(DAY).critical)
        assert [a.critical for a in found] == [True] * asked, cause


@pytest.mark.parametrize("name", ["watched", "guarded"])
@pytest.mark.parametrize("what", ["act", "print"])
def test_r6_r7_nothing_that_he_did_himself_afterwards_explains_the_look(name, what):
    given = Given(listed=listed((5, name)))
    given(5, "10:00")
    given(5, "10:05", what=what)
    (alert,) = given.judged(only=values(DAY).critical)
    assert (alert.critical, alert.score, len(alert.events)) == (True, 90, 2)


def test_r8_fifty_unexplained_looks_of_a_day_are_one_question():
    given = Given()
    for subject in range(50):
        given(subject, f"10:{subject:02}")
    (alert,) = given.judged()
    assert alert.subject is None and alert.reasons[0].facts["persons"] == 50
    assert alert.causes == {"reason": 50}
    explained = Given()
    explained(1, cause="queue")
    assert not explained.judged()


@pytest.mark.parametrize(
    ("day", "at", "late"),
    [(DAY, "07:59:59", True), (DAY, "08:00", False), (DAY, "19:59:59", False), (DAY, "20:00", True), (DAY, "23:59:59", True),
     (date(2026, 7, 20), "10:00", True), (date(2026, 7, 18), "10:00", True), (date(2026, 12, 29), "10:00", True)],
)  # fmt: skip
def test_r9_hours_and_holidays(day, at, late):
    given = Given()
    given(5, at, day=day)
    assert ("R9" in given.rules(day=day)) == late


def test_r9_midnight_belongs_to_the_next_day():
    given = Given()
    given(5, "24:00", day=DAY)
    (alert,) = given.judged()
    assert alert.day == DAY + timedelta(days=1) and {r.rule for r in alert.reasons} == {"R8", "R9"}


def test_r9_lists_at_night_beside_case_work_are_overtime_and_the_night_shift_has_its_duty():
    alone = Given()
    alone(None, "22:00", "", "list")
    assert alone.rules() == {"R9"}
    beside = Given()
    beside(5, "21:00", "own")
    beside(None, "22:00", "", "list")
    assert not beside.judged()
    apart = Given()
    apart(5, "20:59:59", "own")
    apart(None, "22:00", "", "list")
    assert apart.rules() == {"R9"}
    duty = Given(night=frame([(1,)], f.NIGHT))
    duty(None, "23:00", "", "list")
    assert not duty.judged()


def habits(persons, days=10):
    return frame([(1, DAY - timedelta(days=n + 1), persons) for n in range(days)], f.HABITS)


@pytest.mark.parametrize(("persons", "fits"), [(30, False), (31, True)])
def test_r10_more_than_three_times_the_usual_day(persons, fits):
    given = Given(habits=habits(10))
    for subject in range(persons):
        given(subject, f"{9 + subject % 8}:{subject // 8:02}", "other")
    found = [r for a in given.judged() for r in a.reasons if r.rule == "R10"]
    assert bool(found) == fits
    if found:
        assert (found[0].facts["persons"], found[0].facts["usual"]) == (31, 10)


@pytest.mark.parametrize(("persons", "fits"), [(60, False), (61, True)])
def test_r10_more_than_sixty_in_sixty_minutes_also_across_the_full_hour(persons, fits):
    given = Given(habits=habits(100))
    for subject in range(persons):
        given(
            subject,
            f"{9 + (30 + subject * 58 // 60) // 60}:{(30 + subject * 58 // 60) % 60}:{subject % 60}",
            "other",
        )
    # An hour later the same people again are nobody new.
    given(999, "14:00", "other")
    assert ("R10" in given.rules()) == fits


def test_r10_sixty_one_people_over_more_than_an_hour_are_not_too_fast():
    given = Given(habits=habits(100))
    for subject in range(61):
        given(subject, f"{9 + subject // 60}:{subject % 60}", "other")
    assert "R10" not in given.rules()


def test_r10_people_of_an_approved_list_and_ones_own_cases_are_ordinary_work():
    for cause in ("list", "own", "queue"):
        given = Given(habits=habits(10))
        for subject in range(90):
            given(subject, f"10:{subject % 60}:{subject // 60}", cause)
        assert not given.judged(), cause


def test_r10_whoever_is_new_is_held_against_the_usual_day_of_all():
    others = frame([(m, DAY - timedelta(days=1), 10) for m in range(2, 8)], f.HABITS)
    given = Given(habits=others)
    for subject in range(31):
        given(subject, f"{9 + subject % 8}:{subject // 8:02}", "other")
    assert given.rules() == {"R10"}


@pytest.mark.parametrize(("places", "fits"), [(range(10, 15), False), (range(10, 16), True), (range(30, 10, -3), True),
                                              (range(10, 50, 4), False)])  # fmt: skip
def test_r11_people_in_the_order_of_their_numbers(places, fits):
    given = Given(order=frame([(n, n) for n in range(100)], f.ORDER))
    for minute, place in enumerate(places):
        given(place, f"10:{minute:02}", "other")
    assert ("R11" in given.rules()) == fits


@pytest.mark.parametrize(
    ("searches", "misses", "fits"), [(20, 8, False), (20, 9, True), (9, 9, False), (10, 5, True)]
)
def test_r12_searches_that_find_nobody(searches, misses, fits):
    given = Given()
    for place in range(searches):
        given(None, f"{8 + place // 2}:{place % 2 * 20:02}", "", "search", hits=0 if place < misses else 1)
    assert ("R12" in given.rules()) == fits


@pytest.mark.parametrize(("misses", "fits"), [(6, False), (7, True)])
def test_r12_an_hour_of_fishing_is_not_hidden_by_a_day_of_work(misses, fits):
    given = Given()
    for place in range(40):
        given(None, f"{9 + place // 8}:{place % 8 * 7:02}", "", "search", hits=1)
    for place in range(15):
        given(None, f"15:{place:02}", "", "search", hits=0 if place < misses else 1)
    assert ("R12" in given.rules()) == fits


@pytest.mark.parametrize(("after", "what", "fits"), [("11:00", "act", False), ("11:00:01", "act", True), ("10:30", "look", True),
                                                     ("10:05", "print", False), ("09:59", "act", True)])  # fmt: skip
def test_r13_a_number_that_is_shown_and_not_used(after, what, fits):
    given = Given()
    given(5, "10:00", "own", "reveal")
    given(5, after, "own", what)
    assert ("R13" in given.rules()) == fits


@pytest.mark.parametrize(("before", "fits"), [(15, False), (14, True), (1, True), (0, False)])
def test_r14_in_the_fourteen_days_before_leaving(before, fits):
    given = Given(leaving=frame([(1, DAY + timedelta(days=before), None, None)], f.LEAVING))
    given(5)
    assert ("R14" in given.rules()) == fits
    explained = Given(leaving=frame([(1, DAY + timedelta(days=before), None, None)], f.LEAVING))
    explained(5, cause="own")
    assert not explained.judged()


@pytest.mark.parametrize(
    ("asked", "ended", "fits"),
    [(0, None, True), (-3, None, True), (1, None, False), (-300, None, True), (-300, -14, True), (-300, -15, False), (-3, 9, True)],
)  # fmt: skip
def test_r14_after_the_end_of_permissions_was_asked_for_until_it_has_come(asked, ended, fits):
    """Nobody has ruled on it; it came fourteen days ago, and one day longer."""
    days = [None if n is None else DAY + timedelta(days=n) for n in (asked, ended)]
    given = Given(leaving=frame([(1, None, *days)], f.LEAVING))
    given(5)
    assert ("R14" in given.rules()) == fits


def test_an_empty_log_asks_nothing():
    assert Given().judged() == []


def test_planted_misuse_is_found_in_a_seeded_log():
    """E-13: a small log in every run, with KAIGO_LONG=1 a million accesses (their seconds are a benchmark)."""
    long = bool(os.environ.get("KAIGO_LONG"))
    seed = int(os.environ.get("KAIGO_SEED") or time.time_ns() % 100_000)
    log = Log(seed) if long else Log(seed, 40, 12, 84)
    found = measure(log)
    print(f"seed {seed}: {found}")
    missed = Counter(p.rule for p in log.planted if not caught(p, found.alerts))
    assert found.recall >= (0.95 if long else 0.9), (seed, missed)
    # One rule that finds nothing any more is a fourteenth of the recall: each is looked at for itself.
    planted = Counter(p.rule for p in log.planted)
    assert planted.keys() == set(RULES) and all(missed[rule] < planted[rule] for rule in RULES), (
        seed,
        missed,
    )
    # A small log holds as much misuse as a tenth of it: its share of questions is not the one of E-13.
    assert found.per_ten_thousand <= 20 if long else found.ordinary <= 20, seed
    assert found.accesses >= (1_000_000 if long else 50_000), seed
