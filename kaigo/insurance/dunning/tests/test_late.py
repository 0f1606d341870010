"""延滞金: by the ledger's history, decided once the term is paid, never twice, waived by two people."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.tests.builders import YEAR, on
from kaigo.insurance.dunning import late, waivers
from kaigo.insurance.dunning.models import LateCharge, LateFinding, Waiver, WaiverRequest
from kaigo.insurance.dunning.tests.builders import (
    DATED,
    DUE,
    INSURER,
    by,
    dunned,
    handed_over,
    parts,
    pay,
    payer,
)
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.models import LedgerEntry
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.receipts import rulings
from kaigo.insurance.receipts.models import Receipt

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WINTER = date(YEAR, 12, 20)
BIG = 960_000  # 120,000 yen a term: large enough for a late charge within the year


def booked() -> int:
    """The late charges in the ledger."""
    return sum(e.yen for e in LedgerEntry.objects.filter(sort="late_levy"))


def settle(day: date = WINTER) -> dict:
    return late.settle_all(by(1, day), INSURER)


def test_a_term_paid_late_is_charged_by_days_and_rates_and_booked_once():
    who = dunned(BIG)
    yen = parts(who)[1].yen
    paid = date(YEAR, 12, 15)
    pay(who, 1, day=paid)
    done = settle()
    # 見本区: three months at 2.8%, then 9.1% (令和8年), on whole thousands; counted from the day after the due date.
    first = (date(YEAR, 10, 31) - DUE).days
    after = (paid - date(YEAR, 10, 31)).days
    expected = (yen // 1000 * 1000) * (28 * first + 91 * after) // 365_000 // 100 * 100
    assert expected >= 1000
    (charge,) = LateCharge.objects.all()
    assert (charge.yen, charge.state, charge.until, charge.owed_yen) == (expected, "charged", paid, yen)
    assert done | {"missing": []} == {
        "decided": 1, "charged": 1, "yen": expected, "withdrawn": 0, "unclear": 0, "missing": [],
    }  # fmt: skip
    assert booked() == expected
    entry = LedgerEntry.objects.get(sort="late_levy")
    assert (entry.source, entry.way, entry.number, entry.accounting_year) == (
        f"late:{charge.id}",
        "slip",
        1,
        YEAR,
    )
    parts_told = LateFinding.objects.get(decision=charge).reasons[0][3]
    assert [part[0] for part in parts_told] == ["late.part", "late.part"]
    # The balance of the term itself stays even; the second run finds nothing to do.
    assert {t.number: t.balance for t in ledger.terms(on(WINTER), who)}[1] == 0
    assert settle()["decided"] == 0
    assert booked() == expected


def test_part_payments_make_the_base_smaller():
    one, two = dunned(BIG), dunned(BIG)
    half = parts(two)[1].yen // 2
    pay(two, 1, half, day=date(YEAR, 9, 1))
    for who, yen in ((one, None), (two, parts(two)[1].yen - half)):
        pay(who, 1, yen, day=WINTER)
    settle()
    whole, less = (LateCharge.objects.get(person_id=who).yen for who in (one, two))
    assert 0 < less < whole
    assert len(LateFinding.objects.get(decision__person_id=two).reasons[0][3]) == 3


@pytest.mark.parametrize(
    "day, reasons",
    [
        (DUE, []),
        (DUE + DAY, ["late.before_demand"]),
        (DATED, ["late.before_demand"]),
        (DATED + DAY, ["late.small"]),
    ],
)
def test_the_due_date_is_in_time_and_until_the_demand_nothing_is_charged(day, reasons):
    who = dunned(BIG)
    pay(who, 1, day=day, settled=DATED + 3 * DAY)
    assert settle()["decided"] == len(reasons)
    assert [found.reasons[0][0] for found in LateFinding.objects.all()] == reasons
    assert booked() == 0


def test_who_was_never_demanded_is_not_charged_however_late_he_pays():
    """自治法231条の3第2項: late charges follow a demand. A term of a former system has none of ours."""
    who = payer(BIG)
    with pytest.raises(Refused, match="督促していません"):
        late.settle(by(1, WINTER), INSURER, who, YEAR, 1)
    (shown, *_) = late.previews(by(1, WINTER), INSURER, [who])
    assert (shown.term.number, shown.finding.value.yen) == (1, 0)
    assert shown.finding.reasons[0].id == "late.not_demanded"
    pay(who, 1, day=date(YEAR, 12, 15))
    # Nor for the other terms of somebody who was demanded one.
    pay(dunned(BIG), 2, day=date(YEAR, 12, 15))
    assert settle()["decided"] == 0
    assert not LateCharge.objects.exists() and booked() == 0


def test_nothing_is_late_on_its_due_date_nor_when_it_was_written_off():
    who = dunned(BIG)
    assert late.previews(by(1, DUE), INSURER, [who]) == []
    assert [p.term.number for p in late.previews(by(1, DUE + DAY), INSURER, [who])] == [1]
    yen = parts(who)[1].yen
    post(
        on(WINTER),
        [Line(who, "write_off:1", "write_off:1", -yen, YEAR, YEAR, "write_off", "slip", 1, "test")],
    )
    pay(who, 1, yen, day=WINTER)
    assert settle()["decided"] == 0


def test_whether_a_former_system_demanded_is_not_known_and_not_guessed():
    who, before = handed_over(DUE + DAY, BIG), handed_over(DUE, BIG)
    (shown,) = late.previews(by(1, WINTER), INSURER, [who])
    assert (shown.finding, shown.missing) == (None, ("前のシステムで督促した日",))
    with pytest.raises(Refused, match="引き継がれていません"):
        late.settle(by(1, WINTER), INSURER, who, YEAR, 1)
    # What fell due here was never demanded there.
    (shown,) = late.previews(by(1, WINTER), INSURER, [before])
    assert shown.finding.reasons[0].id == "late.not_demanded"
    assert settle()["decided"] == 0


def test_a_part_payment_that_is_put_right_changes_the_charge_though_the_last_day_stays():
    who, other = dunned(BIG), payer(BIG)
    half = parts(who)[1].yen // 2
    pay(who, 1, half, day=date(YEAR, 9, 1))
    pay(who, 1, parts(who)[1].yen - half, day=WINTER)
    settle()
    before = booked()
    wrong = Receipt.objects.order_by("id").first()
    rulings.pay(by(1, WINTER), wrong.id, other, YEAR, "direct", 1, "別の人の納付だった")
    pay(who, 1, half, day=date(YEAR, 12, 1))
    assert settle()["decided"] == 1
    charge = LateCharge.objects.get(superseded_by__isnull=True)
    assert charge.until == WINTER and charge.yen == booked() > before
    assert settle()["decided"] == 0


def test_what_is_too_small_is_decided_with_its_reason_and_books_nothing():
    who = dunned()
    pay(who, 1, day=DUE + 30 * DAY)
    assert settle()["charged"] == 0
    assert LateFinding.objects.get(decision__person_id=who).reasons[0][0] == "late.small"
    assert booked() == 0


def test_the_day_of_the_payer_counts_not_the_day_of_the_money():
    who, late_payer = dunned(BIG), dunned(BIG)
    pay(who, 1, day=DUE, settled=DATED + 6 * DAY)
    pay(late_payer, 1, day=DATED + DAY, settled=DATED + 6 * DAY)
    settle()
    (charge,) = LateCharge.objects.all()
    assert (charge.person_id, charge.until) == (late_payer, DATED + DAY)


def test_a_payment_taken_back_takes_the_charge_back():
    who, other = dunned(BIG), dunned(BIG)
    pay(who, 1, day=WINTER)
    settle()
    assert booked() > 0
    rulings.pay(by(1, WINTER), Receipt.objects.get().id, other, YEAR, "direct", 1, "別の人の納付だった")
    done = settle()
    # The money was the other's: he paid late, and the first one's term is open again.
    assert (done["withdrawn"], done["charged"]) == (1, 1)
    now = {c.person_id: (c.state, c.yen) for c in LateCharge.objects.filter(superseded_by__isnull=True)}
    assert now[who] == ("withdrawn", 0)
    assert booked() == now[other][1] > 0


def test_an_open_term_is_shown_but_only_decided_by_hand_and_anew_when_paid():
    who = dunned(BIG)
    assert settle()["decided"] == 0
    (shown, *_) = late.previews(by(1, WINTER), INSURER, [who])
    assert (shown.term.number, shown.missing) == (1, ())
    assert shown.finding is not None
    done = late.settle(by(1, WINTER), INSURER, who, YEAR, 1)
    assert done["yen"] == shown.finding.value.yen == booked() > 0
    assert LateCharge.objects.get().state == "interim"
    with pytest.raises(Refused, match="決まっています"):
        late.settle(by(1, WINTER), INSURER, who, YEAR, 1)
    assert settle()["decided"] == 0
    pay(who, 1, day=WINTER + 5 * DAY)
    settle(WINTER + 5 * DAY)
    charge = LateCharge.objects.get(superseded_by__isnull=True)
    assert (charge.state, charge.until) == ("charged", WINTER + 5 * DAY)
    assert charge.yen == booked() >= shown.finding.value.yen


def test_a_rate_that_is_missing_decides_nothing_and_says_what_is_missing():
    who = dunned(BIG)
    new_year = date(YEAR + 1, 1, 15)
    pay(who, 1, day=new_year)
    done = settle(new_year)
    assert (done["decided"], done["unclear"], done["missing"]) == (0, 1, ["令和9年からの延滞金の割合"])
    assert not LateCharge.objects.exists()
    with pytest.raises(Refused, match="令和9年からの延滞金の割合"):
        late.settle(by(1, new_year), INSURER, who, YEAR, 1)
    shown = late.previews(by(1, new_year), INSURER, [dunned(BIG)])
    assert {s.term.number: s.missing for s in shown if s.finding is None} == {
        1: ("令和9年からの延滞金の割合",)
    }
    # What was not demanded costs nothing, whatever the rate will be.
    assert {s.finding.value.yen for s in shown if s.finding} == {0}


def test_nobody_is_charged_by_hand_for_what_was_paid_in_time():
    who = dunned(BIG)
    pay(who, 1, day=DUE)
    with pytest.raises(Refused, match="延滞金はありません"):
        late.settle(by(1, DUE + DAY), INSURER, who, YEAR, 1)


def test_a_waiver_of_a_charge_that_was_decided_anew_is_asked_for_again():
    who, other = dunned(BIG), dunned(BIG)
    pay(who, 1, day=WINTER)
    settle()
    charge = LateCharge.objects.get(person_id=who)
    asked = waivers.ask(by(1, WINTER), charge.id, 100, "災害")
    rulings.pay(by(1, WINTER), Receipt.objects.get().id, other, YEAR, "direct", 1, "別の人の納付だった")
    settle()
    with pytest.raises(Refused, match="後の決定に替わって"):
        waivers.grant(by(2, WINTER), asked)
    assert not Waiver.objects.exists()


def charged() -> tuple[int, LateCharge]:
    who = dunned(BIG)
    pay(who, 1, day=date(YEAR, 12, 15))
    settle()
    return who, LateCharge.objects.get(person_id=who)


def test_a_waiver_needs_a_reason_a_second_person_and_no_more_than_the_charge():
    _, charge = charged()
    for yen, reason, words in (
        (0, "災害", "1円から"),
        (charge.yen + 1, "災害", "1円から"),
        (100, " ", "理由"),
    ):
        with pytest.raises(Refused, match=words):
            waivers.ask(by(1, WINTER), charge.id, yen, reason)
    asked = waivers.ask(by(1, WINTER), charge.id, 300, "災害で納められなかった")
    with pytest.raises(Refused, match="もう決裁を待って"):
        waivers.ask(by(1, WINTER), charge.id, 300, "もう一度")
    for act in (waivers.grant, waivers.refuse):
        with pytest.raises(Refused, match="本人は決裁できません"):
            act(by(1, WINTER), asked)
    assert booked() == charge.yen
    made = waivers.grant(by(2, WINTER), asked)
    assert (made.yen, made.requested_by, made.actor) == (300, "account:1", "account:2")
    assert booked() == charge.yen - 300 and waivers.left(charge) == charge.yen - 300
    with pytest.raises(Refused, match="決裁を待っていません"):
        waivers.grant(by(2, WINTER), asked)
    assert Waiver.objects.count() == 1


def test_a_waiver_stays_when_the_charge_is_decided_anew():
    who, charge = charged()
    waivers.grant(by(2, WINTER), waivers.ask(by(1, WINTER), charge.id, charge.yen, "災害"))
    assert booked() == 0
    rulings.send_back(by(1, WINTER), Receipt.objects.get().id, "この区の納付ではなかった")
    settle()
    assert booked() == 0
    pay(who, 1, day=WINTER)
    settle()
    now = LateCharge.objects.get(person_id=who, superseded_by__isnull=True)
    assert booked() == max(0, now.yen - charge.yen)


def test_a_request_can_be_taken_back_by_its_asker_or_refused_by_another():
    _, charge = charged()
    first = waivers.ask(by(1, WINTER), charge.id, 100, "災害")
    with pytest.raises(Refused, match="本人だけ"):
        waivers.withdraw(by(2, WINTER), first)
    waivers.withdraw(by(1, WINTER), first)
    second = waivers.ask(by(1, WINTER), charge.id, 100, "災害")
    waivers.refuse(by(2, WINTER), second)
    assert [r.state for r in WaiverRequest.objects.order_by("id")] == ["withdrawn", "refused"]
    assert booked() == charge.yen
