"""Any sequence of levy, receipt, revision, refund, offset, reversal and returned transfer loses no yen. The seed is printed."""

from __future__ import annotations

import os
import random
from datetime import date, timedelta

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.refunds import decide, transfers
from kaigo.insurance.refunds.gather import overpaid
from kaigo.insurance.refunds.models import Payee, Proposal, Transfer
from kaigo.insurance.refunds.tests import builders as R

pytestmark = pytest.mark.django_db
PEOPLE, STEPS = 4, 90
LAST = date(R.YEAR, 12, 28)


def test_any_sequence_keeps_the_invariants():
    seed = int(os.environ.get("SEED") or random.randrange(10**9))
    print(f"SEED={seed}")
    chance = random.Random(seed)
    people = [R.payer(chance.randrange(10_000, 900_000, 100)) for _ in range(PEOPLE)]
    for who in people:
        # Related to nobody, but each with an account of his own.
        R.register(who, R.ACCOUNT._replace(account=f"{who % 10**7:07}"))
        if chance.random() < 0.7:
            R.pay_all(who)
    day, done = R.AUGUST, dict.fromkeys({act for act, _ in ACTS}, 0)
    for _ in range(STEPS):
        day = min(LAST, day + timedelta(days=chance.randrange(3)))
        (act,) = chance.choices([act for act, _ in ACTS], [weight for _, weight in ACTS])
        done[act] += bool(act(chance, chance.choice(people), day))
        check(people)
    print({act.__name__: count for act, count in done.items()})
    assert all(done[act] for act in (pay, revise, decide_at_once, send)), done


def pay(chance, who, day):
    """A payment of a term, often too much, sometimes after it was paid."""
    (_, number), term = chance.choice(sorted(R.terms(who).items()))
    R.pay(who, number, max(1, term.levied + chance.choice((-100, 0, 0, 700, 30_000))), day)
    return True


def revise(chance, who, day):
    """減額・増額更正. Other than what is assessed now, or nothing is planned."""
    now = sum(term.levied for term in R.terms(who).values())
    R.lowered(who, max(1_000, now + chance.choice((-90_000, -40_000, -3_000, 20_000))), day)
    return True


def reverse(chance, who, day):
    """A receipt was somebody else's: it is taken back, unless it went back already."""
    found = rows(
        "SELECT person_id, source, key, yen, fiscal_year, accounting_year, sort, way, number, reason FROM ledger_entry e "
        "WHERE person_id = %s AND sort = 'receipt' AND yen > 0 AND NOT EXISTS "
        "(SELECT 1 FROM ledger_entry x WHERE x.key = e.key || ':reversed') ORDER BY id",
        [who],
    )
    if not found:
        return False
    line = Line(*chance.choice(found))
    term = next(t for t in ledger.terms(R.on(day), who) if (t.number, t.kind) == (line.number, "direct"))
    if term.received < line.yen:
        return False
    post(R.on(day), [line._replace(yen=-line.yen, key=f"{line.key}:reversed", reason="ruling")])
    return True


def propose(chance, who, day):
    try:
        return decide.propose(R.on(day), who, Payee.objects.get(person_id=who).id)
    except Refused:
        return None


def decide_at_once(chance, who, day):
    """Proposed and approved on one day."""
    return propose(chance, who, day) and approve(chance, who, day)


def approve(chance, who, day):
    made = Proposal.objects.filter(person_id=who, ruling__isnull=True).first()
    if made is None:
        return False
    try:
        return decide.approve(R.on(day, 2), made.id)
    except Refused as changed:
        assert "額が変わりました" in str(changed)
        return decide.withdraw(R.on(day), made.id, "額の変更") and False


def send(chance, who, day):
    """What the ledger still carries leaves; what it does not stays, as the gate would keep it."""
    lines = transfers.ready(R.on(day))
    if not lines:
        return False
    made = transfers.prepare(R.on(day), R.INSURER, day + timedelta(days=3))
    bad = {wrong.person for wrong in transfers.wrong(R.on(day), made)}
    good = [line.proposal for line in lines if line.person not in bad]
    return transfers.note_sent(R.on(day), 1, day + timedelta(days=3), good)


def come_back(chance, who, day):
    row = Transfer.objects.filter(proposal__person_id=who, returned__isnull=True).first()
    return row is not None and bool(transfers.take_back(R.on(day), row.id, "no_account", ""))


ACTS = (
    (pay, 3), (revise, 1), (reverse, 1), (propose, 3), (approve, 3), (decide_at_once, 3), (send, 3), (come_back, 2),
)  # fmt: skip


def held(key) -> int:
    """What undecided proposals and transfers that have not left hold of a term."""
    who, year, _, number = key
    found = rows(
        "SELECT l.yen, l.offset_yen, u.outcome FROM refunds_line l JOIN refunds_proposal p ON p.id = l.proposal_id "
        "LEFT JOIN refunds_ruling u ON u.proposal_id = p.id WHERE p.person_id = %s AND l.fiscal_year = %s "
        "AND l.number = %s AND NOT EXISTS (SELECT 1 FROM refunds_transfer t WHERE t.proposal_id = p.id)",
        [who, year, number],
    )
    return sum(
        yen if outcome is None else yen - off for yen, off, outcome in found if outcome in (None, "approved")
    )


def check(people):
    trial = ledger.trial(R.on())
    assert sum(trial.values()) == 0
    ((levied, received, refunded, lost, late),) = rows(
        "SELECT coalesce(sum(yen) FILTER (WHERE sort IN ('levy', 'adjust', 'remission')), 0), "
        "coalesce(sum(yen) FILTER (WHERE sort IN ('receipt', 'offset')), 0), "
        "coalesce(sum(yen) FILTER (WHERE sort = 'refund'), 0), "
        "-coalesce(sum(yen) FILTER (WHERE sort = 'write_off'), 0), "
        "coalesce(sum(yen) FILTER (WHERE sort = 'offset'), 0) FROM ledger_entry"
    )
    terms = [(who, term) for who in people for term in ledger.terms(R.on(), who)]
    assert levied - (received - refunded) - lost == sum(term.balance for _, term in terms)
    assert late == 0, "offsets are zero together"
    waiting: dict[tuple, int] = {}
    for one in overpaid(R.on(), people):
        assert one.yen > 0 and sum(p.yen for p in one.payments) == one.yen, one
        waiting[one.term] = waiting.get(one.term, 0) + one.yen
    for who, term in terms:
        key = (who, term.fiscal_year, term.kind, term.number)
        assert term.received >= 0, "more went back than came in"
        if key in waiting:
            assert waiting[key] + held(key) <= -term.balance, "a yen would be decided twice"
    # Standing decisions, transfers and entries say the same.
    assert rows(
        "SELECT coalesce(sum(p.refund_yen + p.interest_yen), 0) FROM refunds_proposal p "
        "JOIN refunds_transfer t ON t.proposal_id = p.id LEFT JOIN refunds_return b ON b.transfer_id = t.id "
        "WHERE b.id IS NULL"
    ) == rows("SELECT coalesce(sum(yen), 0) FROM ledger_entry WHERE sort IN ('refund', 'interest')")
