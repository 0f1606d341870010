"""What other rooms read of refunds: what is being given back or offset, relations for sets, rows for one person. Yen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.refunds.causes import CAUSES
from kaigo.insurance.refunds.claims import EVENTS
from kaigo.insurance.refunds.models import Case, Proposal
from kaigo.law.reasons import unpack
from kaigo.law.words import Audience, Told, tell_all

# Whom an address is about (base/desk/things.py).
SUBJECTS = {
    "proposal": "SELECT person_id FROM refunds_proposal WHERE id = %s",
    "transfer": "SELECT p.person_id FROM refunds_transfer t JOIN refunds_proposal p ON p.id = t.proposal_id WHERE t.id = %s",
}
__all__ = [
    "CAUSES", "EVENTS", "STATES", "ProposalView", "cases_sql", "held_sql", "history", "of", "one", "told", "waiting",
    "waiting_sql",
]  # fmt: skip
STATES = {
    "proposed": "承認待ち",
    "rejected": "差戻し",
    "withdrawn": "取下げ",
    "offset": "充当済み",
    "approved": "振込待ち",
    "sent": "支払済み",
    "returned": "振込不能",
}


class ProposalView(NamedTuple):
    """A proposal and what became of it. state: a key of STATES; transfer: its id when money left."""

    id: int
    person: int
    payee_kind: str
    yen: int
    offset_yen: int
    refund_yen: int
    interest_yen: int
    proposed_on: date
    proposed_by: str
    state: str
    ruled_on: date | None
    ruled_by: str
    remark: str
    shared_why: str
    transfer: int | None
    transfer_on: date | None
    returned_on: date | None
    return_reason: str
    return_remark: str

    @property
    def label(self) -> str:
        return STATES[self.state]

    @property
    def paid_out(self) -> int:
        return self.refund_yen + self.interest_yen


_VIEW = """
SELECT p.id, p.person_id, p.payee_kind, p.yen, p.offset_yen, p.refund_yen, p.interest_yen, p.decided_on, p.actor,
       CASE WHEN u.id IS NULL THEN 'proposed' WHEN u.outcome <> 'approved' THEN u.outcome
            WHEN b.id IS NOT NULL THEN 'returned' WHEN t.id IS NOT NULL THEN 'sent'
            WHEN p.refund_yen + p.interest_yen = 0 THEN 'offset' ELSE 'approved' END AS state,
       u.decided_on, coalesce(u.actor, ''), coalesce(u.remark, ''), coalesce(u.shared_why, ''), t.id AS transfer,
       t.transfer_on, b.decided_on, coalesce(b.reason, ''), coalesce(b.remark, '')
FROM refunds_proposal p LEFT JOIN refunds_ruling u ON u.proposal_id = p.id
LEFT JOIN refunds_transfer t ON t.proposal_id = p.id LEFT JOIN refunds_return b ON b.transfer_id = t.id"""


def one(ctx: Context, proposal: int) -> ProposalView | None:
    """By id."""
    found = rows(f"{_VIEW} WHERE p.id = %(id)s", {"id": proposal})
    return ProposalView(*found[0]) if found else None


def history(ctx: Context, person: int) -> list[ProposalView]:
    """Everything that was proposed for a person (by ctx.known_at), the newest first."""
    return [
        ProposalView(*row)
        for row in rows(
            f"{_VIEW} WHERE p.person_id = %(person)s "
            "AND (%(known_at)s::timestamptz IS NULL OR p.decided_at <= %(known_at)s) ORDER BY p.id DESC",
            {"person": person, "known_at": ctx.known_at},
        )
    ]


def of(
    ctx: Context, states: Iterable[str], limit: int = 50, offset: int = 0, newest: bool = False
) -> list[ProposalView]:
    """Proposals in these states, the oldest (newest) first."""
    return [
        ProposalView(*row)
        for row in rows(
            f"SELECT * FROM ({_VIEW}) v WHERE v.state = ANY(%(states)s) ORDER BY v.id {'DESC' if newest else 'ASC'} "
            "LIMIT %(limit)s OFFSET %(offset)s",
            {"states": list(states), "limit": limit, "offset": offset},
        )
    ]


def count(ctx: Context, states: Iterable[str]) -> int:
    """How many proposals are in these states."""
    return rows(
        f"SELECT count(*) FROM ({_VIEW}) v WHERE v.state = ANY(%(states)s)", {"states": list(states)}
    )[0][0]


def waiting(ctx: Context) -> int:
    """How many proposals wait for a second person."""
    return count(ctx, ("proposed",))


def told(ctx: Context, proposal: int, audience: Audience = "staff") -> tuple[Told, ...]:
    """The stored reasons of a proposal in words; never computed again."""
    row = Proposal.objects.filter(id=proposal).first()
    return tell_all(unpack(row.reasons), audience) if row else ()


def cases(ctx: Context, person: int) -> list[Case]:
    """What of a person's payments is known to be too much and not decided."""
    return list(Case.objects.filter(person_id=person, state="open").order_by("fiscal_year", "kind", "number"))


def cases_sql() -> str:
    """Relation (person_id, fiscal_year, kind, number, cause, yen, last_claim_on) of open overpayments."""
    return "SELECT person_id, fiscal_year, kind, number, cause, yen, last_claim_on FROM refunds_case WHERE state = 'open'"


def held_sql() -> str:
    """Relation (person_id, fiscal_year, kind, number, yen): open terms that a proposal waits to offset, so that nobody is
    dunned for what is about to be paid."""
    return (
        f"SELECT p.person_id, u.fiscal_year, {ledger.kind_sql('u.way')} AS kind, u.number, sum(u.yen)::int AS yen "
        "FROM refunds_use u JOIN refunds_proposal p ON p.id = u.proposal_id "
        "WHERE NOT EXISTS (SELECT 1 FROM refunds_ruling r WHERE r.proposal_id = p.id) GROUP BY 1, 2, 3, 4"
    )


def waiting_sql() -> str:
    """(person_id, case) of people with an overpayment that nobody decided, or whose decision waits for a second person
    or for its transfer."""
    return (
        "SELECT c.person_id, 'refunds.case:' || c.id AS \"case\" FROM refunds_case c WHERE c.state = 'open' "
        "UNION ALL SELECT p.person_id, 'refunds.proposal:' || p.id FROM refunds_proposal p "
        "LEFT JOIN refunds_ruling u ON u.proposal_id = p.id LEFT JOIN refunds_transfer t ON t.proposal_id = p.id "
        "WHERE u.id IS NULL OR (u.outcome = 'approved' AND t.id IS NULL AND p.refund_yen + p.interest_yen > 0)"
    )
