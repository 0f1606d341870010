"""Two human beings decide each yen once: what is offset, what goes back, with which interest, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.decide import plan_all
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.post import Line as Entry
from kaigo.insurance.ledger.post import post
from kaigo.insurance.receipts.models import DebitRequest, DebitResult
from kaigo.insurance.refunds import claims, decide, read, transfers
from kaigo.insurance.refunds.models import Line, Payee, Proposal, Ruling, Transfer, Use
from kaigo.insurance.refunds.tests import builders as R
from kaigo.law.prescription import Event
from kaigo.law.values import load

pytestmark = pytest.mark.django_db


def too_much(yen: int = 1_000, day: date = R.AUGUST) -> int:
    """Paid everything, and `yen` beyond."""
    who = R.payer()
    R.pay_all(who, day)
    R.pay(who, 1, yen, day)
    return who


def entries(sort: str) -> list[tuple]:
    return rows(
        "SELECT number, yen, accounting_year, reason FROM ledger_entry WHERE sort = %s ORDER BY id", [sort]
    )


def test_one_proposes_another_approves():
    who = too_much()
    made = decide.propose(R.on(), who, R.register(who).id)
    assert (made.yen, made.offset_yen, made.refund_yen, made.interest_yen) == (1_000, 0, 1_000, 0)
    with pytest.raises(Refused, match="提案した本人は承認できません"):
        decide.approve(R.on(), made.id)
    with pytest.raises(Refused, match="職員がします"):
        decide.approve(replace(R.on(), actor="job:refunds.find"), made.id)
    decide.approve(R.on(account=2), made.id)
    with pytest.raises(Refused, match="もう決まっています"):
        decide.approve(R.on(account=3), made.id)
    assert read.one(R.on(), made.id).state == "approved"
    assert not entries("refund"), "nothing is booked before the money is out"


def test_the_database_keeps_the_two_apart():
    who = too_much()
    made = decide.propose(R.on(), who, R.register(who).id)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ruling.objects.create(
            proposal=made, outcome="approved", remark="", proposed_by="account:1", shared=[], shared_why="",
            decided_on=R.SEPTEMBER, actor="account:1",
        )  # fmt: skip


def test_nothing_is_decided_twice_and_a_withdrawn_proposal_can_be_made_again():
    who = too_much()
    to = R.register(who)
    made = decide.propose(R.on(), who, to.id)
    with pytest.raises(Refused, match="決められる過誤納がありません"):
        decide.propose(R.on(account=2), who, to.id)
    with pytest.raises(Refused, match="理由を書いて"):
        decide.withdraw(R.on(), made.id, " ")
    with pytest.raises(Refused, match="自分の提案は差し戻せません"):
        decide.reject(R.on(), made.id, "誤り")
    decide.withdraw(R.on(), made.id, "口座の誤り")
    assert decide.propose(R.on(), who, to.id).yen == 1_000


def test_offsets_pay_the_oldest_due_term_first_and_are_zero_together():
    who = R.payer()
    first, third = R.terms(who)["direct", 1].levied, R.terms(who)["direct", 3].levied
    for number in (3, 4, 5, 6, 7, 8):
        R.pay(who, number, R.terms(who)["direct", number].levied, R.AUGUST)
    R.pay(who, 3, first + 1_500, R.AUGUST)
    # On 10 September the first term (31 July) and the second (31 August) are due.
    made = decide.propose(R.on(), who, None)
    assert (made.offset_yen, made.refund_yen) == (first + 1_500, 0)
    assert [(u.number, u.yen) for u in Use.objects.order_by("id")] == [(1, first), (2, 1_500)]
    before = ledger.trial(R.on())
    decide.approve(R.on(account=2), made.id)
    assert [(n, yen) for n, yen, *_ in entries("offset")] == [(3, -first - 1_500), (1, first), (2, 1_500)]
    assert ledger.trial(R.on()) == before
    terms = R.terms(who)
    assert (terms["direct", 1].balance, terms["direct", 3].balance) == (0, 0)
    assert terms["direct", 2].balance == terms["direct", 2].levied - 1_500
    assert (terms["direct", 3].received, read.one(R.on(), made.id).state) == (third, "offset")


def test_a_term_that_is_not_due_or_is_prescribed_is_not_offset(monkeypatch):
    who = R.payer()
    R.pay(who, 1, R.terms(who)["direct", 1].levied + 500, R.AUGUST)
    early = R.on(date(R.YEAR, 8, 20))
    with pytest.raises(Refused, match="支払先と口座を先に"):
        decide.propose(early, who, None)
    assert decide.propose(early, who, R.register(who).id).refund_yen == 500
    late = R.on(date(R.YEAR + 2, 12, 10))
    other = R.payer(name="見本 太郎")
    R.pay(other, 8, R.terms(other)["direct", 8].levied + 700, date(R.YEAR + 2, 12, 1))
    owed = claims.owed(late, other, _values(late))
    barred = {o.number for o in owed if o.last_on < late.on}
    assert 1 in barred and 7 not in barred
    # A room above tells that the first term was dunned: then it can still be collected.
    dunned = ((R.YEAR, "direct", 1), Event("dunning", date(R.YEAR + 1, 8, 20)))
    monkeypatch.setattr(claims, "EVENTS", [lambda ctx, person: [dunned]])
    assert 1 not in {o.number for o in claims.owed(late, other, _values(late)) if o.last_on < late.on}


def _values(ctx):
    return load().values(R.INSURER, ctx.on)


def test_what_the_pension_payer_has_not_handed_over_yet_is_no_debt_of_the_person():
    who = R.B.person()
    R.B.insured(who)
    R.B.february(who, 8_000)
    R.B.assess(R.B.on(R.JULY), who, 66_000)
    plan_all(R.on(R.JULY), R.INSURER, R.YEAR, persons=[who])
    R.pay(who, 4, R.terms(who)["deduction", 4].levied + 500, R.AUGUST, "deduction")
    assert R.terms(who)["deduction", 6].balance > 0, "due since June, and not here"
    assert claims.owed(R.on(), who, _values(R.on())) == []
    # Also where the person himself pays a term of the same number.
    other = R.payer(name="見本 太郎")
    R.pay_all(other)
    post(R.on(), [Entry(other, "p", "p", 5_000, R.YEAR, R.YEAR, "levy", "deduction", 1, "main")])
    assert R.terms(other)["deduction", 1].balance == 5_000
    assert claims.owed(R.on(), other, _values(R.on())) == []
    made = decide.propose(R.on(), who, R.register(who).id)
    assert (made.offset_yen, made.refund_yen) == (0, 500)


def test_a_term_that_a_bank_was_asked_to_debit_is_not_offset_before_it_answers():
    who = R.payer()
    R.pay(who, 8, R.terms(who)["direct", 8].levied + 700, R.AUGUST)
    asked = {n: t.levied for (_, n), t in R.terms(who).items() if n in (1, 2)}
    for number, yen in asked.items():
        DebitRequest.objects.create(
            person_id=who, fiscal_year=R.YEAR, number=number, yen=yen, debit_on=date(R.YEAR, 8, 31), bank="0001",
            reference=f"R{number}", file=1,
        )  # fmt: skip
    made = decide.propose(R.on(), who, R.register(who).id)
    assert (made.offset_yen, made.refund_yen) == (0, 700)
    decide.withdraw(R.on(), made.id, "銀行の回答を待つ")
    first = DebitRequest.objects.get(number=1)
    DebitResult.objects.create(request=first, code="1", reference="R1", source="debit:1", told_on=R.SEPTEMBER)
    made = decide.propose(R.on(), who, Payee.objects.get().id)
    assert made.offset_yen == 700 and [use.number for use in made.uses.all()] == [1]


def test_only_a_payment_that_stands_and_whose_day_is_known_renews_a_claim():
    def last_on():
        return next(o.last_on for o in claims.owed(R.on(), who, _values(R.on())) if o.number == 1)

    who = R.payer()
    unpaid = last_on()
    source = R.pay(who, 1, 100, R.AUGUST)
    assert (unpaid, last_on()) == (date(R.YEAR + 2, 7, 31), date(R.YEAR + 2, 8, 3))
    post(R.on(), [Entry(who, source, "back", -100, R.YEAR, R.YEAR, "receipt", "slip", 1, "ruling")])
    assert last_on() == unpaid
    post(R.on(), [Entry(who, "migration:1", "m", 100, R.YEAR, R.YEAR, "receipt", "slip", 1, "opening")])
    assert last_on() == unpaid, "the day of the hand-over is no day of a payment"


def test_what_came_after_the_right_was_gone_goes_back_whole_and_pays_nothing():
    who = R.payer()
    levied = R.terms(who)["direct", 1].levied
    given_up = Entry(who, "w", "w", -levied, R.YEAR, R.YEAR, "write_off", "slip", 1, "prescription")
    post(R.on(R.AUGUST), [given_up])
    R.pay(who, 1, 1_000, date(R.YEAR, 8, 20))
    R.pay(who, 8, R.terms(who)["direct", 8].levied + 700, R.AUGUST)
    # The second term is due since 31 August: 700 yen may pay it, the 1,000 yen may not.
    made = decide.propose(R.on(), who, R.register(who).id)
    assert (made.yen, made.offset_yen, made.refund_yen) == (1_700, 700, 1_000)
    assert {(line.cause, line.yen, line.offset_yen) for line in made.lines.all()} == {
        ("prescribed", 1_000, 0), ("too_much", 700, 700),
    }  # fmt: skip
    assert "1,000 円は徴収する権利が消えた" in str(read.told(R.on(), made.id))
    decide.approve(R.on(account=2), made.id)
    transfers.note_sent(R.on(), 1, R.SEPTEMBER, [made.id])
    assert R.terms(who)["direct", 1].balance == R.terms(who)["direct", 8].balance == 0


def test_interest_is_by_year_for_each_payment():
    who = R.payer(4_000_000)
    R.pay_all(who, R.AUGUST)
    R.lowered(who, 100_000, date(R.YEAR, 12, 1))
    made = decide.propose(R.on(date(R.YEAR, 12, 20)), who, R.register(who).id)
    # From the day after the payment to the decision, 1.3 % in 2026, for each payment cut to 100 yen below 1,000.
    days = (date(R.YEAR, 12, 20) - R.AUGUST).days
    lines = Line.objects.filter(proposal=made)
    for line in lines:
        exact = line.yen // 1000 * 1000 * 13 * days // (1000 * 365)
        assert line.interest_yen == (exact // 100 * 100 if exact >= 1000 else 0)
    assert (
        made.refund_yen == 3_900_000 and made.interest_yen == sum(line.interest_yen for line in lines) > 8_000
    )
    told = [t.id for t in read.told(R.on(), made.id)]
    assert told[0] == "offset.all_refunded" and "limit.refund" in told and "accounting.from_income" in told


def test_what_changed_since_the_proposal_is_not_approved():
    who = too_much()
    to = R.register(who)
    made = decide.propose(R.on(), who, to.id)
    R.register(who, R.ACCOUNT._replace(account="7777777"))
    with pytest.raises(Refused, match="支払先が変わりました"):
        decide.approve(R.on(account=2), made.id)
    decide.withdraw(R.on(), made.id, "口座の変更")
    made = decide.propose(R.on(), who, to.id)
    R.pay(who, 2, 300, R.SEPTEMBER)
    with pytest.raises(Refused, match="額が変わりました"):
        decide.approve(R.on(account=2), made.id)


def test_a_claim_lapses_after_two_years_unless_it_was_made_in_time():
    who = too_much(day=R.AUGUST)
    to = R.register(who)
    last, over = date(R.YEAR + 2, 8, 3), date(R.YEAR + 2, 8, 4)
    made = decide.propose(R.on(date(R.YEAR, 12, 28)), who, to.id)
    decide.withdraw(R.on(), made.id, "試し")
    assert Line.objects.get().last_claim_on == last
    with pytest.raises(Refused, match=r"二年.*法200条1項"):
        decide.propose(R.on(over), who, to.id)
    R.register(who, claimed_on=date(R.YEAR, 9, 1))
    assert decide.propose(R.on(over), who, to.id).yen == 1_000


def came_back(who: int, day: date) -> None:
    """Decided on a day, sent, and returned by the bank."""
    made = R.approved(who, day)
    transfers.note_sent(R.on(day), 1, day, [made.id])
    transfers.take_back(R.on(day), made.transfer.id, "no_account", "")


def test_what_was_decided_once_in_time_is_that_term_alone():
    who = too_much()
    R.pay(who, 8, 500, R.AUGUST)
    came_back(who, R.SEPTEMBER)
    # Another term of the same number, deducted from the pension: nobody ever decided about it.
    R.pay(who, 8, 300, R.AUGUST, "deduction")
    made = decide.propose(R.on(date(R.YEAR + 2, 8, 4)), who, Payee.objects.get().id)
    assert {(line.way, line.number, line.yen) for line in made.lines.all()} == {
        ("slip", 1, 1_000), ("slip", 8, 500),
    }  # fmt: skip


def test_the_interest_of_what_came_back_ends_with_its_first_decision():
    who, first, second = R.payer(4_000_000), date(R.YEAR, 11, 2), date(R.YEAR, 12, 20)
    R.pay_all(who, R.AUGUST)
    R.lowered(who, 100_000, date(R.YEAR, 11, 1))
    came_back(who, first)
    interest = Proposal.objects.get().interest_yen
    again = decide.propose(R.on(second), who, Payee.objects.get().id)
    assert again.interest_yen == interest > 0
    decide.withdraw(R.on(second), again.id, "試し")
    # Levied again and lowered again: that is another overpayment, which nobody decided before.
    R.lowered(who, 4_000_000, date(R.YEAR, 12, 1))
    R.lowered(who, 100_000, date(R.YEAR, 12, 2))
    other = decide.propose(R.on(second), who, Payee.objects.get().id)
    assert other.refund_yen == again.refund_yen and other.interest_yen > interest


def test_what_the_law_does_not_say_yet_stops_the_decision():
    who = too_much(50_000)
    with pytest.raises(Refused, match="値が足りません: 令和9年からの還付加算金の割合"):
        decide.propose(R.on(date(R.YEAR + 1, 4, 1)), who, R.register(who).id)


def test_what_nobody_approved_does_not_leave_and_nothing_leaves_twice():
    who = too_much()
    made = decide.propose(R.on(), who, R.register(who).id)
    with pytest.raises(ValueError, match="nobody approved"):
        transfers.note_sent(R.on(), 1, date(R.YEAR, 9, 15), [made.id])
    decide.approve(R.on(account=2), made.id)
    transfers.note_sent(R.on(), 1, date(R.YEAR, 9, 15), [made.id])
    with pytest.raises(ValueError, match="left already"):
        transfers.note_sent(R.on(), 2, date(R.YEAR, 9, 15), [made.id])
    with pytest.raises(IntegrityError), transaction.atomic():
        Transfer.objects.create(proposal=made, yen=1_000, transfer_on=R.SEPTEMBER, file=2)
    assert [yen for _, yen, *_ in entries("refund")] == [1_000]


def test_a_refund_of_a_closed_year_is_expenditure():
    who = R.payer()
    R.pay_all(who)
    R.pay(who, 1, 900, date(R.YEAR, 4, 10), booked=R.YEAR - 1)
    R.pay(who, 2, R.terms(who)["direct", 2].levied, R.AUGUST)
    made = R.approved(who)
    ways = {(line.number, line.booked_year) for line in made.lines.all()}
    assert ways == {(1, R.YEAR - 1), (2, R.YEAR)}
    transfers.note_sent(R.on(), 1, date(R.YEAR, 9, 15), [made.id])
    found = {(number, year, reason) for number, _, year, reason in entries("refund")}
    assert found == {(1, R.YEAR, "expenditure"), (2, R.YEAR, "income")}


def test_a_proposal_whose_figures_do_not_add_up_is_no_row():
    who = too_much()
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.create(
            person_id=who, payee=None, payee_kind="", payee_digest="", yen=5, offset_yen=1, refund_yen=1,
            interest_yen=0, reasons=[], law="", decided_on=R.SEPTEMBER, actor="account:1",
        )  # fmt: skip
