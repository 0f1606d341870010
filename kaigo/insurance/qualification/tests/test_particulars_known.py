"""Changes by what we learnt and when: real commits."""

from __future__ import annotations

from datetime import timedelta

from kaigo.insurance.qualification.particulars import changes
from kaigo.insurance.qualification.tests.builders import context, day
from kaigo.insurance.qualification.tests.test_particulars import called, insured


def test_a_correction_learnt_late_is_a_change_of_the_day_on_which_we_learnt_it(street):
    person = insured()
    called(person, "見本 花子", "1990-01-01")
    called(person, "見本 華子", "1990-01-01")
    (found,) = (
        c for c in changes(context("2026-07-31"), day("1990-01-01"), day("1990-01-02")) if c.kind == "name"
    )
    assert (found.old, found.new) == ("見本 花子", "見本 華子")
    today = found.known_at.date()
    by_known = changes(context("2026-07-31"), today, today + timedelta(days=2), "known", ["name"])
    assert [(c.old, c.new) for c in by_known] == [("見本 花子", "見本 華子")]
    assert (
        changes(context("2026-07-31"), today + timedelta(days=2), day("2100-01-01"), "known", ["name"]) == []
    )


def test_an_old_change_is_not_learnt_again_when_a_new_one_ends_it(street):
    person = insured()
    called(person, "山田 花子", "2000-01-01")
    before = changes(context("2026-07-31"), day("2000-01-01"), day("2000-01-02"), kinds=["name"])
    called(person, "鈴木 花子", "2026-07-10")
    after = changes(context("2026-07-31"), day("2000-01-01"), day("2000-01-02"), kinds=["name"])
    assert before == after and len(after) == 1


def test_what_was_corrected_is_compared_with_what_we_believed_or_with_what_was_before(street):
    person = insured()
    called(person, "山田 花子", "2000-01-01")
    called(person, "山本 花子", "2000-01-01")
    (by_day,) = changes(context("2026-07-31"), day("2000-01-01"), day("2000-01-02"), kinds=["name"])
    assert (by_day.old, by_day.new) == ("見本 花子", "山本 花子")
    today = by_day.known_at.date()
    (learnt,) = changes(context("2026-07-31"), today, today + timedelta(days=2), "known", ["name"])
    assert (learnt.old, learnt.new) == ("山田 花子", "山本 花子")
