"""What was paid too much, in sets: overpaid terms of the ledger, their causes and payments, less what is decided. Yen.

Overpaid is what stands in the ledger, not what somebody decided before: so a term that was levied again since is out,
and what one proposal holds is not there for another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.audit.seen import saw
from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.receipts import read as receipts
from kaigo.insurance.refunds import causes
from kaigo.insurance.refunds.causes import Booked, Life, Part, Payment
from kaigo.insurance.residents import read as residents

SOURCE = "refund:"  # of all entries of this room


class Term(NamedTuple):
    """kind: deduction | direct."""

    person: int
    fiscal_year: int
    kind: str
    number: int


class Overpaid(NamedTuple):
    """What can be decided about a part of a term now. since: from when it can be claimed back; payments: what goes back,
    together `yen`, the newest payment first."""

    person: int
    fiscal_year: int
    kind: str
    number: int
    cause: str
    yen: int
    since: date
    payments: tuple[Payment, ...]

    @property
    def term(self) -> Term:
        return Term(*self[:4])


class Taken(NamedTuple):
    """What proposals hold of a term: `yen` of a payment for a cause, of which `waiting` is not booked yet."""

    cause: str
    paid_on: date
    accounting_year: int
    yen: int
    waiting: int


# A proposal holds what it says until it is rejected or withdrawn; a transfer that came back leaves only its offset.
TAKEN = f"""
SELECT p.person_id, l.fiscal_year, {ledger.kind_sql("l.way")} AS kind, l.number, l.cause, l.paid_on, l.booked_year,
       CASE WHEN u.outcome IN ('rejected', 'withdrawn') THEN 0 WHEN b.id IS NOT NULL THEN l.offset_yen
            ELSE l.yen END AS yen,
       CASE WHEN u.id IS NULL THEN l.yen WHEN u.outcome = 'approved' AND t.id IS NULL THEN l.yen - l.offset_yen
            ELSE 0 END AS waiting
FROM refunds_line l JOIN refunds_proposal p ON p.id = l.proposal_id
LEFT JOIN refunds_ruling u ON u.proposal_id = p.id LEFT JOIN refunds_transfer t ON t.proposal_id = p.id
LEFT JOIN refunds_return b ON b.transfer_id = t.id
WHERE p.id IS DISTINCT FROM %(without)s"""

_OVERPAID = """
CREATE TEMPORARY TABLE refunds_over ON COMMIT DROP AS
SELECT person_id, fiscal_year, kind, number, received, balance FROM ({terms}) t WHERE balance < 0 AND number <> {total}"""

_ENTRIES = """
SELECT e.person_id, e.fiscal_year, o.kind, e.number, e.sort, e.way, e.yen, e.business_date, e.accounting_year, e.reason,
       e.source, coalesce(r.paid_on, e.business_date)
FROM refunds_over o JOIN ({entries}) e ON e.person_id = o.person_id AND e.fiscal_year = o.fiscal_year
     AND e.number = o.number AND (e.way = 'deduction') = (o.kind = 'deduction')
LEFT JOIN ({paid_on}) r ON r.source = e.source AND e.sort = 'receipt'
ORDER BY e.id"""


def overpaid(
    ctx: Context, persons: Iterable[int] | None = None, without: int | None = None
) -> list[Overpaid]:
    """Everything that is overpaid and not decided yet (of some people); five queries. without: a proposal not to count."""
    mine = "true" if persons is None else "person_id = ANY(%(persons)s::bigint[])"
    params = {"persons": id_array(persons or ()), "known_at": ctx.known_at, "without": without}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS refunds_over")
        cursor.execute(_OVERPAID.format(terms=ledger.terms_sql(ctx, mine), total=ledger.TOTAL), params)
    terms = {Term(*row[:4]): row[4:] for row in rows("SELECT * FROM refunds_over ORDER BY 1, 2, 3 DESC, 4")}
    entries: dict[Term, list[Booked]] = defaultdict(list)
    for row in rows(_ENTRIES.format(entries=ledger.entries_sql(), paid_on=receipts.paid_on_sql())):
        entries[Term(*row[:4])].append(Booked(*row[4:]))
    people = sorted({term.person for term in terms})
    saw(people)
    lives, taken = lives_of(ctx, people), _taken(params | {"people": id_array(people)})
    return [
        found
        for term, (received, balance) in terms.items()
        for found in _of_term(
            term, received, balance, entries[term], lives.get(term.person, Life()), taken[term]
        )
    ]


def lives_of(ctx: Context, people: list[int]) -> dict[int, Life]:
    """Death and loss of qualification, of those who have one of them."""
    params = {"people": id_array(people), "known_at": ctx.known_at}
    died = dict(
        rows(
            f"SELECT person_id, min(lower(effective)) FROM ({residents.residence_history_sql(ctx)}) r "
            "WHERE state = 'dead' AND person_id = ANY(%(people)s::bigint[]) GROUP BY person_id",
            params,
        )
    )
    lost = dict(
        rows(
            f"SELECT person_id, max(lost_on) FROM ({qualification.in_force_sql(ctx)}) q "
            "WHERE person_id = ANY(%(people)s::bigint[]) GROUP BY person_id HAVING NOT bool_or(lost_on IS NULL)",
            params,
        )
    )
    return {person: Life(died.get(person), lost.get(person)) for person in {*died, *lost}}


def _taken(params: Mapping) -> dict[Term, list[Taken]]:
    found: dict[Term, list[Taken]] = defaultdict(list)
    for row in rows(f"{TAKEN} AND p.person_id = ANY(%(people)s::bigint[])", params):
        if row[7] or row[8]:
            found[Term(*row[:4])].append(Taken(*row[4:]))
    return found


def _of_term(
    term: Term, received: int, balance: int, entries: list[Booked], life: Life, taken: list[Taken]
) -> list[Overpaid]:
    """What is left of a term's parts, each with the payments that go back."""
    # What never came in cannot go back, whatever the levy says.
    free = min(-balance, max(received, 0)) - sum(t.waiting for t in taken)
    if free <= 0:
        return []
    foreign = _given_back_elsewhere(entries)
    parts = _left(causes.parts(entries, life), taken, foreign, free)
    pool = _pool(causes.payments(entries), taken, foreign)
    # A payment that is itself the cause goes back itself; the newest of the others make up what a lower levy sets free.
    own = [(part, _own(pool, part)) for part in parts]
    return [
        Overpaid(*term, part.cause, part.yen, part.since, tuple(_newest(pool, part.yen, mine)))
        for part, mine in own
    ]


