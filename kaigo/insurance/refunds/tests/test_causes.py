"""Which entry of a term is the cause, and which payment: pure, entry by entry."""

from __future__ import annotations

from datetime import date, timedelta

from kaigo.insurance.refunds.causes import Booked, Life, parts, payments

FIRST, DIED = date(2026, 7, 1), date(2026, 8, 1)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def entry(sort: str, yen: int, on: int, source: str = "", way: str = "slip", reason: str = "") -> Booked:
    return Booked(sort, way, yen, day(on), 2026, reason, source or f"{sort}:{on}", day(on))


def found(*entries: Booked, life: Life | None = None) -> list[tuple]:
    """(cause, yen, since, which payment)."""
    return [
        (part.cause, part.yen, part.since, part.payment.source if part.payment else "")
        for part in parts(entries, life or Life())
    ]


def test_a_levy_that_falls_because_of_a_death_sets_free_first_what_was_deducted_after_it():
    levied = entry("levy", 9_000, 0, way="deduction")
    paid = [entry("receipt", 3_000, on, way="deduction") for on in (14, 45, 60)]
    fallen = entry("adjust", -7_000, 70, way="deduction")
    # Of 7,000 yen 6,000 were deducted after the death: they are the pension payer's. The rest is the person's.
    assert found(levied, *paid, fallen, life=Life(DIED, day(70))) == [
        ("after_death", 3_000, day(70), "receipt:60"),
        ("after_death", 3_000, day(70), "receipt:45"),
        ("lost", 1_000, day(70), ""),
    ]
    assert found(levied, *paid, fallen, life=Life(None, day(70))) == [("lost", 7_000, day(70), "")]


def test_a_deduction_on_the_day_of_the_death_was_due():
    levied, fallen = entry("levy", 3_000, 0, way="deduction"), entry("adjust", -3_000, 70, way="deduction")
    paid = entry("receipt", 3_000, (DIED - FIRST).days, way="deduction")
    assert [cause for cause, *_ in found(levied, paid, fallen, life=Life(DIED))] == ["reassessed"]


def test_what_was_after_death_and_too_much_at_once_is_told_once():
    levied = entry("levy", 2_000, 0, way="deduction")
    paid = entry("receipt", 3_000, 45, way="deduction")
    fallen = entry("adjust", -2_000, 70, way="deduction")
    assert found(levied, paid, fallen, life=Life(DIED)) == [
        ("after_death", 1_000, day(45), "receipt:45"),
        ("after_death", 2_000, day(70), "receipt:45"),
    ]


def test_what_came_after_the_right_was_gone_is_found_when_the_term_is_written_off_as_it_stood():
    levied = entry("levy", 10_000, 0)
    in_time, late = entry("receipt", 4_000, 10), entry("receipt", 5_000, 800)
    given_up = entry("write_off", -6_000, 830, reason="prescription")
    assert found(levied, in_time, late, given_up) == [("prescribed", 5_000, day(800), "receipt:800")]
    # What comes still later is none the less late.
    again = entry("receipt", 1_000, 850)
    assert found(levied, in_time, late, given_up, again)[1] == ("prescribed", 1_000, day(850), "receipt:850")
    # Taken back, the right was never gone: then the payments paid what was owed.
    back = entry("write_off", 6_000, 840, source=given_up.source, reason="reversal")
    assert found(levied, in_time, late, given_up, back) == []


def test_whoever_paid_in_full_and_more_after_the_right_was_gone_gets_everything_back():
    levied = entry("levy", 10_000, 0)
    late, more = entry("receipt", 10_000, 800), entry("receipt", 700, 810)
    given_up = entry("write_off", -10_000, 830, reason="prescription")
    told = found(levied, late, more, given_up)
    assert told == [
        ("too_much", 700, day(810), "receipt:810"),
        ("prescribed", 10_000, day(800), "receipt:800"),
    ]


def test_a_payment_that_is_taken_back_takes_its_own_part_with_it():
    levied = entry("levy", 1_000, 0)
    first, second, third = (entry("receipt", 1_000, on) for on in (10, 20, 30))
    back = entry("receipt", -1_000, 40, source=second.source)
    assert found(levied, first, second, third, back) == [("twice", 1_000, day(30), "receipt:30")]
    assert [(p.paid_on, p.yen) for p in payments([levied, first, second, third, back])] == [
        (day(10), 1_000),
        (day(30), 1_000),
    ]


def test_a_levy_that_rises_again_eats_the_newest_part_and_no_more():
    levied, paid = entry("levy", 1_000, 0), entry("receipt", 1_000, 10)
    fell, fell_again = entry("adjust", -300, 20), entry("remission", -200, 30)
    rose = entry("adjust", 250, 40)
    assert found(levied, paid, fell, fell_again, rose) == [("reassessed", 250, day(20), "")]