def _given_back_elsewhere(entries: Iterable[Booked]) -> int:
    """Refunds and offsets that a former system booked."""
    outside = [e for e in entries if not e.source.startswith(SOURCE)]
    return sum(e.yen if e.sort == "refund" else -e.yen for e in outside if e.sort == "refund" or _went_off(e))


def _went_off(entry: Booked) -> bool:
    return entry.sort == "offset" and entry.yen < 0


def _left(parts: list[Part], taken: list[Taken], foreign: int, free: int) -> list[Part]:
    """The parts less what is taken of each cause; what finds no part of its cause takes of the oldest."""
    left = [[part, part.yen] for part in parts]
    rest = foreign
    for one in taken:
        rest += _take(left, one.yen, one.cause)
    _take(left, rest)
    _take(left, sum(yen for _, yen in left) - free)
    return [part._replace(yen=yen) for part, yen in left if yen]


def _take(left: list[list], yen: int, cause: str = "") -> int:
    """Take of the parts of a cause (of all), the oldest first; returns what found nothing."""
    for pair in left:
        if yen > 0 and cause in ("", pair[0].cause):
            off = min(yen, pair[1])
            pair[1] -= off
            yen -= off
    return max(yen, 0)


def _pool(payments: list[Payment], taken: list[Taken], foreign: int) -> list[list]:
    """[payment, what is left of it], the newest first, less what went back of each."""
    pool = [[payment, payment.yen] for payment in reversed(payments)]
    rest = foreign
    for one in taken:
        yen = one.yen
        for pair in pool:
            if (pair[0].paid_on, pair[0].accounting_year) == (one.paid_on, one.accounting_year):
                off = min(yen, pair[1])
                pair[1] -= off
                yen -= off
        rest += yen
    _take_newest(pool, rest)
    return pool


def _own(pool: list[list], part: Part) -> list[Payment]:
    if part.payment is None:
        return []
    found, yen = [], part.yen
    for pair in pool:
        payment = pair[0]
        same = (part.payment.paid_on, part.payment.accounting_year, part.payment.way)
        if yen and (payment.paid_on, payment.accounting_year, payment.way) == same:
            off = min(yen, pair[1])
            pair[1] -= off
            yen -= off
            found += [payment._replace(yen=off)] if off else []
    return found


def _newest(pool: list[list], yen: int, mine: list[Payment]) -> list[Payment]:
    found = mine + _take_newest(pool, yen - sum(p.yen for p in mine))
    return _joined(found)


def _take_newest(pool: list[list], yen: int) -> list[Payment]:
    found = []
    for pair in pool:
        off = min(yen, pair[1])
        if off > 0:
            pair[1] -= off
            yen -= off
            found.append(pair[0]._replace(yen=off))
    return found


def _joined(payments: list[Payment]) -> list[Payment]:
    """Payments of one day, year and way are one."""
    together: dict[tuple, int] = {}
    for payment in payments:
        together[payment[:3]] = together.get(payment[:3], 0) + payment.yen
    return [Payment(*key, yen) for key, yen in together.items()]
